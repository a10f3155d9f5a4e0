"""The counter: a code is shown once, a mistake can be undone, and who has no order may walk in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from msgspec import Meta

from models import people
from models.base import orders
from models.base.context import Context
from models.base.decisions import CLAIMS, Found, Hold, Lookup
from models.base.errors import Forbidden
from models.base.ids import plain_code
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.shapes import EmployeeNo, Id, Input, Struct
from models.base.signing import fingerprint
from models.base.store import Document
from models.base.transitions import WrongState, transition
from models.base.views import OrderView, full
from models.base.visibility import desk
from models.base.workflow import Draft, Order, Placement
from models.meals.booking import (
    Eater,
    Portions,
    about,
    clock_time,
    period_key,
    refuse_closed,
    refuse_full,
    seen_by,
)
from models.meals.refusals import (
    AlreadyRedeemed,
    CodeNotValid,
    CodeUnknown,
    ColleagueUnknown,
    NotTheTime,
    NoWalkIns,
    SittingCancelled,
    SittingUnknown,
)
from models.meals.sittings import SITTINGS, is_served


class Scan(Input):
    """A code as scanned or typed. The same `scan_id` gets the same answer again."""

    code: Annotated[str, Meta(min_length=8, max_length=40)]
    scan_id: Annotated[str, Meta(min_length=8, max_length=64)] | None = None


class WalkIn(Input):
    """Somebody without an order, by employee number."""

    sitting_id: Id
    employee_no: EmployeeNo
    portions: Portions = 1


class Redemption(Struct):
    """What the counter hands out, and to whom."""

    order: OrderView
    name: str
    employee_no: str
    redeemed_at: datetime


async def redeem(ctx: Context, body: Scan) -> Redemption:
    """Redeem a code. Raises CodeUnknown, AlreadyRedeemed (with the first time), NotTheTime."""
    order = await _by_code(ctx, body.code)
    again = replace(ctx, idempotency_key=body.scan_id or "")
    if order["state"] != "booked" and not _same_scan(order, again):
        raise _spent(order)
    try:
        order = await transition(again, order["_id"], "redeem")
    except WrongState as race:
        raise _spent(await orders.seen(ctx, order["_id"])) from race
    if order["state"] == "booked":  # the repeated scan is one that has been undone since
        raise _spent(order)
    return await _redemption(ctx, order)


async def _by_code(ctx: Context, typed: str) -> Order:
    """The order behind a code; another canteen's code is as unknown as a made-up one."""
    claim = await ctx.store.get(CLAIMS, f"code:{fingerprint(plain_code(typed))}")
    order = await ctx.store.get(ORDERS, claim["order"]) if claim else None
    if order is None or desk(order["data"]["canteen"]["id"]) not in ctx.actor.tokens:
        raise CodeUnknown
    return order


def _same_scan(order: Order, ctx: Context) -> bool:
    last = order["timeline"][-1]
    return bool(ctx.idempotency_key and last.get("key") == ctx.idempotency_key)


def _spent(order: Order) -> AlreadyRedeemed | CodeNotValid:
    redeemed_at = order["data"].get("redeemed_at")
    if redeemed_at is None:
        return CodeNotValid(state=order["state"])
    return AlreadyRedeemed(
        when=clock_time(redeemed_at), redeemed_at=redeemed_at, order_id=order["_id"]
    )


async def _redemption(ctx: Context, order: Order) -> Redemption:
    eater = await ctx.store.get("people", order["owner"]) or {"name": "", "employee_no": ""}
    return Redemption(
        order=await full(ctx, order),
        name=eater["name"],
        employee_no=eater["employee_no"],
        redeemed_at=order["data"]["redeemed_at"],
    )


async def walk_in(ctx: Context, body: WalkIn) -> Order:
    """Seat somebody without an order. Raises NoWalkIns, SittingFull, AlreadyBooked ..."""
    return await orders.place(ctx, "meal", body, draft=_draft_walk_in)


async def _draft_walk_in(ctx: Context, body: WalkIn) -> Draft:
    """A meal eaten without an order, where the sitting allows it and a place is left."""
    if Role.CANTEEN not in ctx.actor.roles:
        raise Forbidden
    colleagues = await people.by_numbers(ctx, [body.employee_no])
    colleague = colleagues.get(body.employee_no)
    if colleague is None:
        raise ColleagueUnknown(employee_no=body.employee_no)
    eater = Eater(colleague["_id"], colleague["unit"], orders.id_of(ctx))

    def decide(found: Found, now: datetime) -> Placement:
        sitting = _served_sitting(ctx, found, body, now)
        data = about(sitting) | {"portions": body.portions, "dishes": [], "deliver_to": None}
        return Placement(
            state="eaten",
            owner=eater.id,
            unit=eater.unit,
            data=data | {"walk_in": True, "redeemed_at": now},
            price=sitting["price"] * body.portions,
            seen_by=seen_by(ctx, sitting, eater.id),
            holds=[Hold(SITTINGS, sitting["_id"], body.portions)],
            claims=[period_key(sitting, eater.id)],
        )

    return Draft(lookups=[Lookup(SITTINGS, body.sitting_id)], decide=decide)


def _served_sitting(ctx: Context, found: Found, body: WalkIn, now: datetime) -> Document:
    sitting = found.one(SITTINGS, body.sitting_id)
    if sitting is None or desk(sitting["canteen"]["id"]) not in ctx.actor.tokens:
        raise SittingUnknown
    if sitting["state"] == "cancelled":
        raise SittingCancelled
    refuse_closed(sitting)
    if not sitting["walk_ins"]:
        raise NoWalkIns
    if not is_served(sitting, now):
        raise NotTheTime(
            starts_at=clock_time(sitting["starts_at"]), ends_at=clock_time(sitting["ends_at"])
        )
    refuse_full(sitting, body.portions)
    return sitting
