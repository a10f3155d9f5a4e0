"""The demo's repairs: assets to scan, a month to look back on, and books that balance."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from models import people
from models.base.context import House
from models.base.store import Document, Store
from models.repairs import asset_history, ratings
from models.repairs.maintenance import PLANS
from models.repairs.parties import KIND
from models.repairs.reporting import ASSETS
from models.repairs.stock import PART_MOVES, PART_STOCK
from scripts import demo_assets, demo_people, demo_repairs, demo_tickets
from scripts.demo_turns import acting
from tests.machinery import MovingClock, a_house
from tests.repairs_house import balance

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEPT = ("orders", ASSETS, PLANS, PART_STOCK, PART_MOVES, "repair_hands", "vendors", "audit")


async def settle(store: Store) -> None:
    """Have those in place whom the repairs of the demo are about."""
    wanted = {*demo_tickets.OWNERS, *demo_people.POSTS}
    wanted |= {ticket.owner for ticket in demo_repairs.TICKETS}
    persons = [each for each in demo_people.people() if each["employee_no"] in wanted]
    await store.insert(people.PEOPLE, *persons)


async def seed(house: House) -> None:
    for part in (demo_repairs, demo_assets, demo_tickets):
        await part.seed(house)


async def everything(store: Store) -> dict[str, list[Document]]:
    return {name: await store.find(name, {}, sort=[("_id", 1)]) for name in KEPT}


async def test_the_demo_has_assets_and_a_month_of_tickets_and_is_seeded_once(store: Store) -> None:
    house = a_house(store, MovingClock(MONDAY))
    await settle(store)
    await seed(house)
    assert await store.count(ASSETS, {}) == 300
    assert await store.count(PLANS, {}) == 30
    tickets = await store.find("orders", {"kind": KIND})
    states = Counter(ticket["state"] for ticket in tickets)
    assert len(tickets) == demo_tickets.DAYS * demo_tickets.A_DAY + len(demo_repairs.TICKETS)
    assert states["rated"] > 80
    assert states["cancelled"] > 5
    await balance(store)
    await check_stock(store)
    await check_history(house)
    before = await everything(store)
    await seed(house)
    assert await everything(store) == before


async def check_stock(store: Store) -> None:
    """What the technicians have is what the ledger says."""
    moves = await store.find(PART_MOVES, {})
    left = Counter({each["_id"]: each["left"] for each in await store.find(PART_STOCK, {})})
    written: Counter[str] = Counter()
    for move in moves:
        written[f"{move['person']}:{move['part']}"] += move["count"]
    assert left == written
    assert sum(move["kind"] == "use" for move in moves) > 40


async def check_history(house: House) -> None:
    """There is something to look back on."""
    where = {"kind": KIND, "state": "rated", "data.asset": {"$ne": None}}
    tickets = await house.store.find("orders", where)
    busiest, count = Counter(t["data"]["asset"]["id"] for t in tickets).most_common(1)[0]
    history = await asset_history.history(await acting(house, "A0001"), busiest)
    assert len(history.items) >= count
    assert history.mttr_minutes is not None
    shown = await ratings.listed(await acting(house, "V0100"), ratings.RatingQuery())
    assert shown.count > 20
