"""Rooms of their own, so that what meeting services do to them meets no other sample."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from models.base import orders
from models.meetings import blocks, doors, rooms
from models.meetings.blocks import NewBlock
from models.meetings.booking import Booking
from models.meetings.rooms import RoomInput
from tests.contract_house import Campus, Wish
from tests.machinery import MONDAY
from tests.meals_house import ANN, BOSS

ROOM = "room_desk"
HOUR = timedelta(hours=1)
NAMES: dict[str, Any] = {"room_id": ROOM}
_numbers = count(1)


async def set_up(campus: Campus) -> None:
    """A room that nobody books but here."""
    await _room(campus, ROOM)


async def _room(campus: Campus, room_id: str) -> str:
    campus.clock.now = MONDAY
    body = RoomInput(name=room_id, building="9号楼", floor=1, seats=20, weekends=True)
    await rooms.put(campus.context(BOSS), room_id, body)
    return room_id


async def _new_room(campus: Campus) -> str:
    return await _room(campus, f"room_desk_{next(_numbers)}")


async def _a_room(campus: Campus) -> Wish:
    return Wish(names={"room_id": await _new_room(campus)})


async def _a_time(campus: Campus) -> Wish:
    campus.clock.now = MONDAY
    times = {"starts_at": _text(1), "ends_at": _text(2)}
    return Wish(names={"room_id": ROOM}, query=times)


def _text(hours: int) -> str:
    return (MONDAY + hours * HOUR).isoformat()


async def _a_block_to_be(campus: Campus) -> Wish:
    times = {"starts_at": _text(1), "ends_at": _text(2)}
    return Wish(names={"rooms": [await _new_room(campus)], **times})


async def _blocked(campus: Campus) -> tuple[str, str]:
    """A block, and the meeting that it meets."""
    room = await _new_room(campus)
    times: Any = {"starts_at": MONDAY + HOUR, "ends_at": MONDAY + 2 * HOUR}
    ctx = campus.context(ANN, idempotency_key=campus.key())
    body = Booking(room_id=room, subject="周会", attendees=5, **times)
    order = await orders.place(ctx, "meeting", body)
    made = await blocks.add(campus.context(BOSS), NewBlock(rooms=[room], reason="检修", **times))
    return made.id, order["_id"]


async def _a_block(campus: Campus) -> Wish:
    block, order = await _blocked(campus)
    return Wish(names={"block_id": block, "order_id": order})


async def _a_display(campus: Campus) -> Wish:
    made = await doors.make_display(campus.context(BOSS), await _new_room(campus))
    return Wish(names={"key": made.key})


async def _a_door(campus: Campus) -> Wish:
    ctx = campus.context(BOSS)
    door = doors.code_of(ctx, await rooms.find(ctx, await _new_room(campus)))
    return Wish(query={"door": door})


ASKS = {
    "meeting_rooms_at_door": _a_door,
    "meeting_rooms_suggest": _a_time,
    "meeting_rooms_set_up": _a_room,
    "meeting_rooms_disable": _a_room,
    "meeting_rooms_enable": _a_room,
    "meeting_rooms_make_display": _a_room,
    "meeting_rooms_end_display": _a_room,
    "meeting_rooms_show_display": _a_display,
    "meeting_rooms_add_block": _a_block_to_be,
    "meeting_rooms_one_block": _a_block,
    "meeting_rooms_keep": _a_block,
    "meeting_rooms_lift": _a_block,
}
