"""Asking whoever has a room to swap: with one tap both meetings change rooms, or neither.

    state  transition  by                         to         what happens
    -----  ----------  -------------------------  ---------  --------------------------------------
    asked  accept      holder, holder's deputy    swapped    both exchange their rooms, each at its
                                                             own time, in one transaction
    asked  decline     holder, holder's deputy    declined
    asked  cancel      owner, deputy              withdrawn
    asked  lapse       clock                      lapsed     the first of the two begins

The holder, who has the other meeting, is the `assignee`. Where room, time or subject of either
meeting has changed since it was asked, nothing happens: the holder saw something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Final

from msgspec import Meta

from models.base import orders
from models.base import workflow as wf
from models.base.calendar import Calendar
from models.base.context import Actor, Context
from models.base.decisions import Clash, Found, Lookup
from models.base.errors import Conflict, Forbidden, NotFound, Refusal, Unprocessable
from models.base.orders import ORDERS
from models.base.placements import held
from models.base.shapes import Id, Input
from models.base.store import Document
from models.base.visibility import deputy, person
from models.base.workflow import (
    Also,
    Draft,
    Effect,
    Order,
    Placement,
    Tell,
    Timer,
    Transition,
    Workflow,
    declare,
)
from models.meetings import days
from models.meetings.changes import moved_to
from models.meetings.lifecycle import HOLDER, Parting
from models.meetings.refusals import TimeHasCome
from models.meetings.rooms import ROOMS, RoomUnknown
from models.meetings.rules import refuse_shut, refuse_unfit

KIND: Final = "meeting_swap"
NOTE: Final = "与另一场会议互换会议室"  # of both meetings
_KEPT: Final = ("room", "date", "starts_at", "ends_at", "sequence")  # of each meeting


class NotAPair(Unprocessable):
    """Two different meetings in two different rooms are swapped."""

    code = "swap-not-a-pair"
    zh = "只能用自己的会议与另一间会议室的会议互换。"
    en = "Swap a meeting of yours with one in another room."


class NotBooked(Conflict):
    """Only what has its room can give it away."""

    code = "swap-not-booked"
    zh = "只有已订下会议室、尚未开始的会议才能互换。"
    en = "Both meetings must be booked and yet to begin."


class OnApproval(Conflict):
    """Meeting services decide who meets in such a room."""

    code = "swap-on-approval"
    zh = "{room} 需要审批，不能互换。"
    en = "{room} wants approval and cannot be swapped."


class SwapStale(Conflict):
    """Another room, time or subject than when the swap was asked."""

    code = "swap-stale"
    zh = "其中一场会议已有变化，请重新提出互换。"
    en = "One of the meetings has changed since; ask anew."


class AskedAlready(Conflict):
    """The same two meetings, and no answer yet."""

    code = "swap-asked"
    zh = "这两场会议的互换正在等待答复。"
    en = "This swap has been asked and waits for an answer."


class SwapInput(Input):
    """My meeting, the one whose room I would rather have, and a word to whoever holds it."""

    mine: Id
    theirs: Id
    message: Annotated[str, Meta(max_length=200)] = ""


class Answer(Input):
    """Why not, if there is something to say."""

    reason: Annotated[str, Meta(max_length=500)] = ""


async def draft_swap(ctx: Context, body: SwapInput) -> Draft:
    """A request to the holder, if the swap is possible as things are."""
    mine = await orders.seen(ctx, body.mine)
    theirs = await ctx.store.get(ORDERS, body.theirs)
    if theirs is None or {mine["kind"], theirs["kind"]} != {"meeting"}:
        raise NotFound
    if not any(by(mine, ctx.actor) for by in HOLDER):
        raise Forbidden
    if theirs["state"] != "booked" or mine["state"] != "booked":
        raise NotBooked
    calendar = await ctx.house.calendars.current()
    lookups = await _lookups(ctx, (mine, theirs))

    def decide(found: Found, now: datetime) -> Placement:
        pair = _pair(found, mine["_id"], theirs["_id"])
        _exchange(found, pair, calendar, now)
        return _asked(pair, body.message)

    return Draft(lookups=lookups, decide=decide)


def _asked(pair: tuple[Order, Order], message: str) -> Placement:
    mine, theirs = pair
    until = min(each["data"]["starts_at"] for each in pair)
    data: Document = {"mine": _kept(mine), "theirs": _kept(theirs), "until": until}
    if message:
        data["message"] = message
    people = [mine["owner"], theirs["owner"]]
    return Placement(
        state="asked",
        owner=mine["owner"],
        unit=mine["unit"],
        assignee=theirs["owner"],
        data=data,
        seen_by=[token for each in people for token in (person(each), deputy(each))],
        waits_for=[person(theirs["owner"]), deputy(theirs["owner"])],
        due_at=until,
        timers=[Timer(until, "lapse")],
        tells=[Tell("swap-asked", to="assignee")],
        claims=[f"swap:{mine['_id']}:{theirs['_id']}"],
    )


def _kept(meeting: Order) -> Document:
    """What the swap keeps of a meeting; the subject only where everybody may read it."""
    data = meeting["data"]
    kept = {name: data[name] for name in _KEPT} | {"order_id": meeting["_id"]}
    return kept if data["private"] else kept | {"subject": data["subject"]}


async def _lookups(ctx: Context, meetings: Sequence[Order]) -> list[Lookup]:
    """Both meetings, both rooms, and either room on either day, which are made for it."""
    rooms = {each["data"]["room"]["id"] for each in meetings}
    dates = {each["data"]["date"] for each in meetings}
    for room in sorted(rooms):
        await days.ensure(ctx.house, {"_id": room}, *map(date.fromisoformat, sorted(dates)))
    found = [Lookup(ORDERS, each["_id"]) for each in meetings]
    found += [lookup for room in rooms for day in dates for lookup in days.lookups(room, day)]
    found += [Lookup(hold.collection, hold.thing) for each in meetings for hold in held(each)]
    return list(dict.fromkeys(found))


def _pair(found: Found, mine: str, theirs: str) -> tuple[Order, Order]:
    """Both meetings as the transaction sees them."""
    one, other = found.one(ORDERS, mine), found.one(ORDERS, theirs)
    if one is None or other is None:
        raise NotFound
    return one, other


def _exchange(
    found: Found, pair: tuple[Order, Order], calendar: Calendar, now: datetime
) -> list[Also]:
    """Both meetings' steps into the other's room. Raises what speaks against either."""
    mine, theirs = pair
    if mine["data"]["room"]["id"] == theirs["data"]["room"]["id"]:
        raise NotAPair
    for each in pair:
        if each["state"] != "booked":
            raise NotBooked
        if now >= each["data"]["starts_at"]:
            raise TimeHasCome
    both = {each["_id"] for each in pair}
    steps = []
    for each, other in (pair, pair[::-1]):
        room = found.one(ROOMS, other["data"]["room"]["id"])
        if room is None:
            raise RoomUnknown
        _refuse_unsuited(room, each["data"], calendar)
        effect = replace(moved_to(found, each, room, now, over=both), note=NOTE)
        steps.append(Also(each["_id"], "swap", effect, each["version"]))
    return steps


def _refuse_unsuited(room: Document, data: Document, calendar: Calendar) -> None:
    """Refuse a room that is too small, shut at that time, or for meeting services to give."""
    if room["approval"]:
        raise OnApproval(room=room["name"])
    refuse_unfit(room, data["attendees"], data["layout"])
    refuse_shut(room, calendar, data["starts_at"], data["ends_at"])


async def accept(ctx: Context, swap: Order, body: Any) -> Effect:
    """Both meetings get the other's room. Raises SwapStale, and what speaks against either."""
    ids = swap["data"]["mine"]["order_id"], swap["data"]["theirs"]["order_id"]
    known = await ctx.store.find(ORDERS, {"_id": {"$in": list(ids)}})
    calendar = await ctx.house.calendars.current()

    def settle(found: Found, swap: Order, now: datetime) -> Effect:
        pair = _pair(found, *ids)
        for name, each in zip(("mine", "theirs"), pair, strict=True):
            if each["data"]["sequence"] != swap["data"][name]["sequence"]:
                raise SwapStale
        return replace(_over(), also=_exchange(found, pair, calendar, now))

    return Effect(settle=settle, lookups=await _lookups(ctx, known))


def _over() -> Effect:
    """It waits for nobody any more, and may be asked again."""
    return Effect(claims=(), fields={"waits_for": []})


async def decline(ctx: Context, swap: Order, body: Answer) -> Effect:
    return replace(_over(), note=body.reason)


async def cancel(ctx: Context, swap: Order, body: Parting) -> Effect:
    return replace(_over(), note=body.note)


async def lapse(ctx: Context, swap: Order, body: Any) -> Effect:
    return _over()


async def word_clash(ctx: Context, clash: Clash) -> Refusal:
    return AskedAlready()


def show(ctx: Context, swap: Order) -> dict[str, Any]:
    """The data as both may see it."""
    data = dict(swap["data"])
    for name in ("mine", "theirs"):
        data[name] = {key: value for key, value in data[name].items() if key != "sequence"}
    return data


def holders_deputy(order: Order, actor: Actor) -> bool:
    """Whoever stands in for the holder while the holder is away."""
    return deputy(order["assignee"]) in actor.tokens


ASKED = ("asked",)
ANSWERS = (wf.assignee, holders_deputy)

SWAPS = declare(
    Workflow(
        kind=KIND,
        service="meetings",
        title="互换会议室",
        starts=ASKED,
        finals=("swapped", "declined", "withdrawn", "lapsed"),
        draft=draft_swap,
        body=SwapInput,
        show=show,
        clash=word_clash,
        transitions=(
            Transition(
                name="accept", source=ASKED, target="swapped", by=ANSWERS,
                summary="Exchange the rooms of both meetings.", rule=accept,
            ),
            Transition(
                name="decline", source=ASKED, target="declined", by=ANSWERS, needs=Answer,
                summary="Keep the rooms as they are.", rule=decline,
                tells=(Tell("swap-declined"),),
            ),
            Transition(
                name="cancel", source=ASKED, target="withdrawn", by=HOLDER, needs=Parting,
                summary="Take the request back.", rule=cancel,
                tells=(Tell("swap-withdrawn", to="assignee"),),
            ),
            Transition(
                name="lapse", source=ASKED, target="lapsed", by=(wf.clock,),
                summary="The first of the meetings begins.", rule=lapse,
                tells=(Tell("swap-lapsed"),),
            ),
        ),
    )
)  # fmt: skip
