"""The demo's visitors: on every list, the same when seeded again, always ahead of today."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from models import people
from models.base.calendar import Calendar
from models.base.clock import campus_date
from models.base.clockwork import tick
from models.base.store import Store
from models.visitors import desk, evacuation
from models.visitors.desk import DeskQuery
from scripts import demo_people, demo_visitors, demo_visits
from scripts.demo_turns import acting
from tests.machinery import MovingClock, a_house

MONDAY_NIGHT = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)  # 03:30 on Tuesday on the campus
KEPT = ("orders", "claims", "gates", "visit_types", "vehicles")


async def test_the_demo_has_visitors_on_every_list_at_any_hour(store: Store) -> None:
    clock = MovingClock(MONDAY_NIGHT)
    house = a_house(store, clock)
    wanted = [
        *demo_visits.HOSTS,
        *(visit[0] for visit in demo_visitors.VISITS),
        "S0001",
        "S0051",
        *demo_people.POSTS,
    ]
    persons = [each for each in demo_people.people() if each["employee_no"] in wanted]
    await store.insert(people.PEOPLE, *persons)
    await demo_visitors.seed(house)
    await demo_visits.seed(house)
    before = {name: await store.find(name, {}, sort=[("_id", 1)]) for name in KEPT}
    await demo_visits.seed(house)
    assert {name: await store.find(name, {}, sort=[("_id", 1)]) for name in KEPT} == before
    front = await acting(house, "F0001")
    counts = (await desk.listed(front, DeskQuery(gate="gate_1"))).counts
    assert counts.inside == 2
    assert counts.expected >= 4
    assert (await evacuation.listed(await acting(house, "G0001"))).total >= 2
    for _ in range(3):
        await tick(house)
    states = Counter(order["state"] for order in await store.find("orders", {"kind": "visit"}))
    assert {"expected", "requested", "inside", "missed", "ended"} <= set(states)
    last = Calendar().plus_workdays(campus_date(clock()), 10)
    ahead = {"kind": "visit", "due_at": {"$gte": MONDAY_NIGHT + timedelta(days=1)}}
    days = {campus_date(order["due_at"]) for order in await store.find("orders", ahead)}
    assert last in days
