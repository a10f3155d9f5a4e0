"""Scans at a gate: fifty a second at sixteen desks, then all at once; and pictures of passes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

import msgspec

from models.base.ports import PassFace, SketchedGate
from models.base.store import Document
from models.visitors.log import SCANS
from scripts.bench.asking import Phones
from scripts.bench.figures import AT_MOST, Line, Target, emit, latencies, percentile
from scripts.bench.load import Request, Run, drive
from scripts.bench.proc import load_average
from scripts.bench.rush import WrongAnswer, same
from scripts.bench.seed_visits import DESK, GATE, code_of
from scripts.bench.sockets import listening
from scripts.bench.stage import Meter, Stage, folder, stage
from scripts.bench.templates import Scale, Template, with_visits
from server.adapters.passes import painted
from server.database import connected
from server.settings import Settings

P99: Final = Target("scans", "p99_ms", AT_MOST, 50)
CPU: Final = Target("scans", "server_cpu_ms_per_scan", AT_MOST, 4)
PICTURE: Final = Target("pass", "p50_cpu_ms", AT_MOST, 25)
DESKS: Final = 16
PER_SECOND: Final = 50
SETTLED: Final = 20.0  # seconds within which the last line must be in the log
WARM: Final = 16  # visitors who only warm the server up
PICTURES: Final = 20  # in each round


def scans(template: Template, scale: Scale) -> list[Line]:
    """From sending a code to its answer, and what one costs the server in all."""
    with folder() as place:
        expecting = with_visits(template, place / "visits", scale.visitors + WARM)
        lines = [_round(expecting, scale, number) for number in range(1, scale.rounds + 1)]
    return [
        P99.judged([line["p99_ms"] for line in lines]),
        CPU.judged([line["server_cpu_ms_per_scan"] for line in lines]),
    ]


def _round(template: Template, scale: Scale, number: int) -> Line:
    """Half of the visitors come and go fifty a second, the other half as fast as the desks can."""
    half = scale.visitors // 2
    with ExitStack() as stack:
        fresh = stack.enter_context(stage(template))
        phones = Phones(fresh.settings, template)
        first, second = range(half), range(half, 2 * half)
        before = _asked(phones, fresh, range(2 * half, 2 * half + WARM), "in")
        desk = before[0].headers["Authorization"]
        stack.enter_context(listening(fresh.ports, desk))  # its lists are live
        drive(fresh.ports, DESKS, before)
        load, meter = load_average(), Meter(fresh)
        quiet = _driven(phones, fresh, first, 1 / PER_SECOND)
        _until_logged(fresh.settings, WARM + 2 * half)
        costs = meter.per(2 * half)
        rush = _driven(phones, fresh, second, 0)
        _until_logged(fresh.settings, WARM + 4 * half)
    line = {"leg": "scans", "side": f"{PER_SECOND} a second", "scans": 2 * half}
    line |= latencies([answer.ms for run in quiet for answer in run.answers])
    line |= {name.replace("order", "scan"): value for name, value in costs.items()}
    emit({**line, "round": number, "load_average": load})
    at_once = {"leg": "scans", "side": f"{DESKS} desks at once"}
    at_once |= latencies([answer.ms for run in rush for answer in run.answers])
    rate = sum(len(run.answers) for run in rush) / sum(run.seconds for run in rush)
    emit({**at_once, "per_second": rate, "round": number})
    return line


def _driven(phones: Phones, fresh: Stage, numbers: Sequence[int], every: float) -> list[Run]:
    """All in, then all out; every one must be admitted, nobody else's visitor with it."""
    runs = []
    for way in ("in", "out"):
        run = drive(fresh.ports, DESKS, _asked(phones, fresh, numbers, way), every=every)
        answers = [msgspec.json.decode(run.body(answer)) for answer in run.answers]
        if any(each.get("decision") != "admit" for each in answers):
            raise WrongAnswer(f"a visitor was not admitted: {run.bodies[-1]}")
        same("visitors admitted", len({each["visit"]["id"] for each in answers}), len(numbers))
        runs.append(run)
    return runs


def _asked(phones: Phones, fresh: Stage, numbers: Sequence[int], way: str) -> list[Request]:
    known = ((number, code_of(fresh.settings, number)) for number in numbers)
    bodies: list[Document] = [
        {"code": code, "gate": GATE, "direction": way, "scan_id": f"bench-{number}-{way}"}
        for number, code in known
    ]
    return phones.scans(DESK, bodies)


def _until_logged(settings: Settings, wanted: int) -> None:
    """Wait for the log: a scan that is not in it was lost."""
    same("scans in the log", asyncio.run(_logged(settings, wanted)), wanted)


async def _logged(settings: Settings, wanted: int) -> int:
    deadline = time.monotonic() + SETTLED
    async with connected(settings.mongodb_uri, settings.database) as store:
        while (count := await store.count(SCANS, {})) < wanted and time.monotonic() < deadline:
            await asyncio.sleep(0.2)
    return count


def passes(template: Template, scale: Scale) -> list[Line]:
    """What drawing the picture of a pass costs a processor, in this process."""
    return [PICTURE.judged([_drawn(number) for number in range(1, scale.rounds + 1)])]


def _drawn(number: int) -> float:
    load, ms = load_average(), []
    for each in range(PICTURES):
        face = _face(f"QJS{number:04}{each:08}")
        began = time.process_time()
        content = painted(face)
        ms.append((time.process_time() - began) * 1000)
    middle = percentile(ms, 50)
    line = {"leg": "pass", "p50_cpu_ms": middle, "bytes": len(content)}
    emit({**line, "round": number, "load_average": load})
    return middle


def _face(code: str) -> PassFace:
    return PassFace(
        code=code,
        title="访客通行证",
        visitor="喆玥昇堃䶮 等3人",
        lines=(
            ("时间", "11月23日 10:00–12:00"), ("接待", "张伟 · 办公室"), ("事由", "项目洽谈"),
            ("出入口", "东门（主楼区）"),
        ),
        gates=(SketchedGate("东门", "east", True), SketchedGate("南门", "south", False)),
        note="凭证限进出各一次，请携带有效证件",
    )  # fmt: skip
