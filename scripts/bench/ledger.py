"""The clock of a ticket with 200 events, recomputed from its log: no database, one core."""

from __future__ import annotations

import time
from datetime import UTC, date, timedelta
from itertools import chain, cycle, islice
from typing import Final

import msgspec

from models.base.calendar import Calendar
from models.base.clock import campus_time
from models.base.store import Document
from models.repairs.catalogue import usual_levels, usual_targets
from models.repairs.clocks import RepairRules, reckon, terms_of
from scripts.bench.figures import AT_MOST, Line, Target, emit, latencies, percentile
from scripts.bench.proc import load_average
from scripts.bench.rush import same
from scripts.bench.templates import Scale, Template

LEDGER: Final = Target("ledger", "p50_ms", AT_MOST, 2)
EVENTS: Final = 200
BETWEEN: Final = timedelta(minutes=97)  # from one event to the next: a fortnight in all
FIRST: Final = date(2026, 12, 24)  # so that it goes over New Year
AT_WORK: Final[list[tuple[str, str, Document]]] = [  # what happens again and again
    ("start", "started", {}),
    ("pause", "paused", {"reason": "parts"}),
    ("resume", "started", {}),
    ("ask", "paused", {"reason": "requester"}),
    ("answer", "started", {}),
    ("hand_over", "taken", {"person": "per_other"}),
]


def ledger(template: Template, scale: Scale) -> list[Line]:
    """How long it takes."""
    return [LEDGER.judged([_round(scale, number) for number in range(1, scale.rounds + 1)])]


def _round(scale: Scale, number: int) -> float:
    """The typical time, ms."""
    load, log, terms = load_average(), _log(), _terms()
    now = log[-1]["at"] + BETWEEN
    ms: list[float] = []
    for _ in range(scale.reckonings):
        started = time.perf_counter()
        account = reckon(log, terms, Calendar(), now)
        ms.append((time.perf_counter() - started) * 1000)
    whole = account.time.between(log[0]["at"], now)
    same("time given to all", sum(account.ledger.used.values(), timedelta()), whole)
    line = {"leg": "ledger", "events": len(log), **latencies(ms)}
    emit({**line, "round": number, "load_average": load})
    return percentile(ms, 50)


def _terms() -> Document:
    """The rules of an ordinary ticket."""
    category = {
        "targets": msgspec.to_builtins(usual_targets()),
        "levels": msgspec.to_builtins(usual_levels()),
        "hours": "office",
        "accept_days": 3,
        "reopen_days": 7,
        "warn_minutes": 60,
    }
    return terms_of(category, 3, RepairRules())


def _log() -> list[Document]:
    begins = campus_time(FIRST, "08:40").astimezone(UTC)
    first: list[tuple[str, str, Document]] = [("place", "reported", {}), ("take", "taken", {})]
    steps = chain(first, islice(cycle(AT_WORK), EVENTS - len(first)))
    return [
        {"at": begins + BETWEEN * number, "transition": name, "to": state, "facts": facts}
        for number, (name, state, facts) in enumerate(steps)
    ]
