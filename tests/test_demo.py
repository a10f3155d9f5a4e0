"""The demo's meals: enough to try everything, the same when seeded again, always ahead of today."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models import people
from models.base import views
from models.base.attachments import FILES
from models.base.calendar import Calendar
from models.base.clock import campus_date
from models.base.context import Context, House
from models.base.store import Document, Store
from models.meals import closing_days, sittings
from models.meals.closing_days import DaysQuery
from scripts import demo_meals, demo_people
from scripts.demo_dishes import MENU_1, MENU_2
from scripts.demo_pictures import SIZE, draw
from scripts.demo_turns import acting, house_at
from server.adapters.files import StoredFiles
from tests.machinery import MovingClock, a_house, fake_ports

SUNDAY = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
AHEAD = 10  # working days the contract promises
KEPT = ("people", "canteens", "dishes", "menus", "sittings", "closing_days", "orders", "claims")


async def settle(store: Store) -> None:
    """Have those in place whom the meals of the demo are about."""
    wanted = [*(f"S{number:04}" for number in range(42, 72)), *demo_people.POSTS]
    persons = [each for each in demo_people.people() if each["employee_no"] in wanted]
    await store.insert(people.PEOPLE, *persons)


async def everything(store: Store) -> dict[str, list[Document]]:
    return {name: await store.find(name, {}, sort=[("_id", 1)]) for name in (*KEPT, "policies")}


async def open_days(house: House) -> dict[date, bool]:
    """The next working days, and whether something can be eaten on them."""
    page = await closing_days.strip(house, DaysQuery(days=31))
    return {day.date: day.open for day in page.items if day.workday}


async def staff(house: House, number: int) -> Context:
    return await acting(house, f"S{number:04}")


async def expected(store: Store) -> list[str]:
    """The employee numbers of those who have a meal in the days to come."""
    ahead = {"data.date": {"$gt": campus_date(SUNDAY).isoformat()}}
    owners = {order["owner"] for order in await store.find("orders", ahead)}
    found = await store.find(people.PEOPLE, {"_id": {"$in": sorted(owners)}})
    assert len(found) == 8
    return [person["employee_no"] for person in found]


async def books_balance(store: Store) -> None:
    orders = await store.find("orders", {})
    held = Counter[str]()
    for order in orders:
        held.update({hold["thing"]: hold["n"] for hold in order["holds"]})
    for sitting in await store.find("sittings", {}):
        assert sitting["left"] + held[sitting["_id"]] == sitting["capacity"]


async def test_the_demo_has_something_on_every_page(store: Store) -> None:
    clock = MovingClock(SUNDAY)
    files = StoredFiles(store, clock)
    ports = fake_ports(files=files)
    house = a_house(store, clock, ports=ports)
    await settle(store)
    await demo_meals.seed(house)
    files.close()
    await books_balance(store)
    lunches = [
        sitting
        for sitting in (await sittings.of_day(house, date(2026, 11, 23))).items
        if sitting.meal.id == "lunch"
    ]
    assert {sitting.canteen.name for sitting in lunches} == {"第一食堂", "第二食堂"}
    assert {sitting.state for sitting in lunches} == {"open"}
    assert min(sitting.capacity for sitting in lunches) == 60
    assert max(sitting.capacity for sitting in lunches) == 300
    assert any(sitting.walk_ins for sitting in lunches)
    for dish in lunches[0].dishes:
        assert dish.allergens or dish.allergen_free
        assert dish.picture is not None
        assert await files.read(dish.picture.rpartition("/")[2]) is not None
    assert await store.count(FILES, {}) == len(MENU_1) + len(MENU_2)
    ann = await views.mine(await staff(house, 42), views.OrderQuery())
    assert [order.state for order in ann.items] == ["rated", "rated"]
    states = Counter(order["state"] for order in await store.find("orders", {}))
    assert set(states) == {"booked", "eaten", "rated"}
    assert not [who for who in await expected(store) if who.startswith("S")]


async def test_seeding_again_leaves_what_is_there_and_adds_the_coming_days(store: Store) -> None:
    clock = MovingClock(SUNDAY)
    house = a_house(store, clock)
    await settle(store)
    await demo_meals.seed(house)
    edited: Any = {"$set": {"state": "draft", "days": []}, "$inc": {"version": 1}}
    await store.update("menus", {"_id": "ctn_1:2026-W48"}, edited)
    before = await everything(store)
    await demo_meals.seed(house)
    assert await everything(store) == before
    for later in (datetime(2026, 12, 30, tzinfo=UTC), datetime(2027, 2, 5, tzinfo=UTC)):
        clock.now = later
        await demo_meals.seed(house_at(house, later))
        days = list((await open_days(house_at(house, later))).values())
        assert days[:AHEAD] == [True] * AHEAD
    after = await everything(store)
    for name in ("people", "canteens", "dishes", "orders", "closing_days", "policies"):
        assert after[name] == before[name]
    kept = {menu["_id"]: menu for menu in after["menus"]}
    assert [kept[menu["_id"]] for menu in before["menus"]] == before["menus"]


@pytest.mark.parametrize("day", [date(2026, 9, 28), date(2026, 11, 20), date(2026, 12, 31)])
def test_the_weeks_reach_ten_working_days_ahead(day: date) -> None:
    calendar = Calendar()
    days = {each for week in demo_meals.weeks(day, calendar) for each in week.days}
    coming = day
    for _ in range(AHEAD):
        coming = calendar.next_workday(coming)
        assert coming in days
    assert day - timedelta(days=day.weekday()) in days


def test_a_dish_is_drawn_the_same_every_time() -> None:
    dish = MENU_1[0]
    first, second = draw(dish.name, dish.look), draw(dish.name, dish.look)
    assert first.size == SIZE
    assert first.tobytes() == second.tobytes()
    looks = {draw(each.name, each.look).tobytes() for each in (*MENU_1, *MENU_2)}
    assert len(looks) == len(MENU_1) + len(MENU_2) >= 24
