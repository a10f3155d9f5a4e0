"""The fairness ledger: whose time every minute of a ticket was.

A ticket's timeline is its event log, and it is never rewritten. Everything here is computed from it
anew each time: which interval belongs to whom, and how far the two clocks have run. Pause, reopen,
another pair of hands or other targets cannot put the figures out of step, since none is stored.

Only business time counts. Of it, each minute belongs to one party:

    vendor      reported and not yet taken; taken; at work
    requester   the technician waits for an answer; fixed, and not yet accepted
    parts       a part is not in stock
    access      nobody could let the technician in, or a second visit was agreed

The response clock runs once, from the report until somebody takes the ticket. The solution clock is
the vendor's time as a whole, until the fix is accepted. Whoever settles a dispute gives an interval
to another party; the log stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

from msgspec import Struct

from models.base.business_clock import BusinessClock

Party = Literal["vendor", "requester", "parts", "access"]

PARTIES: Final[tuple[Party, ...]] = ("vendor", "requester", "parts", "access")
_OF_STATE: Final[dict[str, Party]] = {
    "reported": "vendor", "taken": "vendor", "started": "vendor", "fixed": "requester",
}  # fmt: skip


class Event(Struct, frozen=True):
    """An entry of the timeline: since `at` the ticket is in `state`; a pause names its `party`."""

    at: datetime
    state: str
    party: Party | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """An interval that a manager has given to `party`, whatever the log would say."""

    start: datetime
    end: datetime
    party: Party


class Interval(Struct, frozen=True):
    """A stretch of the ticket's life that belongs to one party; `used` is business time."""

    start: datetime
    end: datetime
    state: str
    party: Party
    used: timedelta
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """How far one clock has run. `due_at` is when it ran out, or will if nothing stops it."""

    target: timedelta
    used: timedelta
    runs: bool
    due_at: datetime | None

    @property
    def met(self) -> bool:
        return self.used <= self.target


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every minute so far, and both clocks."""

    intervals: tuple[Interval, ...]
    used: dict[Party, timedelta]
    response: Clock
    solution: Clock


@dataclass(frozen=True, slots=True)
class Rules:
    """What the figures are computed by: business time, and the targets of the ticket."""

    time: BusinessClock
    response: timedelta
    solution: timedelta
    settlements: Sequence[Settlement] = field(default=())


def account(events: Sequence[Event], rules: Rules, now: datetime) -> Ledger:
    """The ledger of a ticket whose log is `events`, oldest first, as it stands at `now`."""
    intervals = tuple(
        part for event, end in _stretches(events, now) for part in _parts(event, end, rules)
    )
    used = dict.fromkeys(PARTIES, timedelta())
    for each in intervals:
        used[each.party] += each.used
    response = _response(intervals, events, rules, now)
    return Ledger(intervals, used, response, _solution(intervals, events, rules, now))


def _stretches(events: Sequence[Event], now: datetime) -> list[tuple[Event, datetime]]:
    """Each event with the moment of the next one; what closes a ticket opens no stretch."""
    ends = [*(event.at for event in events[1:]), now]
    return [
        (event, end)
        for event, end in zip(events, ends, strict=True)
        if _party(event) is not None and end > event.at
    ]


def _party(event: Event) -> Party | None:
    return event.party or _OF_STATE.get(event.state)


def _parts(event: Event, end: datetime, rules: Rules) -> list[Interval]:
    """A stretch, cut where a settlement gives some of it to another party."""
    parts: list[Interval] = []
    settled_at = (edge for each in rules.settlements for edge in (each.start, each.end))
    cuts = sorted({edge for edge in settled_at if event.at < edge < end})
    for start, stop in pairwise((event.at, *cuts, end)):
        settled = _settled(start, rules)
        party = settled or _party(event)
        assert party is not None
        used = rules.time.between(start, stop)
        parts.append(Interval(start, stop, event.state, party, used, settled is not None))
    return parts


def _settled(start: datetime, rules: Rules) -> Party | None:
    """The party of the latest settlement over an interval that begins at `start`."""
    return next((s.party for s in reversed(rules.settlements) if s.start <= start < s.end), None)


def _response(
    intervals: Sequence[Interval], events: Sequence[Event], rules: Rules, now: datetime
) -> Clock:
    """Runs while nobody has taken the ticket for the first time."""
    taken = next((event.at for event in events[1:] if event.state != "reported"), None)
    until = [each for each in intervals if each.start < (taken or now)]
    return _clock(until, rules.time, rules.response, now if taken is None else None)


def _solution(
    intervals: Sequence[Interval], events: Sequence[Event], rules: Rules, now: datetime
) -> Clock:
    """Runs while the time is the vendor's."""
    runs = _party(events[-1]) == "vendor"
    return _clock(intervals, rules.time, rules.solution, now if runs else None)


def _clock(
    intervals: Sequence[Interval], time: BusinessClock, target: timedelta, now: datetime | None
) -> Clock:
    """A clock over the vendor's intervals; it runs on from `now`, or stands where that is None."""
    used, due_at = timedelta(), None
    for each in intervals:
        if each.party == "vendor":
            if used <= target < used + each.used:
                due_at = time.after(each.start, target - used)
            used += each.used
    if due_at is None and now is not None:
        due_at = time.after(now, target - used)
    return Clock(target, used, now is not None, due_at)
