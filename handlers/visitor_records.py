"""What security reads: the log of scans, the passages of staff and vehicles, and the vehicles."""

from __future__ import annotations

from typing import Final

from handlers.base.content import XLSX, Empty, File
from handlers.base.endpoint import delete, get, put
from models.base.context import Context
from models.base.roles import Role
from models.base.shapes import PageQuery
from models.visitors import events, records, vehicles

SECURITY: Final = frozenset({Role.SECURITY})


@get("/api/v1/visitors/log", allow=SECURITY)
async def show_log(ctx: Context, query: records.LogQuery) -> records.ScanPage:
    """List scans, newest first."""
    return await records.listed(ctx, query)


@get("/api/v1/visitors/log.xlsx", allow=SECURITY, limit="20/hour")
async def export_log(ctx: Context, query: records.ExportQuery) -> File:
    """Take the scans of a period as a spreadsheet, which is on record."""
    content = await records.sheet(ctx, query)
    return File(content, XLSX, filename="门岗记录.xlsx", inline=False)


@get("/api/v1/visitors/events", allow=SECURITY)
async def list_events(ctx: Context, query: events.EventQuery) -> events.EventPage:
    """List the passages of staff and vehicles at a gate, newest first."""
    return await events.listed(ctx, query)


@get("/api/v1/visitors/vehicles", allow=SECURITY)
async def list_vehicles(ctx: Context, query: PageQuery) -> vehicles.VehiclePage:
    """List the vehicles that may pass."""
    return await vehicles.listed(ctx, query)


@put("/api/v1/visitors/vehicles/{plate}", allow=SECURITY, fresh=True)
async def set_vehicle(
    ctx: Context, plate: vehicles.PlatePath, body: vehicles.VehicleInput
) -> vehicles.Vehicle:
    """Let a vehicle pass, or change it."""
    return await vehicles.put(ctx, plate, body)


@delete("/api/v1/visitors/vehicles/{plate}", allow=SECURITY, fresh=True)
async def drop_vehicle(ctx: Context, plate: vehicles.PlatePath) -> Empty:
    """Let a vehicle pass no more."""
    await vehicles.drop(ctx, plate)
