"""Dishes: allergens said or denied, names of their own, pictures, corrections at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from models.base.errors import Forbidden
from models.base.ports import ImageError
from models.base.store import Store
from models.meals import dishes
from models.meals.dishes import CanteenQuery, DishInput, NewDish
from models.meals.refusals import (
    AllergensContradict,
    DishMissing,
    DishNameTaken,
    PictureUnusable,
)
from tests.canteen_house import fails, lunch, noon, open_canteen
from tests.machinery import FakeFiles
from tests.meals_house import BOSS, DESK, WEST_DESK

PORK = DishInput(name="红烧肉", category="热菜", price=900, allergens=["soy", "gluten"])


async def test_dishes_are_listed_with_whether_they_may_be_published(store: Store) -> None:
    house = await open_canteen(store)
    await house.dish("神秘汤", allergen_free=False)
    page = await dishes.listed(house.ctx(DESK), CanteenQuery(canteen="ctn_1"))
    assert [(dish.name, dish.ready) for dish in page.items] == [
        ("清炒时蔬", True), ("神秘汤", False), ("红烧肉", True),
    ]  # fmt: skip
    assert page.items[2].picture is None


async def test_a_name_is_used_once_in_a_canteen(store: Store) -> None:
    house = await open_canteen(store)
    again = NewDish(canteen="ctn_1", name="红烧肉", category="热菜")
    refusal = await house.refused(dishes.add(house.ctx(DESK), again))
    assert isinstance(refusal, DishNameTaken)
    change = msgspec.structs.replace(PORK, name="清炒时蔬")
    refusal = await house.refused(dishes.change(house.ctx(DESK), house.pork, change))
    assert isinstance(refusal, DishNameTaken)
    elsewhere = NewDish(canteen="ctn_2", name="红烧肉", category="热菜")
    assert (await dishes.add(house.ctx(WEST_DESK), elsewhere)).canteen == "ctn_2"


async def test_a_dish_cannot_hold_allergens_and_be_free_of_them(store: Store) -> None:
    house = await open_canteen(store)
    both = msgspec.structs.replace(PORK, allergen_free=True)
    refusal = await house.refused(dishes.change(house.ctx(DESK), house.pork, both))
    assert isinstance(refusal, AllergensContradict)


async def test_an_allergen_is_corrected_in_coming_sittings_and_a_price_is_not(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(), dishes=[house.greens, house.pork]))
    before = await house.sitting()
    await dishes.change(house.ctx(DESK), house.pork, PORK)
    after = await house.sitting()
    assert after["dishes"][1]["allergens"] == ["gluten", "soy"]
    assert after["dishes"][1]["price"] == 800
    assert after["dishes"][0] == before["dishes"][0]
    assert after["terms"] == before["terms"] + 1


async def test_a_picture_is_shown_in_coming_sittings_but_not_in_those_gone_by(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(), dishes=[house.pork]))
    house.clock.forward(days=2)
    await dishes.set_picture(house.ctx(DESK), house.pork, Path("picture.png"))
    assert (await house.sitting())["dishes"][0]["picture"] is None
    house.clock.forward(days=-2)
    shown = await dishes.set_picture(house.ctx(DESK), house.pork, Path("picture.png"))
    assert shown.picture == "/api/v1/files/fil_1"
    assert (await house.sitting())["dishes"][0]["picture"] == "/api/v1/files/fil_1"


class Unreadable(FakeFiles):
    async def store_image(
        self, path: Path, max_side: int, seen_by: Sequence[str], until: datetime | None = None
    ) -> str:
        raise ImageError("not-a-picture")


async def test_what_is_no_picture_changes_nothing(store: Store) -> None:
    house = await open_canteen(store)
    object.__setattr__(house.house.ports, "files", Unreadable())
    act = dishes.set_picture(house.ctx(DESK), house.pork, Path("notes.txt"))
    refusal = await house.refused(act)
    assert isinstance(refusal, PictureUnusable)
    assert refusal.facts == {"reason": "not-a-picture"}


async def test_dishes_are_for_their_own_canteen(store: Store) -> None:
    house = await open_canteen(store)
    for act in (
        dishes.listed(house.ctx(WEST_DESK), CanteenQuery(canteen="ctn_1")),
        dishes.change(house.ctx(WEST_DESK), house.pork, PORK),
        dishes.set_picture(house.ctx(WEST_DESK), house.pork, Path("picture.png")),
        dishes.add(house.ctx(WEST_DESK), NewDish(canteen="ctn_1", name="汤", category="汤")),
    ):
        assert isinstance(await house.refused(act), Forbidden)
    await fails(dishes.change(house.ctx(BOSS), "dsh_none", PORK), DishMissing)


@pytest.mark.parametrize("name", ["鱼、肉", " 汤", "汤 ", "a,b", "一;二", ""])
def test_a_name_does_not_hold_what_separates_names(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": name, "category": "汤"}, DishInput)
