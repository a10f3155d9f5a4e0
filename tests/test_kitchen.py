"""The kitchen: how much to cook as it changes, what the print does not say, what goes where."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec import UNSET

from models.base.errors import Forbidden
from models.base.store import Store
from models.meals import kitchen
from models.meals.booking import DishChoice
from models.meals.kitchen import CookList
from models.meals.refusals import SittingUnknown
from tests.canteen_house import MONDAY, NOON, Canteen, lunch, noon, open_canteen
from tests.meals_house import ANN, BOB, CAT, DAN, DESK, WEST_DESK

TODAY = "sit_1_20261123_lunch_1130"


async def kitchen_of(store: Store) -> Canteen:
    """A sitting on Tuesday of ten places with both dishes."""
    house = await open_canteen(store)
    await house.publish(lunch(noon(walk_ins=True), dishes=[house.pork, house.greens]))
    return house


def chosen(**counts: int) -> list[DishChoice]:
    return [DishChoice(dish_id=dish, count=count) for dish, count in counts.items()]


async def look(house: Canteen) -> CookList:
    return await kitchen.cook_list(house.ctx(DESK), NOON)


def counts(listed: CookList) -> list[tuple[Any, ...]]:
    return [(line.name, line.count) for line in listed.dishes]


def differences(listed: CookList) -> list[tuple[Any, ...]]:
    return [(line.name, line.count, line.printed, line.difference) for line in listed.dishes]


async def test_the_list_follows_the_orders(store: Store) -> None:
    house = await kitchen_of(store)
    both = chosen(**{house.pork: 1, house.greens: 2})
    first = await house.book(ANN, sitting_id=NOON, portions=2, dishes=both)
    await house.book(BOB, sitting_id=NOON)
    await house.book(CAT, sitting_id=NOON, dishes=chosen(**{house.pork: 1}))
    listed = await look(house)
    assert (listed.portions, listed.plain, listed.waiting) == (4, 1, 0)
    assert counts(listed) == [("清炒时蔬", 2), ("红烧肉", 2)]
    assert (listed.printed_at, listed.difference, listed.changes) == (UNSET, UNSET, [])
    await house.step(ANN, first, "cancel")
    listed = await look(house)
    assert (listed.portions, counts(listed)) == (2, [("红烧肉", 1)])


async def test_who_waits_is_counted_apart(store: Store) -> None:
    house = await kitchen_of(store)
    for who in (ANN, BOB, CAT):
        await house.book(who, sitting_id=NOON, portions=4, wait=True)
    listed = await look(house)
    assert (listed.portions, listed.waiting) == (8, 1)


async def test_after_the_print_only_the_differences_are_told(store: Store) -> None:
    house = await kitchen_of(store)
    pork, greens = chosen(**{house.pork: 2}), chosen(**{house.greens: 1})
    first = await house.book(ANN, sitting_id=NOON, dishes=pork)
    printed = await kitchen.print_list(house.ctx(DESK), NOON)
    assert (printed.print_number, printed.printed_at) == (1, house.clock())
    assert (printed.changes, printed.difference) == ([], 0)
    assert differences(printed) == [("红烧肉", 2, 2, 0)]
    await house.book(BOB, sitting_id=NOON, portions=2, dishes=greens)
    await house.step(ANN, first, "cancel")
    listed = await look(house)
    assert listed.changes == ["+1 份", "+1 清炒时蔬", "−2 红烧肉"]
    assert differences(listed) == [("清炒时蔬", 1, 0, 1), ("红烧肉", 0, 2, -2)]
    again = await kitchen.print_list(house.ctx(DESK), NOON)
    assert (again.print_number, again.changes) == (2, [])
    assert differences(again) == [("清炒时蔬", 1, 1, 0)]


async def test_a_print_stays_as_it_was(store: Store) -> None:
    house = await kitchen_of(store)
    await house.book(ANN, sitting_id=NOON, dishes=chosen(**{house.pork: 2}))
    await kitchen.print_list(house.ctx(DESK), NOON)
    before = await store.get("prints", f"{NOON}:1")
    await house.book(BOB, sitting_id=NOON)
    await kitchen.print_list(house.ctx(DESK), NOON)
    assert await store.get("prints", f"{NOON}:1") == before
    assert before is not None
    assert before["dishes"] == [{"id": house.pork, "name": "红烧肉", "count": 2}]


async def test_printing_twice_is_printing_once(store: Store) -> None:
    house = await kitchen_of(store)
    await house.book(ANN, sitting_id=NOON)
    await asyncio.gather(*(kitchen.print_list(house.ctx(DESK), NOON) for _ in range(5)))
    await kitchen.print_list(house.ctx(DESK), NOON)
    assert await store.count("prints", {}) == 1


async def test_walk_ins_and_the_redeemed_are_counted_apart(store: Store) -> None:
    house = await open_canteen(store)
    house.clock.forward(hours=-1)
    await house.publish(lunch(noon(walk_ins=True), on=MONDAY))
    order = await house.book(ANN, sitting_id=TODAY, portions=3)
    await house.book(BOB, sitting_id=TODAY)
    house.clock.forward(hours=3, minutes=40)  # 11:40
    await house.step(DESK, order, "redeem")
    await house.walk_in(CAT, sitting_id=TODAY, portions=2)
    listed = await kitchen.cook_list(house.ctx(DESK), TODAY)
    assert (listed.portions, listed.redeemed, listed.walk_ins) == (4, 3, 2)


async def test_meals_are_delivered_by_building_and_place(store: Store) -> None:
    house = await kitchen_of(store)
    pork = chosen(**{house.pork: 1})
    await house.book(BOB, sitting_id=NOON, deliver_to="plc_2")
    order = await house.book(CAT, sitting_id=NOON, portions=2, dishes=pork, deliver_to="plc_1")
    await house.book(ANN, sitting_id=NOON, deliver_to="plc_1")
    await house.book(DAN, sitting_id=NOON)
    stops = (await kitchen.deliveries(house.ctx(DESK), NOON)).items
    assert [(stop.building, stop.place, stop.portions) for stop in stops] == [
        ("1号楼", "一楼大厅", 3), ("2号楼", "值班室", 1),
    ]  # fmt: skip
    assert [parcel.name for parcel in stops[0].orders] == ["ann", "cat"]
    parcel = stops[0].orders[1]
    assert (parcel.order_id, parcel.portions, parcel.state) == (order["_id"], 2, "booked")
    assert [(dish.name, dish.count) for dish in parcel.dishes] == [("红烧肉", 1)]
    assert "deliver" not in parcel.can  # its owner may still change it
    house.clock.forward(days=1, hours=2)
    late = (await kitchen.deliveries(house.ctx(DESK), NOON)).items[0].orders[1]
    assert "deliver" in late.can


async def test_the_sheet_says_what_the_list_says(store: Store) -> None:
    house = await kitchen_of(store)
    await house.book(ANN, sitting_id=NOON, dishes=chosen(**{house.pork: 2}))
    await kitchen.print_list(house.ctx(DESK), NOON)
    await house.book(BOB, sitting_id=NOON, dishes=chosen(**{house.pork: 1}))
    lines = (await kitchen.cook_sheet(house.ctx(DESK), NOON)).decode().splitlines()
    assert lines == ["菜品,份数,已打印,变化", "订餐份数,2,1,1", "红烧肉,3,2,1"]
    assert await store.count("audit", {"act": "meals.export", "object": NOON}) == 1


@pytest.mark.parametrize("act", ["cook_list", "print_list", "deliveries", "cook_sheet"])
async def test_the_kitchen_is_its_own_canteens(store: Store, act: str) -> None:
    house = await kitchen_of(store)
    look_in = getattr(kitchen, act)
    assert isinstance(await house.refused(look_in(house.ctx(WEST_DESK), NOON)), Forbidden)
    assert isinstance(await house.refused(look_in(house.ctx(DESK), "sit_none")), SittingUnknown)
