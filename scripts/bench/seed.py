"""What stands in the database before anything is measured, put there by the product itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from models import people
from models.base import orders
from models.base.calendar import Week
from models.base.context import Context, House
from models.base.decisions import CLAIMS
from models.base.store import Document
from models.meals import canteens, dishes, menus, publishing
from models.meals.booking import Booking, DishChoice
from models.people import PEOPLE
from scripts import demo_people
from scripts.bench import seed_repairs, seed_rooms
from server.app import build_app
from server.database import connected
from server.settings import Settings

CANTEEN: Final = "ctn_1"
MEAL: Final = "lunch"
QUIET: Final = "11:30"
RUSH: Final = "12:00"
QUIET_PLACES: Final = 2_000
MANAGER: Final = "A0001"
GUEST: Final = "S2000"  # whose order is the sample; nobody in the rush
DISHES: Final = 12
PAST_DAYS: Final = 60
BATCH: Final = 500


async def campus(settings: Settings, day: date, places: int) -> list[str]:
    """Everybody, a canteen with `places` in its rush on `day`, rooms from that day on, a meal, a
    meeting and a ticket in each state of a board; the dishes' ids.
    """
    app = await build_app(replace(settings, worker=False))
    await app.start()
    try:
        await demo_people.seed(app.house.store, app.house.clock)
        known = await _menu(await _turn_of(app.house, MANAGER), day, places)
        quiet = publishing.sitting_id(CANTEEN, day, MEAL, QUIET)
        chosen = [DishChoice(dish_id=dish) for dish in known[:2]]
        guest = await _turn_of(app.house, GUEST, "sample-of-a-meal")
        await orders.place(guest, "meal", Booking(sitting_id=quiet, dishes=chosen))
        await seed_rooms.furnish(await _turn_of(app.house, MANAGER), day)
        guest = await _turn_of(app.house, GUEST, "sample-of-a-meeting")
        await orders.place(guest, "meeting", seed_rooms.sample(day))
        await seed_repairs.furnish(partial(_turn_of, app.house), MANAGER, GUEST)
    finally:
        await app.drain()
    return known


async def _turn_of(house: House, employee_no: str, key: str = "") -> Context:
    person = await house.store.first(PEOPLE, {"employee_no": employee_no})
    assert person is not None
    actor = people.actor(person)
    return Context(house=house, actor=actor, now=house.clock(), idempotency_key=key)


async def _menu(ctx: Context, day: date, places: int) -> list[str]:
    """A canteen, its dishes and the published menu of one day; the ids of the dishes."""
    cutoff = canteens.DayCutoff(at="23:59")
    meal = canteens.Meal(id=MEAL, name="午餐", cutoff=cutoff, price=1_500)
    canteen = canteens.CanteenInput(name="第一食堂", location="一号楼", meals=[meal])
    await canteens.put(ctx, CANTEEN, canteen)
    added = [
        await dishes.add(
            ctx, dishes.NewDish(canteen=CANTEEN, name=f"菜{n}", category="热菜", allergens=["soy"])
        )
        for n in range(1, DISHES + 1)
    ]
    known = [dish.id for dish in added]
    sittings = [
        canteens.Serving(starts=QUIET, ends="12:00", capacity=QUIET_PLACES),
        canteens.Serving(starts=RUSH, ends="12:30", capacity=places),
    ]
    meals = [menus.MenuMeal(meal=MEAL, sittings=sittings, dishes=known)]
    ref = menus.MenuRef(canteen=CANTEEN, week=str(Week.of(day)))
    days = [menus.MenuDay(date=day, meals=meals)]
    await menus.save(ctx, menus.MenuInput(canteen=ref.canteen, week=ref.week, days=days))
    await publishing.publish(ctx, ref)
    return known


async def past_orders(settings: Settings, day: date, count: int) -> None:
    """So many meals eaten on the days before `day`, each a copy of the sample, with its claims."""
    async with connected(settings.mongodb_uri, settings.database) as store:
        sample = await store.first(orders.ORDERS, {"kind": "meal"})
        assert sample is not None
        batch: list[Document] = []
        for order in _eaten(sample, day, count):
            batch.append(order)
            if len(batch) == BATCH:
                await _insert(store, batch)
                batch = []
        if batch:
            await _insert(store, batch)


async def _insert(store: Any, batch: list[Document]) -> None:
    claims = [{"_id": key, "order": order["_id"]} for order in batch for key in order["claims"]]
    await store.insert(orders.ORDERS, *batch)
    await store.insert(CLAIMS, *claims)


def _eaten(sample: Document, day: date, count: int) -> Iterator[Document]:
    """Orders of everybody in turn, so many a day as it takes, none with anything left to do."""
    done = {k: v for k, v in sample.items() if k not in seed_repairs.TO_DO}
    staff = [person["_id"] for person in demo_people.people()][: demo_people.STAFF]
    for number in range(count):
        owner, back = staff[number % len(staff)], number % PAST_DAYS + 1
        that_day = day - timedelta(days=back)
        sitting = publishing.sitting_id(CANTEEN, that_day, MEAL, RUSH)
        moved = {"date": that_day.isoformat(), "sitting_id": sitting}
        yield done | {
            "_id": f"ord_past{number:012}",
            "state": "eaten",
            "owner": owner,
            "actor": owner,
            "seen_by": [f"p:{owner}", *sample["seen_by"][1:]],
            "holds": [sample["holds"][0] | {"thing": sitting}],
            "claims": [f"meal:past:{number}", f"code:past:{number}"],
            "data": sample["data"] | moved,
            "created_at": sample["created_at"] - timedelta(days=back, seconds=number),
        }
