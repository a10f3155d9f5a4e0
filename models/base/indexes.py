"""Indexes as each file declares them beside the queries that need them.

`server/database.py` creates them at start. A spec that a production MongoDB would refuse is refused
here, at import, because the embedded database takes some of them silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypedDict, Unpack

Keys = Sequence[tuple[str, int]]

PARTIAL_OPERATORS: Final = {
    "$eq", "$exists", "$gt", "$gte", "$lt", "$lte", "$type", "$and", "$or", "$in",
}  # fmt: skip


class Options(TypedDict, total=False):
    """What an index may be besides its keys."""

    unique: bool
    sparse: bool
    partial: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Index:
    """One index. An index is recognised by its name, so a changed one is a new one."""

    keys: tuple[tuple[str, int], ...]
    options: Options

    @property
    def name(self) -> str:
        """The driver's own convention, such as `state_1_created_at_-1`."""
        return "_".join(f"{field}_{direction}" for field, direction in self.keys)


INDEXES: Final[dict[str, list[Index]]] = {}


def declare(collection: str, keys: Keys = (), **options: Unpack[Options]) -> None:
    """Ask for an index on `collection`; without keys, only for the collection itself.

    `keys` are (field, 1 or -1). Declaring the same index twice is one index.
    Raises `ValueError` for a spec that MongoDB documents as refused, or two that share a name.
    """
    declared = INDEXES.setdefault(collection, [])
    if not keys:
        return
    index = Index(tuple(keys), options)
    fault = _fault(index) or _clash(index, declared)
    if fault:
        raise ValueError(f"index {collection}.{index.name}: {fault}")
    if index not in declared:
        declared.append(index)


def _clash(index: Index, declared: list[Index]) -> str | None:
    if any(other.name == index.name and other != index for other in declared):
        return "declared before with other options"
    return None


def _fault(index: Index) -> str | None:
    """What MongoDB would refuse in `index`, in words; None where it is fine."""
    options = index.options
    if len({field for field, _ in index.keys}) < len(index.keys):
        return "names a field twice"
    if any(direction not in (1, -1) for _, direction in index.keys):
        return "a direction is 1 or -1"
    if options.get("sparse") and "partial" in options:
        return "sparse and partial exclude each other"
    for operator, value in _operators(options.get("partial", {})):
        if operator not in PARTIAL_OPERATORS:
            return f"partial filters cannot use {operator}"
        if operator == "$exists" and value is not True:
            return "partial filters know only $exists: true"
    return None


def _operators(part: Any) -> Iterator[tuple[str, Any]]:
    """Every operator with its operand, at any depth of a filter."""
    if isinstance(part, Mapping):
        for name, value in part.items():
            if name.startswith("$"):
                yield name, value
            yield from _operators(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _operators(value)
