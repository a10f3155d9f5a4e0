"""The fairness ledger: every minute belongs to somebody, and the clocks follow from the log."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.base.business_clock import BusinessClock
from models.base.calendar import BusinessHours, Calendar
from models.base.clock import campus_time
from models.repairs.ledger import PARTIES, Event, Ledger, Rules, Settlement, account

HOURS = BusinessHours((("08:30", "12:00"), ("14:00", "17:30")))
TIME = BusinessClock(Calendar(), HOURS)
MONDAY = date(2026, 11, 23)
MINUTE = timedelta(minutes=1)
_UTC = st.just(UTC)
RULES = Rules(time=TIME, response=30 * MINUTE, solution=240 * MINUTE)

# What may follow what in the life of a ticket, as the table in models/repairs/__init__.py has it.
NEXT: dict[str, list[tuple[str, Any]]] = {
    "reported": [("taken", None), ("cancelled", None)],
    "taken": [("started", None), ("reported", None), ("taken", None)],
    "started": [("paused", "parts"), ("paused", "requester"), ("paused", "access"),
                ("fixed", None), ("started", None)],
    "paused": [("started", None)],
    "fixed": [("accepted", None), ("taken", None)],
    "accepted": [("taken", None), ("rated", None)],
    "rated": [("reported", None)],
    "cancelled": [],
}  # fmt: skip


def at(hour_minute: str, day: date = MONDAY) -> datetime:
    return campus_time(day, hour_minute)


def minutes(ledger: Ledger) -> dict[str, int]:
    return {party: used // MINUTE for party, used in ledger.used.items() if used}


@st.composite
def logs(draw: st.DrawFn, longest: int = 30) -> tuple[list[Event], datetime]:
    """A random but possible log, and a moment after it."""
    moment = draw(st.datetimes(datetime(2026, 9, 20), datetime(2026, 12, 31), timezones=_UTC))
    events = [Event(moment, "reported")]
    for _ in range(draw(st.integers(0, longest))):
        following = NEXT[events[-1].state]
        if not following:
            break
        moment += draw(st.timedeltas(timedelta(), timedelta(days=3)))
        state, party = draw(st.sampled_from(following))
        events.append(Event(moment, state, party))
    return events, moment + draw(st.timedeltas(timedelta(), timedelta(days=3)))


def test_each_minute_goes_to_whom_it_belongs() -> None:
    log = [
        Event(at("09:00"), "reported"),
        Event(at("09:20"), "taken"),
        Event(at("10:00"), "started"),
        Event(at("10:30"), "paused", "parts"),
        Event(at("15:00"), "started"),  # 12:00 to 14:00 is nobody's
        Event(at("16:00"), "fixed"),
        Event(at("16:10"), "accepted"),
    ]
    ledger = account(log, RULES, at("17:00"))
    assert minutes(ledger) == {"vendor": 150, "parts": 150, "requester": 10}
    assert (ledger.response.used, ledger.response.met) == (20 * MINUTE, True)
    assert (ledger.solution.used, ledger.solution.met) == (150 * MINUTE, True)
    assert not ledger.solution.runs


def test_a_running_clock_says_when_it_will_have_run_out() -> None:
    log = [Event(at("16:00"), "reported"), Event(at("16:10"), "taken")]
    ledger = account(log, RULES, at("16:30"))
    tuesday = date(2026, 11, 24)
    assert ledger.solution.due_at == at("11:00", tuesday)
    log += [Event(at("16:40"), "paused", "requester"), Event(at("17:00"), "started")]
    later = account(log, RULES, at("17:10"))
    assert later.solution.due_at == at("11:20", tuesday)


def test_a_clock_that_ran_out_says_when_it_did() -> None:
    log = [Event(at("09:00"), "reported")]
    ledger = account(log, RULES, at("10:00"))
    assert (ledger.response.due_at, ledger.response.met) == (at("09:30"), False)


def test_a_reopened_ticket_goes_on_where_its_clock_stood() -> None:
    log = [
        Event(at("09:00"), "reported"), Event(at("09:10"), "started"),
        Event(at("09:40"), "fixed"), Event(at("09:50"), "accepted"),
        Event(at("15:00"), "taken"), Event(at("15:30"), "fixed"),
    ]  # fmt: skip
    ledger = account(log, RULES, at("16:00"))
    assert ledger.solution.used == 70 * MINUTE
    assert ledger.response.used == 10 * MINUTE  # it is asked once


def test_a_settled_interval_is_given_to_another_party() -> None:
    log = [Event(at("09:00"), "reported"), Event(at("09:10"), "started")]
    settled = Settlement(at("10:00"), at("11:00"), "access")
    rules = Rules(TIME, RULES.response, RULES.solution, [settled])
    ledger = account(log, rules, at("12:00"))
    assert minutes(ledger) == {"vendor": 120, "access": 60}
    assert [(each.start, each.party, each.settled) for each in ledger.intervals[-2:]] == [
        (at("10:00"), "access", True), (at("11:00"), "vendor", False),
    ]  # fmt: skip


def test_new_year_and_a_working_saturday_count_as_they_are_worked() -> None:
    saturday = date(2026, 10, 10)  # made up for the National Day
    log = [Event(at("17:00", date(2026, 9, 30)), "reported")]
    assert minutes(account(log, RULES, at("09:00", date(2026, 10, 8)))) == {"vendor": 60}
    log = [Event(at("08:30", saturday), "reported")]
    assert minutes(account(log, RULES, at("10:00", saturday))) == {"vendor": 90}
    log = [Event(at("17:00", date(2026, 12, 31)), "reported")]
    assert minutes(account(log, RULES, at("09:00", date(2027, 1, 4)))) == {"vendor": 60}


@given(logs())
def test_time_used_is_the_sum_of_running_business_time(log: tuple[list[Event], datetime]) -> None:
    events, now = log
    ledger = account(events, RULES, now)
    open_time = running = timedelta()
    for event, end in zip(events, [*(e.at for e in events[1:]), now], strict=True):
        stretch = TIME.between(event.at, end)
        if event.state in ("reported", "taken", "started"):
            running += stretch
        if event.state not in ("accepted", "rated", "cancelled"):
            open_time += stretch
    assert ledger.solution.used == running == ledger.used["vendor"]
    assert sum((ledger.used[party] for party in PARTIES), timedelta()) == open_time


@given(logs(), st.data())
def test_a_settlement_moves_minutes_and_loses_none(
    log: tuple[list[Event], datetime], data: st.DataObject
) -> None:
    events, now = log
    start = data.draw(st.datetimes(datetime(2026, 9, 20), datetime(2026, 12, 31), timezones=_UTC))
    end = start + data.draw(st.timedeltas(MINUTE, timedelta(days=5)))
    settled = Settlement(start, end, data.draw(st.sampled_from(PARTIES)))
    before = account(events, RULES, now)
    after = account(events, Rules(TIME, RULES.response, RULES.solution, [settled]), now)
    assert sum(before.used.values(), timedelta()) == sum(after.used.values(), timedelta())
    assert after.solution.used == after.used["vendor"]


@given(logs())
def test_a_clock_is_due_when_its_time_has_passed(log: tuple[list[Event], datetime]) -> None:
    events, now = log
    clock = account(events, RULES, now).solution
    if clock.due_at is None:
        assert not clock.runs
        assert clock.used <= clock.target
        return
    if clock.due_at <= now:
        assert clock.used >= clock.target
        return
    assert clock.used + TIME.between(now, clock.due_at) == clock.target


def test_two_hundred_events_take_less_than_two_milliseconds() -> None:
    moment, log = at("09:00"), [Event(at("09:00"), "reported")]
    for number in range(199):
        moment += timedelta(hours=5)
        log.append(Event(moment, ("started", "paused")[number % 2], (None, "parts")[number % 2]))
    rules = Rules(BusinessClock(Calendar(), HOURS), RULES.response, RULES.solution)
    account(log, rules, moment)
    started = time.process_time()
    for _ in range(20):
        account(log, rules, moment)
    assert (time.process_time() - started) / 20 < 0.002
