"""Days on which a canteen is shut, and the strip of days people choose from.

A document of `closing_days`: {_id: "ctn_1:2026-12-01", canteen, date, note, sittings}, where
`sittings` are those it cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Any, Final

from msgspec import Meta, field

from models.base.calendar import Week
from models.base.clock import campus_date
from models.base.context import Context, House
from models.base.holds import undisturbed
from models.base.indexes import declare as index
from models.base.shapes import Day, Input, Struct
from models.base.store import Document, Transaction
from models.meals import sittings
from models.meals.canteens import CANTEENS, CanteenId, own
from models.meals.refusals import DayFarAway, DayPast, StillCallingOff
from models.meals.sittings import SITTINGS

CLOSING_DAYS: Final = "closing_days"
MENUS: Final = "menus"
REACH: Final = timedelta(days=3660)  # from today, either way

index(CLOSING_DAYS, [("date", 1), ("canteen", 1)])

Note = Annotated[str, Meta(min_length=1, max_length=64)]


class ClosingDay(Input):
    """A day on which a canteen is shut, and why; people read it."""

    canteen: CanteenId
    date: Day
    note: Note


class ClosingDayRef(Input):
    """A closing day by canteen and date."""

    canteen: CanteenId
    date: Day


class DaysQuery(Input, kw_only=True):
    """From which day on (today by default), how many days, and of which canteen where not all."""

    from_: Day | None = field(default=None, name="from")
    days: Annotated[int, Meta(ge=1, le=31)] = 14
    canteen: CanteenId | None = None


class DayView(Struct, kw_only=True):
    """A day of the strip. `open`: something can be eaten. `provisional`: holidays are not decided.

    `note` says what is special: why a canteen is shut, or that it is not a working day.
    """

    date: date
    open: bool
    workday: bool
    provisional: bool
    note: str


class DayPage(Struct):
    """Days, in order."""

    items: list[DayView]
    next: str | None = None


async def add(ctx: Context, body: ClosingDay) -> ClosingDay:
    """Shut a canteen for a day: its sittings are cancelled and everyone who ordered is told.

    Repeating it does no harm, and finishes what a crash has left.
    """
    await own(ctx, body.canteen)
    today = campus_date(ctx.now)
    if body.date < today:
        raise DayPast
    if body.date - today > REACH:
        raise DayFarAway
    await _shut(ctx, body)
    cancelled = [each["_id"] for each in await _sittings(ctx, body) if _is_on(each)]
    more = {"$addToSet": {"sittings": {"$each": cancelled}}}
    await ctx.store.update(CLOSING_DAYS, {"_id": _key(body)}, more)
    for sitting_id in cancelled:
        await sittings.cancel(ctx, sitting_id, sittings.Reason(reason=body.note))
    return body


async def _shut(ctx: Context, body: ClosingDay) -> None:
    """Record the day, and have a publication that is under way look again."""
    document = {
        "_id": _key(body), "canteen": body.canteen, "date": body.date.isoformat(),
        "note": body.note, "sittings": [],
    }  # fmt: skip

    def work(transaction: Transaction) -> None:
        if transaction.find_in(CLOSING_DAYS, "_id", [_key(body)]):
            note = {"$set": {"note": body.note}}
            transaction.update(CLOSING_DAYS, [({"_id": _key(body)}, note)])
        else:
            transaction.insert(CLOSING_DAYS, [document])
            transaction.update(MENUS, [(_menu(body), {"$inc": {"version": 1}})])

    await undisturbed(ctx.store, work)


async def remove(ctx: Context, query: ClosingDayRef) -> None:
    """Open a canteen on a day after all; its menu must be published again to take orders.

    Sittings that the closing day cancelled are taken away, so that publishing makes them anew.
    Raises StillCallingOff while their orders are being called off.
    """
    await own(ctx, query.canteen)
    closing = await ctx.store.get(CLOSING_DAYS, _key(query))
    if closing is None:
        return
    cancelled = [each for each in await _sittings(ctx, query) if each["_id"] in closing["sittings"]]
    if any(each.get("calling_off") or each["left"] < each["capacity"] for each in cancelled):
        raise StillCallingOff

    def work(transaction: Transaction) -> None:
        transaction.delete(CLOSING_DAYS, [closing["_id"]])
        transaction.delete(SITTINGS, [each["_id"] for each in cancelled])
        draft = {"$inc": {"version": 1}, "$set": {"state": "draft"}}
        transaction.update(MENUS, [(_menu(query), draft)])

    await undisturbed(ctx.store, work)


def _key(day: ClosingDay | ClosingDayRef) -> str:
    return f"{day.canteen}:{day.date.isoformat()}"


def _menu(day: ClosingDay | ClosingDayRef) -> Document:
    return {"_id": f"{day.canteen}:{Week.of(day.date)}"}


async def _sittings(ctx: Context, day: ClosingDay | ClosingDayRef) -> list[Document]:
    where = {"date": day.date.isoformat(), "canteen.id": day.canteen}
    return await ctx.store.find(SITTINGS, where)


def _is_on(sitting: Document) -> bool:
    return bool(sitting["state"] != "cancelled")


async def of_days(house: House, days: Iterable[date], canteen: str | None = None) -> list[Document]:
    """The closing days among `days`, of one canteen or of all."""
    where: Document = {"date": {"$in": [day.isoformat() for day in days]}}
    if canteen is not None:
        where["canteen"] = canteen
    return await house.store.find(CLOSING_DAYS, where)


async def strip(house: House, query: DaysQuery) -> DayPage:
    """The days from which people choose, with what is special about each."""
    today = campus_date(house.clock())
    first = query.from_ or today
    if abs(first - today) > REACH:
        raise DayFarAway
    days = [first + timedelta(days=n) for n in range(query.days)]
    calendar = await house.calendars.current()
    served = await _served(house, days, query.canteen)
    shut = await _reasons(house, days, query.canteen)
    items = []
    for day in days:
        known = calendar.look_up(day)
        note = shut.get(day.isoformat()) or known.note
        items.append(
            DayView(
                date=day,
                open=day.isoformat() in served,
                workday=known.workday,
                provisional=known.provisional,
                note=note or ("" if known.workday else "休息日"),
            )
        )
    return DayPage(items=items)


async def _served(house: House, days: list[date], canteen: str | None) -> set[str]:
    """The days on which there is a sitting."""
    where: dict[str, Any] = {"date": {"$in": [day.isoformat() for day in days]}}
    if canteen is not None:
        where["canteen.id"] = canteen
    found = await house.store.find(SITTINGS, where, fields={"date": 1, "state": 1})
    return {sitting["date"] for sitting in found if _is_on(sitting)}


async def _reasons(house: House, days: list[date], canteen: str | None) -> dict[str, str]:
    """Why a canteen is shut on a day, with its name where not all of them are meant."""
    closings = await of_days(house, days, canteen)
    found = await house.store.find(CANTEENS, {})
    names = {each["_id"]: each["name"] for each in found if each["enabled"]}
    reasons: dict[str, list[str]] = {}
    for each in closings:
        if each["canteen"] in names:
            name = "" if canteen or len(names) == 1 else f"{names[each['canteen']]}："
            reasons.setdefault(each["date"], []).append(f"{name}{each['note']}")
    return {day: "；".join(sorted(notes)) for day, notes in reasons.items()}
