"""Repairs: reporting, taking, board and ledger, and what dispatchers and managers decide."""

from __future__ import annotations

from typing import Final

from handlers.base.content import Shared
from handlers.base.endpoint import get, post, put
from models.base import views
from models.base.context import Context
from models.base.roles import EVERYONE, Role
from models.base.shapes import Id
from models.repairs import (
    board,
    catalogue,
    colleagues,
    dispatching,
    disputes,
    duty,
    hands,
    parties,
    ratings,
    repeats,
    reporting,
    vendors,
)

HOUSEHOLD: Final = EVERYONE - {Role.TECHNICIAN, Role.DISPATCHER, Role.SUPPLIER, Role.DEVICE}
VENDORS: Final = frozenset({Role.TECHNICIAN, Role.DISPATCHER, Role.MANAGER})


@get("/api/v1/repairs/categories", allow=EVERYONE)
async def categories(ctx: Context) -> catalogue.CategoryList:
    """List what can be reported, with what to do until somebody comes."""
    return await catalogue.listed(ctx)


@get("/api/v1/repairs/catalogue", allow={Role.DISPATCHER, Role.MANAGER})
async def all_categories(ctx: Context) -> catalogue.CategoryTable:
    """List all categories with their targets and levels."""
    return await catalogue.table(ctx)


@put("/api/v1/repairs/categories/{category_id}", allow={Role.MANAGER})
async def set_category(
    ctx: Context, category_id: catalogue.CategoryId, body: catalogue.CategoryInput
) -> catalogue.Category:
    """Set a category up, or change it; what is reported keeps its rules."""
    return await catalogue.put(ctx, category_id, body)


@post("/api/v1/repairs", allow=EVERYONE, once=True)
async def report(ctx: Context, body: reporting.Report) -> views.OrderView:
    """Report that something is broken."""
    return await views.full(ctx, await reporting.report(ctx, body))


@get("/api/v1/repairs/similar", allow=HOUSEHOLD)
async def similar(ctx: Context, query: repeats.SimilarQuery) -> repeats.SimilarList:
    """Show open tickets of the same thing or place, without names, before reporting another."""
    return await repeats.similar(ctx, query)


@post("/api/v1/repairs/{order_id}/join", allow=HOUSEHOLD)
async def join(ctx: Context, order_id: Id) -> views.OrderView:
    """Follow an open ticket of somebody else: "me too"."""
    joined = await repeats.join(ctx, order_id)
    return await views.full(ctx, joined)


@post("/api/v1/repairs/{order_id}/take", allow=EVERYONE, versioned=True)
async def take(ctx: Context, order_id: Id) -> views.OrderView:
    """Take a ticket from the pool; who is too late hears who was faster."""
    return await views.full(ctx, await dispatching.take_first(ctx, order_id))


@get("/api/v1/repairs/board", allow=VENDORS)
async def show_board(ctx: Context, query: board.BoardQuery) -> Shared[board.Board]:
    """Show the open tickets by state, those due first, at most a second old."""
    tokens = parties.boards(ctx.actor)
    key = ("repairs", *tokens, query.state, query.category, query.vendor, query.after)
    return Shared(key, lambda: board.board(ctx.house, tokens, query))


@get("/api/v1/repairs/{order_id}/ledger", allow=EVERYONE)
async def show_ledger(ctx: Context, order_id: Id) -> board.LedgerView:
    """Show whose every minute of a ticket was, and how far its clocks have run."""
    return await board.ledger(ctx, order_id)


@get("/api/v1/repairs/disputes", allow={Role.DISPATCHER, Role.MANAGER})
async def list_disputes(ctx: Context, query: disputes.DisputeQuery) -> views.OrderPage:
    """List the tickets of which somebody disputes whose time it was, newest first."""
    return await disputes.listed(ctx, query)


@get("/api/v1/repairs/colleagues", allow={Role.TECHNICIAN, Role.DISPATCHER})
async def list_colleagues(ctx: Context) -> colleagues.ColleagueList:
    """List the technicians of my vendor to whom a ticket can be handed."""
    return await colleagues.listed(ctx)


@get("/api/v1/repairs/hands", allow={Role.DISPATCHER})
async def list_hands(ctx: Context) -> hands.HandList:
    """List the technicians of my vendor."""
    return await hands.listed(ctx)


@put("/api/v1/repairs/hands/{person_id}", allow={Role.DISPATCHER})
async def set_hand(ctx: Context, person_id: Id, body: hands.HandInput) -> hands.Hand:
    """Say what a technician of my vendor repairs, how much at once, and whether he does now."""
    return await hands.put(ctx, person_id, body)


@get("/api/v1/repairs/loads", allow={Role.DISPATCHER})
async def loads(ctx: Context) -> hands.LoadList:
    """Show how much each technician of my vendor has on hand."""
    return await hands.loads(ctx)


@get("/api/v1/repairs/duty", allow={Role.DISPATCHER})
async def list_duty(ctx: Context, query: duty.DutyQuery) -> duty.DutyList:
    """Show who is on duty on the days of a period."""
    return await duty.listed(ctx, query)


@put("/api/v1/repairs/duty", allow={Role.DISPATCHER})
async def set_duty(ctx: Context, body: duty.DutyInput) -> duty.DutyDay:
    """Say who is on duty on a day, also on a holiday."""
    return await duty.put(ctx, body)


@get("/api/v1/repairs/vendors", allow={Role.MANAGER})
async def list_vendors(ctx: Context) -> vendors.VendorList:
    """List the vendors with their contracts."""
    return await vendors.listed(ctx)


@put("/api/v1/repairs/vendors/{vendor_id}", allow={Role.MANAGER})
async def set_vendor(
    ctx: Context, vendor_id: vendors.VendorId, body: vendors.VendorInput
) -> vendors.Vendor:
    """Set a vendor up, or change it; who is disabled is given no more work."""
    return await vendors.put(ctx, vendor_id, body)


@post("/api/v1/repairs/vendors/{vendor_id}/end", allow={Role.MANAGER})
async def end_contract(
    ctx: Context, vendor_id: vendors.VendorId, body: vendors.EndInput
) -> vendors.Vendor:
    """End a vendor's contract on a day; what it has open then goes to others."""
    return await vendors.end(ctx, vendor_id, body)


@get("/api/v1/repairs/ratings", allow={Role.DISPATCHER, Role.MANAGER})
async def show_ratings(ctx: Context, query: ratings.RatingQuery) -> ratings.Ratings:
    """Show how a vendor was rated; names only to the administration, which is recorded."""
    return await ratings.listed(ctx, query)
