"""Types of visitors, and what each needs before somebody of it may come.

A document of `visit_types`:
    _id, name, enabled       "vty_guest"
    approval                 who decides, one after the other: leader, security
    zones                    where they may go, by name; none: everywhere
    long_term                whether a pass may last for days
    plate                    whether they must come by car
    fetch                    whether the host has to fetch them
    notice                   what they read and agree to
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from models.base.audit import record
from models.base.context import Context
from models.base.errors import Conflict
from models.base.indexes import declare as index
from models.base.shapes import Input, Name, Struct
from models.base.store import Document, Duplicate
from models.visitors.refusals import TypeDisabled, TypeUnknown

TYPES: Final = "visit_types"
GUEST: Final = "vty_guest"  # where nothing is said
TECHNICIAN: Final = "vty_service"  # of vendors, for a ticket
NOTICE: Final = (
    "请随身携带有效证件，配合前台核验；在园区内佩戴访客标识，由接待人陪同；"
    "不进入与来访事由无关的区域，未经允许不拍摄。您填写的信息仅用于本次来访，到期自动清除。"
)

index(TYPES)

TypeId = Annotated[str, Meta(min_length=5, max_length=32, pattern=r"^vty_[a-z0-9_]+$")]
Stage = Literal["leader", "security"]


class TypeInput(Input):
    """A type of visitor as security sets it up."""

    name: Name
    enabled: bool = True
    approval: Annotated[list[Stage], Meta(max_length=2)] = []
    zones: Annotated[list[Name], Meta(max_length=20)] = []
    long_term: bool = False
    plate: bool = False
    fetch: bool = True
    notice: Annotated[str, Meta(max_length=1000)] = NOTICE


class VisitType(Struct, kw_only=True):
    """A type of visitor."""

    id: str
    name: str
    enabled: bool
    approval: list[Stage]
    zones: list[str]
    long_term: bool
    plate: bool
    fetch: bool
    notice: str


class TypeList(Struct):
    """All types, by id."""

    items: list[VisitType]
    next: str | None = None


def view(kind: Document) -> VisitType:
    return msgspec.convert({**kind, "id": kind["_id"]}, VisitType)


async def listed(ctx: Context) -> TypeList:
    """Every type, by id."""
    found = await ctx.store.find(TYPES, {}, sort=[("_id", 1)])
    return TypeList(items=[view(kind) for kind in found])


async def find(ctx: Context, type_id: str) -> Document:
    """The type, where it may be chosen. Raises TypeUnknown, TypeDisabled."""
    kind = await ctx.store.get_together(TYPES, type_id)
    if kind is None:
        raise TypeUnknown(errors=(("/type", "没有该访客类型"),))
    if not kind["enabled"]:
        raise TypeDisabled
    return kind


async def put(ctx: Context, type_id: str, body: TypeInput) -> VisitType:
    """Set a type up, or change it; who is invited already keeps the old rules."""
    if type_id != type_id.strip():  # the `$` of a pattern lets a final newline pass
        raise TypeUnknown
    said: Document = msgspec.to_builtins(body)
    before = await ctx.store.get(TYPES, type_id)
    if before is not None and said.items() <= before.items():
        return view(before)
    after = await ctx.store.change(TYPES, {"_id": type_id}, {"$set": said})
    if after is None:
        after = {"_id": type_id, **said}
        try:
            await ctx.store.insert(TYPES, after)
        except Duplicate:  # somebody else has made it this moment
            raise Conflict from None
    await record(ctx, "visitors.type", type_id, before, after)
    return view(after)
