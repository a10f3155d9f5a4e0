"""What meeting services prepare on a day: every meeting with its set-up and its services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from models import people
from models.base.audit import record
from models.base.clock import CAMPUS
from models.base.context import Context
from models.base.orders import ORDERS
from models.base.shapes import Day, Input, Name, Struct
from models.base.store import Document
from models.base.workflow import Order
from models.meetings import rooms
from models.meetings.periods import dates
from models.meetings.rooms import LAYOUTS, Place
from models.meetings.schedules import meetings, owner_names
from models.meetings.wishes import KIND, SORTS

TO_PREPARE: Final = ("booked", "in_use", "finished", "rated")
WANTED: Final = ["ordered", "ready", "served", "rated"]  # states of a service
STATES: Final = {"ordered": "待准备", "ready": "已备好", "served": "已送达", "rated": "已送达"}
HEADER: Final = ["开始", "结束", "会议室", "楼栋", "主题", "人数", "布置", "联系人", "单位", "服务"]


class DayQuery(Input, kw_only=True):
    """Which day (today by default), and which building where not all."""

    date: Day | None = None
    building: Name | None = None


class Contact(Struct):
    """Whom to ask about a meeting."""

    name: str
    unit_name: str


class DayService(Struct):
    """A service of a meeting; `items` are such as the names for the plates."""

    order_id: str
    service: str
    quantity: int | None
    note: str | None
    items: list[str]
    state: str


class DayMeeting(Struct, kw_only=True):
    """A meeting to prepare."""

    order_id: str
    starts_at: datetime
    ends_at: datetime
    state: str
    room: Place
    subject: str
    attendees: int
    layout: str | None
    note: str
    contact: Contact
    services: list[DayService]


class DaySheet(Struct):
    """The meetings of a day, by time and room."""

    date: str
    items: list[DayMeeting]


async def day(ctx: Context, query: DayQuery) -> DaySheet:
    """The sheet of a day. Raises FarAway."""
    wanted = dates(ctx.now, query.date, None, 1)
    in_building = [room["_id"] for room in await rooms.listed(ctx.house, query.building)]
    found = await meetings(ctx.house, in_building, wanted, TO_PREPARE)
    services = await _services(ctx, found)
    names = await owner_names(ctx, found)
    units = await people.unit_names(ctx, {order["unit"] for order in found})
    items = [
        _meeting(order, Contact(names[order["owner"]], units[order["unit"]]), services)
        for order in found
    ]
    return DaySheet(date=wanted[0].isoformat(), items=items)


async def _services(ctx: Context, found: Sequence[Order]) -> dict[str, list[DayService]]:
    """What was ordered with each meeting, by the meeting."""
    where: Document = {"parent": {"$in": [order["_id"] for order in found]}, "kind": KIND}
    where["state"] = {"$in": WANTED}
    fields = {"parent": 1, "state": 1, "data": 1}
    services: dict[str, list[DayService]] = {}
    for each in await ctx.store.find(ORDERS, where, fields=fields) if found else []:
        data = each["data"]
        line = DayService(
            order_id=each["_id"],
            service=data["service"],
            quantity=data.get("quantity"),
            note=data.get("note"),
            items=data.get("items", []),
            state=each["state"],
        )
        services.setdefault(each["parent"], []).append(line)
    return services


def _meeting(order: Order, contact: Contact, services: dict[str, list[DayService]]) -> DayMeeting:
    data = order["data"]
    return DayMeeting(
        order_id=order["_id"],
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        state=order["state"],
        room=Place(**data["room"]),
        subject=data["subject"],
        attendees=data["attendees"],
        layout=data["layout"],
        note=data["note"],
        contact=contact,
        services=sorted(services.get(order["_id"], []), key=lambda line: line.order_id),
    )


async def sheet(ctx: Context, query: DayQuery) -> tuple[str, bytes]:
    """The date, and its sheet as an .xlsx: one line per meeting, to print and hang up."""
    found = await day(ctx, query)
    await record(ctx, "meetings.export", f"day:{found.date}")
    rows = [_row(meeting) for meeting in found.items]
    title = f"会议安排 {found.date}"
    return found.date, await ctx.house.ports.sheets.write(title, list(HEADER), rows)


def _row(meeting: DayMeeting) -> list[Any]:
    times = [f"{each.astimezone(CAMPUS):%H:%M}" for each in (meeting.starts_at, meeting.ends_at)]
    layout = LAYOUTS.get(meeting.layout or "", "")
    services = "；".join(_words(line) for line in meeting.services)
    place, contact = meeting.room, meeting.contact
    where = [place.name, f"{place.building} {place.floor} 层"]
    what = [meeting.subject, meeting.attendees, layout]
    return [*times, *where, *what, contact.name, contact.unit_name, services]


def _words(line: DayService) -> str:
    """ "茶水 20份（已备好）：两壶绿茶"."""
    sort = SORTS[line.service]
    count = f" {line.quantity}{sort.unit}" if line.quantity else ""
    said = "，".join([*line.items, *([line.note] if line.note else [])])
    return f"{sort.name}{count}（{STATES[line.state]}）{'：' if said else ''}{said}"
