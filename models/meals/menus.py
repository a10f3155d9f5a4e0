"""Weekly menus: what a canteen plans, as a draft anyone of it may edit until it is published.

A document of `menus`:
    _id, canteen, week   "ctn_1:2026-W48"; weeks are those of ISO 8601
    state                draft (also: published before and edited since) or published
    version              counts every change; whoever edits names the one they have seen
    days                 [{date, closed, note, meals: [{meal, price, sittings, dishes}]}]
    updated_at, published_at
A closing day lies over what is saved: whoever reads sees the day closed, and its meals come back
when it is taken away.
What people can order are the sittings that models/meals/publishing.py makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from models.base.calendar import Week
from models.base.context import Context
from models.base.errors import VersionNeeded
from models.base.indexes import declare as index
from models.base.shapes import Day, Fen, Id, Input, Struct
from models.base.store import Document, Duplicate
from models.base.transitions import StaleVersion
from models.meals import closing_days, dishes
from models.meals.canteens import (
    Canteen,
    CanteenId,
    MealId,
    Servings,
    WeekName,
    own,
    sitting_faults,
    week_named,
)
from models.meals.closing_days import MENUS
from models.meals.refusals import MenuUnknown, MenuWrong

DAYS_A_WEEK: Final = 7

index(MENUS)


class MenuMeal(Input, kw_only=True):
    """A meal of a day: its sittings, its price in fen (None: the usual one) and its dishes."""

    meal: MealId
    price: Fen | None = None
    sittings: Servings = []
    dishes: Annotated[list[Id], Meta(max_length=60)] = []


class MenuDay(Input, kw_only=True):
    """A day of a week. A closed one has no meals; `note` says why."""

    date: Day
    closed: bool = False
    note: Annotated[str, Meta(max_length=64)] = ""
    meals: Annotated[list[MenuMeal], Meta(max_length=6)] = []


class MenuRef(Input):
    """A canteen's menu of a week."""

    canteen: CanteenId
    week: WeekName


class MenuInput(MenuRef):
    """A whole week, in place of what was there."""

    days: Annotated[list[MenuDay], Meta(max_length=DAYS_A_WEEK)]


class CopyInput(Input):
    """Which week to copy to which."""

    canteen: CanteenId
    from_week: WeekName
    to_week: WeekName


class LeftOut(Struct):
    """What a copy could not take over, and why: `disabled` or `unready`."""

    date: date
    dish: str
    name: str
    why: str


class MenuView(Struct, kw_only=True):
    """A menu. `version` 0: nothing has been saved for that week, and `days` is a suggestion."""

    canteen: str
    week: str
    state: str
    version: int
    days: list[MenuDay]
    updated_at: datetime | UnsetType = UNSET
    published_at: datetime | UnsetType = UNSET
    left_out: list[LeftOut] | UnsetType = UNSET


async def shown(ctx: Context, menu: Document) -> MenuView:
    """A saved menu as people see it: days on which the canteen is shut are closed."""
    shut = await closings(ctx, menu["canteen"], week_named(menu["week"]))
    return MenuView(
        canteen=menu["canteen"],
        week=menu["week"],
        state=menu["state"],
        version=menu["version"],
        days=[
            MenuDay(date=day.date, closed=True, note=shut[day.date]) if day.date in shut else day
            for day in days_of(menu)
        ],
        updated_at=menu["updated_at"],
        published_at=menu.get("published_at", UNSET),
    )


def days_of(menu: Document) -> list[MenuDay]:
    return msgspec.convert(menu["days"], list[MenuDay])


def key(ref: MenuRef) -> str:
    return f"{ref.canteen}:{ref.week}"


async def read(ctx: Context, ref: MenuRef) -> MenuView:
    """The menu of a week; where none is saved, the canteen's usual sittings as a suggestion."""
    canteen = await own(ctx, ref.canteen)
    week = week_named(ref.week)
    menu = await ctx.store.get(MENUS, key(ref))
    if menu is not None:
        return await shown(ctx, menu)
    shut = await _days_off(ctx, week) | await closings(ctx, canteen.id, week)
    usual = [MenuMeal(meal=m.id, price=m.price, sittings=m.sittings) for m in canteen.meals]
    days = [
        MenuDay(date=day, closed=True, note=shut[day])
        if day in shut
        else MenuDay(date=day, meals=usual)
        for day in week.days
    ]
    return MenuView(canteen=ref.canteen, week=ref.week, state="draft", version=0, days=days)


async def closings(ctx: Context, canteen: str, week: Week) -> dict[date, str]:
    """The days of a week on which a canteen is shut, with the reason."""
    found = await closing_days.of_days(ctx.house, week.days, canteen)
    return {date.fromisoformat(each["date"]): each["note"] for each in found}


async def _days_off(ctx: Context, week: Week) -> dict[date, str]:
    """The days of a week on which people do not work, with the reason."""
    calendar = await ctx.house.calendars.current()
    known = [calendar.look_up(day) for day in week.days]
    return {each.day: each.note or "休息日" for each in known if not each.workday}


async def save(ctx: Context, body: MenuInput) -> MenuView:
    """Put a draft in the place of the week's menu; what is published stays until published again.

    If-Match names the version that was edited. Raises VersionNeeded without it where there is one,
    StaleVersion where somebody else was faster, MenuWrong.
    """
    canteen = await own(ctx, body.canteen)
    known = await dishes.of_canteen(ctx, canteen.id)
    errors = tuple(_faults(body, canteen, known))
    if errors:
        raise MenuWrong(errors=errors)
    for day in body.days:
        for meal in day.meals:
            usual = canteen.meal(meal.meal)
            if meal.price is None and usual is not None:
                meal.price = usual.price
    return await shown(ctx, await _store(ctx, await _beneath(ctx, canteen, body)))


async def _beneath(ctx: Context, canteen: Canteen, body: MenuInput) -> MenuInput:
    """The week with days that a closing day shuts as they were saved, not as they are shown."""
    menu = await ctx.store.get(MENUS, key(body))
    shut = await closings(ctx, canteen.id, week_named(body.week))
    saved = {day.date: day for day in days_of(menu)} if menu is not None else {}
    days = [
        saved.get(day.date, day) if day.closed and day.date in shut else day for day in body.days
    ]
    return msgspec.structs.replace(body, days=days)


async def _store(ctx: Context, body: MenuInput) -> Document:
    """Write a draft by compare-and-set on the version."""
    days = sorted(body.days, key=lambda day: day.date)
    fields: Document = {"days": msgspec.to_builtins(days), "updated_at": ctx.now, "state": "draft"}
    if ctx.if_match is None:
        menu = {"_id": key(body), "canteen": body.canteen, "week": body.week, "version": 1}
        menu |= fields
        try:
            await ctx.store.insert(MENUS, menu)
        except Duplicate:
            raise VersionNeeded from None
        return menu
    where = {"_id": key(body), "version": ctx.if_match}
    changed = await ctx.store.change(MENUS, where, {"$set": fields, "$inc": {"version": 1}})
    if changed is None:
        raise await _stale(ctx, key(body))
    return changed


async def _stale(ctx: Context, menu_id: str) -> StaleVersion | MenuUnknown:
    menu = await ctx.store.get(MENUS, menu_id)
    if menu is None:
        return MenuUnknown()
    return StaleVersion(state=menu["state"], version=menu["version"])


def _faults(
    body: MenuInput, canteen: Canteen, known: dict[str, Document]
) -> Iterator[tuple[str, str]]:
    """What cannot be meant, as (pointer, sentence)."""
    days, seen = set(week_named(body.week).days), set[date]()
    for place, day in enumerate(body.days):
        at = f"/days/{place}"
        if day.date not in days:
            yield f"{at}/date", f"不在 {body.week} 周内"
        if day.date in seen:
            yield f"{at}/date", "日期重复"
        seen.add(day.date)
        if day.closed and day.meals:
            yield f"{at}/meals", "停餐日不能安排餐次"
        named = [meal.meal for meal in day.meals]
        for number, meal in enumerate(day.meals):
            if meal.meal in named[:number]:
                yield f"{at}/meals/{number}/meal", "餐次重复"
            for pointer, sentence in _meal_faults(meal, canteen, known):
                yield f"{at}/meals/{number}{pointer}", sentence


def _meal_faults(
    meal: MenuMeal, canteen: Canteen, known: dict[str, Document]
) -> Iterator[tuple[str, str]]:
    if canteen.meal(meal.meal) is None:
        yield "/meal", "该食堂没有此餐次"
    for place, dish in enumerate(meal.dishes):
        if dish not in known:
            yield f"/dishes/{place}", "该食堂没有此菜品"
        if dish in meal.dishes[:place]:
            yield f"/dishes/{place}", "菜品重复"
    yield from sitting_faults(meal.sittings)


async def copy(ctx: Context, body: CopyInput) -> MenuView:
    """A draft of one week after the pattern of another, over what was there.

    Days on which the canteen is shut stay shut, and so do holidays where a working day is copied;
    dishes that are no longer on offer are left out and listed. If-Match as for saving.
    """
    await own(ctx, body.canteen)
    source, target = week_named(body.from_week), week_named(body.to_week)
    menu = await ctx.store.get(MENUS, f"{body.canteen}:{body.from_week}")
    if menu is None:
        raise MenuUnknown
    known = await dishes.of_canteen(ctx, body.canteen)
    shut = await closings(ctx, body.canteen, target)
    shift = target.monday - source.monday
    days_off, new_days_off = await _days_off(ctx, source), await _days_off(ctx, target)
    for each, reason in new_days_off.items():
        if each - shift not in days_off:
            shut.setdefault(each, reason)
    days, left_out = [], list[LeftOut]()
    for day in days_of(menu):
        to = day.date + shift
        copied, lost = _copied(day, to, known)
        if to in shut:
            copied, lost = MenuDay(date=to, closed=True, note=shut[to]), []
        days.append(copied)
        left_out += lost
    week = MenuInput(canteen=body.canteen, week=body.to_week, days=days)
    saved = await shown(ctx, await _store(ctx, week))
    saved.left_out = left_out
    return saved


def _copied(day: MenuDay, to: date, known: dict[str, Any]) -> tuple[MenuDay, list[LeftOut]]:
    """A day moved to another date without the dishes that may not be offered."""
    meals, left_out = [], []
    for meal in day.meals:
        lost = [dish for dish in meal.dishes if not dishes.is_ready(known[dish])]
        kept = [dish for dish in meal.dishes if dish not in lost]
        meals.append(msgspec.structs.replace(meal, dishes=kept))
        left_out += [
            LeftOut(date=to, dish=dish, name=known[dish]["name"],
                    why="unready" if known[dish]["enabled"] else "disabled")
            for dish in lost
        ]  # fmt: skip
    note = "" if day.closed else day.note
    return MenuDay(date=to, note=note, meals=meals), left_out
