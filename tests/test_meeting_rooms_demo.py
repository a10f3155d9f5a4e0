"""The demo's rooms: enough to try everything, the same when seeded again, always ahead of today."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from models import people
from models.base.context import House
from models.base.store import Store
from models.meetings.days import ROOM_DAYS
from models.meetings.rooms import ROOMS
from scripts import demo_people, demo_rooms
from tests.machinery import MovingClock, a_house
from tests.meetings_house import balance

SUNDAY = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
KEPT = ("orders", ROOMS, ROOM_DAYS, "room_blocks")


async def settle(store: Store) -> None:
    """Have those in place whom the rooms of the demo are about."""
    wanted = [*demo_rooms.OWNERS, *demo_people.POSTS]
    persons = [each for each in demo_people.people() if each["employee_no"] in wanted]
    await store.insert(people.PEOPLE, *persons)


async def coming_days(house: House) -> set[str]:
    """The days to come on which there are meetings."""
    found = await house.store.find("orders", {"kind": "meeting"})
    today = house.clock().date().isoformat()
    return {order["data"]["date"] for order in found if order["data"]["date"] > today}


async def test_the_demo_has_rooms_and_meetings_on_every_page(store: Store) -> None:
    house = a_house(store, MovingClock(SUNDAY))
    await settle(store)
    await demo_rooms.seed(house)
    rooms = await store.find(ROOMS, {})
    assert len(rooms) == 60
    assert len({room["building"] for room in rooms}) == 6
    assert (min(r["seats"] for r in rooms), max(r["seats"] for r in rooms)) == (6, 300)
    assert sum(room["approval"] for room in rooms) == 12
    orders = await store.find("orders", {"kind": "meeting"})
    states = Counter(order["state"] for order in orders)
    assert set(states) == {"booked", "requested", "finished", "rated", "released"}
    assert 80 < len(orders) < 300
    assert len(await coming_days(house)) == demo_rooms.AHEAD
    assert await store.count("room_blocks", {"state": "active"}) == 1
    await balance(store)


async def test_seeding_again_changes_nothing_and_a_later_day_gets_its_meetings(
    store: Store,
) -> None:
    clock = MovingClock(SUNDAY)
    house = a_house(store, clock)
    await settle(store)
    await demo_rooms.seed(house)
    before = {name: await store.find(name, {}, sort=[("_id", 1)]) for name in KEPT}
    await demo_rooms.seed(house)
    assert {name: await store.find(name, {}, sort=[("_id", 1)]) for name in KEPT} == before
    clock.now = SUNDAY + timedelta(days=7)
    await demo_rooms.seed(a_house(store, clock))
    assert len(await coming_days(house)) == demo_rooms.AHEAD
    await balance(store)
