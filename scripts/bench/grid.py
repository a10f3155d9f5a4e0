"""A week of sixty rooms with forty meetings a day each, on one page: cold and warm.

Cold: the server keeps a page for a second, and each read comes later than that, alone; nothing but
the time differs. Warm: as people really read it, with the page made anew once a second meanwhile.
"""

from __future__ import annotations

from typing import Final

import msgspec

from scripts.bench.asking import Phones
from scripts.bench.figures import AT_LEAST, AT_MOST, Line, Target, emit, latencies
from scripts.bench.load import drive
from scripts.bench.proc import load_average
from scripts.bench.reading import against_bare
from scripts.bench.rush import WrongAnswer, same
from scripts.bench.seed_rooms import OPENS, ROOM_IDS, SHORT, STRIDE
from scripts.bench.stage import Meter, Stage, folder, stage
from scripts.bench.templates import Scale, Template, booked_up

COLD: Final = Target("grid", "cold_p99_ms", AT_MOST, 250)
WARM: Final = Target("grid", "ratio_to_bare_handler", AT_LEAST, 0.5)
FORGOTTEN: Final = 1.05  # seconds after which the server must make the page anew


def grid(template: Template, scale: Scale) -> list[Line]:
    """The page when the server has to make it, and when it has it."""
    with folder() as place:
        full = booked_up(template, place / "database", scale.a_day)
        with stage(full) as fresh:
            cold = [_cold(fresh, full, scale, n) for n in range(1, scale.rounds + 1)]
            asked = Phones(fresh.settings, full).grids(scale.pages, scale.bookers)
            warm = against_bare("grid", fresh, asked, scale)
    return [COLD.judged(cold), WARM.judged(warm)]


def _cold(fresh: Stage, template: Template, scale: Scale, number: int) -> float:
    """The longest it took, ms."""
    asked = Phones(fresh.settings, template).grids(scale.cold, scale.cold)
    load, meter = load_average(), Meter(fresh)
    run = drive(fresh.ports, 1, asked, FORGOTTEN)
    costs = meter.per(len(asked))
    if run.bodies != run.bodies[:1] or {answer.status for answer in run.answers} != {200}:
        raise WrongAnswer("not everybody got the same grid")
    _check(template, scale, run.bodies[0])
    times = latencies([answer.ms for answer in run.answers])
    line = {
        "leg": "grid",
        "side": "cold",
        **times,
        **costs,
        "page_bytes": len(run.bodies[0].encode()),
    }
    emit({**line, "round": number, "load_average": load})
    return float(times["p99_ms"])


def _check(template: Template, scale: Scale, page: str) -> None:
    """Every interval of every room and day, and nothing else."""
    starts = [OPENS + STRIDE * n for n in range(scale.a_day)]
    spans = [[start, start + SHORT, 0] for start in starts]
    wanted = {room: {day.isoformat(): spans for day in template.week} for room in ROOM_IDS}
    same("the grid", msgspec.json.decode(page)["busy"], wanted)
