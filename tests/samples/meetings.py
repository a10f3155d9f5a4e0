"""Meetings, each in a room of its own, and everything that may become of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from models.base import orders
from models.base.context import CLOCK, Context
from models.base.decisions import Found, Lookup
from models.base.store import Document
from models.base.transitions import transition
from models.base.views import RatingInput
from models.base.workflow import Also, Draft, Placement
from models.meetings import doors, rooms
from models.meetings.booking import Booking, asker_of, placement_of, readable, wanted_of
from models.meetings.lifecycle import Parting, Reason, given_up
from models.meetings.rooms import CheckIn, RoomInput
from tests.contract_house import Campus, Wish
from tests.machinery import MONDAY
from tests.meals_house import ANN, BOB, BOSS, CAT
from tests.meetings_house import DESK, balance
from tests.samples import Sample
from tests.samples.deputies import DEPUTY

MINUTE = timedelta(minutes=1)
START, END = MONDAY + 60 * MINUTE, MONDAY + 120 * MINUTE
_numbers, _times = count(1), count()


async def room(campus: Campus, **said: Any) -> str:
    """A new room."""
    campus.clock.now = MONDAY
    room_id = f"room_{next(_numbers)}"
    usual: dict[str, Any] = {"name": room_id, "building": "1号楼", "floor": 1, "seats": 20}
    await rooms.put(campus.context(BOSS), room_id, RoomInput(**usual | said))
    return room_id


def booking(room_id: str, **said: Any) -> Booking:
    """A meeting at ten to which Bob is invited."""
    usual: dict[str, Any] = {"subject": "周会", "attendees": 5, "invite": ["S0004"]}
    times = {"starts_at": START, "ends_at": END}
    return Booking(room_id=room_id, **usual | times | said)


async def place(campus: Campus, who: str, body: Booking) -> Document:
    ctx = campus.context(who, idempotency_key=campus.key())
    order: Document = await orders.place(ctx, "meeting", body)
    return order


async def booked(campus: Campus, **said: Any) -> Document:
    return await place(campus, ANN, booking(await room(campus), **said))


async def guarded(campus: Campus) -> Document:
    """Booked in a room in which one checks in."""
    room_id = await room(campus, check_in=CheckIn(before=15, within=10))
    return await place(campus, ANN, booking(room_id))


async def at_a_time_of_its_own(campus: Campus) -> Document:
    """Booked at a time at which the room of `NAMES` is free."""
    starts_at = START + 5 * (next(_times) % 120) * MINUTE
    return await booked(campus, starts_at=starts_at, ends_at=starts_at + 5 * MINUTE)


async def requested(campus: Campus) -> Document:
    return await place(campus, ANN, booking(await room(campus, approval=True)))


async def waiting(campus: Campus) -> Document:
    room_id = await room(campus)
    await place(campus, CAT, booking(room_id))
    return await place(campus, ANN, booking(room_id, wait=True))


async def next_in_line(campus: Campus) -> Document:
    """Waiting, and the room has just come free."""
    order = await waiting(campus)
    day = order["waits"]["thing"]
    holder = campus.database["orders"].find_one({"holds.thing": day})
    assert holder is not None
    await _step(campus, CAT, holder, "cancel", Parting())
    return order


async def offered(campus: Campus) -> Document:
    return await _step(campus, CLOCK.id, await next_in_line(campus), "offer")


async def in_use(campus: Campus) -> Document:
    return await _later(campus, ANN, await guarded(campus), "check_in")


async def finished(campus: Campus) -> Document:
    return await _later(campus, ANN, await booked(campus), "finish")


async def rated(campus: Campus) -> Document:
    return await _step(campus, ANN, await finished(campus), "rate", RatingInput(stars=5))


async def refused(campus: Campus) -> Document:
    return await _step(campus, DESK, await requested(campus), "refuse", Reason(reason="接待"))


async def lapsed(campus: Campus) -> Document:
    return await _later(campus, CLOCK.id, await requested(campus), "lapse")


async def left(campus: Campus) -> Document:
    return await _step(campus, ANN, await waiting(campus), "cancel", Parting())


async def cancelled(campus: Campus) -> Document:
    return await _step(campus, ANN, await booked(campus), "cancel", Parting())


async def called_off(campus: Campus) -> Document:
    return await _step(campus, DESK, await booked(campus), "call_off", Reason(reason="停电"))


async def released(campus: Campus) -> Document:
    return await _later(campus, CLOCK.id, await guarded(campus), "release")


async def displaced(campus: Campus) -> Document:
    """Another meeting has taken its room."""
    order = await booked(campus)

    async def instead(ctx: Context, body: Booking) -> Draft:
        wanted = await wanted_of(ctx, body)
        asker = await asker_of(ctx, ctx.actor.id, ctx.actor.unit)
        lookups = [*await readable(ctx, asker, [wanted]), Lookup(orders.ORDERS, order["_id"])]

        def decide(found: Found, now: datetime) -> Placement:
            taking = replace(wanted, over=frozenset({order["_id"]}))
            gone = Also(order["_id"], "displace", given_up(order))
            return replace(placement_of(asker, taking, found, now), also=[gone])

        return Draft(lookups=lookups, decide=decide)

    ctx = campus.context(BOSS, idempotency_key=campus.key())
    await orders.place(ctx, "meeting", booking(order["data"]["room"]["id"]), draft=instead)
    found = await campus.house.store.get("orders", order["_id"])
    assert found is not None
    return found


async def _step(campus: Campus, who: str, order: Document, name: str, body: Any = None) -> Document:
    return await transition(campus.context(who), order["_id"], name, body)


async def _later(campus: Campus, who: str, order: Document, name: str) -> Document:
    """The order after a step, at the moment when that is possible."""
    campus.clock.now = MOMENTS[name]
    return await _step(campus, who, order, name)


async def _books_balance(campus: Campus) -> None:
    await balance(campus.house.store)


MOMENTS = {
    "check_in": START,
    "finish": START + 30 * MINUTE,
    "lapse": START,
    "release": START + 10 * MINUTE,
    "remind": START - 15 * MINUTE,
}
ORDERS = {
    "meeting": Sample(
        states={
            "requested": requested, "waiting": waiting, "offered": offered, "booked": booked,
            "in_use": in_use, "finished": finished, "rated": rated, "refused": refused,
            "lapsed": lapsed, "left": left, "cancelled": cancelled, "called_off": called_off,
            "released": released, "displaced": displaced,
        },
        ways={
            "check_in": guarded, "release": guarded, "offer": next_in_line,
            "move": at_a_time_of_its_own,
        },
        moments=MOMENTS,
        staff={"meetings": DESK, "deputy": DEPUTY, "invited": BOB},
        check=_books_balance,
    ),
}  # fmt: skip


async def _a_room(campus: Campus) -> Wish:
    times = {"starts_at": START.isoformat(), "ends_at": END.isoformat()}
    return Wish(who=ANN, names={"room_id": await room(campus), **times})


async def _a_request(campus: Campus) -> Wish:
    return Wish(who=DESK, names={"order_id": (await requested(campus))["_id"]})


async def _at_the_door(campus: Campus) -> Wish:
    order, ctx = await guarded(campus), campus.context(BOSS)
    campus.clock.now = START
    door = doors.code_of(ctx, await rooms.find(ctx, order["data"]["room"]["id"]))
    return Wish(who=ANN, names={"door": door})


ASKS = {
    "meetings_book": _a_room,
    "meetings_rivals_of": _a_request,
    "meetings_check_in": _at_the_door,
}
