"""Transitions: one order moves from a state to the next, by one conditional write.

A transition that takes or frees something happens in its service's group (models/base/holds.py),
together with what it takes; every other one is a single `find_one_and_update` filtered by state and
version. History, state and promised effects are one document and cannot disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from models.base import outbox
from models.base.context import Actor, Context
from models.base.decisions import Clash, Exists, Found, Hold, Lookup, Outcome, Rank
from models.base.errors import Conflict, Forbidden, NotFound, VersionNeeded
from models.base.holds import Unit
from models.base.orders import ORDERS, held, promise, schedule, seen, worded
from models.base.store import Document, FateUnknown, Unreachable
from models.base.workflow import Effect, Order, Timer, Transition, Workflow, of_kind

MAX_TRIES: Final = 4


class WrongState(Conflict):
    """The order is no longer (or not yet) where this is possible; `state` says where it is."""

    code = "wrong-state"
    zh = "当前状态下不能进行此操作，请刷新查看最新状态。"
    en = "This is not possible in the order's present state ({state})."


class StaleVersion(Conflict):
    """If-Match names an older version: somebody changed the order meanwhile."""

    code = "stale-version"
    zh = "内容已被更新，请刷新后再操作。"
    en = "The order has changed since you read it (now version {version})."


async def transition(ctx: Context, order_id: str, name: str, body: Any = None) -> Order:
    """Move an order the actor sees by the transition `name`, and return it as it is afterwards.

    A repeat of the actor's own step (a lost reply) returns the order unchanged. Raises NotFound,
    Forbidden, VersionNeeded, StaleVersion, WrongState, and what `when` and the rule refuse.
    """
    for _ in range(MAX_TRIES):
        order = await seen(ctx, order_id)
        workflow = of_kind(order["kind"])
        step = workflow.transition(name)
        if step is None:
            raise NotFound
        if repeats(ctx, step, order):
            return order
        check(ctx, step, order, ctx.now)
        effect = await step.rule(ctx, order, body) if step.rule else Effect()
        moved = await _move(ctx, workflow, step, order, effect)
        if moved is not None:
            if moved.get("outbox"):
                ctx.house.wake()
            return moved
    raise WrongState(state=order["state"])


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
) -> Order | None:
    """The order after the step, or None where it has changed since it was read."""
    if step.frees or effect.settle or effect.holds is not None or effect.claims is not None:
        return await _move_in_group(ctx, workflow, step, order, effect)
    if effect.leaves or effect.inserts or effect.deletes:
        return await _move_in_group(ctx, workflow, step, order, effect)
    ctx.house.step("transition.before")
    after, change = _change(ctx, step, order, effect, ctx.now)
    moved = await ctx.store.change(ORDERS, _unchanged(order), change)
    ctx.house.step("transition.after")
    return after if moved is not None else None


def _unchanged(order: Order) -> Document:
    return {"_id": order["_id"], "state": order["state"], "version": order["version"]}


async def _move_in_group(
    ctx: Context, workflow: Workflow, step: Transition, order: Order, effect: Effect
) -> Order | None:
    lookups = [Lookup(ORDERS, order["_id"]), *effect.lookups]
    lookups += [Lookup(hold.collection, hold.thing) for hold in held(order)]
    lookups += [Lookup(hold.collection, hold.thing) for hold in effect.holds or ()]
    if effect.leaves:
        lookups.append(Lookup(effect.leaves.collection, effect.leaves.thing))
    unit = Unit(list(dict.fromkeys(lookups)), partial(_decide, ctx, step, order, effect))
    try:
        after: Order | None = await ctx.house.queues.of(workflow.service).submit(unit)
    except Clash as clash:
        raise await worded(ctx, workflow, clash) from clash
    except Exists as fault:  # a document that the step inserts is there already
        raise Conflict from fault
    except (FateUnknown, Unreachable):
        after = await seen(ctx, order["_id"])
        if not any(e["version"] == order["version"] + 1 and e["by"] == ctx.actor.id
                   and e["transition"] == step.name for e in after["timeline"]):  # fmt: skip
            raise
    return after


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
    if step.frees:
        effect = replace(effect, holds=(), claims=())
    after, change = _change(ctx, step, order, effect, now)
    before, now_held = held(order), _after(effect.holds, held(order))
    claims, now_claimed = order.get("claims", []), _after(effect.claims, order.get("claims", []))
    return Outcome(
        answer=after,
        takes=[(order["_id"], hold) for hold in _less(now_held, before)],
        gives=[(order["_id"], hold) for hold in _less(before, now_held)],
        leaves=[effect.leaves] if effect.leaves else [],
        promotes=effect.promotes,
        claims={key: order["_id"] for key in now_claimed if key not in claims},
        unclaims=[key for key in claims if key not in now_claimed],
        inserts=effect.inserts,
        deletes=effect.deletes,
        updates=[(ORDERS, _unchanged(order), change)],
    )


def _after(said: Sequence[Any] | None, before: Sequence[Any]) -> Sequence[Any]:
    return before if said is None else said


def _less(these: Sequence[Hold], those: Sequence[Hold]) -> list[Hold]:
    """What `these` hold and `those` do not: numbers of countable things are subtracted."""
    numbers: Counter[Hold] = Counter()  # of single holds
    for sign, holds in ((1, these), (-1, those)):
        for hold in holds:
            numbers[replace(hold, n=1)] += sign * hold.n
    return [replace(hold, n=number) for hold, number in numbers.items() if number > 0]


def leaving(order: Order) -> Rank | None:
    """The place in a waiting list that an order gives up by moving on."""
    waits = order.get("waits")
    return Rank(waits["in"], waits["thing"], waits["rank"]) if waits else None


def _change(
    ctx: Context, step: Transition, order: Order, effect: Effect, now: datetime
) -> tuple[Order, Document]:
    """The order after the step, and the update that makes it so."""
    version = order["version"] + 1
    target = effect.target or step.target
    sets = {"state": target, "version": version, "updated_at": now} | _fields(effect)
    entry = _entry(ctx, step, order["state"], effect.note, now) | {"to": target, "version": version}
    after: Order = {**order, **sets, "data": {**order["data"], **effect.data}}
    after["timeline"] = [*order["timeline"], entry]
    times = _times(step, order, target, effect.timers)
    promised = promise(outbox.entries(after, step.name, (*step.tells, *effect.tells)), now)
    unset: list[str] = [n for n in ("timers", "wake_at") if n not in times and n in order]
    if effect.leaves:
        unset.append("waits")
    change: Document = {"$set": {**sets, **times}, "$push": {"timeline": entry}}
    change["$set"] |= {f"data.{name}": value for name, value in effect.data.items()}
    if promised:
        change["$set"]["outbox_at"] = now
        change["$push"]["outbox"] = {"$each": promised["outbox"]}
        promised["outbox"] = [*order.get("outbox", ()), *promised["outbox"]]
    if unset:
        change["$unset"] = dict.fromkeys(unset, "")
    after = {name: value for name, value in after.items() if name not in unset}
    return after | times | promised, change


def _fields(effect: Effect) -> Document:
    """The members of the order that the effect sets, besides its data."""
    fields = dict(effect.fields)
    if effect.holds is not None:
        fields["holds"] = [hold.document() for hold in effect.holds]
    if effect.claims is not None:
        fields["claims"] = list(effect.claims)
    return fields


def _entry(ctx: Context, step: Transition, state: str, note: str, now: datetime) -> Document:
    entry = {"at": now, "by": ctx.actor.id, "transition": step.name, "from": state}
    if note:
        entry["note"] = note
    if ctx.idempotency_key:
        entry["key"] = ctx.idempotency_key
    return entry


def _times(step: Transition, order: Order, target: str, new: Sequence[Timer]) -> Document:
    """The timers that still make sense in `target`, and the new ones."""
    workflow = of_kind(order["kind"])
    kept = []
    for timer in order.get("timers", ()):
        later = workflow.transition(timer["transition"])
        if later and later is not step and target in later.source:
            kept.append(Timer(timer["at"], timer["transition"]))
    fresh = {timer.transition for timer in new}
    return schedule([timer for timer in kept if timer.transition not in fresh] + list(new))
