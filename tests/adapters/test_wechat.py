"""The WeChat adapter."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from models.base.ports import Fate, PortError
from models.base.wechat_fields import fitted
from scripts.simulator.accounts import openid_of
from server.adapters.wechat import WeChatAccess, WeChatApi
from tests.machinery import MovingClock
from tests.simulated import Simulator

OPENID = openid_of("S0042")
LUNCH = {"thing1": "午餐已预订", "time2": "2026年11月23日 11:30"}


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(datetime(2026, 11, 23, 15, 0, tzinfo=UTC))  # 23:00 on the campus


@pytest.fixture
async def wechat(simulator: Simulator, clock: MovingClock) -> AsyncIterator[WeChatApi]:
    access = WeChatAccess(simulator.url, "wxdemo0000000000", "demo-app-secret", "trial")
    api = WeChatApi(access, clock, request_timeout=1)
    yield api
    api.close()


async def send(api: WeChatApi, openid: str = OPENID) -> None:
    await api.send_subscribe_message(openid, "lunch-booked", "pages/order?id=ord_1", LUNCH)


async def refusal(api: WeChatApi) -> tuple[str, Fate, int | None]:
    """(code, fate, retry after) of a message that does not go out."""
    with pytest.raises(PortError) as caught:
        await send(api)
    assert caught.value.system == "wechat"
    return caught.value.code, caught.value.fate, caught.value.retry_after


async def test_a_demo_code_gives_the_same_openid_every_time(wechat: WeChatApi) -> None:
    assert await wechat.code_to_openid("demo-S0042") == OPENID
    assert await wechat.code_to_openid("demo-S0042") == OPENID
    assert await wechat.code_to_openid("demo-S0043") == openid_of("S0043") != OPENID
    assert len(OPENID) == 28


async def test_an_issued_code_works_once(wechat: WeChatApi, simulator: Simulator) -> None:
    code = simulator.control("codes", openid=OPENID)["code"]
    assert await wechat.code_to_openid(code) == OPENID
    with pytest.raises(PortError, match="40163") as caught:
        await wechat.code_to_openid(code)
    assert caught.value.fate is Fate.REFUSED


async def test_a_code_is_refused_after_five_minutes(
    wechat: WeChatApi, simulator: Simulator
) -> None:
    code = simulator.control("codes", openid=OPENID)["code"]
    simulator.control("clock", advance=300)
    with pytest.raises(PortError, match="40029") as caught:
        await wechat.code_to_openid(code)
    assert caught.value.fate is Fate.REFUSED


async def test_wrong_credentials_are_not_the_fault_of_the_code(simulator: Simulator) -> None:
    access = WeChatAccess(simulator.url, "wxdemo0000000000", "another")
    api = WeChatApi(access, lambda: datetime.now(UTC))
    with pytest.raises(PortError, match="40125") as caught:
        await api.code_to_openid("demo-S0042")
    api.close()
    assert caught.value.fate is Fate.FAILED


async def test_a_message_arrives_as_it_was_given(wechat: WeChatApi, simulator: Simulator) -> None:
    await send(wechat)
    (message,) = simulator.sent(openid=OPENID)
    assert message["kind"] == "message"
    assert message["data"] == LUNCH
    assert message["page"] == "pages/order?id=ord_1"
    assert message["template_id"] == "lunch-booked"
    assert message["state"] == "trial"


async def test_a_message_without_consent_is_refused_for_good(
    wechat: WeChatApi, simulator: Simulator
) -> None:
    simulator.consents(OPENID, 1)
    await send(wechat)
    assert await refusal(wechat) == ("43101", Fate.REFUSED, None)
    assert len(simulator.sent(openid=OPENID)) == 1
    assert simulator.calls("subscribe_send") == 2


async def test_data_that_does_not_fit_the_template_is_refused_for_good(
    wechat: WeChatApi, simulator: Simulator
) -> None:
    with pytest.raises(PortError, match="47003") as caught:
        await wechat.send_subscribe_message(OPENID, "t", "", {"time1": "tomorrow"})
    assert caught.value.fate is Fate.REFUSED
    assert simulator.sent() == []


async def test_twenty_callers_at_once_fetch_one_token(
    wechat: WeChatApi, simulator: Simulator
) -> None:
    await asyncio.gather(*(send(wechat) for _ in range(20)))
    assert simulator.calls("stable_token") == 1
    assert len(simulator.sent()) == 20


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_token_that_ended_is_renewed_once_for_all_callers(
    wechat: WeChatApi, simulator: Simulator, code: int
) -> None:
    await send(wechat)
    simulator.control("tokens/expire", code=code)
    await asyncio.gather(*(send(wechat) for _ in range(20)))
    assert simulator.calls("stable_token") == 2
    assert len(simulator.sent()) == 21


async def test_a_token_refused_twice_is_not_asked_for_a_third_time(
    wechat: WeChatApi, simulator: Simulator
) -> None:
    simulator.fault("subscribe_send", code="40001", times=5)
    assert await refusal(wechat) == ("40001", Fate.FAILED, None)
    assert simulator.calls("subscribe_send") == 2


async def test_a_token_is_replaced_before_its_end(
    wechat: WeChatApi, simulator: Simulator, clock: MovingClock
) -> None:
    await send(wechat)
    clock.forward(seconds=6800)
    await send(wechat)
    assert simulator.calls("stable_token") == 1
    clock.forward(seconds=101)
    await send(wechat)
    assert simulator.calls("stable_token") == 2


async def test_a_caller_who_gives_up_leaves_the_token_to_the_others(
    wechat: WeChatApi, simulator: Simulator
) -> None:
    simulator.fault("stable_token", delay=0.2)
    first = asyncio.create_task(send(wechat))
    second = asyncio.create_task(send(wechat))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert first.cancelled()
    assert simulator.calls("stable_token") == 1
    assert len(simulator.sent()) == 1


async def test_a_failed_token_fails_every_waiting_caller_with_one_request(
    wechat: WeChatApi, simulator: Simulator
) -> None:
    simulator.fault("stable_token", code="40164")
    faults = await asyncio.gather(*(send(wechat) for _ in range(5)), return_exceptions=True)
    assert [str(fault) for fault in faults] == ["wechat: 40164"] * 5
    assert simulator.calls("stable_token") == 1


async def test_a_busy_answer_is_tried_twice_more(wechat: WeChatApi, simulator: Simulator) -> None:
    simulator.fault("subscribe_send", code="-1", times=2)
    await send(wechat)
    assert simulator.calls("subscribe_send") == 3
    simulator.fault("subscribe_send", code="-1", times=3)
    assert await refusal(wechat) == ("-1", Fate.FAILED, None)
    assert simulator.calls("subscribe_send") == 6
    assert len(simulator.sent()) == 1


async def test_a_quota_says_when_to_come_back(wechat: WeChatApi, simulator: Simulator) -> None:
    simulator.fault("subscribe_send", code="45011")
    assert await refusal(wechat) == ("45011", Fate.FAILED, 60)
    simulator.fault("subscribe_send", code="45009")
    assert await refusal(wechat) == ("45009", Fate.FAILED, 3601)  # after midnight on the campus


async def test_a_late_answer_leaves_the_fate_unknown(
    wechat: WeChatApi, simulator: Simulator
) -> None:
    simulator.fault("subscribe_send", delay=3)
    assert await refusal(wechat) == ("timeout", Fate.UNKNOWN, None)
    assert len(simulator.sent()) == 1


async def test_a_lost_answer_leaves_the_fate_unknown(
    wechat: WeChatApi, simulator: Simulator
) -> None:
    simulator.fault("subscribe_send", lose_reply=True)
    assert await refusal(wechat) == ("connection-lost", Fate.UNKNOWN, None)
    assert len(simulator.sent()) == 1
    assert simulator.calls("subscribe_send") == 1


async def test_a_lost_token_answer_did_nothing(wechat: WeChatApi, simulator: Simulator) -> None:
    simulator.fault("stable_token", lose_reply=True)
    assert await refusal(wechat) == ("connection-lost", Fate.FAILED, None)
    await send(wechat)


async def test_a_broken_gateway_leaves_the_fate_unknown(
    wechat: WeChatApi, simulator: Simulator
) -> None:
    simulator.fault("subscribe_send", status=502)
    assert await refusal(wechat) == ("http-502", Fate.UNKNOWN, None)


async def test_nobody_listening_means_nothing_happened() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        access = WeChatAccess(f"http://127.0.0.1:{taken.getsockname()[1]}", "wxdemo", "demo")
        api = WeChatApi(access, lambda: datetime.now(UTC))
        assert await refusal(api) == ("unreachable", Fate.FAILED, None)
        api.close()


async def test_only_a_text_that_passes_is_shown(wechat: WeChatApi, simulator: Simulator) -> None:
    assert await wechat.check_text(OPENID, "今天的汤很好喝", 2) is True
    assert await wechat.check_text(OPENID, "这是违规内容", 2) is False
    assert await wechat.check_text(OPENID, "内容存疑", 2) is False
    assert [one["suggest"] for one in simulator.sent(kind="text")] == ["review", "risky", "pass"]


async def test_neither_secret_nor_token_is_logged_or_raised(
    wechat: WeChatApi, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await send(wechat)
        for what in ({"lose_reply": True}, {"status": 500}, {"code": "43101"}):
            simulator.fault("subscribe_send", **what)
            with pytest.raises(PortError) as caught:
                await send(wechat)
            assert caught.value.__cause__ is None
        simulator.fault("code2session", lose_reply=True)
        with pytest.raises(PortError):
            await wechat.code_to_openid("demo-S0042")
    assert "demo-app-secret" not in caplog.text
    assert "access_token" not in caplog.text


@pytest.mark.parametrize(
    ("key", "text", "shown"),
    [
        ("thing1", "长" * 20, "长" * 20),
        ("thing1", "长" * 21, "长" * 19 + "…"),
        ("thing12", "two\nlines", "two lines"),
        ("phrase3", "等待审批完成", "等待审批完"),
        ("name4", "买买提·阿卜杜热合曼江", "买买提·阿卜杜热合曼"),
        ("name4", "Alexandra Longfellow", "Alexandra Longfellow"),
        ("character_string5", "A" * 33, "A" * 32),
        ("amount6", "12.50元", "12.50元"),
    ],
)
def test_a_text_too_long_for_its_field_is_cut(key: str, text: str, shown: str) -> None:
    assert fitted(key, text) == shown
