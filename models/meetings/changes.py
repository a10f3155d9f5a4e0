"""Another time, another room, other people: what a meeting is changed into, and by whom.

A change is judged as a booking is, except that the meeting never stands in its own way. Whatever
has passed is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType, structs

from models.base.clock import campus_date
from models.base.context import Context
from models.base.decisions import Found, Hold
from models.base.messages import DELIVERIES, notice
from models.base.placements import held
from models.base.shapes import Input, Moment
from models.base.store import Document
from models.base.workflow import Effect, Order, Tell
from models.meetings import days
from models.meetings.booking import (
    DESK,
    Attendees,
    Guests,
    Invited,
    Note,
    Title,
    asker_of,
    draw,
    guest_list,
    invited_by,
    readable,
    seen_by,
    timers,
    where_and_when,
)
from models.meetings.days import ROOM_DAYS
from models.meetings.periods import refuse_far
from models.meetings.quotas import kept
from models.meetings.rooms import ROOMS, Layout, RoomId, RoomUnknown
from models.meetings.rules import Asker, Wanted, judge, refuse_taken, refuse_unfit
from models.meetings.texts import facts


class Change(Input):
    """What to change of a meeting; what is left out stays."""

    room_id: RoomId | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    subject: Title | UnsetType = UNSET
    attendees: Attendees | UnsetType = UNSET
    private: bool | UnsetType = UNSET
    layout: Layout | UnsetType | None = UNSET
    note: Note | UnsetType = UNSET
    invite: Invited | UnsetType = UNSET
    guests: Guests | UnsetType = UNSET


class Move(Input):
    """The room a meeting is moved to, and why; its people are told."""

    room_id: RoomId
    note: Annotated[str, Meta(max_length=200)] = ""


async def change(ctx: Context, order: Order, body: Change) -> Effect:
    """The meeting as it is to be, judged on room, day and quotas as the transaction finds them."""
    wanted = await _wanted(ctx, order, body)
    asker = await asker_of(ctx, order["owner"], order["unit"])
    lookups = await readable(ctx, asker, [wanted])

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        if is_moved(order["data"], wanted):
            effect = _moved(asker, wanted, found, order, now)
        else:
            effect = _same_time(found, order, wanted)
        data = {**effect.data, **_said(order, wanted)}
        fields = {**effect.fields, **_fields(order, wanted)}
        told = [(DELIVERIES, each) for each in _farewells(order, wanted, ctx.actor.id, now)]
        return replace(effect, data=data, fields=fields, inserts=told)

    return Effect(settle=settle, lookups=lookups)


async def _wanted(ctx: Context, order: Order, body: Change) -> Wanted:
    """What the meeting becomes: what it is, with what the body says."""
    data = order["data"]
    said = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    present = {name: data[name] for name in _SAME} | {"room_id": data["room"]["id"]} | said
    guests = order.get("private", {}).get("guests", [])
    invite, new_guests = body.invite, body.guests
    refuse_far(ctx.now, present["starts_at"], present["ends_at"])
    return Wanted(
        room=present["room_id"],
        starts_at=present["starts_at"].astimezone(UTC),
        ends_at=present["ends_at"].astimezone(UTC),
        subject=present["subject"],
        attendees=present["attendees"],
        private=present["private"],
        layout=present["layout"],
        note=present["note"],
        invited=data["invited"] if invite is UNSET else await invited_by(ctx, invite),
        guests=guests if new_guests is UNSET else guest_list(new_guests),
    )


_SAME: Final = ("starts_at", "ends_at", "subject", "attendees", "private", "layout", "note")


def is_moved(data: Document, wanted: Wanted) -> bool:
    """Whether room or time would be others."""
    before = (data["room"]["id"], data["starts_at"], data["ends_at"])
    return before != (wanted.room, wanted.starts_at, wanted.ends_at)


def _said(order: Order, wanted: Wanted) -> Document:
    """The data that does not depend on the room."""
    data = order["data"]
    renewed = wanted.subject != data["subject"] or is_moved(data, wanted)
    return {
        "subject": wanted.subject,
        "attendees": wanted.attendees,
        "private": wanted.private,
        "layout": wanted.layout,
        "note": wanted.note,
        "invited": list(wanted.invited),
        "guests": len(wanted.guests),
        "sequence": data["sequence"] + renewed,
    }


def _fields(order: Order, wanted: Wanted) -> Document:
    """Who sees it, and the guests, who stand beside the data."""
    fields: Document = {"seen_by": seen_by(order["owner"], order["actor"], wanted.invited)}
    if wanted.guests or "private" in order:
        fields["private"] = {"guests": list(wanted.guests)}
    return fields


def _same_time(found: Found, order: Order, wanted: Wanted) -> Effect:
    """The meeting stays where and when it is: only seats and setting out are looked at."""
    data, room = order["data"], found.one(ROOMS, wanted.room)
    if room is None:
        raise RoomUnknown
    more = wanted.attendees if wanted.attendees > data["attendees"] else 0
    refuse_unfit(room, more, wanted.layout if wanted.layout != data["layout"] else None)
    tells = _tells(order, wanted, wanted.subject != data["subject"])
    return Effect(target=order["state"], tells=tells)


def _moved(asker: Asker, wanted: Wanted, found: Found, order: Order, now: datetime) -> Effect:
    """Another room or time: booked, or asked for anew where the room wants approval."""
    room = judge(asker, wanted, found, now)
    hold = days.hold(room, wanted.starts_at, wanted.ends_at)
    refuse_taken(found, hold, {order["_id"]}, its_room(order))
    spent = draw(asker, wanted, room, found, kept(held(order)))
    state = "requested" if room["approval"] and asker.bound else "booked"
    data = where_and_when(room, wanted.starts_at, wanted.ends_at)
    waits_for = [DESK] if state == "requested" else []
    return Effect(
        target=state,
        data=data,
        fields={"due_at": wanted.starts_at, "waits_for": waits_for},
        holds=spent if state == "requested" else [hold, *spent],
        timers=timers(data, state, now),
        tells=_tells(order, wanted, True),
    )


def its_room(order: Order) -> Hold | None:
    """The interval of a room that an order has."""
    return next((hold for hold in held(order) if hold.collection == ROOM_DAYS), None)


def _tells(order: Order, wanted: Wanted, renewed: bool) -> list[Tell]:
    """Who is told what, besides whoever changes it."""
    before = {each["id"] for each in order["data"]["invited"]}
    now = {each["id"] for each in wanted.invited}
    told = [Tell("meeting-invited", to=_only(now - before))]
    if renewed:
        told.append(Tell("meeting-changed", to=_only({order["owner"]} | (now & before))))
    return told


def _farewells(order: Order, wanted: Wanted, actor: str, now: datetime) -> list[Document]:
    """What tells those who need not come any more: in the words of what they were invited to,
    because they see the meeting no more, whatever becomes of it.
    """
    stay = {order["owner"], actor, *(each["id"] for each in wanted.invited)}
    gone = sorted({each["id"] for each in order["data"]["invited"]} - stay)
    return [notice(person, "meeting-uninvited", facts(order), now) for person in gone]


def _only(persons: Collection[str]) -> Callable[[Order], Sequence[str]]:
    def to(order: Order) -> Sequence[str]:
        return sorted(set(persons) - {order["timeline"][-1]["by"]})

    return to


async def move(ctx: Context, order: Order, body: Move) -> Effect:
    """Meeting services give the meeting another room at its time."""
    await days.ensure(ctx.house, {"_id": body.room_id}, campus_date(order["data"]["starts_at"]))
    lookups = days.lookups(body.room_id, order["data"]["date"])

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        room = found.one(ROOMS, body.room_id)
        if room is None:
            raise RoomUnknown
        refuse_unfit(room, order["data"]["attendees"], None)
        return replace(moved_to(found, order, room, now), note=body.note)

    return Effect(settle=settle, lookups=lookups)


def moved_to(
    found: Found, order: Order, room: Document, now: datetime, over: Collection[str] = ()
) -> Effect:
    """The meeting in another room at its own time; what it spends of quotas stays.

    `over` are orders that make way in the same transaction. Raises what speaks against it.
    """
    data = order["data"]
    hold = days.hold(room, data["starts_at"], data["ends_at"])
    refuse_taken(found, hold, {order["_id"], *over}, its_room(order))
    fresh = where_and_when(room, data["starts_at"], data["ends_at"])
    fresh["check_in"] = _in_time(fresh["check_in"], data, now)
    return Effect(
        data=fresh | {"sequence": data["sequence"] + 1},
        holds=[hold, *kept(held(order))],
        timers=timers(fresh, order["state"], now),
    )


def _in_time(window: Document | None, data: Document, now: datetime) -> Document | None:
    """The time to check in, not over before people have found the other room."""
    if window is None or now <= data["starts_at"]:
        return window
    late = now + (window["until"] - data["starts_at"])
    return window | {"until": min(data["ends_at"], max(window["until"], late))}
