"""The demo's canteens: dishes with pictures, menus for the coming weeks, and a few meals of late.

Everything is made by the same functions that the handlers call, with a clock set to the day it is
said to have happened on. What is there already is left as people have changed it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from models.base.calendar import Calendar, Week
from models.base.clock import campus_date, campus_time
from models.base.context import House
from models.base.orders import ORDERS
from models.meals import canteens, closing_days, dishes, menus, publishing
from models.meals.canteens import Canteen, CanteenInput, Serving
from models.meals.closing_days import CLOSING_DAYS, MENUS, ClosingDay
from models.meals.dishes import NewDish
from models.meals.menus import MenuDay, MenuInput, MenuMeal, MenuRef
from scripts import demo_orders
from scripts.demo_dishes import (
    BREAKFAST,
    EXTRA,
    GREENS,
    MEAT,
    MENU_1,
    MENU_2,
    SOUP,
    STAPLE,
    DemoDish,
)
from scripts.demo_pictures import draw
from scripts.demo_turns import acting
from scripts.demo_turns import house_at as _at

AHEAD: Final = 15  # working days that can be ordered for, at least
MANAGER: Final = "A0001"
DISHES: Final = {"ctn_1": MENU_1, "ctn_2": MENU_2}
COOK: Final = {"ctn_1": "C0001", "ctn_2": "C0002"}


def _sittings(*lines: tuple[str, str, int] | tuple[str, str, int, bool]) -> list[Serving]:
    return [
        Serving(starts=line[0], ends=line[1], capacity=line[2], walk_ins=len(line) > 3)
        for line in lines
    ]


def _meal(meal: str, name: str, price: int, cutoff: Any, sittings: list[Serving]) -> Any:
    return {
        "id": meal, "name": name, "price": price, "cutoff": cutoff,
        "sittings": msgspec.to_builtins(sittings),
    }  # fmt: skip


DUTY_LUNCH: Final = _sittings(("11:30", "12:30", 60, True))
EVENING_BEFORE: Final = {"type": "day", "days_before": 1, "at": "20:00"}
SAME_MORNING: Final = {"type": "day", "days_before": 0, "at": "09:30"}
SAME_AFTERNOON: Final = {"type": "day", "days_before": 0, "at": "15:00"}
FRIDAY_BEFORE: Final = {"type": "week", "weekday": 5, "at": "17:00"}

CANTEENS: Final[dict[str, dict[str, Any]]] = {
    "ctn_1": {
        "name": "第一食堂",
        "location": "1号楼一层",
        "meals": [
            _meal("breakfast", "早餐", 500, EVENING_BEFORE,
                  _sittings(("07:20", "07:50", 200), ("07:50", "08:20", 200, True))),
            _meal("lunch", "午餐", 1500, SAME_MORNING,
                  _sittings(("11:20", "11:40", 300), ("11:40", "12:00", 300),
                            ("12:00", "12:20", 240), ("12:20", "12:40", 120),
                            ("12:40", "13:00", 60, True))),
            _meal("dinner", "晚餐", 1200, SAME_AFTERNOON,
                  _sittings(("17:30", "18:00", 150), ("18:00", "18:30", 80, True))),
        ],
        "delivery_places": [
            {"id": "dlv_1a", "name": "一层大厅", "building": "1号楼"},
            {"id": "dlv_1b", "name": "六层茶水间", "building": "1号楼"},
            {"id": "dlv_2a", "name": "三层会议区", "building": "2号楼"},
            {"id": "dlv_3a", "name": "值班室", "building": "3号楼"},
        ],
    },
    "ctn_2": {
        "name": "第二食堂",
        "location": "5号楼负一层",
        "meals": [
            _meal("breakfast", "早餐", 600, EVENING_BEFORE,
                  _sittings(("07:30", "08:20", 120, True))),
            _meal("lunch", "午餐", 1800, SAME_MORNING,
                  _sittings(("11:30", "11:50", 120), ("11:50", "12:10", 120),
                            ("12:10", "12:30", 80), ("12:30", "13:00", 60, True))),
            _meal("dinner", "晚餐", 1500, FRIDAY_BEFORE, _sittings(("17:40", "18:30", 60))),
        ],
        "delivery_places": [
            {"id": "dlv_5a", "name": "服务台", "building": "5号楼"},
            {"id": "dlv_6a", "name": "二层休息区", "building": "6号楼"},
        ],
    },
}  # fmt: skip


async def seed(house: House) -> None:
    """Have the canteens ready for the coming weeks, as of the house's clock."""
    today = campus_date(house.clock())
    calendar = await house.calendars.current()
    is_new = await house.store.get(MENUS, f"ctn_1:{Week.of(today)}") is None
    await _open_counters(house, today)
    for canteen in CANTEENS:
        await _set_up(house, canteen)
    await asyncio.gather(*(_offer(house, canteen) for canteen in CANTEENS))
    for canteen in CANTEENS:
        if is_new:  # the days gone by need their sittings, too
            lately = [Week.of(today).plus(-1), Week.of(today)]
            past = _at(house, campus_time(lately[0].monday - timedelta(days=3), "10:00"))
            await _publish(past, canteen, lately, calendar)
        await _publish(house, canteen, weeks(today, calendar), calendar)
    if not await house.store.count(CLOSING_DAYS, {}):
        shut = ClosingDay(
            canteen="ctn_2",
            date=calendar.plus_workdays(today, 8),
            note="设备检修，请到第一食堂就餐",
        )
        await closing_days.add(await acting(house, COOK["ctn_2"]), shut)
    if await house.store.first(ORDERS, {}) is None:
        await demo_orders.seed(house, calendar)


async def _open_counters(house: House, today: date) -> None:
    """Take codes any time before the meal, so that redeeming can be tried at any hour."""
    if not await house.policies.history("meals"):
        manager = (await acting(house, MANAGER)).actor.id
        await house.policies.decide("meals", "", {"early_minutes": 20_160}, today, manager)


async def _set_up(house: House, canteen: str) -> None:
    if await house.store.get(canteens.CANTEENS, canteen) is None:
        body = msgspec.convert(CANTEENS[canteen], CanteenInput)
        await canteens.put(await acting(house, MANAGER), canteen, body)


async def _offer(house: House, canteen: str) -> None:
    """Add the dishes that are missing, each with its picture."""
    ctx = await acting(house, COOK[canteen])
    known = {dish["name"]: dish for dish in (await dishes.of_canteen(ctx, canteen)).values()}
    with tempfile.TemporaryDirectory() as folder:
        for dish in DISHES[canteen]:
            there = known.get(dish.name)
            dish_id = (
                there["_id"] if there else (await dishes.add(ctx, _described(canteen, dish))).id
            )
            if there is None or there["picture"] is None:
                picture = Path(folder) / f"{dish_id}.png"
                draw(dish.name, dish.look).save(picture, compress_level=1)
                await dishes.set_picture(ctx, dish_id, picture)


def _described(canteen: str, dish: DemoDish) -> NewDish:
    return NewDish(
        canteen=canteen,
        name=dish.name,
        category=dish.category,
        price=dish.price,
        allergens=list(dish.allergens),
        allergen_free=not dish.allergens,
        limit_per_order=dish.limit,
    )


def weeks(today: date, calendar: Calendar) -> list[Week]:
    """This week and as many more as it takes."""
    last = Week.of(calendar.plus_workdays(today, AHEAD))
    found = [Week.of(today)]
    while found[-1] < last:
        found.append(found[-1].plus(1))
    return found


async def _publish(house: House, canteen: str, weeks: Sequence[Week], calendar: Calendar) -> None:
    """Plan and publish the weeks that have no menu yet; one a cook is editing is left alone."""
    ctx = await acting(house, COOK[canteen])
    known = {dish["name"]: key for key, dish in (await dishes.of_canteen(ctx, canteen)).items()}
    usual = await canteens.own(ctx, canteen)
    for week in weeks:
        ref = MenuRef(canteen=canteen, week=str(week))
        menu = await house.store.get(MENUS, menus.key(ref))
        if menu is None:
            days = [_planned(usual, day, calendar.is_workday(day), known) for day in week.days]
            await menus.save(ctx, MenuInput(canteen=canteen, week=str(week), days=days))
        if menu is None or (menu["version"] == 1 and menu["state"] == "draft"):
            await publishing.publish(ctx, ref)


def _planned(canteen: Canteen, day: date, workday: bool, known: dict[str, str]) -> MenuDay:
    """A day's menu. On days off the first canteen serves a small lunch for those on duty."""
    if not workday and canteen.id != "ctn_1":
        return MenuDay(date=day, closed=True, note="休息日")
    meals = []
    for meal in canteen.meals:
        sittings = meal.sittings if workday else DUTY_LUNCH if meal.id == "lunch" else []
        if sittings:
            offered = [known[dish.name] for dish in _of_day(canteen.id, meal.id, day)]
            meals.append(
                MenuMeal(meal=meal.id, price=meal.price, sittings=sittings, dishes=offered)
            )
    return MenuDay(date=day, meals=meals)


def _of_day(canteen: str, meal: str, day: date) -> list[DemoDish]:
    """What is cooked for a meal: every morning the same, otherwise in turns."""
    if meal == "breakfast":
        return [dish for dish in DISHES[canteen] if dish.category == BREAKFAST]
    turn = day.toordinal() + (meal == "dinner")
    cooked: list[DemoDish] = []
    for category in (MEAT, GREENS, SOUP, STAPLE, EXTRA):
        of_category = [dish for dish in DISHES[canteen] if dish.category == category]
        resting = of_category[turn % len(of_category)] if len(of_category) > 2 else None
        cooked += [dish for dish in of_category if dish is not resting]
    return cooked
