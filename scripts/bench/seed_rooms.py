"""Sixty rooms and the meetings in them: made by the product, or copied from what it has written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from models.base.context import Context
from models.base.orders import ORDERS
from models.base.placements import found_by
from models.base.store import Document
from models.meetings import days, rooms
from models.meetings.booking import Booking
from models.meetings.days import ROOM_DAYS
from scripts import demo_people
from server.database import connected
from server.settings import Settings

ROOM_IDS: Final = [f"room_{number:02}" for number in range(1, 61)]
IN_A_BUILDING: Final = 10
OPENS: Final = 8 * 60  # minutes since midnight
CLOSES: Final = 21 * 60
HALF_AN_HOUR: Final = 30
STRIDE: Final = 19  # minutes from one meeting of a full day to the next
SHORT: Final = 15  # minutes that each of them lasts
BATCH: Final = 500
OWNERS: Final = [person["_id"] for person in demo_people.people()][: demo_people.STAFF]


@dataclass(frozen=True, slots=True)
class Slot:
    """A room from `start` (minutes since midnight on the campus) on, for so many `minutes`."""

    room: str
    day: date
    start: int
    minutes: int = HALF_AN_HOUR

    @property
    def key(self) -> str:
        """The document of the room's day."""
        return days.key(self.room, self.day)

    @property
    def starts_at(self) -> datetime:
        return days.moment(self.day, self.start)

    @property
    def ends_at(self) -> datetime:
        return days.moment(self.day, self.start + self.minutes)

    def entry(self, order: str) -> Document:
        """As it stands in the day's `taken`."""
        return {"order": order, "from": self.start, "to": self.start + self.minutes}


def week_from(first: date) -> list[date]:
    """Seven days."""
    return [first + timedelta(days=n) for n in range(7)]


def next_week(first: date) -> date:
    """The day after that week: its rooms are for whatever is not measured."""
    return first + timedelta(days=7)


def half_hours(week: Sequence[date]) -> list[Slot]:
    """Every half hour of every room in these days."""
    starts = range(OPENS, CLOSES, HALF_AN_HOUR)
    return [Slot(room, day, start) for room in ROOM_IDS for day in week for start in starts]


def meeting(slot: Slot) -> Document:
    """What somebody sends to book the slot."""
    return {
        "room_id": slot.room, "starts_at": slot.starts_at, "ends_at": slot.ends_at,
        "subject": "项目推进会", "attendees": 8, "layout": "board",
    }  # fmt: skip


def sample(first: date) -> Booking:
    """The last half hour of the first room, after the week."""
    slot = Slot(ROOM_IDS[0], next_week(first), CLOSES - HALF_AN_HOUR)
    return Booking(**meeting(slot))


def place(room: str) -> Document:
    """What a meeting says of its room: {id, name, building, floor}."""
    number = ROOM_IDS.index(room)
    building, floor = number // IN_A_BUILDING + 1, number % IN_A_BUILDING // 2 + 1
    name = f"会议室 {number + 1}"
    return {"id": room, "name": name, "building": f"{building}号楼", "floor": floor}


async def furnish(ctx: Context, first: date) -> None:
    """Have the rooms, and their days from `first` on until the one after the week."""
    for room in ROOM_IDS:
        where = place(room)
        body = rooms.RoomInput(
            name=where["name"],
            building=where["building"],
            floor=where["floor"],
            seats=12,
            equipment=["projector", "whiteboard"],
            layouts=["board"],
            weekends=True,
            horizon_days=366,
        )
        await rooms.put(ctx, room, body)
        await days.ensure(ctx.house, {"_id": room}, *week_from(first), next_week(first))


def copied(meeting: Document, order_id: str, owner: str, slot: Slot) -> Document:
    """A meeting as the product writes it, for somebody else and in another slot."""
    data, span = meeting["data"], slot.entry(order_id)
    shift = slot.starts_at - data["starts_at"]
    ends_at = slot.ends_at
    due = {"finish": ends_at, "remind": data["remind_at"] + shift}
    order = meeting | {
        "_id": order_id,
        "owner": owner,
        "actor": owner,
        "seen_by": [f"p:{owner}", f"d:{owner}", meeting["seen_by"][-1]],
        "holds": [{"in": ROOM_DAYS, "thing": slot.key, "from": span["from"], "to": span["to"]}],
        "data": data
        | {
            "room": place(slot.room),
            "room_day": slot.key,
            "date": slot.day.isoformat(),
            "starts_at": slot.starts_at,
            "ends_at": ends_at,
            "remind_at": due["remind"],
            "span": {"from": span["from"], "to": span["to"]},
        },
        "due_at": slot.starts_at,
        "timers": [each | {"at": due[each["transition"]]} for each in meeting["timers"]],
        "wake_at": min(due.values()),
    }
    return order | found_by(order)


async def full_week(settings: Settings, week: Sequence[date], a_day: int) -> None:
    """So many short meetings in every room on each of these days, one after the other."""
    async with connected(settings.mongodb_uri, settings.database) as store:
        known = await store.first(ORDERS, {"kind": "meeting"})
        assert known is not None
        names = [day.isoformat() for day in week]
        found = await store.find(ROOM_DAYS, {"date": {"$in": names}})
        await store.delete(ROOM_DAYS, {"date": {"$in": names}})
        batch: list[Document] = []
        for day in found:
            placed = dict(_one_day(day, a_day))
            batch += [_copy(known, order, slot) for order, slot in placed.items()]
            day["taken"] = [slot.entry(order) for order, slot in placed.items()]
            if len(batch) >= BATCH:
                await store.insert(ORDERS, *batch)
                batch = []
        await store.insert(ORDERS, *batch)
        await store.insert(ROOM_DAYS, *found)


def _one_day(day: Document, a_day: int) -> Iterator[tuple[str, Slot]]:
    """The orders of a room's day, and when each is."""
    for number in range(a_day):
        slot = Slot(day["room"], date.fromisoformat(day["date"]), OPENS + number * STRIDE, SHORT)
        yield f"ord_{slot.room}{slot.day:%Y%m%d}{number:05}", slot


def _copy(known: Document, order: str, slot: Slot) -> Document:
    """Of one person after the other."""
    number = (slot.start + ROOM_IDS.index(slot.room)) % len(OWNERS)
    return copied(known, order, OWNERS[number], slot)
