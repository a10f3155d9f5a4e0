"""Calls between the reporter of a ticket and its technician."""

from __future__ import annotations

from handlers.base.endpoint import post
from models.base.context import Context
from models.base.roles import EVERYONE
from models.base.shapes import Id
from models.repairs import calls


@post("/api/v1/repairs/{order_id}/call", allow=EVERYONE, status=200, limit="10/minute")
async def call(ctx: Context, order_id: Id) -> calls.CallView:
    """Get a number that reaches the reporter or the technician; neither sees the other's."""
    return await calls.call(ctx, order_id)
