"""A scan at a gate: a code in, and one clear answer out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from models.base.context import Context
from models.base.errors import Forbidden, NotFound
from models.base.messages import notify
from models.base.orders import ORDERS, seen
from models.base.shapes import Input, Struct
from models.base.store import Document
from models.base.transitions import Taken, WrongState, take, transition
from models.base.workflow import Order
from models.visitors import (
    blacklist,
    codes,
    desk,
    events,
    gates,
    guesses,
    leading,
    log,
    parties,
    vehicles,
)
from models.visitors.codes import Shown
from models.visitors.gates import GateId
from models.visitors.known import Known, today
from models.visitors.passing import FORGETS, Passing, ScanId, Scanned
from models.visitors.reasons import ADMITTED, OK, at, turned_away
from models.visitors.refusals import TurnedAway
from models.visitors.shapes import MaskedVisitor

Direction = Literal["in", "out"]
STEPS: Final = {"in": "admit", "out": "leave"}
_STATES: Final = {
    "requested": "not-approved", "announced": "not-approved", "lapsed": "not-approved",
    "refused": "refused", "cancelled": "cancelled", "revoked": "revoked", "missed": "expired",
    "ended": "expired",
}  # fmt: skip


class Scan(Input):
    """A code as scanned or typed, at which gate and which way. The same `scan_id` is one scan."""

    code: Annotated[str, Meta(min_length=2, max_length=64)]
    gate: GateId
    direction: Direction
    scan_id: ScanId | None = None


class VisitCard(Struct, kw_only=True):
    """What the desk has to see of a visit: whom to expect, to whom they go, and whose group
    (`lead`, masked) they belong to.
    """

    id: str
    kind: str = "visit"
    state: str
    version: int
    visitor: MaskedVisitor
    companions: int
    host: str
    purpose: str
    type: str
    starts_at: datetime
    ends_at: datetime
    in_at: datetime | UnsetType = UNSET
    out_at: datetime | UnsetType = UNSET
    lead: str | UnsetType = UNSET


class Answer(Struct, kw_only=True):
    """`reason` is a stable word, `text` what the desk shows in large letters.

    `check_face` asks to compare the visitor with their document; `repeated` is the answer to the
    same scan once more.
    """

    decision: Literal["admit", "refuse"]
    reason: str
    text: str
    visit: VisitCard | None
    check_face: bool = False
    repeated: bool = False
    who: str = ""  # of staff and vehicles


@dataclass(frozen=True, slots=True)
class Attempt:
    """One scan of one visit's code."""

    scan: Scan
    shown: Shown
    order: Order  # as this process knows it
    known: Known

    @property
    def said(self) -> Document:
        """What the log keeps of it, whatever comes of it."""
        return {
            "gate": self.scan.gate,
            "direction": self.scan.direction,
            "how": self.shown.how,
            "digest": self.shown.digest,
        }


async def scan(ctx: Context, body: Scan) -> Answer:
    """Decide over a scan. Raises NotYourGate, ScannerLocked."""
    gates.refuse_elsewhere(ctx, body.gate)
    await _refuse_locked(ctx, body)
    attempt = await _attempt(ctx, body)
    if attempt is None:
        return await _without_code(ctx, body)
    try:
        taken = await _pass(ctx, attempt)
    except (TurnedAway, WrongState, Forbidden, NotFound) as refusal:
        return await _refused(ctx, attempt, refusal)
    return Answer(
        decision="admit",
        reason=OK,
        text=ADMITTED[body.direction],
        visit=card(taken.order, await leading.name_over(ctx, taken.order)),
        check_face=attempt.shown.how != "rotating" and body.direction == "in",
        repeated=taken.repeated,
    )


async def _refuse_locked(ctx: Context, body: Scan) -> None:
    try:
        await guesses.refuse_locked(ctx)
    except guesses.ScannerLocked:
        said = {"gate": body.gate, "direction": body.direction, "how": "other", "digest": ""}
        await log.refuse(ctx, said | {"reason": "locked"}, None)
        raise


async def _attempt(ctx: Context, body: Scan) -> Attempt | None:
    """The visit of a code that was read."""
    plate = events.plate_of(body.code)
    if plate is not None:
        return await _by_plate(ctx, body, plate)
    shown, known = codes.read(body.code), await today(ctx)
    order = await known.order_of(ctx, shown.claim) if shown else None
    return Attempt(body, shown, order, known) if shown and order else None


async def _by_plate(ctx: Context, body: Scan, plate: str) -> Attempt | None:
    """The visitor of today who comes by this car, unless it may pass by itself."""
    if await vehicles.may_pass(ctx, plate) is not None:
        return None
    order = await desk.by_plate(ctx, body.gate, plate)
    shown = Shown("plate", blacklist.key(ctx.house, plate))  # keyed: a plate is easily guessed
    return Attempt(body, shown, order, await today(ctx)) if order else None


async def _without_code(ctx: Context, body: Scan) -> Answer:
    """Staff and vehicles; a visitor's car; or nothing that anybody knows."""
    passage = await events.recognised(ctx, body.code)
    if passage is None:
        return await _unknown(ctx, body, codes.read(body.code))
    fresh = await events.keep(ctx, passage, body.gate, body.direction, body.scan_id)
    if not passage.allowed:
        away = turned_away("no-entry")
        return _no(away.reason, away.facts["text"], None)
    text = ADMITTED[body.direction]
    return Answer(
        decision="admit", reason=OK, text=text, visit=None, who=passage.shown, repeated=not fresh
    )


async def _unknown(ctx: Context, body: Scan, shown: Shown | None) -> Answer:
    said = {"gate": body.gate, "direction": body.direction, "reason": "unknown"}
    said |= {"how": shown.how if shown else "other", "digest": shown.digest if shown else ""}
    await log.refuse(ctx, said, None)
    await guesses.count(ctx)
    return _no("unknown", turned_away("unknown").facts["text"], None)


async def _pass(ctx: Context, attempt: Attempt) -> Taken:
    """The step, by one conditional write. Raises TurnedAway, WrongState."""
    scan, shown, order, keys = attempt.scan, attempt.shown, attempt.order, ctx.house.keys
    step, version = 0, None
    if shown.how != "plate":
        version = order["data"]["code_version"]
        if not codes.is_current(keys, order, shown):
            raise turned_away("revoked")
    if shown.how == "rotating":
        made_for = codes.step_of(keys, order, shown, ctx.now)
        if made_for is None:
            await guesses.count(ctx)
            raise turned_away("stale-code")
        step = made_for
    body = Scanned(
        gate=scan.gate, how=shown.how, digest=shown.digest, step=step, code_version=version
    )
    turn = replace(ctx, idempotency_key=scan.scan_id or "", if_match=None)
    taken = await take(turn, order["_id"], STEPS[scan.direction], body, known=order)
    attempt.known.remember(taken.order)
    _refuse_revoked(taken.order, scan.direction)
    return taken


def _refuse_revoked(order: Order, direction: Direction) -> None:
    """A repeat finds its step taken, and the visit as it is: security may have revoked it since."""
    if direction == "in" and order["data"].get("revoked_at"):
        raise turned_away("revoked")


async def by_hand(ctx: Context, order_id: str, direction: Direction, body: Passing) -> Order:
    """Let somebody in or out who was found by name. Raises what the step refuses."""
    turn = replace(ctx, idempotency_key=body.scan_id or "")
    try:
        after = await transition(turn, order_id, STEPS[direction], body)
        _refuse_revoked(after, direction)
        return after
    except (TurnedAway, WrongState) as refusal:
        gates.refuse_elsewhere(ctx, body.gate)  # the log of a gate is written there alone
        order = await seen(ctx, order_id)
        away = in_words(ctx, order, refusal)
        said = {"gate": body.gate, "direction": direction, "how": "manual", "digest": ""}
        await log.refuse(ctx, said | {"reason": away.reason}, order_id, note=body.note)
        if away.reason == "blacklisted":
            await _alarm(ctx, body.gate, order)
        raise


async def _refused(ctx: Context, attempt: Attempt, refusal: Exception) -> Answer:
    """What speaks against it, in words; or the same answer again for the same scan."""
    order = await ctx.store.get(ORDERS, attempt.order["_id"]) or attempt.order
    attempt.known.remember(order)
    shown = card(order, await leading.name_over(ctx, order))
    if _same_scan(ctx, attempt, order):
        text = ADMITTED[attempt.scan.direction]
        return Answer(decision="admit", reason=OK, text=text, visit=shown, repeated=True)
    away = in_words(ctx, order, refusal)
    await log.refuse(ctx, attempt.said | {"reason": away.reason}, order["_id"])
    if away.reason == "blacklisted":
        await _alarm(ctx, attempt.scan.gate, order)
    visible = not isinstance(refusal, (Forbidden, NotFound))
    return _no(away.reason, away.facts["text"], shown if visible else None)


def in_words(ctx: Context, order: Order, refusal: Exception) -> TurnedAway:
    """What speaks against a scan, by what the order is now."""
    if isinstance(refusal, TurnedAway):
        return refusal
    if isinstance(refusal, (Forbidden, NotFound)):  # the visit is not for the gates of this desk
        return turned_away("wrong-gate", gates=gates.names(order["data"]))
    if order["state"] == "inside" and order["data"].get("revoked_at"):
        return turned_away("revoked")
    if order["state"] == "inside":
        return turned_away("already-in", when=at(order["data"]["in_at"], ctx.now))
    word = _STATES.get(order["state"])
    return turned_away(word) if word else turned_away("not-inside")


def _same_scan(ctx: Context, attempt: Attempt, order: Order) -> bool:
    """Scanners fire twice: the same code at the same gate within seconds is one scan; nobody
    gets in whom security has revoked in between.
    """
    last, scan = order["data"].get("last"), attempt.scan
    if last is None or not -FORGETS <= ctx.now - last["at"] <= FORGETS:
        return False
    if scan.direction == "in" and order["data"].get("revoked_at"):
        return False
    same = (last["gate"], last["direction"], last["by"], last["digest"])
    return same == (scan.gate, scan.direction, ctx.actor.id, attempt.shown.digest)


async def _alarm(ctx: Context, gate_id: str, order: Order) -> None:
    """Security hears of it; the visitor is only asked to wait."""
    gate = await gates.find(ctx, gate_id)
    facts = {"gate": gate["name"], "title": "黑名单到访", "place": gate["name"]}
    for guard in await parties.guards(ctx):
        await notify(ctx.house, guard, "visit-alarm", facts, order["_id"])


def _no(reason: str, text: str, visit: VisitCard | None) -> Answer:
    return Answer(decision="refuse", reason=reason, text=text, visit=visit)


def card(order: Order, lead: str | UnsetType = UNSET) -> VisitCard:
    """A visit as the desk sees it: the name for comparing, phone and plate masked."""
    data: dict[str, Any] = order["data"]
    name = order.get("private", {}).get("visitor", {}).get("name", data["visitor"]["name"])
    return VisitCard(
        id=order["_id"],
        state=order["state"],
        version=order["version"],
        visitor=MaskedVisitor(**{**data["visitor"], "name": name}),
        companions=data["companions"],
        host=data["host"]["name"],
        purpose=data["purpose"],
        type=data["type"]["name"],
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        in_at=data.get("in_at") or UNSET,
        out_at=data.get("out_at") or UNSET,
        lead=lead,
    )
