"""How the rooms are used: what was booked against when people were really there.

Minutes count from a meeting's start to its end, without set-up and clean-up. People are present
from their check-in (not before the start) until the meeting was finished; where a room wants no
check-in, from the start on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from msgspec import field

from models.base.audit import record
from models.base.calendar import Calendar
from models.base.context import Context
from models.base.shapes import Day, Input, Name, Struct
from models.base.store import Document
from models.base.workflow import Order
from models.meetings import rooms
from models.meetings.days import clock_minutes
from models.meetings.periods import dates
from models.meetings.rooms import Place
from models.meetings.schedules import meetings

LONGEST: Final = 92  # days
HELD: Final = ("booked", "in_use", "finished", "rated", "released")
GIVEN_UP: Final = ("cancelled", "called_off")
HEADER: Final = [
    "会议室", "楼栋", "会议", "预订（分钟）", "到场（分钟）", "未到", "取消", "使用率",
]  # fmt: skip


class UsageQuery(Input, kw_only=True):
    """From which day (today by default) to which (the same), and which building where not all."""

    from_: Day | None = field(default=None, name="from")
    to: Day | None = None
    building: Name | None = None


class Figures(Struct, kw_only=True):
    """`no_shows` were released because nobody checked in. `share` is what was booked of the time
    the room is open, from 0 to 1.
    """

    meetings: int
    booked_minutes: int
    present_minutes: int
    no_shows: int
    cancelled: int
    share: float


class RoomFigures(Figures, kw_only=True):
    """The figures of one room."""

    room: Place


class Usage(Struct):
    """Every room, and all of them together."""

    items: list[RoomFigures]
    totals: Figures


async def usage(ctx: Context, query: UsageQuery) -> Usage:
    """The figures of a period. Raises FarAway, PeriodWrong."""
    wanted = dates(ctx.now, query.from_, query.to, LONGEST)
    listed = await rooms.listed(ctx.house, query.building)
    ids = [room["_id"] for room in listed]
    found = await meetings(ctx.house, ids, wanted, (*HELD, *GIVEN_UP))
    calendar = await ctx.house.calendars.current()
    by_room: dict[str, list[Order]] = {key: [] for key in ids}
    for order in found:
        by_room[order["data"]["room"]["id"]].append(order)
    open_minutes = {room["_id"]: _open(room, wanted, calendar) for room in listed}
    items = [
        RoomFigures(
            room=Place(**rooms.place(room)),
            **_figures(by_room[room["_id"]], open_minutes[room["_id"]], ctx.now),
        )
        for room in listed
    ]
    return Usage(
        items=items, totals=Figures(**_figures(found, sum(open_minutes.values()), ctx.now))
    )


def _open(room: Document, wanted: Sequence[date], calendar: Calendar) -> int:
    """For how many minutes of the period a room can be used."""
    open_days = sum(room["weekends"] or calendar.is_workday(day) for day in wanted)
    return open_days * (clock_minutes(room["closes"]) - clock_minutes(room["opens"]))


def _figures(found: Iterable[Order], open_minutes: int, now: datetime) -> dict[str, Any]:
    held = [order for order in found if order["state"] in HELD]
    booked = sum((_booked(order) for order in held), timedelta())
    present = sum((_present(order, now) for order in held), timedelta())
    minutes = booked // timedelta(minutes=1)
    return {
        "meetings": len(held),
        "booked_minutes": minutes,
        "present_minutes": present // timedelta(minutes=1),
        "no_shows": sum(order["state"] == "released" for order in held),
        "cancelled": sum(order["state"] in GIVEN_UP for order in found),
        "share": round(minutes / open_minutes, 3) if open_minutes else 0.0,
    }


def _booked(order: Order) -> timedelta:
    length: timedelta = order["data"]["ends_at"] - order["data"]["starts_at"]
    return length


def _present(order: Order, now: datetime) -> timedelta:
    """How long people were there, as far as that is over."""
    data = order["data"]
    arrived: datetime | None = data.get("checked_in_at")
    if order["state"] == "released" or (data["check_in"] and not arrived):
        return timedelta()
    begins: datetime = max(arrived or data["starts_at"], data["starts_at"])
    ends: datetime = min(data.get("finished_at") or data["ends_at"], data["ends_at"], now)
    return max(ends - begins, timedelta())


async def sheet(ctx: Context, query: UsageQuery) -> bytes:
    """The figures as an .xlsx, with a line of totals."""
    found = await usage(ctx, query)
    wanted = dates(ctx.now, query.from_, query.to, LONGEST)
    title = f"会议室使用 {wanted[0]} {wanted[-1]}"
    await record(ctx, "meetings.export", f"usage:{wanted[0]}:{wanted[-1]}")
    rows = [[line.room.name, line.room.building, *_row(line)] for line in found.items]
    rows.append(["合计", "", *_row(found.totals)])
    return await ctx.house.ports.sheets.write(title, list(HEADER), rows)


def _row(line: Figures) -> list[Any]:
    minutes = [line.booked_minutes, line.present_minutes]
    return [line.meetings, *minutes, line.no_shows, line.cancelled, line.share]
