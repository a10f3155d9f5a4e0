"""What every step of a ticket brings with it: who sees it now, whose turn it is, its figures.

A rule says what is particular to its step. From that follow here the visibility of the ticket, the
account of its time, when it is due, and when the clock looks again for the next level.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from models.base.calendar import Calendar
from models.base.context import Context
from models.base.decisions import Found
from models.base.store import Document
from models.base.workflow import Effect, Order, Transition
from models.repairs import parties
from models.repairs.clocks import figures, next_level, reckon


async def nothing(ctx: Context, order: Order, body: Any) -> Effect:
    """A step that says no more than its name."""
    return Effect()


def followed(step: Transition) -> Transition:
    """A transition of a ticket whose rule is followed up as above.

    Where it may stay (`stays`), it stays unless its rule names a target.
    """
    rule = step.rule or nothing

    async def with_all(ctx: Context, order: Order, body: Any) -> Effect:
        effect = await rule(ctx, order, body)
        calendar = await ctx.house.calendars.current()
        settle = effect.settle
        if settle is None and not _is_grouped(effect):
            return follow_up(step, effect, order, calendar, ctx.now)

        def settled(found: Found, order: Order, now: datetime) -> Effect:
            decided = _as_said(effect, settle(found, order, now)) if settle else effect
            return follow_up(step, decided, order, calendar, now)

        return replace(effect, settle=settled)

    return replace(step, rule=with_all)


def _as_said(effect: Effect, decided: Effect) -> Effect:
    """What was decided, with the words of whoever took the step."""
    facts = {**effect.facts, **decided.facts}
    return replace(decided, note=decided.note or effect.note, facts=facts)


def _is_grouped(effect: Effect) -> bool:
    """Whether the step is decided in a transaction, at a moment of its own."""
    many = (effect.inserts, effect.updates, effect.also, effect.holds is not None)
    return any(bool(each) for each in many)


def follow_up(
    step: Transition, effect: Effect, order: Order, calendar: Calendar, now: datetime
) -> Effect:
    """The effect with all that follows from it for the ticket as it will be."""
    state = effect.target or (order["state"] if step.stays else step.target)
    data = {**order["data"], **effect.data}
    assignee = effect.fields.get("assignee", order.get("assignee"))
    entry: Document = {"at": now, "transition": step.name, "to": state, "facts": effect.facts}
    account = reckon([*order["timeline"], entry], data["terms"], calendar, now)
    fields: Document = {
        "seen_by": parties.seen_by(order["owner"], data, state, assignee),
        "waits_for": parties.waits_for(order["owner"], data, state, assignee),
        **effect.fields,
    }
    if account.ledger.solution.due_at is not None:
        fields["due_at"] = account.ledger.solution.due_at
    timers = list(effect.timers)
    if state in ("reported", "taken", "started"):
        timers += next_level(data["terms"], data["escalated"], account)
    return replace(
        effect,
        target=state,
        data={**effect.data, "ledger": figures(account.ledger)},
        fields=fields,
        timers=timers,
    )
