"""Promised effects: entries written into the order by the very write that makes them due.

An entry names a message template and a person, a line of a log, or a reaction; never rendered
text or personal data. The worker (models/base/delivery.py) carries entries out at least once and
removes them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from models.base.context import Context
from models.base.store import Document
from models.base.workflow import Order, Tell

FIELDS: Final = ("outbox", "outbox_at", "outbox_key")  # of an order, while something is promised

# The order (as it is when the reaction runs) and the outbox entry. Its only effects are transitions
# and placements of other orders, which are safe to repeat.
Reaction = Callable[[Context, Order, Document], Awaitable[Any]]

# What a step leaves in a log, from the order and the timeline's entry of the step. The `_id` is
# made of theirs, so that writing it again changes nothing.
Line = Callable[[Order, Document], Document]

_REACTIONS: Final[dict[str, Reaction]] = {}
_LINES: Final[dict[str, tuple[str, Line]]] = {}
_BY_TRANSITION: Final[dict[tuple[str, str], list[str]]] = {}


def reacts(kind: str, transition: str) -> Callable[[Reaction], Reaction]:
    """Have a function run after every `transition` (or "place") of orders of `kind`."""

    def register(reaction: Reaction) -> Reaction:
        name = f"{reaction.__module__}.{reaction.__qualname__}"
        _REACTIONS[name] = reaction
        _BY_TRANSITION.setdefault((kind, transition), []).append(name)
        return reaction

    return register


def logs(kind: str, transition: str, collection: str) -> Callable[[Line], Line]:
    """Have every `transition` of orders of `kind` leave a line in `collection`; lines of many
    orders are written together.
    """

    def register(line: Line) -> Line:
        name = f"{line.__module__}.{line.__qualname__}"
        _LINES[name] = collection, line
        _BY_TRANSITION.setdefault((kind, transition), []).append(name)
        return line

    return register


def reaction(name: str) -> Reaction | None:
    return _REACTIONS.get(name)


def line_of(order: Order, entry: Document) -> tuple[str, Document]:
    """The collection and the line that an entry promises. Raises `KeyError` where no step declares
    it any more.
    """
    collection, line = _LINES[entry["line"]]
    version = int(entry["n"].partition(".")[0])
    [step] = [each for each in order["timeline"] if each["version"] == version]
    return collection, line(order, step)


def entries(order: Order, transition: str, tells: Sequence[Tell]) -> list[Document]:
    """The outbox entries of `order` for the step that brought it to its present version."""
    promised: list[Document] = []
    for tell in tells:
        for person in _persons(order, tell):
            promised.append({"template": tell.template, "to": person, "sms": tell.sms})
    for name in _BY_TRANSITION.get((order["kind"], transition), ()):
        promised.append({"line": name} if name in _LINES else {"reaction": name})
    for number, entry in enumerate(promised):
        entry |= {"n": f"{order['version']}.{number}", "tries": 0}
    return promised


def _persons(order: Order, tell: Tell) -> Sequence[str]:
    if callable(tell.to):
        return list(dict.fromkeys(tell.to(order)))
    person = order.get(tell.to)
    return [person] if person else []
