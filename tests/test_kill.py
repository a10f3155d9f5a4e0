"""Killed at any point, nothing is wrong afterwards: each step of a server, and random moments of a
rush, of the server and of the database.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from pymongo import MongoClient
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from models import people
from models.base.clock import campus_date, system_clock
from models.base.delivery import LEASE
from models.base.ids import new_id
from models.base.store import Document, Store
from server.database import connected, prepare
from server.settings import Settings
from tests.base.lossy import lossy
from tests.killable import killable_database
from tests.machinery import MovingClock, a_house
from tests.meals_house import DESK, HOUR, Meals, a_person, a_sitting, everybody
from tests.served import ServerProcess, environment, server_process
from tests.simulated import Simulator

PLACES: Final = 20
CROWD: Final = tuple(f"per_{number}" for number in range(36))
CANCELLERS: Final = 4  # of those who have a place: others are offered it
LATE: Final = ("per_late_1", "per_late_2", "per_late_3")  # whose breakfast the clock calls missed
PATIENCE: Final = 30.0  # seconds for what nothing holds up
# A command of the dead may still take a lease after `a_minute_passes`; it has to run out then.
SETTLED: Final = PATIENCE + LEASE.total_seconds()
RANDOM_KILLS: Final = int(os.environ.get("KILL_ROUNDS", "1"))

# Each step port, and the how manieth passing is the server's last.
CRASHES: Final = (
    "group.read:2", "group.written:1", "group.written:3", "group.committed:2", "clock.before:2",
    "transition.before:1", "transition.after:1", "outbox.posted:1", "push.claimed:2", "push.sent:1",
)  # fmt: skip

Wanted = dict[str, tuple[str, Any]]  # person -> path and body of a request

pytestmark = pytest.mark.slow


@dataclass
class Rush:
    """A lunch for which more people ask than there are places, some of whom think better of it.

    `acknowledged` holds what a server has said yes to, by request; it must all be there ever after.
    """

    meals: Meals
    settings: Settings
    client: AsyncHTTPClient
    url: str = ""
    acknowledged: dict[str, Document] = field(default_factory=dict)
    breakfasts: list[Document] = field(default_factory=list)
    cancellers: tuple[str, ...] = ()
    eater: Document | None = None  # the order of who comes to the counter
    replies: int = 0
    fatal: int = 0  # the reply at which `strike` kills
    strike: Callable[[], object] = lambda: None

    async def live(self) -> dict[str, int]:
        """Everybody asks for what they want, with the same keys as ever; the statuses."""
        if not self.breakfasts:
            await self._miss_breakfast()
        lunch = {"sitting_id": "sit_1", "wait": True}
        booked = await self._ask_all(dict.fromkeys(CROWD, ("/meals", lunch)))
        return booked | await self._ask_all(self._cancels() | self._scan())

    async def _miss_breakfast(self) -> None:
        """Some ordered breakfast early in the morning and did not come."""
        clock = MovingClock(system_clock() - 5 * HOUR)
        early = replace(self.meals, house=a_house(self.meals.store, clock), clock=clock)
        for person in LATE:
            self.breakfasts.append(await early.book(person, sitting_id="sit_0"))

    def _cancels(self) -> Wanted:
        """Of the first who know that they have a place; who is served first is nobody's to say."""
        orders = {who: self.acknowledged.get(f"{who} /meals", {}) for who in CROWD}
        booked = [who for who, order in orders.items() if order.get("state") == "booked"]
        self.cancellers = self.cancellers or tuple(booked[:CANCELLERS])
        return {who: (f"/meals/{orders[who]['id']}/cancel", {}) for who in self.cancellers}

    def _scan(self) -> Wanted:
        """The counter's, of the first code that somebody is known to have and to keep."""
        lunches = [said for said in self.acknowledged.values() if "code" in said.get("data", ())]
        kept = (order for order in lunches if order["owner"] not in self.cancellers)
        self.eater = self.eater or next(kept, None)
        if self.eater is None:
            return {}
        scan = {"code": self.eater["data"]["code"], "scan_id": "the-only-scan"}
        return {DESK: ("/meals/redemptions", scan)}

    async def _ask_all(self, wanted: Wanted) -> dict[str, int]:
        asked = {
            f"{who} {path}": self._ask(who, path, body) for who, (path, body) in wanted.items()
        }
        return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))

    async def _ask(self, who: str, path: str, body: Any) -> int:
        """The status of one request; 0 where no answer came."""
        claims = people.claims(self.meals.persons[who])
        claims |= {"sid": f"ses_{who}", "jti": new_id("jti")}
        headers = {
            "Authorization": f"Bearer {self.settings.keys.sign_access(claims, system_clock())}",
            "Idempotency-Key": f"{who}-{path.rpartition('/')[2]}".ljust(16, "0"),
            "Content-Type": "application/json",
        }
        request = HTTPRequest(
            f"{self.url}/api/v1{path}", "POST", headers, msgspec.json.encode(body),
            request_timeout=PATIENCE,
        )  # fmt: skip
        try:
            reply = await self.client.fetch(request, raise_error=False)
        except (OSError, HTTPClientError):
            return 0
        if reply.code in (200, 201):
            self.acknowledged[f"{who} {path}"] = msgspec.json.decode(reply.body)
            self.replies += 1
            if self.replies == self.fatal:
                self.strike()
        return reply.code

    async def agree(self) -> None:
        """Places sold, orders, claims and queue agree; whatever was acknowledged is there."""
        await self.meals.balance()
        for said in self.acknowledged.values():
            order = said.get("order", said)
            stored = await self.meals.order(order["id"])
            assert stored["version"] >= order["version"]
            assert len(stored["timeline"]) == stored["version"]

    async def settle(self) -> None:
        """Ask for everything again, until all is answered with yes and all that is due is done."""
        deadline = asyncio.get_running_loop().time() + SETTLED
        while True:
            statuses = set((await self.live()).values())
            assert statuses <= {200, 201, 503, 0}
            if statuses <= {200, 201} and await self._is_quiet():
                return
            assert asyncio.get_running_loop().time() < deadline, statuses

    async def _is_quiet(self) -> bool:
        """Nothing is due, nor under way: a lease taken while we look ends a little later still."""
        store, soon = self.meals.store, system_clock() + 2 * LEASE
        sitting = await store.get("sittings", "sit_1")
        assert sitting is not None
        due = (("orders", "wake_at"), ("orders", "outbox_at"), ("deliveries", "push_at"))
        counts = [await store.count(where, {at: {"$lte": soon}}) for where, at in due]
        return not any(counts) and sitting["left"] == 0

    async def check(self, simulator: Simulator) -> None:
        """Each has one order that took each step once; every place is sold; all were told once."""
        await self.agree()
        orders = await self.meals.store.find("orders", {})
        assert sorted(order["owner"] for order in orders) == sorted((*CROWD, *LATE))
        for order in orders:
            steps = [entry["transition"] for entry in order["timeline"]]
            assert len(steps) == len(set(steps)), steps
        states = {order["owner"]: order["state"] for order in orders}
        assert {states[who] for who in self.cancellers} <= {"cancelled", "left"}
        assert {states[who] for who in LATE} == {"missed"}
        assert self.eater is not None
        assert states[self.eater["owner"]] == "eaten"
        await self._check_messages(simulator, orders)

    async def _check_messages(self, simulator: Simulator, orders: list[Document]) -> None:
        """One message in the app about each offer and each miss; one SMS about each offer."""
        for template, step in (("meal-offered", "offer"), ("meal-missed", "miss")):
            about = [o["_id"] for o in orders if step in (e["transition"] for e in o["timeline"])]
            told = await self.meals.store.find("deliveries", {"template": template})
            assert sorted(message["order"] for message in told) == sorted(about)
        told = await self.meals.store.find("deliveries", {"template": "meal-offered"})
        sent = [sms["out_id"] for sms in simulator.sent(kind="sms")]
        assert sorted(sent) == sorted(message["_id"] for message in told)


async def a_rush(store: Store, settings: Settings) -> Rush:
    """A lunch that is served just now, and a breakfast that is over."""
    now = system_clock()
    crowd = [a_person(who, f"S1{n:03}", phone=f"138000{n:05}") for n, who in enumerate(CROWD)]
    late = [a_person(who, f"S2{n:03}") for n, who in enumerate(LATE)]
    persons = [*everybody(), *crowd, *late]
    lunch: Document = {"date": campus_date(now).isoformat(), "early": 120}
    lunch |= {"starts_at": now + HOUR, "ends_at": now + 2 * HOUR, "closes_at": now + HOUR}
    breakfast: Document = {"date": lunch["date"], "meal": {"id": "breakfast", "name": "早餐"}}
    breakfast |= {"starts_at": now - 3 * HOUR, "ends_at": now - 2 * HOUR}
    breakfast |= {"closes_at": now - 4 * HOUR}
    await store.insert("people", *persons)
    await store.insert("units", {"_id": "unt_1", "name": "办公室"})
    await store.insert("sittings", a_sitting("sit_1", PLACES, **lunch))
    await store.insert("sittings", a_sitting("sit_0", len(LATE), **breakfast))
    clock = MovingClock(now)
    meals = Meals(a_house(store, clock), clock, {each["_id"]: each for each in persons})
    return Rush(meals, settings, AsyncHTTPClient(force_instance=True, max_clients=64))


@asynccontextmanager
async def a_world(env: dict[str, str]) -> AsyncIterator[Rush]:
    """A rush to come, in the database of a server with the environment `env`."""
    async with connected(env["MONGODB_URI"], env["DATABASE"]) as store:
        await prepare(store, system_clock)
        rush = await a_rush(store, Settings.from_env(env))
        yield rush
        rush.client.close()


async def killed(server: ServerProcess) -> bool:
    """Whether a process that is about to die was killed and did not end by itself."""
    return await asyncio.wait_for(asyncio.to_thread(server.process.wait), SETTLED) == -9


async def a_minute_passes(store: Store, driver: MongoClient[Document]) -> None:
    """The database ends the transactions of the dead, and their leases on messages run out."""
    driver.admin.command({"killAllSessions": []})
    leased = {"push_at": {"$gt": system_clock()}}
    await store.update_all("deliveries", leased, {"$set": {"push_at": system_clock()}})


@pytest.fixture
def env(database_uri: str, database_name: str, simulator: Simulator) -> dict[str, str]:
    """The environment of a server on the database of this run."""
    return environment(database_uri, database_name, simulator)


async def restart_and_check(
    rush: Rush, env: dict[str, str], simulator: Simulator, log: Path
) -> None:
    with server_process(env, log) as server:
        rush.url = server.url
        await rush.settle()
    await rush.check(simulator)


@pytest.mark.parametrize("at", CRASHES)
async def test_a_server_killed_at_a_step_leaves_nothing_wrong(
    driver: MongoClient[Document],
    env: dict[str, str],
    simulator: Simulator,
    tmp_path: Path,
    at: str,
) -> None:
    async with a_world(env) as rush:
        crash = env | {"CRASH_AT": at}
        with server_process(crash, tmp_path / "crash.log", "tests.crashing") as server:
            rush.url = server.url
            end = asyncio.create_task(killed(server))
            while not end.done():  # who was told to try later does so
                await rush.live()
                await asyncio.wait([end], timeout=1)
            assert end.result()
        await a_minute_passes(rush.meals.store, driver)
        await rush.agree()
        await restart_and_check(rush, env, simulator, tmp_path / "log")


@pytest.mark.parametrize("seed", range(RANDOM_KILLS))
async def test_a_server_killed_amid_a_rush_leaves_nothing_wrong(
    driver: MongoClient[Document],
    env: dict[str, str],
    simulator: Simulator,
    tmp_path: Path,
    seed: int,
) -> None:
    moment = random.Random(seed).randint(1, len(CROWD))
    async with a_world(env) as rush:
        with server_process(env, tmp_path / "crash.log") as server:
            rush.url = server.url
            rush.strike, rush.fatal = server.process.kill, moment
            await rush.live()
            assert await killed(server)
        await a_minute_passes(rush.meals.store, driver)
        await rush.agree()
        await restart_and_check(rush, env, simulator, tmp_path / "log")


@pytest.mark.parametrize("seed", range(RANDOM_KILLS))
async def test_a_database_killed_amid_a_rush_leaves_nothing_wrong(
    simulator: Simulator, tmp_path: Path, seed: int
) -> None:
    moment = random.Random(seed).randint(1, len(CROWD))
    with killable_database() as database, lossy(database.port) as way:
        env = environment(way.uri, "rush", simulator)
        async with a_world(env) as rush:
            with server_process(env, tmp_path / "log") as server:
                rush.url = server.url
                rush.strike, rush.fatal = database.kill, moment
                await rush.live()
                await asyncio.to_thread(database.restart)
                way.target = database.port
                await rush.agree()
                await rush.settle()
            await rush.check(simulator)
