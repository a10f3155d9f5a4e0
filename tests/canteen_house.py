"""The campus of tests/meals_house.py with its east canteen set up: meals, dishes, a menu."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import date
from typing import Any

import pytest

from models.base.errors import Refusal
from models.base.store import Document, Store
from models.meals import canteens, dishes, menus, publishing
from models.meals.canteens import (
    CanteenInput,
    DayCutoff,
    DeliveryPlace,
    Meal,
    Serving,
    WeekCutoff,
)
from models.meals.closing_days import CLOSING_DAYS, MENUS
from models.meals.dishes import DISHES, NewDish
from models.meals.kitchen import PRINTS
from models.meals.menus import MenuDay, MenuInput, MenuMeal, MenuRef, MenuView
from models.meals.sittings import SITTINGS
from tests.machinery import MovingClock, a_house
from tests.meals_house import BOSS, DESK, Meals, everybody

WEEK = "2026-W48"
REF = MenuRef(canteen="ctn_1", week=WEEK)
MONDAY, TUESDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 27)
NOON, LATER = "sit_1_20261124_lunch_1130", "sit_1_20261124_lunch_1200"
KEPT = (canteens.CANTEENS, DISHES, MENUS, SITTINGS, CLOSING_DAYS, PRINTS, "orders", "audit")

EAST = CanteenInput(
    name="东食堂",
    location="1号楼",
    meals=[
        Meal(id="lunch", name="午餐", price=1500, cutoff=DayCutoff(at="09:30"),
             sittings=[Serving(starts="11:30", ends="12:00", capacity=10)]),
        Meal(id="dinner", name="晚餐", price=1200, cutoff=WeekCutoff(weekday=5, at="17:00")),
    ],
    delivery_places=[DeliveryPlace(id="plc_1", name="一楼大厅", building="1号楼"),
                     DeliveryPlace(id="plc_2", name="值班室", building="2号楼")],
)  # fmt: skip
WEST = CanteenInput(name="西食堂", location="5号楼", meals=EAST.meals)


class Canteen(Meals):
    """The canteen at work, and short words for what it does."""

    pork: str
    greens: str

    async def dish(self, name: str, **fields: Any) -> str:
        """The id of a new dish; it is free of allergens unless `fields` say otherwise."""
        fields.setdefault("allergen_free", not fields.get("allergens"))
        body = NewDish(canteen="ctn_1", name=name, category="热菜", **fields)
        return (await dishes.add(self.ctx(DESK), body)).id

    async def save(self, *days: MenuDay, version: int | None = None, week: str = WEEK) -> MenuView:
        body = MenuInput(canteen="ctn_1", week=week, days=list(days))
        return await menus.save(self.ctx(DESK, if_match=version), body)

    async def publish(self, *days: MenuDay) -> MenuView:
        """Save `days` over what is there, and publish."""
        menu = await menus.read(self.ctx(DESK), REF)
        await self.save(*days, version=menu.version or None)
        return await publishing.publish(self.ctx(DESK), REF)

    async def sitting(self, sitting_id: str = NOON) -> Document:
        found = await self.store.get(SITTINGS, sitting_id)
        assert found is not None
        return found

    async def sitting_ids(self) -> list[str]:
        return [each["_id"] for each in await self.store.find(SITTINGS, {}, sort=[("_id", 1)])]

    async def everything(self) -> dict[str, list[Document]]:
        return {name: await self.store.find(name, {}, sort=[("_id", 1)]) for name in KEPT}


async def open_canteen(store: Store) -> Canteen:
    """Both canteens, two dishes in the east one, and no menu yet. It is Monday, 09:00."""
    clock = MovingClock()
    persons = everybody()
    await store.insert("people", *persons)
    canteen = Canteen(a_house(store, clock), clock, {p["_id"]: p for p in persons})
    await canteens.put(canteen.ctx(BOSS), "ctn_1", EAST)
    await canteens.put(canteen.ctx(BOSS), "ctn_2", WEST)
    canteen.pork = await canteen.dish("红烧肉", allergens=["soy"], price=800)
    canteen.greens = await canteen.dish("清炒时蔬", limit_per_order=2)
    return canteen


def noon(capacity: int = 10, **fields: Any) -> Serving:
    return Serving(**{"starts": "11:30", "ends": "12:00", "capacity": capacity, **fields})


def later(capacity: int = 5, **fields: Any) -> Serving:
    return Serving(**{"starts": "12:00", "ends": "12:30", "capacity": capacity, **fields})


def lunch(
    *sittings: Serving, on: date = TUESDAY, dishes: Sequence[str] = (), price: int | None = None
) -> MenuDay:
    """A day with lunch alone."""
    meal = MenuMeal(
        meal="lunch", price=price, sittings=list(sittings or (noon(),)), dishes=list(dishes)
    )
    return MenuDay(date=on, meals=[meal])


async def fails(act: Awaitable[Any], kind: type[Refusal]) -> Refusal:
    """The refusal of `kind` that an act comes to."""
    with pytest.raises(kind) as refusal:
        await act
    return refusal.value
