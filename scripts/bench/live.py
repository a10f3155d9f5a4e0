"""Live updates: many pages open, each with an order of its own, while orders are changed.

Steps are taken at one server process; half of the pages listen at another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from scripts.bench.asking import Phones
from scripts.bench.figures import AT_MOST, Line, Target, emit, latencies
from scripts.bench.load import Request, drive
from scripts.bench.proc import load_average
from scripts.bench.rush import WrongAnswer
from scripts.bench.sockets import Page, Seen, Watch, watch
from scripts.bench.stage import Meter, Stage, stage
from scripts.bench.templates import Scale, Template

PER_SECOND: Final = 20.0
LIVE: Final = (
    Target("live", "p50_ms", AT_MOST, 500),
    Target("live", "p99_ms", AT_MOST, 2_000),
)


def live(template: Template, scale: Scale) -> list[Line]:
    """From sending a step, which is before its commit, to the frame on its owner's page."""
    moves = scale.moves * scale.rounds
    with stage(template, servers=2) as fresh:
        pages = list(_pages(fresh, template, max(scale.sockets, moves), scale.at_once))
        load, meter = load_average(), Meter(fresh)
        seen = watch(Watch(fresh.ports[0], pages, moves, PER_SECOND))
        costs = meter.per(moves)
    _check(seen)
    lines = []
    for number in range(scale.rounds):
        part = slice(number * scale.moves, (number + 1) * scale.moves)
        line = {"leg": "live", "sockets": len(pages), **latencies(seen.told[part])}
        lines.append({**line, "answered_p50_ms": latencies(seen.answered[part])["p50_ms"]})
        emit({**lines[-1], "round": number + 1, "load_average": load})
    emit({"leg": "live", "side": "2 server processes", **costs})
    return [target.judged([line[target.figure] for line in lines]) for target in LIVE]


def _pages(fresh: Stage, template: Template, count: int, at_once: int) -> Iterator[Page]:
    """So many people, each with a meal booked and the step that cancels it."""
    booking = Phones(fresh.settings, template).orders(template.quiet, count)
    run = drive(fresh.ports, at_once, booking)
    for number, (asked, answer) in enumerate(zip(booking, run.answers, strict=True)):
        if answer.status != 201:
            raise WrongAnswer(f"a page could not have its order: {run.body(answer)}")
        order = msgspec.json.decode(run.body(answer))["id"]
        session = {name: asked.headers[name] for name in ("Authorization", "Content-Type")}
        step = Request("POST", f"/api/v1/meals/{order}/cancel", session, "{}")
        token = session["Authorization"].removeprefix("Bearer ")
        yield Page(fresh.ports[number % len(fresh.ports)], token, order, step)


def _check(seen: Seen) -> None:
    """Every step was taken, everybody was told of their own, and nobody of anything else."""
    if set(seen.statuses) != {200}:
        raise WrongAnswer(f"steps were answered with {sorted(set(seen.statuses))}")
    if seen.strays:
        raise WrongAnswer(f"{len(seen.strays)} frames were not theirs: {seen.strays[0]}")
    if missing := sum(told < 0 for told in seen.told):
        raise WrongAnswer(f"{missing} people were never told")
