"""Who is on duty: a roster per vendor and day, also for holidays.

A document of `repair_duty`:
    _id                      "ven_1:2026-11-23"
    vendor, date, on         ids of those on duty

A day without a roster is covered on working days by the technicians who are usually on duty, and
on days off by nobody: then the dispatcher decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Final

from msgspec import Meta, field

from models import people
from models.base.audit import record
from models.base.clock import campus_date
from models.base.context import Context, House
from models.base.errors import Unprocessable
from models.base.indexes import declare as index
from models.base.roles import Role
from models.base.shapes import Day, Id, Input, Struct
from models.base.store import Document
from models.repairs.refusals import HandUnknown
from models.repairs.vendors import HANDS, VendorId, own

DUTY: Final = "repair_duty"
MOST_DAYS: Final = 62
A_DAY: Final = timedelta(days=1)

index(DUTY, [("vendor", 1), ("date", 1)])


class PeriodTooLong(Unprocessable):
    code = "period-too-long"
    zh = "一次最多查询 {days} 天。"
    en = "At most {days} days can be asked for at once."


class DutyQuery(Input):
    """From which day to which, both included; without them the coming two weeks."""

    from_: Day | None = field(default=None, name="from")
    to: Day | None = None
    vendor: VendorId | None = None


class DutyInput(Input):
    """Who is on duty on a day; nobody named and `usual`: as without a roster."""

    date: Day
    on: Annotated[list[Id], Meta(max_length=100)]
    vendor: VendorId | None = None
    usual: bool = False


class OnDuty(Struct):
    """A technician on duty."""

    id: str
    name: str


class DutyDay(Struct):
    """A day's roster. `rostered`: somebody has decided; else `on` are those who usually are."""

    date: Day
    vendor: str
    workday: bool
    rostered: bool
    on: list[OnDuty]


class DutyList(Struct):
    """The days of a period."""

    items: list[DutyDay]


async def listed(ctx: Context, query: DutyQuery) -> DutyList:
    """Who is on duty on the days of a period. Raises VendorUnknown, PeriodTooLong."""
    vendor = await own(ctx, query.vendor)
    start = query.from_ or campus_date(ctx.now)
    end = query.to or start + 13 * A_DAY
    if (end - start).days >= MOST_DAYS:
        raise PeriodTooLong(days=MOST_DAYS)
    between = {"$gte": start.isoformat(), "$lte": end.isoformat()}
    found = await ctx.store.find(DUTY, {"vendor": vendor, "date": between})
    rosters = {each["date"]: each for each in found}
    hands = await ctx.store.find(HANDS, {"vendor": vendor}, sort=[("_id", 1)])
    calendar = await ctx.house.calendars.current()
    items = [
        _view(day, vendor, calendar.is_workday(day), hands, rosters.get(day.isoformat()))
        for day in _days(start, end)
    ]
    return DutyList(items=items)


async def put(ctx: Context, body: DutyInput) -> DutyDay:
    """Say who is on duty on a day. Raises VendorUnknown, HandUnknown."""
    vendor = await own(ctx, body.vendor)
    staff = {each["_id"] for each in await people.serving(ctx, Role.TECHNICIAN, vendor)}
    if not staff.issuperset(body.on):
        raise HandUnknown
    key = f"{vendor}:{body.date}"
    before = await ctx.store.get(DUTY, key)
    after: Document | None = None
    if body.usual:
        await ctx.store.delete(DUTY, {"_id": key})
    else:
        after = {"_id": key, "vendor": vendor, "date": body.date.isoformat()}
        after["on"] = list(dict.fromkeys(body.on))
        await ctx.store.upsert(DUTY, after)
    if after != before:
        await record(ctx, "repairs.duty", key, before, after)
    hands = await ctx.store.find(HANDS, {"vendor": vendor}, sort=[("_id", 1)])
    calendar = await ctx.house.calendars.current()
    return _view(body.date, vendor, calendar.is_workday(body.date), hands, after)


def is_on(hand: Document, roster: Document | None, workday: bool) -> bool:
    """Whether a technician is on duty on a day with this roster, or without one."""
    if roster is not None:
        return hand["_id"] in roster["on"]
    return bool(hand["on_duty"]) and workday


async def on_duty(house: House, vendors: list[str], day: date) -> list[Document]:
    """The technicians of these vendors who are on duty on `day` and may be given work."""
    hands = await house.store.find(HANDS, {"vendor": {"$in": sorted(vendors)}})
    keys = [f"{vendor}:{day}" for vendor in sorted(vendors)]
    rosters = {
        each["vendor"]: each for each in await house.store.find(DUTY, {"_id": {"$in": keys}})
    }
    workday = (await house.calendars.current()).is_workday(day)
    return [
        hand
        for hand in hands
        if hand["enabled"] and is_on(hand, rosters.get(hand["vendor"]), workday)
    ]


def _view(
    day: date, vendor: str, workday: bool, hands: list[Document], roster: Document | None
) -> DutyDay:
    on = [
        OnDuty(id=hand["_id"], name=hand["name"])
        for hand in hands
        if is_on(hand, roster, workday)
    ]  # fmt: skip
    return DutyDay(date=day, vendor=vendor, workday=workday, rostered=roster is not None, on=on)


def _days(start: date, end: date) -> Iterator[date]:
    while start <= end:
        yield start
        start += A_DAY
