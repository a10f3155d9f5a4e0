"""The adapter for calls behind a third number."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from models.base.clock import system_clock
from models.base.ports import BoundNumber, Fate, PortError
from scripts.simulator.calls import NUMBERS
from server.adapters.aliyun_calls import AliyunCalls, CallsAccess
from tests.simulated import Simulator

ONE, OTHER, THIRD = "13800000042", "13900000043", "13700000044"
LASTS = timedelta(minutes=15)


def adapter(host: str, **changes: str) -> AliyunCalls:
    access = {
        "domain": host,
        "key_id": "demo-access-key",
        "key_secret": "demo-access-key-secret",
        "pool_key": "demo-pool",
        **changes,
    }
    return AliyunCalls(CallsAccess(**access, protocol="http", read_timeout=1), system_clock)


@pytest.fixture
def calls(simulator: Simulator) -> Iterator[AliyunCalls]:
    opened = adapter(simulator.host)
    yield opened
    opened.close()


async def refusal(
    calls: AliyunCalls, one: str = ONE, other: str = OTHER, lasts: timedelta = LASTS
) -> tuple[str, Fate]:
    """(code, fate) of a binding that is not confirmed."""
    with pytest.raises(PortError) as caught:
        await calls.bind(one, other, lasts, "ord_1")
    assert caught.value.system == "calls"
    return caught.value.code, caught.value.fate


async def test_two_numbers_are_bound_behind_a_third(
    calls: AliyunCalls, simulator: Simulator
) -> None:
    bound = await calls.bind(ONE, OTHER, LASTS, "ord_1")
    (binding,) = simulator.sent(kind="call")
    assert (binding["one"], binding["other"], binding["out_id"]) == (ONE, OTHER, "ord_1")
    assert BoundNumber(binding["number"], binding["subs_id"]) == bound
    assert bound.number not in (ONE, OTHER)
    until = datetime.fromisoformat(binding["until"])
    made = datetime.fromisoformat(binding["at"])
    assert abs(until - made - LASTS) < timedelta(seconds=5)


async def test_a_person_in_two_bindings_has_two_numbers(
    calls: AliyunCalls, simulator: Simulator
) -> None:
    one = await calls.bind(ONE, OTHER, LASTS, "ord_1")
    two = await calls.bind(ONE, THIRD, LASTS, "ord_2")
    assert one.number != two.number


async def test_a_binding_is_ended(calls: AliyunCalls, simulator: Simulator) -> None:
    bound = await calls.bind(ONE, OTHER, LASTS, "ord_1")
    await calls.unbind(bound)
    assert simulator.sent(kind="call")[0]["ended"] is not None


async def test_a_binding_that_has_ended_is_ended_again_without_a_word(
    calls: AliyunCalls, simulator: Simulator
) -> None:
    bound = await calls.bind(ONE, OTHER, LASTS, "ord_1")
    simulator.control("clock", advance=16 * 60)
    await calls.unbind(bound)
    assert simulator.calls("UnbindSubscription") == 1
    assert simulator.sent(kind="call")[0]["ended"] is None


async def test_a_fault_in_ending_is_told(calls: AliyunCalls, simulator: Simulator) -> None:
    bound = await calls.bind(ONE, OTHER, LASTS, "ord_1")
    simulator.fault("UnbindSubscription", code="isp.SYSTEM_ERROR")
    with pytest.raises(PortError) as caught:
        await calls.unbind(bound)
    assert (caught.value.code, caught.value.fate) == ("isp.SYSTEM_ERROR", Fate.FAILED)


async def test_what_is_not_a_number_is_refused_for_good(
    calls: AliyunCalls, simulator: Simulator
) -> None:
    assert await refusal(calls, other="12800000042") == ("isv.MOBILE_NUMBER_ILLEGAL", Fate.REFUSED)
    assert await refusal(calls, other=ONE) == ("isv.ILLEGAL_ARGUMENT", Fate.REFUSED)
    short = timedelta(seconds=30)
    assert await refusal(calls, lasts=short) == ("isv.EXPIRE_DATE_ILLEGAL", Fate.REFUSED)
    assert simulator.sent(kind="call") == []


async def test_an_empty_pool_is_told_and_may_be_tried_again(
    calls: AliyunCalls, simulator: Simulator
) -> None:
    for number in range(len(NUMBERS)):
        await calls.bind(ONE, f"139000{number:05}", LASTS, "ord_1")
    assert await refusal(calls) == ("isv.NO_AVAILABLE_NUMBER", Fate.FAILED)


async def test_a_forged_signature_and_a_strange_pool_are_refused(simulator: Simulator) -> None:
    for changes, code in (
        ({"key_secret": "another"}, "SignatureDoesNotMatch"),
        ({"pool_key": "another"}, "isv.POOLKEY_NOT_EXISTS"),
    ):
        calls = adapter(simulator.host, **changes)
        assert await refusal(calls) == (code, Fate.FAILED)
        calls.close()
    assert simulator.sent() == []


async def test_without_a_pool_nobody_is_asked(simulator: Simulator) -> None:
    calls = adapter(simulator.host, pool_key="")
    assert await refusal(calls) == ("not-configured", Fate.REFUSED)
    calls.close()
    assert simulator.calls("BindAxb") == 0


async def test_a_lost_answer_is_not_asked_for_again(
    calls: AliyunCalls, simulator: Simulator
) -> None:
    simulator.fault("BindAxb", lose_reply=True)
    assert await refusal(calls) == ("no-answer", Fate.UNKNOWN)
    assert simulator.calls("BindAxb") == 1


async def test_nobody_listening_means_nothing_was_bound() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        calls = adapter(f"127.0.0.1:{taken.getsockname()[1]}")
        assert await refusal(calls) == ("no-answer", Fate.FAILED)
        calls.close()


async def test_no_number_is_logged(
    simulator: Simulator, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        calls = adapter(simulator.host)
        bound = await calls.bind(ONE, OTHER, LASTS, "ord_1")
        for what in ({"lose_reply": True}, {"status": 500}, {"code": "isv.OUT_OF_SERVICE"}):
            simulator.fault("BindAxb", **what)
            await refusal(calls)
        await calls.unbind(bound)
        calls.close()
    told = caplog.text + "".join(capfd.readouterr())
    for secret in (ONE, OTHER, bound.number, "demo-access-key"):
        assert secret not in told
