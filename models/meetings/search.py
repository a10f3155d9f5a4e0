"""Finding a room: what suits, what is free, and what else there is where it is not.

A room counts as free where a booking would be taken by the same judgement (booking.py). What is
shown may be a second old; the booking decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from models.base.calendar import Calendar
from models.base.clock import campus_date
from models.base.context import Context, House
from models.base.decisions import Found
from models.base.errors import Refusal
from models.base.shapes import Input, Moment, Name, PageQuery, Struct
from models.base.store import Document
from models.meetings import days, rooms
from models.meetings.booking import Attendees
from models.meetings.days import ROOM_DAYS
from models.meetings.periods import refuse_far
from models.meetings.quotas import Subject
from models.meetings.refusals import NotADay
from models.meetings.rooms import ROOMS, Room, RoomId, Seats, fields
from models.meetings.rules import Asker, Wanted, judge, refuse_moments, refuse_taken

STEP: Final = timedelta(minutes=10)
FARTHEST_SHIFT: Final = 12  # steps: two hours
SHIFTS: Final = 4  # other times suggested at most
OTHER_ROOMS: Final = 6
SHORTEST: Final = 2  # a suggestion lasts at least this part of what was wanted: a half

_ANY: Final = "projector|video|phone|whiteboard|sound|computer"
EquipmentList = Annotated[
    str, Meta(min_length=5, max_length=64, pattern=rf"^({_ANY})(,({_ANY})){{0,5}}$")
]


class RoomQuery(PageQuery):
    """What the room must have, and when it is wanted: both moments or neither."""

    building: Name | None = None
    seats: Seats | None = None
    equipment: EquipmentList | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class RoomFound(Room, kw_only=True):
    """A room; with times, whether it is free then, and `why` it is not."""

    free: bool | UnsetType = UNSET
    why: str | UnsetType = UNSET


class RoomPage(Struct):
    """Rooms: by building and floor; with times, the free ones and the smallest of them first."""

    items: list[RoomFound]
    next: str | None = None


class SuggestionQuery(Input):
    """What was wanted and could not be had."""

    room_id: RoomId
    starts_at: Moment
    ends_at: Moment
    attendees: Attendees = 1
    equipment: EquipmentList | None = None


class Suggestion(Struct):
    """A room and a time at which it can be booked, and how that differs from what was wanted."""

    room: Room
    starts_at: datetime
    ends_at: datetime
    why: str


class Suggestions(Struct):
    """The same room at other times, the nearest first; then other rooms, the smallest first."""

    items: list[Suggestion]
    next: str | None = None


class Finder:
    """All rooms on one day, and whether each could be booked at some time of it."""

    def __init__(
        self, all_rooms: list[Document], there: list[Document], calendar: Calendar, now: datetime
    ) -> None:
        subject = Subject("", "")
        self.rooms = all_rooms
        self._asker = Asker(subject=subject, actor="", bound=True, quotas=(), calendar=calendar)
        self._now = now
        self._found = Found()
        self._found.put(ROOMS, "_id", all_rooms)
        self._found.put(ROOM_DAYS, "_id", there)

    @classmethod
    async def on(cls, house: House, day: date) -> Finder:
        """The rooms on `day`, by one read of each collection."""
        all_rooms, there, calendar = await asyncio.gather(
            rooms.listed(house),
            house.store.find(ROOM_DAYS, {"date": day.isoformat()}),
            house.calendars.current(),
        )
        known = {each["_id"] for each in there}
        unmade = (days.fresh(room, day) for room in all_rooms)
        there += [each for each in unmade if each["_id"] not in known]
        return cls(all_rooms, there, calendar, house.clock())

    def refusal(self, room: Document, wanted: Wanted) -> Refusal | None:
        """Why `wanted` could not be booked in the room, if so."""
        try:
            judge(self._asker, wanted, self._found, self._now)
            refuse_taken(
                self._found, days.hold(room, wanted.starts_at, wanted.ends_at), wanted.over
            )
        except Refusal as refusal:
            return refusal
        return None

    def others(self, wanted: Wanted, equipment: frozenset[str] = frozenset()) -> list[Document]:
        """Other rooms in which it could be booked, those with the fewest seats first."""
        free = [
            room
            for room in self.rooms
            if room["_id"] != wanted.room
            and equipment <= set(room["equipment"])
            and self.refusal(room, at(wanted, room["_id"])) is None
        ]
        return sorted(free, key=lambda room: (room["seats"], room["_id"]))


def wish(room_id: str, starts_at: datetime, ends_at: datetime, attendees: int = 1) -> Wanted:
    """A meeting as a search knows it."""
    begins, ends = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    return Wanted(room=room_id, starts_at=begins, ends_at=ends, subject="", attendees=attendees)


def at(wanted: Wanted, room_id: str) -> Wanted:
    """The same in another room, set out in whatever way that room can be."""
    moved = wish(room_id, wanted.starts_at, wanted.ends_at, wanted.attendees)
    return moved if not wanted.over else replace(moved, over=wanted.over)


async def find(house: House, query: RoomQuery, language: str) -> RoomPage:
    """The rooms that have what is asked. Raises NotADay, InThePast, FarAway for the times."""
    if query.starts_at is None and query.ends_at is None:
        listed = await rooms.listed(house, query.building)
        found = [RoomFound(**fields(room)) for room in listed if _suits(room, query)]
        return _page(found, query)
    if query.starts_at is None or query.ends_at is None:
        raise NotADay
    refuse_far(house.clock(), query.starts_at, query.ends_at)
    wanted = wish("", query.starts_at, query.ends_at)
    refuse_moments(wanted, house.clock())
    finder = await Finder.on(house, wanted.day)
    found = [
        _judged(finder, room, at(wanted, room["_id"]), language)
        for room in finder.rooms
        if _suits(room, query)
    ]
    return _page(sorted(found, key=lambda room: (not room.free, room.seats, room.id)), query)


def _suits(room: Document, query: RoomQuery) -> bool:
    if query.building not in (None, room["building"]) or room["seats"] < (query.seats or 0):
        return False
    return equipment_of(query.equipment) <= set(room["equipment"])


def equipment_of(text: str | None) -> frozenset[str]:
    """ "video,sound" as a set."""
    return frozenset(text.split(",") if text else ())


def _judged(finder: Finder, room: Document, wanted: Wanted, language: str) -> RoomFound:
    refusal = finder.refusal(room, wanted)
    why = refusal.detail(language) if refusal else UNSET
    return RoomFound(**fields(room), free=refusal is None, why=why)


def _page(found: list[RoomFound], query: RoomQuery) -> RoomPage:
    places = {room.id: place for place, room in enumerate(found, 1)}
    start = 0 if query.after is None else places.get(query.after, len(found))
    shown = found[start : start + query.limit]
    more = len(found) > start + query.limit
    return RoomPage(items=shown, next=shown[-1].id if more else None)


async def suggest(ctx: Context, query: SuggestionQuery) -> Suggestions:
    """What else could be booked. Raises RoomUnknown, NotADay, InThePast, FarAway."""
    refuse_far(ctx.now, query.starts_at, query.ends_at)
    wanted = wish(query.room_id, query.starts_at, query.ends_at, query.attendees)
    refuse_moments(wanted, ctx.now)
    room = await rooms.find(ctx, query.room_id)
    finder = await Finder.on(ctx.house, campus_date(wanted.starts_at))
    return Suggestions(
        items=[
            *_same_room(finder, room, wanted),
            *(
                Suggestion(rooms.view(other), wanted.starts_at, wanted.ends_at, _about(other))
                for other in finder.others(wanted, equipment_of(query.equipment))[:OTHER_ROOMS]
            ),
        ]
    )


def _about(room: Document) -> str:
    return f"同一时间，{room['building']} {room['floor']} 层，{room['seats']} 座"


def _same_room(finder: Finder, room: Document, wanted: Wanted) -> Iterator[Suggestion]:
    """The same room earlier, later, or for a shorter time."""
    shown = rooms.view(room)
    found = 0
    for steps in _nearest_first():
        starts_at, ends_at = wanted.starts_at + STEP * steps, wanted.ends_at + STEP * steps
        shifted = wish(room["_id"], starts_at, ends_at, wanted.attendees)
        if finder.refusal(room, shifted) is None:
            word = "推迟" if steps > 0 else "提前"
            why = f"同一会议室，{word} {abs(steps) * 10} 分钟"
            yield Suggestion(shown, starts_at, ends_at, why)
            found += 1
            if found == SHIFTS:
                break
    ends_at = wanted.ends_at - STEP
    while ends_at - wanted.starts_at >= (wanted.ends_at - wanted.starts_at) / SHORTEST:
        shorter = wish(room["_id"], wanted.starts_at, ends_at, wanted.attendees)
        if finder.refusal(room, shorter) is None:
            yield Suggestion(
                shown, wanted.starts_at, ends_at, f"同一会议室，缩短为 {shorter.minutes} 分钟"
            )
            return
        ends_at -= STEP


def _nearest_first() -> Iterator[int]:
    for steps in range(1, FARTHEST_SHIFT + 1):
        yield steps
        yield -steps
