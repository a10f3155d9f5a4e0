"""Vehicles that pass the gates without a visit: of staff, and official ones.

A document of `vehicles`: {_id: plate, label, owner?, until?, by, at}.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from models import people
from models.base.audit import record
from models.base.clock import campus_date
from models.base.context import Context
from models.base.errors import NotFound
from models.base.indexes import declare as index
from models.base.paging import Listing, page
from models.base.shapes import Day, EmployeeNo, Input, Name, PageQuery, Struct
from models.base.store import Document
from models.visitors.refusals import HostUnknown
from models.visitors.shapes import PLATE, masked_plate

VEHICLES: Final = "vehicles"
_LISTING: Final = Listing(VEHICLES, "at")

index(VEHICLES, [("at", -1)])

PlatePath = Annotated[str, Meta(min_length=7, max_length=8, pattern=PLATE)]


class VehicleInput(Input):
    """A vehicle that may pass: whose it is, and until which day."""

    label: Name
    owner: EmployeeNo | None = None
    until: Day | None = None


class Vehicle(Struct, kw_only=True):
    """A vehicle that may pass."""

    plate: str
    label: str
    owner: str | UnsetType = UNSET
    until: str | UnsetType = UNSET
    by: str
    at: datetime


class VehiclePage(Struct):
    """Vehicles, newest first."""

    items: list[Vehicle]
    next: str | None = None


async def put(ctx: Context, plate: str, body: VehicleInput) -> Vehicle:
    """Let a vehicle pass, or change it, on the record. Raises HostUnknown, NotFound."""
    if plate != plate.strip():  # the `$` of a pattern lets a final newline pass
        raise NotFound
    owner = await people.by_number(ctx, body.owner) if body.owner else None
    if body.owner and owner is None:
        errors = (("/owner", "没有找到该工号"),)
        raise HostUnknown(employee_no=body.owner, errors=errors)
    vehicle: Document = {"_id": plate, "label": body.label, "by": ctx.actor.name, "at": ctx.now}
    if owner is not None:
        vehicle["owner"] = owner["employee_no"]
    if body.until is not None:
        vehicle["until"] = body.until.isoformat()
    await ctx.store.upsert(VEHICLES, vehicle)
    await record(ctx, "visitors.vehicle", masked_plate(plate), None, {"label": body.label})
    return _view(vehicle)


async def drop(ctx: Context, plate: str) -> None:
    """A vehicle may pass no more; harmless where there is none."""
    if await ctx.store.delete(VEHICLES, {"_id": plate}):
        await record(ctx, "visitors.vehicle", masked_plate(plate), {"enabled": True}, None)


async def listed(ctx: Context, query: PageQuery) -> VehiclePage:
    """The vehicles that may pass, newest first."""
    found, following = await page(ctx.store, _LISTING, {}, query)
    return VehiclePage(items=[_view(each) for each in found], next=following)


async def may_pass(ctx: Context, plate: str) -> Document | None:
    """The vehicle of a plate, while it may pass."""
    vehicle = await ctx.store.get(VEHICLES, plate)
    if vehicle is None or not _in_force(vehicle, campus_date(ctx.now)):
        return None
    return vehicle


def _in_force(vehicle: Document, today: date) -> bool:
    return bool(vehicle.get("until", today.isoformat()) >= today.isoformat())


def _view(vehicle: Document) -> Vehicle:
    return Vehicle(
        plate=vehicle["_id"],
        label=vehicle["label"],
        owner=vehicle.get("owner", UNSET),
        until=vehicle.get("until", UNSET),
        by=vehicle["by"],
        at=vehicle["at"],
    )
