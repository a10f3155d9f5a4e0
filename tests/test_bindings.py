"""One WeChat account per person and one person per account, whatever happens at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from models.base import messages
from models.base.consents import Answer, Ledger
from models.base.context import House
from models.base.delivery import push
from models.base.errors import TooMany
from models.base.messages import DELIVERIES
from models.base.shapes import PageQuery
from models.base.sms_codes import SmsCodeWrong
from models.base.store import Store
from models.people import PEOPLE, PersonChanged
from models.sessions.bindings import BindingRequest, WeChatTaken, bind, unbind
from models.sessions.codes import BindingExpired, CodeRequest, request_code
from models.sessions.tokens import Granted, Refresh, SessionEnded, open_session, refresh
from tests.campus import (
    a_campus,
    a_person,
    claims_of,
    everything,
    last_code,
    refused,
    settle,
    turn_of,
)
from tests.machinery import FakeSms, FakeWeChat, MovingClock

ANN = a_person("S0042", "单雨")
BOB = a_person("S0043", "李强", openid="o-bob")


async def request(house: House, openid: str, employee_no: str = "S0042") -> BindingRequest:
    """A binding token and the code sent for it, as the phone would send them."""
    token = house.keys.sign_binding(openid, house.clock())
    await request_code(turn_of(house), CodeRequest(binding_token=token, employee_no=employee_no))
    code = await last_code(house)
    return BindingRequest(binding_token=token, employee_no=employee_no, sms_code=code)


async def openid_of(store: Store, person: str = "per_S0042") -> str | None:
    found = await store.get(PEOPLE, person)
    return found.get("openid") if found else None


async def test_the_first_binding_signs_in_and_tells_nobody(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)

    granted = await bind(turn_of(house), await request(house, "o-new"))

    assert granted.person.employee_no == "S0042"
    assert not await refused(house, claims_of(house, granted.access_token))
    assert await openid_of(store) == "o-new"
    assert await store.count(DELIVERIES, {}) == 0
    (entry,) = await store.find("audit", {})
    assert (entry["act"], entry["actor"]["employee_no"]) == ("wechat.bind", "S0042")


async def test_a_rebinding_moves_it_ends_all_sessions_and_tells_the_old_account(
    store: Store,
) -> None:
    clock = MovingClock()
    await settle(store, ANN | {"openid": "o-old"})
    house = replace(a_campus(store, clock), wechat_templates={"wechat_rebound": "TPL"})
    old = await open_session(turn_of(house), ANN)
    consent = Ledger(house, "o-old", "TPL")
    await consent.record(ANN["_id"], Answer.ACCEPT, clock())

    new = await bind(turn_of(house), await request(house, "o-new"))
    await house.errands.drain()

    assert await openid_of(store) == "o-new"
    assert await refused(house, claims_of(house, old.access_token))
    with pytest.raises(SessionEnded):
        await refresh(turn_of(house), Refresh(refresh_token=old.refresh_token))
    assert not await refused(house, claims_of(house, new.access_token))
    assert isinstance(house.ports.wechat, FakeWeChat)
    told, _, _, data = house.ports.wechat.sent[0]
    assert not await consent.take("msg_other")  # telling the old account has used it
    assert (told, data) == ("o-old", {"thing1": "微信绑定已变更", "time2": "2026年11月23日 09:00"})
    await push(house)
    assert isinstance(house.ports.sms, FakeSms)
    assert house.ports.sms.sent[-1][:2] == (ANN["phone"], "SMS_1003")
    page = await messages.listed(turn_of(house, ANN), PageQuery())
    assert [item.kind for item in page.items] == ["wechat_rebound"]
    assert "2026年11月23日 09:00" in page.items[0].text


async def test_binding_the_same_account_again_changes_nothing(store: Store) -> None:
    await settle(store, ANN | {"openid": "o-new"})
    house = a_campus(store)
    body = await request(house, "o-new")
    before = await store.find(PEOPLE, {})

    granted = await bind(turn_of(house), body)

    assert granted.person.employee_no == "S0042"
    assert await store.find(PEOPLE, {}) == before
    assert await store.count(DELIVERIES, {}) == 0


async def test_an_account_of_somebody_else_is_refused(store: Store) -> None:
    await settle(store, ANN, BOB)
    house = a_campus(store)
    body = await request(house, "o-bob")
    before = await everything(store)

    with pytest.raises(WeChatTaken):
        await bind(turn_of(house), body)

    assert await everything(store) == before


async def test_two_bindings_of_one_person_at_once_leave_one_and_say_so(store: Store) -> None:
    clock = MovingClock()
    await settle(store, ANN)
    house = a_campus(store, clock)
    bodies = []
    for name in ("one", "two", "three"):
        bodies.append(await request(house, f"o-{name}"))
        clock.forward(seconds=60)

    answers = await asyncio.gather(
        *(bind(turn_of(house), body) for body in bodies), return_exceptions=True
    )

    granted = [answer for answer in answers if isinstance(answer, Granted)]
    assert len(granted) >= 1
    others = [answer for answer in answers if not isinstance(answer, Granted)]
    assert all(isinstance(answer, PersonChanged) for answer in others)
    alive = [g for g in granted if not await refused(house, claims_of(house, g.access_token))]
    assert len(alive) == 1
    assert await openid_of(store) in {"o-one", "o-two", "o-three"}


async def test_two_people_binding_one_account_at_once_leave_one(store: Store) -> None:
    await settle(store, ANN, BOB | {"openid": "o-old"})
    house = a_campus(store)
    bodies = [await request(house, "o-new", number) for number in ("S0042", "S0043")]

    answers = await asyncio.gather(
        *(bind(turn_of(house), body) for body in bodies), return_exceptions=True
    )

    assert sum(isinstance(answer, Granted) for answer in answers) == 1
    assert sum(isinstance(answer, WeChatTaken | PersonChanged) for answer in answers) == 1
    assert await store.count(PEOPLE, {"openid": "o-new"}) == 1


async def test_a_code_asked_for_one_account_does_not_bind_another(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)
    body = await request(house, "o-mine")
    stolen = house.keys.sign_binding("o-thief", house.clock())

    with pytest.raises(SmsCodeWrong):
        await bind(
            turn_of(house),
            BindingRequest(binding_token=stolen, employee_no="S0042", sms_code=body.sms_code),
        )

    assert await openid_of(store) is None


@pytest.mark.parametrize("employee_no", ["S9999", "S0044", "S0045"])
async def test_unknown_left_and_phoneless_people_are_answered_alike(
    store: Store, employee_no: str
) -> None:
    no_phone = a_person("S0045")
    del no_phone["phone"]
    await settle(store, a_person("S0044", active=False), no_phone)
    house = a_campus(store)
    token = house.keys.sign_binding("o-new", house.clock())

    await request_code(turn_of(house), CodeRequest(binding_token=token, employee_no=employee_no))
    await house.errands.drain()
    body = BindingRequest(binding_token=token, employee_no=employee_no, sms_code="123456")
    with pytest.raises(SmsCodeWrong):
        await bind(turn_of(house), body)

    assert isinstance(house.ports.sms, FakeSms)
    assert house.ports.sms.sent == []
    with pytest.raises(TooMany):
        await request_code(
            turn_of(house), CodeRequest(binding_token=token, employee_no=employee_no.lower())
        )


async def test_a_token_of_another_kind_or_too_old_binds_nothing(store: Store) -> None:
    clock = MovingClock()
    await settle(store, ANN)
    house = a_campus(store, clock)
    body = await request(house, "o-new")
    access = (await open_session(turn_of(house), ANN)).access_token
    clock.forward(minutes=4)

    for token in (access, "x" * 20):
        with pytest.raises(BindingExpired):
            await bind(turn_of(house), with_token(body, token))
    clock.forward(minutes=7)
    with pytest.raises(BindingExpired):
        await bind(turn_of(house), body)

    assert await openid_of(store) is None


def with_token(body: BindingRequest, token: str) -> BindingRequest:
    return BindingRequest(binding_token=token, employee_no=body.employee_no, sms_code=body.sms_code)


async def test_unbinding_frees_the_account_and_ends_every_session(store: Store) -> None:
    await settle(store, BOB)
    house = a_campus(store)
    granted = await open_session(turn_of(house), BOB)

    await unbind(turn_of(house, BOB))
    await unbind(turn_of(house, BOB))

    assert await openid_of(store, BOB["_id"]) is None
    assert await refused(house, claims_of(house, granted.access_token))
    with pytest.raises(SessionEnded):
        await refresh(turn_of(house), Refresh(refresh_token=granted.refresh_token))
    assert await store.count("audit", {"act": "wechat.unbind"}) == 1
