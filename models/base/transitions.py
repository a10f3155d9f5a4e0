"""Transitions: one order moves from a state to the next, by one conditional write.

A transition that takes or frees something, or brings other orders along, happens in its service's
group (models/base/holds.py), all together (models/base/moves.py); every other one is a single
update, filtered by version, which every step raises. History, state and promised effects are one
document and cannot disagree.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from models.base.context import Actor, Context
from models.base.decisions import Clash, Exists, Found, Lookup, Outcome, Rank, ReadAgain
from models.base.errors import Conflict, Forbidden, NotFound, Refusal, VersionNeeded
from models.base.holds import Unit
from models.base.moves import StaleVersion, Turn, WrongState, change, move, needs, unchanged
from models.base.orders import seen, worded
from models.base.placements import ORDERS, held
from models.base.store import FateUnknown, Unreachable
from models.base.visibility import sees
from models.base.workflow import Effect, Order, Transition, Workflow, of_kind

__all__ = [
    "StaleVersion", "Taken", "WrongState", "available", "check", "leaving", "repeats", "take",
    "transition",
]  # fmt: skip

MAX_TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class Taken:
    """The order as a step has left it; `repeated` where that very step had been taken before."""

    order: Order
    repeated: bool = False


async def transition(ctx: Context, order_id: str, name: str, body: Any = None) -> Order:
    """Move an order the actor sees by the transition `name`, and return it as it is afterwards.

    A repeat of the actor's own step (a lost reply) returns the order unchanged. Raises NotFound,
    Forbidden, VersionNeeded, StaleVersion, WrongState, and what `when` and the rule refuse.
    """
    return (await take(ctx, order_id, name, body)).order


async def take(
    ctx: Context, order_id: str, name: str, body: Any = None, *, known: Order | None = None
) -> Taken:
    """Like `transition`; says whether it was a repeat.

    `known` is the order as the caller knows it, however old: at a busy gate one round trip less. A
    step on an old one changes nothing, and an old one neither refuses a step nor repeats it: then
    the order is read.
    """
    if known is not None and sees(ctx.actor, known):
        with suppress(Refusal):  # which may be of what the order no longer is
            taken = await _take(ctx, known, name, body)
            if taken is not None and not taken.repeated:
                return taken
    for _ in range(MAX_TRIES):
        order = await seen(ctx, order_id)
        taken = await _take(ctx, order, name, body)
        if taken is not None:
            return taken
    raise WrongState(state=order["state"])


async def _take(ctx: Context, order: Order, name: str, body: Any) -> Taken | None:
    """The step on the order as it was read; None where it is not that any more."""
    workflow = of_kind(order["kind"])
    step = workflow.transition(name)
    if step is None or _for_another_kind(step, body):
        raise NotFound
    if repeats(ctx, step, order):
        return Taken(order, repeated=True)
    check(ctx, step, order, ctx.now)
    effect = await step.rule(ctx, order, body) if step.rule else Effect()
    moved = await _move(ctx, workflow, step, order, effect)
    if moved is None:
        return None
    if any(each.get("outbox") for each in moved):
        ctx.house.wake()
    return Taken(moved[0])


def _for_another_kind(step: Transition, body: Any) -> bool:
    """Whether the body came by the address of a step of the same name of another kind."""
    return body is not None and step.needs is not None and not isinstance(body, step.needs)


def available(order: Order, actor: Actor, now: datetime) -> list[str]:
    """The transitions `actor` may take now: what the phone draws its buttons from."""
    return [
        step.name
        for step in of_kind(order["kind"]).transitions
        if order["state"] in step.source
        and any(by(order, actor) for by in step.by)
        and step.when(order, actor, now) is None
    ]


def check(ctx: Context, step: Transition, order: Order, now: datetime) -> None:
    """Refuse what this actor may not do to this order now."""
    if not any(by(order, ctx.actor) for by in step.by):
        raise Forbidden
    if ctx.if_match is None and step.stays:
        raise VersionNeeded
    if ctx.if_match not in (None, order["version"]):
        raise StaleVersion(state=order["state"], version=order["version"])
    if order["state"] not in step.source:
        raise WrongState(state=order["state"])
    refusal = step.when(order, ctx.actor, now)
    if refusal is not None:
        raise refusal


def repeats(ctx: Context, step: Transition, order: Order) -> bool:
    """Whether the timeline already holds this very step of this actor."""
    for entry in reversed(order["timeline"]):
        mine = entry["by"] == ctx.actor.id and entry["transition"] == step.name
        if mine and ctx.idempotency_key and entry.get("key") == ctx.idempotency_key:
            return True
        if mine and step.repeat == "same":
            if ctx.if_match is not None and entry["version"] == ctx.if_match + 1:
                return True
            if ctx.if_match is None and not step.stays and entry is order["timeline"][-1]:
                return bool(order["state"] not in step.source)
    return False


async def _move(
    ctx: Context, workflow: Workflow, step: Transition, order: Order, effect: Effect
) -> list[Order] | None:
    """All orders that the step changed, this one first; None where it is not as it was read."""
    if step.frees or effect.settle or effect.holds is not None or effect.claims is not None:
        return await _move_in_group(ctx, workflow, step, order, effect)
    if effect.leaves or effect.inserts or effect.deletes or effect.updates:
        return await _move_in_group(ctx, workflow, step, order, effect)
    if effect.also or effect.children:
        return await _move_in_group(ctx, workflow, step, order, effect)
    ctx.house.step("transition.before")
    after, update = change(ctx, step, order, effect, ctx.now)
    moved = await ctx.store.update(ORDERS, unchanged(order), update)
    ctx.house.step("transition.after")
    return [after] if moved else None


async def _move_in_group(
    ctx: Context, workflow: Workflow, step: Transition, order: Order, effect: Effect
) -> list[Order] | None:
    lookups = [Lookup(ORDERS, order["_id"]), *needs(effect)]
    lookups += [Lookup(hold.collection, hold.thing) for hold in held(order)]
    unit = Unit(list(dict.fromkeys(lookups)), partial(_decide, ctx, step, order, effect))
    try:
        moved: list[Order] | None = await ctx.house.queues.of(workflow.service).submit(unit)
    except Clash as clash:
        raise await worded(ctx, workflow, clash) from clash
    except ReadAgain:
        return None
    except Exists as fault:  # a document that the step inserts is there already
        raise Conflict from fault
    except (FateUnknown, Unreachable):
        after = await seen(ctx, order["_id"])
        if not any(e["version"] == order["version"] + 1 and e["by"] == ctx.actor.id
                   and e["transition"] == step.name for e in after["timeline"]):  # fmt: skip
            raise
        return [after]
    return moved


def _decide(
    ctx: Context, step: Transition, read: Order, effect: Effect, found: Found, now: datetime
) -> Outcome:
    """The step on the order as the transaction sees it."""
    order = found.one(ORDERS, read["_id"])
    if order is None or order["version"] != read["version"]:
        return Outcome(answer=None)
    refusal = step.when(order, ctx.actor, now)
    if refusal is not None:
        raise refusal
    if effect.settle is not None:
        effect = effect.settle(found, order, now)
    return move(Turn(ctx, found, now), step, order, effect)


def leaving(order: Order) -> Rank | None:
    """The place in a waiting list that an order gives up by moving on."""
    waits = order.get("waits")
    if not waits:
        return None
    interval = waits.get("from"), waits.get("to")
    return Rank(waits["in"], waits["thing"], waits["rank"], *interval)
