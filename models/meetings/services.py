"""What is prepared for a meeting: tea, meals, seating, equipment, name plates, technical help.

Each is an order of its own, tied to its meeting. It comes and goes with the meeting: whatever
becomes of that, `follow` brings its services after it, and whoever prepares them is told.

    state    transition  by                   to         what happens
    -------  ----------  -------------------  ---------  ---------------------------------------
    ordered  prepare     meetings             ready
    ordered  refuse      meetings             refused    with a reason
    ordered  cancel      owner, deputy,       cancelled  before the start; by the clock: with the
    ready                clock                           meeting
    ordered  move        clock                ordered    with the meeting; what was ready is to be
    ready                                                prepared anew
    ordered  serve       meetings, clock      served     the clock: at the meeting's end
    ready
    served   rate        owner                rated

While the meeting itself is undecided, its services are `tentative` and wait for nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from models import people
from models.base import orders, outbox
from models.base import workflow as wf
from models.base.context import CLOCK, Actor, Context
from models.base.decisions import Found, Lookup
from models.base.errors import Conflict, Forbidden, NotFound, Refusal
from models.base.messages import Template
from models.base.messages import declare as template
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.shapes import Struct
from models.base.store import Document
from models.base.transitions import MAX_TRIES, transition
from models.base.views import OrderView, RatingInput, brief
from models.base.visibility import sees
from models.base.workflow import Draft, Effect, Order, Placement, Tell, Timer, Transition, Workflow
from models.meetings import texts
from models.meetings.lifecycle import Parting, Reason
from models.meetings.quotas import MeetingRules
from models.meetings.refusals import TimeHasCome
from models.meetings.wishes import (
    DESK,
    KIND,
    SORTS,
    UNDECIDED,
    ServicesEnough,
    ServiceWish,
    of_meeting,
    placement,
    refuse_late,
)

MOST: Final = 30  # services of one meeting
COMING: Final = UNDECIDED | {"booked"}
STANDS: Final = COMING | {"in_use", "finished", "rated"}


class MeetingClosed(Conflict):
    """The meeting is over or will not take place."""

    code = "meeting-closed"
    zh = "该会议已开始、结束或取消，不能再添加服务。"
    en = "The meeting has begun, is over or was cancelled."


class MeetingUndecided(Conflict):
    """The meeting has not got its room yet."""

    code = "meeting-undecided"
    zh = "会议尚未确定，暂不需要准备。"
    en = "The meeting is not certain yet."


class ServicePage(Struct):
    """The services of a meeting, in the order they were asked for."""

    items: list[OrderView]
    next: str | None = None


async def notice(ctx: Context) -> timedelta:
    """How long before a meeting its services must be ordered."""
    rules = await ctx.house.policies.value(MeetingRules)
    return timedelta(minutes=rules.service_notice_minutes)


async def order(ctx: Context, meeting_id: str, wish: ServiceWish) -> Order:
    """Have something more prepared for a meeting of mine.

    Raises `NotFound`, `Forbidden`, `MeetingClosed`, `ServiceTooLate`, `TooManyAsked`,
    `ServicesEnough`.
    """
    meeting = await _meeting(ctx, meeting_id)
    if not (wf.owner(meeting, ctx.actor) or wf.deputy(meeting, ctx.actor)):
        raise Forbidden
    before = await notice(ctx)
    siblings = Lookup(ORDERS, meeting_id, "parent")

    async def draft(ctx: Context, wish: ServiceWish) -> Draft:
        lookups = [Lookup(ORDERS, meeting_id), siblings]
        return Draft(lookups=lookups, decide=partial(_decide, wish, meeting_id, before))

    return await orders.place(ctx, KIND, wish, parent=meeting_id, draft=draft)


def _decide(
    wish: ServiceWish, meeting_id: str, before: timedelta, found: Found, now: datetime
) -> Placement:
    meeting = found.one(ORDERS, meeting_id)
    if meeting is None or meeting["state"] not in COMING:
        raise MeetingClosed
    others = found.all(Lookup(ORDERS, meeting_id, "parent"))
    if sum(_is_open(other) for other in others) >= MOST:
        raise ServicesEnough(limit=MOST)
    refuse_late([wish], meeting["data"]["starts_at"], now, before)
    return placement(wish, meeting["data"], meeting["owner"], meeting["unit"], meeting["state"])


async def listed(ctx: Context, meeting_id: str) -> ServicePage:
    """The services of a meeting, as far as the actor may see them. Raises `NotFound`."""
    await _meeting(ctx, meeting_id)
    found = await of_meetings(ctx, [meeting_id])
    return ServicePage(items=[brief(ctx, each) for each in found if sees(ctx.actor, each)])


async def of_meetings(ctx: Context, meeting_ids: Sequence[str]) -> list[Order]:
    """All services of these meetings, without timelines, in the order they were asked for."""
    where = {"parent": {"$in": sorted(meeting_ids)}, "kind": KIND}
    found = await ctx.store.find(ORDERS, where, fields={"timeline": 0, "private": 0})
    return sorted(found, key=lambda each: (each["created_at"], each["_id"]))


async def _meeting(ctx: Context, meeting_id: str) -> Order:
    found = await orders.seen(ctx, meeting_id)
    if found["kind"] != "meeting":
        raise NotFound
    return found


def _is_open(order: Order) -> bool:
    return order["kind"] == KIND and order["state"] in ("ordered", "ready")


@outbox.reacts(KIND, "place")
async def catch_up(ctx: Context, service: Order, entry: Document) -> None:
    """A meeting that was changed or cancelled this very moment takes its new service along."""
    await _follow(ctx, service["parent"])


@outbox.reacts("meeting", "approve")
@outbox.reacts("meeting", "refuse")
@outbox.reacts("meeting", "offer")
@outbox.reacts("meeting", "accept")
@outbox.reacts("meeting", "change")
@outbox.reacts("meeting", "move")
@outbox.reacts("meeting", "swap")
@outbox.reacts("meeting", "cancel")
@outbox.reacts("meeting", "call_off")
@outbox.reacts("meeting", "lapse")
@outbox.reacts("meeting", "release")
@outbox.reacts("meeting", "displace")
async def follow(ctx: Context, meeting: Order, entry: Document) -> None:
    """Bring the open services of a meeting to where it is now, or cancel them with it."""
    await _follow(ctx, meeting["_id"])


async def _follow(ctx: Context, meeting_id: str) -> None:
    """Raises `Conflict` where people are faster again and again; then it is tried anew."""
    for _ in range(MAX_TRIES):
        found = await of_meetings(ctx, [meeting_id])
        meeting = await ctx.store.get(ORDERS, meeting_id)
        assert meeting is not None  # an order is never deleted
        done = [await _bring(ctx, service, meeting) for service in found if _is_open(service)]
        if all(done):
            return
    raise Conflict


async def _bring(ctx: Context, service: Order, meeting: Order) -> bool:
    """Whether a service has followed its meeting; False where it was changed this very moment."""
    turn = replace(ctx.acting_as(CLOCK), if_match=service["version"], idempotency_key="")
    try:
        if meeting["state"] not in STANDS:
            await transition(turn, service["_id"], "cancel")
        elif _is_behind(service, of_meeting(meeting["data"], meeting["state"])):
            await transition(turn, service["_id"], "move")
    except Conflict:
        return False
    return True


def _is_behind(service: Order, now_of_it: Document) -> bool:
    return any(service["data"].get(name) != value for name, value in now_of_it.items())


def while_certain(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    return MeetingUndecided() if order["data"]["tentative"] else None


def before_start(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    late = now >= order["data"]["starts_at"] and actor.id != CLOCK.id
    return TimeHasCome() if late else None


async def settled(ctx: Context, order: Order, body: Any) -> Effect:
    """Nobody need do anything more."""
    return Effect(fields={"waits_for": []})


async def refuse(ctx: Context, order: Order, body: Reason) -> Effect:
    return Effect(fields={"waits_for": []}, note=body.reason)


async def cancel(ctx: Context, order: Order, body: Parting | None) -> Effect:
    tells = await _to_desk(ctx, order, "cancelled")
    return Effect(fields={"waits_for": []}, note=body.note if body else "", tells=tells)


async def move(ctx: Context, order: Order, body: Any) -> Effect:
    """The meeting is elsewhere, at another time, or has become certain or uncertain.

    The meeting is read after its service: whoever read an older one loses at the service's version.
    """
    meeting = await _meeting(ctx, order["parent"])
    data, now_of_it = order["data"], of_meeting(meeting["data"], meeting["state"])
    elsewhere = any(data.get(name) != now_of_it[name] for name in ("room", "starts_at", "ends_at"))
    tentative = now_of_it["tentative"]
    anew = elsewhere or tentative or order["state"] == "ordered"
    return Effect(
        target="ordered" if anew else order["state"],
        data=now_of_it,
        fields={
            "waits_for": [DESK] if anew and not tentative else [],
            "due_at": now_of_it["starts_at"],
        },
        timers=[Timer(now_of_it["ends_at"], "serve")],
        tells=await _to_desk(ctx, order, "moved") if elsewhere else (),
    )


async def rate(ctx: Context, order: Order, body: RatingInput) -> Effect:
    rating: dict[str, Any] = {"stars": body.stars}
    if body.comment:
        rating["comment"] = body.comment
    return Effect(fields={"rating": rating})


async def _to_desk(ctx: Context, order: Order, what: str) -> Sequence[Tell]:
    """Tells those who prepare meetings, if they were to prepare this one."""
    if order["data"]["tentative"]:
        return ()
    staff = [each["_id"] for each in await people.serving(ctx, Role.MEETINGS, "meetings")]
    others = [each for each in staff if each != ctx.actor.id]
    return [Tell(f"meeting-service-{what}", to=lambda order: others)]


def show(ctx: Context, order: Order) -> dict[str, Any]:
    """The data with the name of the service and its unit."""
    sort = SORTS[order["data"]["service"]]
    data = {name: value for name, value in order["data"].items() if value is not None}
    return data | {"service_name": sort.name, "quantity_unit": sort.unit}


async def draft(ctx: Context, wish: ServiceWish) -> Draft:
    """A service without a meeting is nothing: see `order` and `placements`."""
    raise NotFound


def _facts(order: Order) -> Mapping[str, str]:
    data = order["data"]
    sort = SORTS[data["service"]]
    service = f"{sort.name}{data.get('quantity', '')}{sort.unit}"
    return {**texts.facts(order), "service": service, "title": f"会议{sort.name}"}


for _name, _title, _text in (
    ("refused", "会议服务不能提供", "{when}{place}的{service}不能提供。原因：{note}"),
    ("moved", "会议服务有变", "{service}改为{when}在{place}，请重新准备。"),
    ("cancelled", "会议服务取消", "{when}{place}的{service}已取消，不必准备。"),
):
    template(Template(f"meeting-service-{_name}", _title, _text, _facts, wechat=texts.WECHAT))

meetings = wf.at(Role.MEETINGS, lambda order: DESK)
ORDERED, OPEN = ("ordered",), ("ordered", "ready")

SERVICES: Final = wf.declare(
    Workflow(
        kind=KIND,
        service="meetings",
        title="会议服务",
        starts=ORDERED,
        finals=("refused", "cancelled", "rated"),
        draft=draft,
        body=ServiceWish,
        show=show,
        transitions=(
            Transition(
                name="prepare", source=ORDERED, target="ready", by=(meetings,),
                summary="Say that it is prepared.", when=while_certain, rule=settled,
            ),
            Transition(
                name="refuse", source=ORDERED, target="refused", by=(meetings,), needs=Reason,
                summary="Refuse to prepare it, with a reason.", rule=refuse,
                tells=(Tell("meeting-service-refused"),),
            ),
            Transition(
                name="cancel", source=OPEN, target="cancelled",
                by=(wf.owner, wf.deputy, wf.clock), needs=Parting,
                summary="Cancel it before the meeting.",
                when=before_start, rule=cancel,
            ),
            Transition(
                name="move", source=OPEN, target="ordered", by=(wf.clock,),
                summary="Go along with the meeting.", rule=move,
            ),
            Transition(
                name="serve", source=OPEN, target="served", by=(meetings, wf.clock),
                summary="Say that it was served.", when=while_certain, rule=settled,
            ),
            Transition(
                name="rate", source=("served",), target="rated", by=(wf.owner,),
                needs=RatingInput, summary="Rate the service.", rule=rate,
            ),
        ),
    )
)  # fmt: skip
