"""Closing days: the day is shut, everyone is told, and it can be taken back."""

from __future__ import annotations

import asyncio
from datetime import date

from models.base.calendar import Decision
from models.base.errors import Forbidden
from models.base.store import Store
from models.meals import closing_days, menus, publishing, sittings
from models.meals.closing_days import ClosingDay, ClosingDayRef, DaysQuery, DayView
from models.meals.menus import MenuDay
from models.meals.refusals import DayFarAway, DayPast, SittingCancelled, StillCallingOff
from models.meals.sittings import Reason
from tests.canteen_house import (
    FRIDAY,
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
from tests.meals_house import ANN, BOSS, DESK, WEST_DESK

SHUT = ClosingDay(canteen="ctn_1", date=TUESDAY, note="设备检修")
IT = ClosingDayRef(canteen="ctn_1", date=TUESDAY)


async def strip(house: Canteen, first: date = MONDAY, days: int = 7) -> list[DayView]:
    query = DaysQuery(from_=first, days=days)
    return (await closing_days.strip(house.house, query)).items


async def test_everyone_with_an_order_on_a_closing_day_is_told(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(), later()), lunch(on=FRIDAY))
    order = await house.book(ANN, sitting_id=NOON)
    await closing_days.add(house.ctx(DESK), SHUT)
    await house.work()
    assert await house.state(order) == "called_off"
    assert await house.told(ANN) == ["meal-called-off"]
    assert [(await house.sitting(each))["state"] for each in (NOON, LATER)] == ["cancelled"] * 2
    assert (await house.sitting("sit_1_20261127_lunch_1130"))["state"] == "open"
    await fails(house.book(ANN, "again", sitting_id=NOON), SittingCancelled)


async def test_closing_twice_is_closing_once(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch())
    await closing_days.add(house.ctx(DESK), SHUT)
    before = await house.everything()
    assert await closing_days.add(house.ctx(DESK), SHUT) == SHUT
    assert await house.everything() == before
    assert len(before["closing_days"]) == 1


async def test_several_days_can_be_closed_at_the_same_moment(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(), lunch(on=FRIDAY))
    days = [TUESDAY, TUESDAY, FRIDAY, MONDAY]
    each = [ClosingDay(canteen="ctn_1", date=day, note="设备检修") for day in days]
    await asyncio.gather(*(closing_days.add(house.ctx(DESK), shut) for shut in each))
    assert await store.count("closing_days", {}) == 3


async def test_nothing_is_published_on_a_closing_day(store: Store) -> None:
    house = await open_canteen(store)
    await closing_days.add(house.ctx(DESK), SHUT)
    await house.publish(lunch(), lunch(on=FRIDAY))
    assert await house.sitting_ids() == ["sit_1_20261127_lunch_1130"]


async def test_a_closing_day_taken_back_can_be_published_again(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch())
    await house.book(ANN, sitting_id=NOON)
    await closing_days.add(house.ctx(DESK), SHUT)
    refusal = await house.refused(closing_days.remove(house.ctx(DESK), IT))
    assert isinstance(refusal, StillCallingOff)
    await house.work()
    await closing_days.remove(house.ctx(DESK), IT)
    await closing_days.remove(house.ctx(DESK), IT)  # a second tap finds it done
    assert await house.sitting_ids() == []
    menu = await publishing.publish(house.ctx(DESK), REF)
    assert menu.state == "published"
    assert (await house.book(ANN, "again", sitting_id=NOON))["state"] == "booked"


async def test_a_sitting_cancelled_before_stays_cancelled_when_the_day_opens(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(noon(), later()))
    await sittings.cancel(house.ctx(DESK), NOON, Reason(reason="停气"))
    await closing_days.add(house.ctx(DESK), SHUT)
    await house.work()
    await closing_days.remove(house.ctx(DESK), IT)
    await publishing.publish(house.ctx(DESK), REF)
    assert (await house.sitting(NOON))["state"] == "cancelled"
    assert (await house.sitting(LATER))["state"] == "open"


async def test_a_saved_menu_shows_the_day_shut_and_its_meals_come_back(store: Store) -> None:
    house = await open_canteen(store)
    planned = (await house.publish(lunch(noon()), lunch(on=FRIDAY))).days
    await closing_days.add(house.ctx(DESK), SHUT)
    await house.work()
    shut = [MenuDay(date=TUESDAY, closed=True, note="设备检修"), planned[1]]
    menu = await menus.read(house.ctx(DESK), REF)
    assert menu.days == shut
    friday = lunch(later(), on=FRIDAY)
    saved = await house.save(shut[0], friday, version=menu.version)
    assert saved.days[0] == shut[0]
    assert (await publishing.publish(house.ctx(DESK), REF)).days[0] == shut[0]
    await closing_days.remove(house.ctx(DESK), IT)
    assert (await menus.read(house.ctx(DESK), REF)).days == [planned[0], saved.days[1]]


async def test_closing_is_for_the_own_canteen_and_the_days_to_come(store: Store) -> None:
    house = await open_canteen(store)
    act = closing_days.add(house.ctx(WEST_DESK), SHUT)
    assert isinstance(await house.refused(act), Forbidden)
    act = closing_days.add(
        house.ctx(DESK), ClosingDay(canteen="ctn_1", date=date(2026, 11, 22), note="检修")
    )
    assert isinstance(await house.refused(act), DayPast)
    await closing_days.add(house.ctx(BOSS), SHUT)
    gone = closing_days.remove(house.ctx(WEST_DESK), IT)
    assert isinstance(await house.refused(gone), Forbidden)


async def test_the_strip_says_what_is_open_and_what_is_special(store: Store) -> None:
    house = await open_canteen(store)
    await house.publish(lunch(), lunch(on=FRIDAY))
    friday = ClosingDay(canteen="ctn_1", date=FRIDAY, note="年末盘点")
    await closing_days.add(house.ctx(DESK), friday)
    holiday = Decision(day=date(2026, 11, 26), kind="holiday", note="校庆")
    await house.house.calendars.record([holiday])
    days = await strip(house)
    assert [day.open for day in days] == [False, True, False, False, False, False, False]
    assert [day.note for day in days] == [
        "", "", "", "校庆", "东食堂：年末盘点", "休息日", "休息日",
    ]  # fmt: skip
    assert [day.workday for day in days] == [True, True, True, False, True, False, False]
    assert not any(day.provisional for day in days)


async def test_a_year_without_a_notice_is_provisional(store: Store) -> None:
    house = await open_canteen(store)
    days = await strip(house, date(2026, 12, 31), 2)
    assert [day.provisional for day in days] == [False, True]


async def test_the_strip_begins_today_unless_asked(store: Store) -> None:
    house = await open_canteen(store)
    page = await closing_days.strip(house.house, DaysQuery())
    assert (page.items[0].date, len(page.items)) == (MONDAY, 14)


async def test_days_far_away_are_turned_away(store: Store) -> None:
    house = await open_canteen(store)
    for day in (date(1, 1, 1), date(9999, 12, 31)):
        await fails(strip(house, day), DayFarAway)
    never = ClosingDay(canteen="ctn_1", date=date(9999, 12, 31), note="检修")
    refusal = await house.refused(closing_days.add(house.ctx(DESK), never))
    assert isinstance(refusal, DayFarAway)


async def test_a_publication_under_way_sees_the_day_being_shut(store: Store) -> None:
    house = await open_canteen(store)
    await house.save(lunch())
    await closing_days.add(house.ctx(DESK), SHUT)
    assert (await house.store.get("menus", f"ctn_1:{REF.week}") or {})["version"] == 2
