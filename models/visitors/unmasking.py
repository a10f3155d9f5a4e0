"""Seeing a visitor in full, where the masked form is not enough; who did and why is on record."""

from __future__ import annotations

from typing import Any

from models.base.audit import record
from models.base.context import Context
from models.base.errors import Forbidden
from models.base.shapes import Input, Line, Struct
from models.visitors.own import visit
from models.visitors.parties import ATTENDANTS, any_of, security
from models.visitors.refusals import Scrubbed


class Unmask(Input):
    """What it is needed for."""

    reason: Line


class Unmasked(Struct):
    """What the host or the visitor said."""

    visitor: dict[str, Any]
    companions: list[dict[str, Any]]
    belongings: str


async def unmask(ctx: Context, order_id: str, body: Unmask) -> Unmasked:
    """Raises NotFound, Forbidden, Scrubbed."""
    order = await visit(ctx, order_id)
    if not any_of((*ATTENDANTS, security), order, ctx.actor):
        raise Forbidden
    if "private" not in order:
        raise Scrubbed
    await record(ctx, "visitors.unmask", order_id, None, {"reason": body.reason})
    private = order["private"]
    return Unmasked(
        visitor={k: v for k, v in private["visitor"].items() if v is not None},
        companions=private["companions"],
        belongings=private.get("belongings", ""),
    )
