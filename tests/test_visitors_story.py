"""Visitors over HTTP: from the invitation to the way out, with the text message really sent."""

from __future__ import annotations

import hashlib
import hmac
import io
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec
import pytest
import zxingcpp
from PIL import Image
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from models.base import clockwork
from models.base.delivery import hand_over, push
from models.visitors.gates import GATES
from models.visitors.types import TYPES
from scripts.simulator.accounts import openid_of
from server.app import App
from tests.machinery import MovingClock
from tests.served import environment, serving
from tests.simulated import Simulator
from tests.visits_house import (
    DAY,
    HOUR,
    NOON,
    PHONE,
    SENTINEL,
    TEN,
    a_gate,
    everybody,
    usual_types,
)

INVITATION = {
    "visitor": {"name": SENTINEL, "phone": PHONE},
    "starts_at": TEN.isoformat(),
    "ends_at": NOON.isoformat(),
    "purpose": "洽谈",
}


@dataclass
class Town:
    """The server, and everybody's browser."""

    app: App
    clock: MovingClock
    simulator: Simulator
    tokens: dict[str, str] = field(default_factory=dict)
    keys: Any = field(default_factory=count)

    async def fetch(self, path: str, method: str = "GET", **more: Any) -> HTTPResponse:
        """A request as a browser sends it, without following where it is sent on to."""
        url = f"http://127.0.0.1:{self.app.port}{path}"
        more |= {"follow_redirects": False, "allow_nonstandard_methods": True}
        request = HTTPRequest(url, method=method, **more)
        return await AsyncHTTPClient().fetch(request, raise_error=False)

    async def ask(self, who: str, path: str, body: Any = None) -> tuple[int, Any]:
        """(status, JSON) of a request of the person with this number; "" is nobody."""
        headers = {"Content-Type": "application/json"}
        headers["Idempotency-Key"] = f"visitors-story-{next(self.keys):06}"
        if who:
            headers["Authorization"] = f"Bearer {await self.token(who)}"
        method, content = ("GET", None) if body is None else ("POST", msgspec.json.encode(body))
        reply = await self.fetch(f"/api/v1{path}", method, headers=headers, body=content)
        return reply.code, msgspec.json.decode(reply.body) if reply.body else None

    async def token(self, who: str) -> str:
        if who not in self.tokens:
            status, session = await self.ask("", "/sessions", {"code": f"demo-{who}"})
            assert status == 201
            self.tokens[who] = session["access_token"]
        return self.tokens[who]

    async def work(self) -> None:
        """What the workers do."""
        for job in (hand_over, clockwork.tick, hand_over, push):
            await job(self.app.house)

    async def scan(self, code: str, way: str = "in", who: str = "F0001") -> Any:
        body = {"code": code, "gate": "gate_1", "direction": way}
        return await self.ask(who, "/visitors/scans", body)


@pytest.fixture
async def town(database_uri: str, database_name: str, simulator: Simulator) -> AsyncIterator[Town]:
    """Two gates; it is Monday, 09:00."""
    clock = MovingClock()
    env = environment(database_uri, database_name, simulator, WORKER="0")
    async with serving(env, clock=clock) as app:
        persons = [each | {"openid": openid_of(each["employee_no"])} for each in everybody()]
        await app.house.store.insert("people", *persons)
        await app.house.store.insert("units", {"_id": "unt_1", "name": "办公室"})
        await app.house.store.insert(GATES, a_gate(), a_gate("gate_2"))
        await app.house.store.insert(TYPES, *usual_types())
        yield Town(app, clock, simulator)


async def test_invited_texted_scanned_fetched_and_out(town: Town) -> None:
    status, order = await town.ask("S0003", "/visitors", INVITATION)
    assert (status, order["state"]) == (201, "expected")
    await town.work()
    [message] = town.simulator.sent(kind="sms")
    found = re.search(r"/p/([0-9A-Z]{26})", message["text"])
    assert found is not None
    assert (message["phone"], SENTINEL in message["text"]) == (PHONE, True)

    short = await town.fetch(found[0])
    assert short.code == 302
    assert short.headers["Location"] == f"/#/pages/visitors/pass?link={found[1]}"
    assert short.headers["Referrer-Policy"] == "no-referrer"
    status, shown = await town.ask("", f"/visitors/passes/{found[1]}")
    assert (status, shown["code"]) == (200, order["data"]["code"])
    said = {"agree": True, "companions": 1}
    assert (await town.ask("", f"/visitors/passes/{found[1]}/fill_in", said))[0] == 200

    picture = await town.fetch(f"/api/v1/visitors/passes/{found[1]}/pass.png")
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.body)).convert("L"))
    town.clock.now = TEN
    town.tokens.clear()
    status, answer = await town.scan(read.text)
    assert (status, answer["decision"], answer["visit"]["companions"]) == (200, "admit", 1)
    await town.work()
    messages = (await town.ask("S0003", "/messages"))[1]["items"]
    assert any("已到" in each["text"] for each in messages)
    assert (await town.ask("G0001", "/visitors/evacuation"))[1]["total"] == 2
    town.clock.forward(minutes=10)
    assert (await town.scan(read.text, "out"))[1]["decision"] == "admit"
    lists = await town.ask("F0001", "/visitors/desk/visits?gate=gate_1&list=left")
    assert [line["visitor"]["name"] for line in lists[1]["items"]] == ["喆**"]


async def test_a_printed_code_of_a_long_term_pass_is_good_once_a_day(town: Town) -> None:
    days = {"until": (TEN + 4 * DAY).date().isoformat(), "weekdays": [1, 2, 3, 4, 5]}
    lasting = {**INVITATION, "type": "vty_long", "repeat": days}
    _, order = await town.ask("S0003", "/visitors", lasting)
    code, answers = order["data"]["code"], []
    for day in range(2):
        town.clock.now = TEN + day * DAY
        town.tokens.clear()
        for way in ("in", "out", "in"):
            _, answer = await town.scan(code, way)
            answers.append((answer["decision"], answer["reason"]))
            town.clock.forward(minutes=1)
        town.clock.now = TEN + day * DAY + 14 * HOUR  # midnight
        await town.work()
    assert answers == [("admit", "ok"), ("admit", "ok"), ("refuse", "used")] * 2
    town.tokens.clear()
    _, shown = await town.ask("S0003", f"/orders/{order['id']}")
    assert (shown["state"], shown["data"]["code"]) == ("expected", code)
    assert shown["data"]["starts_at"] == (TEN + 2 * DAY).isoformat().replace("+00:00", "Z")


async def test_an_order_of_somebody_else_does_not_exist(town: Town) -> None:
    _, order = await town.ask("S0003", "/visitors", INVITATION)
    for path in ("again", "codes", "pass.png", "cancel", "reissue"):
        body: Any = {} if path in ("cancel", "reissue") else None
        status, refusal = await town.ask("S0004", f"/visitors/{order['id']}/{path}", body)
        assert (status, refusal["code"]) == (404, "not-found")
    status, _ = await town.scan(order["data"]["code"], who="S0004")
    assert status == 403


async def test_guessing_is_answered_with_a_pause_and_reported(town: Town) -> None:
    _, order = await town.ask("S0003", "/visitors", INVITATION)
    town.clock.now = TEN
    town.tokens.clear()
    for number in range(20):
        assert (await town.scan(f"QJS{number:012}"))[1]["reason"] == "unknown"
    status, refusal = await town.scan("QJS" + "Z" * 12)
    assert (status, refusal["code"]) == (429, "scanner-locked")
    status, refusal = await town.scan(order["data"]["code"])
    assert (status, refusal["code"]) == (429, "scanner-locked")
    messages = (await town.ask("G0001", "/messages"))[1]["items"]
    assert [each["kind"] for each in messages] == ["visit-guessing"]
    log = (await town.ask("G0001", "/visitors/log?gate=gate_1&limit=100"))[1]["items"]
    assert Counter(line["reason"] for line in log) == {"unknown": 21, "locked": 1}


async def test_a_turnstile_scans_with_its_own_key_until_it_is_revoked(town: Town) -> None:
    body = {"name": "一号闸机", "gate": "gate_1", "kind": "gate"}
    status, device = await town.ask("G0001", "/visitors/devices", body)
    assert status == 201
    said = {"device": device["id"], "at": town.clock().isoformat(), "nonce": "n" * 16}
    content = "\n".join(("session", said["device"], said["at"], said["nonce"])).encode()
    mac = hmac.new(device["key"].encode(), content, hashlib.sha256).hexdigest()
    signed = {**said, "signature": mac}
    status, session = await town.ask("", "/visitors/devices/sessions", signed)
    assert status == 201
    town.tokens["turnstile"] = session["access_token"]
    status, answer = await town.scan("S0004", who="turnstile")
    assert (status, answer["decision"], answer["who"]) == (200, "admit", "bob S0004")
    assert (await town.ask("turnstile", "/visitors/desk/visits?gate=gate_1"))[0] == 403
    headers = {"Authorization": f"Bearer {await town.token('G0001')}"}
    path = f"/api/v1/visitors/devices/{device['id']}"
    assert (await town.fetch(path, "DELETE", headers=headers)).code == 204
    assert (await town.scan("S0004", who="turnstile"))[0] == 401
