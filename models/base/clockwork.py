"""Timers: the clock takes the transitions that are due. Any number of workers have one effect."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from models.base.context import CLOCK, Context, House
from models.base.errors import Refusal
from models.base.orders import ORDERS
from models.base.store import StoreError
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
    now = house.clock()
    for timer in sorted(order.get("timers", ()), key=lambda timer: timer["at"]):
        if timer["at"] > now:
            return
        house.step("clock.before")
        try:
            await transition(
                Context(house=house, actor=CLOCK, now=now), order["_id"], timer["transition"]
            )
        except StoreError as fault:
            log.info(
                "%s of %s waits for the database: %r", timer["transition"], order["_id"], fault
            )
            return
        except Refusal as refusal:
            log.info(
                "%s of %s is not possible: %s", timer["transition"], order["_id"], refusal.code
            )
            await _drop(house, order, timer["transition"])
        except Exception:  # one order's fault must not stop the clock for the others
            log.exception("%s of %s failed", timer["transition"], order["_id"])


async def _drop(house: House, order: Order, name: str) -> None:
    """Forget a timer that came too late: somebody moved the order on, or it never can."""
    rest = [timer for timer in order["timers"] if timer["transition"] != name]
    if rest:
        change = {"$set": {"timers": rest, "wake_at": min(timer["at"] for timer in rest)}}
    else:
        change = {"$unset": {"timers": "", "wake_at": ""}}
    unchanged = {"_id": order["_id"], "version": order["version"]}
    await house.store.update(ORDERS, unchanged, change)
