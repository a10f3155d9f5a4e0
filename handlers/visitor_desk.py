"""Visitors for those who serve at a gate."""

from __future__ import annotations

from typing import Final

from handlers.base.content import File
from handlers.base.endpoint import get, post
from models.base import views
from models.base.context import Context
from models.base.roles import EVERYONE, Role
from models.base.shapes import Id
from models.visitors import (
    desk,
    devices,
    evacuation,
    faces,
    notes,
    offline,
    passing,
    scans,
    unmasking,
    walk_ins,
)

PDF: Final = "application/pdf"
DESK: Final = frozenset({Role.FRONT_DESK, Role.SECURITY})


@get("/api/v1/visitors/desk/visits", allow=DESK)
async def visits(ctx: Context, query: desk.DeskQuery) -> desk.DeskList:
    """List who is expected, inside, has left or did not come today, or find somebody."""
    return await desk.listed(ctx, query)


@post("/api/v1/visitors/walk-ins", allow=DESK, once=True)
async def announce(ctx: Context, body: walk_ins.WalkIn) -> views.OrderView:
    """Call the host of somebody who has come without an invitation."""
    return await views.full(ctx, await walk_ins.announce(ctx, body))


@post("/api/v1/visitors/{order_id}/admit", allow=EVERYONE, versioned=True, fresh=True)
async def admit(ctx: Context, order_id: Id, body: passing.Passing) -> views.OrderView:
    """Let a visitor in who was found by name, with a look at a document."""
    return await views.full(ctx, await scans.by_hand(ctx, order_id, "in", body))


@post("/api/v1/visitors/{order_id}/leave", allow=EVERYONE, versioned=True, fresh=True)
async def leave(ctx: Context, order_id: Id, body: passing.Passing) -> views.OrderView:
    """Let a visitor out who was found by name."""
    return await views.full(ctx, await scans.by_hand(ctx, order_id, "out", body))


@post("/api/v1/visitors/{order_id}/unmask", allow=DESK, limit="60/hour")
async def unmask(ctx: Context, order_id: Id, body: unmasking.Unmask) -> unmasking.Unmasked:
    """Show a visitor in full, which is on record."""
    return await unmasking.unmask(ctx, order_id, body)


@get("/api/v1/visitors/{order_id}/badge.pdf", allow=DESK)
async def badge(ctx: Context, order_id: Id) -> File:
    """A badge to print."""
    return File(await faces.badge(ctx, order_id), PDF, filename="访客标识.pdf")


@post("/api/v1/visitors/desk/copy", allow=DESK, fresh=True, limit="60/minute")
async def copy(ctx: Context, body: devices.Signed) -> offline.Copy:
    """Today's copy for a desk without network: fingerprints and masked names, no secrets."""
    return await offline.copy(ctx, body)


@post("/api/v1/visitors/desk/scans", allow=DESK, fresh=True, limit="60/minute")
async def reconcile(ctx: Context, body: offline.Upload) -> offline.Reconciled:
    """Record what a desk did without network; what does not fit is listed as a conflict."""
    return await offline.reconcile(ctx, body)


@get("/api/v1/visitors/evacuation", allow=DESK)
async def evacuate(ctx: Context) -> evacuation.Evacuation:
    """List everybody who is inside, by zone."""
    return await evacuation.listed(ctx)


@get("/api/v1/visitors/desk/notes", allow=DESK)
async def list_notes(ctx: Context, query: notes.NoteQuery) -> notes.NoteList:
    """List what the shifts of a gate have left for each other, newest first."""
    return await notes.listed(ctx, query)


@post("/api/v1/visitors/desk/notes", allow=DESK, status=201, limit="60/hour")
async def add_note(ctx: Context, body: notes.NoteInput) -> notes.ShiftNote:
    """Leave a note for the next shift."""
    return await notes.add(ctx, body)
