"""The desk without network: today's copy for it, and what it did meanwhile, reconciled.

The copy holds fingerprints of codes, masked names, windows and states: whoever steals it can show
nothing at a gate. What was scanned without network is judged here again, at the moment it happened;
what does not fit (revoked meanwhile, in at another gate) is a conflict, on the desk and in the log.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from models.base.clock import campus_date, whole_milliseconds
from models.base.context import Context
from models.base.errors import Conflict, Refusal
from models.base.indexes import declare as index
from models.base.shapes import Input, Moment, Struct
from models.base.signing import CODE_LENGTH, fingerprint
from models.base.store import Document
from models.base.transitions import take
from models.base.workflow import Order
from models.visitors import codes, desk, devices, gates, leading, log, parties, passing
from models.visitors.devices import Signed
from models.visitors.gates import Gate
from models.visitors.passing import ScanId, Scanned
from models.visitors.reasons import ADMITTED, OK, turned_away
from models.visitors.refusals import TurnedAway
from models.visitors.scans import STEPS, Direction, VisitCard, card, in_words
from models.visitors.shapes import MaskedVisitor

LASTS: Final = timedelta(hours=24)
MOST: Final = 200  # scans of one request
COPIED: Final = ("expected", "inside", "left", "requested", "announced")

Digest = Annotated[str, Meta(min_length=64, max_length=64, pattern=r"^[0-9a-f]+$")]


class CopiedVisit(Struct, kw_only=True):
    """A visit of today as a desk without network needs it. `hold`: have them wait for security;
    `once_out`: the state in which somebody inside leaves (left, ended, revoked); `lead`, `leads`:
    as on the desk's lists.
    """

    id: str
    digest: str
    pass_digest: str
    visitor: MaskedVisitor
    companions: int
    host: str
    purpose: str
    type: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    state: str
    in_at: datetime | UnsetType = UNSET
    static_used: bool
    hold: bool
    once_out: str
    lead: str | UnsetType = UNSET
    leads: bool = False


class Elsewhere(Struct):
    """A visit of today that is for other gates: where to send its visitor, and nothing more."""

    digest: str
    pass_digest: str
    gates: str


class Copy(Struct):
    """Today at a gate; wiped at sign-out and when it expires."""

    as_of: datetime
    expires_at: datetime
    gate: Gate
    visits: list[CopiedVisit]
    elsewhere: list[Elsewhere]


class KeptScan(Input, kw_only=True):
    """A scan that a desk decided by its copy."""

    scan_id: ScanId
    at: Moment
    direction: Direction
    digest: Digest
    how: Literal["static", "rotating", "manual"]
    decision: Literal["admit", "refuse"]
    reason: Annotated[str, Meta(max_length=32)] = OK


class Upload(Signed, kw_only=True):
    """What a desk did without network, oldest first."""

    scans: Annotated[list[KeptScan], Meta(min_length=1, max_length=MOST)]


class Outcome(Struct):
    """What became of a kept scan: recorded, repeated (known already), or in conflict."""

    scan_id: str
    outcome: Literal["recorded", "repeated", "conflict"]
    reason: str
    text: str
    visit: VisitCard | None = None


class Reconciled(Struct):
    """What became of each, in their order."""

    results: list[Outcome]


async def copy(ctx: Context, body: Signed) -> Copy:
    """Today's copy. Raises DeviceUnknown, SignatureWrong, NotYourGate."""
    device = await _desk(ctx, "copy", body)
    found = await desk.today(ctx, device["gate"])
    gate = await gates.find(ctx, device["gate"])
    names = await leading.names(ctx, found)
    return Copy(
        as_of=ctx.now,
        expires_at=ctx.now + LASTS,
        gate=gates.view(gate),
        visits=[_copied(ctx, order, names) for order in found if order["state"] in COPIED],
        elsewhere=await _elsewhere(ctx, device["gate"], found),
    )


async def _desk(ctx: Context, act: str, body: Signed) -> Document:
    device = await devices.verified(ctx, act, body)
    gates.refuse_elsewhere(ctx, device["gate"])
    return device


async def _elsewhere(ctx: Context, gate: str, here: Sequence[Order]) -> list[Elsewhere]:
    """The visits of today that are for other gates."""
    others = [each["_id"] for each in await gates.in_use(ctx) if each["_id"] != gate]
    found = [order for other in others for order in await desk.today(ctx, other)]
    known = {order["_id"] for order in here}
    away = {order["_id"]: order for order in found if order["_id"] not in known}
    return [
        Elsewhere(*_digests(ctx, order), gates=gates.names(order["data"]))
        for order in away.values()
        if order["state"] in COPIED
    ]


def _digests(ctx: Context, order: Order) -> tuple[str, str]:
    """The fingerprints of the static code and of what names the pass in a rotating one."""
    data, keys = order["data"], ctx.house.keys
    printed = codes.static(keys, order["_id"], data).removeprefix(codes.STATIC)
    return fingerprint(printed), fingerprint(codes.pass_part(keys, order["_id"], data))


def _copied(ctx: Context, order: Order, leads: Mapping[str, str]) -> CopiedVisit:
    data = order["data"]
    digest, pass_digest = _digests(ctx, order)
    return CopiedVisit(
        id=order["_id"],
        digest=digest,
        pass_digest=pass_digest,
        visitor=MaskedVisitor(**data["visitor"]),
        companions=data["companions"],
        host=data["host"]["name"],
        purpose=data["purpose"],
        type=data["type"]["name"],
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        opens_at=data["starts_at"] - timedelta(minutes=data["terms"]["early"]),
        state=order["state"],
        in_at=data.get("in_at") or UNSET,
        static_used=_is_used(ctx, data),
        hold=data["flagged"],
        once_out=passing.once_out(data),
        lead=leads.get(data.get("lead", ""), UNSET),
        leads=leading.leads(order),
    )


def _is_used(ctx: Context, data: Document) -> bool:
    spent = data.get("static_day")
    return bool(spent) and (data["repeat"] is None or spent == campus_date(ctx.now).isoformat())


async def reconcile(ctx: Context, body: Upload) -> Reconciled:
    """Record what a desk did without network. Raises DeviceUnknown, SignatureWrong, NotYourGate."""
    device = await _desk(ctx, "scans", body)
    results = [await _one(ctx, device, kept) for kept in body.scans]
    return Reconciled(results=results)


async def _one(ctx: Context, device: Document, kept: KeptScan) -> Outcome:
    at = max(ctx.now - LASTS, min(ctx.now, whole_milliseconds(kept.at.astimezone(UTC))))
    turn = replace(ctx, now=at, idempotency_key=kept.scan_id, if_match=None)
    order = await _order(ctx, kept)
    said = {"gate": device["gate"], "direction": kept.direction, "how": "offline"}
    said |= {"digest": kept.digest[:16], "scan": kept.scan_id}
    if kept.decision == "refuse" or order is None:
        reason = kept.reason if kept.decision == "refuse" else "unknown"
        known = await ctx.store.first(log.SCANS, {"scan": kept.scan_id})
        if known is not None:
            return _again(kept, known, order)
        more = {"note": f"脱机 {device['name']}", **_let_in(ctx, kept, at)}
        await log.refuse(turn, said | {"reason": reason}, order["_id"] if order else None, **more)
        outcome = "conflict" if kept.decision == "admit" else "recorded"
        return _outcome(kept, outcome, reason, order)
    return await _passage(ctx, turn, kept, order, said)


async def _passage(
    ctx: Context, turn: Context, kept: KeptScan, order: Order, said: Document
) -> Outcome:
    """An admission that has happened: it becomes the order's, or is a conflict."""
    if any(entry.get("key") == kept.scan_id for entry in order["timeline"]):
        return _outcome(kept, "repeated", OK, order)
    known = await ctx.store.first(log.SCANS, {"scan": kept.scan_id})
    if known is not None:
        return _again(kept, known, order)
    body = Scanned(
        gate=said["gate"], how="offline", digest=kept.digest[:16], recorded_at=ctx.now,
        code_version=order["data"]["code_version"],
    )  # fmt: skip
    try:
        if not _is_current(ctx, kept, order):
            raise turned_away("revoked")
        order = (await take(turn, order["_id"], STEPS[kept.direction], body, known=order)).order
    except (TurnedAway, Conflict) as refusal:
        away = in_words(turn, order, refusal)
        more = {"note": "脱机放行，与记录不符", **_let_in(ctx, kept, turn.now)}
        await log.refuse(turn, said | {"reason": away.reason}, order["_id"], **more)
        return _outcome(kept, "conflict", away.reason, order, away)
    return _outcome(kept, "recorded", OK, order)


def _let_in(ctx: Context, kept: KeptScan, at: datetime) -> Document:
    """What the log adds to a scan that was not to be: who was let in is in, for all that."""
    came_in = kept.decision == "admit" and kept.direction == "in"
    return {"recorded_at": ctx.now} | ({"let_in_at": at} if came_in else {})


def _again(kept: KeptScan, known: Document, order: Order | None) -> Outcome:
    """Of a scan in the log: a conflict stays one, since the desk may never have heard of it."""
    unheard = kept.decision == "admit" and known["decision"] == "refuse"
    return _outcome(kept, "conflict" if unheard else "repeated", known["reason"], order)


async def _order(ctx: Context, kept: KeptScan) -> Order | None:
    """The visit of a fingerprint, where this desk may see it."""
    kinds = ("pass",) if kept.how == "rotating" else ("code", "pass")
    for kind in kinds:
        order = await codes.order_of(ctx, f"{kind}:{kept.digest}")
        if order is not None:
            return order if parties.any_of(parties.ATTENDANTS, order, ctx.actor) else None
    return None


def _is_current(ctx: Context, kept: KeptScan, order: Order) -> bool:
    keys, data = ctx.house.keys, order["data"]
    printed = codes.static(keys, order["_id"], data)[-CODE_LENGTH:]
    turning = codes.pass_part(keys, order["_id"], data)
    return hmac.compare_digest(fingerprint(printed), kept.digest) or hmac.compare_digest(
        fingerprint(turning), kept.digest
    )


def _outcome(
    kept: KeptScan, outcome: Any, reason: str, order: Order | None, away: Refusal | None = None
) -> Outcome:
    text = ADMITTED[kept.direction] if reason == OK else ""
    if away is not None:
        text = away.facts["text"]
    visit = card(order) if order else None
    return Outcome(scan_id=kept.scan_id, outcome=outcome, reason=reason, text=text, visit=visit)


index(log.SCANS, [("scan", 1)], sparse=True)
