"""New orders as documents: what a placement says, with its children and theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from models.base import marks, outbox
from models.base.context import Context
from models.base.decisions import Hold, Outcome, Rank
from models.base.store import Document
from models.base.workflow import Order, Placement, Timer

ORDERS: Final = "orders"

Members = Sequence[tuple[Order, Placement]]


def family(
    ctx: Context, kind: str, placement: Placement, order_id: str, now: datetime
) -> list[tuple[Order, Placement]]:
    """The order that a placement describes, and below it all its children."""
    order = _document(ctx, kind, placement, order_id, now)
    below = children(ctx, order, placement.children, now)
    if placement.children:
        order["children"] = len(placement.children)
    return [(order, placement), *below]


def children(
    ctx: Context, parent: Order, placements: Sequence[Placement], now: datetime
) -> list[tuple[Order, Placement]]:
    """Further children of an order, numbered on from those it has: `<parent>.<n>`."""
    members: list[tuple[Order, Placement]] = []
    for number, placement in enumerate(placements, parent.get("children", 0) + 1):
        child_id = f"{parent['_id']}.{number}"
        child, *below = family(ctx, parent["kind"], placement, child_id, now)
        child[0]["parent"] = parent["_id"]
        members += [child, *below]
    return members


def placed(members: Members) -> Outcome:
    """What has to happen for these orders to be there."""
    return Outcome(
        answer=[order for order, _ in members],
        takes=[(order["_id"], hold) for order, each in members for hold in each.holds],
        joins=[each.joins for _, each in members if each.joins],
        promotes=any(each.promotes for _, each in members),
        claims={key: order["_id"] for order, each in members for key in each.claims},
        inserts=[
            *((ORDERS, order) for order, _ in members),
            *(insert for _, each in members for insert in each.inserts),
        ],
        updates=[update for _, each in members for update in each.updates],
    )


def _document(ctx: Context, kind: str, placement: Placement, order_id: str, now: datetime) -> Order:
    entry = {"at": now, "by": ctx.actor.id, "transition": "place", "from": None}
    entry |= {"to": placement.state, "version": 1}
    if placement.note:
        entry["note"] = placement.note
    order: Order = {
        "_id": order_id,
        "kind": placement.kind or kind,
        "state": placement.state,
        "version": 1,
        "owner": placement.owner,
        "actor": ctx.actor.id,
        "request_hash": ctx.request_hash,
        "unit": placement.unit,
        "data": dict(placement.data),
        "seen_by": list(placement.seen_by),
        "holds": [hold.document() for hold in placement.holds],
        "claims": list(placement.claims),
        "timeline": [entry],
        "created_at": now,
        "updated_at": now,
    }
    order |= _optional(placement)
    order |= found_by(order)
    order |= schedule(placement.timers)
    order |= promise(order, outbox.entries(order, "place", placement.tells), now)
    return order


def _optional(placement: Placement) -> Document:
    """The members an order has only where there is something to say."""
    fields: Document = {}
    if placement.private is not None:
        fields["private"] = dict(placement.private)
    if placement.price is not None:
        fields["price"] = placement.price
    if placement.assignee is not None:
        fields["assignee"] = placement.assignee
    if placement.due_at is not None:
        fields["due_at"] = placement.due_at
    if placement.waits_for:
        fields["waits_for"] = list(placement.waits_for)
    if placement.joins is not None:
        fields["waits"] = _waits(placement.joins, placement.waits_n)
    return fields


def _waits(rank: Rank, n: int) -> Document:
    """An order's place in a waiting list, as stored: it wants `n` of the thing, or an interval."""
    hold = Hold(rank.collection, rank.thing, n, rank.start, rank.end)
    return hold.document() | {"rank": rank.rank}


def found_by(order: Order) -> Document:
    """The field by which the order is found as it stands; empty where nothing looks for it."""
    borne = marks.borne(order)
    return {"found_by": borne} if borne else {}


def schedule(timers: Sequence[Timer]) -> Document:
    """The fields that make the clock act; empty where it has nothing to do."""
    if not timers:
        return {}
    entries = [{"at": timer.at, "transition": timer.transition} for timer in timers]
    return {"timers": entries, "wake_at": min(timer.at for timer in timers)}


def promise(order: Order, entries: list[Document], now: datetime) -> Document:
    """The fields that make the worker act; empty where nothing was promised.

    No other promise of any order has this `outbox_key`.
    """
    key = f"{order['_id']}:{order['version']}"
    return {"outbox": entries, "outbox_at": now, "outbox_key": key} if entries else {}


def held(order: Order) -> list[Hold]:
    """What the order has taken."""
    return [Hold.of(entry) for entry in order.get("holds", ())]
