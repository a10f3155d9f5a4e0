"""Booking a room: what is asked, and the one judgement that every way of booking passes.

Whatever decides (the room's rules, its day, quotas) is read in the transaction that takes the room,
so that what the page showed never counts. `Turn.place` judges one meeting after the other; those it
has admitted count for the next, as the dates of a series do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta

from models import people
from models.base import orders
from models.base.clock import campus_date
from models.base.context import Context
from models.base.decisions import Clash, Found, Hold, Lookup
from models.base.errors import Refusal
from models.base.roles import Role
from models.base.shapes import EmployeeNo, Input, Moment, Name, Phone
from models.base.store import Document
from models.base.visibility import deputy, desk, person
from models.base.waiting import join
from models.base.workflow import Draft, Order, Placement, Tell, Timer
from models.meetings import days, quotas
from models.meetings.days import ROOM_DAYS
from models.meetings.periods import A_DAY, refuse_far
from models.meetings.quotas import MeetingRules, Subject
from models.meetings.refusals import ColleagueUnknown, RoomBlocked, RoomTaken
from models.meetings.rooms import Layout, RoomId, place
from models.meetings.rules import Asker, Wanted, judge, refuse_taken
from models.meetings.schedules import BLOCKS
from models.meetings.wishes import Wishes, placements, refuse_late

DESK: Final = desk("meetings")
FARTHEST: Final = timedelta(days=367)  # no room can be booked farther ahead


class Guest(Input):
    """Somebody from outside."""

    name: Name
    phone: Phone


Title = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Attendees = Annotated[int, Meta(ge=1, le=2000)]
Note = Annotated[str, Meta(max_length=500)]
Invited = Annotated[list[EmployeeNo], Meta(max_length=100)]
Guests = Annotated[list[Guest], Meta(max_length=50)]


class Booking(Input):
    """A meeting in a room, exact to the minute and within one day on the campus.

    `private` shows others only that the room is busy. `invite` are employee numbers; they are told
    and see the meeting. `services` are prepared for it, each as an order of its own. `wait` joins
    the waiting list where the room is taken.
    """

    room_id: RoomId
    starts_at: Moment
    ends_at: Moment
    subject: Title
    attendees: Attendees
    private: bool = False
    layout: Layout | None = None
    note: Note = ""
    invite: Invited = []
    guests: Guests = []
    services: Wishes = []
    wait: bool = False


async def asker_of(ctx: Context, owner: str, unit: str, *, bound: bool | None = None) -> Asker:
    """Whoever acts, on behalf of `owner`, under the rules as they are now."""
    free = Role.MEETINGS in ctx.actor.roles if bound is None else not bound
    rules = await ctx.house.policies.value(MeetingRules)
    return Asker(
        subject=Subject(owner, unit),
        actor=ctx.actor.id,
        bound=not free,
        quotas=() if free else rules.quotas,
        calendar=await ctx.house.calendars.current(),
        service_notice=timedelta(minutes=rules.service_notice_minutes),
    )


async def wanted_of(ctx: Context, body: Booking) -> Wanted:
    """The meeting that a request asks for. Raises ColleagueUnknown, FarAway."""
    refuse_far(ctx.now, body.starts_at, body.ends_at)
    return Wanted(
        room=body.room_id,
        starts_at=body.starts_at.astimezone(UTC),
        ends_at=body.ends_at.astimezone(UTC),
        subject=body.subject,
        attendees=body.attendees,
        private=body.private,
        layout=body.layout,
        note=body.note,
        invited=await invited_by(ctx, body.invite),
        guests=guest_list(body.guests),
        wait=body.wait,
        services=body.services,
    )


async def invited_by(ctx: Context, numbers: Sequence[str]) -> list[Document]:
    """{id, employee_no, name} of these colleagues. Raises ColleagueUnknown."""
    found = await people.by_numbers(ctx, numbers) if numbers else {}
    for number in numbers:
        if number not in found:
            raise ColleagueUnknown(employee_no=number)
    each = {found[number]["_id"]: found[number] for number in numbers}
    return [
        {"id": key, "employee_no": colleague["employee_no"], "name": colleague["name"]}
        for key, colleague in each.items()
    ]


def guest_list(guests: Iterable[Guest]) -> list[Document]:
    """Guests as they are stored, apart from the data."""
    return [{"name": guest.name, "phone": guest.phone} for guest in guests]


async def readable(ctx: Context, asker: Asker, wanted: Iterable[Wanted]) -> list[Lookup]:
    """Have the days and quotas in place that meetings may need; and what a decision must read."""
    today = campus_date(ctx.now)
    lookups: dict[Lookup, None] = {}
    by_room: dict[str, list[date]] = {}
    for each in wanted:
        ahead = each.day - today
        near = -A_DAY <= ahead <= FARTHEST  # no day is made that nobody could book
        by_room.setdefault(each.room, []).extend([each.day] if near else [])
        lookups |= dict.fromkeys(days.lookups(each.room, each.day))
    for room, its_days in by_room.items():
        await days.ensure(ctx.house, {"_id": room}, *its_days)
    booked = {day for its_days in by_room.values() for day in its_days}
    drawn = await quotas.prepare(ctx.house, asker.quotas, asker.subject, sorted(booked))
    return [*lookups, *drawn]


async def draft_meeting(ctx: Context, body: Booking) -> Draft:
    """A meeting for the person who asks."""
    wanted = await wanted_of(ctx, body)
    asker = await asker_of(ctx, ctx.actor.id, ctx.actor.unit)
    lookups = await readable(ctx, asker, [wanted])

    def decide(found: Found, now: datetime) -> Placement:
        return placement_of(asker, wanted, found, now)

    return Draft(lookups=lookups, decide=decide)


def placement_of(asker: Asker, wanted: Wanted, found: Found, now: datetime) -> Placement:
    """A booked, requested or waiting meeting. Raises what speaks against it."""
    room = judge(asker, wanted, found, now)
    spent = draw(asker, wanted, room, found)
    hold = days.hold(room, wanted.starts_at, wanted.ends_at)
    try:
        refuse_taken(found, hold, wanted.over)
    except RoomTaken:
        if not wanted.wait:
            raise
        return _in_line(_placement(asker, wanted, room, "waiting", now), spent, found)
    if room["approval"] and asker.bound:
        return replace(_placement(asker, wanted, room, "requested", now), holds=spent)
    booked = _placement(asker, wanted, room, "booked", now)
    return replace(booked, holds=[hold, *spent])


def draw(
    asker: Asker, wanted: Wanted, room: Document, found: Found, has: Sequence[Hold] = ()
) -> list[Hold]:
    """What the meeting spends of the quotas; it `has` some of it already. Raises QuotaExceeded."""
    building, minutes = room["building"], wanted.minutes
    drawn = quotas.draws(asker.quotas, asker.subject, building, wanted.day, minutes)
    quotas.refuse_spent(found, drawn, has)
    return [hold for _, hold in drawn]


def _placement(
    asker: Asker, wanted: Wanted, room: Document, state: str, now: datetime
) -> Placement:
    data, owner, unit = about(room, wanted), asker.subject.person, asker.subject.unit
    if asker.bound:
        refuse_late(wanted.services, wanted.starts_at, now, asker.service_notice)
    return Placement(
        kind="meeting",
        state=state,
        owner=owner,
        unit=unit,
        data=data,
        private={"guests": list(wanted.guests)} if wanted.guests else None,
        seen_by=seen_by(owner, asker.actor, wanted.invited),
        waits_for=[DESK] if state == "requested" else (),
        due_at=wanted.starts_at,
        timers=timers(data, state, now),
        tells=(Tell("meeting-invited", to=invited),) if state == "booked" else (),
        children=placements(wanted.services, data, owner, unit, state),
    )


def _in_line(placement: Placement, spent: Sequence[Hold], found: Found) -> Placement:
    """The same meeting in the waiting list of its room's day."""
    data = placement.data
    day = found.one(ROOM_DAYS, data["room_day"])
    assert day is not None  # it was judged
    span = data["span"]
    rank = join(ROOM_DAYS, day, span["from"], span["to"])
    return replace(placement, joins=rank, holds=spent)


def about(room: Document, wanted: Wanted) -> Document:
    """The data of a meeting. `room_day`, `span`, `approval` and `remind_at` are its rules' own."""
    start, end = days.span(room, wanted.starts_at, wanted.ends_at)
    data: Document = {
        "subject": wanted.subject,
        "attendees": wanted.attendees,
        "private": wanted.private,
        "invited": list(wanted.invited),
        "guests": len(wanted.guests),
        "sequence": 0,
        "layout": wanted.layout,
        "note": wanted.note,
        **where_and_when(room, wanted.starts_at, wanted.ends_at),
        "span": {"from": start, "to": end},
    }
    return {**data, **wanted.more}


def where_and_when(room: Document, starts_at: datetime, ends_at: datetime) -> Document:
    """What a meeting keeps of its room and time, so that its rules need no further read."""
    day = campus_date(starts_at)
    start, end = days.span(room, starts_at, ends_at)
    check_in, remind = room["check_in"], timedelta(minutes=room["remind_minutes"])
    window = None
    if check_in:
        until = min(ends_at, starts_at + timedelta(minutes=check_in["within"]))
        window = {"from": starts_at - timedelta(minutes=check_in["before"]), "until": until}
    return {
        "room": place(room),
        "room_day": days.key(room["_id"], day),
        "date": day.isoformat(),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "span": {"from": start, "to": end},
        "approval": room["approval"],
        "check_in": window,
        "remind_at": starts_at - remind if remind else None,
    }


def timers(data: Document, state: str, now: datetime) -> list[Timer]:
    """What the clock does with a meeting in `state`."""
    if state in ("requested", "waiting"):
        return [Timer(data["starts_at"], "lapse")]
    if state == "in_use":
        return [Timer(data["ends_at"], "finish")]
    check_in, remind_at = data["check_in"], data["remind_at"]
    due = [Timer(check_in["until"], "release")] if check_in else [Timer(data["ends_at"], "finish")]
    if remind_at and remind_at > now:
        due.append(Timer(remind_at, "remind"))
    return due


def seen_by(owner: str, actor: str, guests: Iterable[Document]) -> list[str]:
    """Who sees a meeting: its people, whoever stands in for the owner, and meeting services."""
    tokens = [person(owner), deputy(owner), person(actor)]
    tokens += [person(each["id"]) for each in guests]
    return list(dict.fromkeys([*tokens, DESK]))


def invited(order: Order) -> list[str]:
    """The colleagues invited, by id."""
    return [each["id"] for each in order["data"]["invited"]]


async def word_clash(ctx: Context, clash: Clash) -> Refusal:
    """Why the room is blocked."""
    block = await ctx.store.get(BLOCKS, clash.key)
    return RoomBlocked(clash.key, block["reason"]) if block else RoomBlocked(clash.key)


async def book(ctx: Context, body: Booking) -> Order:
    """Book a room, ask for it, or wait for it."""
    return await orders.place(ctx, "meeting", body)
