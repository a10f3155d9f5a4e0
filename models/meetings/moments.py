"""When a step of a meeting is possible. All of it is pure, and copied into the order at booking."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from models.base.clock import CAMPUS
from models.base.context import CLOCK, Actor
from models.base.workflow import Order
from models.meetings.refusals import (
    CancelTooLate,
    CheckInAhead,
    CheckInOver,
    NoCheckIn,
    NotCheckedIn,
    NotItsTime,
    NotYetBegun,
    OfferGone,
    TimeHasCome,
)

LATE: Final = timedelta(minutes=10)  # so long after the start a meeting may be cancelled


def clock_time(moment: datetime) -> str:
    """A moment as people on the campus write it."""
    return moment.astimezone(CAMPUS).strftime("%m-%d %H:%M")


def before_start(order: Order, actor: Actor, now: datetime) -> TimeHasCome | None:
    return TimeHasCome() if now >= order["data"]["starts_at"] else None


def before_end(order: Order, actor: Actor, now: datetime) -> TimeHasCome | None:
    return TimeHasCome() if now >= order["data"]["ends_at"] else None


def until_shortly_after_start(order: Order, actor: Actor, now: datetime) -> CancelTooLate | None:
    late = now > order["data"]["starts_at"] + LATE
    return CancelTooLate(minutes=LATE // timedelta(minutes=1)) if late else None


def during_check_in(
    order: Order, actor: Actor, now: datetime
) -> NoCheckIn | CheckInAhead | CheckInOver | None:
    window = order["data"]["check_in"]
    if window is None:
        return NoCheckIn()
    if now < window["from"]:
        facts: dict[str, Any] = {"from": clock_time(window["from"])}
        return CheckInAhead(**facts)
    return CheckInOver(until=clock_time(window["until"])) if now >= window["until"] else None


def after_check_in(order: Order, actor: Actor, now: datetime) -> NotItsTime | None:
    window = order["data"]["check_in"]
    return NotItsTime() if window is None or now < window["until"] else None


def at_its_time(order: Order, actor: Actor, now: datetime) -> NotItsTime | None:
    """What the clock gives up: an offer that has run out, or a start that has come."""
    until = order["data"]["offer_until" if order["state"] == "offered" else "starts_at"]
    return NotItsTime() if now < until else None


def shortly_before(order: Order, actor: Actor, now: datetime) -> NotItsTime | None:
    data = order["data"]
    due = data["remind_at"] and data["remind_at"] <= now < data["starts_at"]
    return None if due else NotItsTime()


def while_offered(order: Order, actor: Actor, now: datetime) -> OfferGone | None:
    return OfferGone() if now >= order["data"]["offer_until"] else None


def while_it_lasts(
    order: Order, actor: Actor, now: datetime
) -> NotItsTime | NotCheckedIn | NotYetBegun | None:
    """The clock ends a meeting at its end; its people may once it has begun."""
    data, unseen = order["data"], order["state"] == "booked"
    if actor.id == CLOCK.id:
        early = now < data["ends_at"] or (unseen and data["check_in"])
        return NotItsTime() if early else None
    if unseen and data["check_in"]:
        return NotCheckedIn()
    return NotYetBegun() if unseen and now < data["starts_at"] else None
