"""What an older version stored is brought up to date, whatever happens meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from models.base.store import Store
from models.base.transitions import take
from server.migrations import MIGRATIONS
from tests.base.toys import a_show, book
from tests.machinery import a_context, a_house
from tests.visits_house import EAST, TEN, open_house

[MARKING] = [each for each in MIGRATIONS if "found by marks" in each.name]
UNMARKED = {"$unset": {"found_by": ""}}
OLD = "seen_by_1_state_1"


async def test_orders_are_marked_and_in_the_end_what_nobody_asks_is_no_index(store: Store) -> None:
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
    assert MARKING.finish is not None
    await MARKING.finish(store)
    assert OLD not in await store.database.orders.index_information()


async def test_what_an_older_version_wrote_since_is_marked_again(store: Store) -> None:
    visits = await open_house(store)
    early = await visits.invite()
    visits.clock.now = TEN
    late = await visits.invite(key="late")
    await store.update_all("orders", {}, UNMARKED)
    assert MARKING.again is not None
    await MARKING.again(store, TEN)
    assert "found_by" not in await visits.order(early)
    assert await visits.order(late) == late


async def test_a_step_that_read_an_order_before_it_was_marked_takes_the_marks_along(
    store: Store,
) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    before = {name: value for name, value in order.items() if name != "found_by"}
    await take(a_context(house, "per_1"), order["_id"], "cancel", known=before)
    assert "found_by" not in (await store.find("orders", {}))[0]


async def test_an_order_that_moves_on_meanwhile_keeps_the_marks_of_its_step(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    await store.update_all("orders", {}, UNMARKED)
    real = store.update_each

    async def late(*given: Any) -> int:
        monkeypatch.setattr(store, "update_each", real)
        await visits.by_hand(EAST, order, "in")
        return await real(*given)

    monkeypatch.setattr(store, "update_each", late)
    await MARKING.run(store)
    assert "visit:inside" in (await visits.order(order))["found_by"]
