"""Intervals of exclusive things: what stands in the way of one, and the guard that nothing does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.base.decisions import Disabled, Hold, Occupied
from models.base.store import Document, Where

Part = tuple[int, int]  # from, to: minutes since midnight


def overlaps(taken: Document, start: int, end: int) -> bool:
    """Whether a `taken` or `queue` entry meets [start, end); touching ends do not meet."""
    return bool(taken["from"] < end and taken["to"] > start)


def span(hold: Hold, order: str) -> Document:
    """An interval as it stands in `taken`."""
    return {"order": order, "from": hold.start, "to": hold.end}


def minus(entry: Document, others: Iterable[Document]) -> list[Part]:
    """The parts of an interval that lie outside the others."""
    parts: list[Part] = [(entry["from"], entry["to"])]
    for other in others:
        cut = [((a, min(b, other["from"])), (max(a, other["to"]), b)) for a, b in parts]
        parts = [part for pair in cut for part in pair if part[0] < part[1]]
    return parts


@dataclass(frozen=True, slots=True)
class Wanted:
    """An interval to be taken, and the parts of it that are judged.

    Whoever shortens an interval keeps what is theirs, whatever has come to stand there, and though
    the thing be closed by now. And nobody loses a turn by what stays taken, as when two exchange.
    """

    entry: Document
    fresh: list[Part]  # what its order does not have already: must be open and free
    unheld: list[Part]  # what nobody gives back in this step: nobody may wait for it

    @classmethod
    def of(cls, hold: Hold, order: str, freed: Sequence[Document], promotes: bool) -> Wanted:
        """What `hold` asks for, where `freed` is given back in the same step."""
        entry = span(hold, order)
        if hold.over:
            return cls(entry, [], [])
        own = [old for old in freed if old["order"] == order]
        return cls(entry, minus(entry, own), [] if promotes else minus(entry, freed))

    def check(self, thing: Document, taken: Iterable[Document]) -> None:
        """Refuse what is closed, taken or waited for. Raises Disabled, Occupied."""
        if self.fresh and not thing["enabled"]:
            raise Disabled
        others = [other for other in taken if other["order"] != self.entry["order"]]
        for parts, against in ((self.fresh, others), (self.unheld, thing.get("queue", ()))):
            if any(overlaps(each, *part) for part in parts for each in against):
                raise Occupied

    def guard(self, thing: str) -> Where:
        """The filter that finds the thing only while `check` would let it pass.

        Each condition stands at its own field: beside a `$nor` or `$and`, the embedded database
        does not look the thing up by its `_id`.
        """
        if not self.fresh:
            return {"_id": thing}
        where: Document = {"_id": thing, "enabled": True}
        others = {"order": {"$ne": self.entry["order"]}}
        where["taken"] = {"$not": {"$elemMatch": _meeting(self.fresh) | others}}
        if self.unheld:
            where["queue"] = {"$not": {"$elemMatch": _meeting(self.unheld)}}
        return where


def _meeting(parts: Sequence[Part]) -> Document:
    """What an entry is that meets one of the parts."""
    met: list[Document] = [{"from": {"$lt": end}, "to": {"$gt": start}} for start, end in parts]
    return met[0] if len(met) == 1 else {"$or": met}
