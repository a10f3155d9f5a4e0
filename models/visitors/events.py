"""Gate events: staff and vehicles pass by employee number or plate. They are not orders.

A million entries a year, so a passage is one insert and nothing is read back: the same passage
within seconds has the same id. A document of `gate_events`:
    _id                      who, gate, direction and the five seconds; or the device and its scan
    at, gate, direction      when and where
    kind, who                staff and the person's id; vehicle and the plate
    decision, reason, by     admit or refuse; a word of reasons.py; who or which device scanned
    expires_at               when it goes, by the policy of the day it was written
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from models import people
from models.base.context import Context
from models.base.expiry import expires
from models.base.indexes import declare as index
from models.base.paging import Listing, page
from models.base.shapes import EmployeeNo, PageQuery, Struct
from models.base.store import Document, Duplicate
from models.people.standing import AT_VENDOR
from models.visitors import rules, vehicles
from models.visitors.gates import GateId
from models.visitors.shapes import PLATE, masked_plate

EVENTS: Final = "gate_events"
SAME: Final = 5  # seconds within which a passage is the same
_LISTING: Final = Listing(EVENTS, "at")
_NUMBER: Final = re.compile(r"[A-Z][A-Z0-9]{1,15}")
_PLATE: Final = re.compile(PLATE)

index(EVENTS, [("gate", 1), ("at", -1)])
index(EVENTS, [("who", 1), ("at", -1)])
expires(EVENTS, "expires_at")


@dataclass(frozen=True, slots=True)
class Passage:
    """Whoever wants through: `who` is stored, `shown` is what the gate may read."""

    kind: str
    who: str
    shown: str
    allowed: bool


class EventQuery(PageQuery, kw_only=True):
    """Of which gate; of one person, where wished."""

    gate: GateId
    employee_no: EmployeeNo | None = None


class GateEvent(Struct):
    """A passage of staff or a vehicle."""

    at: datetime
    gate: str
    direction: str
    kind: str
    who: str
    decision: str
    reason: str


class EventPage(Struct):
    """Passages, newest first."""

    items: list[GateEvent]
    next: str | None = None


async def recognised(ctx: Context, code: str) -> Passage | None:
    """Whose employee number or plate this is; None where it is neither, or nobody's."""
    text = code.strip().upper().replace("·", "")
    if _PLATE.fullmatch(text):
        vehicle = await vehicles.may_pass(ctx, text)
        shown = f"{vehicle['label']} {masked_plate(text)}" if vehicle else ""
        return Passage("vehicle", text, shown, True) if vehicle else None
    if not _NUMBER.fullmatch(text):
        return None
    person = await people.by_number(ctx, text)
    if person is None:
        return None
    allowed = AT_VENDOR.isdisjoint(person["roles"])  # who works for a vendor has a pass
    return Passage("staff", person["_id"], f"{person['name']} {text}", allowed)


def plate_of(code: str) -> str | None:
    """The plate that was read, if it is one."""
    text = code.strip().upper().replace("·", "")
    return text if _PLATE.fullmatch(text) else None


async def keep(
    ctx: Context, passage: Passage, gate: str, direction: str, scan_id: str | None
) -> bool:
    """Write a passage; whether it is new."""
    given = await rules.current(ctx)
    bucket = int(ctx.now.timestamp()) // SAME
    same = f"{passage.who}:{gate}:{direction}:{bucket}"
    event: Document = {
        "_id": f"{ctx.actor.id}:{scan_id}" if scan_id else same,
        "at": ctx.now, "gate": gate, "direction": direction, "kind": passage.kind,
        "who": passage.who, "decision": "admit" if passage.allowed else "refuse",
        "reason": "ok" if passage.allowed else "no-entry", "by": ctx.actor.id,
        "expires_at": ctx.now + timedelta(days=given.events_days),
    }  # fmt: skip
    try:
        await ctx.store.insert(EVENTS, event)
    except Duplicate:
        return False
    return True


async def listed(ctx: Context, query: EventQuery) -> EventPage:
    """The passages of a gate, newest first; plates masked."""
    where: Document = {"gate": query.gate}
    if query.employee_no is not None:
        person = await people.by_number(ctx, query.employee_no)
        where = {"who": person["_id"] if person else "", "gate": query.gate}
    asked = PageQuery(after=query.after, limit=query.limit)
    found, following = await page(ctx.store, _LISTING, where, asked)
    names = await people.names(ctx, {each["who"] for each in found if each["kind"] == "staff"})
    return EventPage(items=[_view(each, names) for each in found], next=following)


def _view(event: Document, names: dict[str, str]) -> GateEvent:
    who = names.get(event["who"], "") if event["kind"] == "staff" else masked_plate(event["who"])
    return GateEvent(
        who=who,
        **{name: event[name] for name in ("at", "gate", "direction", "kind", "decision", "reason")},
    )
