"""One-time codes: who types one holds the phone, whatever is tried at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from models.base import quotas, sms_codes
from models.base.errors import TooMany
from models.base.ports import Fate, PortError
from models.base.sms_codes import MAX_TRIES, SMS_CODES, Proof, SmsCodeWrong, redeem, send
from models.base.store import Store
from tests.campus import a_campus, last_code, turn_of
from tests.machinery import FakeSms, MovingClock, a_house

PHONE = "13800000042"
PROOF = Proof("sign-in", PHONE)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def test_a_code_is_six_digits_goes_to_the_phone_and_proves_it_once(store: Store) -> None:
    house = a_campus(store)
    await send(turn_of(house), PROOF)
    code = await last_code(house)
    assert isinstance(house.ports.sms, FakeSms)
    phone, template, params, _ = house.ports.sms.sent[0]
    assert (phone, template, list(params)) == (PHONE, "SMS_1001", ["code"])
    assert len(code) == 6
    assert code.isdigit()

    await redeem(turn_of(house), PROOF, code)

    with pytest.raises(SmsCodeWrong):
        await redeem(turn_of(house), PROOF, code)


async def test_neither_code_nor_phone_is_stored(store: Store) -> None:
    house = a_campus(store)
    await send(turn_of(house), PROOF)
    code = await last_code(house)

    stored = repr(await store.find(SMS_CODES, {})) + repr(await store.find(quotas.QUOTAS, {}))

    assert code not in stored
    assert PHONE not in stored


async def test_a_code_lives_five_minutes(store: Store) -> None:
    clock = MovingClock()
    house = a_campus(store, clock)
    await send(turn_of(house), PROOF)
    code = await last_code(house)
    clock.forward(minutes=5)

    with pytest.raises(SmsCodeWrong):
        await redeem(turn_of(house), PROOF, code)


async def test_a_code_is_for_one_phone_and_one_purpose(store: Store) -> None:
    house = a_campus(store)
    await send(turn_of(house), PROOF)
    code = await last_code(house)

    for proof in (Proof("sign-in", "13800000043"), Proof("bind o1", PHONE)):
        with pytest.raises(SmsCodeWrong):
            await redeem(turn_of(house), proof, code)
    await redeem(turn_of(house), PROOF, code)


async def test_a_newer_code_takes_the_place_of_the_older(store: Store) -> None:
    house = a_campus(store)
    await send(turn_of(house), PROOF)
    older = await last_code(house)
    await send(turn_of(house), PROOF)
    newer = await last_code(house)
    assert await store.count(SMS_CODES, {}) == 1

    if older != newer:
        with pytest.raises(SmsCodeWrong):
            await redeem(turn_of(house), PROOF, older)
    await redeem(turn_of(house), PROOF, newer)


async def test_twenty_wrong_codes_at_once_are_five_tries_and_end_the_code(store: Store) -> None:
    house = a_campus(store)
    await send(turn_of(house), PROOF)
    code = await last_code(house)

    answers = await asyncio.gather(
        *(redeem(turn_of(house), PROOF, other_than(code)) for _ in range(20)),
        return_exceptions=True,
    )

    assert all(isinstance(answer, SmsCodeWrong) for answer in answers)
    (known,) = await store.find(SMS_CODES, {})
    assert known["tries"] == MAX_TRIES
    with pytest.raises(SmsCodeWrong):
        await redeem(turn_of(house), PROOF, code)


async def test_the_fifth_try_still_counts(store: Store) -> None:
    house = a_campus(store)
    await send(turn_of(house), PROOF)
    code = await last_code(house)
    for _ in range(4):
        with pytest.raises(SmsCodeWrong):
            await redeem(turn_of(house), PROOF, other_than(code))

    await redeem(turn_of(house), PROOF, code)


async def test_the_right_code_twenty_times_at_once_is_used_once(store: Store) -> None:
    house = a_campus(store)
    await send(turn_of(house), PROOF)
    code = await last_code(house)

    answers = await asyncio.gather(
        *(redeem(turn_of(house), PROOF, code) for _ in range(20)), return_exceptions=True
    )

    assert sum(answer is None for answer in answers) == 1
    assert sum(isinstance(answer, SmsCodeWrong) for answer in answers) == 19


@pytest.mark.parametrize("fate", list(Fate))
async def test_a_code_that_may_not_arrive_is_logged_and_never_sent_again(
    store: Store, fate: Fate, expect_log: Callable[[str], None]
) -> None:
    expect_log(f"may not arrive \\({fate}\\)")
    house = a_campus(store)
    assert isinstance(house.ports.sms, FakeSms)
    house.ports.sms.faults = [PortError("sms", "isv.BUSY", fate)]

    await send(turn_of(house), PROOF)

    assert len(house.ports.sms.sent) == (fate is Fate.UNKNOWN)
    assert house.ports.sms.faults == []


async def test_without_a_template_nothing_is_sent_and_the_log_says_so(
    store: Store, expect_log: Callable[[str], None]
) -> None:
    expect_log("SMS_TEMPLATES")
    house = a_house(store)

    await send(turn_of(house), PROOF)

    assert await store.count(SMS_CODES, {}) == 0


async def test_a_number_gets_one_a_minute_five_an_hour_ten_a_day(store: Store) -> None:
    clock = MovingClock()
    house = a_campus(store, clock)
    allowed = 0
    for _ in range(24 * 60):
        try:
            await sms_codes.limit(replace(turn_of(house), address=""), PHONE)
            allowed += 1
        except TooMany:
            pass
        clock.forward(minutes=10)
        if allowed == 10:
            break

    assert allowed == 10
    with pytest.raises(TooMany) as refusal:
        await sms_codes.limit(turn_of(house), PHONE)
    assert (refusal.value.retry_after or 0) > 12 * 3600


async def test_an_address_gets_a_hundred_an_hour_for_all_numbers(store: Store) -> None:
    house = a_campus(store)
    for number in range(100):
        await sms_codes.limit(turn_of(house), f"139{number:08}")

    with pytest.raises(TooMany):
        await sms_codes.limit(turn_of(house), PHONE)
    await sms_codes.limit(replace(turn_of(house), address="192.0.2.8"), "13800009999")


async def test_the_addresses_of_one_ipv6_network_count_as_one(store: Store) -> None:
    house = a_campus(store)
    for number in range(100):
        turn = replace(turn_of(house), address=f"2001:db8::{number:x}")
        await sms_codes.limit(turn, f"139{number:08}")

    with pytest.raises(TooMany):
        await sms_codes.limit(replace(turn_of(house), address="2001:db8::ffff"), PHONE)


async def test_an_address_that_has_asked_too_often_uses_up_nobodys_number(store: Store) -> None:
    house = a_campus(store)
    for number in range(100):
        await sms_codes.limit(turn_of(house), f"139{number:08}")
    with pytest.raises(TooMany):
        await sms_codes.limit(turn_of(house), PHONE)

    await sms_codes.limit(replace(turn_of(house), address="192.0.2.8"), PHONE)


async def test_an_account_gets_five_an_hour_for_all_numbers_and_addresses(store: Store) -> None:
    house = a_campus(store)
    for number in range(5):
        turn = replace(turn_of(house), address=f"192.0.2.{number}")
        await sms_codes.limit(turn, f"S{number:04}", "o-ann")

    with pytest.raises(TooMany):
        await sms_codes.limit(turn_of(house), "S0042", "o-ann")
    await sms_codes.limit(turn_of(house), "S0042", "o-bob")


async def test_an_exempt_address_is_not_counted(store: Store) -> None:
    house = a_campus(store, exempts=lambda address: address == "192.0.2.7")

    for _ in range(3):
        await sms_codes.limit(turn_of(house), PHONE)

    assert await store.count(quotas.QUOTAS, {}) == 0


async def test_above_the_ceiling_of_the_day_nothing_is_sent(
    store: Store, expect_log: Callable[[str], None]
) -> None:
    expect_log("used up")
    house = a_campus(store)
    await quotas.draw(store, "sms:day", 1, house.clock())
    used = {"$set": {"drawn": sms_codes.PER_DAY}}
    await store.update_all(quotas.QUOTAS, {}, used)

    await send(turn_of(house), PROOF)

    assert isinstance(house.ports.sms, FakeSms)
    assert house.ports.sms.sent == []
