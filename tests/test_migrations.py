"""What an older version stored is brought up to date, whatever happens meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from models.base.store import Store
from server.migrations import MIGRATIONS
from tests.visits_house import EAST, TEN, open_house

[MARKING] = [each for each in MIGRATIONS if "found by marks" in each.name]
UNMARKED = {"$unset": {"found_by": ""}}
OLD = "seen_by_1_state_1"


async def test_orders_are_marked_and_what_nobody_asks_is_no_index_any_more(store: Store) -> None:
    visits = await open_house(store)
    await visits.invite()
    inside = await visits.invite(key="inside")
    visits.clock.now = TEN
    await visits.by_hand(EAST, inside, "in")
    await store.database.orders.create_index([("seen_by", 1), ("state", 1)])
    assert OLD in await store.database.orders.index_information()
    before = await store.find("orders", {}, sort=[("_id", 1)])
    assert all(order["found_by"] for order in before)
    for wrong in (UNMARKED, {"$set": {"found_by": ["visit:inside"]}}, {"$set": {"kept": 1}}):
        await store.update_all("orders", {}, wrong)
        await MARKING.run(store)
        await store.update_all("orders", {}, {"$unset": {"kept": ""}})
        assert await store.find("orders", {}, sort=[("_id", 1)]) == before
    assert OLD not in await store.database.orders.index_information()


async def test_an_order_that_moves_on_meanwhile_keeps_the_marks_of_its_step(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    await store.update_all("orders", {}, UNMARKED)
    real = store.update

    async def late(*given: Any) -> bool:
        monkeypatch.setattr(store, "update", real)
        await visits.by_hand(EAST, order, "in")
        return await real(*given)

    monkeypatch.setattr(store, "update", late)
    await MARKING.run(store)
    assert "visit:inside" in (await visits.order(order))["found_by"]
