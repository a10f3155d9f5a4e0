"""Calls: the two of a ticket reach each other, neither sees a number, and it ends in time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.base.errors import Forbidden, NotFound, TooMany
from models.base.ports import Fate, PortError
from models.base.store import Document, Store
from models.repairs import calls
from models.repairs.calls import CALLS, LASTS, CallsDown, CallView, NobodyToCall, NoNumber
from models.repairs.refusals import TicketClosed
from tests.machinery import FakeCalls, MovingClock, a_house, fake_ports
from tests.repairs_house import (
    ANN,
    BOB,
    BOSS,
    DORA,
    LEE,
    TIM,
    TOM,
    Repairs,
    back,
    because,
    open_house,
    to,
)

PHONES = {ANN: "13800000003", BOB: "13800000004", TOM: "13900000101", TIM: "13900000102"}


@pytest.fixture
def operator() -> FakeCalls:
    return FakeCalls()


@pytest.fixture
async def repairs(store: Store, operator: FakeCalls) -> Repairs:
    clock = MovingClock()
    house = a_house(store, clock, fake_ports(calls=operator))
    opened = await open_house(store, house=house, clock=clock)
    for person, phone in PHONES.items():
        await store.update("people", {"_id": person}, {"$set": {"phone": phone}})
    return opened


async def call(repairs: Repairs, who: str, order: Document) -> CallView:
    return await calls.call(await repairs.ctx(who), order["_id"])


async def bindings(repairs: Repairs) -> int:
    return len(await repairs.store.find(CALLS, {}))


async def test_reporter_and_technician_dial_the_same_number(
    repairs: Repairs, operator: FakeCalls
) -> None:
    order = await repairs.taken()
    found = await call(repairs, ANN, order)
    assert found == CallView(number="17000000001", expires_at=repairs.clock() + LASTS)
    assert await call(repairs, TOM, order) == found
    assert operator.bound == {"sub-1": (PHONES[ANN], PHONES[TOM], LASTS)}
    (kept,) = await repairs.store.find(CALLS, {})
    assert not {PHONES[ANN], PHONES[TOM]} & set(map(str, kept.values()))


async def test_a_number_that_is_about_to_end_is_not_given_again(
    repairs: Repairs, operator: FakeCalls
) -> None:
    order = await repairs.taken()
    await call(repairs, ANN, order)
    repairs.clock.forward(minutes=10)
    found = await call(repairs, TOM, order)
    assert found == CallView(number="17000000002", expires_at=repairs.clock() + LASTS)


async def test_only_the_two_of_a_ticket_call_each_other(
    repairs: Repairs, operator: FakeCalls
) -> None:
    order = await repairs.taken()
    for who in (DORA, BOSS):
        assert type(await repairs.refused(call(repairs, who, order))) is Forbidden
    for who in (BOB, TIM, LEE):
        assert type(await repairs.refused(call(repairs, who, order))) is NotFound
    assert operator.made == 0


async def test_there_is_nobody_to_call_before_somebody_has_taken_it(repairs: Repairs) -> None:
    order = await repairs.report()
    assert isinstance(await repairs.refused(call(repairs, ANN, order)), NobodyToCall)


async def test_a_closed_ticket_is_no_reason_to_call(repairs: Repairs, operator: FakeCalls) -> None:
    order = await repairs.accepted()
    for who in (ANN, TOM):
        assert isinstance(await repairs.refused(call(repairs, who, order)), TicketClosed)
    assert operator.made == 0


async def test_a_person_without_a_number_cannot_be_called(
    repairs: Repairs, operator: FakeCalls
) -> None:
    order = await repairs.taken()
    await repairs.store.update("people", {"_id": ANN}, {"$unset": {"phone": ""}})
    assert isinstance(await repairs.refused(call(repairs, TOM, order)), NoNumber)
    assert operator.made == 0


async def test_a_fault_of_the_operator_is_told_and_leaves_nothing(
    repairs: Repairs, operator: FakeCalls
) -> None:
    order = await repairs.taken()
    operator.faults.append(PortError("calls", "isp.SYSTEM_ERROR", Fate.FAILED))
    refusal = await repairs.refused(call(repairs, ANN, order))
    assert isinstance(refusal, CallsDown)
    assert refusal.status == 503
    assert await bindings(repairs) == 0
    assert (await call(repairs, ANN, order)).number == "17000000001"


async def test_a_person_has_so_many_numbers_in_ten_minutes(
    repairs: Repairs, operator: FakeCalls
) -> None:
    order = await repairs.taken()
    for _ in range(6):
        await call(repairs, ANN, order)
        await repairs.store.delete(CALLS, {})
    refusal = await repairs.refused(call(repairs, ANN, order))
    assert isinstance(refusal, TooMany)
    assert refusal.retry_after == 600
    await call(repairs, TOM, order)
    repairs.clock.forward(minutes=20)
    await call(repairs, ANN, order)
    assert operator.made == 8


@pytest.mark.parametrize("end", ["cancel", "accept"])
async def test_the_number_is_dead_once_the_ticket_is_closed(
    repairs: Repairs, operator: FakeCalls, end: str
) -> None:
    order = await (repairs.taken() if end == "cancel" else repairs.fixed())
    await call(repairs, ANN, order)
    await repairs.step(ANN, order, end)
    await repairs.work()
    assert operator.bound == {}
    assert await bindings(repairs) == 0


async def test_the_number_is_dead_once_somebody_else_has_the_ticket(
    repairs: Repairs, operator: FakeCalls
) -> None:
    order = await repairs.taken()
    await call(repairs, TOM, order)
    await repairs.step(TOM, order, "hand_over", to(TIM))
    await repairs.work()
    assert operator.bound == {}
    await call(repairs, ANN, order)
    assert operator.bound == {"sub-2": (PHONES[ANN], PHONES[TIM], LASTS)}
    await repairs.step(TIM, order, "give_back", back())
    await repairs.work()
    assert operator.bound == {}


async def test_the_number_lives_on_with_the_same_two(repairs: Repairs, operator: FakeCalls) -> None:
    order = await repairs.fixed()
    found = await call(repairs, ANN, order)
    await repairs.step(ANN, order, "refuse", because())
    await repairs.work()
    assert await call(repairs, TOM, order) == found
    assert operator.made == 1


async def test_what_the_operator_did_not_end_is_tried_again(
    repairs: Repairs, operator: FakeCalls, expect_log: Callable[[str], None]
) -> None:
    expect_log("reaction .*hang_up failed")
    order = await repairs.taken()
    await call(repairs, ANN, order)
    operator.faults.append(PortError("calls", "no-answer", Fate.UNKNOWN))
    await repairs.step(ANN, order, "cancel")
    await repairs.work()
    assert (len(operator.bound), await bindings(repairs)) == (1, 1)
    repairs.clock.forward(minutes=5)
    await repairs.work()
    assert (len(operator.bound), await bindings(repairs)) == (0, 0)


async def test_what_has_ended_by_itself_is_only_forgotten(
    repairs: Repairs, operator: FakeCalls
) -> None:
    order = await repairs.taken()
    await call(repairs, ANN, order)
    repairs.clock.forward(minutes=15)
    operator.faults.append(PortError("calls", "no-answer", Fate.UNKNOWN))
    await repairs.step(ANN, order, "cancel")
    await repairs.work()
    assert await bindings(repairs) == 0
    assert len(operator.faults) == 1
