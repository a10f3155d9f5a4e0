"""Orders: every use of any service is one document, changed only by atomic writes.

Fields of an order (absent where empty):
    _id, kind, state, version       what it is and where it stands; `version` counts transitions
    owner, actor, unit, assignee    for whom, placed by whom, of which unit, who does it
    request_hash                    tells a repeated request from a different one with the same key
    parent, children                the series or group it belongs to; how many belong to it
    data                            its service's own
    private                         third parties' personal data, here alone, scrubbed on its own
    price, payments                 fen, decided by the server
    holds, claims, waits            what it has taken (models/base/decisions.py), or waits for
    seen_by, waits_for              visibility tokens: who may see it, whose turn it is
    found_by                        what else it is looked up by (models/base/marks.py)
    timers, wake_at, due_at         what the clock will do, when next; the promise people see
    timeline                        [{at, by, transition, from, to, version, note?, facts?, key?}]
    outbox, outbox_at, outbox_key   effects still to be carried out (models/base/outbox.py), when,
                                    and which promise was the last
    rating                          {stars, comment?}
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from models.base import ids
from models.base.context import Context
from models.base.decisions import Clash, Exists, Found, Outcome, ReadAgain, together
from models.base.errors import BadRequest, Conflict, NotFound, Refusal, Unavailable, Unprocessable
from models.base.holds import Unit
from models.base.indexes import declare as index
from models.base.moves import Turn, move_along
from models.base.placements import ORDERS, family, placed
from models.base.store import FateUnknown, Unreachable
from models.base.visibility import sees
from models.base.workflow import Draft, Drafter, Order, Workflow, of_kind

__all__ = ["ORDERS", "KeyMissing", "KeyReused", "id_of", "place", "seen", "worded"]

MAX_TRIES: Final = 4  # to read what a decision needs

index(ORDERS, [("owner", 1), ("created_at", -1)])
index(ORDERS, [("seen_by", 1), ("created_at", -1)])
index(ORDERS, [("waits_for", 1)], sparse=True)
index(ORDERS, [("found_by", 1)], sparse=True)
index(ORDERS, [("parent", 1)], sparse=True)
index(ORDERS, [("holds.thing", 1)], sparse=True)
index(ORDERS, [("waits.thing", 1), ("waits.rank", 1)], sparse=True)
index(ORDERS, [("wake_at", 1)], sparse=True)
index(ORDERS, [("outbox_at", 1)], sparse=True)


class KeyReused(Unprocessable):
    """The idempotency key belongs to a different request of the same person."""

    code = "idempotency-key-reused"
    zh = "该请求编号已用于其他内容，请重新提交。"
    en = "This Idempotency-Key was used for a different request."


class KeyMissing(BadRequest):
    """An order cannot be placed without the key that makes a repeat harmless."""

    code = "idempotency-key-needed"
    zh = "缺少请求编号（Idempotency-Key）。"
    en = "Send an Idempotency-Key with this request."


async def place(
    ctx: Context, kind: str, body: Any, *, parent: str | None = None, draft: Drafter | None = None
) -> Order:
    """Place an order of `kind`. The same actor and key always mean the same one order.

    `draft` is another way to draft an order of this kind than the workflow's own.
    Raises the service's refusals, KeyReused, and Unavailable where the outcome is not known yet.
    """
    workflow = of_kind(kind)
    if not ctx.idempotency_key:
        raise KeyMissing
    try:
        orders = await _submit(ctx, workflow, partial(draft or workflow.draft, ctx, body), parent)
    except Unavailable:
        raise
    except (Refusal, Exists, FateUnknown, Unreachable) as fault:
        return await _replayed(ctx, id_of(ctx), await worded(ctx, workflow, fault))
    if any(order.get("outbox") for order in orders):
        ctx.house.wake()
    return orders[0]


async def _submit(
    ctx: Context, workflow: Workflow, draft: Callable[[], Awaitable[Draft]], parent: str | None
) -> list[Order]:
    """All orders that the request places or moves along, its own first."""
    for _ in range(MAX_TRIES):
        drafted = await draft()
        request = _Request(ctx, workflow, drafted, id_of(ctx), parent)
        unit = Unit(drafted.lookups, partial(_decide, request))
        try:
            orders: list[Order] = await ctx.house.queues.of(workflow.service).submit(unit)
        except ReadAgain:
            continue
        return orders
    raise Conflict


def id_of(ctx: Context) -> str:
    """The id of the order that this request places."""
    return ids.order_id(ctx.house.keys.derive("order-id"), ctx.actor.id, ctx.idempotency_key)


async def worded(ctx: Context, workflow: Workflow, fault: Exception) -> Exception:
    """A claimed key in the service's own words; every other fault as it is."""
    if isinstance(fault, Clash) and workflow.clash is not None:
        return await workflow.clash(ctx, fault)
    return fault


async def _replayed(ctx: Context, order_id: str, fault: Exception) -> Order:
    """The order this request has placed before, or the fault if it has not."""
    order = await ctx.store.get_together(ORDERS, order_id)  # a group may be refused at once
    if order is None:
        raise fault
    if order["request_hash"] != ctx.request_hash:
        raise KeyReused
    return order


@dataclass(frozen=True, slots=True)
class _Request:
    """Everything the decision over a draft needs besides what the group finds."""

    ctx: Context
    workflow: Workflow
    draft: Draft
    order_id: str
    parent: str | None


def _decide(request: _Request, found: Found, now: datetime) -> Outcome:
    ctx, kind = request.ctx, request.workflow.kind
    placement = request.draft.decide(found, now)
    members = family(ctx, kind, placement, request.order_id, now)
    if request.parent is not None:
        members[0][0]["parent"] = request.parent
    turn = Turn(ctx, found, now)
    along = [move_along(turn, also) for _, each in members for also in each.also]
    return together([placed(members), *along]) if along else placed(members)


async def seen(ctx: Context, order_id: str) -> Order:
    """The order, if it exists for this actor. Raises NotFound for both reasons alike."""
    order = await ctx.store.get(ORDERS, order_id)
    if order is None or not sees(ctx.actor, order):
        raise NotFound
    return order
