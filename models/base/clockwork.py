"""Timers: the clock takes the transitions that are due. Any number of workers have one effect."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from models.base.context import CLOCK, Context, House
from models.base.errors import Refusal, Unavailable
from models.base.orders import ORDERS
from models.base.store import Document, StoreError
from models.base.transitions import transition
from models.base.workflow import Order

log = logging.getLogger(__name__)

BATCH: Final = 256
AT_ONCE: Final = 32  # so that those which give something back are committed in one group


async def tick(house: House) -> int:
    """Take the due transitions of up to 256 orders; how many orders were due."""
    now = house.clock()
    due = await house.store.find(
        ORDERS, {"wake_at": {"$lte": now}}, sort=[("wake_at", 1)], limit=BATCH
    )
    for start in range(0, len(due), AT_ONCE):
        await asyncio.gather(*(_take(house, order) for order in due[start : start + AT_ONCE]))
    return len(due)


async def _take(house: House, order: Order) -> None:
    """Take the due timers of one order, the earliest first, as far as the database is with us."""
    now = house.clock()
    for timer in sorted(order.get("timers", ()), key=lambda timer: timer["at"]):
        if timer["at"] > now or timer not in order.get("timers", ()):
            continue
        house.step("clock.before")
        try:
            order = await _fire(house, order, timer)
        except (StoreError, Unavailable) as fault:
            log.info("%s of %s must wait: %r", timer["transition"], order["_id"], fault)
            return
        except Exception:  # one order's fault must not stop the clock for the others
            log.exception("%s of %s failed", timer["transition"], order["_id"])
            return


async def _fire(house: House, order: Order, timer: Document) -> Order:
    """The order after the timer's transition; or without the timer, where that is not possible."""
    name = timer["transition"]
    ctx = Context(house=house, actor=CLOCK, now=house.clock(), if_match=order["version"])
    try:
        return await transition(ctx, order["_id"], name)
    except Unavailable:
        raise
    except Refusal as refusal:
        log.info("%s of %s is not possible: %s", name, order["_id"], refusal.code)
        return await _drop(house, order, timer)


async def _drop(house: House, order: Order, timer: Document) -> Order:
    """Forget a timer that came too late; where somebody moved the order on, the next turn will."""
    rest = [other for other in order["timers"] if other != timer]
    change: Document = {"$unset": {"timers": "", "wake_at": ""}}
    if rest:
        change = {"$set": {"timers": rest, "wake_at": min(other["at"] for other in rest)}}
    unchanged = {"_id": order["_id"], "version": order["version"]}
    return await house.store.change(ORDERS, unchanged, change) or order
