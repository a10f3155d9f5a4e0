"""The whole house as the contract test meets it: one person of every role, and samples of all
services. Every reply that comes this way is checked against the OpenAPI document.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import count
from typing import Any, cast
from urllib.parse import quote, urlencode

import msgspec
from pymongo.database import Database
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from handlers.base.bodies import Intake
from handlers.base.endpoint import Endpoint, registry
from models import people
from models.base import visibility
from models.base.chores import chores, seldom_chores
from models.base.clock import campus_date
from models.base.clockwork import tick
from models.base.context import CLOCK, Actor, Context, House
from models.base.delivery import hand_over, push
from models.base.expiry import remove_expired
from models.base.indexes import INDEXES
from models.base.roles import Role
from models.base.store import Document
from models.base.waiting import promote
from models.base.workflow import Transition, Workflow, workflows
from models.visitors.log import SCANS
from scripts.simulator.accounts import openid_of
from server.app import App, discover
from tests.conformance import Conformance
from tests.examples import example
from tests.machinery import MONDAY, MovingClock
from tests.meals_house import BOSS, everybody
from tests.served import environment, serving
from tests.simulated import Simulator

STRANGER, OTHER_BOSS = "per_device", "per_other_boss"
_LASTING = {SCANS: {"decision": {"$ne": "refuse"}}}
_AN_ID = re.compile(r"\b[a-z]{3}_")
PLACES = (
    "ctn_1",
    "meetings",
    "ven_1",
    "gate_1",
    "security",
)  # where everybody serves who serves anywhere


@cache
def population() -> tuple[Document, ...]:
    """The people of tests/meals_house.py, and one more for each role that none of them has.

    All of those serve at the very places of the samples, so that only their role speaks against
    them; another manager decides for another service.
    """
    persons = everybody()
    taken = {role for person in persons for role in person["roles"]}
    for number, role in enumerate((role for role in Role if role not in taken), 1):
        person = people.new(f"X{number:04}", role.value, "unt_9") | {"_id": f"per_{role.value}"}
        posts = [{"role": role, "at": place} for place in PLACES]
        persons.append(person | {"roles": [role.value], "posts": posts})
    other = next(person for person in persons if person["_id"] == BOSS)
    post = {"role": "manager", "at": "people"}
    persons.append(other | {"_id": OTHER_BOSS, "employee_no": "A0002", "posts": [post]})
    return tuple(person | _reached(person) for person in persons)


def _reached(person: Document) -> Document:
    number = person["employee_no"]
    return {"openid": openid_of(number), "phone": f"138{ord(number[0]):04}{number[1:]}"}


def endpoints() -> list[Endpoint]:
    """Every endpoint of the product; toy services of other tests may be declared beside them."""
    discover()
    toys = {each.service for each in workflows()} - {each.service for each in kinds()}
    return [each for each in registry if each.tag not in toys]


def kinds() -> list[Workflow]:
    """Every life-cycle of the product."""
    return [each for each in workflows() if each.draft.__module__.startswith("models.")]


def steps() -> list[tuple[Workflow, Transition]]:
    """Every transition that somebody takes, of every life-cycle of the product."""
    return [(kind, step) for kind in kinds() for step in kind.transitions if step.by]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What to send instead of what the types suggest; `names` go into path, query and body."""

    who: str = ""  # somebody of a role that is allowed
    names: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None  # bytes are sent as they are
    media_type: str = "application/json"
    if_match: int | None = None


@dataclass
class Campus:
    """The running house, and how a person asks it for something."""

    app: App
    clock: MovingClock
    simulator: Simulator
    database: Database[Document]
    conformance: Conformance
    names: dict[str, Any] = field(default_factory=dict)
    sessions: Iterator[int] = field(default_factory=count)
    keys: Iterator[int] = field(default_factory=count)

    @property
    def house(self) -> House:
        return self.app.house

    def person(self, who: str) -> Document:
        found = self.database["people"].find_one({"_id": who})
        assert found is not None
        return found

    def everyone(self) -> list[str]:
        """All people, by id."""
        return [person["_id"] for person in population()]

    def context(self, who: str, house: House | None = None, **changes: Any) -> Context:
        """A turn of a person, or of the clock, in this house or another one on its database."""
        place = house or self.house
        actor: Actor = (
            CLOCK if who == CLOCK.id else people.actor(self.person(who), campus_date(place.clock()))
        )
        return Context(house=place, actor=actor, now=place.clock(), **changes)

    def endpoint(self, name: str) -> Endpoint:
        return {endpoint.name: endpoint for endpoint in registry}[name]

    def way_to(self, kind: Workflow, step: Transition) -> Endpoint | None:
        """Where people take a step; None where only the clock takes it."""
        path = f"/api/v1/{kind.path or kind.service}/{{order_id}}/{step.name}"
        return next((endpoint for endpoint in registry if endpoint.path == path), None)

    def json(self, reply: HTTPResponse) -> dict[str, Any]:
        """The JSON object in a reply."""
        return dict(msgspec.json.decode(reply.body))

    def token(self, who: str, roles: Sequence[Role] | None = None) -> str:
        """An access token as sign-in would make it now, of a session of its own."""
        claims = people.claims(self.person(who), campus_date(self.clock()))
        claims |= {"roles": claims["roles"] if roles is None else roles}
        claims |= {"sid": f"ses_{next(self.sessions)}", "jti": "jti"}
        return self.house.keys.sign_access(claims, self.clock())

    def key(self) -> str:
        """A new idempotency key."""
        return f"contract-test-{next(self.keys):08}"

    def digest(self) -> dict[str, str]:
        """What is stored, in a few characters for each collection; a gate writes down what it
        refuses, and that alone a refusal may leave behind.
        """
        found = {}
        for name in sorted(self.database.list_collection_names()):
            content = hashlib.sha256()
            where = _LASTING.get(name)
            for batch in self.database[name].find_raw_batches(where, sort=[("_id", 1)]):
                content.update(cast(bytes, batch))
            found[name] = content.hexdigest()
        return found

    async def ask(
        self,
        endpoint: Endpoint,
        wish: Wish,
        who: str | None,
        roles: Sequence[Role] | None = None,
        **headers: str,
    ) -> HTTPResponse:
        """The checked reply to one request of a person (with other roles), or of nobody."""
        sent = {"Content-Type": wish.media_type}
        if who is not None:
            sent["Authorization"] = f"Bearer {self.token(who, roles)}"
        if endpoint.once:
            sent["Idempotency-Key"] = self.key()
        if wish.if_match is not None:
            sent["If-Match"] = f'"{wish.if_match}"'
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        reply = await AsyncHTTPClient().fetch(
            HTTPRequest(
                f"http://127.0.0.1:{self.app.port}{self.address(endpoint, wish)}",
                method=endpoint.method,
                headers={name: text for name, text in sent.items() if text},
                body=None if endpoint.method in ("GET", "DELETE") else self.body(endpoint, wish),
                allow_nonstandard_methods=True,
            ),
            raise_error=False,
        )
        self.conformance.check(endpoint.method, endpoint.path, reply)
        return reply

    def address(self, endpoint: Endpoint, wish: Wish) -> str:
        """The path with its names filled in, and the query that its type suggests."""
        names = {**self.names, **wish.names}
        path = endpoint.path
        for name in endpoint.path_types:
            assert name in names, f"{endpoint.name}: say in tests/samples what {name} may be"
            path = path.replace(f"{{{name}}}", quote(names[name], safe=""))
        query = example(endpoint.query, self.names, wish.names) if endpoint.query else {}
        query = {**query, **wish.query}
        return f"{path}?{urlencode(query)}" if query else path

    def body(self, endpoint: Endpoint, wish: Wish) -> bytes:
        """The body that is wished for, or the one that its type suggests."""
        if isinstance(wish.body, bytes):
            return wish.body
        body = wish.body
        if body is None and takes_json(endpoint):
            body = example(endpoint.body, self.names, wish.names)
        return b"" if body is None else json.dumps(body).encode()

    def show_orders_to_everyone(self) -> None:
        """Let every order exist for every person, so that only its own rules protect it."""
        tokens = [visibility.person(who) for who in self.everyone()]
        self.database["orders"].update_many({}, {"$addToSet": {"seen_by": {"$each": tokens}}})

    def allowed(self, endpoint: Endpoint) -> str | None:
        """The first person with a role that is allowed; None where nobody need sign in."""
        for role in (role for role in Role if role in endpoint.allow):
            return self.of_role(role)
        return None

    def of_role(self, role: Role) -> str:
        """Somebody with this role, and as few others as there is."""
        held = [person for person in population() if role in person["roles"]]
        return str(min(held, key=lambda person: len(person["roles"]))["_id"])


def takes_json(endpoint: Endpoint) -> bool:
    """Whether its body is a JSON object."""
    return endpoint.body is not None and Intake(endpoint.body).marker is None


@asynccontextmanager
async def open_campus(
    uri: str, database: Database[Document], simulator: Simulator, start: datetime = MONDAY
) -> AsyncIterator[Campus]:
    """The house on an empty database, with its people in place."""
    clock = MovingClock(start)
    env = environment(uri, database.name, simulator, WORKER="0")
    async with serving(env, clock=clock) as app:
        _keep_what_expires(database)
        await app.house.store.insert("people", *population())
        units: list[Mapping[str, Any]] = [{"_id": f"unt_{n}", "name": f"{n}处"} for n in (1, 2, 9)]
        await app.house.store.insert("units", *map(dict, units))
        campus = Campus(app, clock, simulator, database, await _conformance(app))
        yield campus


def _keep_what_expires(database: Database[Document]) -> None:
    """The database would remove by its own clock what is fresh by ours, at any moment."""
    for name, indexes in INDEXES.items():
        for index in indexes:
            if "expire_after" in index.options:
                database[name].drop_index(index.name)


async def _conformance(app: App) -> Conformance:
    document = await AsyncHTTPClient().fetch(f"http://127.0.0.1:{app.port}/api/openapi.json")
    return Conformance(msgspec.json.decode(document.body))


def crowd(campus: Campus, campuses: int = 6) -> None:
    """Put so many other campuses beside this one: the same documents about other things."""
    for name in campus.database.list_collection_names():
        unique = {
            key
            for index in INDEXES.get(name, ())
            for key, _ in index.keys
            if index.options.get("unique")
        }
        here = list(campus.database[name].find())
        there = [
            _elsewhere(document, number, {"_id", *unique})
            for document in here
            for number in range(campuses)
            if isinstance(document["_id"], str)
        ]
        if there:
            campus.database[name].insert_many(there)


def _elsewhere(document: Document, number: int, unique: set[str]) -> Document:
    moved = {name: _renamed(value, number) for name, value in document.items()}
    return moved | {name: f"{document[name]}x{number}" for name in unique if name in document}


def _renamed(value: Any, number: int) -> Any:
    """A value in which everything named by an id is something else."""
    if isinstance(value, str):
        return f"{value}x{number}" if _AN_ID.search(value) else value
    if isinstance(value, Mapping):
        return {name: _renamed(inner, number) for name, inner in value.items()}
    return [_renamed(inner, number) for inner in value] if isinstance(value, list) else value


def jobs() -> list[Callable[[House], Awaitable[int]]]:
    """What the workers do all the time."""

    async def sweep(house: House) -> int:
        return await remove_expired(house.store, house.clock())

    return [hand_over, tick, promote, *chores(), *seldom_chores(), push, sweep]
