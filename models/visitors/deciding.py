"""Deciding: approval stage by stage, a walk-in's host, and what happens while nobody answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from models.base.context import Actor, Context
from models.base.errors import Refusal
from models.base.roles import Role
from models.base.shapes import Input, Line
from models.base.visibility import leader
from models.base.workflow import Effect, Order, Tell
from models.visitors import parties
from models.visitors.inviting import asked, guest, while_expected, while_requested
from models.visitors.parties import Deciders
from models.visitors.refusals import NotItsTime, StillWaiting


class Reason(Input):
    """Why; people read it."""

    reason: Line


async def approve(ctx: Context, order: Order, body: Any) -> Effect:
    """On to the next stage, or expected."""
    data = order["data"]
    stage = data["stage"] + 1
    if stage == len(data["stages"]):
        tells = [Tell("visit-approved"), Tell("visit-invited", to=guest, sms=True)]
        return replace(expected(order), tells=tells)
    effect = await at_stage(ctx, order, stage)
    return replace(effect, tells=[Tell("visit-asked", to=asked)])


async def at_stage(ctx: Context, order: Order, stage: int) -> Effect:
    """Wait for those who decide a stage."""
    data = order["data"]
    deciders = await parties.of_stage(ctx, data["stages"][stage], order["unit"])
    effect = waiting(order, deciders)
    return replace(
        effect,
        target="requested",
        data={**effect.data, "stage": stage},
        timers=while_requested(data, ctx.now),
    )


def waiting(order: Order, deciders: Deciders) -> Effect:
    """It is the turn of these."""
    seen = list(dict.fromkeys([*order["seen_by"], *deciders.tokens]))
    return Effect(
        data={"asked": list(deciders.persons)},
        fields={"waits_for": list(deciders.tokens), "seen_by": seen},
    )


def expected(order: Order) -> Effect:
    """Nobody has to decide any more."""
    return Effect(
        target="expected",
        data={"asked": []},
        fields={"waits_for": []},
        timers=while_expected(order["data"]),
    )


async def refuse(ctx: Context, order: Order, body: Reason) -> Effect:
    return Effect(note=body.reason, fields={"waits_for": []})


async def pass_on(ctx: Context, order: Order, body: Any) -> Effect:
    """Nobody has decided: security and the administration may as well."""
    others = await parties.the_office(ctx)
    tokens = [*order.get("waits_for", ()), *others.tokens]
    return waiting(order, Deciders(list(dict.fromkeys(tokens)), others.persons))


async def settled(ctx: Context, order: Order, body: Any) -> Effect:
    """It is nobody's turn any more."""
    return Effect(fields={"waits_for": []})


async def confirm(ctx: Context, order: Order, body: Any) -> Effect:
    """The walk-in may come in; where the type wants it, others decide first."""
    if order["data"]["stages"]:
        effect = await at_stage(ctx, order, 0)
        return replace(effect, tells=[Tell("visit-asked", to=asked)])
    return expected(order)


async def call(ctx: Context, order: Order, body: Any) -> Effect:
    """The host is silent: whoever stands in for them and the unit's leader may answer, too."""
    persons = [*await parties.deputies_of(ctx, order["owner"]), *await _leaders(ctx, order)]
    tokens = [*order.get("waits_for", ()), leader(order["unit"])]
    return waiting(order, Deciders(list(dict.fromkeys(tokens)), list(dict.fromkeys(persons))))


async def _leaders(ctx: Context, order: Order) -> list[str]:
    return [each for each in await parties.leaders(ctx, order["unit"]) if each != order["owner"]]


async def turn_away(ctx: Context, order: Order, body: Any) -> Effect:
    return Effect(note="接待人未应答", fields={"waits_for": []})


async def fetch(ctx: Context, order: Order, body: Any) -> Effect:
    """The host is on the way; nobody else need be asked."""
    return Effect(data={"fetched_at": ctx.now})


async def unfetched(ctx: Context, order: Order, body: Any) -> Effect:
    """Nobody came for the visitor: deputies and the unit's leader are told."""
    persons = [order["owner"], *await parties.deputies_of(ctx, order["owner"])]
    persons += await _leaders(ctx, order)
    return Effect(tells=[Tell("visit-unfetched", to=lambda order: persons, sms=True)])


def once_silent(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    """The desk turns nobody away who may still be let in."""
    early = Role.FRONT_DESK in actor.roles and now < order["data"]["answer_by"]
    return StillWaiting() if early else None


def unless_fetched(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    return NotItsTime() if order["data"].get("fetched_at") else None
