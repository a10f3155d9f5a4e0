"""At work: starting, pausing with a reason and proof, asking, coming again, finishing.

A pause stops the vendor's clock, so it never lasts by itself: it ends at the moment that was named,
or, where nobody has confirmed it, after the time the policy allows. That time is for all pauses of
a ticket together; whatever a manager confirms does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from models.base import audit
from models.base.attachments import with_files
from models.base.audit import AUDIT
from models.base.calendar import Calendar
from models.base.clock import CAMPUS, campus_date
from models.base.context import CLOCK, Actor, Context
from models.base.decisions import Found
from models.base.errors import Refusal
from models.base.shapes import Fen, Id, Input, Moment
from models.base.store import Document
from models.base.workflow import Effect, Order, Timer
from models.repairs import hands, stock
from models.repairs.clocks import MINUTE, RepairRules, business_time
from models.repairs.dispatching import Note
from models.repairs.proofs import Checked, ProofMissing, refuse_missing
from models.repairs.refusals import NotAsked, NotItsTime, PausesUsedUp, PauseTooLong
from models.repairs.reporting import Photos
from models.repairs.screening import screen

A_DAY: Final = timedelta(days=1)
EVENING: Final = time(18, 0)

Text = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class Pause(Input):
    """Why it cannot go on, with proof, and until when if that is known."""

    reason: Literal["parts", "requester", "access", "third_party"]
    note: Text
    until: Moment | None = None
    photos: Photos = []


class Question(Input):
    """What the technician has to know from the reporter."""

    question: Text


class Answer(Input):
    """What the reporter says to it."""

    note: Text
    photos: Photos = []


class Revisit(Input):
    """A second visit, as agreed with the reporter."""

    at: Moment
    note: Note = ""


class Material(Input):
    """So many of a part, at so much each."""

    part: Id
    count: Annotated[int, Meta(ge=1, le=10_000)]
    price: Fen = 0


class Finish(Input):
    """What was done. Photos show it before and after; the signature is an upload, too."""

    note: Text
    labour_minutes: Annotated[int, Meta(ge=0, le=10_000)] = 0
    materials: Annotated[list[Material], Meta(max_length=50)] = []
    photos_before: Photos = []
    photos: Photos = []
    signature: Id | None = None
    checklist: Annotated[list[Checked], Meta(max_length=30)] = []


async def pause(ctx: Context, order: Order, body: Pause) -> Effect:
    """Raises PauseTooLong, and ProofMissing where nobody could be met and no photo shows it."""
    rules = await ctx.house.policies.value(RepairRules)
    if body.reason == "access" and rules.access_photo and not body.photos:
        raise ProofMissing(missing="现场照片", errors=(("/photos", "缺少现场照片"),))
    await screen(ctx, body.note)
    return await _paused(ctx, order, body.reason, body.until, body.note, body.photos)


async def ask(ctx: Context, order: Order, body: Question) -> Effect:
    """The requester's time, until the answer."""
    await screen(ctx, body.question)
    return await _paused(ctx, order, "requester", None, body.question, ())


async def revisit(ctx: Context, order: Order, body: Revisit) -> Effect:
    """Raises PauseTooLong."""
    await screen(ctx, body.note)
    return await _paused(ctx, order, "access", body.at, body.note, ())


def while_pauses_last(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    """Refuse where all the time for pauses is used up."""
    if _left(order) > 0:
        return None
    return PausesUsedUp(minutes=order["data"]["terms"]["pause_minutes"])


def _left(order: Order) -> int:
    """Business minutes that pauses may still take."""
    return int(order["data"]["terms"]["pause_minutes"]) - int(order["data"].get("waited", 0))


async def _paused(
    ctx: Context,
    order: Order,
    reason: str,
    until: datetime | None,
    note: str,
    photos: Sequence[str] = (),
) -> Effect:
    terms = order["data"]["terms"]
    if until is not None and not ctx.now < until <= ctx.now + terms["longest_days"] * A_DAY:
        errors = (("/until", "时间不在允许范围内"),)
        raise PauseTooLong(errors=errors, days=terms["longest_days"])
    calendar = await ctx.house.calendars.current()
    allowed = business_time(terms, calendar).after(ctx.now, _left(order) * MINUTE)
    ends = min(allowed, until.astimezone(UTC)) if until else allowed
    said: Document = {
        "reason": reason,
        "note": note,
        "since": ctx.now,
        "until": until.astimezone(UTC) if until else None,
        "ends_at": ends,
        "confirmed": False,
        "photos": list(photos),
        "back": order["state"],
    }
    facts = {"reason": reason} | ({"photos": list(photos)} if photos else {})
    timers = [Timer(ends, "resume")]
    effect = Effect(data={"pause": said}, note=note, facts=facts, timers=timers)
    return with_files(ctx, order, effect, photos)


async def confirm_pause(ctx: Context, order: Order, body: Any) -> Effect:
    """It may last until the moment that was named, or as long as any pause may."""
    pause, terms = order["data"]["pause"], order["data"]["terms"]
    ends = pause["until"] or pause["since"] + terms["longest_days"] * A_DAY
    record = audit.entry(ctx, "repairs.confirm-pause", order["_id"], None, {"until": ends})
    return Effect(
        data={"pause": {**pause, "confirmed": True, "ends_at": ends}},
        timers=[Timer(ends, "resume")],
        inserts=[(AUDIT, record)],
    )


async def resume(ctx: Context, order: Order, body: Any) -> Effect:
    """On with it: what it was before."""
    pause, waited = order["data"]["pause"], order["data"].get("waited", 0)
    if not pause["confirmed"]:
        calendar = await ctx.house.calendars.current()
        time = business_time(order["data"]["terms"], calendar)
        waited += time.between(pause["since"], ctx.now) // MINUTE
    return Effect(target=pause["back"], data={"pause": None, "waited": waited})


async def answer(ctx: Context, order: Order, body: Answer) -> Effect:
    await screen(ctx, body.note)
    facts = {"photos": list(body.photos)} if body.photos else {}
    effect = await resume(ctx, order, body)
    return with_files(ctx, order, replace(effect, note=body.note, facts=facts), body.photos)


async def finish(ctx: Context, order: Order, body: Finish) -> Effect:
    """Repaired, with parts of the technician's own stock. He is free for the next; the reporter has
    some days to say no. Raises ProofMissing, PartUnknown, PriceOutside, StockShort, FileUnknown.
    """
    refuse_missing(order["data"], body)
    await screen(
        ctx, body.note, *(text for each in body.checklist for text in (each.item, each.note))
    )
    calendar = await ctx.house.calendars.current()

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        accept_at = accepted_at(order["data"]["terms"], calendar, now)
        used = stock.used(found, order, body.materials, now)
        return Effect(
            holds=[*hands.without_hand(order), *used.holds],
            inserts=used.inserts,
            data=_done(order["data"], body, used) | {"fixed_at": now, "accept_at": accept_at},
            timers=[Timer(accept_at, "accept")],
            note=body.note,
        )

    lookups = stock.lookups(order["assignee"], body.materials)
    pictures = [*body.photos_before, *body.photos, *([body.signature] if body.signature else ())]
    return with_files(ctx, order, Effect(settle=settle, lookups=lookups), pictures)


def _done(before: Document, body: Finish, used: stock.Used) -> Document:
    """What the ticket says of the fix; materials, labour and cost add up over several."""
    return {
        "materials": [*before.get("materials", ()), *used.materials],
        "cost": before.get("cost", 0) + used.cost,
        "labour_minutes": before.get("labour_minutes", 0) + body.labour_minutes,
        "result": body.note,
        "photos_before": list(body.photos_before),
        "photos_after": list(body.photos),
        "signature": body.signature,
        "checked": msgspec.to_builtins(body.checklist),
    }


def accepted_at(terms: Document, calendar: Calendar, now: datetime) -> datetime:
    """When silence counts as yes: in the evening, so many working days later."""
    day = calendar.plus_workdays(campus_date(now), terms["accept_days"])
    return datetime.combine(day, EVENING, CAMPUS).astimezone(UTC)


def when_asked(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    return None if order["data"]["pause"]["reason"] == "requester" else NotAsked()


def once_over(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    """The clock ends a pause at its end, the technician whenever he likes."""
    early = actor.id == CLOCK.id and now < order["data"]["pause"]["ends_at"]
    return NotItsTime() if early else None


def once_silent(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    """The clock accepts when the days are over, the owner whenever he likes."""
    early = actor.id == CLOCK.id and now < order["data"]["accept_at"]
    return NotItsTime() if early else None
