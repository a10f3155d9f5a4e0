"""Publishing: sittings come to stand as the menu says; what people have taken is never touched."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base.clock import CAMPUS
from models.base.errors import Forbidden
from models.base.store import Store
from models.meals import canteens, dishes, menus, publishing, sittings
from models.meals.canteens import Serving
from models.meals.dishes import DishInput
from models.meals.menus import MenuDay, MenuRef
from models.meals.refusals import (
    MenuNotReady,
    MenuUnknown,
    SittingCancelled,
    SittingsTaken,
)
from models.meals.sittings import Reason, SoldOut
from tests.canteen_house import (
    EAST,
    KEPT,
    LATER,
    MONDAY,
    NOON,
    REF,
    TUESDAY,
    Canteen,
    fails,
    later,
    lunch,
    noon,
    open_canteen,
)
from tests.meals_house import ANN, BOB, BOSS, CAT, DESK, WEST_DESK


async def publish(house: Canteen) -> menus.MenuView:
    return await publishing.publish(house.ctx(DESK), REF)


async def test_a_published_menu_can_be_ordered_from(store: Store) -> None:
    house = await open_canteen(store)
    menu = await house.publish(lunch(noon(), later(), dishes=[house.pork, house.greens]))
    assert (menu.state, menu.published_at) == ("published", house.clock())
    assert await house.sitting_ids() == [NOON, LATER]
    (first, _) = (await sittings.of_day(house.house, TUESDAY)).items
    assert first.closes_at == datetime(2026, 11, 24, 9, 30, tzinfo=CAMPUS)
    assert (first.capacity, first.remaining, first.price) == (10, 10, 1500)
    assert [dish.name for dish in first.dishes] == ["红烧肉", "清炒时蔬"]
    order = await house.book(ANN, sitting_id=NOON, portions=2)
    assert order["price"] == 3000
    assert await house.left(NOON) == 8


async def test_publishing_twice_is_publishing_once(store: Store) -> None:
    house = await open_canteen(store)
    first = await house.publish(lunch(noon(), dishes=[house.pork]))
    before = await house.everything()
    house.clock.forward(hours=1)
    assert await publish(house) == first
    assert await house.everything() == before


async def test_an_edit_changes_what_changed_and_keeps_what_is_booked(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(10), later(), dishes=[house.pork, house.greens]))
    await house.book(ANN, sitting_id=NOON, portions=3)
    await sittings.mark_sold_out(house.ctx(DESK), NOON, house.pork, SoldOut(sold_out=True))
    await house.publish(lunch(noon(4, walk_ins=True), later(), dishes=[house.pork], price=1800))
    changed = await house.sitting()
    assert (changed["capacity"], changed["left"]) == (4, 1)
    assert (changed["walk_ins"], changed["price"]) == (True, 1800)
    assert [(d["name"], d["sold_out"]) for d in changed["dishes"]] == [("红烧肉", True)]
    assert await house.left(NOON) == 1


async def test_the_capacity_never_falls_below_what_is_booked(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(10)))
    await house.book(ANN, sitting_id=NOON, portions=4)
    await house.save(lunch(noon(3)), version=2)
    refusal = await house.refused(publish(house))
    assert isinstance(refusal, MenuNotReady)
    assert refusal.errors == ((f"/sittings/{NOON}/capacity", "已有 4 人预订"),)
    await house.publish(lunch(noon(4)))
    assert await house.left(NOON) == 0


async def test_a_sitting_people_have_ordered_in_does_not_vanish(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(), later()))
    await house.book(ANN, sitting_id=NOON, portions=2)
    await house.save(lunch(later(9)), version=2)
    refusal = await house.refused(publish(house))
    assert isinstance(refusal, SittingsTaken)
    (listed,) = refusal.facts["sittings"]
    assert (listed["id"], listed["booked"], listed["waiting"]) == (NOON, 2, 0)
    await sittings.cancel(house.ctx(DESK), NOON, Reason(reason="停气"))
    await house.work()
    assert (await publish(house)).state == "published"
    assert (await house.sitting(LATER))["capacity"] == 9
    assert (await house.sitting(NOON))["state"] == "cancelled"


async def test_a_sitting_nobody_is_in_is_taken_away(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(), later()))
    order = await house.book(ANN, sitting_id=NOON)
    await house.step(ANN, order, "cancel")
    await house.publish(lunch(later()))
    assert await house.sitting_ids() == [LATER]


async def test_what_was_cancelled_or_closed_stays_so(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(), later()))
    await sittings.cancel(house.ctx(DESK), NOON, Reason(reason="停气"))
    await sittings.close(house.ctx(DESK), LATER)
    await house.publish(lunch(noon(20), later(20)))
    assert (await house.sitting(NOON))["capacity"] == 10
    await fails(house.book(ANN, sitting_id=NOON), SittingCancelled)
    assert ((await house.sitting(LATER))["state"], (await house.sitting(LATER))["enabled"]) == (
        "closed",
        False,
    )


async def test_every_reason_against_publishing_is_named(store: Store) -> None:
    house = await open_canteen(store)
    mystery = await house.dish("神秘汤", allergen_free=False)
    await house.save(lunch(noon(), dishes=[mystery, house.pork, house.greens]))
    off = DishInput(name="红烧肉", category="热菜", allergens=["soy"], enabled=False)
    await dishes.change(house.ctx(DESK), house.pork, off)
    refusal = await house.refused(publish(house))
    assert isinstance(refusal, MenuNotReady)
    assert refusal.errors == (
        ("/days/0/meals/0/dishes/0", "“神秘汤”未注明过敏原"),
        ("/days/0/meals/0/dishes/1", "“红烧肉”已停用"),
    )


async def test_a_disabled_canteen_publishes_nothing(store: Store) -> None:
    house = await open_canteen(store)
    await house.save(lunch())
    shut = canteens.CanteenInput(name="东食堂", location="1号楼", enabled=False, meals=EAST.meals)
    await canteens.put(house.ctx(BOSS), "ctn_1", shut)
    refusal = await house.refused(publish(house))
    assert refusal.errors == (("/canteen", "食堂已停用"),)


async def test_what_has_begun_is_left_alone(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(), later(), on=MONDAY))
    house.clock.forward(hours=2, minutes=45)  # 11:45: one has begun, one has not
    await house.publish(lunch(Serving(starts="13:00", ends="13:30", capacity=5), on=MONDAY))
    day = "sit_1_20261123_lunch_"
    assert await house.sitting_ids() == [f"{day}1130", f"{day}1300"]
    sitting = await house.sitting(f"{day}1300")
    assert sitting["closes_at"] == datetime(2026, 11, 23, 9, 30, tzinfo=CAMPUS)


async def test_a_sitting_closes_when_it_begins_at_the_latest(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(Serving(starts="07:00", ends="07:30", capacity=5)))
    sitting = await house.sitting("sit_1_20261124_lunch_0700")
    assert sitting["closes_at"] == sitting["starts_at"]


async def test_publishing_is_for_the_canteen_and_needs_a_menu(store: Store) -> None:
    house = await open_canteen(store)
    await fails(publish(house), MenuUnknown)
    await house.save(lunch())
    act = publishing.publish(house.ctx(WEST_DESK), REF)
    assert isinstance(await house.refused(act), Forbidden)
    ref = MenuRef(canteen="ctn_2", week=REF.week)
    await fails(publishing.publish(house.ctx(DESK), ref), Forbidden)


async def test_ordering_and_publishing_at_the_same_moment_lose_nothing(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(10)))
    await house.save(lunch(noon(2)), version=2)
    acts: list[Any] = [house.book(who, who, sitting_id=NOON, portions=1) for who in (ANN, BOB, CAT)]
    answers = await asyncio.gather(publish(house), *acts, return_exceptions=True)
    sitting, left = await house.sitting(), await house.left(NOON)
    booked = sum(isinstance(answer, dict) for answer in answers)
    assert booked + left == sitting["capacity"]
    assert sitting["capacity"] == (10 if isinstance(answers[0], MenuNotReady) else 2)


async def test_many_who_publish_at_once_publish_once(store: Store) -> None:
    house = await open_canteen(store)
    await house.save(lunch(noon(), later()))
    answers = await asyncio.gather(*(publish(house) for _ in range(4)))
    assert {answer.version for answer in answers} == {2}
    assert await house.sitting_ids() == [NOON, LATER]


SERVINGS = st.lists(
    st.builds(
        Serving,
        starts=st.sampled_from(["11:00", "11:30", "12:00", "12:30"]),
        ends=st.just("13:00"),
        capacity=st.integers(0, 50),
        walk_ins=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda serving: serving.starts,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(weeks=st.lists(SERVINGS, min_size=1, max_size=4))
def test_the_last_menu_published_is_what_stands(
    store: Store, runner: asyncio.Runner, weeks: list[list[Serving]]
) -> None:
    async def story() -> None:
        for name in ("people", *KEPT):
            await store.delete(name, {})
        house = await open_canteen(store)
        for wanted in weeks:
            day = lunch(*wanted) if wanted else MenuDay(date=TUESDAY)
            await house.publish(day)
            stands = (await sittings.of_day(house.house, TUESDAY)).items
            assert [
                (f"{each.starts_at.astimezone(CAMPUS):%H:%M}", each.capacity, each.walk_ins)
                for each in stands
            ] == sorted((each.starts, each.capacity, each.walk_ins) for each in wanted)

    runner.run(story())
