"""What every endpoint and every life-cycle must do, read from the declarations: a new service has
all of this for free. What cannot be guessed of a service stands in tests/samples.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import msgspec
import pytest
from pymongo import MongoClient

from handlers.base.endpoint import Endpoint
from models.base import marks
from models.base.context import CLOCK, House
from models.base.errors import Refusal
from models.base.roles import Role
from models.base.store import Document
from models.base.transitions import transition
from models.base.visibility import sees
from models.base.workflow import Transition, Workflow
from server.app import build_app
from server.database import disconnect
from tests import samples
from tests.contract_house import (
    Campus,
    Wish,
    crowd,
    endpoints,
    jobs,
    kinds,
    open_campus,
    steps,
    takes_json,
)
from tests.examples import example
from tests.queries import listening, work
from tests.simulated import Simulator

pytestmark = pytest.mark.slow

RACERS = 10
NOT_JSON = (b"{", b"}", b"\xff", b"\xff\xfe{}", b"NaN", b"{'a': 1}", b'{"a')
NO_KEYS = ("", "short", "k" * 65, "with a space in it", "é" * 16)
VALUES: tuple[Any, ...] = ({"no": "such"}, ["no such"], 7, "no such", None)  # of every JSON type


@pytest.fixture
async def campus(
    database_uri: str,
    database_name: str,
    driver: MongoClient[Document],
    simulator: Simulator,
) -> AsyncIterator[Campus]:
    """The house with its samples."""
    async with open_campus(database_uri, driver[database_name], simulator) as opened:
        await samples.set_up(opened)
        yield opened


def acts(campus: Campus) -> int:
    """How many acts are on record."""
    return campus.database["audit"].count_documents({})


# --- endpoints


async def test_every_endpoint_serves_those_it_allows(campus: Campus) -> None:
    for endpoint in endpoints():
        wish = await samples.wish(campus, endpoint)
        before = acts(campus)
        reply = await campus.ask(endpoint, wish, wish.who or campus.allowed(endpoint))
        assert reply.code == endpoint.status, (endpoint.name, reply.body.decode())
        if endpoint.allow == {Role.MANAGER} and endpoint.method != "GET":
            assert acts(campus) > before, f"{endpoint.name} leaves no record"


async def test_whoever_is_not_allowed_is_refused_and_nothing_changes(campus: Campus) -> None:
    valid = [(each, await samples.wish(campus, each)) for each in endpoints() if each.allow]
    before = campus.digest()
    for endpoint, wish in valid:
        for role in set(Role) - endpoint.allow:
            reply = await campus.ask(endpoint, wish, campus.of_role(role), roles=[role])
            assert reply.code == 403, (endpoint.name, role)
        for authorization in ("", "Bearer ", "Bearer x.y.z", "Basic eDp5"):
            reply = await campus.ask(endpoint, wish, None, Authorization=authorization)
            assert reply.code == 401, endpoint.name
    assert campus.digest() == before


async def test_what_makes_no_sense_is_refused_by_field_and_nothing_changes(campus: Campus) -> None:
    valid = [(each, await samples.wish(campus, each)) for each in endpoints()]
    before = campus.digest()
    for endpoint, right in valid:
        who = campus.allowed(endpoint)
        for pointer, wish in wrong_requests(campus, endpoint, right):
            reply = await campus.ask(endpoint, wish, who)
            assert reply.code == 422, (endpoint.name, wish, reply.body.decode())
            found = campus.json(reply)["errors"][0]["pointer"]
            inside = f"{pointer}/"  # of a field that is an object, the wrong member is named
            assert found == pointer or found.startswith(inside), (endpoint.name, wish, found)
    assert campus.digest() == before


async def test_what_cannot_be_read_is_refused_and_nothing_changes(campus: Campus) -> None:
    valid = [(each, await samples.wish(campus, each)) for each in endpoints()]
    before = campus.digest()
    for endpoint, right in valid:
        who = campus.allowed(endpoint)
        for body in NOT_JSON if takes_json(endpoint) else ():
            reply = await campus.ask(endpoint, replace(right, body=body), who)
            assert reply.code == 400, (endpoint.name, body[:9])
        for key in NO_KEYS if endpoint.once else ():
            reply = await campus.ask(endpoint, right, who, Idempotency_Key=key)
            assert reply.code == 400, (endpoint.name, key)
    assert campus.digest() == before


def wrong_requests(campus: Campus, endpoint: Endpoint, valid: Wish) -> Iterator[tuple[str, Wish]]:
    """Requests with one thing wrong, and the pointer to it."""
    yield "/no_such", replace(valid, query={**valid.query, "no_such": "1"})
    if endpoint.query is not None:
        for field in msgspec.structs.fields(endpoint.query):
            name = field.encode_name
            if not takes(field.type, "no such", strict=False):
                yield f"/{name}", replace(valid, query={**valid.query, name: "no such"})
    if endpoint.method not in ("GET", "DELETE") and endpoint.body is None:
        yield "/no_such", replace(valid, body={"no_such": 1})
    if takes_json(endpoint):
        body = json.loads(campus.body(endpoint, valid))
        yield "/no_such", replace(valid, body=body | {"no_such": 1})
        for field in msgspec.structs.fields(endpoint.body):
            name = field.encode_name
            wrong = next(value for value in VALUES if not takes(field.type, value))
            yield f"/{name}", replace(valid, body=body | {name: wrong})
            if field.required:
                rest = {other: value for other, value in body.items() if other != name}
                yield f"/{name}", replace(valid, body=rest)


def takes(kind: Any, value: Any, strict: bool = True) -> bool:
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError:
        return False
    return True


# --- life-cycles


def test_there_is_a_sample_of_every_state_of_every_life_cycle() -> None:
    for kind in kinds():
        assert set(samples.orders()[kind.kind].states) == kind.states, kind.kind


async def test_a_step_is_refused_to_whoever_sees_the_order_but_is_no_party(campus: Campus) -> None:
    tried = [
        (kind, step, (await samples.ready(campus, kind, step, state))[0])
        for kind, step in steps()
        for state in step.source
    ]
    campus.show_orders_to_everyone()
    before = campus.digest()
    for kind, step, order in tried:
        for who in set(campus.everyone()) - set(samples.parties(kind, step, order)):
            status = await taken(campus, kind, step, order, who)
            assert status == 403, (kind.kind, step.name, order["state"], who)
    assert campus.digest() == before


async def test_an_order_does_not_exist_for_whoever_may_not_see_it(campus: Campus) -> None:
    for kind in kinds():
        orders = [await samples.an_order(campus, kind, state) for state in sorted(kind.states)]
        before = campus.digest()
        for order, who in product(orders, campus.everyone()):
            if not sees(campus.context(who).actor, order):
                wish = Wish(names={"order_id": order["_id"]})
                assert (await campus.ask(campus.endpoint("orders_one"), wish, who)).code == 404
                assert await taken(campus, kind, kind.transitions[0], order, who) == 404
        assert campus.digest() == before


async def test_a_step_is_refused_in_every_state_it_does_not_start_from(campus: Campus) -> None:
    orders = [
        (kind, await samples.an_order(campus, kind, state))
        for kind in kinds()
        for state in sorted(kind.states)
    ]
    before = campus.digest()
    for kind, order in orders:
        for step in (step for step in kind.transitions if order["state"] not in step.source):
            for who in samples.parties(kind, step, order):
                status = await taken(campus, kind, step, order, who)
                # 200 is the answer to a repeat of one's own last step
                assert status in (200, 403, 404, 409), (step.name, order["state"], who)
    assert campus.digest() == before


async def test_a_step_taken_by_a_party_happens_once_however_often_it_is_sent(
    campus: Campus,
) -> None:
    for kind, step in steps():
        for state in step.source:
            order, who = await samples.ready(campus, kind, step, state)
            before = acts(campus)
            assert await taken(campus, kind, step, order, who) == 200, (step.name, state, who)
            if {by.__name__ for by in step.by} == {Role.MANAGER.value}:
                assert acts(campus) == before + 1, f"{step.name} leaves no record"
            after = campus.digest()
            assert await taken(campus, kind, step, order, who) in (200, 403, 404, 409)
            assert campus.digest() == after, (step.name, state)
            assert times_taken(campus, step, order) == 1, (step.name, state)
    for order in campus.database["orders"].find():
        assert order.get("found_by", []) == marks.borne(order), (order["kind"], order["state"])


async def taken(campus: Campus, kind: Workflow, step: Transition, order: Document, who: str) -> int:
    """The status of the reply; a step without an address is tried without one."""
    endpoint = campus.way_to(kind, step)
    if who != CLOCK.id and endpoint is not None:
        match = order["version"] if step.stays else None
        wish = Wish(names={"order_id": order["_id"]}, if_match=match)
        return (await campus.ask(endpoint, wish, who)).code
    try:
        await take(campus, campus.house, step, order, who)
    except Refusal as refusal:
        return refusal.status
    return 200


async def take(
    campus: Campus, house: House, step: Transition, order: Document, who: str
) -> Document:
    """The order after a step, by way of one of several processes."""
    match = order["version"] if step.stays else None
    ctx = campus.context(who, house, if_match=match)
    return await transition(ctx, order["_id"], step.name, body_of(campus, step))


def body_of(campus: Campus, step: Transition) -> Any:
    if step.needs is None:
        return None
    return msgspec.convert(example(step.needs, campus.names, {}), step.needs)


def times_taken(campus: Campus, step: Transition, order: Document) -> int:
    """How often the timeline has this step since the order was `order`."""
    found = campus.database["orders"].find_one({"_id": order["_id"]})
    assert found is not None
    fresh = found["timeline"][len(order["timeline"]) :]
    assert len(fresh) == found["version"] - order["version"]
    return [entry["transition"] for entry in fresh].count(step.name)


async def test_a_step_raced_by_two_processes_happens_once(campus: Campus) -> None:
    other = await build_app(campus.app.settings, clock=campus.clock)
    for kind, step in steps():
        for state in step.source:
            order, who = await samples.ready(campus, kind, step, state)
            houses = [campus.house, other.house] * (RACERS // 2)
            race = [take(campus, house, step, order, who) for house in houses]
            results = await asyncio.gather(*race, return_exceptions=True)
            faults = [each for each in results if isinstance(each, BaseException)]
            assert all(isinstance(fault, Refusal) for fault in faults), (step.name, faults)
            assert len(faults) < RACERS, (step.name, state, faults)
            assert times_taken(campus, step, order) == 1, (step.name, state)
            check = samples.orders()[kind.kind].check
            if check is not None:
                await check(campus)
    disconnect(other.house.store)


# --- the database


async def test_no_query_looks_at_more_than_five_times_what_it_wants(campus: Campus) -> None:
    for kind in kinds():
        for state in sorted(kind.states):
            await samples.an_order(campus, kind, state)
    crowd(campus)
    with listening() as heard:
        for endpoint in endpoints():
            wish = await samples.wish(campus, endpoint)
            await campus.ask(endpoint, wish, wish.who or campus.allowed(endpoint))
        for job in jobs():
            await job(campus.house)
    assert len({query.shape for query in heard}) > 50
    for query in {query.shape: query for query in heard}.values():
        cost = work(campus.database, query)
        assert cost.examined <= 5 * max(1, cost.wanted), (cost, query)
