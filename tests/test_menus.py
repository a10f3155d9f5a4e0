"""Menus: drafts by compare-and-set, what cannot be meant, weeks copied onto weeks."""

from __future__ import annotations

from datetime import date, timedelta

from models.base.calendar import Decision
from models.base.errors import Forbidden, VersionNeeded
from models.base.store import Store
from models.base.transitions import StaleVersion
from models.meals import closing_days, dishes, menus
from models.meals.closing_days import ClosingDay
from models.meals.dishes import DishInput
from models.meals.menus import CopyInput, LeftOut, MenuDay, MenuMeal, MenuRef
from models.meals.refusals import MenuUnknown, MenuWrong, WeekUnknown
from tests.canteen_house import (
    FRIDAY,
    MONDAY,
    REF,
    TUESDAY,
    WEEK,
    Canteen,
    fails,
    later,
    lunch,
    noon,
    open_canteen,
)
from tests.meals_house import BOSS, DESK, WEST_DESK

NEXT = "2026-W49"


async def copy(house: Canteen, to: str = NEXT, version: int | None = None) -> menus.MenuView:
    body = CopyInput(canteen="ctn_1", from_week=WEEK, to_week=to)
    return await menus.copy(house.ctx(DESK, if_match=version), body)


async def test_a_week_without_a_menu_suggests_the_usual_sittings(store: Store) -> None:
    house = await open_canteen(store)
    await closing_days.add(house.ctx(DESK), ClosingDay(canteen="ctn_1", date=TUESDAY, note="检修"))
    menu = await menus.read(house.ctx(DESK), REF)
    assert (menu.version, menu.state) == (0, "draft")
    assert [day.date for day in menu.days] == [MONDAY + timedelta(days=n) for n in range(7)]
    assert menu.days[0].meals[0].sittings == [noon()]
    assert menu.days[0].meals[0].price == 1500
    assert (menu.days[1].closed, menu.days[1].note, menu.days[1].meals) == (True, "检修", [])
    assert [day.closed for day in menu.days[5:]] == [True, True]
    assert await store.count(closing_days.MENUS, {}) == 0


async def test_a_draft_is_kept_as_it_was_saved(store: Store) -> None:
    house = await open_canteen(store)
    saved = await house.save(lunch(on=FRIDAY), lunch(dishes=[house.pork], price=900))
    assert (saved.version, saved.state) == (1, "draft")
    read = await menus.read(house.ctx(BOSS), REF)
    assert read == saved
    assert [day.date for day in read.days] == [TUESDAY, FRIDAY]
    assert [day.meals[0].price for day in read.days] == [900, 1500]
    assert await house.sitting_ids() == []


async def test_of_two_who_edit_the_same_version_the_second_is_told(store: Store) -> None:
    house = await open_canteen(store)
    await house.save(lunch())
    await house.save(lunch(later()), version=1)
    refusal = await house.refused(house.save(lunch(noon(99)), version=1))
    assert isinstance(refusal, StaleVersion)
    assert refusal.facts == {"state": "draft", "version": 2}
    assert isinstance(await house.refused(house.save(lunch())), VersionNeeded)
    await fails(house.save(version=1, week=NEXT), MenuUnknown)


async def test_everything_that_cannot_be_meant_is_named(store: Store) -> None:
    house = await open_canteen(store)
    wrong = MenuDay(
        date=TUESDAY,
        meals=[
            MenuMeal(meal="brunch", dishes=["dsh_none", house.pork, house.pork]),
            MenuMeal(meal="lunch", sittings=[noon(), noon(starts="12:30")]),
            MenuMeal(meal="lunch", sittings=[noon(), noon()]),
        ],
    )
    shut = MenuDay(date=FRIDAY, closed=True, meals=[MenuMeal(meal="lunch")])
    days = [wrong, shut, lunch(on=TUESDAY), lunch(on=date(2026, 11, 30))]
    refusal = await house.refused(house.save(*days))
    assert isinstance(refusal, MenuWrong)
    assert dict(refusal.errors) == {
        "/days/0/meals/0/meal": "该食堂没有此餐次",
        "/days/0/meals/0/dishes/0": "该食堂没有此菜品",
        "/days/0/meals/0/dishes/2": "菜品重复",
        "/days/0/meals/1/sittings/1/ends": "结束时间须晚于开始时间",
        "/days/0/meals/2/meal": "餐次重复",
        "/days/0/meals/2/sittings/1/starts": "同一餐次有相同的开始时间",
        "/days/1/meals": "停餐日不能安排餐次",
        "/days/2/date": "日期重复",
        "/days/3/date": "不在 2026-W48 周内",
    }


async def test_a_menu_is_for_its_own_canteen(store: Store) -> None:
    house = await open_canteen(store)
    await fails(menus.read(house.ctx(WEST_DESK), REF), Forbidden)
    await fails(menus.read(house.ctx(DESK), MenuRef(canteen="ctn_1", week="2027-W53")), WeekUnknown)


async def test_a_copied_week_keeps_weekdays_and_leaves_out_what_is_not_on_offer(
    store: Store,
) -> None:
    house = await open_canteen(store)
    await house.save(lunch(noon(7), dishes=[house.pork, house.greens]), lunch(on=FRIDAY))
    off = DishInput(name="红烧肉", category="热菜", allergens=["soy"], enabled=False)
    await dishes.change(house.ctx(DESK), house.pork, off)
    copied = await copy(house)
    assert [day.date for day in copied.days] == [date(2026, 12, 1), date(2026, 12, 4)]
    assert copied.days[0].meals[0].dishes == [house.greens]
    assert copied.days[0].meals[0].sittings == [noon(7)]
    assert copied.left_out == [
        LeftOut(date=date(2026, 12, 1), dish=house.pork, name="红烧肉", why="disabled")
    ]
    assert (copied.state, copied.version) == ("draft", 1)


async def test_a_copied_week_stays_shut_where_the_canteen_or_the_campus_is(store: Store) -> None:
    house = await open_canteen(store)
    await closing_days.add(
        house.ctx(DESK), ClosingDay(canteen="ctn_1", date=date(2026, 12, 1), note="检修")
    )
    holiday = Decision(day=date(2026, 12, 4), kind="holiday", note="校庆")
    await house.house.calendars.record([holiday])
    saturday = MONDAY + timedelta(days=5)
    await house.save(lunch(), lunch(on=FRIDAY), lunch(on=saturday))
    days = (await copy(house)).days
    assert [(day.closed, day.note, len(day.meals)) for day in days] == [
        (True, "检修", 0), (True, "校庆", 0), (False, "", 1),
    ]  # fmt: skip


async def test_a_copy_over_a_menu_names_the_version_it_replaces(store: Store) -> None:
    house = await open_canteen(store)
    await house.save(lunch())
    await copy(house)
    assert isinstance(await house.refused(copy(house)), VersionNeeded)
    assert (await copy(house, version=1)).version == 2


async def test_weeks_are_copied_across_new_year(store: Store) -> None:
    house = await open_canteen(store)
    await house.save(lunch(on=MONDAY), lunch(on=FRIDAY))
    days = (await copy(house, to="2026-W53")).days
    assert [day.date for day in days] == [date(2026, 12, 28), date(2027, 1, 1)]


async def test_a_week_that_was_never_planned_cannot_be_copied(store: Store) -> None:
    house = await open_canteen(store)
    assert isinstance(await house.refused(copy(house)), MenuUnknown)
