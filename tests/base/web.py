"""A small site to try the HTTP machinery with: toy endpoints on a real server on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from handlers.base.app import HttpOptions, Signals, WebApplication, make_application
from handlers.base.endpoint import Registry
from models.base.context import House
from models.base.feeds import OrderChanged
from models.base.store import Store, Unreachable
from tests.machinery import MovingClock, a_house

KEY = "0123456789abcdef"


@dataclass
class Ended:
    """Sessions a test has ended, and how they are asked about."""

    sids: set[str] = field(default_factory=set)
    unheard: set[str] = field(default_factory=set)  # ended elsewhere a moment ago
    by_reading: bool = False
    unreachable: bool = False  # the database is away

    def is_revoked(self, claims: Mapping[str, Any]) -> Any:
        over = claims["sid"] in self.sids
        return self.read(claims) if self.by_reading else over

    async def read(self, claims: Mapping[str, Any]) -> bool:
        await asyncio.sleep(0)
        if self.unreachable:
            raise Unreachable("away")
        return claims["sid"] in self.sids | self.unheard


@dataclass
class ByHand:
    """A feed on which the test itself speaks."""

    subscribers: list[Callable[[OrderChanged | None], None]] = field(default_factory=list)

    def subscribe(self, told: Callable[[OrderChanged | None], None]) -> Callable[[], None]:
        self.subscribers.append(told)
        told(None)
        return lambda: self.subscribers.remove(told)

    def say(self, change: OrderChanged | None) -> None:
        for told in self.subscribers:
            told(change)


@dataclass
class Site:
    """The running application and a client of it."""

    port: int
    house: House
    clock: MovingClock
    application: WebApplication
    ended: Ended
    feed: ByHand
    missing: list[str] = field(default_factory=list)  # what /readyz finds missing

    def token(
        self, person: str = "per_ann", roles: tuple[str, ...] = ("staff",), **claims: Any
    ) -> str:
        """An access token as sign-in would issue it."""
        body = {
            "sub": person,
            "sid": f"ses_{person}",
            "jti": "jti",
            "no": "S0001",
            "name": "安安",
            "unit": "uni_1",
            "roles": list(roles),
            "tokens": [f"p:{person}"],
        }
        return self.house.keys.sign_access(body | claims, self.clock())

    async def fetch(
        self, method: str, path: str, body: Any = None, token: str | None = "", **headers: str
    ) -> HTTPResponse:
        """One request; `token=""` is an ordinary person, None nobody. Headers: `_` for `-`."""
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token or self.token()}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        request = HTTPRequest(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            headers=sent,
            body=body,
            allow_nonstandard_methods=True,
            follow_redirects=False,
            decompress_response=False,
        )
        return await AsyncHTTPClient().fetch(request, raise_error=False)

    async def exchange(self, *parts: bytes) -> bytes:
        """Write `parts` to a bare socket and read until the server closes it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()


@asynccontextmanager
async def serving(registry: Registry, **options: Any) -> AsyncIterator[Site]:
    """A site of the endpoints in `registry`; rules that need a database pass `store`."""
    clock = MovingClock()
    house = a_house(options.pop("store", cast(Store, None)), clock)
    ended, feed = Ended(), ByHand()
    missing: list[str] = []

    async def ready() -> str:
        return ", ".join(missing)

    signals = Signals(revocations=ended, feed=options.pop("feed", feed), ready=ready)
    application = make_application(house, registry, HttpOptions(**options), signals)
    server = HTTPServer(application)
    socket, port = bind_unused_port()
    server.add_socket(socket)
    try:
        yield Site(port, house, clock, application, ended, feed, missing)
    finally:
        server.stop()
        await server.close_all_connections()
        AsyncHTTPClient().close()


def problem(response: HTTPResponse) -> dict[str, Any]:
    """The refusal in a reply, after checking that it is one."""
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.body)
    assert body["status"] == response.code
    assert body["request_id"] == response.headers["X-Request-Id"]
    return body
