"""A dispatcher's board with 2,000 open tickets, made anew for each read, while more are reported.

The server keeps the finished page for a second; each read comes later than that, alone, and after
one more report, which it must count.
"""

from __future__ import annotations

from itertools import chain
from typing import Final

import msgspec

from models.base.store import Document
from models.repairs.board import MOST_ROWS
from models.repairs.parties import OPEN
from scripts.bench.asking import Phones
from scripts.bench.figures import AT_MOST, Line, Target, emit, latencies
from scripts.bench.grid import FORGOTTEN
from scripts.bench.load import Request, Run, drive
from scripts.bench.proc import load_average
from scripts.bench.rush import WrongAnswer, same
from scripts.bench.stage import Meter, Stage, folder, stage
from scripts.bench.templates import Scale, Template, busy_board

BOARD: Final = Target("board", "p99_ms", AT_MOST, 150)


def board(template: Template, scale: Scale) -> list[Line]:
    """How long a dispatcher waits for it."""
    with folder() as place:
        busy = busy_board(template, place / "database", scale.tickets)
        with stage(busy) as fresh:
            phones = Phones(fresh.settings, busy)
            drive(fresh.ports, 1, phones.boards(1))  # the first reads all open tickets
            reports = phones.reports(scale.boards * scale.rounds)
            rounds = [_round(fresh, scale, phones, reports, n) for n in range(scale.rounds)]
    return [BOARD.judged(rounds)]


def _round(
    fresh: Stage, scale: Scale, phones: Phones, reports: list[Request], number: int
) -> float:
    """The time that all but one in a hundred stayed below, ms."""
    before = number * scale.boards
    wanted = reports[before : before + scale.boards]
    asked = chain.from_iterable(zip(wanted, phones.boards(scale.boards), strict=True))
    load, meter = load_average(), Meter(fresh)
    run = drive(fresh.ports, 1, list(asked), FORGOTTEN)
    costs = meter.per(scale.boards)
    for turn in range(scale.boards):
        _check(run, 2 * turn, scale.tickets + before + turn + 1)
    times = latencies([answer.ms for answer in run.answers[1::2]])
    line = {"leg": "board", "side": f"{scale.tickets} open tickets", **times, **costs}
    emit({**line, "round": number + 1, "load_average": load})
    return float(times["p99_ms"])


def _check(run: Run, place: int, wanted: int) -> None:
    """The report is on the board that was read after it, with all the others."""
    reported, shown = run.answers[place], run.answers[place + 1]
    if (reported.status, shown.status) != (201, 200):
        raise WrongAnswer(f"refused: {run.body(reported)} {run.body(shown)}")
    columns: list[Document] = msgspec.json.decode(run.body(shown))["columns"]
    same("columns", [column["state"] for column in columns], list(OPEN))
    same("open tickets", sum(column["count"] for column in columns), wanted)
    for column in columns:
        rows = [(row["due_at"], row["id"]) for row in column["items"]]
        same("rows", len(rows), min(column["count"], MOST_ROWS))
        same("their order", rows, sorted(rows))
