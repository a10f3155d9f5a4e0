"""Live updates: who hears of which order, when a socket ends, what the feed makes of changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from pymongo.uri_parser import parse_uri
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from handlers.base import live
from handlers.base.endpoint import Registry
from models.base.feeds import FORGOTTEN_AFTER, OrderChanged, OrderFeed
from models.base.store import Store
from server.database import connected as connected_to
from tests.base.lossy import lossy
from tests.base.web import Site, serving


def changed(version: int = 2, order: str = "ord_1", *seen_by: str) -> OrderChanged:
    return OrderChanged(order, "meal", "booked", version, seen_by or ("p:per_ann",))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(Registry()) as opened:
        yield opened


class Socket:
    """A client of the live address."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self.connection = connection

    async def say(self, frame: Any) -> None:
        await self.connection.write_message(frame if isinstance(frame, str) else json.dumps(frame))

    async def hear(self) -> Any:
        """The next frame, or the close code."""
        text = await asyncio.wait_for(self.connection.read_message(), 5)
        return self.connection.close_code if text is None else json.loads(text)

    async def greet(self, token: str) -> Socket:
        await self.say({"token": token})
        assert await self.hear() == {"resync": True}
        return self


@asynccontextmanager
async def connected(site: Site, **headers: str) -> AsyncIterator[Socket]:
    address = f"ws://127.0.0.1:{site.port}/api/v1/live"
    connection = await websocket_connect(HTTPRequest(address, headers=headers))
    try:
        yield Socket(connection)
    finally:
        connection.close()


async def test_a_change_is_told_to_those_who_may_see_the_order(site: Site) -> None:
    async with connected(site) as ann, connected(site) as bob:
        await ann.greet(site.token("per_ann"))
        await bob.greet(site.token("per_bob"))
        site.feed.say(changed(2))
        site.feed.say(changed(5, "ord_2", "p:per_bob", "p:per_ann"))
        first = {"order_id": "ord_1", "kind": "meal", "state": "booked", "version": 2}
        assert await ann.hear() == first
        assert (await ann.hear())["order_id"] == "ord_2"
        assert await bob.hear() == first | {"order_id": "ord_2", "version": 5}


async def test_who_loses_sight_of_an_order_is_told_that_and_no_more(site: Site) -> None:
    async with connected(site) as ann, connected(site) as bob:
        await ann.greet(site.token("per_ann"))
        await bob.greet(site.token("per_bob"))
        gone = ("p:per_bob", "p:per_ann", "p:per_cat")
        site.feed.say(OrderChanged("ord_1", "repair", "taken", 2, ("p:per_ann",), gone))
        assert (await ann.hear())["version"] == 2  # another token of hers still sees it
        assert await bob.hear() == {"order_id": "ord_1", "kind": "repair", "gone": True}


async def test_before_the_greeting_nothing_is_told(site: Site) -> None:
    async with connected(site) as ann:
        site.feed.say(changed(2))
        await ann.greet(site.token())
        site.feed.say(changed(3))
        assert (await ann.hear())["version"] == 3


@pytest.mark.parametrize(
    "frame", ["", "{", "[]", '{"token": 1}', '{"token": "x", "a": 1}', "[" * 9000]
)
async def test_a_frame_that_is_no_greeting_ends_the_socket(site: Site, frame: str) -> None:
    async with connected(site) as socket:
        await socket.say(frame)
        assert await socket.hear() == live.NOT_UNDERSTOOD


async def test_a_bad_token_ends_the_socket(site: Site) -> None:
    for token in ("junk", "\ud83c\udf5a", site.token(roles=("emperor",))):
        async with connected(site) as socket:
            await socket.say({"token": token})
            assert await socket.hear() == live.SIGN_IN_NEEDED


async def test_who_never_greets_is_let_go(site: Site) -> None:
    site.application.hub.greeting = 0.01
    async with connected(site) as socket:
        assert await socket.hear() == live.SIGN_IN_NEEDED


async def test_an_ended_session_ends_its_socket(site: Site) -> None:
    async with connected(site) as ann, connected(site) as bob:
        await ann.greet(site.token("per_ann"))
        await bob.greet(site.token("per_bob"))
        site.ended.sids.add("ses_per_ann")
        await site.application.hub.sweep()
        assert await ann.hear() == live.SIGN_IN_NEEDED
        site.feed.say(changed(9, "ord_1", "p:per_bob"))
        assert (await bob.hear())["version"] == 9


async def test_after_the_database_was_away_an_ended_session_still_ends_its_socket(
    site: Site, expect_log: Callable[[str], None]
) -> None:
    expect_log("live connections cannot be checked")
    async with connected(site) as ann:
        await ann.greet(site.token("per_ann"))
        site.ended.by_reading = site.ended.unreachable = True
        await site.application.hub.sweep()
        site.ended.unreachable = False
        site.feed.say(changed(2))
        assert (await ann.hear())["version"] == 2
        site.ended.sids.add("ses_per_ann")
        await site.application.hub.sweep()
        assert await ann.hear() == live.SIGN_IN_NEEDED


async def test_changes_are_listened_to_while_there_are_sockets(site: Site) -> None:
    for _ in range(2):
        assert site.feed.subscribers == []
        async with connected(site) as ann:
            await ann.greet(site.token("per_ann"))
            await ann.say({"token": site.token("per_ann")})  # a fresh one asks for no resync
            site.feed.say(changed(2))
            assert (await ann.hear())["version"] == 2
            await site.application.hub.sweep()
            assert len(site.feed.subscribers) == 1
        async with asyncio.timeout(5):
            while site.feed.subscribers:
                await site.application.hub.sweep()
                await asyncio.sleep(0.01)


async def test_a_greeting_that_cannot_be_checked_is_to_be_tried_again(site: Site) -> None:
    site.ended.by_reading = site.ended.unreachable = True
    async with connected(site) as socket:
        await socket.say({"token": site.token()})
        assert await socket.hear() == live.TRY_AGAIN


async def test_a_token_that_runs_out_ends_the_socket_unless_a_fresh_one_is_sent(site: Site) -> None:
    async with connected(site) as lazy, connected(site) as keen:
        await lazy.greet(site.token("per_ann"))
        await keen.greet(site.token("per_bob"))
        site.clock.forward(minutes=14)
        await keen.say({"token": site.token("per_bob", tokens=["p:per_bob", "desk:east"])})
        site.feed.say(changed(1, "ord_0", "p:per_bob"))
        assert (await keen.hear())["order_id"] == "ord_0"
        site.clock.forward(minutes=2)
        await site.application.hub.sweep()
        assert await lazy.hear() == live.SIGN_IN_NEEDED
        site.feed.say(changed(3, "ord_7", "desk:east"))
        assert (await keen.hear())["order_id"] == "ord_7"


async def test_a_socket_cannot_change_its_person(site: Site) -> None:
    async with connected(site) as socket:
        await socket.greet(site.token("per_ann"))
        await socket.say({"token": site.token("per_bob")})
        assert await socket.hear() == live.NOT_UNDERSTOOD


async def test_a_gap_in_the_feed_is_said(site: Site) -> None:
    async with connected(site) as socket:
        await socket.greet(site.token())
        site.feed.say(None)
        assert await socket.hear() == {"resync": True}


async def test_what_waits_is_bounded_and_only_the_latest_version_goes_out(site: Site) -> None:
    async with connected(site) as socket:
        await socket.greet(site.token())
        for version in (1, 2, 3):  # told in one turn of the loop, before anything is sent
            site.feed.say(changed(version))
        assert (await socket.hear())["version"] == 3
        for number in range(live.MAX_PENDING + 1):
            site.feed.say(changed(1, f"ord_{number}"))
        assert await socket.hear() == {"resync": True}
        site.feed.say(changed(4))
        assert (await socket.hear())["version"] == 4


async def test_a_person_keeps_their_latest_sockets(site: Site) -> None:
    token = site.token()
    async with connected(site) as first:
        await first.greet(token)
        async with several(site, live.MAX_SOCKETS) as others:
            for socket in others:
                await socket.greet(token)
            assert await first.hear() == live.REPLACED


@asynccontextmanager
async def several(site: Site, count: int) -> AsyncIterator[list[Socket]]:
    if not count:
        yield []
        return
    async with connected(site) as socket, several(site, count - 1) as others:
        yield [socket, *others]


async def test_a_process_that_stops_says_goodbye(site: Site) -> None:
    running = asyncio.create_task(site.application.run())
    async with connected(site) as socket:
        await socket.greet(site.token())
        running.cancel()
        assert await socket.hear() == live.GOING_AWAY


async def test_another_origin_is_refused_and_a_named_one_let_in() -> None:
    async with serving(Registry(), allowed_origins=frozenset({"https://campus.example"})) as site:
        with pytest.raises(HTTPClientError) as refused:
            async with connected(site, Origin="https://evil.example"):
                raise AssertionError
        assert refused.value.code == 403
        for origin in ("https://campus.example", f"http://127.0.0.1:{site.port}"):
            async with connected(site, Origin=origin) as socket:
                await socket.greet(site.token())


async def test_a_plain_request_is_told_to_upgrade(site: Site) -> None:
    reply = await site.fetch("GET", "/api/v1/live", token=None)
    assert (reply.code, json.loads(reply.body)["code"]) == (426, "upgrade-needed")


async def test_no_address_names_the_software_behind_it(site: Site) -> None:
    for path in ("/", "/nowhere", "/healthz", "/metrics", "/api/v1/live"):
        headers = (await site.fetch("GET", path, token=None)).headers
        assert (headers["Server"], headers["X-Content-Type-Options"]) == ("qinejia", "nosniff")


@pytest.fixture
async def feed(store: Store) -> AsyncIterator[OrderFeed]:
    made = OrderFeed(store)
    made.subscribe(lambda change: None)
    running = asyncio.create_task(made.run())
    await asyncio.wait_for(made.open.wait(), 10)
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def listen(feed: OrderFeed) -> Callable[[], Any]:
    """How to hear what the feed tells: of one that is open, everything from now on."""
    heard: asyncio.Queue[OrderChanged | None] = asyncio.Queue()
    feed.subscribe(heard.put_nowait)
    if feed.open.is_set():
        assert heard.get_nowait() is None
    return lambda: asyncio.wait_for(heard.get(), 10)


def an_order(order_id: str, **more: Any) -> dict[str, Any]:
    order = {"_id": order_id, "kind": "meal", "state": "booked", "version": 1}
    return order | {"seen_by": ["p:per_ann"], "private": {"phone": "13800138000"}} | more


async def test_the_feed_tells_every_new_version_and_no_bookkeeping(
    store: Store, feed: OrderFeed
) -> None:
    hear = listen(feed)
    await store.insert("orders", an_order("ord_1"))
    assert await hear() == OrderChanged("ord_1", "meal", "booked", 1, ("p:per_ann",))
    await store.update("orders", {"_id": "ord_1"}, {"$set": {"outbox_at": None}})
    await store.update("orders", {"_id": "ord_1"}, {"$set": {"state": "eaten", "version": 2}})
    assert await hear() == OrderChanged("ord_1", "meal", "eaten", 2, ("p:per_ann",))


async def test_the_feed_knows_who_saw_the_order_until_now(store: Store, feed: OrderFeed) -> None:
    hear = listen(feed)
    await store.insert("orders", an_order("ord_1", seen_by=["p:per_ann", "v:one", "v:two"]))
    assert (await hear()).hidden_from == ()
    taken = {"version": 2, "seen_by": ["p:per_ann", "v:one"]}
    await store.update("orders", {"_id": "ord_1"}, {"$set": taken})
    assert (await hear()).hidden_from == ("v:two",)
    await store.update("orders", {"_id": "ord_1"}, {"$set": {"version": 3}})
    assert (await hear()).hidden_from == ()


async def test_two_processes_hear_the_same(store: Store, feed: OrderFeed) -> None:
    other = OrderFeed(store)
    running = asyncio.create_task(other.run())
    hear, hear_too = listen(feed), listen(other)
    assert await hear_too() is None
    await store.insert("orders", an_order("ord_1"))
    assert await hear() == await hear_too()
    running.cancel()


async def test_a_place_that_is_no_longer_known_leads_to_a_resync(store: Store) -> None:
    feed = OrderFeed(store)
    feed._resume = {"_data": "nowhere"}
    hear = listen(feed)
    running = asyncio.create_task(feed.run())
    assert await hear() is None
    await store.insert("orders", an_order("ord_1"))
    assert (await hear()).order_id == "ord_1"
    running.cancel()


@pytest.mark.parametrize("reaches", [False, True])
async def test_a_cut_that_is_mended_loses_and_repeats_nothing(
    store: Store, database_uri: str, reaches: bool
) -> None:
    [(_, port)] = parse_uri(database_uri)["nodelist"]
    with lossy(port) as proxy:
        async with connected_to(proxy.uri, store.database.name) as cut_off:
            feed = OrderFeed(cut_off)
            hear = listen(feed)
            running = asyncio.create_task(feed.run())
            assert await hear() is None  # it has just begun
            await store.insert("orders", an_order("ord_1"))
            assert (await hear()).order_id == "ord_1"
            proxy.lose("orders", 2, reaches=reaches)  # also the driver's own attempt to go on
            for number in (2, 3, 4):
                await store.insert("orders", an_order(f"ord_{number}"))
            assert [(await hear()).order_id for _ in range(3)] == ["ord_2", "ord_3", "ord_4"]
            assert proxy.lost == 2
            running.cancel()


async def test_nothing_is_read_while_nobody_listens_and_who_comes_then_is_told_to_load(
    store: Store,
) -> None:
    feed = OrderFeed(store)
    running = asyncio.create_task(feed.run())
    heard: asyncio.Queue[OrderChanged | None] = asyncio.Queue()
    for number in (1, 2):
        assert not feed.open.is_set()
        stop = feed.subscribe(heard.put_nowait)
        assert await asyncio.wait_for(heard.get(), 10) is None
        await store.insert("orders", an_order(f"ord_{number}"))
        told = await asyncio.wait_for(heard.get(), 10)
        assert told is not None
        assert told.order_id == f"ord_{number}"
        stop()
        async with asyncio.timeout(10):
            while feed.open.is_set():
                await asyncio.sleep(0.01)
    running.cancel()


async def test_after_a_long_cut_a_resync_is_said_all_the_same(store: Store) -> None:
    feed = OrderFeed(store)
    hear = listen(feed)
    running = asyncio.create_task(feed.run())
    assert await hear() is None
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await store.insert("orders", an_order("ord_1"))
    feed._heard -= FORGOTTEN_AFTER
    running = asyncio.create_task(feed.run())
    assert await hear() is None
    assert (await hear()).order_id == "ord_1"
    running.cancel()


async def test_a_change_in_the_database_reaches_the_phone(store: Store, feed: OrderFeed) -> None:
    async with serving(Registry(), feed=feed) as site, connected(site) as socket:
        await socket.greet(site.token())
        await store.insert("orders", an_order("ord_1"))
        assert (await socket.hear())["order_id"] == "ord_1"
