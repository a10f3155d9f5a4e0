"""Booking a series: every date is judged like a meeting of its own, also against the others.

A series is an order of kind `meeting_series`, and its meetings are ordinary orders below it. One
answer says per date what happened. A changed pattern is a new series that continues the old one:
what is left of the old one makes way, and the new dates are taken, in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from models.base import orders
from models.base.clock import campus_date
from models.base.context import Context
from models.base.decisions import Found, Lookup
from models.base.errors import Forbidden, NotFound, Refusal
from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.placements import held
from models.base.shapes import Day, Id, Struct
from models.base.store import Document
from models.base.workflow import Also, Draft, Effect, Order, Placement, Tell, Timer
from models.meetings import days
from models.meetings.ahead import Ahead
from models.meetings.booking import (
    DESK,
    FARTHEST,
    Booking,
    asker_of,
    invited,
    placement_of,
    readable,
    wanted_of,
)
from models.meetings.days import ROOM_DAYS
from models.meetings.lifecycle import OFFERED, WAITING, given_up
from models.meetings.quotas import ROOM_QUOTAS
from models.meetings.recurrence import Date, Repeat, dates
from models.meetings.refusals import RoomBlocked
from models.meetings.rooms import ROOMS
from models.meetings.rules import Asker, Wanted
from models.meetings.schedules import BLOCKS
from models.meetings.series_refusals import SeriesRefused

KIND: Final = "meeting_series"
index(BLOCKS, [("rooms", 1), ("ends_at", 1)])

OnConflict = Literal["skip", "all_or_nothing"]
AHEAD: Final = ("requested", "waiting", "offered", "booked")  # what a series may still act on


class SeriesInput(Booking, kw_only=True, rename={"from_": "from"}):
    """A meeting as on its first day, and how it repeats.

    `holidays: "skip"` leaves days off out. `skip` are dates to leave out. A date that cannot be had
    is reported, or refuses everything (`all_or_nothing`). `wait` joins the waiting list for each
    date that is taken. `continues` names a series of mine whose meetings make way from the day
    `from` on (else from the first day on).
    """

    repeat: Repeat
    holidays: Literal["skip", "keep"] = "keep"
    skip: Annotated[list[Day], Meta(max_length=60)] = []
    on_conflict: OnConflict = "skip"
    continues: Id | None = None
    from_: Day | None = None


class DateResult(Struct):
    """What became of a date: booked, requested, waiting, changed or cancelled as `order_id`; kept
    as it was, refused or skipped for the reason that `code` and `detail` give.
    """

    date: str
    outcome: str
    order_id: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET


class Preview(Struct):
    """What would become of each date just now."""

    results: list[DateResult]


_LEFT_OUT: Final[Mapping[str, tuple[str, str]]] = {
    "day-off": ("当天休息，已跳过。", "A day off."),
    "left-out": ("按您的要求跳过。", "Left out as you asked."),
    "no-such-day": ("该月没有这一天。", "The month has no such day."),
}


def left_out(ctx: Context, each: Date) -> Document:
    """The result of a date for which nothing is booked."""
    zh, en = _LEFT_OUT[each.left_out]
    detail = en if ctx.language == "en" else zh
    return {"date": f"{each.day}", "outcome": "skipped", "code": each.left_out, "detail": detail}


def refused(ctx: Context, day: date | str, outcome: str, refusal: Refusal) -> Document:
    """The result of a date that something speaks against."""
    detail = refusal.detail(ctx.language)
    return {"date": f"{day}", "outcome": outcome, "code": refusal.code, "detail": detail}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A series as it is asked for: its first meeting and its dates."""

    ctx: Context
    body: SeriesInput
    asker: Asker
    first: Wanted
    dates: Sequence[Date]
    blocks: Mapping[str, str]  # what keeps the room blocked: id -> reason

    @property
    def wanted(self) -> list[Wanted]:
        """The meetings to be booked."""
        return [on(self.first, each.day) for each in self.dates if not each.left_out]

    def worded(self, refusal: Refusal) -> Refusal:
        """The refusal; where the room is blocked, with the reason."""
        if isinstance(refusal, RoomBlocked) and refusal.key in self.blocks:
            return RoomBlocked(refusal.key, self.blocks[refusal.key])
        return refusal


def on(first: Wanted, day: date) -> Wanted:
    """The same meeting on another day."""
    shift = day - first.day
    return replace(first, starts_at=first.starts_at + shift, ends_at=first.ends_at + shift)


async def plan_of(ctx: Context, body: SeriesInput) -> Plan:
    """The series that a request asks for. Raises what its pattern or its people are refused by."""
    first = await wanted_of(ctx, body)
    calendar = await ctx.house.calendars.current() if body.holidays == "skip" else None
    return Plan(
        ctx=ctx,
        body=body,
        asker=await asker_of(ctx, ctx.actor.id, ctx.actor.unit),
        first=first,
        dates=dates(first.day, body.repeat, calendar, frozenset(body.skip)),
        blocks={each["_id"]: each["reason"] for each in await _blocks(ctx, first)},
    )


async def _blocks(ctx: Context, first: Wanted) -> list[Document]:
    """The blocks of the room from the first meeting on."""
    where = {"rooms": first.room, "ends_at": {"$gt": first.starts_at}}
    return await ctx.store.find(BLOCKS, where, fields={"reason": 1})


class Dates:
    """One pass over the dates of a series: which are had, and what is said of each."""

    def __init__(self, plan: Plan, ahead: Ahead, now: datetime, order_id: str) -> None:
        self._plan, self._ahead, self._now = plan, ahead, now
        self._order_id = order_id
        self.children: list[Placement] = []
        self.results: list[Document] = []
        for each in plan.dates:
            self.results.append(left_out(plan.ctx, each) if each.left_out else self._book(each.day))

    def _book(self, day: date) -> Document:
        number = len(self.children) + 1
        try:
            wanted, name = on(self._plan.first, day), (self._order_id, number)
            child = meeting_of(self._plan.asker, wanted, name, self._ahead, self._now)
        except Refusal as refusal:
            return refused(self._plan.ctx, day, "refused", self._plan.worded(refusal))
        self.children.append(child)
        return {"date": f"{day}", "outcome": child.state, "order_id": f"{self._order_id}.{number}"}

    @property
    def refused(self) -> int:
        return sum(result["outcome"] == "refused" for result in self.results)

    def refuse_too_few(self) -> None:
        """Refuse where no date can be had, or not all that must be. Raises SeriesRefused."""
        strict = self._plan.body.on_conflict == "all_or_nothing"
        if not self.children or (self.refused and strict):
            raise SeriesRefused(refused=self.refused, results=self.results)


def meeting_of(
    asker: Asker, wanted: Wanted, name: tuple[str, int], ahead: Ahead, now: datetime
) -> Placement:
    """The so-and-so-many-th meeting of a series, which takes its room in `ahead`.

    The series tells and asks for all of its meetings at once; so none does by itself.
    """
    series, number = name
    wanted = replace(wanted, more={"series": {"id": series, "n": number}})
    child = placement_of(asker, wanted, ahead, now)
    ahead.take(f"{series}.{number}", child.holds)
    return replace(child, tells=(), waits_for=())


async def draft_series(ctx: Context, body: SeriesInput) -> Draft:
    """A series for the person who asks."""
    plan = await plan_of(ctx, body)
    old = await predecessor(ctx, body, plan.first.day)
    lookups = [*await readable(ctx, plan.asker, plan.wanted), *(old.lookups if old else ())]
    order_id = orders.id_of(ctx)

    def decide(found: Found, now: datetime) -> Placement:
        ahead = Ahead(found)
        also = old.make_way(ahead, order_id, now) if old else []
        judged = Dates(plan, ahead, now, order_id)
        judged.refuse_too_few()
        return replace(_series(plan, judged), also=also)

    return Draft(lookups=lookups, decide=decide)


def _series(plan: Plan, judged: Dates) -> Placement:
    """The order that holds the meetings together. It begins and ends with them."""
    body, asker, first = plan.body, plan.asker, judged.children[0]
    shared = ("room", "subject", "attendees", "private", "layout", "note", "invited", "guests")
    data: Document = {name: first.data[name] for name in shared}
    data |= {"date": f"{plan.first.day}", "results": judged.results}
    data |= {"starts_at": plan.first.starts_at, "ends_at": plan.first.ends_at}
    data |= {"repeat": msgspec.to_builtins(body.repeat), "holidays": body.holidays}
    data["skip"] = [day.isoformat() for day in body.skip]
    data["services"] = msgspec.to_builtins(body.services)
    if body.continues:
        data["continues"] = body.continues
    states = {child.state for child in judged.children}
    return Placement(
        kind=KIND,
        state="running",
        owner=asker.subject.person,
        unit=asker.subject.unit,
        data=data,
        private=first.private,
        seen_by=first.seen_by,
        waits_for=[DESK] if "requested" in states else (),
        timers=[Timer(max(child.data["ends_at"] for child in judged.children), "end")],
        tells=[Tell("series-invited", to=invited)] if "booked" in states else (),
        children=judged.children,
    )


async def preview(ctx: Context, body: SeriesInput) -> Preview:
    """What would become of each date just now. Writes nothing and holds nothing."""
    plan = await plan_of(ctx, body)
    old = await predecessor(ctx, body, plan.first.day)
    lookups = [*_readable(ctx, plan), *(old.lookups if old else ())]
    found = await _read(ctx, plan, lookups)
    ahead = Ahead(found)
    if old:
        old.make_way(ahead, "", ctx.now)
    judged = Dates(plan, ahead, ctx.now, "")
    for result in judged.results:
        result.pop("order_id", None)
    return Preview(results=[DateResult(**result) for result in judged.results])


def _readable(ctx: Context, plan: Plan) -> list[Lookup]:
    """What a decision reads, without having anything made."""
    subject, wanted = plan.asker.subject, plan.wanted
    rooms = [lookup for each in wanted for lookup in days.lookups(each.room, each.day)]
    keys = [quota.key(subject.of(quota), w.day) for quota in plan.asker.quotas for w in wanted]
    return list(dict.fromkeys([*rooms, *(Lookup(ROOM_QUOTAS, key) for key in keys)]))


async def _read(ctx: Context, plan: Plan, lookups: Iterable[Lookup]) -> Found:
    """What is found just now; days that nobody has wanted yet are free."""
    wanted: dict[tuple[str, str], list[Any]] = {}
    for lookup in lookups:
        wanted.setdefault((lookup.collection, lookup.field), []).append(lookup.value)
    found = Found()
    for (collection, field), values in wanted.items():
        documents = await ctx.store.find(collection, {field: {"$in": values}})
        found.put(collection, field, documents)
    room, today = found.one(ROOMS, plan.first.room), campus_date(ctx.now)
    near = [each.day for each in plan.wanted if each.day - today <= FARTHEST]
    unseen = [day for day in near if found.one(ROOM_DAYS, days.key(plan.first.room, day)) is None]
    found.put(ROOM_DAYS, "_id", [days.fresh(room, day) for day in unseen] if room else [])
    return found


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A series that another one continues: its meetings from the day `since` on make way."""

    order: Order
    children: Sequence[Order]  # all that lie ahead
    since: date

    @property
    def lookups(self) -> list[Lookup]:
        mine = [Lookup(ORDERS, each["_id"]) for each in (self.order, *self.children)]
        holds = [hold for child in self.children for hold in held(child)]
        return [*mine, *(Lookup(hold.collection, hold.thing) for hold in holds)]

    def make_way(self, ahead: Ahead, heir: str, now: datetime) -> list[Also]:
        """End the series, or cut it short, and give back in `ahead` what its meetings had."""
        also, gone, left = [], [], []
        for child in self.children:
            child = ahead.one(ORDERS, child["_id"]) or child
            if not lies_ahead(child, now):
                continue
            if child["data"]["date"] < f"{self.since}":
                left.append(child)
                continue
            also.append(cancelled(child))
            gone.append(given_back(child))
            ahead.give(child["_id"], held(child))
        effect = after(self.order, left, gone)
        effect = replace(effect, data={**effect.data, "continued_by": heir})
        return [*also, Also(self.order["_id"], "replace", effect, self.order["version"])]


async def predecessor(ctx: Context, body: SeriesInput, first: date) -> Predecessor | None:
    """The series that is continued. Raises NotFound, and Forbidden where it is not mine."""
    if body.continues is None:
        return None
    order = await orders.seen(ctx, body.continues)
    if order["kind"] != KIND:
        raise NotFound
    if order["owner"] != ctx.actor.id:
        raise Forbidden
    children = await coming(ctx, order)
    return Predecessor(order, children, body.from_ or first)


async def coming(ctx: Context, series: Order) -> list[Order]:
    """The meetings of a series that it may still act on, in order of time."""
    where = {"parent": series["_id"], "state": {"$in": list(AHEAD)}}
    found = await ctx.store.find(ORDERS, where, sort=[("due_at", 1)])
    return [each for each in found if lies_ahead(each, ctx.now)]


def lies_ahead(meeting: Order, now: datetime) -> bool:
    """Whether a meeting has yet to begin and stands: the past is never touched."""
    return meeting["state"] in AHEAD and bool(now < meeting["data"]["starts_at"])


def cancelled(meeting: Order, note: str = "") -> Also:
    """The meeting goes, with everything that it has taken or waits for."""
    effect = replace(given_up(meeting), note=note, quiet=True)
    if meeting["state"] in WAITING + OFFERED:
        effect = replace(effect, target="left")
    return Also(meeting["_id"], "cancel", effect)


def given_back(meeting: Order) -> Document:
    """The result of a date whose meeting goes."""
    return {"date": meeting["data"]["date"], "outcome": "cancelled", "order_id": meeting["_id"]}


def after(series: Order, left: Sequence[Order], results: Sequence[Document]) -> Effect:
    """What becomes of a series: it runs on while meetings are left, and knows the new results."""
    said = {"results": merged(series["data"]["results"], results)}
    fields: Document = (
        {} if any(each["state"] == "requested" for each in left) else {"waits_for": []}
    )
    if not left:
        return Effect(data=said, fields=fields)
    ends_at = max(each["data"]["ends_at"] for each in left)
    return Effect(data=said, fields=fields, target="running", timers=[Timer(ends_at, "end")])


def merged(known: Sequence[Document], new: Sequence[Document]) -> list[Document]:
    """The results by date, of which the newer count."""
    by_date = {result["date"]: result for result in (*known, *new)}
    return [by_date[day] for day in sorted(by_date)]
