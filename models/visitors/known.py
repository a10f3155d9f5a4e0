"""Today's visits as this process last saw them, so that a scan need not read before it writes.

They may be old: host, security or another process may have moved them on. That decides nothing: a
step on an old one changes nothing, and is then taken or refused on the visit as it is
(models/base/transitions.py). What is not known here, the database is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from models.base.clock import campus_date
from models.base.context import Context, House
from models.base.orders import ORDERS
from models.base.store import Store
from models.base.workflow import Order
from models.visitors import codes, gates, parties

READ_ANEW: Final = timedelta(minutes=10)  # which also lets go of what came up since
MOST: Final = 5_000  # visits of a gate, two kilobytes each; any more are asked for

Known = dict[str, bytes]  # a claim, and the packed visit that it finds


async def order_of(ctx: Context, claim: str) -> Order | None:
    """The visit that claims this, as it is or was."""
    packed = (await _known(ctx)).get(claim)
    if packed is not None:
        return ctx.store.unpacked(packed)
    order = await codes.order_of(ctx, claim)
    if order is not None:
        await remember(ctx, order)
    return order


async def remember(ctx: Context, order: Order) -> None:
    """This is what a visit has become."""
    _keep(ctx.store, await _known(ctx), [order])


async def _known(ctx: Context) -> Known:
    return await ctx.house.recent(_today, READ_ANEW).get()


async def _today(house: House) -> Known:
    """The visits that begin today, of all gates."""
    day, known = campus_date(house.clock()), Known()
    for gate in await house.recent(gates.every).get():
        begins = {"found_by": parties.due_at(gate, day)}
        found = await house.store.find(ORDERS, begins, limit=MOST)
        await asyncio.to_thread(_keep, house.store, known, found)  # nobody waits meanwhile
    return known


def _keep(store: Store, known: Known, orders: Iterable[Order]) -> None:
    for order in orders:
        known |= dict.fromkeys(order["claims"], store.packed(order))
