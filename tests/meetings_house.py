"""A campus with meeting rooms, the people who meet and those who look after the rooms, and a clock
moved by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from models.base import orders
from models.base.context import House
from models.base.store import Document, Store
from models.meetings.booking import Booking
from models.meetings.changes import Change
from models.meetings.days import ROOM_DAYS, is_block
from models.meetings.quotas import ROOM_QUOTAS
from models.meetings.rooms import ROOMS
from tests.machinery import MONDAY, MovingClock, a_house
from tests.meals_house import a_person
from tests.service_house import StaffedService

ANN, BOB, CAT, DAN = "per_ann", "per_bob", "per_cat", "per_dan"
BOSS, DESK = "per_boss", "per_meetings"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TEN, ELEVEN, NOON = MONDAY + HOUR, MONDAY + 2 * HOUR, MONDAY + 3 * HOUR  # on the campus
TODAY = "2026-11-23"
_DESK_POST = [{"role": "meetings", "at": "meetings"}]

KEPT = ("orders", "claims", ROOMS, ROOM_DAYS, ROOM_QUOTAS, "room_blocks", "deliveries", "audit")
HAS_THE_ROOM = {"booked", "in_use", "offered"}


def everybody() -> list[Document]:
    return [
        a_person(ANN, "S0003"),
        a_person(BOB, "S0004"),
        a_person(CAT, "S0005"),
        a_person(DAN, "S0103", unit="unt_2"),
        a_person(BOSS, "A0001", "manager"),
        a_person(DESK, "M0001", "meetings", posts=_DESK_POST),
    ]


def a_room(name: str = "room_a", **fields: Any) -> Document:
    """A room of twenty seats in building 1, open from eight to nine, that wants nothing special."""
    room: Document = {"_id": name, "name": f"{name[-1].upper()}室", "building": "1号楼", "floor": 1}
    room |= {"seats": 20, "equipment": ["projector"], "layouts": ["theatre", "board"]}
    room |= {"approval": False, "enabled": True, "disabled_reason": None, "days": 0}
    room |= {"setup_minutes": 0, "cleanup_minutes": 0, "opens": "08:00", "closes": "21:00"}
    room |= {"weekends": False, "notice_minutes": 0, "horizon_days": 90, "max_minutes": 480}
    return room | {"check_in": None, "remind_minutes": 15, "note": ""} | fields


def guarded(name: str = "room_b", **fields: Any) -> Document:
    """A room in which one checks in: from 15 minutes before until 10 minutes after the start."""
    return a_room(name, **{"check_in": {"before": 15, "within": 10}, **fields})


def on_approval(name: str = "room_c", **fields: Any) -> Document:
    """A room for which meeting services decide."""
    return a_room(name, **{"approval": True, **fields})


@dataclass
class Meetings(StaffedService):
    """The running service, and short words for what people do with it."""

    kept = KEPT

    async def book(self, who: str, key: str = "meeting", **body: Any) -> Any:
        """The order, after asking for room A from ten to eleven, or as `body` says."""
        usual = {"room_id": "room_a", "starts_at": TEN, "subject": "周会", "attendees": 5}
        wanted = {**usual, **body}
        wanted.setdefault("ends_at", wanted["starts_at"] + HOUR)
        return await orders.place(self.ctx(who, key), "meeting", Booking(**wanted))

    async def change(self, who: str, order: Document, **body: Any) -> Any:
        return await self.step(who, order, "change", Change(**body))

    async def taken(self, room: str = "room_a", day: str = TODAY) -> list[tuple[int, int]]:
        """What is taken of a room's day, in order, after making sure that the books balance."""
        await self.balance()
        found = await self.store.get(ROOM_DAYS, f"{room}:{day}")
        return sorted((each["from"], each["to"]) for each in found["taken"]) if found else []

    async def left(self, key: str) -> int:
        """What is left of a quota."""
        found = await self.store.get(ROOM_QUOTAS, key)
        assert found is not None
        return int(found["left"])

    async def balance(self) -> None:
        """The books agree: see `balance` below."""
        await balance(self.store)

    def unchanged(
        self, before: dict[str, list[Document]], after: dict[str, list[Document]]
    ) -> None:
        """Days and quotas may have been made for what was refused."""
        for name in set(KEPT) - {ROOMS, ROOM_DAYS, ROOM_QUOTAS}:
            assert after[name] == before[name], name
        for name in (ROOM_DAYS, ROOM_QUOTAS):
            assert [each for each in after[name] if each in before[name]] == before[name], name


async def balance(store: Store) -> None:
    """What orders hold is what is taken; no two meetings of a room overlap; quotas agree."""
    found = await store.find("orders", {})
    held = {
        (hold["thing"], order["_id"], hold["from"], hold["to"])
        for order in found
        for hold in order["holds"]
        if hold["in"] == ROOM_DAYS
    }
    by_id = {order["_id"]: order for order in found}
    taken: list[tuple[str, str, int, int]] = []
    for day in await store.find(ROOM_DAYS, {}):
        entries = [each for each in day["taken"] if not is_block(each)]
        for one, two in combinations(entries, 2):
            meet = one["from"] < two["to"] and two["from"] < one["to"]
            pair = by_id[one["order"]], by_id[two["order"]]
            assert not meet or _in_emergency(*pair), (day["_id"], one, two)
        taken += [(day["_id"], each["order"], each["from"], each["to"]) for each in entries]
        _check_queue(day, found)
    assert len(set(taken)) == len(taken)
    assert set(taken) == held
    for order in found:
        if order["kind"] == "meeting":
            has = any(hold["in"] == ROOM_DAYS for hold in order["holds"])
            assert has or order["state"] not in HAS_THE_ROOM, order["_id"]
    await _check_quotas(store, found)


def _in_emergency(one: Document, two: Document) -> bool:
    """Whether only set-up or clean-up time of two meetings meets, which an emergency may take."""
    if not any("emergency" in each["data"] for each in (one, two)):
        return False
    times = [
        (max(data["starts_at"], created), data.get("finished_at", data["ends_at"]))
        for data, created in ((each["data"], each["created_at"]) for each in (one, two))
    ]
    return bool(times[0][0] >= times[1][1] or times[1][0] >= times[0][1])


def _check_queue(day: Document, found: list[Document]) -> None:
    waits = [order["waits"] for order in found if "waits" in order]
    line = [
        {name: wait[name] for name in ("rank", "from", "to")}
        for wait in sorted(waits, key=lambda wait: wait["rank"])
        if wait["thing"] == day["_id"]
    ]
    assert day["queue"] == line, day["_id"]


async def _check_quotas(store: Store, found: list[Document]) -> None:
    for quota in await store.find(ROOM_QUOTAS, {}):
        spent = sum(
            hold["n"] for order in found for hold in order["holds"] if hold["thing"] == quota["_id"]
        )
        assert quota["left"] + spent == quota["limit"], quota["_id"]


async def open_house(store: Store, *rooms: Document, house: House | None = None) -> Meetings:
    """The service with these rooms; without any, room A."""
    clock = MovingClock()
    persons = everybody()
    await store.insert("people", *persons)
    await store.insert(ROOMS, *(rooms or (a_room(),)))
    return Meetings(house or a_house(store, clock), clock, {p["_id"]: p for p in persons})


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment so many days after Monday, by the clock of the campus."""
    return MONDAY + (day * 24 + hour - 9) * HOUR + minute * MINUTE
