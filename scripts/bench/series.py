"""A series of 50 dates in one request, one after the other: in rooms whose days nobody has wanted
yet, and again in the same ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import msgspec

from scripts.bench.asking import STAFF, Phones
from scripts.bench.figures import Line, emit, latencies
from scripts.bench.load import Run, drive
from scripts.bench.proc import load_average
from scripts.bench.rooms import check_booked
from scripts.bench.rush import WrongAnswer, same
from scripts.bench.seed_rooms import ROOM_IDS, Slot, next_week
from scripts.bench.stage import Meter, Stage, stage
from scripts.bench.templates import Scale, Template

DATES: Final = 50
SIDES: Final = (("days never wanted", 9 * 60), ("days that are there", 14 * 60))


def series(template: Template, scale: Scale) -> list[Line]:
    """What it takes; there is no floor and no target."""
    for number in range(1, scale.rounds + 1):
        with stage(template) as fresh:
            _warm_up(fresh, template)
            booked: dict[str, tuple[str, Slot]] = {}
            for side, start in SIDES:
                load = load_average()
                line = _booked_one_by_one(fresh, template, _slots(template, scale, start), booked)
                emit({**line, "side": side, "round": number, "load_average": load})
            asyncio.run(check_booked(fresh, booked))
    return []


def _slots(template: Template, scale: Scale, start: int) -> list[Slot]:
    """The first date of each series: a room each, from after the week on."""
    first = next_week(template.day) + timedelta(days=1)
    return [Slot(room, first, start) for room in ROOM_IDS[: scale.series]]


def _warm_up(fresh: Stage, template: Template) -> None:
    last = Slot(ROOM_IDS[-1], template.day + timedelta(days=100), SIDES[0][1])
    drive(fresh.ports, 1, Phones(fresh.settings, template).series([last], DATES))


def _booked_one_by_one(
    fresh: Stage, template: Template, slots: Sequence[Slot], booked: dict[str, tuple[str, Slot]]
) -> Line:
    """What it took; everything that the answers say is booked is added to `booked`."""
    asked = Phones(fresh.settings, template).series(slots, DATES)
    meter = Meter(fresh)
    run = drive(fresh.ports, 1, asked)
    costs = meter.per(len(slots))
    booked |= dict(_answered(run, slots))
    times = latencies([answer.ms for answer in run.answers])
    return {"leg": "series", "side": "", "dates": DATES, **times, **costs}


def _answered(run: Run, slots: Sequence[Slot]) -> Iterator[tuple[str, tuple[str, Slot]]]:
    """Every date of every series, as its answer says."""
    for person, slot, answer in zip(STAFF, slots, run.answers, strict=False):
        if answer.status != 201:
            raise WrongAnswer(f"a series was answered with {run.body(answer)}")
        body = msgspec.json.decode(run.body(answer))
        dates = [replace(slot, day=slot.day + timedelta(days=n)) for n in range(DATES)]
        parent, owner = body["order"]["id"], body["order"]["owner"]
        said = [(each["date"], each["outcome"], each["order_id"]) for each in body["results"]]
        wanted = [
            (each.day.isoformat(), "booked", f"{parent}.{n}") for n, each in enumerate(dates, 1)
        ]
        same("dates", (owner, said), (person["_id"], wanted))
        yield from ((order, (owner, each)) for (_, _, order), each in zip(said, dates, strict=True))
