"""Sixty rooms, and everybody books one for some half hour that is free, 32 at any moment."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from models.base.marks import any_of
from models.base.orders import ORDERS
from models.base.store import Document
from models.meetings.days import ROOM_DAYS, mark_of_day
from scripts.bench import naive_rooms
from scripts.bench.asking import STAFF, Phones
from scripts.bench.figures import AT_LEAST, AT_MOST, Line, Target, alternate, latencies
from scripts.bench.load import Run, drive
from scripts.bench.rush import WrongAnswer, same
from scripts.bench.seed_rooms import OPENS, ROOM_IDS, Slot, half_hours, next_week
from scripts.bench.stage import Meter, Stage, stage
from scripts.bench.templates import Scale, Template
from server.database import connected

ROOMS: Final = (
    Target("rooms", "ratio_to_naive", AT_LEAST, 1.0),
    Target("rooms", "round_trips_per_order", AT_MOST, 6),
    Target("rooms", "server_cpu_ms_per_order", AT_MOST, 4),
)

Booked = Mapping[str, tuple[str, Slot]]  # order -> whose, and where and when


def rooms(template: Template, scale: Scale) -> list[Line]:
    """One server process against the naive way."""
    slots = random.Random(60).sample(half_hours(template.week), scale.meetings)
    pairs = alternate(
        scale.rounds,
        lambda: _served(template, scale, slots),
        lambda: _naive(template, scale, slots),
    )
    ours = [{**one, "ratio_to_naive": one["rate"] / two["rate"]} for one, two in pairs]
    return [target.judged([line[target.figure] for line in ours]) for target in ROOMS]


def _served(template: Template, scale: Scale, slots: Sequence[Slot]) -> Line:
    with stage(template) as fresh:
        phones = Phones(fresh.settings, template)
        drive(fresh.ports, scale.bookers, phones.meetings(_before(template), warm_up=True))
        meter = Meter(fresh)
        run = drive(fresh.ports, scale.bookers, phones.meetings(slots))
        costs = meter.per(len(slots))
        asyncio.run(check_booked(fresh, dict(_booked(run, slots))))
    return {
        "leg": "rooms",
        "side": "1 server process",
        "rate": run.rate,
        **latencies([answer.ms for answer in run.answers]),
        **costs,
        "generator_cpu_share": run.cpu_seconds / run.seconds,
    }


def _naive(template: Template, scale: Scale, slots: Sequence[Slot]) -> Line:
    with stage(template, servers=0) as fresh:
        plan = naive_rooms.Plan(
            uri=fresh.settings.mongodb_uri,
            database=fresh.settings.database,
            slots=list(slots),
            warm_up=_before(template),
            people=[person["_id"] for person in STAFF],
            at_once=scale.bookers,
        )
        meter = Meter(fresh)
        run = naive_rooms.drive(plan)
        database_cpu = meter.database_cpu() * 1000 / len(slots)
    if (run.booked, run.refused) != (len(slots), 0):
        raise WrongAnswer(f"the naive way booked {run.booked} and refused {run.refused}")
    return {
        "leg": "rooms",
        "side": "naive",
        "rate": run.rate,
        **latencies(run.ms),
        "database_cpu_ms_per_order": database_cpu,
        "generator_cpu_share": run.cpu_seconds / run.seconds,
    }


def _before(template: Template) -> list[Slot]:
    """What is booked to warm up: one meeting in each room, on a day that is not measured."""
    return [Slot(room, next_week(template.day), OPENS) for room in ROOM_IDS]


def _booked(run: Run, slots: Sequence[Slot]) -> Iterator[tuple[str, tuple[str, Slot]]]:
    """What every answer says is booked: the slot that was asked for, for whoever asked."""
    for person, slot, answer in zip(STAFF, slots, run.answers, strict=False):
        body = msgspec.json.decode(run.body(answer))
        if answer.status != 201:
            raise WrongAnswer(f"{slot} was free, and refused: {body}")
        said = (body["owner"], body["state"], body["data"]["room"]["id"], body["data"]["date"])
        same("answer", said, (person["_id"], "booked", slot.room, slot.day.isoformat()))
        yield body["id"], (person["_id"], slot)


async def check_booked(fresh: Stage, booked: Booked) -> None:
    """Every meeting that was acknowledged is there and has its room, alone."""
    keys = {slot.key for _, slot in booked.values()}
    async with connected(fresh.settings.mongodb_uri, fresh.settings.database) as store:
        found = await store.find(ROOM_DAYS, {"_id": {"$in": sorted(keys)}})
        orders = await store.find(ORDERS, any_of(map(mark_of_day, keys)))
    taken = {day["_id"]: sorted(day["taken"], key=lambda entry: entry["from"]) for day in found}
    for entries in taken.values():
        same("meetings that overlap", list(_overlapping(entries)), [])
    standing = {entry["order"]: (key, entry) for key in keys for entry in taken[key]}
    wanted = {order: (slot.key, slot.entry(order)) for order, (_, slot) in booked.items()}
    same("intervals taken", standing, wanted)
    stored = {
        order["_id"]: (order["owner"], order["state"], order["data"]["starts_at"])
        for order in orders
    }
    told = {order: (owner, "booked", slot.starts_at) for order, (owner, slot) in booked.items()}
    same("orders stored", stored, told)


def _overlapping(entries: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    """Neighbours in time that meet."""
    for one, two in pairwise(entries):
        if one["to"] > two["from"]:
            yield one, two
