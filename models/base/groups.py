"""One group: read what its members need, decide in order of arrival, write it all in one
transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any, ClassVar, Protocol

from models.base.decisions import (
    CLAIMS,
    Clash,
    Disabled,
    Exists,
    Found,
    Hold,
    Lookup,
    NotEnough,
    Outcome,
    Rank,
)
from models.base.errors import Refusal
from models.base.spans import Wanted, overlaps, span
from models.base.store import Contended, Document, Transaction, Where

__all__ = ["Group", "overlaps"]


class Member(Protocol):
    @property
    def lookups(self) -> Sequence[Lookup]: ...
    @property
    def decide(self) -> Any: ...


class Group:
    """The members' outcomes and the writes they add up to."""

    LATER: ClassVar[object] = object()  # answer of a member that touches what another one changed

    def __init__(self, transaction: Transaction, now: datetime) -> None:
        self._transaction = transaction
        self._now = now
        self._found = Found()
        self._existing: set[tuple[str, Any]] = (
            set()
        )  # (collection, _id) known to be in the database
        self._touched: set[tuple[str, Any]] = set()  # orders a member of this group changes
        self._admitted: list[Outcome] = []
        self.answers: list[Any] = []

    @property
    def things(self) -> set[tuple[str, str]]:
        """What the members admitted so far take or give back, as (collection, _id)."""
        holds = (hold for each in self._admitted for _, hold in (*each.takes, *each.gives))
        ranks = (rank for each in self._admitted for rank in (*each.joins, *each.leaves))
        taken = {(hold.collection, hold.thing) for hold in holds}
        return taken | {(rank.collection, rank.thing) for rank in ranks}

    def lock(self, things: Iterable[tuple[str, str]]) -> None:
        """Write to these things first, so that a second process notices before it has read."""
        for collection, thing in sorted(things):
            self._transaction.update(collection, [({"_id": thing}, {"$inc": {"turns": 1}})])

    def read(self, members: Sequence[Member], careful: bool) -> None:
        """Read every lookup; `careful` also what a duplicate key could have been about."""
        wanted: dict[tuple[str, str], dict[Any, None]] = defaultdict(dict)
        for member in members:
            for lookup in member.lookups:
                wanted[lookup.collection, lookup.field][lookup.value] = None
        for (collection, field_), values in wanted.items():
            documents = self._transaction.find_in(collection, field_, list(values))
            self._found.put(collection, field_, documents)
        if careful:
            self._read_what_may_clash(members)

    def _read_what_may_clash(self, members: Sequence[Member]) -> None:
        """Decide once on a copy to learn the keys, then look which of them exist."""
        kept, self._found = self._found, deepcopy(self._found)
        self.decide(members)
        inserts: dict[str, list[Any]] = defaultdict(list)
        keys: list[str] = []
        for outcome in self._admitted:
            keys.extend(outcome.claims)
            for collection, document in outcome.inserts:
                inserts[collection].append(document["_id"])
        self._found, self._admitted, self.answers = kept, [], []
        self._touched, self._existing = set(), set()
        for collection, ids in inserts.items():
            for document in self._transaction.find_in(collection, "_id", ids):
                self._existing.add((collection, document["_id"]))
        if keys:
            for claim in self._transaction.find_in(CLAIMS, "_id", keys):
                self._found.claimed[claim["_id"]] = claim["order"]

    def decide(self, members: Sequence[Member]) -> None:
        """Give each member, in order of arrival, its answer: admitted, refused, or later."""
        for member in members:
            try:
                outcome: Outcome = member.decide(self._found, self._now)
                self.answers.append(self._admit(outcome))
            except (Refusal, Exists) as refusal:
                self.answers.append(refusal)
            except Exception as fault:  # a fault in one rule is that member's answer alone
                self.answers.append(fault)

    def _admit(self, outcome: Outcome) -> Any:
        touched = {(collection, where["_id"]) for collection, where, _ in outcome.updates}
        if touched & self._touched:
            return self.LATER
        created = {(collection, document["_id"]) for collection, document in outcome.inserts}
        if created & self._existing:
            raise Exists
        self._check(outcome)
        self._touched |= touched
        self._existing |= created
        self._apply(outcome)
        self._admitted.append(outcome)
        return outcome.answer

    def _check(self, outcome: Outcome) -> None:
        """Judge what is taken after everything that the same outcome gives back."""
        unclaimed = set(outcome.unclaims)
        for key in outcome.claims:
            if key in self._found.claimed and key not in unclaimed:
                raise Clash(key, self._found.claimed[key])
        wanted: dict[tuple[str, str], int] = defaultdict(int)
        freed: dict[tuple[str, str], list[Document]] = defaultdict(list)
        for order, hold in outcome.gives:
            wanted[hold.collection, hold.thing] -= hold.n
            freed[hold.collection, hold.thing].append(span(hold, order))
        spans: dict[tuple[str, str], list[Document]] = defaultdict(list)
        for order, hold in outcome.takes:
            which = hold.collection, hold.thing
            thing = self._found.one(*which)
            if thing is None:
                raise Disabled
            if hold.start is not None:
                taken = [entry for entry in thing["taken"] if entry not in freed[which]]
                span_wanted = Wanted.of(hold, order, freed[which], outcome.promotes)
                span_wanted.check(thing, taken + spans[which])
                spans[which].append(span_wanted.entry)
                continue
            wanted[which] += hold.n
            if not thing["enabled"]:
                raise Disabled
            if thing["left"] < wanted[which] or (thing["queue"] and not outcome.promotes):
                raise NotEnough(left=thing["left"])

    def _apply(self, outcome: Outcome) -> None:
        """Let the members that follow see what this one took, gave back and claimed."""
        for key in outcome.unclaims:
            self._found.claimed.pop(key, None)
        self._found.claimed.update(outcome.claims)
        for order, hold in outcome.gives:
            if thing := self._found.one(hold.collection, hold.thing):
                if hold.start is None:
                    thing["left"] += hold.n
                else:
                    thing["taken"] = [t for t in thing["taken"] if t != span(hold, order)]
        for order, hold in outcome.takes:
            if thing := self._found.one(hold.collection, hold.thing):
                if hold.start is None:
                    thing["left"] -= hold.n
                else:
                    thing["taken"].append(span(hold, order))
        self._apply_ranks(outcome)

    def _apply_ranks(self, outcome: Outcome) -> None:
        for place in outcome.joins:
            if thing := self._found.one(place.collection, place.thing):
                thing["queue"] = [*thing["queue"], place.entry()]
                thing["ranks"] = place.rank + 1
        for place in outcome.leaves:
            if thing := self._found.one(place.collection, place.thing):
                thing["queue"] = [each for each in thing["queue"] if each != place.entry()]

    def write(self) -> None:
        """Write what was admitted: things first, where races show, then claims and orders."""
        for collection, changes in sorted(self._thing_changes().items()):
            self._update(collection, changes)
        outcomes = self._admitted
        if freed := [key for outcome in outcomes for key in outcome.unclaims]:
            self._transaction.delete(CLAIMS, freed)
        claims = [{"_id": k, "order": o} for outcome in outcomes for k, o in outcome.claims.items()]
        if claims:
            self._transaction.insert(CLAIMS, claims)
        self._write_documents()

    def _write_documents(self) -> None:
        updates: dict[str, list[tuple[Where, Document]]] = defaultdict(list)
        inserts: dict[str, list[Document]] = defaultdict(list)
        deletes: dict[str, list[Any]] = defaultdict(list)
        for outcome in self._admitted:
            for collection, where, change in outcome.updates:
                updates[collection].append((where, change))
            for collection, document in outcome.inserts:
                inserts[collection].append(document)
            for collection, key in outcome.deletes:
                deletes[collection].append(key)
        for collection, changes in updates.items():
            self._update(collection, changes)
        for collection, keys in deletes.items():
            self._transaction.delete(collection, keys)
        for collection, documents in inserts.items():
            self._transaction.insert(collection, documents)

    def _update(self, collection: str, changes: list[tuple[Where, Document]]) -> None:
        if self._transaction.update(collection, changes) != len(changes):
            raise Contended(f"a guard in {collection} no longer holds")

    def _thing_changes(self) -> dict[str, list[tuple[Where, Document]]]:
        """Per collection, the guarded updates in ascending order of thing."""
        sums: dict[tuple[str, str], _Sum] = defaultdict(_Sum)
        for outcome in self._admitted:
            for order, hold in outcome.gives:
                sums[hold.collection, hold.thing].give(order, hold)
            for order, hold in outcome.takes:
                sums[hold.collection, hold.thing].take(order, hold, outcome.promotes)
            for place in outcome.joins:
                sums[place.collection, place.thing].joins.append(place)
            for place in outcome.leaves:
                sums[place.collection, place.thing].leaves.append(place)
        changes: dict[str, list[tuple[Where, Document]]] = defaultdict(list)
        for (collection, thing), total in sorted(sums.items(), key=lambda item: item[0]):
            changes[collection].extend(total.changes(thing))
        return changes


class _Sum:
    """What a group does to one thing."""

    def __init__(self) -> None:
        self.net = 0  # places taken less places given back
        self.takes = False
        self.ordinary = False  # somebody takes who may only do so while nobody waits
        self.joins: list[Rank] = []
        self.leaves: list[Rank] = []
        self.freed: list[Document] = []
        self.spans: list[tuple[Document, Where]] = []  # what is taken, if its guard holds

    def give(self, order: str, hold: Hold) -> None:
        if hold.start is None:
            self.net -= hold.n
            return
        entry = span(hold, order)
        rest = [pending for pending in self.spans if pending[0] != entry]
        if len(rest) == len(self.spans):  # else an earlier member of the group took it
            self.freed.append(entry)
        self.spans = rest

    def take(self, order: str, hold: Hold, promotes: bool) -> None:
        self.takes = True
        if hold.start is None:
            self.net += hold.n
            self.ordinary |= not promotes
        else:
            wanted = Wanted.of(hold, order, self.freed, promotes)
            self.spans.append((wanted.entry, wanted.guard(hold.thing)))

    def changes(self, thing: str) -> list[tuple[Where, Document]]:
        """Who leaves and what is given back first; who joins last, after who may still take."""
        changes: list[tuple[Where, Document]] = []
        if self.leaves:
            gone = [place.entry() for place in self.leaves]
            changes.append(({"_id": thing}, {"$pullAll": {"queue": gone}}))
        in_line = [place for place in self.joins if place.start is None]
        if self.net or in_line or (self.takes and not self.spans):
            changes.append((self._guard(thing), _joining(in_line, {"left": -self.net})))
        if self.freed:
            changes.append(({"_id": thing}, {"$pullAll": {"taken": self.freed}}))
        for entry, free in self.spans:
            changes.append((free, {"$push": {"taken": entry}}))
        if for_spans := [place for place in self.joins if place.start is not None]:
            changes.append(({"_id": thing}, _joining(for_spans, {})))
        return changes

    def _guard(self, thing: str) -> Where:
        where: Document = {"_id": thing}
        if self.takes:
            where |= {"enabled": True, "left": {"$gte": self.net}}
        if self.ordinary:
            where["queue"] = []
        return where


def _joining(places: Sequence[Rank], counts: Document) -> Document:
    """The update by which places join the waiting list, and other numbers change by `counts`."""
    change: Document = {"$inc": {**counts, "ranks": len(places)}}
    if places:
        change["$push"] = {"queue": {"$each": [place.entry() for place in places]}}
        change["$set"] = {"queued": True}  # the promoter looks here
    return change
