"""Technicians of vendors: whoever accepts a repair ticket has a pass for that place, until it ends.

The two services know nothing of each other: what happens to a ticket is heard of through the
outbox, and the ticket's own order says who has it now. A pass is a child of its ticket.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from models import people
from models.base import orders, outbox
from models.base.clock import campus_date, campus_time
from models.base.context import CLOCK, Context
from models.base.decisions import Found
from models.base.errors import Conflict, Refusal
from models.base.orders import ORDERS
from models.base.store import Document
from models.base.transitions import MAX_TRIES, transition
from models.base.workflow import Draft, Order, Placement
from models.visitors import inviting
from models.visitors.inviting import Member, Setting, host_of
from models.visitors.parties import KIND
from models.visitors.shapes import Occasion, Repeat, Visitor
from models.visitors.types import TECHNICIAN, TYPES

REPAIR: Final = "repair"
AT_WORK: Final = ("taken", "started", "paused")
OPENS, CLOSES = "07:00", "21:00"  # when technicians come, on every day
LASTS: Final = timedelta(days=30)  # at most; a ticket that takes longer gets a new pass by hand
EVERY_DAY: Final = [1, 2, 3, 4, 5, 6, 7]


@outbox.reacts(REPAIR, "take")
@outbox.reacts(REPAIR, "assign")
@outbox.reacts(REPAIR, "rotate")
@outbox.reacts(REPAIR, "hand_over")
@outbox.reacts(REPAIR, "give_back")
@outbox.reacts(REPAIR, "release")
@outbox.reacts(REPAIR, "finish")
@outbox.reacts(REPAIR, "accept")
@outbox.reacts(REPAIR, "refuse")
@outbox.reacts(REPAIR, "reopen")
@outbox.reacts(REPAIR, "cancel")
@outbox.reacts(REPAIR, "merge")
async def follow(ctx: Context, ticket: Order, entry: Document) -> None:
    """Have exactly the technician who has the ticket now hold a pass for it."""
    for _ in range(MAX_TRIES):
        now_of_it = await ctx.store.get(ORDERS, ticket["_id"])
        assert now_of_it is not None  # an order is never deleted
        holder = now_of_it.get("assignee") if now_of_it["state"] in AT_WORK else None
        passes = await _passes(ctx, ticket["_id"])
        others = [each for each in passes if _is_good(each) and each["owner"] != holder]
        if all([await _end(ctx, each) for each in others]):
            if holder and not any(_bars(each, holder) for each in passes):
                await _issue(ctx, now_of_it, holder)
            return
    raise Conflict


async def _passes(ctx: Context, ticket_id: str) -> list[Order]:
    found = await ctx.store.find(ORDERS, {"parent": ticket_id})
    return [each for each in found if each["kind"] == KIND]


def _is_good(order: Order) -> bool:
    open_ = ("expected", "inside", "left")
    return order["state"] in open_ and not order["data"].get("ending")


def _bars(order: Order, holder: str) -> bool:
    """Whether the holder has a pass; or had one that security revoked, which no step gives back."""
    revoked = order["state"] == "revoked" or order["data"].get("revoked_at")
    return bool(order["owner"] == holder and (_is_good(order) or revoked))


async def _end(ctx: Context, order: Order) -> bool:
    """Whether the pass is over; who is inside gets out, and not in again."""
    turn = replace(ctx.acting_as(CLOCK), if_match=order["version"], idempotency_key="")
    step = "close_up" if order["state"] == "inside" else "end"
    try:
        await transition(turn, order["_id"], step)
    except Conflict:
        return False
    return True


async def _issue(ctx: Context, ticket: Order, technician: str) -> None:
    """Place the pass; where gates or types leave none, the technician comes like anybody else."""
    if await ctx.store.get(TYPES, TECHNICIAN) is None:
        return
    try:
        draft = partial(_draft, ticket=ticket, technician=technician)
        await orders.place(ctx, KIND, ticket["version"], parent=ticket["_id"], draft=draft)
    except Refusal:
        return


async def _draft(ctx: Context, body: int, *, ticket: Order, technician: str) -> Draft:
    person = await people.by_id(ctx, technician)
    host = {**host_of(person), "unit": person["unit"]}
    visitor = Visitor(name=person["name"])
    setting = await inviting.prepare(ctx, _occasion(ctx.now, ticket), host, [visitor])
    setting = replace(setting, more={"ticket": ticket["_id"], "place": _place(ticket)})
    member = Member(order_id=orders.id_of(ctx), visitor=visitor)
    return Draft(lookups=setting.lookups, decide=partial(_decide, setting, member))


def _decide(setting: Setting, member: Member, found: Found, now: datetime) -> Placement:
    placement = inviting.placement(setting, member, found, now)
    return replace(placement, tells=())


def _occasion(now: datetime, ticket: Order) -> Occasion:
    """Today from now on, and every day until the ticket ends."""
    late = now >= campus_time(campus_date(now), CLOSES)
    day = campus_date(now) + timedelta(days=int(late))
    start, end = campus_time(day, OPENS), campus_time(day, CLOSES)
    repeat = Repeat(until=campus_date(now + LASTS), weekdays=EVERY_DAY)
    purpose = f"{ticket['data']['category']['name']}维修 {_place(ticket)}"[:200]
    return Occasion(
        starts_at=start,
        ends_at=end,
        purpose=purpose,
        type=TECHNICIAN,
        building=ticket["data"]["location"]["building"] or None,
        repeat=repeat,
        notify=False,
    )


def _place(ticket: Order) -> str:
    place = ticket["data"]["location"]
    return "".join(place[name] for name in ("building", "floor", "room") if place[name])
