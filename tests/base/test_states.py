"""A database with an order in a state nobody knows any more stops the start."""

from __future__ import annotations

import pytest

from models.base.orders import ORDERS
from models.base.states import DECLARED, StateLost, check_states
from models.base.store import Store
from tests.base.toys import TOYS


async def test_what_is_declared_is_remembered(store: Store) -> None:
    await check_states(store)
    await check_states(store)
    entry = await store.get(DECLARED, "toy")
    assert entry == {"_id": "toy", "states": sorted(TOYS.states)}


async def test_a_state_that_has_gone_is_refused_while_an_order_stands_in_it(store: Store) -> None:
    former = {"_id": "toy", "states": [*sorted(TOYS.states), "lent"]}
    await store.insert(DECLARED, former)
    await store.insert(ORDERS, {"_id": "ord_1", "kind": "toy", "state": "lent"})
    with pytest.raises(StateLost, match="ord_1 is lent"):
        await check_states(store)
    assert await store.get(DECLARED, "toy") == former
    await store.update(ORDERS, {"_id": "ord_1"}, {"$set": {"state": "used"}})
    await check_states(store)
    assert await store.get(DECLARED, "toy") == {"_id": "toy", "states": sorted(TOYS.states)}
