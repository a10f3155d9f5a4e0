"""What is prepared for a meeting."""

from __future__ import annotations

from handlers.base.endpoint import get, post
from models.base import views
from models.base.context import Context
from models.base.roles import EVERYONE
from models.base.shapes import Id
from models.meetings import services
from models.meetings.services import ServicePage
from models.meetings.wishes import ServiceWish


@post("/api/v1/meetings/{order_id}/services", allow=EVERYONE, once=True)
async def order(ctx: Context, order_id: Id, body: ServiceWish) -> views.OrderView:
    """Have tea, meals, seating, equipment, name plates or help prepared for my meeting."""
    return await views.full(ctx, await services.order(ctx, order_id, body))


@get("/api/v1/meetings/{order_id}/services", allow=EVERYONE)
async def listed(ctx: Context, order_id: Id) -> ServicePage:
    """List what is prepared for a meeting."""
    return await services.listed(ctx, order_id)
