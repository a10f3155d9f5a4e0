"""What is prepared for meetings, and the calendar of who meets."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from models.base import orders
from models.base.store import Document
from models.base.transitions import transition
from models.base.views import RatingInput
from models.meetings import calendar_feed, rooms
from models.meetings.booking import Booking
from models.meetings.lifecycle import Parting, Reason
from models.meetings.rooms import RoomInput
from models.meetings.wishes import ServiceWish
from tests.contract_house import Campus, Wish
from tests.machinery import MONDAY
from tests.meals_house import ANN, BOSS
from tests.meetings_house import DESK
from tests.samples import Sample
from tests.samples.deputies import DEPUTY

HOUR = timedelta(hours=1)
_numbers = count(1)


async def _meeting(campus: Campus) -> Document:
    """A meeting with tea, in a room of its own."""
    room_id, campus.clock.now = f"room_tea_{next(_numbers)}", MONDAY
    body = RoomInput(name=room_id, building="8号楼", floor=1, seats=20)
    await rooms.put(campus.context(BOSS), room_id, body)
    times: Any = {"starts_at": MONDAY + HOUR, "ends_at": MONDAY + 2 * HOUR}
    tea = [ServiceWish(service="tea")]
    booking = Booking(room_id=room_id, subject="周会", attendees=5, services=tea, **times)
    ctx = campus.context(ANN, idempotency_key=campus.key())
    return await orders.place(ctx, "meeting", booking)


async def ordered(campus: Campus) -> Document:
    found = await campus.house.store.get("orders", f"{(await _meeting(campus))['_id']}.1")
    assert found is not None
    return found


async def ready(campus: Campus) -> Document:
    return await _step(campus, DESK, await ordered(campus), "prepare")


async def served(campus: Campus) -> Document:
    return await _step(campus, DESK, await ready(campus), "serve")


async def rated(campus: Campus) -> Document:
    return await _step(campus, ANN, await served(campus), "rate", RatingInput(stars=5))


async def refused(campus: Campus) -> Document:
    return await _step(campus, DESK, await ordered(campus), "refuse", Reason(reason="无人"))


async def cancelled(campus: Campus) -> Document:
    return await _step(campus, ANN, await ordered(campus), "cancel", Parting())


async def _step(campus: Campus, who: str, order: Document, name: str, body: Any = None) -> Document:
    return await transition(campus.context(who), order["_id"], name, body)


ORDERS = {
    "meeting_service": Sample(
        states={
            "ordered": ordered, "ready": ready, "served": served, "rated": rated,
            "refused": refused, "cancelled": cancelled,
        },
        staff={"meetings": DESK, "deputy": DEPUTY},
    ),
}  # fmt: skip


async def _ask_for_more(campus: Campus) -> Wish:
    names = {"order_id": (await _meeting(campus))["_id"], "service": "it"}
    return Wish(who=ANN, names=names)


async def _list(campus: Campus) -> Wish:
    return Wish(who=ANN, names={"order_id": (await _meeting(campus))["_id"]})


async def _calendar(campus: Campus) -> Wish:
    address = await calendar_feed.open_feed(campus.context(ANN))
    return Wish(names={"name": address.url.rpartition("/")[2]})


ASKS = {
    "meeting_services_order": _ask_for_more,
    "meeting_services_listed": _list,
    "meeting_calendar_read": _calendar,
}
