"""Orders over all services: my list, one of them, what waits for me, my messages and my day."""

from __future__ import annotations

from handlers.base.content import Empty
from handlers.base.endpoint import get, post
from models import today
from models.base import consents, messages, views
from models.base.context import Context
from models.base.roles import EVERYONE
from models.base.shapes import Id, PageQuery
from models.base.transitions import transition


@get("/api/v1/orders", allow=EVERYONE)
async def mine(ctx: Context, query: views.OrderQuery) -> views.OrderPage:
    """List my orders over all services, newest first."""
    return await views.mine(ctx, query)


@get("/api/v1/orders/{order_id}", allow=EVERYONE)
async def one(ctx: Context, order_id: Id) -> views.OrderView:
    """Show an order with its timeline and what I may do with it."""
    return await views.one(ctx, order_id)


@post("/api/v1/orders/{order_id}/rating", allow=EVERYONE, versioned=True)
async def rate(ctx: Context, order_id: Id, body: views.RatingInput) -> views.OrderView:
    """Rate an order that is done."""
    return await views.full(ctx, await transition(ctx, order_id, "rate", body))


@get("/api/v1/inbox", allow=EVERYONE)
async def inbox(ctx: Context, query: PageQuery) -> views.OrderPage:
    """List the orders that wait for me, over all services."""
    return await views.inbox(ctx, query)


@get("/api/v1/messages", allow=EVERYONE)
async def listed(ctx: Context, query: PageQuery) -> messages.MessagePage:
    """List my messages, newest first."""
    return await messages.listed(ctx, query)


@get("/api/v1/messages/unread", allow=EVERYONE)
async def unread(ctx: Context) -> messages.Unread:
    """Count my unread messages."""
    return await messages.unread(ctx)


@post("/api/v1/messages/read", allow=EVERYONE)
async def read(ctx: Context, body: messages.ReadUpTo) -> Empty:
    """Mark a message and all before it as read."""
    await messages.mark_read(ctx, body.up_to)


@get("/api/v1/messages/consents", allow=EVERYONE)
async def consented(ctx: Context) -> consents.ConsentPage:
    """List the messages WeChat can carry, and how many of each I have consented to."""
    return await consents.listed(ctx)


@post("/api/v1/messages/consents", allow=EVERYONE)
async def consent(ctx: Context, body: consents.ConsentReport) -> consents.ConsentPage:
    """Report what `wx.requestSubscribeMessage` answered; each `accept` is one message more."""
    return await consents.report(ctx, body)


@get("/api/v1/today", allow=EVERYONE)
async def my_day(ctx: Context, query: today.TodayQuery) -> today.Today:
    """Show my day: what is mine, what I am invited to, what of those I stand in for."""
    return await today.of(ctx, query)
