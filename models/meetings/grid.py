"""A day or a week of all rooms at once: what is taken, in minutes, without saying by whom."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta, field

from models.base.context import House
from models.base.shapes import Day, Input, Name, Struct
from models.base.store import Document
from models.meetings.days import ROOM_DAYS, is_block
from models.meetings.periods import A_DAY, dates
from models.meetings.rooms import listed

Span = tuple[int, int, int]  # from, to (minutes since midnight), 1 for a block


class GridQuery(Input, kw_only=True):
    """From which day on (today by default), how many days, and which building where not all."""

    from_: Day | None = field(default=None, name="from")
    days: Annotated[int, Meta(ge=1, le=7)] = 7
    building: Name | None = None


class GridRoom(Struct):
    """A line of the grid."""

    id: str
    name: str
    building: str
    floor: int
    seats: int
    approval: bool
    enabled: bool
    opens: str
    closes: str


class Grid(Struct, kw_only=True, rename={"from_": "from"}):
    """Rooms, and per room and date what is taken: [from, to, 1 for a block], by time.

    Minutes count from midnight on the campus and include the time to set up and to clean up.
    """

    from_: str
    days: int
    rooms: list[GridRoom]
    busy: dict[str, dict[str, list[Span]]]


async def grid(house: House, query: GridQuery) -> Grid:
    """The grid, by two reads whatever its size. Raises FarAway."""
    first = dates(house.clock(), query.from_, None, 1)[0]
    names = [(first + A_DAY * n).isoformat() for n in range(query.days)]
    rooms, found = await asyncio.gather(
        listed(house, query.building),
        house.store.find(ROOM_DAYS, {"date": {"$in": names}}),  # whole: to pick fields costs more
    )
    busy: dict[str, dict[str, list[Span]]] = {room["_id"]: {} for room in rooms}
    for day in found:
        if day["taken"] and day["room"] in busy:
            busy[day["room"]][day["date"]] = spans(day)
    return Grid(
        from_=first.isoformat(), days=query.days, rooms=[_line(room) for room in rooms], busy=busy
    )


def spans(day: Document) -> list[Span]:
    """What is taken of a day, by time."""
    return sorted((each["from"], each["to"], int(is_block(each))) for each in day["taken"])


def _line(room: Document) -> GridRoom:
    names = GridRoom.__struct_fields__[1:]
    return GridRoom(id=room["_id"], **{name: room[name] for name in names})
