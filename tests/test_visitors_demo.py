"""The demo's visitors: gates, types, and who is invited; the same when seeded again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from models import people
from models.base.store import Store
from models.visitors.gates import GATES
from models.visitors.types import TECHNICIAN, TYPES
from scripts import demo_people, demo_visitors
from scripts.demo_visitors import GATE_INPUTS, TYPE_INPUTS, VISITS
from scripts.run import SMS
from scripts.simulator.templates import DEMO_TEMPLATES, names_in, visiting
from tests.machinery import MovingClock, a_house

SUNDAY = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)  # nine in the morning on the campus


async def test_the_demo_has_gates_types_and_visits_of_today_and_tomorrow(store: Store) -> None:
    clock = MovingClock(SUNDAY)
    house = a_house(store, clock)
    wanted = {visit[0] for visit in VISITS}.union(demo_people.POSTS)
    persons = [each for each in demo_people.people() if each["employee_no"] in wanted]
    await store.insert(people.PEOPLE, *persons)
    await demo_visitors.seed(house)
    assert await store.count(GATES, {}) == len(GATE_INPUTS)
    assert await store.count(TYPES, {}) == len(TYPE_INPUTS)
    assert (await store.get(TYPES, TECHNICIAN)) is not None
    orders = await store.find("orders", {}, sort=[("_id", 1)])
    assert [order["state"] for order in orders] == ["expected"] * 2 * len(VISITS)
    await demo_visitors.seed(house)
    assert await store.find("orders", {}, sort=[("_id", 1)]) == orders

    clock.now += timedelta(hours=12)  # today's are over, as they are at a start in the evening
    await demo_visitors.seed(house)
    assert await store.find("orders", {}, sort=[("_id", 1)]) == orders


def test_what_the_simulator_texts_to_visitors_leads_to_their_page() -> None:
    texts = visiting("http://127.0.0.1:8010")
    assert "http://127.0.0.1:8010/p/${token}" in texts[SMS["visit-invited"]]
    assert all(names_in(text) == {"name", "host", "time", "token"} for text in texts.values())
    assert set(SMS.values()) <= set(DEMO_TEMPLATES)
