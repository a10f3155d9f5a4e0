"""What one shift of a gate leaves for the next.

A document of `shift_notes`: {_id, gate, at, by: {id, name}, text, expires_at}.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from models.base.context import Context
from models.base.expiry import expires
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.paging import Listing, page
from models.base.shapes import Input, Line, PageQuery, Struct
from models.base.store import Document
from models.visitors import gates
from models.visitors.gates import GateId

NOTES: Final = "shift_notes"
KEPT: Final = timedelta(days=30)
_LISTING: Final = Listing(NOTES, "at")

index(NOTES, [("gate", 1), ("at", -1)])
expires(NOTES, "expires_at")


class NoteInput(Input):
    """What the next shift should know."""

    gate: GateId
    text: Line


class NoteQuery(PageQuery, kw_only=True):
    """Of which gate."""

    gate: GateId


class ShiftNote(Struct):
    """A note and who left it."""

    id: str
    at: datetime
    by: str
    text: str


class NoteList(Struct):
    """Notes, newest first."""

    items: list[ShiftNote]
    next: str | None = None


async def add(ctx: Context, body: NoteInput) -> ShiftNote:
    """Leave a note. Raises NotYourGate."""
    gates.refuse_elsewhere(ctx, body.gate)
    note: Document = {
        "_id": new_id("nte"),
        "gate": body.gate,
        "at": ctx.now,
        "by": {"id": ctx.actor.id, "name": ctx.actor.name},
        "text": body.text,
        "expires_at": ctx.now + KEPT,
    }
    await ctx.store.insert(NOTES, note)
    return _view(note)


async def listed(ctx: Context, query: NoteQuery) -> NoteList:
    """The notes of a gate, newest first. Raises NotYourGate."""
    gates.refuse_elsewhere(ctx, query.gate)
    asked = PageQuery(after=query.after, limit=query.limit)
    found, following = await page(ctx.store, _LISTING, {"gate": query.gate}, asked)
    return NoteList(items=[_view(note) for note in found], next=following)


def _view(note: Document) -> ShiftNote:
    return ShiftNote(id=note["_id"], at=note["at"], by=note["by"]["name"], text=note["text"])
