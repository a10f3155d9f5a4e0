"""Parts: what technicians build in, and what may be charged for one.

A document of `parts`: {_id: "prt_valve", name, unit, low, high (fen), enabled}. Of one that is
disabled nothing more is handed out; what technicians have of it they may still use.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from models.base.audit import record
from models.base.context import Context
from models.base.errors import Conflict, NotFound, Unprocessable
from models.base.indexes import declare as index
from models.base.shapes import Fen, Input, Name, Struct
from models.base.store import Document, Duplicate

PARTS: Final = "parts"

index(PARTS)

PartId = Annotated[str, Meta(min_length=5, max_length=32, pattern=r"^prt_[a-z0-9_]+$")]


class PartUnknown(Unprocessable):
    code = "part-unknown"
    zh = "没有该配件，请刷新后重新选择。"
    en = "There is no such part."


class PartWrong(Unprocessable):
    code = "part-wrong"
    zh = "最低单价不能高于最高单价。"
    en = "The lowest price is above the highest."


class PartInput(Input):
    """A part as the administration sets it up; prices in fen, `unit` as people count it."""

    name: Name
    low: Fen
    high: Fen
    unit: Annotated[str, Meta(min_length=1, max_length=8)] = "个"
    enabled: bool = True


class Part(Struct):
    """A part, and what may be charged for one."""

    id: str
    name: str
    unit: str
    low: int
    high: int
    enabled: bool


class PartList(Struct):
    """All parts, by id."""

    items: list[Part]


async def listed(ctx: Context) -> PartList:
    """All parts."""
    found = await ctx.store.find(PARTS, {}, sort=[("_id", 1)])
    return PartList(items=[view(each) for each in found])


async def put(ctx: Context, part_id: str, body: PartInput) -> Part:
    """Set a part up, or change it; what was charged stands. Raises PartWrong."""
    if part_id != part_id.strip():  # the `$` of a pattern lets a final newline pass
        raise NotFound
    if body.low > body.high:
        raise PartWrong(errors=(("/low", "高于最高单价"),))
    said: Document = msgspec.to_builtins(body)
    before = await ctx.store.get(PARTS, part_id)
    if before is not None and said.items() <= before.items():
        return view(before)
    after = await ctx.store.change(PARTS, {"_id": part_id}, {"$set": said})
    if after is None:
        after = {"_id": part_id, **said}
        try:
            await ctx.store.insert(PARTS, after)
        except Duplicate:  # somebody else has made it this moment
            raise Conflict from None
    await record(ctx, "repairs.part", part_id, before, after)
    return view(after)


def view(part: Document) -> Part:
    fields: Any = {name: part[name] for name in ("name", "unit", "low", "high", "enabled")}
    return Part(id=part["_id"], **fields)


async def find(ctx: Context, part_id: str) -> Document:
    """The part. Raises PartUnknown."""
    part = await ctx.store.get(PARTS, part_id)
    if part is None:
        raise PartUnknown(errors=(("/part", "没有该配件"),))
    return part
