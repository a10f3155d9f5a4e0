"""The demo's repairs: a ticket at every point of its life, the same when seeded again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from models import people
from models.base.store import Store
from scripts import demo_people, demo_repairs
from tests.machinery import MovingClock, a_house
from tests.repairs_house import balance

SUNDAY = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


async def test_the_demo_has_vendors_and_tickets_on_every_page(store: Store) -> None:
    house = a_house(store, MovingClock(SUNDAY))
    owners = {ticket.owner for ticket in demo_repairs.TICKETS}
    wanted = owners.union(demo_people.POSTS)
    persons = [each for each in demo_people.people() if each["employee_no"] in wanted]
    await store.insert(people.PEOPLE, *persons)
    await demo_repairs.seed(house)
    orders = await store.find("orders", {}, sort=[("_id", 1)])
    assert Counter(order["state"] for order in orders) == {
        "reported": 4, "taken": 1, "started": 1, "paused": 2, "fixed": 1, "accepted": 1, "rated": 4,
    }  # fmt: skip
    first = next(order for order in orders if order["data"].get("rating", {}).get("stars") == 5)
    again = next(order for order in orders if order["state"] == "started")
    assert again["data"]["repeat_of"] in {first["_id"], *(o["_id"] for o in orders)}
    assert await store.count("vendors", {}) == 2
    assert await store.count("repair_categories", {}) == 8
    await balance(store)
    await demo_repairs.seed(house)
    assert await store.find("orders", {}, sort=[("_id", 1)]) == orders
