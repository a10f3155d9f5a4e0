"""Meeting rooms: what each one has, when it can be booked and by which rules.

A document of `rooms`:
    _id                        "room_a101"
    name, building, floor      as people know it; floor 1 is the ground floor
    seats                      how many fit
    equipment, layouts         see Equipment and Layout
    approval                   whether meeting services decide on each booking
    enabled, disabled_reason   changed only with the room's days, by models/meetings/days.py
    setup_minutes, cleanup_minutes   kept free before and after every meeting
    opens, closes, weekends    "08:00", "21:00" on the campus; whether also on days off
    notice_minutes, horizon_days, max_minutes   how late, how far ahead and how long
    check_in                   {before, within} minutes around the start, or None
    remind_minutes             before the start; 0: no reminder
    note                       what people should know
    days                       how many of its days there are: see models/meetings/days.py
    resolving                  what becomes of its bookings: see models/meetings/closures.py
    door, display              its code and its display: see models/meetings/doors.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from models.base.audit import record
from models.base.context import Context, House
from models.base.errors import Conflict, NotFound, Unprocessable
from models.base.indexes import declare as index
from models.base.shapes import HourMinute, Input, Name, Struct
from models.base.store import Document, Duplicate

ROOMS: Final = "rooms"

index(ROOMS, [("building", 1)])

RoomId = Annotated[str, Meta(min_length=6, max_length=32, pattern=r"^room_[a-z0-9_]+$")]
Equipment = Literal["projector", "video", "phone", "whiteboard", "sound", "computer"]
Layout = Literal["theatre", "classroom", "u_shape", "board"]
Seats = Annotated[int, Meta(ge=1, le=2000)]
Buffer = Annotated[int, Meta(ge=0, le=240)]

EQUIPMENT: Final[Mapping[str, str]] = {
    "projector": "投影", "video": "视频会议", "phone": "电话会议", "whiteboard": "白板",
    "sound": "音响", "computer": "电脑",
}  # fmt: skip
LAYOUTS: Final[Mapping[str, str]] = {
    "theatre": "剧院式", "classroom": "课桌式", "u_shape": "U 形", "board": "围桌式",
}  # fmt: skip


class RoomUnknown(NotFound):
    code = "room-unknown"
    zh = "没有找到该会议室，请刷新后重新选择。"
    en = "There is no such room."


class RoomWrong(Unprocessable):
    code = "room-wrong"
    zh = "会议室设置有误，请检查标出的内容。"
    en = "The room contradicts itself; see the fields marked."


class CheckIn(Input):
    """From how many minutes before the start, and within how many after it, people check in."""

    before: Annotated[int, Meta(ge=0, le=120)] = 15
    within: Annotated[int, Meta(ge=1, le=120)] = 15


class RoomInput(Input):
    """A room as meeting services set it up."""

    name: Name
    building: Name
    floor: Annotated[int, Meta(ge=-9, le=99)]
    seats: Seats
    equipment: Annotated[list[Equipment], Meta(max_length=6)] = []
    layouts: Annotated[list[Layout], Meta(max_length=4)] = []
    approval: bool = False
    setup_minutes: Buffer = 0
    cleanup_minutes: Buffer = 0
    opens: HourMinute = "08:00"
    closes: HourMinute = "21:00"
    weekends: bool = False
    notice_minutes: Annotated[int, Meta(ge=0, le=20_160)] = 0
    horizon_days: Annotated[int, Meta(ge=1, le=366)] = 90
    max_minutes: Annotated[int, Meta(ge=10, le=1440)] = 480
    check_in: CheckIn | None = None
    remind_minutes: Annotated[int, Meta(ge=0, le=1440)] = 15
    note: Annotated[str, Meta(max_length=200)] = ""


class Room(Struct, kw_only=True):
    """A room."""

    id: str
    name: str
    building: str
    floor: int
    seats: int
    equipment: list[str]
    layouts: list[str]
    approval: bool
    enabled: bool
    disabled_reason: str | None
    setup_minutes: int
    cleanup_minutes: int
    opens: str
    closes: str
    weekends: bool
    notice_minutes: int
    horizon_days: int
    max_minutes: int
    check_in: CheckIn | None
    remind_minutes: int
    note: str


class Place(Struct):
    """A room as an order names it."""

    id: str
    name: str
    building: str
    floor: int


def view(room: Document) -> Room:
    """A room from its document."""
    return Room(**fields(room))


def fields(room: Document) -> dict[str, Any]:
    """The members of `Room`, by name."""
    same = {name: room[name] for name in _SAME}
    check_in = CheckIn(**room["check_in"]) if room["check_in"] else None
    return same | {"id": room["_id"], "check_in": check_in}


_SAME: Final = tuple(name for name in Room.__struct_fields__ if name not in ("id", "check_in"))


def place(room: Document) -> Document:
    """What an order keeps of its room: {id, name, building, floor}."""
    return {"id": room["_id"], **{name: room[name] for name in ("name", "building", "floor")}}


async def find(ctx: Context, room_id: str) -> Document:
    """The room. Raises RoomUnknown."""
    room = await ctx.store.get_together(ROOMS, room_id)
    if room is None:
        raise RoomUnknown
    return room


async def listed(house: House, building: str | None = None) -> list[Document]:
    """Every room, or those of a building, in the order of buildings, floors and ids."""
    where: Document = {} if building is None else {"building": building}
    return await house.store.find(ROOMS, where, sort=[("building", 1), ("floor", 1), ("_id", 1)])


async def put(ctx: Context, room_id: str, body: RoomInput) -> Room:
    """Set a room up, or change it; what is booked stands. A new room can be booked at once."""
    if room_id != room_id.strip():  # the `$` of a pattern lets a final newline pass
        raise RoomUnknown
    errors = tuple(_faults(body))
    if errors:
        raise RoomWrong(errors=errors)
    said: Document = msgspec.to_builtins(body)
    before = await ctx.store.get(ROOMS, room_id)
    if before is not None and said.items() <= before.items():
        return view(before)
    after = await ctx.store.change(ROOMS, {"_id": room_id}, {"$set": said})
    if after is None:
        after = {"_id": room_id, **said, "enabled": True, "disabled_reason": None, "days": 0}
        after["door"] = {"kid": ctx.house.keys.current.kid, "version": 1}
        try:
            await ctx.store.insert(ROOMS, after)
        except Duplicate:  # somebody else has made it this moment
            raise Conflict from None
    await record(ctx, "meetings.room", room_id, before, after)
    return view(after)


def _faults(body: RoomInput) -> Iterator[tuple[str, str]]:
    """What contradicts itself, as (pointer, sentence)."""
    if body.opens >= body.closes:
        yield "/closes", "关闭时间须晚于开放时间"
    for name in ("equipment", "layouts"):
        values = getattr(body, name)
        for at, value in enumerate(values):
            if value in values[:at]:
                yield f"/{name}/{at}", "重复"
