"""From an address to what answers it: a tree of path segments, literal ones before `{names}`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import unquote_to_bytes

from handlers.base.problems import MethodNotAllowed
from models.base.errors import NotFound

T = TypeVar("T")


@dataclass(slots=True)
class _Node(Generic[T]):
    literal: dict[str, _Node[T]] = field(default_factory=dict)
    named: _Node[T] | None = None
    methods: dict[str, T] = field(default_factory=dict)


_Found = tuple[_Node[T], tuple[str, ...]]  # where a path ends, and the values of its names


class Router(Generic[T]):
    """Finds the target of (method, path). HEAD is answered as GET."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._literal: dict[str, _Found[T]] = {}  # patterns without names need no search

    def add(self, method: str, path: str, target: T) -> None:
        """`path` is a pattern such as `/api/v1/meals/{order_id}/cancel`."""
        node = self._root
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                node.named = node.named or _Node()
                node = node.named
            else:
                node = node.literal.setdefault(segment, _Node())
        node.methods[method] = target
        if "{" not in path:
            self._literal[path] = node, ()

    def find(self, method: str, path: str) -> tuple[T, tuple[str, ...]]:
        """The target and the values of its path names, in order.

        Raises `NotFound`, or `MethodNotAllowed` where the address takes other methods.
        """
        node, values = self._literal.get(path) or self._search(path)
        target = node.methods.get("GET" if method == "HEAD" else method)
        if target is None:
            raise MethodNotAllowed(_allowed(node.methods))
        return target, tuple(map(_unquoted, values))

    def _search(self, path: str) -> _Found[T]:
        found = next(_matches(self._root, path.split("/")[1:], ()), None)
        if found is None:
            raise NotFound
        return found


def _matches(node: _Node[T], segments: list[str], values: tuple[str, ...]) -> Iterator[_Found[T]]:
    """Nodes that end exactly here, the most literal first."""
    if not segments:
        if node.methods:
            yield node, values
        return
    head, rest = segments[0], segments[1:]
    if head in node.literal:
        yield from _matches(node.literal[head], rest, values)
    if node.named is not None and head:
        yield from _matches(node.named, rest, (*values, head))


def _allowed(methods: dict[str, T]) -> str:
    names = set(methods) | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(sorted(names))


def _unquoted(segment: str) -> str:
    """The text a path segment stands for; what is not UTF-8 or holds a NUL names nothing."""
    if segment.isascii() and "%" not in segment:
        return segment
    try:
        text = unquote_to_bytes(segment.encode("latin1")).decode()
    except UnicodeError:
        raise NotFound from None
    if "\0" in text:
        raise NotFound
    return text
