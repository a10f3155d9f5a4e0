"""The record of what the administration did: who, when, to what, before and after. Only added to.

Phone numbers are masked and secrets left out before anything is written, so that the record can be
shown to everyone who may read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET, UnsetType

from models.base.context import Context
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.shapes import PageQuery, Struct
from models.base.store import Document

AUDIT: Final = "audit"
SECRET: Final = {"openid", "token", "code", "secret", "digest", "password", "sms_code"}

index(AUDIT, [("place", -1)], unique=True)

_PHONE: Final = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")


class AuditActor(Struct):
    """Who did it, as they were called at the time."""

    id: str
    employee_no: str
    name: str


class AuditView(Struct):
    """One act. `before` and `after` hold only what changed."""

    id: str
    at: datetime
    actor: AuditActor
    act: str
    object: str
    object_name: str | UnsetType = UNSET  # of a person
    before: Any | UnsetType = UNSET
    after: Any | UnsetType = UNSET


class AuditPage(Struct):
    """Acts, newest first."""

    items: list[AuditView]
    next: str | None = None


def entry(ctx: Context, act: str, about: str, before: Any = None, after: Any = None) -> Document:
    """The document of an act on the object `about`, to be inserted with what it tells of."""
    actor, audit_id = ctx.actor, new_id("aud")
    document: Document = {
        "_id": audit_id,
        "place": f"{ctx.now:%Y%m%dT%H%M%S.%f}-{audit_id}",  # where it stands in the list
        "at": ctx.now,
        "actor": {"id": actor.id, "employee_no": actor.employee_no, "name": actor.name},
        "act": act,
        "object": about,
        "request_id": ctx.request_id,
    }
    if before is not None:
        document["before"] = masked(before)
    if after is not None:
        document["after"] = masked(after)
    return document


async def record(ctx: Context, act: str, about: str, before: Any = None, after: Any = None) -> None:
    """Add an act that has no write of its own to stand beside."""
    await ctx.store.insert(AUDIT, entry(ctx, act, about, before, after))


async def listed(ctx: Context, query: PageQuery) -> AuditPage:
    """What was done, newest first."""
    where: Document = {} if query.after is None else {"place": {"$lt": query.after}}
    found = await ctx.store.find(AUDIT, where, sort=[("place", -1)], limit=query.limit + 1)
    shown = found[: query.limit]
    following = shown[-1]["place"] if len(found) > query.limit else None
    return AuditPage(items=[_view(document) for document in shown], next=following)


def masked(value: Any) -> Any:
    """`value` without secrets, and with the middle of every phone number hidden."""
    if isinstance(value, str):
        return _PHONE.sub(r"\1****\2", value)
    if isinstance(value, Mapping):
        return {name: "***" if name in SECRET else masked(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return value


def _view(document: Document) -> AuditView:
    return AuditView(
        id=document["_id"],
        at=document["at"],
        actor=AuditActor(**document["actor"]),
        act=document["act"],
        object=document["object"],
        before=document.get("before", UNSET),
        after=document.get("after", UNSET),
    )
