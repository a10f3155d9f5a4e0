"""States are never lost: a database with an order in a state its kind no longer has is refused.

What was declared at the last start is kept in `declared_states` ({_id: kind, states}), so that only
a state that has gone since needs a look through the orders. Migrations move such orders first.
"""

from __future__ import annotations

from typing import Final

from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.store import Document, Store
from models.base.workflow import workflows

DECLARED: Final = "declared_states"

index(DECLARED)


class StateLost(Exception):
    """An order stands in a state that no life-cycle knows; the text says which."""


async def check_states(store: Store) -> None:
    """Compare with the last start, and remember. Raises StateLost, with nothing changed."""
    declared = {workflow.kind: workflow.states for workflow in workflows()}
    before = await store.find(DECLARED, {})
    for known in before:
        for state in sorted(set(known["states"]) - declared.get(known["_id"], frozenset())):
            await _refuse_orders(store, {"kind": known["_id"], "state": state})
    for kind, states in declared.items():
        entry: Document = {"_id": kind, "states": sorted(states)}
        if entry not in before:
            await store.upsert(DECLARED, entry)


async def _refuse_orders(store: Store, where: Document) -> None:
    order = await store.first(ORDERS, where, fields={"_id": 1})
    if order is not None:
        raise StateLost(
            f"Order {order['_id']} is {where['state']}, which {where['kind']} does not know "
            "in this version; run the one that has the migration."
        )
