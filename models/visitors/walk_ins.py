"""Somebody comes without an invitation: the desk calls the host, who says yes or no on the phone.

While the host is silent, whoever stands in for them and the unit's leader are asked; in the end the
visitor is turned away, never left waiting.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta

from models import people
from models.base import orders
from models.base.context import Context
from models.base.decisions import Found
from models.base.shapes import EmployeeNo, Input, Line
from models.base.store import Document
from models.base.visibility import deputy, person
from models.base.workflow import Draft, Order, Placement, Tell, Timer
from models.visitors import gates, inviting
from models.visitors.gates import GateId
from models.visitors.inviting import Member, host_of
from models.visitors.parties import KIND
from models.visitors.refusals import HostUnknown
from models.visitors.rules import minutes
from models.visitors.shapes import CompanionCount, Occasion, Visitor
from models.visitors.types import GUEST, TypeId

USUAL: Final = 120  # minutes


class WalkIn(Input):
    """Who stands at the desk, and whom they want to see."""

    visitor: Visitor
    host: EmployeeNo
    gate: GateId
    purpose: Line
    companions: CompanionCount = 0
    minutes: Annotated[int, Meta(ge=10, le=720)] = USUAL
    type: TypeId = GUEST


async def announce(ctx: Context, body: WalkIn) -> Order:
    """Call the host. Raises NotYourGate, HostUnknown, and what an invitation does."""
    return await orders.place(ctx, KIND, body, draft=_draft)


async def _draft(ctx: Context, body: WalkIn) -> Draft:
    gates.refuse_elsewhere(ctx, body.gate)
    host = await people.by_number(ctx, body.host)
    if host is None:
        errors = (("/host", "没有找到该工号"),)
        raise HostUnknown(employee_no=body.host, errors=errors)
    occasion = Occasion(
        starts_at=ctx.now,
        ends_at=ctx.now + timedelta(minutes=body.minutes),
        purpose=body.purpose,
        type=body.type,
        gate=body.gate,
    )
    known = {**host_of(host), "unit": host["unit"]}
    setting = await inviting.prepare(ctx, occasion, known, [body.visitor])
    answer_by = ctx.now + minutes(setting.rules.answer_minutes)
    setting = replace(setting, more={"answer_by": answer_by, "walk_in": True})
    member = Member(order_id=orders.id_of(ctx), visitor=body.visitor, companions=body.companions)
    call_at = ctx.now + minutes(setting.rules.call_minutes)

    def decide(found: Found, now: datetime) -> Placement:
        return _announced(inviting.placement(setting, member, found, now), call_at)

    return Draft(lookups=setting.lookups, decide=decide)


def _announced(placement: Placement, call_at: datetime) -> Placement:
    """Whatever the type wants, the host is asked first."""
    host = placement.owner
    data: Document = {**placement.data, "asked": [host]}
    return replace(
        placement,
        state="announced",
        data=data,
        waits_for=[person(host), deputy(host)],
        timers=[Timer(call_at, "call"), Timer(data["answer_by"], "turn_away")],
        tells=(Tell("visit-announced", to="owner", sms=True),),
    )
