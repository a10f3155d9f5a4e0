"""Reporting that something is broken: what is asked, and what a ticket is made of.

Category, vendors and asset are read in the transaction that places the ticket: what is out of use
cannot be chosen, whatever the page showed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from models.base import orders
from models.base.attachments import Attaching
from models.base.calendar import Calendar
from models.base.clock import campus_date
from models.base.context import Context
from models.base.decisions import Found, Lookup
from models.base.shapes import Id, Input, Name
from models.base.store import Document
from models.base.workflow import Draft, Order, Placement, Timer
from models.repairs import catalogue, parties, vendors
from models.repairs.catalogue import CATEGORIES, CategoryId, SymptomId
from models.repairs.clocks import RepairRules, figures, next_level, reckon, terms_of
from models.repairs.refusals import AssetRetired, AssetUnknown, NoVendor, SymptomUnknown
from models.repairs.repeats import first_fix
from models.repairs.screening import screen

ASSETS: Final = "assets"  # see models/repairs/assets.py
MOST_PHOTOS: Final = 9

Third = Annotated[int, Meta(ge=1, le=3)]
Fault = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]
Photos = Annotated[list[Id], Meta(max_length=MOST_PHOTOS)]


class Location(Input):
    """Where it is, as precisely as the reporter knows."""

    building: Name
    floor: Annotated[str, Meta(max_length=16)] = ""
    room: Annotated[str, Meta(max_length=64)] = ""
    text: Annotated[str, Meta(max_length=200)] = ""


class Report(Input):
    """Something is broken. `urgency` 1 can wait, 3 cannot; photos and voice are ids of uploads."""

    category: CategoryId
    location: Location
    fault: Fault
    symptom: SymptomId | None = None
    urgency: Third = 2
    photos: Photos = []
    voice: Id | None = None
    asset_id: Id | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report with all that the decision over it needs; `more` is put into the ticket's data."""

    body: Report
    owner: str
    unit: str
    rules: RepairRules
    calendar: Calendar
    files: Attaching
    repeat_of: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


async def draft_repair(ctx: Context, body: Report) -> Draft:
    """A ticket of the person who asks."""
    place = body.location
    await screen(ctx, body.fault, place.building, place.floor, place.room, place.text)
    return await draft_for(ctx, body, ctx.actor.id, ctx.actor.unit)


async def draft_for(
    ctx: Context, body: Report, owner: str, unit: str, more: Mapping[str, Any] | None = None
) -> Draft:
    """A ticket of `owner`, as when a plan asks for maintenance. Raises CategoryUnknown."""
    category = await catalogue.find(ctx, body.category)
    rules = await ctx.house.policies.value(RepairRules)
    wanted = Reported(
        body=body,
        owner=owner,
        unit=unit,
        rules=rules,
        calendar=await ctx.house.calendars.current(),
        files=_files(ctx, body),
        repeat_of=await first_fix(ctx, subject_of(body), body.symptom, rules.repeat_days),
        more=more or {},
    )
    lookups = [Lookup(CATEGORIES, body.category), *vendors.lookups(category["vendors"])]
    lookups += wanted.files.lookups
    if body.asset_id is not None:
        lookups.append(Lookup(ASSETS, body.asset_id))

    def decide(found: Found, now: datetime) -> Placement:
        return placement(wanted, found, now)

    return Draft(lookups=lookups, decide=decide)


def placement(wanted: Reported, found: Found, now: datetime) -> Placement:
    """The ticket, in the pool or before the dispatcher. Raises what speaks against it."""
    body = wanted.body
    category = catalogue.refuse_disabled(found, body.category)
    able = working(found, category, now)
    if not able:
        raise NoVendor
    data = about(wanted, found, category) | {"vendors": able}
    entry = {"at": now, "transition": "place", "to": "reported"}
    account = reckon([entry], data["terms"], wanted.calendar, now)
    data["ledger"] = figures(account.ledger)
    timers = next_level(data["terms"], [], account)
    if category["dispatch"] == "rotate":
        timers.append(Timer(now, "rotate"))
    return Placement(
        state="reported",
        owner=wanted.owner,
        unit=wanted.unit,
        data=data,
        seen_by=parties.seen_by(wanted.owner, data, "reported", None),
        waits_for=parties.waits_for(wanted.owner, data, "reported", None),
        due_at=account.ledger.solution.due_at,
        timers=timers,
        updates=wanted.files.updates(found, now),
    )


def _files(ctx: Context, body: Report) -> Attaching:
    """The uploads that the ticket is to have."""
    voices = [body.voice] if body.voice else []
    named = bool(body.photos or voices)
    return Attaching(ctx.actor.id, orders.id_of(ctx) if named else "", body.photos, voices)


def working(found: Found, category: Document, now: datetime) -> list[str]:
    """The vendors of a category that may be given work now."""
    day = campus_date(now)
    return [
        each for each in category["vendors"] if vendors.works(found.one(vendors.VENDORS, each), day)
    ]


def about(wanted: Reported, found: Found, category: Document) -> Document:
    """The data of a ticket. `vendors`, `pooled`, `terms` and `subject` are its rules' own."""
    body = wanted.body
    priority = priority_of(body.urgency, category["impact"])
    data: Document = {
        "category": {"id": category["_id"], "name": category["name"]},
        "location": msgspec.to_builtins(body.location),
        "fault": body.fault,
        "symptom": symptom_of(category, body.symptom),
        "urgency": body.urgency,
        "impact": category["impact"],
        "priority": priority,
        "asset": asset_of(found, body.asset_id),
        "photos": list(body.photos),
        "voice": body.voice,
        "advice": category["advice"],
        "dispatch": category["dispatch"],
        "pooled": category["dispatch"] == "grab",
        "watchers": [],
        "vendor": None,
        "hand": None,
        "round": 0,
        "repeat_of": wanted.repeat_of,
        "escalated": [],
        "subject": subject_of(body),
        "terms": terms_of(category, priority, wanted.rules),
    }
    return data | dict(wanted.more)


def priority_of(urgency: int, impact: int) -> int:
    """1 to 5, the most urgent."""
    return urgency + impact - 1


def subject_of(body: Report) -> str:
    """What a ticket is about, to find others about the same: an asset, or a place."""
    if body.asset_id is not None:
        return body.asset_id
    place = body.location
    return f"{body.category}@{place.building}/{place.floor}/{place.room}"


def symptom_of(category: Document, symptom: str | None) -> Document | None:
    """{id, name}. Raises SymptomUnknown."""
    if symptom is None:
        return None
    for known in category["symptoms"]:
        if known["id"] == symptom:
            return dict(known)
    raise SymptomUnknown(errors=(("/symptom", "没有这种故障现象"),))


def asset_of(found: Found, asset_id: str | None) -> Document | None:
    """{id, name, code}. Raises AssetUnknown, AssetRetired."""
    if asset_id is None:
        return None
    asset = found.one(ASSETS, asset_id)
    if asset is None:
        raise AssetUnknown(errors=(("/asset_id", "没有该设备"),))
    if not asset["enabled"]:
        raise AssetRetired(code=asset["code"])
    return {"id": asset["_id"], "name": asset["name"], "code": asset["code"]}


async def report(ctx: Context, body: Report) -> Order:
    """Report that something is broken."""
    return await orders.place(ctx, parties.KIND, body)
