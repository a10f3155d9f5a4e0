"""An emergency takes a room at once; whoever meets there gets another room, where one is free.

A leader or manager gives the reason, which is kept on record. In the same transaction each meeting
in the way moves to the smallest free room that suits it, or is displaced; everybody who was to come
is told. What meeting services have blocked stays blocked, and a neighbour of whom only the set-up
or clean-up time is met stays where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import UNSET, UnsetType

from models.base import audit, orders
from models.base.calendar import Calendar
from models.base.context import Context
from models.base.decisions import Found, Lookup, ReadAgain
from models.base.errors import Refusal
from models.base.orders import ORDERS
from models.base.placements import held
from models.base.shapes import Input, Line, Moment, Struct
from models.base.store import Document
from models.base.views import OrderView, full
from models.base.workflow import Also, Draft, Effect, Order, Placement, Tell, Timer
from models.meetings import days, rooms
from models.meetings.ahead import Ahead
from models.meetings.booking import Attendees, Title, asker_of, placement_of, readable
from models.meetings.changes import moved_to
from models.meetings.days import ROOM_DAYS
from models.meetings.lifecycle import BOOKED, IN_USE, OFFERED, concerned, given_up
from models.meetings.rooms import ROOMS, Place, RoomId
from models.meetings.rules import Asker, Wanted, refuse_shut, refuse_unfit

AT_HAND: Final = 4  # rooms looked at in the transaction, besides one for every meeting displaced


class EmergencyInput(Input):
    """What cannot wait, and why it takes a room from others."""

    room_id: RoomId
    starts_at: Moment
    ends_at: Moment
    subject: Title
    attendees: Attendees
    reason: Line


class Displaced(Struct):
    """A meeting that made way: "rehomed" to `room`, or "displaced" without one."""

    order_id: str
    outcome: str
    room: Place | UnsetType = UNSET


class Emergency(Struct):
    """The meeting that has the room now, and what became of those in its way."""

    order: OrderView
    displaced: list[Displaced]


async def declare(ctx: Context, body: EmergencyInput) -> Emergency:
    """Take a room for an emergency.

    Raises RoomUnknown, RoomDisabled, RoomBlocked, RoomTooSmall, NotADay and InThePast.
    """
    order = await orders.place(ctx, "meeting", body, draft=draft_emergency)
    return Emergency(order=await full(ctx, order), displaced=_displaced(order))


def _displaced(order: Order) -> list[Displaced]:
    return [
        Displaced(
            order_id=each["order_id"],
            outcome=each["outcome"],
            room=Place(**each["room"]) if "room" in each else UNSET,
        )
        for each in order["data"]["displaced"]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An emergency, and the rooms at hand for each meeting in its way, the smallest first."""

    asker: Asker
    wanted: Wanted
    reason: str
    record: Document
    at_hand: Mapping[str, Sequence[str]]


async def draft_emergency(ctx: Context, body: EmergencyInput) -> Draft:
    """The emergency's meeting, with all that makes way for it."""
    asker = await asker_of(ctx, ctx.actor.id, ctx.actor.unit, bound=False)
    wanted = Wanted(
        room=body.room_id,
        starts_at=body.starts_at.astimezone(UTC),
        ends_at=body.ends_at.astimezone(UTC),
        subject=body.subject,
        attendees=body.attendees,
        more={"emergency": body.reason},
    )
    lookups = await readable(ctx, asker, [wanted])
    meetings = await _of_the_day(ctx, wanted)
    in_the_way = [each for each in meetings if _meets(each, wanted)]
    at_hand = await _rooms_at_hand(ctx, wanted, in_the_way, asker.calendar)
    said = {"room": body.room_id, "starts_at": wanted.starts_at, "reason": body.reason}
    record = audit.entry(ctx, "meetings.emergency", orders.id_of(ctx), None, said)
    case = _Case(asker=asker, wanted=wanted, reason=body.reason, record=record, at_hand=at_hand)
    lookups += [Lookup(ORDERS, each["_id"]) for each in meetings]
    lookups += [Lookup(hold.collection, hold.thing) for each in meetings for hold in held(each)]
    for room in dict.fromkeys(room for each in at_hand.values() for room in each):
        await days.ensure(ctx.house, {"_id": room}, wanted.day)
        lookups += days.lookups(room, wanted.day)

    def decide(found: Found, now: datetime) -> Placement:
        return _decide(case, found, now)

    return Draft(lookups=list(dict.fromkeys(lookups)), decide=decide)


async def _of_the_day(ctx: Context, wanted: Wanted) -> list[Order]:
    """Every order that has something of the room's day, as far as is known just now."""
    day = await ctx.store.get(ROOM_DAYS, days.key(wanted.room, wanted.day))
    ids = [each["order"] for each in day["taken"]] if day else []
    return await ctx.store.find(ORDERS, {"_id": {"$in": ids}}) if ids else []


def _meets(meeting: Order, wanted: Wanted) -> bool:
    """Whether a meeting, without its set-up and clean-up, is at the time of the emergency."""
    data = meeting["data"]
    meets = data["starts_at"] < wanted.ends_at and wanted.starts_at < data["ends_at"]
    return bool(meets) and meeting["state"] in BOOKED + IN_USE + OFFERED


async def _rooms_at_hand(
    ctx: Context, wanted: Wanted, meetings: Sequence[Order], calendar: Calendar
) -> dict[str, list[str]]:
    """For each meeting the smallest rooms that suit it and are free just now."""
    if not meetings:
        return {}
    every = await rooms.listed(ctx.house)
    there = await ctx.store.find(ROOM_DAYS, {"date": f"{wanted.day}"})
    known = {each["_id"] for each in there}
    unmade = (days.fresh(room, wanted.day) for room in every)
    found = Found()
    found.put(ROOMS, "_id", every)
    found.put(ROOM_DAYS, "_id", [*there, *(each for each in unmade if each["_id"] not in known)])
    at_hand = {}
    for meeting in meetings:
        free = [
            room
            for room in sorted(every, key=lambda room: _rank(room, meeting))
            if _new_home(found, room["_id"], meeting, calendar, ctx.now) is not None
        ]
        at_hand[meeting["_id"]] = [room["_id"] for room in free[: AT_HAND + len(meetings)]]
    return at_hand


def _rank(room: Document, meeting: Order) -> tuple[Any, ...]:
    """The smallest first; of the same size, those in the building where people are."""
    elsewhere = room["building"] != meeting["data"]["room"]["building"]
    return room["seats"], elsewhere, room["_id"]


def _new_home(
    found: Found, room_id: str, meeting: Order, calendar: Calendar, now: datetime
) -> Effect | None:
    """The meeting in that room, if it has all that the present one has and is free."""
    room, data = found.one(ROOMS, room_id), meeting["data"]
    present = found.one(ROOMS, data["room"]["id"])
    if room is None or present is None or room_id == data["room"]["id"]:
        return None
    if room["approval"] or not set(present["equipment"]) <= set(room["equipment"]):
        return None
    try:
        refuse_unfit(room, data["attendees"], data["layout"])
        refuse_shut(room, calendar, data["starts_at"], data["ends_at"])
        effect = moved_to(found, meeting, room, now)
    except Refusal:
        return None
    under_way = [Timer(data["ends_at"], "finish")]  # nobody has to check in a second time
    return replace(effect, timers=under_way) if meeting["state"] in IN_USE else effect


def _decide(case: _Case, found: Found, now: datetime) -> Placement:
    """The emergency's meeting and all the others' steps, on what the transaction found."""
    ahead, steps, chosen = Ahead(found), [], set[str]()
    for meeting in _in_the_way(case, found):
        steps.append(_makes_way(case, ahead, meeting, chosen, now))
    room_day = days.key(case.wanted.room, case.wanted.day)
    ahead.clear(ROOM_DAYS, room_day, but=days.is_block)
    told = {"displaced": [result for _, result in steps]}
    wanted = replace(case.wanted, more={**case.wanted.more, **told})
    placement = placement_of(case.asker, wanted, ahead, now)
    return replace(
        placement,
        holds=[replace(hold, over=True) for hold in placement.holds],
        also=[also for also, _ in steps],
        inserts=[(audit.AUDIT, case.record)],
        promotes=True,
    )


def _in_the_way(case: _Case, found: Found) -> list[Order]:
    """The meetings in the way, by time. Raises ReadAgain where one has come since."""
    day = found.one(ROOM_DAYS, days.key(case.wanted.room, case.wanted.day))
    entries = [each for each in day["taken"] if not days.is_block(each)] if day else []
    orders_ = [found.one(ORDERS, each["order"]) for each in entries]
    present = [each for each in orders_ if each is not None]
    meetings = [each for each in present if _meets(each, case.wanted)]
    if len(present) < len(entries) or any(each["_id"] not in case.at_hand for each in meetings):
        raise ReadAgain
    return sorted(meetings, key=lambda each: (each["data"]["starts_at"], each["_id"]))


def _makes_way(
    case: _Case, ahead: Ahead, meeting: Order, chosen: set[str], now: datetime
) -> tuple[Also, Document]:
    """The meeting's step out of the room, and what is said of it.

    Raises ReadAgain where the rooms at hand have been taken by somebody else meanwhile.
    """
    at_hand = case.at_hand[meeting["_id"]] if meeting["state"] in BOOKED + IN_USE else ()
    for room_id in at_hand:
        effect = _new_home(ahead, room_id, meeting, case.asker.calendar, now)
        if effect is not None:
            chosen.add(room_id)
            ahead.move(meeting["_id"], held(meeting), effect.holds or ())
            step = _step(case, meeting, replace(effect, target=meeting["state"]), "meeting-rehomed")
            result = {"outcome": "rehomed", "room": effect.data["room"]}
            return step, {"order_id": meeting["_id"], **result}
    if set(at_hand) - chosen:
        raise ReadAgain
    ahead.give(meeting["_id"], held(meeting))
    step = _step(case, meeting, given_up(meeting), "meeting-displaced")
    return step, {"order_id": meeting["_id"], "outcome": "displaced"}


def _step(case: _Case, meeting: Order, effect: Effect, template: str) -> Also:
    """The meeting's own step; whoever was only offered the room loses the offer."""
    if meeting["state"] in OFFERED:
        return Also(meeting["_id"], "lapse", effect, meeting["version"])
    tells = [Tell(template, to=concerned, sms=True)]
    effect = replace(effect, note=case.reason, tells=tells)
    return Also(meeting["_id"], "displace", effect, meeting["version"])
