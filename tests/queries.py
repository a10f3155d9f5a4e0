"""What the product asks of the database, and how many documents each question must look at.

The work is counted on MongoDB's own rules for using an index (equality on its first fields, then
one range, then the order of the rest), not by the server's `explain`: that of the embedded database
calls a scan what its execution does by index, and leaves out sort and limit. So the same count
holds for every server, and for indexes exactly as they are declared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import monitoring
from pymongo.database import Database

from models.base.indexes import INDEXES, Index
from models.base.store import Document

BOUNDS = {"$gt", "$gte", "$lt", "$lte"}
ID = Index((("_id", 1),), {})


@dataclass(frozen=True)
class Query:
    """A filter as it was sent, with the order and number of documents that were wanted."""

    command: str
    collection: str
    where: Document
    sort: tuple[tuple[str, int], ...] = ()
    limit: int = 0

    @property
    def shape(self) -> str:
        """The same for queries that differ in values alone."""
        return f"{self.command} {self.collection} {_shape(self.where)} {self.sort} {self.limit > 0}"


def _shape(where: Any) -> Any:
    if isinstance(where, Mapping):
        return {name: _shape(value) for name, value in where.items()}
    return "?"


class _Listener(monitoring.CommandListener):
    """Remembers the queries of every client made since, while somebody wants to know."""

    def __init__(self) -> None:
        self.heard: list[Query] | None = None

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self.heard is not None:
            self.heard.extend(_queries(event.command_name, event.command))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


_listener = _Listener()
monitoring.register(_listener)


@contextmanager
def listening() -> Iterator[list[Query]]:
    """The queries sent during the block by clients made after this module was imported."""
    heard: list[Query] = []
    _listener.heard = heard
    try:
        yield heard
    finally:
        _listener.heard = None


def _queries(name: str, command: Mapping[str, Any]) -> Iterator[Query]:
    collection = command.get(name)
    if name == "find":
        sort = tuple(command.get("sort", {}).items())
        yield Query(name, str(collection), command["filter"], sort, command.get("limit", 0))
    elif name == "findAndModify":
        yield Query(name, str(collection), command["query"])
    elif name == "update":
        yield from (Query(name, str(collection), each["q"]) for each in command["updates"])
    elif name == "delete":
        yield from (Query(name, str(collection), each["q"]) for each in command["deletes"])
    elif name == "aggregate" and "$match" in command["pipeline"][0]:
        yield Query(name, str(collection), command["pipeline"][0]["$match"])


@dataclass(frozen=True)
class Work:
    """How many documents a query looks at, and how many of them it wanted: all that it named."""

    examined: int
    wanted: int


def work(database: Database[Document], query: Query) -> Work:
    """What `query` costs on the present data with the best of the declared indexes."""
    documents = database[query.collection]
    matching = documents.count_documents(query.where)
    named = documents.count_documents({"_id": query.where["_id"]}) if _names(query.where) else 0
    usable = [i for i in (ID, *INDEXES.get(query.collection, ())) if _may_use(i, query.where)]
    examined = documents.count_documents({})
    for index in usable:
        part, is_in_order = _bounds(index, query)
        found = documents.count_documents(part)
        if is_in_order and query.limit and matching:
            found = found * min(query.limit, matching) // matching  # it stops when it has enough
        examined = min(examined, found)
    return Work(examined, max(named, min(query.limit, matching) if query.limit else matching))


def _names(where: Document) -> bool:
    """Whether the documents are named one by one, as where each is changed only as it was read."""
    return _kind(where.get("_id", ...)) == "equal"


def _may_use(index: Index, where: Document) -> bool:
    """Whether the index holds every document that `where` can match, and narrows it down."""
    first = where.get(index.keys[0][0], ...)
    if not where:  # it gives the order, at best
        return not {"sparse", "partial"} & set(index.options)
    if _kind(first) == "none" or (first is None and index.options.get("sparse")):
        return False
    partial = index.options.get("partial", {})
    return all(_implies(where.get(name), part) for name, part in partial.items())


def _implies(condition: Any, part: Any) -> bool:
    """Whether what matches `condition` is in an index of those whose field is `part`."""
    if part == {"$exists": True}:
        return condition is not None
    return _values(condition) <= _values(part)


def _bounds(index: Index, query: Query) -> tuple[Document, bool]:
    """The part of the filter that the index answers, and whether it gives the wanted order."""
    part: Document = {}
    for place, (name, _) in enumerate(index.keys):
        kind = _kind(query.where.get(name, ...))
        if kind == "none":
            return part, _in_order(index.keys[place:], query.sort)
        part[name] = query.where[name]
        if kind == "range":
            return part, _in_order(index.keys[place:], query.sort)
    return part, not query.sort


def _in_order(keys: tuple[tuple[str, int], ...], sort: tuple[tuple[str, int], ...]) -> bool:
    """Whether walking `keys` forwards or backwards is `sort`; ties by `_id` cost nothing much."""
    wanted = tuple(each for each in sort if each[0] != "_id")
    turned = tuple((name, -direction) for name, direction in keys)
    return wanted in (keys[: len(wanted)], turned[: len(wanted)])


def _kind(condition: Any) -> str:
    """equal, range, or none: what an index can do for a condition on its field."""
    if condition is ...:
        return "none"
    if isinstance(condition, Mapping) and any(name.startswith("$") for name in condition):
        if "$in" in condition or "$eq" in condition:
            return "equal"
        return "range" if BOUNDS & set(condition) else "none"
    return "equal"


def _values(condition: Any) -> set[Any]:
    if isinstance(condition, Mapping) and "$in" in condition:
        return set(condition["$in"])
    return {condition} if isinstance(condition, str) else {...}
