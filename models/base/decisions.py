"""What a decision over limited things is made of: what was found, and what is to happen.

A decision is a pure function `(Found, now) -> Outcome`; models/base/groups.py carries outcomes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from models.base.errors import Conflict
from models.base.store import Document, Where

CLAIMS: Final = (
    "claims"  # {_id: key, order}: what may exist once, such as "one lunch per person and day"
)


@dataclass(frozen=True, slots=True)
class Lookup:
    """The documents of `collection` whose `field` is `value`."""

    collection: str
    value: Any
    field: str = "_id"


@dataclass(frozen=True, slots=True)
class Hold:
    """`n` of a countable thing, or an exclusive thing from `start` to `end` (minutes since
    midnight).

    An interval is taken only where it is free; with `over`, whatever stands there and although the
    thing is closed. Later ones collide with it either way.
    """

    collection: str
    thing: str
    n: int = 1
    start: int | None = None
    end: int | None = None
    over: bool = field(default=False, compare=False)

    def document(self) -> Document:
        entry = {"in": self.collection, "thing": self.thing}
        if self.start is None:
            return entry | {"n": self.n}
        return entry | {"from": self.start, "to": self.end}

    @classmethod
    def of(cls, entry: Document) -> Hold:
        return cls(
            entry["in"], entry["thing"], entry.get("n", 1), entry.get("from"), entry.get("to")
        )


@dataclass(frozen=True, slots=True)
class Rank:
    """A place in a thing's waiting list; of an exclusive thing, for an interval of it."""

    collection: str
    thing: str
    rank: int
    start: int | None = None
    end: int | None = None

    def entry(self) -> int | Document:
        """The place as it stands in the thing's `queue`."""
        if self.start is None:
            return self.rank
        return {"rank": self.rank, "from": self.start, "to": self.end}


class NotEnough(Conflict):
    """Fewer are left than asked; services refuse earlier and in their own words."""

    code = "not-enough-left"
    zh = "余量不足，剩余 {left}。"
    en = "Only {left} left."


class Occupied(Conflict):
    """An exclusive thing is taken in the interval."""

    code = "occupied"
    zh = "该时段已被占用。"
    en = "It is taken at that time."


class Disabled(Conflict):
    """The thing may not be chosen now, whatever the page showed."""

    code = "disabled"
    zh = "该项目已停用，请重新选择。"
    en = "It is not available now; choose another."


class Clash(Conflict):
    """A key that may exist once is claimed by `order`; services word it."""

    code = "already-claimed"
    zh = "您已有同类预订。"
    en = "You have one already."

    def __init__(self, key: str, order: str) -> None:
        super().__init__()
        self.key = key
        self.order = order


class ReadAgain(Exception):
    """The decision met what its lookups did not name, such as an order placed meanwhile: the rule
    or the draft is asked again what to read.
    """


class Exists(Exception):
    """The order to be placed is there already: the request is a repeat."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a member decided: its answer, and everything that must happen with it."""

    answer: Any = None
    takes: Sequence[tuple[str, Hold]] = ()  # (order that takes, what)
    gives: Sequence[tuple[str, Hold]] = ()
    joins: Sequence[Rank] = ()
    leaves: Sequence[Rank] = ()
    promotes: bool = False  # may take although others wait: only the promoter
    claims: Mapping[str, str] = field(default_factory=dict)  # key -> order
    unclaims: Sequence[str] = ()
    inserts: Sequence[tuple[str, Document]] = ()
    updates: Sequence[tuple[str, Where, Document]] = ()
    deletes: Sequence[tuple[str, Any]] = ()


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """Several outcomes as one; the answers are lists and follow each other.

    Raises ValueError where two of them change the same document.
    """
    updates = [update for each in outcomes for update in each.updates]
    if len({(collection, where["_id"]) for collection, where, _ in updates}) < len(updates):
        raise ValueError("one step changes the same document twice")
    return Outcome(
        answer=[answer for each in outcomes for answer in each.answer],
        takes=[take for each in outcomes for take in each.takes],
        gives=[give for each in outcomes for give in each.gives],
        joins=[rank for each in outcomes for rank in each.joins],
        leaves=[rank for each in outcomes for rank in each.leaves],
        promotes=any(each.promotes for each in outcomes),
        claims={key: order for each in outcomes for key, order in each.claims.items()},
        unclaims=[key for each in outcomes for key in each.unclaims],
        inserts=[insert for each in outcomes for insert in each.inserts],
        updates=updates,
        deletes=[delete for each in outcomes for delete in each.deletes],
    )


class Found:
    """What the group read, as changed by the members admitted so far."""

    def __init__(self) -> None:
        self._documents: dict[tuple[str, Any], Document] = {}
        self._by_lookup: dict[tuple[str, str], dict[Any, list[Document]]] = {}
        self.claimed: dict[str, str] = {}  # known to be claimed: key -> order

    def one(self, collection: str, key: Any) -> Document | None:
        """The document with that `_id`, by whichever lookup it was found; or None."""
        return self._documents.get((collection, key))

    def all(self, lookup: Lookup) -> list[Document]:
        """What a lookup found."""
        found = self._by_lookup.get((lookup.collection, lookup.field), {})
        return found.get(lookup.value, [])

    def put(self, collection: str, field_: str, documents: Iterable[Document]) -> None:
        """Keep what was read, as one document however many lookups found it."""
        table = self._by_lookup.setdefault((collection, field_), {})
        for document in documents:
            same = self._documents.setdefault((collection, document["_id"]), document)
            table.setdefault(document[field_], []).append(same)
