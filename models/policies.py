"""What the administration decides in numbers: every policy with its form and its history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from models.base import audit, policies
from models.base.clock import campus_date
from models.base.context import Context
from models.base.errors import Unprocessable
from models.base.policies import Policy
from models.base.shapes import Input, Struct
from models.base.store import Document
from models.people import PEOPLE


class ScopeUnknown(Unprocessable):
    """A scope is given for a policy that is the same everywhere."""

    code = "scope-unknown"
    zh = "该规则适用于全部范围，不能单独设置。"
    en = "This policy is the same everywhere and takes no scope."


class DecisionView(Struct):
    """One decision; `by` is the name of who made it."""

    value: dict[str, Any]
    valid_from: date
    by: str
    at: datetime


class PolicyView(Struct):
    """A policy as it stands today for `scope` (empty: everywhere), with the form of its value.

    `valid_from` is missing where nobody has decided yet and the product's own rule holds.
    """

    name: str
    scope: str
    scoped: str
    title: str
    value: dict[str, Any]
    schema: dict[str, Any]
    valid_from: date | None
    history: list[DecisionView]


class PolicyPage(Struct):
    """Every policy; one with scopes has an item for each scope that was decided on."""

    items: list[PolicyView]
    next: str | None = None


class PolicyInput(Input):
    """What shall hold from `valid_from` on, today at the earliest."""

    value: dict[str, Any]
    valid_from: date
    scope: Annotated[str, Meta(max_length=64)] = ""


async def listed(ctx: Context) -> PolicyPage:
    """All policies, by name."""
    items: list[PolicyView] = []
    for policy in policies.declared():
        items += await _views(ctx, policy)
    return PolicyPage(items=items)


async def decide(ctx: Context, name: str, body: PolicyInput) -> PolicyView:
    """Decide on a policy, on the record.

    Raises `NotFound`, `PolicyWrong`, `PolicyInPast`, `PolicyDecided`.
    """
    house = ctx.house
    if body.scope and not any(p.scoped for p in policies.declared() if p.name == name):
        raise ScopeUnknown(errors=(("/scope", "此规则不分范围"),))
    earlier = await house.policies.history(name)
    before = next((d["value"] for d in earlier if d["scope"] == body.scope), None)
    decision = await house.policies.decide(
        name, body.scope, body.value, body.valid_from, ctx.actor.id
    )
    after = {member: decision[member] for member in ("scope", "valid_from", "value")}
    await audit.record(ctx, "policy.decide", f"policy:{name}", before, after)
    policy = next(each for each in policies.declared() if each.name == name)
    return next(view for view in await _views(ctx, policy) if view.scope == body.scope)


async def _views(ctx: Context, policy: Policy) -> list[PolicyView]:
    decisions = await ctx.house.policies.history(policy.name)
    names = await _names(ctx, {decision["by"] for decision in decisions})
    scopes = ["", *sorted({decision["scope"] for decision in decisions} - {""})]
    return [
        await _view(
            ctx, policy, scope, [_decision(d, names) for d in decisions if d["scope"] == scope]
        )
        for scope in scopes
    ]


async def _view(
    ctx: Context, policy: Policy, scope: str, history: list[DecisionView]
) -> PolicyView:
    today = campus_date(ctx.now)
    value = await ctx.house.policies.value(policy.model, scope, today)
    in_force = [decision.valid_from for decision in history if decision.valid_from <= today]
    return PolicyView(
        name=policy.name,
        scope=scope,
        scoped=policy.scoped,
        title=policy.title,
        value=msgspec.to_builtins(value),
        schema=msgspec.json.schema(policy.model),
        valid_from=max(in_force, default=None),
        history=history,
    )


def _decision(decision: Document, names: dict[str, str]) -> DecisionView:
    return DecisionView(
        value=decision["value"],
        valid_from=date.fromisoformat(decision["valid_from"]),
        by=names.get(decision["by"], str(decision["by"])),
        at=decision["at"],
    )


async def _names(ctx: Context, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    found = await ctx.store.find(PEOPLE, {"_id": {"$in": sorted(ids)}}, fields={"name": 1})
    return {person["_id"]: person["name"] for person in found}
