"""The SMS adapter."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator

import pytest

from models.base.clock import campus_date, system_clock
from models.base.ports import Fate, PortError, SmsReceipt
from server.adapters.aliyun_sms import AliyunSms, SmsAccess
from tests.simulated import Simulator

PHONE = "13800000042"
CODE = {"code": "482913"}


def adapter(host: str, **changes: str) -> AliyunSms:
    access = {
        "domain": host,
        "key_id": "demo-access-key",
        "key_secret": "demo-access-key-secret",
        "sign_name": "勤e家",
        **changes,
    }
    return AliyunSms(SmsAccess(**access, protocol="http", read_timeout=1), system_clock)


@pytest.fixture
def sms(simulator: Simulator) -> Iterator[AliyunSms]:
    opened = adapter(simulator.host)
    yield opened
    opened.close()


def today() -> str:
    return campus_date(system_clock()).strftime("%Y%m%d")


async def refusal(sms: AliyunSms, **changes: str) -> tuple[str, Fate, int | None]:
    """(code, fate, retry after) of a message that is not confirmed."""
    asked = {"phone": PHONE, "template": "SMS_1001", "out_id": "msg_1", **changes}
    with pytest.raises(PortError) as caught:
        await sms.send(asked["phone"], asked["template"], CODE, asked["out_id"])
    assert caught.value.system == "sms"
    return caught.value.code, caught.value.fate, caught.value.retry_after


async def test_a_message_arrives_as_it_was_given(sms: AliyunSms, simulator: Simulator) -> None:
    biz_id = await sms.send(PHONE, "SMS_1001", CODE, "msg_1")
    (message,) = simulator.sent(kind="sms", phone=PHONE)
    assert message["params"] == CODE
    assert message["text"] == "验证码 482913，5 分钟内有效。如非本人操作，请忽略本短信。"
    assert (message["out_id"], message["biz_id"]) == ("msg_1", biz_id)


async def test_odd_characters_survive_the_signature(sms: AliyunSms, simulator: Simulator) -> None:
    params = {"title": "a+b *~ %2F/&=#", "text": "“引号”\\'\" é 🍚"}
    await sms.send(PHONE, "SMS_1003", params, "msg_~*+ /")
    assert simulator.sent()[0]["params"] == params
    assert (await sms.look_up(PHONE, "msg_~*+ /", today())).status == "delivered"


async def test_a_forged_signature_is_refused(simulator: Simulator) -> None:
    sms = adapter(simulator.host, key_secret="another")
    code, fate, _ = await refusal(sms)
    sms.close()
    assert (code, fate) == ("SignatureDoesNotMatch", Fate.FAILED)
    assert simulator.sent() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone": "12800000042"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"template": "SMS_9999"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"template": "SMS_1003"}, "isv.TEMPLATE_MISSING_PARAMETERS"),
    ],
)
async def test_what_the_operator_refuses_is_final(
    sms: AliyunSms, simulator: Simulator, changes: dict[str, str], code: str
) -> None:
    assert await refusal(sms, **changes) == (code, Fate.REFUSED, None)
    assert simulator.sent() == []


async def test_an_empty_account_may_be_filled_and_the_message_tried_again(
    sms: AliyunSms, simulator: Simulator
) -> None:
    simulator.fault("SendSms", code="isv.OUT_OF_SERVICE")
    assert await refusal(sms) == ("isv.OUT_OF_SERVICE", Fate.FAILED, None)
    assert simulator.calls("SendSms") == 1


async def test_a_limit_of_the_operator_says_when_it_ends(
    sms: AliyunSms, simulator: Simulator
) -> None:
    simulator.fault("SendSms", code="isv.BUSINESS_LIMIT_CONTROL", message="触发分钟级流控Permits:1")
    assert await refusal(sms) == ("isv.BUSINESS_LIMIT_CONTROL", Fate.FAILED, 60)
    simulator.fault("SendSms", code="isv.BUSINESS_LIMIT_CONTROL", message="触发小时级流控Permits:5")
    assert await refusal(sms) == ("isv.BUSINESS_LIMIT_CONTROL", Fate.FAILED, 3600)
    simulator.fault("SendSms", code="isv.DAY_LIMIT_CONTROL")
    code, fate, pause = await refusal(sms)
    assert (code, fate) == ("isv.DAY_LIMIT_CONTROL", Fate.FAILED)
    assert pause is not None
    assert 0 < pause <= 86_401
    assert simulator.sent() == []


async def test_a_late_answer_leaves_the_fate_unknown_and_nothing_is_sent_twice(
    sms: AliyunSms, simulator: Simulator
) -> None:
    simulator.fault("SendSms", delay=3)
    assert await refusal(sms) == ("no-answer", Fate.UNKNOWN, None)
    assert simulator.calls("SendSms") == 1
    assert len(simulator.sent()) == 1
    assert await sms.look_up(PHONE, "msg_1", today()) == SmsReceipt("delivered", "DELIVERED")


async def test_a_lost_answer_is_found_by_looking_it_up(
    sms: AliyunSms, simulator: Simulator
) -> None:
    simulator.fault("SendSms", lose_reply=True)
    assert await refusal(sms) == ("no-answer", Fate.UNKNOWN, None)
    assert simulator.calls("SendSms") == 1
    assert await sms.look_up(PHONE, "msg_1", today()) == SmsReceipt("delivered", "DELIVERED")


@pytest.mark.parametrize(
    ("status", "fate"), [(500, Fate.UNKNOWN), (503, Fate.FAILED), (403, Fate.FAILED)]
)
async def test_an_error_on_their_side_is_not_sent_again_by_the_library(
    sms: AliyunSms, simulator: Simulator, status: int, fate: Fate
) -> None:
    simulator.fault("SendSms", status=status, code="InternalError")
    assert await refusal(sms) == ("InternalError", fate, None)
    assert simulator.calls("SendSms") == 1


async def test_nobody_listening_means_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        sms = adapter(f"127.0.0.1:{taken.getsockname()[1]}")
        assert await refusal(sms) == ("no-answer", Fate.FAILED, None)
        sms.close()


async def test_a_proxy_of_the_environment_is_not_used(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    sms = adapter(simulator.host)
    await sms.send(PHONE, "SMS_1001", CODE, "msg_1")
    sms.close()
    assert len(simulator.sent()) == 1


@pytest.mark.parametrize("status", ["delivered", "failed", "waiting", "absent"])
async def test_a_receipt_tells_what_became_of_a_message(
    sms: AliyunSms, simulator: Simulator, status: str
) -> None:
    await sms.send(PHONE, "SMS_1001", CODE, "msg_1")
    await sms.send(PHONE, "SMS_1001", CODE, "msg_2")
    code = "MOBILE_NOT_ON_SERVICE" if status == "failed" else ""
    simulator.control("receipts", out_id="msg_1", status=status, code=code)
    found = await sms.look_up(PHONE, "msg_1", today())
    assert found.status == status
    assert found.code == {"delivered": "DELIVERED"}.get(status, code)
    assert (await sms.look_up(PHONE, "msg_2", today())).status == "delivered"


async def test_a_message_nobody_sent_is_absent(sms: AliyunSms) -> None:
    assert await sms.look_up(PHONE, "msg_1", today()) == SmsReceipt("absent")


async def test_a_message_is_found_behind_fifty_newer_ones(sms: AliyunSms) -> None:
    await asyncio.gather(
        *(sms.send(PHONE, "SMS_1001", CODE, f"msg_{number}") for number in range(55))
    )
    found = [await sms.look_up(PHONE, f"msg_{number}", today()) for number in (0, 54)]
    assert [one.status for one in found] == ["delivered", "delivered"]


async def test_a_full_queue_turns_a_message_away_at_once(
    sms: AliyunSms, simulator: Simulator
) -> None:
    simulator.fault("SendSms", delay=0.5, times=4)
    sending = [sms.send(PHONE, "SMS_1001", CODE, f"msg_{number}") for number in range(69)]
    results = await asyncio.gather(*sending, return_exceptions=True)
    busy = [one for one in results if isinstance(one, PortError)]
    assert [(one.code, one.fate) for one in busy] == [("busy", Fate.FAILED)]
    assert len(simulator.sent()) == 68


async def test_a_long_value_is_cut_to_what_a_parameter_holds(
    sms: AliyunSms, simulator: Simulator
) -> None:
    await sms.send(PHONE, "SMS_1003", {"title": "会议取消", "text": "长" * 36}, "msg_1")
    assert simulator.sent()[0]["params"]["text"] == "长" * 34 + "…"


async def test_neither_number_nor_code_is_logged(
    simulator: Simulator, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        sms = adapter(simulator.host)
        await sms.send(PHONE, "SMS_1001", CODE, "msg_1")
        for what in ({"lose_reply": True}, {"status": 500}, {"code": "isv.OUT_OF_SERVICE"}):
            simulator.fault("SendSms", **what)
            await refusal(sms)
        sms.close()
    told = caplog.text + "".join(capfd.readouterr())
    for secret in (PHONE, CODE["code"], "demo-access-key"):
        assert secret not in told
