"""What repairs come to: vendors' figures for their assessment, and the tickets of a period."""

from __future__ import annotations

from typing import Final

from handlers.base.content import XLSX, File
from handlers.base.endpoint import get
from models.base.context import Context
from models.base.roles import Role
from models.repairs import export, figures

READERS: Final = frozenset({Role.DISPATCHER, Role.MANAGER})


@get("/api/v1/repairs/figures", allow=READERS)
async def show_figures(ctx: Context, query: figures.FiguresQuery) -> figures.Figures:
    """Show how vendors did in a period; a dispatcher sees his own vendor."""
    return await figures.figures(ctx, query)


@get("/api/v1/repairs/figures/orders", allow=READERS)
async def list_orders(ctx: Context, query: figures.OrdersQuery) -> figures.OrderIds:
    """List the tickets behind a figure."""
    return await figures.orders_of(ctx, query)


@get("/api/v1/repairs/figures/sheet", allow=READERS, limit="20/minute")
async def export_figures(ctx: Context, query: figures.FiguresQuery) -> File:
    """Download the figures as a spreadsheet."""
    return File(await figures.sheet(ctx, query), XLSX, "报修考核.xlsx", inline=False)


@get("/api/v1/repairs/export", allow={Role.MANAGER}, limit="20/minute")
async def export_tickets(ctx: Context, query: export.ExportQuery) -> File:
    """Download the tickets reported in a period as a spreadsheet; it is recorded who did."""
    return File(await export.sheet(ctx, query), XLSX, "报修工单.xlsx", inline=False)
