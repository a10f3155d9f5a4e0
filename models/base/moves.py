"""What a step does: to its own order, to what that holds, and to the orders it moves along.

All of it is one outcome of one decision (models/base/decisions.py), so that it happens together or
not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from models.base import outbox
from models.base.context import Context
from models.base.decisions import Found, Hold, Lookup, Outcome, together
from models.base.errors import Conflict
from models.base.placements import (
    ORDERS,
    children,
    found_by,
    held,
    placed,
    promise,
    schedule,
)
from models.base.store import Document
from models.base.workflow import Also, Effect, Order, Timer, Transition, of_kind


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


# What follows from where an order stands, and goes where nothing does.
_FOLLOWING: Final = ("found_by", "timers", "wake_at")


@dataclass(frozen=True, slots=True)
class Turn:
    """One decision: for whom, on what was found, and when."""

    ctx: Context
    found: Found
    now: datetime


def move(turn: Turn, step: Transition, order: Order, effect: Effect) -> Outcome:
    """A step on an order as the transaction sees it; answers with all orders it changes or places,
    its own first.
    """
    below = children(turn.ctx, order, effect.children, turn.now)
    if effect.children:
        count = order.get("children", 0) + len(effect.children)
        effect = replace(effect, fields={**effect.fields, "children": count})
    if step.frees:
        effect = replace(effect, holds=(), claims=())
    after, update = change(turn.ctx, step, order, effect, turn.now)
    before, now_held = held(order), _after(effect.holds, held(order))
    claims, now_claimed = order.get("claims", []), _after(effect.claims, order.get("claims", []))
    own = Outcome(
        answer=[after],
        takes=[(order["_id"], hold) for hold in _less(now_held, before)],
        gives=[(order["_id"], hold) for hold in _less(before, now_held)],
        leaves=[effect.leaves] if effect.leaves else [],
        promotes=effect.promotes,
        claims={key: order["_id"] for key in now_claimed if key not in claims},
        unclaims=[key for key in claims if key not in now_claimed],
        inserts=effect.inserts,
        deletes=effect.deletes,
        updates=[(ORDERS, unchanged(order), update), *effect.updates],
    )
    if not (below or effect.also):
        return own
    return together([own, placed(below), *(move_along(turn, each) for each in effect.also)])


def move_along(turn: Turn, also: Also) -> Outcome:
    """The step of another order that a step or a placement names.

    Raises StaleVersion and WrongState; LookupError where the rule did not have that order read.
    """
    order = turn.found.one(ORDERS, also.order_id)
    step = of_kind(order["kind"]).transition(also.transition) if order else None
    if order is None or step is None:
        raise LookupError(f"{also.transition} of {also.order_id} was not looked up or declared")
    if also.version not in (None, order["version"]):
        raise StaleVersion(state=order["state"], version=order["version"])
    if order["state"] not in step.source:
        raise WrongState(state=order["state"])
    return move(turn, step, order, also.effect)


def needs(effect: Effect) -> Iterator[Lookup]:
    """What must be read for an effect that is known beforehand."""
    yield from effect.lookups
    holds = [*(effect.holds or ()), *(hold for child in effect.children for hold in child.holds)]
    for hold in holds:
        yield Lookup(hold.collection, hold.thing)
    if effect.leaves:
        yield Lookup(effect.leaves.collection, effect.leaves.thing)
    for also in effect.also:
        yield Lookup(ORDERS, also.order_id)
        yield from needs(also.effect)


def unchanged(order: Order) -> Document:
    """The filter that finds an order only as it was read: every step raises its version."""
    return {"_id": order["_id"], "version": order["version"]}


def _after(said: Sequence[Any] | None, before: Sequence[Any]) -> Sequence[Any]:
    return before if said is None else said


def _less(these: Sequence[Hold], those: Sequence[Hold]) -> list[Hold]:
    """What `these` hold and `those` do not: numbers of countable things are subtracted."""
    numbers: Counter[Hold] = Counter()  # of single holds
    for sign, holds in ((1, these), (-1, those)):
        for hold in holds:
            numbers[replace(hold, n=1)] += sign * hold.n
    return [replace(hold, n=number) for hold, number in numbers.items() if number > 0]


def change(
    ctx: Context, step: Transition, order: Order, effect: Effect, now: datetime
) -> tuple[Order, Document]:
    """The order after the step, and the update that makes it so."""
    version = order["version"] + 1
    target = effect.target or step.target
    sets = {"state": target, "version": version, "updated_at": now} | _fields(effect)
    sets |= _at_the_end(order, target, now)
    entry = _entry(ctx, step, order["state"], effect, now) | {"to": target, "version": version}
    after: Order = {**order, **sets, "data": {**order["data"], **effect.data}}
    after["timeline"] = [*order["timeline"], entry]
    follows = found_by(after) | _times(step, order, target, effect.timers)
    tells = effect.tells if effect.quiet else (*step.tells, *effect.tells)
    promised = promise(after, outbox.entries(after, step.name, tells), now)
    # Marks go though none were read: a migration may have set them since.
    had = {*order, "found_by"} if of_kind(order["kind"]).found_by else order
    unset: list[str] = [name for name in _FOLLOWING if name not in follows and name in had]
    if effect.leaves:
        unset.append("waits")
    update: Document = {"$set": {**sets, **follows}, "$push": {"timeline": entry}}
    update["$set"] |= {f"data.{name}": value for name, value in effect.data.items()}
    if promised:
        update["$set"] |= {name: promised[name] for name in ("outbox_at", "outbox_key")}
        update["$push"]["outbox"] = {"$each": promised["outbox"]}
        promised["outbox"] = [*order.get("outbox", ()), *promised["outbox"]]
    if unset:
        update["$unset"] = dict.fromkeys(unset, "")
    after = {name: value for name, value in after.items() if name not in unset}
    return after | follows | promised, update


def _fields(effect: Effect) -> Document:
    """The members of the order that the effect sets, besides its data."""
    fields = dict(effect.fields)
    if effect.holds is not None:
        fields["holds"] = [hold.document() for hold in effect.holds]
    if effect.claims is not None:
        fields["claims"] = list(effect.claims)
    return fields


def _at_the_end(order: Order, target: str, now: datetime) -> Mapping[str, Any]:
    """What the kind of order gives it with its last step, however that comes about."""
    workflow = of_kind(order["kind"])
    if workflow.ended is None or target not in workflow.finals:
        return {}
    return workflow.ended(order, now)


def _entry(ctx: Context, step: Transition, state: str, effect: Effect, now: datetime) -> Document:
    entry = {"at": now, "by": ctx.actor.id, "transition": step.name, "from": state}
    if effect.note:
        entry["note"] = effect.note
    if effect.facts:
        entry["facts"] = dict(effect.facts)
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
