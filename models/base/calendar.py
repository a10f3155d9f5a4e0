"""Working days and working time on the campus, and calendar weeks.

Which days people work follows, in this order: what the administration has recorded in
`calendar_days`, the State Council's published holidays and make-up days (chinesecalendar), and
otherwise Monday to Friday, which is marked provisional because the yearly notice may change it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, NamedTuple

import chinese_calendar

from models.base.clock import CAMPUS, Clock
from models.base.indexes import declare as index
from models.base.recent import Recent
from models.base.store import Store

CALENDAR_DAYS: Final = "calendar_days"  # {_id: "2027-02-08", kind, note, source}
FRESH: Final = timedelta(minutes=1)  # how old a calendar read by this process may be
SATURDAY: Final = 5
# The public holidays with a date of their own; the others follow the moon or the yearly notice.
BY_LAW: Final = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
ONE_DAY: Final = timedelta(days=1)

index(CALENDAR_DAYS)


class Week(NamedTuple):
    """A week by ISO 8601: it starts on Monday, and belongs to the year of its Thursday."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Week:
        """The week of `day`: that of 2027-01-01 is (2026, 53)."""
        return cls(*day.isocalendar()[:2])

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def days(self) -> list[date]:
        """Monday to Sunday."""
        return [self.monday + n * ONE_DAY for n in range(7)]

    def plus(self, weeks: int) -> Week:
        """The week so many weeks later, or earlier where negative."""
        return Week.of(self.monday + weeks * 7 * ONE_DAY)

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """The times of a working day that count, such as `(("08:30", "12:00"), ("14:00", "17:30"))`.

    Raises ValueError unless the spans are in order and apart; "24:00" is the end of the day.
    """

    spans: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        edges = [_minutes(edge) for span in self.spans for edge in span]
        if not edges or edges != sorted(set(edges)) or edges[-1] > 24 * 60:
            raise ValueError(f"business hours out of order: {self.spans}")

    def on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The spans of `day` as moments in the campus zone."""
        midnight = datetime.combine(day, time(), CAMPUS)
        for start, end in self.spans:
            yield midnight + _after_midnight(start), midnight + _after_midnight(end)


def _minutes(edge: str) -> int:
    hour, minute = map(int, edge.split(":"))
    return 60 * hour + minute


def _after_midnight(edge: str) -> timedelta:
    return timedelta(minutes=_minutes(edge))


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """What is known of a day. `provisional`: nobody has decided on it yet."""

    day: date
    workday: bool
    provisional: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the administration records of a day, and on whose authority."""

    day: date
    kind: Literal["holiday", "workday"]
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The calendar as a value: pure, so that a rule may use it anywhere."""

    decided: Mapping[date, Decision] = field(default_factory=dict)

    def look_up(self, day: date) -> CalendarDay:
        """What is known of `day`."""
        decision = self.decided.get(day)
        if decision is not None:
            return CalendarDay(day, decision.kind == "workday", note=decision.note)
        try:
            return CalendarDay(day, chinese_calendar.is_workday(day))
        except NotImplementedError:  # outside the years whose notice the package knows
            workday = day.weekday() < SATURDAY and (day.month, day.day) not in BY_LAW
            return CalendarDay(day, workday, provisional=True)

    def is_workday(self, day: date) -> bool:
        return self.look_up(day).workday

    def is_holiday(self, day: date) -> bool:
        """Whether `day` is off by record or by notice; an ordinary weekend is not."""
        decision = self.decided.get(day)
        if decision is not None:
            return decision.kind == "holiday"
        try:
            off, name = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:  # no notice, so only what is recorded is known
            return False
        return bool(off and name is not None)

    def next_workday(self, day: date) -> date:
        """The first working day after `day`."""
        return self.plus_workdays(day, 1)

    def plus_workdays(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; `day` itself for 0."""
        return self._walk(day, count, ONE_DAY)

    def minus_workdays(self, day: date, count: int) -> date:
        """The `count`-th working day before `day`; `day` itself for 0."""
        return self._walk(day, count, -ONE_DAY)

    def _walk(self, day: date, count: int, stride: timedelta) -> date:
        while count > 0:
            day += stride
            count -= self.is_workday(day)
        return day


class Calendars:
    """Reads the calendar at most a minute old, and records decisions on days."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._calendar = Recent(self._read, clock, FRESH)

    async def current(self) -> Calendar:
        """The calendar as it is known now."""
        return await self._calendar.get()

    async def _read(self) -> Calendar:
        found = await self._store.find(CALENDAR_DAYS, {})
        decisions = (
            Decision(
                day=date.fromisoformat(each["_id"]),
                kind=each["kind"],
                note=each["note"],
                source=each["source"],
            )
            for each in found
        )
        return Calendar({decision.day: decision for decision in decisions})

    async def record(self, decisions: Sequence[Decision]) -> None:
        """Record days, such as those of the yearly notice; a later record of a day wins."""
        for each in decisions:
            document = {"_id": each.day.isoformat(), "kind": each.kind}
            document |= {"note": each.note, "source": each.source}
            await self._store.upsert(CALENDAR_DAYS, document)
        self._calendar.forget()
