"""A room on a day: the exclusive thing that meetings take (models/base/holds.py).

A document of `room_days`:
    _id                 "room_a101:2026-11-23"
    room, date          the room's id; business date
    enabled             as the room's, of today and the days to come
    taken               [{order, from, to}], minutes since midnight on the campus, with the room's
                        set-up and clean-up times; `order` of a block is "blk_…"
    queue, ranks, queued   who waits: see models/base/waiting.py

A day is made when it is first wanted. That writes the room as well, and so does disabling the room
(with all its coming days): the two cannot pass each other.

Every order of kind `meeting`, in whatever state, keeps its day's key in `data.room_day`, and is
found by it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final
from weakref import WeakKeyDictionary

from models.base.clock import campus_date, campus_time
from models.base.context import Context, House
from models.base.decisions import Hold, Lookup
from models.base.errors import Conflict
from models.base.holds import undisturbed
from models.base.indexes import declare as index
from models.base.marks import mark
from models.base.store import Document, Store, Transaction
from models.base.waiting import has_waiting_list
from models.meetings.rooms import ROOMS, RoomUnknown, find

ROOM_DAYS: Final = "room_days"
DAY: Final = 24 * 60  # minutes
BLOCK: Final = "blk_"  # how the id of a block begins
REMEMBERED: Final = 50_000  # days known to exist, per database

index(ROOM_DAYS, [("date", 1)])
index(ROOM_DAYS, [("room", 1), ("date", 1)])
has_waiting_list(ROOM_DAYS)

_known: WeakKeyDictionary[Store, OrderedDict[str, None]] = WeakKeyDictionary()


def key(room_id: str, day: date | str) -> str:
    """The id of a room's day, such as "room_a101:2026-11-23"."""
    return f"{room_id}:{day}"


def mark_of_day(room_day: str) -> str:
    """Marks the meetings of a room on a day, whose key that is."""
    return mark("meeting", "room_day", room_day)


def minutes(day: date, moment: datetime) -> int:
    """Whole minutes from midnight of `day` on the campus to `moment`; may lie outside the day."""
    return (moment - campus_time(day, "00:00")) // timedelta(minutes=1)


def moment(day: date, minute: int) -> datetime:
    """The moment (UTC) so many minutes after midnight of `day` on the campus."""
    return campus_time(day, "00:00") + timedelta(minutes=minute)


def clock_minutes(hour_minute: str) -> int:
    """ "08:30" as minutes since midnight."""
    return int(hour_minute[:2]) * 60 + int(hour_minute[3:])


def span(room: Document, starts_at: datetime, ends_at: datetime) -> tuple[int, int]:
    """What a meeting takes of its day: (from, to) with the room's buffers, within the day."""
    day = campus_date(starts_at)
    start = minutes(day, starts_at) - room["setup_minutes"]
    end = minutes(day, ends_at) + room["cleanup_minutes"]
    return max(0, start), min(DAY, end)


def hold(room: Document, starts_at: datetime, ends_at: datetime) -> Hold:
    """What a meeting takes."""
    start, end = span(room, starts_at, ends_at)
    return Hold(ROOM_DAYS, key(room["_id"], campus_date(starts_at)), start=start, end=end)


def lookups(room_id: str, day: date | str) -> list[Lookup]:
    """What a decision over a room's day reads: the room and the day."""
    return [Lookup(ROOMS, room_id), Lookup(ROOM_DAYS, key(room_id, day))]


def is_free(taken: Iterable[Document], start: int, end: int, but: str = "") -> bool:
    """Whether nothing but the order `but` stands between these minutes."""
    others = (each for each in taken if each["order"] != but)
    return not any(each["from"] < end and each["to"] > start for each in others)


def is_block(entry: Document) -> bool:
    """Whether an entry of `taken` is a block, not a meeting."""
    return bool(entry["order"].startswith(BLOCK))


async def of_room(house: House, room_id: str, first: date, last: date) -> list[Document]:
    """The days of a room that there are, in order."""
    where = {"room": room_id, "date": {"$gte": first.isoformat(), "$lte": last.isoformat()}}
    return await house.store.find(ROOM_DAYS, where, sort=[("date", 1)])


async def ensure(house: House, room: Document, *days: date) -> None:
    """Have these days of a room in place before a take needs them.

    Costs nothing for days this process has seen before. Raises RoomUnknown, Overloaded.
    """
    known = _known.setdefault(house.store, OrderedDict())
    wanted = {key(room["_id"], day): day for day in days}
    unseen = [name for name in wanted if name not in known]
    if not unseen:
        return
    found = await asyncio.gather(*(house.store.get_together(ROOM_DAYS, name) for name in unseen))
    missing = [wanted[name] for name, day in zip(unseen, found, strict=True) if day is None]
    if missing:
        await _make(house, room["_id"], missing)
    known.update(dict.fromkeys(unseen))
    while len(known) > REMEMBERED:
        known.popitem(last=False)


async def _make(house: House, room_id: str, days: Sequence[date]) -> None:
    """Make the days that nobody else has made meanwhile."""

    def work(transaction: Transaction) -> None:
        room = next(iter(transaction.find_in(ROOMS, "_id", [room_id])), None)
        if room is None:
            raise RoomUnknown
        names = [key(room_id, day) for day in days]
        there = {each["_id"] for each in transaction.find_in(ROOM_DAYS, "_id", names)}
        made = [fresh(room, day) for day in days if key(room_id, day) not in there]
        if made:
            transaction.update(ROOMS, [({"_id": room_id}, {"$inc": {"days": len(made)}})])
            transaction.insert(ROOM_DAYS, made)

    await undisturbed(house.store, work)


def fresh(room: Document, day: date) -> Document:
    """A day of a room before anybody has wanted it."""
    return {
        "_id": key(room["_id"], day), "room": room["_id"], "date": day.isoformat(),
        "enabled": room["enabled"], "taken": [], "queue": [], "ranks": 0,
    }  # fmt: skip


Allows = Callable[[Document], bool]  # judges a day of the room


async def turn(
    ctx: Context, room: Document, said: Document, allows: Allows = lambda day: True
) -> Document:
    """The room after saying `said` of it (`enabled` at least) and its days to come, at once.

    Raises Conflict where `allows` objects to one of these days.
    """
    today = {"room": room["_id"], "date": {"$gte": campus_date(ctx.now).isoformat()}}
    while True:
        coming = await ctx.store.find(ROOM_DAYS, today, fields={"_id": 1})
        guard = {"_id": room["_id"], "days": room["days"]}  # no day was made since it was read
        names = [each["_id"] for each in coming]
        if await undisturbed(ctx.store, partial(_turn, guard, said, names, allows)):
            return room | said
        room = await find(ctx, room["_id"])


def _turn(
    guard: Document, said: Document, coming: list[str], allows: Allows, transaction: Transaction
) -> bool:
    """Whether the room was still as `guard` says, so that it happened."""
    if not transaction.update(ROOMS, [(guard, {"$set": said})]):
        return False
    if coming:
        found = transaction.find_in(ROOM_DAYS, "_id", coming)
        if not all(map(allows, found)):
            raise Conflict
        change = {"$set": {"enabled": said["enabled"]}}
        transaction.update(ROOM_DAYS, [({"_id": name}, change) for name in coming])
    return True
