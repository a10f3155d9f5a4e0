"""What is looked after: the register of assets, their maintenance, and the parts put into them."""

from __future__ import annotations

from typing import Annotated, Final

from handlers.base.content import XLSX, File, Shared, Upload, Uploaded
from handlers.base.endpoint import get, post, put
from models.base.context import Context
from models.base.roles import EVERYONE, Role
from models.repairs import (
    asset_history,
    asset_labels,
    asset_sheets,
    assets,
    meters,
    parts,
    plans,
    stock,
)

CARERS: Final = frozenset({Role.TECHNICIAN, Role.DISPATCHER, Role.MANAGER})
PDF: Final = "application/pdf"
SHEET_BYTES: Final = 2 * 1024 * 1024
TREE_SECONDS: Final = 30.0


@get("/api/v1/repairs/places", allow=EVERYONE)
async def places(ctx: Context) -> Shared[assets.PlaceTree]:
    """List the buildings, floors and rooms where something stands."""
    return Shared("repair_places", lambda: assets.places(ctx.house), TREE_SECONDS)


@get("/api/v1/repairs/assets", allow=EVERYONE)
async def find(ctx: Context, query: assets.AssetQuery) -> assets.AssetPage:
    """Find assets by code, name, place or category."""
    return await assets.listed(ctx, query)


@get("/api/v1/repairs/assets/labels", allow={Role.MANAGER}, limit="20/minute")
async def labels(ctx: Context, query: asset_labels.LabelQuery) -> File:
    """Download labels with codes to scan, as A4 sheets to print."""
    return File(await asset_labels.sheet(ctx, query), PDF, "设备标签.pdf", inline=False)


@get("/api/v1/repairs/assets/imports/template", allow={Role.MANAGER})
async def import_template(ctx: Context) -> File:
    """Download an empty sheet for importing assets."""
    return File(await asset_sheets.template(ctx), XLSX, "设备台账模板.xlsx", inline=False)


@post("/api/v1/repairs/assets/imports", allow={Role.MANAGER}, limit="20/minute", status=200)
async def import_assets(
    ctx: Context,
    query: asset_sheets.ImportQuery,
    body: Annotated[Uploaded, Upload(SHEET_BYTES, (XLSX,))],
) -> asset_sheets.ImportReport:
    """Import assets from a sheet, or see what that would do."""
    return await asset_sheets.imported(ctx, body.path, query)


@get("/api/v1/repairs/assets/by-code/{code}", allow=EVERYONE)
async def by_code(ctx: Context, code: assets.Code) -> assets.Scanned:
    """Show the asset whose label I have scanned."""
    return await assets.by_code(ctx, code)


@get("/api/v1/repairs/assets/{asset_id}", allow=CARERS)
async def one(ctx: Context, asset_id: assets.AssetId) -> assets.Asset:
    """Show an asset with its parts and its meter."""
    return await assets.one(ctx, asset_id)


@put("/api/v1/repairs/assets/{asset_id}", allow={Role.MANAGER})
async def register(ctx: Context, asset_id: assets.AssetId, body: assets.AssetInput) -> assets.Asset:
    """Register an asset, or change it; of one that is disabled nothing more can be reported."""
    return await assets.put(ctx, asset_id, body)


@get("/api/v1/repairs/assets/{asset_id}/history", allow=CARERS)
async def history(ctx: Context, asset_id: assets.AssetId) -> asset_history.History:
    """Show an asset's tickets, what they cost, and how long it runs between failures."""
    return await asset_history.history(ctx, asset_id)


@post("/api/v1/repairs/assets/{asset_id}/meter", allow=CARERS)
async def read_meter(ctx: Context, asset_id: assets.AssetId, body: meters.Reading) -> assets.Asset:
    """Write down what an asset's meter shows; maintenance that is due by it follows."""
    return await meters.read(ctx, asset_id, body)


@get("/api/v1/repairs/maintenance", allow=CARERS)
async def list_plans(ctx: Context, query: plans.PlanQuery) -> plans.PlanPage:
    """List the maintenance plans."""
    return await plans.listed(ctx, query)


@get("/api/v1/repairs/maintenance/{plan_id}", allow=CARERS)
async def one_plan(ctx: Context, plan_id: plans.PlanId) -> plans.Plan:
    """Show a maintenance plan and what comes next."""
    return await plans.one(ctx, plan_id)


@put("/api/v1/repairs/maintenance/{plan_id}", allow={Role.MANAGER})
async def set_plan(ctx: Context, plan_id: plans.PlanId, body: plans.PlanInput) -> plans.Plan:
    """Set a maintenance plan up, or change it; tickets that are open stay."""
    return await plans.put(ctx, plan_id, body)


@post("/api/v1/repairs/maintenance/{plan_id}/skip", allow={Role.MANAGER})
async def skip(ctx: Context, plan_id: plans.PlanId, body: plans.Skip) -> plans.Plan:
    """Leave out what comes next of a plan."""
    return await plans.skip(ctx, plan_id, body)


@get("/api/v1/repairs/parts", allow=CARERS)
async def list_parts(ctx: Context) -> parts.PartList:
    """List the parts with what may be charged for them."""
    return await parts.listed(ctx)


@put("/api/v1/repairs/parts/{part_id}", allow={Role.MANAGER})
async def set_part(ctx: Context, part_id: parts.PartId, body: parts.PartInput) -> parts.Part:
    """Set a part up, or change it; what was charged stands."""
    return await parts.put(ctx, part_id, body)


@get("/api/v1/repairs/stock", allow={Role.TECHNICIAN, Role.DISPATCHER})
async def list_stock(ctx: Context) -> stock.StockList:
    """List the parts I have, or those that my vendor's technicians have."""
    return await stock.stock(ctx)


@get("/api/v1/repairs/stock/moves", allow={Role.TECHNICIAN, Role.DISPATCHER})
async def list_moves(ctx: Context, query: stock.MoveQuery) -> stock.MovePage:
    """List what was handed out, used and brought back, newest first."""
    return await stock.moves(ctx, query)


@post("/api/v1/repairs/stock/checkouts", allow={Role.DISPATCHER}, once=True)
async def check_out(ctx: Context, body: stock.Handing) -> stock.Stock:
    """Hand parts out to a technician of my vendor."""
    return await stock.check_out(ctx, body)


@post("/api/v1/repairs/stock/returns", allow={Role.DISPATCHER}, once=True)
async def bring_back(ctx: Context, body: stock.Handing) -> stock.Stock:
    """Take parts back from a technician of my vendor."""
    return await stock.bring_back(ctx, body)
