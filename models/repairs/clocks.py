"""The clocks of a ticket: rules kept from when it was reported, figures made from its log.

The `terms` of a ticket, in its data (minutes are business minutes):
    response, solution       targets
    hours                    {spans, every_day}: what is business time
    levels                   [{on, minutes, notify}]: who is told, so long after (before) it is due
    accept_days, reopen_days working days until the fix counts as accepted; days to reopen
    pause_minutes            how long a pause may last that nobody has confirmed
    longest_days             how long any pause may last
    urge_minutes, warn_minutes   how often one may urge; how long before it is due it turns yellow
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from models.base import policies
from models.base.business_clock import BusinessClock
from models.base.calendar import BusinessHours, Calendar
from models.base.store import Document
from models.base.workflow import Order, Timer
from models.repairs.ledger import Clock as LedgerClock
from models.repairs.ledger import Event, Ledger, Party, Rules, Settlement, account

MINUTE: Final = timedelta(minutes=1)
PAUSES: Final[Mapping[str, Party]] = {
    "parts": "parts", "requester": "requester", "access": "access", "third_party": "access",
}  # fmt: skip
_PAUSING: Final = ("pause", "ask", "revisit")
_EDGE: Final = r"^([01][0-9]:[0-5][0-9]|2[0-3]:[0-5][0-9]|24:00)$"
_Edge = Annotated[str, Meta(min_length=5, max_length=5, pattern=_EDGE)]


class Hours(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Times of a day that count, on working days or on every day."""

    spans: Annotated[list[tuple[_Edge, _Edge]], Meta(min_length=1, max_length=6, title="时段")]
    every_day: Annotated[bool, Meta(title="每天（含休息日）")] = False

    def __post_init__(self) -> None:
        """Raises ValueError, which refuses a decision on them, for spans out of order."""
        self.counted()

    def counted(self) -> BusinessHours:
        """The times of a day."""
        return BusinessHours(tuple(self.spans))


def _usual_hours() -> dict[str, Hours]:
    return {
        "office": Hours(spans=[("08:30", "12:00"), ("14:00", "17:30")]),
        "extended": Hours(spans=[("07:30", "21:00")], every_day=True),
        "always": Hours(spans=[("00:00", "24:00")], every_day=True),
    }


class RepairRules(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How repairs are timed, everywhere."""

    hours: Annotated[dict[str, Hours], Meta(title="服务时间")] = msgspec.field(
        default_factory=_usual_hours
    )
    pause_minutes: Annotated[
        int, Meta(ge=0, le=10_000, title="暂停时长上限（分钟）", description="超过须确认")
    ] = 480
    longest_days: Annotated[int, Meta(ge=1, le=180, title="最长暂停天数")] = 30
    access_photo: Annotated[
        bool, Meta(title="进不了门须附照片", description="门锁、无人开门等，凭照片暂停")
    ] = True
    urge_minutes: Annotated[int, Meta(ge=1, le=1440, title="催单间隔（分钟）")] = 30
    repeat_days: Annotated[int, Meta(ge=1, le=365, title="返修判定天数")] = 30
    shown_from: Annotated[
        int, Meta(ge=1, le=100, title="评价公开条数", description="少于此数不向服务单位显示")
    ] = 3


policies.declare("repairs", "设备报修", RepairRules)


class _EveryDay(Calendar):
    """A calendar without days off, for those who are always there."""

    def is_workday(self, day: date) -> bool:
        return True


def terms_of(category: Document, priority: int, rules: RepairRules) -> Document:
    """What a ticket of this category and priority keeps of the rules of today."""
    hours = rules.hours.get(category["hours"]) or _usual_hours()["office"]
    same = ("levels", "accept_days", "reopen_days", "warn_minutes")
    return {
        **category["targets"][str(priority)],
        "hours": msgspec.to_builtins(hours),
        **{name: category[name] for name in same},
        "pause_minutes": rules.pause_minutes,
        "longest_days": rules.longest_days,
        "urge_minutes": rules.urge_minutes,
    }


def business_time(terms: Document, calendar: Calendar) -> BusinessClock:
    """The business time of a ticket with these terms."""
    hours = msgspec.convert(terms["hours"], Hours)
    return BusinessClock(_EveryDay() if hours.every_day else calendar, hours.counted())


def events(timeline: Sequence[Document]) -> list[Event]:
    """The log of a ticket: every entry after which it is somewhere else, or waits for another."""
    found: list[Event] = []
    for entry in timeline:
        party: Party | None = None
        if entry["to"] == "paused":
            pauses = entry["transition"] in _PAUSING
            party = PAUSES[entry["facts"]["reason"]] if pauses else found[-1].party
        if not found or (found[-1].state, found[-1].party) != (entry["to"], party):
            found.append(Event(entry["at"], entry["to"], party))
    return found


def settlements(timeline: Sequence[Document]) -> list[Settlement]:
    """What managers have given to another party, oldest first."""
    said = (entry["facts"] for entry in timeline if entry["transition"] == "settle")
    return [Settlement(each["start"], each["end"], each["party"]) for each in said]


@dataclass(frozen=True, slots=True)
class Account:
    """The ledger of a ticket at a moment, and the business time it was computed by."""

    ledger: Ledger
    time: BusinessClock
    now: datetime


def reckon(
    timeline: Sequence[Document], terms: Document, calendar: Calendar, now: datetime
) -> Account:
    """The account of a ticket with this log and these terms at `now`."""
    time = business_time(terms, calendar)
    rules = Rules(
        time=time,
        response=terms["response"] * MINUTE,
        solution=terms["solution"] * MINUTE,
        settlements=settlements(timeline),
    )
    return Account(account(events(timeline), rules, now), time, now)


def figures(ledger: Ledger) -> Document:
    """The ledger as an order keeps and shows it: {response, solution, minutes}."""
    return {
        "response": _clock(ledger.response),
        "solution": _clock(ledger.solution),
        "minutes": {party: used // MINUTE for party, used in ledger.used.items()},
    }


def _clock(clock: LedgerClock) -> Document:
    shown: Document = {"target": clock.target // MINUTE, "used": clock.used // MINUTE}
    shown |= {"runs": clock.runs, "met": clock.met}
    return shown | ({"due_at": clock.due_at} if clock.due_at else {})


def level_key(level: Document) -> str:
    """What a level is called once it has been reached, such as "solution:-60:dispatcher"."""
    return f"{level['on']}:{level['minutes']}:{level['notify']}"


def levels_due(terms: Document, reached: Sequence[str], account: Account) -> list[Document]:
    """The levels of escalation that are reached now and have not been before."""
    return [
        level
        for level, at in _coming(terms, reached, account)
        if at <= account.now
    ]  # fmt: skip


def next_level(terms: Document, reached: Sequence[str], account: Account) -> list[Timer]:
    """When the clock has to look again for the next level; nothing where all are reached."""
    moments = [at for _, at in _coming(terms, reached, account)]
    return [Timer(min(moments), "escalate")] if moments else []


def _coming(
    terms: Document, reached: Sequence[str], account: Account
) -> list[tuple[Document, datetime]]:
    """Each level whose clock runs and which was not reached yet, with its moment."""
    found = []
    for level in terms["levels"]:
        clock: Any = getattr(account.ledger, level["on"])
        if clock.runs and level_key(level) not in reached:
            rest = clock.target + level["minutes"] * MINUTE - clock.used
            found.append((level, account.time.after(account.now, rest)))
    return found


def is_overdue(order: Order, now: datetime) -> bool:
    """Whether the solution clock has run out."""
    due_at = order["data"]["ledger"]["solution"].get("due_at")
    return due_at is not None and bool(due_at <= now)
