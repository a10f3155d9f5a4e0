"""Placing an order with 100,000 others in the collection, against placing it with none.

Two databases and two servers run side by side, and one person after the other orders: A B B A.
"""

from __future__ import annotations

from statistics import median
from typing import Final

from msgspec.structs import replace

from scripts.bench.asking import Phones
from scripts.bench.figures import AT_MOST, Line, Target, emit, latencies
from scripts.bench.load import Request, drive
from scripts.bench.proc import load_average
from scripts.bench.rush import WrongAnswer
from scripts.bench.stage import folder, stage
from scripts.bench.templates import Scale, Template, crowded

CROWD: Final = Target("crowd", "time_against_empty", AT_MOST, 1.3)
WARM_UP: Final = 32


def crowd(template: Template, scale: Scale) -> list[Line]:
    """The typical time of one order in the full collection, against the empty one."""
    with folder() as place:
        full = crowded(template, place / "database", scale.others)
        return [
            CROWD.judged([_round(n, template, full, scale) for n in range(1, scale.rounds + 1)])
        ]


def _round(number: int, template: Template, full: Template, scale: Scale) -> float:
    load = load_average()
    with stage(template) as empty, stage(full) as filled:
        ports = [empty.servers[0].port, filled.servers[0].port]
        phones = Phones(empty.settings, template)
        drive(ports, 1, _interleaved(phones.orders(template.quiet, WARM_UP, warm_up=True)))
        requests = _interleaved(phones.orders(template.quiet, scale.singles))
        run = drive(ports, 1, requests)
    statuses = {answer.status for answer in run.answers}
    if statuses != {201}:
        raise WrongAnswer(f"orders were answered with {statuses} although there are places")
    ms: tuple[list[float], list[float]] = ([], [])
    for request, answer in zip(requests, run.answers, strict=True):
        ms[request.target or 0].append(answer.ms)
    for others, times in zip((0, scale.others), ms, strict=True):
        line = {"leg": "crowd", "others": others, **latencies(times)}
        emit({**line, "round": number, "load_average": load})
    return median(ms[1]) / median(ms[0])


def _interleaved(requests: list[Request]) -> list[Request]:
    """Each request to both servers, one after the other: A B, B A, A B ..."""
    turns = ((0, 1), (1, 0))
    return [
        replace(request, target=target)
        for number, request in enumerate(requests)
        for target in turns[number % 2]
    ]
