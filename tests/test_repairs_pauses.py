"""Pauses: with a reason, never for ever; questions and answers; a second visit."""

from __future__ import annotations

import pytest

from models.base.store import Store
from models.repairs.proofs import ProofMissing
from models.repairs.refusals import NotAsked, PausesUsedUp, PauseTooLong, UrgedLately
from models.repairs.working import Pause, Revisit
from tests.machinery import MONDAY
from tests.repairs_house import (
    ANN,
    BOSS,
    DAY,
    DORA,
    DREW,
    HOUR,
    PARTS,
    TOM,
    Repairs,
    answer,
    open_house,
    question,
)


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    return await open_house(store)


async def test_a_pause_ends_when_it_was_said_to(repairs: Repairs) -> None:
    order = await repairs.started()
    body = Pause(reason="parts", note="等配件", until=MONDAY + 6 * HOUR)
    order = await repairs.step(TOM, order, "pause", body)
    assert order["timeline"][-1]["facts"] == {"reason": "parts"}
    assert order["data"]["pause"]["confirmed"] is False
    repairs.clock.now = MONDAY + 6 * HOUR
    await repairs.work()
    found = await repairs.order(order["_id"])
    assert (found["state"], found["data"]["pause"]) == ("started", None)
    assert found["timeline"][-1]["by"] == "clock"
    assert await repairs.told(TOM) == ["repair-resumed"]


async def test_a_pause_nobody_confirmed_ends_after_a_working_day(repairs: Repairs) -> None:
    order = await repairs.started()
    body = Pause(reason="third_party", note="等供电局", until=MONDAY + 9 * DAY)
    order = await repairs.step(TOM, order, "pause", body)
    # eight business hours: six and a half today, the rest tomorrow
    assert order["data"]["pause"]["ends_at"] == MONDAY + DAY + HOUR
    repairs.clock.now = MONDAY + DAY + HOUR
    await repairs.work()
    assert await repairs.state(order) == "started"


async def test_pauses_that_nobody_confirms_add_up_to_one_working_day(repairs: Repairs) -> None:
    order = await repairs.started()
    for start in (MONDAY, MONDAY + 5 * HOUR):  # three hours each, of the eight
        repairs.clock.now = start
        order = await repairs.step(TOM, order, "pause", PARTS)
        repairs.clock.forward(hours=3)
        order = await repairs.step(TOM, order, "resume")
    order = await repairs.step(TOM, order, "pause", PARTS)  # at five; half an hour is left today
    assert order["data"]["pause"]["ends_at"] == MONDAY + DAY + HOUR
    repairs.clock.now = order["data"]["pause"]["ends_at"]
    await repairs.work()
    assert await repairs.state(order) == "started"
    for name, body in (("pause", PARTS), ("ask", question())):
        refusal = await repairs.refused(repairs.step(TOM, order, name, body))
        assert isinstance(refusal, PausesUsedUp)


async def test_a_confirmed_pause_is_not_counted(repairs: Repairs) -> None:
    order = await repairs.started()
    order = await repairs.step(TOM, order, "pause", PARTS)
    await repairs.step(BOSS, order, "confirm_pause")
    repairs.clock.now = MONDAY + 3 * DAY
    order = await repairs.step(TOM, order, "resume")
    order = await repairs.step(TOM, order, "pause", PARTS)
    assert order["data"]["pause"]["ends_at"] == MONDAY + 4 * DAY + HOUR


async def test_a_confirmed_pause_lasts_as_long_as_was_said(repairs: Repairs) -> None:
    order = await repairs.started()
    until = MONDAY + 9 * DAY
    body = Pause(reason="third_party", note="等供电局", until=until)
    order = await repairs.step(TOM, order, "pause", body)
    order = await repairs.step(BOSS, order, "confirm_pause")
    assert order["data"]["pause"]["ends_at"] == until
    repairs.clock.now = MONDAY + 8 * DAY
    await repairs.work()
    assert await repairs.state(order) == "paused"
    repairs.clock.now = until
    await repairs.work()
    assert await repairs.state(order) == "started"


async def test_no_pause_reaches_beyond_the_longest(repairs: Repairs) -> None:
    order = await repairs.started()
    for until in (MONDAY, MONDAY - HOUR, MONDAY + 31 * DAY):
        body = Pause(reason="parts", note="等", until=until)
        refusal = await repairs.refused(repairs.step(TOM, order, "pause", body))
        assert isinstance(refusal, PauseTooLong)
        assert refusal.facts == {"days": 30}


async def test_that_nobody_opened_is_shown_by_a_photo_where_the_rules_say_so(
    repairs: Repairs,
) -> None:
    order = await repairs.started()
    body = Pause(reason="access", note="没人开门")
    refusal = await repairs.refused(repairs.step(TOM, order, "pause", body))
    assert isinstance(refusal, ProofMissing)
    assert refusal.errors == (("/photos", "缺少现场照片"),)
    assert await repairs.state(order) == "started"
    rules = {"access_photo": False}
    await repairs.house.policies.decide("repairs", "", rules, MONDAY.date(), BOSS)
    assert (await repairs.step(TOM, order, "pause", body))["state"] == "paused"


async def test_a_question_is_the_requesters_time_until_the_answer(repairs: Repairs) -> None:
    order = await repairs.started()
    order = await repairs.step(TOM, order, "ask", question())
    assert order["waits_for"] == [f"p:{ANN}", f"d:{ANN}"]
    assert await repairs.told(ANN) == ["repair-taken", "repair-started", "repair-asked"]
    repairs.clock.forward(hours=1)
    order = await repairs.step(ANN, order, "answer", answer())
    assert (order["state"], order["waits_for"]) == ("started", [f"h:ven_1:{TOM}"])
    assert order["data"]["ledger"]["minutes"]["requester"] == 60
    assert await repairs.told(TOM) == ["repair-answered"]


async def test_who_was_asked_before_the_start_answers_back_to_there(repairs: Repairs) -> None:
    order = await repairs.taken()
    order = await repairs.step(TOM, order, "ask", question())
    order = await repairs.step(ANN, order, "answer", answer())
    assert order["state"] == "taken"


async def test_only_who_was_asked_answers(repairs: Repairs) -> None:
    order = await repairs.started()
    order = await repairs.step(TOM, order, "pause", PARTS)
    refusal = await repairs.refused(repairs.step(ANN, order, "answer", answer()))
    assert isinstance(refusal, NotAsked)


async def test_a_second_visit_waits_for_its_hour(repairs: Repairs) -> None:
    order = await repairs.started()
    at = MONDAY + 5 * HOUR
    order = await repairs.step(TOM, order, "revisit", Revisit(at=at, note="带新件"))
    assert order["data"]["pause"]["reason"] == "access"
    repairs.clock.now = at
    await repairs.work()
    found = await repairs.order(order["_id"])
    assert found["state"] == "started"
    assert found["data"]["ledger"]["minutes"]["access"] == 180


async def test_an_urge_before_anybody_has_it_reaches_the_dispatchers(repairs: Repairs) -> None:
    order = await repairs.report()
    await repairs.step(ANN, order, "urge")
    assert await repairs.told(DORA) == await repairs.told(DREW) == ["repair-urged"]


async def test_a_pause_outlives_a_question_of_the_dispatchers(repairs: Repairs) -> None:
    order = await repairs.started()
    order = await repairs.step(TOM, order, "pause", PARTS)
    ends = order["data"]["pause"]["ends_at"]
    order = await repairs.step(ANN, order, "urge")
    assert order["wake_at"] == ends
    refusal = await repairs.refused(repairs.step(ANN, order, "urge"))
    assert isinstance(refusal, UrgedLately)
    assert await repairs.told(TOM) == ["repair-urged"]
    assert "confirm_pause" in await repairs.can(BOSS, order)
    assert "confirm_pause" not in await repairs.can(DORA, order)  # it is her vendor's clock
