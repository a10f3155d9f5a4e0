"""Changing what lies ahead: another time, another person, a new code, or nothing at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from models import people
from models.base.context import Context
from models.base.shapes import Input, Line, Moment
from models.base.store import Document
from models.base.workflow import Effect, Order, Tell
from models.visitors import codes, windows
from models.visitors.deciding import at_stage, expected
from models.visitors.inviting import asked, guest, host_of, prepare, while_expected, while_requested
from models.visitors.shapes import (
    Belongings,
    Companions,
    Note,
    Occasion,
    Repeat,
    Visitor,
    masked,
    named,
    stored,
)


class Change(Input):
    """What is different; what is left out stays. Another visitor gets a code of their own."""

    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    purpose: Line | UnsetType = UNSET
    visitor: Visitor | UnsetType = UNSET
    companions: Companions | UnsetType = UNSET
    belongings: Belongings | UnsetType = UNSET


class Parting(Input):
    """Why it is cancelled, if there is something to say."""

    note: Note = ""


async def change(ctx: Context, order: Order, body: Change) -> Effect:
    """Another time or person is judged like a new visit. Raises what an invitation does."""
    data, private = order["data"], order["private"]
    sets: Document = {}
    if body.starts_at is not UNSET or body.ends_at is not UNSET:
        sets |= await _times(ctx, order, body)
    if body.purpose is not UNSET:
        sets["purpose"] = body.purpose
    private, shown = _private(private, body)
    sets |= shown
    other = private["visitor"] != order["private"]["visitor"]
    effect = Effect(data=sets, fields={"private": private}, tells=[])
    if other:
        effect = _with_new_codes(ctx, order, effect)
    merged = {**data, **effect.data}
    private["over_at"] = windows.over_at(merged)
    effect = replace(effect, fields={**effect.fields, "due_at": merged["starts_at"]})
    return await _judged(ctx, order, effect, merged, other or "starts_at" in sets)


async def _times(ctx: Context, order: Order, body: Change) -> Document:
    data = order["data"]
    occasion = Occasion(
        starts_at=data["starts_at"] if body.starts_at is UNSET else body.starts_at,
        ends_at=data["ends_at"] if body.ends_at is UNSET else body.ends_at,
        purpose=data["purpose"],
        type=data["type"]["id"],
        repeat=msgspec.convert(data["repeat"], Repeat | None) if data["repeat"] else None,
    )
    host = await people.by_id(ctx, order["owner"])
    await prepare(ctx, occasion, {**host_of(host), "unit": order["unit"]}, [])
    return {
        "starts_at": occasion.starts_at.astimezone(UTC),
        "ends_at": occasion.ends_at.astimezone(UTC),
    }


def _private(before: Document, body: Change) -> tuple[Document, Document]:
    """The private part afterwards, and what lists show of it."""
    after: Document = dict(before)
    shown: Document = {}
    if body.visitor is not UNSET:
        after["visitor"] = stored(body.visitor)
        shown["visitor"] = masked(after["visitor"])
    if body.companions is not UNSET:
        shown["companions"], names = named(body.companions)
        after["companions"] = list(names)
    if body.belongings is not UNSET:
        after["belongings"] = body.belongings
    return after, shown


def _with_new_codes(ctx: Context, order: Order, effect: Effect) -> Effect:
    """The former code and link are void; their claims stay, so that gates know them as revoked."""
    data = order["data"]
    sets: dict[str, Any] = {"last_step": 0, "static_day": None}
    sets |= {name: data[name] + 1 for name in ("code_version", "link_version")}
    sets["kid"] = ctx.house.keys.current.kid
    data = {**order["data"], **effect.data, **sets}
    fresh = codes.claims(ctx.house.keys, order["_id"], data)
    return replace(
        effect,
        data={**effect.data, **sets, "agreed_at": None},
        claims=[*order["claims"], *fresh],
        tells=[Tell("visit-invited", to=guest, sms=True)],
    )


async def _judged(ctx: Context, order: Order, effect: Effect, data: Document, anew: bool) -> Effect:
    """Where the type wants approval, another time or person is asked for anew."""
    if anew and data["stages"]:
        again = await at_stage(ctx, {**order, "data": data}, 0)
        return replace(
            effect,
            target="requested",
            data={**effect.data, **again.data},
            fields={**effect.fields, **again.fields},
            timers=again.timers,
            tells=[Tell("visit-asked", to=asked)],
        )
    if order["state"] == "requested":
        return replace(effect, target="requested", timers=while_requested(data, ctx.now))
    tells = effect.tells or ([Tell("visit-changed", to=guest, sms=True)] if anew else [])
    settled = expected({**order, "data": data})
    return replace(effect, target="expected", timers=settled.timers, tells=tells)


async def reissue(ctx: Context, order: Order, body: Any) -> Effect:
    """A new code and a new link for the same visitor."""
    effect = Effect(timers=while_expected(order["data"]))
    return _with_new_codes(ctx, order, effect)


async def cancel(ctx: Context, order: Order, body: Parting | None) -> Effect:
    tells = [Tell("visit-cancelled", to=guest, sms=True)] if was_expected(order) else []
    note = body.note if body else ""
    return Effect(note=note, fields={"waits_for": []}, tells=tells)


def was_expected(order: Order) -> bool:
    """Whether the visitor has heard of it."""
    return any(entry["to"] == "expected" for entry in order["timeline"])
