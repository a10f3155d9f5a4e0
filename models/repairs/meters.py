"""Meters of assets: hours run, trips made. What is read only ever grows.

`reading` is what the meter shows, `total` what the asset has done altogether: where a meter is
exchanged for one that shows less, the total goes on from where it was. Plans go by the total.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from models.base.audit import record
from models.base.context import Context
from models.base.errors import Conflict, Unprocessable
from models.base.holds import undisturbed
from models.base.shapes import Input
from models.base.store import Document, Transaction
from models.repairs import assets
from models.repairs.assets import Asset
from models.repairs.maintenance import PLANS
from models.repairs.reporting import ASSETS


class NoMeter(Conflict):
    code = "no-meter"
    zh = "该设备没有计量表。"
    en = "This asset has no meter."


class MeterBackwards(Unprocessable):
    """A reading below the last one, of a meter that was not said to be another."""

    code = "meter-backwards"
    zh = "读数不能小于上次的 {reading}；如已更换计量表，请注明。"
    en = "The meter showed {reading} before; say so if it has been replaced."


class Reading(Input):
    """What the meter shows. `replaced`: it is a new one, which started from nothing."""

    value: Annotated[int, Meta(ge=0, le=10**9)]
    replaced: bool = False


async def read(ctx: Context, asset_id: str, body: Reading) -> Asset:
    """Write down what a meter shows. Raises NoMeter, MeterBackwards, Conflict."""
    asset = await assets.find(ctx, asset_id)
    meter = asset["meter"]
    if meter is None:
        raise NoMeter
    if body.value < meter["reading"] and not body.replaced:
        raise MeterBackwards(reading=meter["reading"])
    if body.value == meter["reading"]:  # the same again, as after a lost reply
        return await assets.view(ctx, asset)
    more = body.value - (0 if body.replaced else meter["reading"])
    after: Document = {**meter, "reading": body.value, "total": meter["total"] + more}
    after["read_at"] = ctx.now

    def work(transaction: Transaction) -> None:
        _write(transaction, asset, after)

    await undisturbed(ctx.store, work)
    await record(ctx, "repairs.meter", asset_id, meter, after)
    return await assets.one(ctx, asset_id)


def _write(transaction: Transaction, asset: Document, meter: Document) -> None:
    """The reading, and a worker's look at every plan that is due by it."""
    same = {"_id": asset["_id"], "version": asset["version"]}
    change = {"$set": {"meter": meter}, "$inc": {"version": 1}}
    if not transaction.update(ASSETS, [(same, change)]):  # somebody else changed it this moment
        raise Conflict
    look = {"$set": {"look_at": meter["read_at"]}, "$inc": {"version": 1}}
    for plan in transaction.find_in(PLANS, "asset", [asset["_id"]]):
        waits = plan["enabled"] and plan["open"] is None and plan["next_at"] is not None
        if waits and plan["next_at"] <= meter["total"]:
            transaction.update(PLANS, [({"_id": plan["_id"]}, look)])
