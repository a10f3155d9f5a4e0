"""Today's visits as this process last saw them, so that a scan need not read before it writes.

They may be old: host, security or another process may have moved them on. That decides nothing: a
step on an old one changes nothing, and is then taken or refused on the visit as it is
(models/base/transitions.py). What is not known here, the database is asked for.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import msgspec

from models.base.clock import campus_date
from models.base.context import Context, House
from models.base.orders import ORDERS
from models.base.workflow import Order
from models.visitors import codes, gates, parties

READ_ANEW: Final = timedelta(minutes=10)  # which also lets go of what came up since
MOST: Final = 5_000  # visits of a gate, two kilobytes each; any more are asked for

# A sixth of what an order takes as Python's objects. The hook is for the driver's 64-bit integers.
_pack: Final = msgspec.msgpack.Encoder(enc_hook=int).encode
_unpack: Final = msgspec.msgpack.Decoder(Order).decode


class Known:
    """Visits, packed, by what they claim."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}

    async def order_of(self, ctx: Context, claim: str) -> Order | None:
        """The visit that claims this, as it is or was."""
        packed = self._packed.get(claim)
        if packed is not None:
            return _unpack(packed)
        order = await codes.order_of(ctx, claim)
        if order is not None:
            self.remember(order)
        return order

    def remember(self, *orders: Order) -> None:
        """This is what they have become."""
        for order in orders:
            self._packed |= dict.fromkeys(order["claims"], _pack(order))


async def today(ctx: Context) -> Known:
    """What this process knows of today."""
    return await ctx.house.recent(_today, READ_ANEW).get()


async def _today(house: House) -> Known:
    day, known = campus_date(house.clock()), Known()
    for gate in await house.recent(gates.every).get():
        begin = {"found_by": parties.due_at(gate, day)}
        found = await house.store.find(ORDERS, begin, limit=MOST)
        await asyncio.to_thread(known.remember, *found)  # nobody waits for the packing
    return known
