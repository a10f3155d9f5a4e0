"""What may become of a meeting: the rules behind each transition of the table in `__init__`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import Meta

from models.base import workflow as wf
from models.base.context import Actor, Context
from models.base.decisions import Found, Hold, Lookup
from models.base.marks import month, takes_part
from models.base.placements import ORDERS, held
from models.base.roles import Role
from models.base.shapes import Id, Input, Line
from models.base.store import Document
from models.base.transitions import leaving
from models.base.views import RatingInput
from models.base.waiting import offer as offered
from models.base.waiting import place_in_queue
from models.base.workflow import Also, Effect, Order, Tell, Timer, Transition, Workflow, declare
from models.meetings import days, rivals
from models.meetings.booking import (
    DESK,
    Booking,
    draft_meeting,
    invited,
    timers,
    word_clash,
)
from models.meetings.changes import Change, Move, change, move
from models.meetings.days import ROOM_DAYS
from models.meetings.moments import (
    after_check_in,
    at_its_time,
    before_end,
    before_start,
    during_check_in,
    shortly_before,
    until_shortly_after_start,
    while_it_lasts,
    while_offered,
)
from models.meetings.quotas import kept
from models.meetings.refusals import RivalsChanged
from models.meetings.rules import refuse_taken


class Approval(Input):
    """The rivals, as shown, that are refused when this request is approved."""

    refuses: Annotated[list[Id], Meta(max_length=100)] = []


class Reason(Input):
    """Why; people read it."""

    reason: Line


class Parting(Input):
    """Why a meeting is cancelled, if there is something to say."""

    note: Annotated[str, Meta(max_length=200)] = ""


async def approve(ctx: Context, order: Order, body: Approval) -> Effect:
    """Take the room, and refuse the rivals that were shown in the same transaction."""
    others = await rivals.of(ctx, order)
    if {other["_id"] for other in others} != set(body.refuses):
        raise RivalsChanged(rivals=[other["_id"] for other in others])
    lookups = days.lookups(order["data"]["room"]["id"], order["data"]["date"])
    lookups += [Lookup(ORDERS, rival["_id"]) for rival in others]
    lookups += [Lookup(hold.collection, hold.thing) for each in others for hold in held(each)]
    given = Effect(holds=(), claims=(), fields={"waits_for": []}, note=GIVEN)
    also = [Also(rival["_id"], "refuse", given, rival["version"]) for rival in others]

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        data = order["data"]
        hold = its_hold(data)
        refuse_taken(found, hold)
        return Effect(
            holds=[hold, *kept(held(order))],
            fields={"waits_for": []},
            timers=timers(data, "booked", now),
            also=also,
        )

    return Effect(settle=settle, lookups=lookups)


GIVEN: Final = "该时段已安排给其他会议"  # said to rivals


def its_hold(data: Document) -> Hold:
    """The interval a meeting takes, or would."""
    span = data["span"]
    return Hold(ROOM_DAYS, data["room_day"], start=span["from"], end=span["to"])


async def refuse(ctx: Context, order: Order, body: Reason) -> Effect:
    return replace(given_up(order), note=body.reason)


def given_up(order: Order) -> Effect:
    """Back with everything, and out of the waiting list."""
    return Effect(leaves=leaving(order), holds=(), claims=(), fields={"waits_for": []})


async def lapse(ctx: Context, order: Order, body: Any) -> Effect:
    return given_up(order)


async def cancel(ctx: Context, order: Order, body: Parting) -> Effect:
    effect = replace(given_up(order), note=body.note)
    return replace(effect, target="left") if order["state"] in WAITING + OFFERED else effect


async def call_off(ctx: Context, order: Order, body: Reason) -> Effect:
    return replace(given_up(order), note=body.reason)


async def release(ctx: Context, order: Order, body: Any) -> Effect:
    """The room is free again; a quota stays spent by those who do not come."""
    return Effect(holds=kept(held(order)))


async def check_in(ctx: Context, order: Order, body: Any) -> Effect:
    ends_at = order["data"]["ends_at"]
    return Effect(data={"checked_in_at": ctx.now}, timers=[Timer(ends_at, "finish")])


async def finish(ctx: Context, order: Order, body: Any) -> Effect:
    """Early, the rest of the interval is given back; what has passed stays taken."""
    if ctx.now >= order["data"]["ends_at"]:
        return Effect(data={"finished_at": order["data"]["ends_at"]})

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        return Effect(holds=shortened(order, now), data={"finished_at": now})

    return Effect(settle=settle)


def shortened(order: Order, now: datetime) -> list[Hold]:
    """What a meeting that ends now has taken: until this minute, and the cleaning up after it."""
    data, rest = order["data"], []
    day = date.fromisoformat(data["date"])
    cleanup = data["span"]["to"] - days.minutes(day, data["ends_at"])
    until = days.minutes(day, now + timedelta(seconds=59, milliseconds=999)) + cleanup
    for hold in held(order):
        if hold.collection != ROOM_DAYS or hold.start is None or hold.end is None:
            rest.append(hold)
        elif hold.start < until:
            rest.append(replace(hold, end=min(hold.end, until)))
    return rest


async def offer(ctx: Context, order: Order, body: Any) -> Effect:
    """Hold the room while the first of those who wait decides."""
    drawn = kept(held(order))
    effect = await offered(ctx, order, body)
    judge_again = effect.settle
    assert judge_again is not None

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        settled = judge_again(found, order, now)
        return replace(settled, holds=[*(settled.holds or ()), *drawn])

    return replace(effect, settle=settle)


async def accept(ctx: Context, order: Order, body: Any) -> Effect:
    """Booked; or a request, which holds nothing, where the room wants approval."""
    data = order["data"]
    if data["approval"] and Role.MEETINGS not in ctx.actor.roles:
        return Effect(
            target="requested",
            holds=kept(held(order)),
            fields={"waits_for": [DESK]},
            timers=timers(data, "requested", ctx.now),
        )
    return Effect(
        fields={"waits_for": []},
        timers=timers(data, "booked", ctx.now),
        tells=[Tell("meeting-invited", to=all_invited)],
    )


async def rate(ctx: Context, order: Order, body: RatingInput) -> Effect:
    rating: dict[str, Any] = {"stars": body.stars}
    if body.comment:
        rating["comment"] = body.comment
    return Effect(fields={"rating": rating})


def found_by(order: Order) -> Iterator[str]:
    """The room's day, and who is invited."""
    data = order["data"]
    yield days.mark_of_day(data["room_day"])
    for person in invited(order):
        yield takes_part(person, month(data["starts_at"]))


# --- what people see

_OWN: Final = ("span", "room_day", "approval", "remind_at")  # of the rules


def show(ctx: Context, order: Order) -> dict[str, Any]:
    """The data as the actor may see it: guests by name only for the owner's side and the desk."""
    data = {name: value for name, value in order["data"].items() if name not in _OWN}
    for name in ("layout", "note", "check_in"):
        if not data[name]:
            del data[name]
    if order["state"] != "offered":
        data.pop("offer_until", None)
    actor, guests = ctx.actor, order.get("private", {}).get("guests")
    if guests and (wf.owner(order, actor) or wf.deputy(order, actor) or DESK in actor.tokens):
        data["guest_list"] = guests
    return data


async def queue_position(ctx: Context, order: Order) -> dict[str, Any]:
    """Where a waiting order stands now: 1 is the next to get an offer."""
    return {"place_in_queue": await place_in_queue(ctx, order)} if "waits" in order else {}


def concerned(order: Order) -> list[str]:
    """Everyone who was to come, but for whoever did it."""
    persons = [order["owner"], *(invited(order) if was_booked(order) else ())]
    return [each for each in persons if each != order["timeline"][-1]["by"]]


def was_booked(order: Order) -> bool:
    """Whether it had its room at any time, so that its people have heard of it."""
    return any(entry["to"] == "booked" for entry in order["timeline"])


def expecting(order: Order) -> list[str]:
    """The invited who have heard of a meeting that had to be asked for anew."""
    return all_invited(order) if was_booked(order) else []


def all_invited(order: Order) -> list[str]:
    return [each for each in invited(order) if each != order["owner"]]


def is_invited(order: Order, actor: Actor) -> bool:
    """A colleague who was invited."""
    return actor.id in invited(order)


is_invited.__name__ = "invited"
meetings = wf.at(Role.MEETINGS, lambda order: DESK)

REQUESTED, WAITING, OFFERED = ("requested",), ("waiting",), ("offered",)
BOOKED, IN_USE = ("booked",), ("in_use",)
HOLDER = (wf.owner, wf.deputy)
PARTICIPANTS = (*HOLDER, is_invited)

MEETINGS = declare(
    Workflow(
        kind="meeting",
        service="meetings",
        title="会议",
        starts=("booked", "requested", "waiting"),
        finals=(
            "refused", "lapsed", "left", "cancelled", "called_off", "released", "displaced",
            "rated",
        ),
        draft=draft_meeting,
        body=Booking,
        show=show,
        detail=queue_position,
        clash=word_clash,
        found_by=found_by,
        transitions=(
            Transition(
                name="approve", source=REQUESTED, target="booked", by=(meetings,), needs=Approval,
                summary="Approve a request, and refuse its rivals.", when=before_start,
                rule=approve, approves=True,
                tells=(Tell("meeting-approved", sms=True), Tell("meeting-invited", to=all_invited)),
            ),
            Transition(
                name="refuse", source=REQUESTED, target="refused", by=(meetings,), needs=Reason,
                summary="Refuse a request.", rule=refuse, approves=True,
                tells=(
                    Tell("meeting-refused", sms=True),
                    Tell("meeting-cancelled", to=expecting),
                ),
            ),
            Transition(
                name="change", source=REQUESTED + BOOKED, target="booked", by=HOLDER, needs=Change,
                summary="Change time, room or people before the start.", when=before_start,
                rule=change,
            ),
            Transition(
                name="move", source=BOOKED, target="booked", by=(meetings,), needs=Move,
                summary="Move a meeting to another room.", when=before_end, rule=move,
                tells=(Tell("meeting-moved", to=concerned, sms=True),),
            ),
            Transition(
                name="cancel", source=REQUESTED + WAITING + OFFERED + BOOKED, target="cancelled",
                by=HOLDER, needs=Parting, summary="Cancel until ten minutes after the start.",
                when=until_shortly_after_start, rule=cancel,
                tells=(Tell("meeting-cancelled", to=concerned),),
            ),
            Transition(
                name="call_off", source=REQUESTED + WAITING + OFFERED + BOOKED,
                target="called_off", by=(meetings, wf.clock), needs=Reason,
                summary="Call a meeting off.", rule=call_off,
                tells=(Tell("meeting-called-off", to=concerned, sms=True),),
            ),
            Transition(
                name="check_in", source=BOOKED, target="in_use",
                by=PARTICIPANTS, summary="Check in at the room.",
                when=during_check_in, rule=check_in,
            ),
            Transition(
                name="release", source=BOOKED, target="released", by=(wf.clock,),
                summary="Nobody checked in: the room is free.", when=after_check_in, rule=release,
                tells=(Tell("meeting-released", to=concerned),),
            ),
            Transition(
                name="remind", source=BOOKED, target="booked", by=(wf.clock,),
                summary="Remind of the meeting.", when=shortly_before,
                tells=(Tell("meeting-reminder", to=concerned),),
            ),
            Transition(
                name="finish", source=BOOKED + IN_USE, target="finished", by=(*HOLDER, wf.clock),
                summary="End the meeting; what is left of the time is free.",
                when=while_it_lasts, rule=finish,
            ),
            Transition(
                name="rate", source=("finished",), target="rated", by=(wf.owner,),
                needs=RatingInput, summary="Rate room and service.", rule=rate,
            ),
            Transition(
                name="offer", source=WAITING, target="offered", by=(wf.clock,),
                summary="Offer a room that has come free.", when=before_start, rule=offer,
                tells=(Tell("meeting-offered", sms=True),),
            ),
            Transition(
                name="accept", source=OFFERED, target="booked", by=HOLDER,
                summary="Take the offered room.", when=while_offered, rule=accept,
            ),
            Transition(
                name="lapse", source=REQUESTED + WAITING + OFFERED, target="lapsed",
                by=(wf.clock,), summary="The offer or the time has passed.", when=at_its_time,
                rule=lapse,
                tells=(Tell("meeting-lapsed"), Tell("meeting-cancelled", to=expecting)),
            ),
            Transition(
                name="swap", source=BOOKED, target="booked", by=(),
                summary="Exchange rooms with another meeting.",
                tells=(Tell("meeting-moved", to=concerned),),
            ),
            Transition(
                name="displace", source=BOOKED + IN_USE, target="displaced", by=(),
                summary="Make way for an emergency.",
            ),
        ),
    )
)  # fmt: skip
