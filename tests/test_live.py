"""Live updates over two server processes on one database: told once, to the right people, until
they sign out, leave, or the server goes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from handlers.base import live
from models import people
from models.base import visibility
from models.base.clock import system_clock
from models.base.ids import new_id
from models.base.revocations import REVOCATIONS, person_changed
from models.base.store import Document, Store
from models.meals.sittings import SITTINGS
from server.settings import Settings
from tests.meals_house import ANN, BOB, CAT, DESK, HOUR, a_sitting, everybody
from tests.served import ServerProcess, environment, server_process
from tests.simulated import Simulator

RESYNC: Final = {"resync": True}
SOON: Final = 5.0  # seconds within which everything here must be heard

pytestmark = pytest.mark.slow


@contextmanager
def two(env: dict[str, str], folder: Path) -> Iterator[list[ServerProcess]]:
    """Two servers on the same database."""
    with (
        server_process(env, folder / "one.log") as one,
        server_process(env, folder / "two.log") as other,
    ):
        yield [one, other]


class House:
    """Two server processes, and people who use them."""

    def __init__(self, servers: list[ServerProcess], settings: Settings) -> None:
        self.servers = servers
        self.settings = settings
        self.persons = {person["_id"]: person for person in everybody()}

    def token(self, who: str, **more: Any) -> str:
        claims = people.claims(self.persons[who]) | {"sid": f"ses_{who}", "jti": "jti"} | more
        return self.settings.keys.sign_access(claims, system_clock())

    async def ask(self, at: int, who: str, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer of one server, which must be a yes."""
        headers = {"Authorization": f"Bearer {self.token(who)}", "Idempotency-Key": new_id("key")}
        headers["Content-Type"] = "application/json"
        url = f"{self.servers[at].url}/api/v1{path}"
        content = None if body is None else json.dumps(body)
        request = HTTPRequest(url, method, headers, content, allow_nonstandard_methods=True)
        reply = await AsyncHTTPClient().fetch(request)
        return json.loads(reply.body) if reply.body else None

    async def order(self, at: int, who: str) -> Any:
        return await self.ask(at, who, "POST", "/meals", {"sitting_id": "sit_1"})

    async def cancel(self, at: int, who: str, order: Any) -> Any:
        return await self.ask(at, who, "POST", f"/meals/{order['id']}/cancel", {})

    @asynccontextmanager
    async def listening(self, at: int, who: str, **claims: Any) -> AsyncIterator[Ear]:
        url = f"ws{self.servers[at].url.removeprefix('http')}/api/v1/live"
        connection = await websocket_connect(url)
        try:
            await connection.write_message(json.dumps({"token": self.token(who, **claims)}))
            ear = Ear(connection)
            greeted = await asyncio.wait_for(connection.read_message(), SOON)
            assert json.loads(greeted or "null") == RESYNC
            yield ear
        finally:
            connection.close()


class Ear:
    """A client of the live address that has said who it is."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self.connection = connection

    async def hear(self) -> Any:
        """What the next frame tells of an order, or the close code.

        A server that has just started says `resync` once more when its change stream opens.
        """
        while True:
            text = await asyncio.wait_for(self.connection.read_message(), SOON)
            if text is None:
                return self.connection.close_code
            if json.loads(text) != RESYNC:
                return json.loads(text)


def frame(order: Any) -> Document:
    return {
        "order_id": order["id"],
        "kind": "meal",
        "state": order["state"],
        "version": order["version"],
    }


@pytest.fixture
async def house(
    store: Store, database_uri: str, database_name: str, simulator: Simulator, tmp_path: Path
) -> AsyncIterator[House]:
    now = system_clock()
    times: dict[str, Any] = {
        "starts_at": now + 3 * HOUR,
        "ends_at": now + 4 * HOUR,
        "closes_at": now + 2 * HOUR,
    }
    await store.insert("people", *everybody())
    await store.insert(SITTINGS, a_sitting(**times))
    env = environment(database_uri, database_name, simulator)
    with two(env, tmp_path) as servers:
        yield House(servers, Settings.from_env(env))


async def test_a_change_at_one_server_is_told_by_both_and_to_nobody_else(house: House) -> None:
    async with (
        house.listening(0, ANN) as here,
        house.listening(1, ANN) as there,
        house.listening(1, DESK) as desk,
        house.listening(0, BOB) as bob,
        house.listening(1, BOB) as bob_there,
    ):
        order = await house.order(0, ANN)
        for ear in (here, there, desk):
            assert await ear.hear() == frame(order)
        after = await house.cancel(1, ANN, order)
        assert after["version"] == order["version"] + 1
        for ear in (here, there, desk):
            assert await ear.hear() == frame(after)
        # Bob hears of his own order first: of Ann's he has heard nothing before it.
        his = await house.order(1, BOB)
        for ear in (bob, bob_there, desk):
            assert await ear.hear() == frame(his)


async def test_a_deputy_hears_of_the_orders_they_stand_in_for_and_no_others(
    house: House, store: Store
) -> None:
    tokens = [visibility.person(CAT), visibility.deputy(BOB)]
    async with (
        house.listening(0, CAT, tokens=tokens) as deputy,
        house.listening(1, CAT, tokens=tokens) as there,
    ):
        await house.order(1, ANN)
        his = {"_id": "ord_his", "kind": "meal", "state": "booked", "version": 1}
        await store.insert("orders", his | {"seen_by": [visibility.deputy(BOB)]})
        told = {"order_id": "ord_his", "kind": "meal", "state": "booked", "version": 1}
        assert await deputy.hear() == await there.hear() == told


async def test_signing_out_at_one_server_ends_the_sockets_at_both(house: House) -> None:
    async with (
        house.listening(0, ANN) as here,
        house.listening(1, ANN) as there,
        house.listening(1, BOB) as bob,
    ):
        await house.ask(0, ANN, "DELETE", "/sessions/current")
        assert await here.hear() == await there.hear() == live.SIGN_IN_NEEDED
        order = await house.order(0, BOB)
        assert await bob.hear() == frame(order)


async def test_who_leaves_hears_no_more_at_any_server(house: House, store: Store) -> None:
    async with house.listening(0, ANN) as here, house.listening(1, ANN) as there:
        version = house.persons[ANN]["version"] + 1
        await store.insert(REVOCATIONS, person_changed(ANN, version, system_clock()))
        assert await here.hear() == await there.hear() == live.SIGN_IN_NEEDED
