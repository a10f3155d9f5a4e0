"""A thousand people report that something is broken, without photos, 32 at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

import msgspec

from models.base.orders import ORDERS
from models.repairs.parties import KIND
from scripts.bench import naive_reports
from scripts.bench.asking import STAFF, Phones
from scripts.bench.figures import AT_LEAST, Line, Target, alternate, latencies
from scripts.bench.load import Run, drive
from scripts.bench.rush import WrongAnswer, same
from scripts.bench.stage import Meter, Stage, stage
from scripts.bench.templates import Scale, Template
from server.database import connected

REPORTING: Final = Target("reporting", "ratio_to_insert", AT_LEAST, 0.6)
WARM_UP: Final = 64


def reporting(template: Template, scale: Scale) -> list[Line]:
    """One server process against the bare insert."""
    pairs = alternate(
        scale.rounds,
        lambda: _served(template, scale),
        lambda: _inserted(template, scale),
    )
    return [REPORTING.judged([ours["rate"] / bare["rate"] for ours, bare in pairs])]


def _served(template: Template, scale: Scale) -> Line:
    with stage(template) as fresh:
        phones = Phones(fresh.settings, template)
        drive(fresh.ports, scale.reporters, phones.reports(WARM_UP, warm_up=True))
        meter = Meter(fresh)
        run = drive(fresh.ports, scale.reporters, phones.reports(scale.reports))
        costs = meter.per(scale.reports)
        asyncio.run(_check(fresh, dict(_reported(run))))
    return {
        "leg": "reporting",
        "side": "1 server process",
        "rate": run.rate,
        **latencies([answer.ms for answer in run.answers]),
        **costs,
        "generator_cpu_share": run.cpu_seconds / run.seconds,
    }


def _inserted(template: Template, scale: Scale) -> Line:
    with stage(template, servers=0) as fresh:
        plan = naive_reports.Plan(
            uri=fresh.settings.mongodb_uri,
            database=fresh.settings.database,
            people=[person["_id"] for person in STAFF[: scale.reports]],
            warm_up=WARM_UP,
            at_once=scale.reporters,
        )
        meter = Meter(fresh)
        run = naive_reports.drive(plan)
        database_cpu = meter.database_cpu() * 1000 / scale.reports
    return {
        "leg": "reporting",
        "side": "bare insert",
        "rate": run.rate,
        **latencies(run.ms),
        "database_cpu_ms_per_order": database_cpu,
        "generator_cpu_share": run.cpu_seconds / run.seconds,
    }


def _reported(run: Run) -> Iterator[tuple[str, tuple[str, str]]]:
    """Every ticket with its owner and what is broken, as its answer says."""
    for number, (person, answer) in enumerate(zip(STAFF, run.answers, strict=False)):
        body = msgspec.json.decode(run.body(answer))
        if answer.status != 201:
            raise WrongAnswer(f"a report was refused: {body}")
        fault = f"水龙头漏水 {number}"
        said = (body["owner"], body["state"], body["data"]["fault"])
        same("answer", said, (person["_id"], "reported", fault))
        yield body["id"], (person["_id"], fault)


async def _check(fresh: Stage, reported: dict[str, tuple[str, str]]) -> None:
    """Every ticket that was acknowledged is there, and each person's own."""
    async with connected(fresh.settings.mongodb_uri, fresh.settings.database) as store:
        found = await store.find(ORDERS, {"kind": KIND, "state": "reported"})
    stored = {order["_id"]: (order["owner"], order["data"]["fault"]) for order in found}
    known = {key: said for key, said in stored.items() if key in reported}
    same("tickets stored", known, reported)
