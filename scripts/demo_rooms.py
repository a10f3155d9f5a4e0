"""The demo's meeting rooms: sixty in six buildings, two weeks of use, and the days to come.

Everything is made by the same functions that the handlers call, with a clock set to the day it is
said to have happened on. What is there already is left as people have changed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec

from models import people
from models.base import orders
from models.base.calendar import Calendar
from models.base.clock import campus_date, campus_time
from models.base.context import CLOCK, Actor, Context, House
from models.base.errors import Refusal
from models.base.store import Document
from models.base.transitions import transition
from models.base.views import RatingInput
from models.meetings import blocks, days, rooms
from models.meetings.blocks import NewBlock
from models.meetings.booking import Booking
from models.meetings.days import ROOM_DAYS
from models.meetings.lifecycle import Approval
from models.meetings.rooms import ROOMS, RoomInput
from models.meetings.schedules import BLOCKS
from models.meetings.wishes import ServiceWish
from scripts.demo_turns import acting, house_at

AHEAD: Final = 10  # working days with meetings to come
BACK: Final = 10  # working days gone by
MANAGER: Final = "A0001"
DESK: Final = "M0001"
OWNERS: Final = tuple(f"S{number:04}" for number in range(200, 240))
AT_ONCE: Final = 64  # of what is made together

BUILDINGS: Final = "ABCDEF"
LARGEST: Final = (300, 240, 200, 180, 160, 150)  # seats of each building's hall
EQUIPPED: Final = ["projector", "whiteboard"]
HALL: Final = ["projector", "sound", "computer"]
MEETING: Final = ["board", "u_shape"]
LECTURE: Final = ["theatre", "classroom"]
# number, name, seats (0: the largest), equipment, layouts
PLAN: Final[tuple[tuple[int, str, int, list[str], list[str]], ...]] = (
    (101, "洽谈室", 6, ["whiteboard"], ["board"]),
    (102, "洽谈室", 8, ["whiteboard", "phone"], ["board"]),
    (201, "会议室", 12, EQUIPPED, MEETING),
    (202, "会议室", 16, EQUIPPED, MEETING),
    (203, "视频会议室", 20, [*EQUIPPED, "video", "sound"], MEETING),
    (301, "会议室", 24, [*EQUIPPED, "phone"], MEETING),
    (302, "会议室", 30, [*EQUIPPED, "video"], MEETING),
    (303, "培训室", 60, [*EQUIPPED, "sound", "computer"], LECTURE),
    (401, "多功能厅", 120, HALL, [*LECTURE, "u_shape"]),
    (402, "报告厅", 0, [*HALL, "video"], ["theatre"]),
)
ON_APPROVAL: Final = 401  # and above
SLOTS: Final = (("09:00", 60), ("10:20", 90), ("14:00", 60), ("15:20", 80), ("16:50", 40))
SUBJECTS: Final = (
    "处务例会", "项目推进会", "预算讨论", "材料会审", "信息化建设协调会", "安全生产例会",
    "专题学习", "党支部会议", "合同谈判", "培训筹备会", "工作专班碰头会", "年度考核布置会",
)  # fmt: skip
RATINGS: Final = ((5, "投影清晰，茶水及时。"), (4, ""), (5, ""), (3, "空调有点凉。"))


@dataclass(frozen=True)
class Slot:
    """A meeting of the demo: where and when, and a number from which everything else follows."""

    room: Document
    day: date
    starts: str
    minutes: int
    lot: int

    @property
    def starts_at(self) -> datetime:
        return campus_time(self.day, self.starts)

    @property
    def owner(self) -> str:
        return OWNERS[self.lot % len(OWNERS)]

    @property
    def key(self) -> str:
        return f"demo-{self.room['_id']}-{self.day}-{self.starts}"

    def body(self) -> Booking:
        seats = self.room["seats"]
        return Booking(
            room_id=self.room["_id"],
            starts_at=self.starts_at,
            ends_at=self.starts_at + timedelta(minutes=self.minutes),
            subject=SUBJECTS[self.lot % len(SUBJECTS)],
            attendees=max(2, seats * (4 + self.lot % 5) // 10),
            private=self.lot % 9 == 0,
            layout=self.room["layouts"][self.lot % len(self.room["layouts"])],
            services=[ServiceWish(service="tea")] if self.lot % 5 == 0 else [],
        )


async def seed(house: House) -> None:
    """Have rooms, and meetings in them until ten working days from now."""
    today = campus_date(house.clock())
    calendar = await house.calendars.current()
    is_new = await house.store.first(ROOMS, {}) is None
    if is_new:
        manager = await acting(house, MANAGER)
        await _together(rooms.put(manager, name, body) for name, body in _rooms())
    all_rooms = [room for room in await rooms.listed(house) if room["enabled"]]
    actors = await _actors(house)
    if is_new:
        past = [calendar.minus_workdays(today, n) for n in range(1, BACK + 1)]
        await _lately(house, actors, list(_slots(all_rooms, past, 80)), past[-1])
    await _ahead(house, actors, all_rooms, calendar)
    if is_new:
        await _block(house, calendar.plus_workdays(today, 4))


def _rooms() -> Iterator[tuple[str, RoomInput]]:
    """Every room: its id, and how it is set up."""
    for place, building in enumerate(BUILDINGS):
        for number, name, seats, equipment, layouts in PLAN:
            is_hall, checks = number >= ON_APPROVAL, number in (203, 302, 303)
            body: dict[str, Any] = {
                "name": f"{building}{number} {name}", "building": f"{place + 1}号楼",
                "floor": number // 100, "seats": seats or LARGEST[place], "equipment": equipment,
                "layouts": layouts, "approval": is_hall, "weekends": place == 0,
                "setup_minutes": 30 if is_hall else 0, "cleanup_minutes": 20 if is_hall else 5,
                "notice_minutes": 120 if is_hall else 0, "max_minutes": 600 if is_hall else 240,
                "check_in": {"before": 15, "within": 15} if checks else None,
                "note": "使用前请联系会务开启音响" if is_hall else "",
            }  # fmt: skip
            yield f"room_{building.lower()}{number}", msgspec.convert(body, RoomInput)


def _slots(all_rooms: Sequence[Document], wanted: Iterable[date], one_in: int) -> Iterator[Slot]:
    """The meetings of these days, about one of `one_in` slots."""
    for day in wanted:
        for room in all_rooms:
            for starts, minutes in SLOTS[
                :: 2 if room["approval"] else 1
            ]:  # halls need time between
                lot = int.from_bytes(sha256(f"{room['_id']} {day} {starts}".encode()).digest()[:4])
                if lot % one_in == 0:
                    yield Slot(room, day, starts, minutes, lot // one_in)


async def _actors(house: House) -> dict[str, Actor]:
    """Whoever has meetings, and the desk, by employee number."""
    found = await people.by_numbers(await acting(house, DESK), [*OWNERS, DESK])
    return {number: people.actor(person) for number, person in found.items()}


def _turn(house: House, actor: Actor, key: str = "") -> Context:
    """A turn of somebody; `key` makes what it places the same at every start."""
    return Context(
        house=house,
        actor=actor,
        now=house.clock(),
        idempotency_key=key,
        request_hash=sha256(key.encode()).digest(),
    )


async def _lately(
    house: House, actors: dict[str, Actor], slots: Sequence[Slot], first: date
) -> None:
    """Meetings gone by: booked before, held or missed, and some of them rated."""
    before = house_at(house, campus_time(first - timedelta(days=3), "15:00"))
    placed = await _book(before, actors, slots)
    approved = [(slot, order) for slot, order in placed if order["state"] == "requested"]
    await _together(_approve(before, actors, order) for _, order in approved)
    await _together(_hold(house, actors, slot, order) for slot, order in placed)


async def _book(
    house: House, actors: dict[str, Actor], slots: Sequence[Slot]
) -> list[tuple[Slot, Any]]:
    """The orders for these slots, as far as the rules allow them."""
    by_room: dict[str, list[Slot]] = {}
    for slot in slots:
        by_room.setdefault(slot.room["_id"], []).append(slot)
    await _together(
        days.ensure(house, its[0].room, *(slot.day for slot in its)) for its in by_room.values()
    )
    return [pair for pair in await _together(_place(house, actors, slot) for slot in slots) if pair]


async def _place(house: House, actors: dict[str, Actor], slot: Slot) -> Any:
    try:
        ctx = _turn(house, actors[slot.owner], slot.key)
        return slot, await orders.place(ctx, "meeting", slot.body())
    except Refusal:  # somebody has the room, or its rules have been changed
        return None


async def _approve(house: House, actors: dict[str, Actor], order: Any) -> None:
    await transition(_turn(house, actors[DESK]), order["_id"], "approve", Approval())


async def _hold(house: House, actors: dict[str, Actor], slot: Slot, order: Any) -> None:
    """One meeting from its start to what its owner thought of it."""
    owner, data = actors[slot.owner], order["data"]
    window = data["check_in"]
    if window and slot.lot % 6 == 0:
        await transition(_turn(house_at(house, window["until"]), CLOCK), order["_id"], "release")
        return
    if window:
        arrival = house_at(house, data["starts_at"] + timedelta(minutes=slot.lot % 8))
        await transition(_turn(arrival, owner), order["_id"], "check_in")
    over = house_at(house, data["ends_at"])
    await transition(_turn(over, CLOCK), order["_id"], "finish")
    if slot.lot % 3 == 0:
        stars, comment = RATINGS[slot.lot % len(RATINGS)]
        rating = RatingInput(stars=stars, comment=comment or None)
        await transition(_turn(over, owner), order["_id"], "rate", rating)


async def _ahead(
    house: House, actors: dict[str, Actor], all_rooms: Sequence[Document], calendar: Calendar
) -> None:
    """Meetings to come, on days that have none yet; every other request has been approved."""
    now = house.clock()
    today = campus_date(now)
    wanted = [calendar.plus_workdays(today, n) for n in range(1, AHEAD + 1)]
    wanted += [today] if calendar.is_workday(today) else []
    names = {"$in": [day.isoformat() for day in wanted]}
    found = await house.store.find(ROOM_DAYS, {"date": names})
    busy = {day["date"] for day in found if day["taken"]}
    empty = [day for day in wanted if day.isoformat() not in busy]
    slots = [slot for slot in _slots(all_rooms, empty, 24) if slot.starts_at > now]
    placed = await _book(house, actors, slots)
    asked = [order for _, order in placed if order["state"] == "requested"]
    await _together(_approve(house, actors, order) for order in asked[::2])


async def _block(house: House, day: date) -> None:
    """An afternoon for which meeting services keep two rooms."""
    if await house.store.first(BLOCKS, {}) is None:
        body = NewBlock(
            rooms=["room_b303", "room_b401"],
            starts_at=campus_time(day, "13:00"),
            ends_at=campus_time(day, "18:00"),
            reason="音响设备检修",
        )
        await blocks.add(await acting(house, DESK), body)


async def _together(acts: Iterable[Awaitable[Any]]) -> list[Any]:
    """The answers of all acts, so many at a time."""
    waiting = list(acts)
    answers: list[Any] = []
    for start in range(0, len(waiting), AT_ONCE):
        answers += await asyncio.gather(*waiting[start : start + AT_ONCE])
    return answers
