"""Visitors for those who serve at a gate."""

from __future__ import annotations

from typing import Final

from handlers.base.endpoint import get, post
from models.base import views
from models.base.context import Context
from models.base.roles import Role
from models.base.shapes import Id
from models.visitors import desk, notes, unmasking, walk_ins

DESK: Final = frozenset({Role.FRONT_DESK, Role.SECURITY})


@get("/api/v1/visitors/desk/visits", allow=DESK)
async def visits(ctx: Context, query: desk.DeskQuery) -> desk.DeskList:
    """List who is expected, inside, has left or did not come today, or find somebody."""
    return await desk.listed(ctx, query)


@post("/api/v1/visitors/walk-ins", allow=DESK, once=True)
async def announce(ctx: Context, body: walk_ins.WalkIn) -> views.OrderView:
    """Call the host of somebody who has come without an invitation."""
    return await views.full(ctx, await walk_ins.announce(ctx, body))


@post("/api/v1/visitors/{order_id}/unmask", allow=DESK, limit="60/hour")
async def unmask(ctx: Context, order_id: Id, body: unmasking.Unmask) -> unmasking.Unmasked:
    """Show a visitor in full, which is on record."""
    return await unmasking.unmask(ctx, order_id, body)


@get("/api/v1/visitors/desk/notes", allow=DESK)
async def list_notes(ctx: Context, query: notes.NoteQuery) -> notes.NoteList:
    """List what the shifts of a gate have left for each other, newest first."""
    return await notes.listed(ctx, query)


@post("/api/v1/visitors/desk/notes", allow=DESK, status=201, limit="60/hour")
async def add_note(ctx: Context, body: notes.NoteInput) -> notes.ShiftNote:
    """Leave a note for the next shift."""
    return await notes.add(ctx, body)
