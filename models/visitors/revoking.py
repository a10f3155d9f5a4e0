"""Revoking: security ends a pass. Who is inside counts as inside until they are out.

Codes of a pass that was revoked are void. Those of somebody who is inside still let them out, and
nowhere in: the step out then ends in `revoked`, at whatever gate, by code, by hand or offline.
"""

from __future__ import annotations

from datetime import datetime

from models import people
from models.base.context import Actor, Context
from models.base.errors import Refusal
from models.base.roles import Role
from models.base.workflow import Effect, Order, Tell
from models.visitors.changing import was_expected
from models.visitors.deciding import Reason
from models.visitors.inviting import guest
from models.visitors.refusals import RevokedAlready


def unless_revoked(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    """Once is enough; the state of somebody inside does not tell."""
    return RevokedAlready() if order["data"].get("revoked_at") else None


async def revoke(ctx: Context, order: Order, body: Reason) -> Effect:
    """Security ends a pass; its codes are void, and the visitor's page says so."""
    if order["state"] == "inside":
        return await _of_who_is_inside(ctx, order, body)
    void = {"code_version": order["data"]["code_version"] + 1, "revoked_at": ctx.now}
    tells = [Tell("visit-cancelled", to=guest, sms=True)] if was_expected(order) else []
    tells.append(Tell("visit-revoked"))
    return Effect(data=void, note=body.reason, fields={"waits_for": []}, tells=tells)


async def _of_who_is_inside(ctx: Context, order: Order, body: Reason) -> Effect:
    """Out, and not in again; host and desks see them out."""
    desks = await _desks(ctx, order)
    return Effect(
        target="inside",
        data={"ending": True, "revoked_at": ctx.now},
        note=body.reason,
        tells=[
            Tell("visit-to-leave", sms=True),
            Tell("visit-to-leave", to=lambda order: desks),
        ],
    )


async def _desks(ctx: Context, order: Order) -> list[str]:
    """Who serves at a gate through which the visitor may leave."""
    gates = [gate["id"] for gate in order["data"]["gates"]]
    found = [await people.serving(ctx, Role.FRONT_DESK, gate) for gate in gates]
    return sorted({each["_id"] for staff in found for each in staff})
