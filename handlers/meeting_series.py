"""Series of meetings, swaps of rooms, and emergencies."""

from __future__ import annotations

from handlers.base.endpoint import get, post
from models.base import orders, views
from models.base.context import Context
from models.base.roles import EVERYONE, Role
from models.base.shapes import Id
from models.meetings import emergencies, series, series_booking, swaps


@post("/api/v1/meetings/series", allow=EVERYONE, once=True)
async def book(ctx: Context, body: series_booking.SeriesInput) -> series.SeriesBooked:
    """Book a series of meetings; the answer says per date what became of it."""
    return await series.book(ctx, body)


@post("/api/v1/meetings/series/preview", allow=EVERYONE, limit="60/minute")
async def preview(ctx: Context, body: series_booking.SeriesInput) -> series_booking.Preview:
    """Show what would become of each date of a series, without booking anything."""
    return await series_booking.preview(ctx, body)


@get("/api/v1/meetings/series/{series_id}", allow=EVERYONE)
async def show(ctx: Context, series_id: Id) -> series.SeriesView:
    """Show a series with its meetings."""
    return await series.shown(ctx, series_id)


@post("/api/v1/meetings/swaps", allow=EVERYONE, once=True)
async def ask_to_swap(ctx: Context, body: swaps.SwapInput) -> views.OrderView:
    """Ask whoever has a room to swap it with mine."""
    return await views.full(ctx, await orders.place(ctx, swaps.KIND, body))


@post("/api/v1/meetings/emergencies", allow={Role.LEADER, Role.MANAGER}, once=True)
async def declare(ctx: Context, body: emergencies.EmergencyInput) -> emergencies.Emergency:
    """Take a room for an emergency; who meets there gets another room where one is free."""
    return await emergencies.declare(ctx, body)
