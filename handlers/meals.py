"""Meals for those who eat them, and the counter that hands them out."""

from __future__ import annotations

from handlers.base.content import Shared
from handlers.base.endpoint import get, post
from models.base import orders, views
from models.base.context import Context
from models.base.roles import EVERYONE, Role
from models.meals import batches, booking, counter, repeats, sittings


@get("/api/v1/meals/sittings", allow=EVERYONE)
async def day(ctx: Context, query: sittings.SittingQuery) -> Shared[sittings.SittingPage]:
    """List the sittings of a day with their menus and places left."""
    key = ("sittings", query.date, query.canteen)
    return Shared(key, lambda: sittings.of_day(ctx.house, query.date, query.canteen))


@post("/api/v1/meals", allow=EVERYONE, once=True)
async def book(ctx: Context, body: booking.Booking) -> views.OrderView:
    """Order a meal for myself, or join the waiting list of a full sitting."""
    return await views.full(ctx, await orders.place(ctx, "meal", body))


@post("/api/v1/meals/batches", allow={Role.CLERK}, once=True)
async def book_for_unit(ctx: Context, body: batches.Batch) -> batches.Booked:
    """Order meals for colleagues of my unit in one go."""
    return await batches.book(ctx, body)


@get("/api/v1/meals/last", allow=EVERYONE)
async def last(ctx: Context) -> repeats.Last:
    """Show what I ordered last, to order it again."""
    return await repeats.last(ctx)


@post("/api/v1/meals/redemptions", allow={Role.CANTEEN}, limit="240/minute", fresh=True)
async def redeem(ctx: Context, body: counter.Scan) -> counter.Redemption:
    """Redeem a code at the counter."""
    return await counter.redeem(ctx, body)


@post("/api/v1/meals/walk-ins", allow={Role.CANTEEN}, once=True)
async def walk_in(ctx: Context, body: counter.WalkIn) -> views.OrderView:
    """Seat somebody without an order."""
    return await views.full(ctx, await counter.walk_in(ctx, body))
