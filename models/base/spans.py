"""Intervals of exclusive things: what stands in the way of one, and the guard that nothing does."""

from __future__ import annotations

from collections.abc import Iterable

from models.base.decisions import Disabled, Hold, Occupied
from models.base.store import Document, Where

Part = tuple[int, int]  # from, to: minutes since midnight


def overlaps(taken: Document, start: int, end: int) -> bool:
    """Whether a `taken` or `queue` entry meets [start, end); touching ends do not meet."""
    return bool(taken["from"] < end and taken["to"] > start)


def span(hold: Hold, order: str) -> Document:
    """An interval as it stands in `taken`."""
    return {"order": order, "from": hold.start, "to": hold.end}


def fresh(entry: Document, freed: Iterable[Document]) -> list[Part]:
    """The parts of an interval that its order does not give back in the same step.

    Only these are judged: whoever shortens an interval keeps what is theirs, whatever has come to
    stand there, and whether or not the thing is closed by now.
    """
    parts: list[Part] = [(entry["from"], entry["to"])]
    for old in freed:
        if old["order"] == entry["order"]:
            cut = [((a, min(b, old["from"])), (max(a, old["to"]), b)) for a, b in parts]
            parts = [part for pair in cut for part in pair if part[0] < part[1]]
    return parts


def check(thing: Document, entry: Document, parts: Iterable[Part], others: list[Document]) -> None:
    """Refuse an interval of which a part is not free of `others`: what is taken by other orders,
    and waited for. Raises Disabled, Occupied.
    """
    for start, end in parts:
        if not thing["enabled"]:
            raise Disabled
        for other in others:
            if other.get("order") != entry["order"] and overlaps(other, start, end):
                raise Occupied


def guard(thing: str, entry: Document, parts: list[Part], promotes: bool) -> Where:
    """The filter that finds the thing only while those parts of the interval are free, and (but for
    the promoter) nobody waits for them.
    """
    if not parts:
        return {"_id": thing}
    others = {"order": {"$ne": entry["order"]}}
    against: list[Document] = []
    for start, end in parts:
        meeting = {"from": {"$lt": end}, "to": {"$gt": start}}
        against.append({"taken": {"$elemMatch": meeting | others}})
        if not promotes:
            against.append({"queue": {"$elemMatch": meeting}})
    return {"_id": thing, "enabled": True, "$nor": against}
