"""The lunch rush: 1,800 people want one of 1,500 places, 64 of them at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from models.base.decisions import CLAIMS
from models.base.orders import ORDERS
from models.meals.sittings import SITTINGS
from scripts.bench import naive
from scripts.bench.asking import STAFF, Phones
from scripts.bench.figures import AT_LEAST, AT_MOST, Line, Target, alternate, latencies
from scripts.bench.load import Run, drive
from scripts.bench.stage import Meter, Stage, stage
from scripts.bench.templates import Scale, Template
from server.database import connected

RUSH: Final = (
    Target("rush", "ratio_to_naive", AT_LEAST, 2.5),
    Target("rush", "p99_ms", AT_MOST, 300),
    Target("rush", "round_trips_per_order", AT_MOST, 0.3),
    Target("rush", "server_cpu_ms_per_order", AT_MOST, 2),
    Target("rush", "server_memory_mb", AT_MOST, 150),
)
PAIR: Final = Target("pair", "ratio_to_one_process", AT_LEAST, 0.8)


class WrongAnswer(Exception):
    """Somebody was answered wrongly, or the database disagrees: no figure counts then."""


def rush(template: Template, scale: Scale) -> list[Line]:
    """One server process against the naive way."""
    pairs = alternate(
        scale.rounds,
        lambda: _served("rush", template, scale, 1),
        lambda: _naive(template, scale),
    )
    ours = [{**one, "ratio_to_naive": one["rate"] / two["rate"]} for one, two in pairs]
    return [target.judged([line[target.figure] for line in ours]) for target in RUSH]


def pair(template: Template, scale: Scale) -> list[Line]:
    """Two server processes on one database against one."""
    pairs = alternate(
        scale.rounds,
        lambda: _served("pair", template, scale, 2),
        lambda: _served("pair", template, scale, 1),
    )
    return [PAIR.judged([two["rate"] / one["rate"] for two, one in pairs])]


def _served(leg: str, template: Template, scale: Scale, servers: int) -> Line:
    with stage(template, servers) as fresh:
        phones = Phones(fresh.settings, template)
        quiet = phones.orders(template.quiet, scale.at_once, warm_up=True)
        drive(fresh.ports, scale.at_once, quiet)
        meter = Meter(fresh)
        run = drive(fresh.ports, scale.at_once, phones.orders(template.rush, scale.people))
        costs = meter.per(scale.people)
        asyncio.run(_check(fresh, template, scale, run))
    return {
        "leg": leg,
        "side": f"{servers} server process{'es' if servers > 1 else ''}",
        "rate": run.rate,
        **latencies([answer.ms for answer in run.answers]),
        **costs,
        "generator_cpu_share": run.cpu_seconds / run.seconds,
    }


def _naive(template: Template, scale: Scale) -> Line:
    with stage(template, servers=0) as fresh:
        plan = naive.Plan(
            uri=fresh.settings.mongodb_uri,
            database=fresh.settings.database,
            sitting=template.rush,
            warm_up=template.quiet,
            people=[person["_id"] for person in STAFF[: scale.people]],
            at_once=scale.at_once,
        )
        meter = Meter(fresh)
        run = naive.drive(plan)
        database_cpu = meter.database_cpu() * 1000 / scale.people
    if (run.booked, run.refused) != (scale.places, scale.people - scale.places):
        raise WrongAnswer(f"the naive way booked {run.booked} and refused {run.refused}")
    return {
        "leg": "rush",
        "side": "naive",
        "rate": run.rate,
        **latencies(run.ms),
        "database_cpu_ms_per_order": database_cpu,
        "generator_cpu_share": run.cpu_seconds / run.seconds,
    }


async def _check(fresh: Stage, template: Template, scale: Scale, run: Run) -> None:
    """Every answer is a meal of one's own or a clear no, and the database holds just that."""
    booked = dict(_booked(run))
    same("answers that book", len(booked), scale.places)
    async with connected(fresh.settings.mongodb_uri, fresh.settings.database) as store:
        sitting = await store.get(SITTINGS, template.rush)
        assert sitting is not None
        same("places left, and the queue", (sitting["left"], sitting["queue"]), (0, []))
        stored = await store.find(ORDERS, {"holds.thing": template.rush})
        claims = await store.find(CLAIMS, {})
    same("orders stored", {order["_id"]: order["owner"] for order in stored}, booked)
    same("states", {order["state"] for order in stored}, {"booked"})
    same("portions held", sum(order["holds"][0]["n"] for order in stored), scale.places)
    claimed = {(claim["_id"], claim["order"]) for claim in claims if claim["order"] in booked}
    wanted = {(key, order["_id"]) for order in stored for key in order["claims"]}
    same("claims", claimed, wanted)


def _booked(run: Run) -> Iterator[tuple[str, str]]:
    """Order and owner of every answer that books; the others must say that the sitting is full."""
    for person, answer in zip(STAFF, run.answers, strict=False):
        body = msgspec.json.decode(run.body(answer))
        if answer.status == 201:
            same("owner and state", (body["owner"], body["state"]), (person["_id"], "booked"))
            yield body["id"], body["owner"]
        else:
            same("answer", (answer.status, body["code"]), (409, "sitting-full"))


def same(what: str, found: Any, wanted: Any) -> None:
    """Raises WrongAnswer unless `found` is what was `wanted`."""
    if found != wanted:
        raise WrongAnswer(f"{what}: {str(found)[:200]} instead of {str(wanted)[:200]}")
