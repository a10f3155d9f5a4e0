"""Passing a gate: what admits, what does not, and what follows.

The judgement reads the order alone, and the step is one conditional write: of two desks that scan
one code at the same instant one admits, and the other reads what the first has written.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import Meta

from models import people
from models.base.clock import campus_date
from models.base.context import Actor, Context
from models.base.errors import Forbidden, Refusal
from models.base.roles import Role
from models.base.shapes import Input
from models.base.store import Document
from models.base.workflow import Effect, Order, Tell, Timer
from models.visitors import blacklist, gates, windows
from models.visitors.gates import GateId
from models.visitors.inviting import while_expected
from models.visitors.reasons import at, turned_away
from models.visitors.refusals import NotItsTime
from models.visitors.shapes import Note

FORGETS: Final = timedelta(seconds=5)  # within which the same scan is one scan

ScanId = Annotated[str, Meta(min_length=8, max_length=64)]


class Passing(Input):
    """By hand: the visitor was found by name, and the desk has looked at a document. The same
    `scan_id` is one passage, here and where a desk hands in what it did without network.
    """

    gate: GateId
    note: Note = ""
    scan_id: ScanId | None = None


class Scanned(Passing, kw_only=True):
    """By a code that was read; made by the gate, never by a client."""

    how: str  # static, rotating, offline, plate
    digest: str
    step: int = 0  # of a rotating code
    code_version: int | None = None  # for which the code was found good, where one was shown
    recorded_at: datetime | None = None  # of what a desk let in while it had no network


def may_enter(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    """Whether it is the time for it."""
    data = order["data"]
    opens = data["starts_at"] - timedelta(minutes=data["terms"]["early"])
    if now < opens:
        return turned_away("too-early", when=at(opens, now))
    return turned_away("expired") if now >= data["ends_at"] else None


async def admit(ctx: Context, order: Order, body: Passing) -> Effect:
    """In. Raises TurnedAway, NotYourGate."""
    data, now = order["data"], ctx.now
    await _check_gate(ctx, data, body, entering=True)
    _check_code(ctx, data, body)
    if await blacklist.hit(ctx, order.get("private", {})):
        raise turned_away("blacklisted")
    today = campus_date(now).isoformat()
    sets: Document = {"in_at": now, "last": _last(ctx, body, "in"), "fetched_at": None}
    if isinstance(body, Scanned) and body.how == "static":
        sets["static_day"] = today
    if isinstance(body, Scanned) and body.how == "rotating":
        sets["last_step"] = body.step
    timers = [Timer(data["ends_at"] + timedelta(minutes=data["terms"]["overstay"]), "overstay")]
    first = data.get("in_at") is None or campus_date(data["in_at"]).isoformat() != today
    if data["terms"]["fetch"] and first:
        timers.append(Timer(now + timedelta(minutes=data["terms"]["fetch"]), "unfetched"))
    tells = [Tell("visit-arrived")] if first else []
    return Effect(
        data=sets,
        timers=timers,
        tells=tells,
        note=body.note,
        facts=_facts(body, "in"),
    )


def _check_code(ctx: Context, data: Document, body: Passing) -> None:
    """A static code is good for one entry, a rotating one for the moment it was made for."""
    if not isinstance(body, Scanned):
        if Role.DEVICE in ctx.actor.roles:
            raise Forbidden
        return
    _check_version(data, body)
    if body.how == "rotating" and body.step <= data["last_step"]:
        raise turned_away("replayed")
    spent = data.get("static_day")
    again = data["repeat"] is not None and spent != campus_date(ctx.now).isoformat()
    if body.how == "static" and spent and not again:
        raise turned_away("used")


def _check_version(data: Document, body: Scanned) -> None:
    """A code that was replaced between the look at it and the step is void."""
    if body.code_version not in (None, data["code_version"]):
        raise turned_away("revoked")


async def _check_gate(ctx: Context, data: Document, body: Passing, entering: bool) -> None:
    gates.refuse_elsewhere(ctx, body.gate)
    if body.gate not in (each["id"] for each in data["gates"]):
        raise turned_away("wrong-gate", gates=gates.names(data))
    gate = await gates.find(ctx, body.gate)
    if entering and not gates.is_open(gate, ctx.now):
        raise turned_away("gate-closed", hours=f"{gate['opens']}–{gate['closes']}")


async def leave(ctx: Context, order: Order, body: Passing) -> Effect:
    """Out; a long-term pass is good for another day. Raises TurnedAway, NotYourGate."""
    data = order["data"]
    await _check_gate(ctx, data, body, entering=False)
    sets: Document = {"out_at": ctx.now, "last": _last(ctx, body, "out")}
    if isinstance(body, Scanned):
        _check_version(data, body)
    if isinstance(body, Scanned) and body.how == "rotating":
        if body.step <= data["last_step"]:
            raise turned_away("replayed")
        sets["last_step"] = body.step
    facts = _facts(body, "out")
    target = once_out(data)
    timers = [Timer(windows.midnight_after(ctx.now), "close")] if target == "left" else []
    return Effect(target=target, data=sets, timers=timers, note=body.note, facts=facts)


def once_out(data: Document) -> str:
    """The state of somebody inside when they leave: `left`, or for good `ended` or `revoked`."""
    if data.get("revoked_at"):
        return "revoked"
    return "ended" if data.get("ending") else "left"


def gone(data: Document) -> bool:
    """Whether the visitor came and left again on the day that the visit is for now: a long-term
    pass still knows when they left on a former one.
    """
    out_at = data.get("out_at")
    return out_at is not None and campus_date(out_at) >= campus_date(data["starts_at"])


def _last(ctx: Context, body: Passing, direction: str) -> Document:
    """The last passage, by which the same scan is known again."""
    return {
        "at": ctx.now,
        "gate": body.gate,
        "direction": direction,
        "by": ctx.actor.id,
        "digest": body.digest if isinstance(body, Scanned) else "",
    }


def _facts(body: Passing, direction: str) -> Document:
    """What the timeline and the log say of a passage."""
    how = body.how if isinstance(body, Scanned) else "manual"
    facts: Document = {"gate": body.gate, "direction": direction, "how": how}
    if isinstance(body, Scanned):
        facts |= {"digest": body.digest}
        if body.recorded_at is not None:
            facts |= {"recorded_at": body.recorded_at}
    return facts


async def close(ctx: Context, order: Order, body: Any) -> Effect:
    """The day is over: a long-term pass is good for the next of its days."""
    return _next(order, ctx.now, "ended")


async def renew(ctx: Context, order: Order, body: Any) -> Effect:
    return _next(order, ctx.now, "ended")


def _next(order: Order, now: datetime, otherwise: str) -> Effect:
    """The next day of a pass, where there is one."""
    # The timer fires at midnight: the day that has just begun may be one of them.
    window = windows.following(order["data"], campus_date(now))
    if window is None:
        return Effect(target=otherwise)
    data: Document = {"starts_at": window[0], "ends_at": window[1]}
    return Effect(
        target="expected",
        data=data,
        fields={"due_at": window[0]},
        timers=while_expected({**order["data"], **data}),
    )


async def close_up(ctx: Context, order: Order, body: Any) -> Effect:
    """The visitor is still inside: once out, they are not let in again."""
    return Effect(data={"ending": True})


def day_over(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    """The clock acts at the end of the day, never before."""
    moment = order["data"].get("out_at") if order["state"] == "left" else order["data"]["ends_at"]
    return NotItsTime() if now < windows.midnight_after(moment) else None


def over_time(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    data = order["data"]
    limit = data["ends_at"] + timedelta(minutes=data["terms"]["overstay"])
    return NotItsTime() if now < limit else None


def after_end(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    return NotItsTime() if now < order["data"]["ends_at"] else None


async def overstay(ctx: Context, order: Order, body: Any) -> Effect:
    """The host is told, and who serves at the gate the visitor came through."""
    gate = order["data"]["last"]["gate"]
    staff = [each["_id"] for each in await people.serving(ctx, Role.FRONT_DESK, gate)]
    tells = [Tell("visit-overstayed", to=lambda order: staff)]
    return Effect(data={"overstayed": True}, tells=tells)


def not_over(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    return turned_away("expired") if now >= order["data"]["ends_at"] else None
