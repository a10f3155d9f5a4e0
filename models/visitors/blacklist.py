"""Whom security does not want on the campus: by phone or plate, with a reason and an end.

Stored is what recognises somebody (a keyed hash of phone and of plate) and a label with the middle
hidden; the number itself is kept nowhere. A document of `visit_blocks`:
    _id, keys                "blk_…"; keyed hashes
    label, reason            masked; why, for security alone
    until, by, at            last day (none: for good); who entered it, when
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Final

from msgspec import Meta

from models.base.audit import record
from models.base.clock import campus_date
from models.base.context import Context, House
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.shapes import Day, Input, Line, Name, Phone, Struct
from models.base.store import Document
from models.visitors.refusals import BlockEmpty, BlockUnknown
from models.visitors.shapes import Plate, Visitor, masked_name, masked_phone, masked_plate

BLOCKS: Final = "visit_blocks"
MOST: Final = 500

index(BLOCKS, [("at", -1)])


class BlockInput(Input):
    """Whom to keep out, by phone, plate or both; until which day."""

    name: Name
    reason: Line
    phone: Phone | None = None
    plate: Plate | None = None
    until: Day | None = None


class Block(Struct):
    """Somebody who is kept out."""

    id: str
    label: str
    reason: str
    until: str | None
    by: str
    at: datetime


class BlockList(Struct):
    """All entries in force, newest first."""

    items: list[Block]
    next: str | None = None


BlockId = Annotated[str, Meta(min_length=5, max_length=32, pattern=r"^blk_[0-9A-Z]+$")]


def key(house: House, value: str) -> str:
    """What recognises a phone or a plate without telling it."""
    secret = house.keys.derive("visit-block")
    return hmac.digest(secret, value.encode(), hashlib.sha256).hex()


async def flagged(ctx: Context, visitors: Sequence[Visitor]) -> frozenset[str]:
    """The phones and plates of these visitors that are on the list today."""
    values = [v for visitor in visitors for v in (visitor.phone, visitor.plate) if v]
    return await _hits(ctx, values)


async def hit(ctx: Context, private: Document) -> bool:
    """Whether a visitor or a companion is on the list today."""
    visitor = private.get("visitor", {})
    values = [visitor.get("phone"), visitor.get("plate")]
    values += [each.get("phone") for each in private.get("companions", ())]
    return bool(await _hits(ctx, [value for value in values if value]))


async def _hits(ctx: Context, values: Iterable[str]) -> frozenset[str]:
    by_key = {key(ctx.house, value): value for value in values}
    if not by_key:
        return frozenset()
    until = await ctx.house.recent(_every).get()
    today = campus_date(ctx.now).isoformat()
    return frozenset(
        value for key, value in by_key.items() if key in until and (until[key] or today) >= today
    )


async def _every(house: House) -> dict[str, str | None]:
    """Until which day each key is on the list: what every scan asks for, a second old at most."""
    found = await house.store.find(BLOCKS, {}, sort=[("at", 1)], fields={"keys": 1, "until": 1})
    until: dict[str, str | None] = {}
    for block in found:
        for each in block["keys"]:
            until[each] = _later(until.get(each, ""), block["until"])
    return until


def _later(one: str | None, other: str | None) -> str | None:
    """The later of two days; none is for good."""
    return None if one is None or other is None else max(one, other)


async def add(ctx: Context, body: BlockInput) -> Block:
    """Keep somebody out, on the record. Raises BlockEmpty."""
    values = [value for value in (body.phone, body.plate) if value]
    if not values:
        raise BlockEmpty(errors=(("/phone", "请填写手机号或车牌号"),))
    block: Document = {
        "_id": new_id("blk"),
        "keys": [key(ctx.house, value) for value in values],
        "label": _label(body),
        "reason": body.reason,
        "until": _day(body.until),
        "by": ctx.actor.name,
        "at": ctx.now,
    }
    await ctx.store.insert(BLOCKS, block)
    ctx.house.recent(_every).forget()
    after = {name: block[name] for name in ("label", "reason", "until")}
    await record(ctx, "visitors.block", block["_id"], None, after)
    return _view(block)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _label(body: BlockInput) -> str:
    parts = [masked_name(body.name)]
    if body.phone:
        parts.append(masked_phone(body.phone))
    if body.plate:
        parts.append(masked_plate(body.plate))
    return " ".join(parts)


async def lift(ctx: Context, block_id: str) -> None:
    """Let somebody in again, on the record. Raises BlockUnknown."""
    block = await ctx.store.get(BLOCKS, block_id)
    if block is None:
        raise BlockUnknown
    if await ctx.store.delete(BLOCKS, {"_id": block_id}):
        ctx.house.recent(_every).forget()
        before = {name: block[name] for name in ("label", "reason", "until")}
        await record(ctx, "visitors.unblock", block_id, before, None)


async def listed(ctx: Context) -> BlockList:
    """Who is kept out, newest first."""
    found = await ctx.store.find(BLOCKS, {}, sort=[("at", -1)], limit=MOST)
    return BlockList(items=[_view(block) for block in found])


def _view(block: Document) -> Block:
    return Block(
        id=block["_id"],
        label=block["label"],
        reason=block["reason"],
        until=block["until"],
        by=block["by"],
        at=block["at"],
    )
