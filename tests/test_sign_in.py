"""Signing in with WeChat or by SMS code, and what is told to whom may not."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from handlers import sessions as endpoints  # noqa: F401 - declares the addresses asked for here
from handlers.base.endpoint import registry
from models.base.context import House
from models.base.errors import TooMany
from models.base.ports import Fate, PortError
from models.base.signing import fingerprint
from models.base.sms_codes import SmsCodeWrong
from models.base.store import Store
from models.sessions.codes import CodeRequest, request_code
from models.sessions.sign_in import (
    LOGINS,
    LoginCodeInvalid,
    NotBound,
    SignIn,
    SignInUnclear,
    sign_in,
)
from models.sessions.tokens import (
    SESSIONS,
    Granted,
)
from tests.base.web import problem, serving
from tests.campus import (
    a_campus,
    a_person,
    claims_of,
    last_code,
    settle,
    turn_of,
)
from tests.machinery import FakeSms, FakeWeChat, MovingClock

ANN = a_person("S0042", "单雨", openid="openid-ann")


@dataclass
class StrictWeChat(FakeWeChat):
    """Takes each code once, and answers when told to."""

    used: set[str] = field(default_factory=set)
    fault: PortError | None = None
    calls: int = 0

    async def code_to_openid(self, code: str) -> str:
        self.calls += 1
        if self.fault is not None:
            raise self.fault
        if code in self.used:
            raise PortError("wechat", "40163", Fate.REFUSED)
        self.used.add(code)
        await asyncio.sleep(0)
        return f"openid-{code}"


def with_wechat(house: House) -> tuple[House, StrictWeChat]:
    wechat = StrictWeChat()
    return replace(house, ports=replace(house.ports, wechat=wechat)), wechat


async def by_code(house: House, code: str = "ann") -> Granted:
    return await sign_in(turn_of(house), SignIn(code=code))


async def test_a_wechat_account_signs_its_person_in(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)

    granted = await by_code(house)

    assert (granted.token_type, granted.expires_in, granted.consent_needed) == ("Bearer", 900, True)
    assert msgspec.to_builtins(granted.person) == {
        "id": "per_S0042",
        "employee_no": "S0042",
        "name": "单雨",
        "unit": {"id": "unt_1", "name": "办公室"},
        "roles": ["staff"],
        "posts": [],
    }
    claims = claims_of(house, granted.access_token)
    assert (claims["sub"], claims["no"], claims["ver"]) == ("per_S0042", "S0042", 1)
    assert claims["tokens"] == ["p:per_S0042"]


async def test_a_code_tapped_twice_at_once_signs_in_twice(store: Store) -> None:
    await settle(store, ANN)
    house, wechat = with_wechat(a_campus(store))

    first, second = await asyncio.gather(by_code(house), by_code(house))

    assert first.person.id == second.person.id == "per_S0042"
    assert wechat.used == {"ann"}


async def test_the_same_code_within_a_minute_is_not_asked_of_wechat_again(store: Store) -> None:
    clock = MovingClock()
    await settle(store, ANN)
    house, wechat = with_wechat(a_campus(store, clock))
    await by_code(house)
    clock.forward(seconds=59)
    await by_code(house)
    assert wechat.calls == 1
    assert await store.get(LOGINS, fingerprint("ann")) is not None

    clock.forward(seconds=1)
    with pytest.raises(LoginCodeInvalid):
        await by_code(house)


async def test_wechat_being_down_is_not_the_codes_fault(store: Store) -> None:
    await settle(store, ANN)
    house, wechat = with_wechat(a_campus(store))
    for fate in (Fate.FAILED, Fate.UNKNOWN):
        wechat.fault = PortError("wechat", "-1", fate)
        with pytest.raises(PortError):
            await by_code(house)
    wechat.fault = None

    assert (await by_code(house)).person.id == "per_S0042"


async def test_an_unbound_account_gets_a_token_to_bind_it_with(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)

    with pytest.raises(NotBound) as refusal:
        await by_code(house, "nobody")

    token = refusal.value.facts["binding_token"]
    assert house.keys.read_binding(token, house.clock()) == "openid-nobody"
    assert await store.count(SESSIONS, {}) == 0


async def test_who_has_left_is_not_signed_in(store: Store) -> None:
    await settle(store, ANN | {"active": False})

    with pytest.raises(NotBound):
        await by_code(a_campus(store))


async def test_a_phone_and_the_code_sent_to_it_sign_in(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)
    await request_code(turn_of(house), CodeRequest(phone=ANN["phone"]))
    body = SignIn(phone=ANN["phone"], sms_code=await last_code(house))

    granted = await sign_in(turn_of(house), body)

    assert granted.person.employee_no == "S0042"
    with pytest.raises(SmsCodeWrong):
        await sign_in(turn_of(house), body)


async def test_an_unknown_phone_is_answered_like_a_known_one(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)

    known = await request_code(turn_of(house), CodeRequest(phone=ANN["phone"]))
    unknown = await request_code(turn_of(house), CodeRequest(phone="13899999999"))
    await house.errands.drain()

    assert msgspec.to_builtins(known) == msgspec.to_builtins(unknown) == {}
    assert isinstance(house.ports.sms, FakeSms)
    assert [entry[0] for entry in house.ports.sms.sent] == [ANN["phone"]]
    for phone in (ANN["phone"], "13899999999"):
        with pytest.raises(TooMany) as refusal:
            await request_code(turn_of(house), CodeRequest(phone=phone))
        assert refusal.value.retry_after == 60


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"phone": "13800000042"}',
        b'{"sms_code": "123456"}',
        b'{"code": "x", "phone": "13800000042", "sms_code": "123456"}',
        b'{"code": "x", "sms_code": "123456"}',
        b'{"code": {"$ne": ""}}',
        b'{"phone": "13800000042\\n", "sms_code": "123456"}',
    ],
)
def test_a_sign_in_is_one_way_or_the_other(body: bytes) -> None:
    with pytest.raises((msgspec.ValidationError, SignInUnclear)):
        msgspec.json.decode(body, type=SignIn)


async def test_the_story_over_http(store: Store) -> None:
    await settle(store, ANN)
    async with serving(registry, store=store) as site:
        reply = await site.fetch("POST", "/api/v1/sessions", {"code": "ann"}, token=None)
        granted = json.loads(reply.body)
        assert reply.code == 201
        assert list(granted) == [
            "access_token",
            "token_type",
            "expires_in",
            "refresh_token",
            "person",
            "consent_needed",
        ]
        body = {"refresh_token": granted["refresh_token"]}
        reply = await site.fetch("POST", "/api/v1/sessions/refresh", body, token=None)
        assert reply.code == 201
        token = json.loads(reply.body)["access_token"]
        assert (await site.fetch("DELETE", "/api/v1/sessions/current", token=token)).code == 204
        reply = await site.fetch("POST", "/api/v1/sessions/refresh", body, token=None)
        assert problem(reply)["code"] == "session-ended"
        reply = await site.fetch("POST", "/api/v1/sessions", {"code": "bob"}, token=None)
        refusal = problem(reply)
        assert (refusal["status"], refusal["code"]) == (409, "not-bound")
        asked = {"binding_token": refusal["binding_token"], "employee_no": "S0042"}
        reply = await site.fetch("POST", "/api/v1/sms-codes", {"phone": "13899999999"}, token=None)
        assert (reply.code, reply.body) == (202, b"{}")
        reply = await site.fetch("POST", "/api/v1/bindings", asked | {"sms_code": "000000"}, None)
        assert problem(reply)["code"] == "sms-code-wrong"
        reply = await site.fetch("POST", "/api/v1/sessions", {"phone": "13800000042"}, token=None)
        assert problem(reply)["status"] == 422
