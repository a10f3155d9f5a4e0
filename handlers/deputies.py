"""Who stands in for me while I am away, and whom I stand in for."""

from __future__ import annotations

from handlers.base.content import Empty
from handlers.base.endpoint import delete, get, post
from models import deputies
from models.base.context import Context
from models.base.roles import EVERYONE
from models.base.shapes import Id


@get("/api/v1/deputies", allow=EVERYONE)
async def listed(ctx: Context) -> deputies.DeputyPage:
    """List my deputies and those I stand in for."""
    return await deputies.listed(ctx)


@post("/api/v1/deputies", allow=EVERYONE, status=201, limit="20/minute", fresh=True)
async def name(ctx: Context, body: deputies.Absence) -> deputies.Deputyship:
    """Have a colleague stand in for me on some days."""
    return await deputies.name(ctx, body)


@delete("/api/v1/deputies/{deputy_id}", allow=EVERYONE, fresh=True)
async def end(ctx: Context, deputy_id: Id) -> Empty:
    """End a deputyship of mine, given or taken on; in force everywhere within a second."""
    await deputies.end(ctx, deputy_id)
