"""Meetings for those who hold them, and what meeting services see of their requests."""

from __future__ import annotations

from handlers.base.endpoint import get, post
from models.base import views
from models.base.context import Context
from models.base.roles import EVERYONE, Role
from models.base.shapes import Id
from models.meetings import booking, check_ins, doors, rivals


@post("/api/v1/meetings", allow=EVERYONE, once=True)
async def book(ctx: Context, body: booking.Booking) -> views.OrderView:
    """Book a room for a meeting, ask for it where it wants approval, or wait for it."""
    return await views.full(ctx, await booking.book(ctx, body))


@get("/api/v1/meetings/{order_id}/rivals", allow={Role.MEETINGS})
async def rivals_of(ctx: Context, order_id: Id) -> rivals.Rivals:
    """List the requests that approving this one would refuse."""
    return await rivals.listed(ctx, order_id)


@post("/api/v1/meetings/check-ins", allow=EVERYONE, limit="60/minute")
async def check_in(ctx: Context, body: doors.DoorQuery) -> views.OrderView:
    """Check in to my meeting by the code at the door of its room."""
    return await views.full(ctx, await check_ins.check_in(ctx, body))
