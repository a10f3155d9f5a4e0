"""Who does it: exactly one takes a ticket, nobody has more than he may, the next in turn comes."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from models.base.context import CLOCK
from models.base.errors import Forbidden, NotFound, Refusal
from models.base.store import Store
from models.repairs import vendors
from models.repairs.dispatching import Assignment
from models.repairs.refusals import (
    AlreadyTaken,
    HandDisabled,
    HandFull,
    NoVendor,
    OtherVendor,
    VendorDisabled,
    WasAssigned,
)
from models.repairs.vendors import VendorInput
from tests.meals_house import a_person
from tests.repairs_house import (
    ANN,
    BOSS,
    DONE,
    DORA,
    DREW,
    LEE,
    LIFT,
    LIGHT,
    MINUTE,
    TIM,
    TOM,
    WATER,
    Repairs,
    back,
    balance,
    because,
    open_house,
    roster,
    to,
)

RACERS = 32


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    return await open_house(store)


async def test_a_ticket_of_the_pool_is_taken_and_stays_with_one_vendor(repairs: Repairs) -> None:
    order = await repairs.report()
    assert order["state"] == "reported"
    assert await repairs.sees(TOM, order)
    assert await repairs.sees(LEE, order)
    taken = await repairs.take(TOM, order)
    assert (taken["state"], taken["assignee"]) == ("taken", TOM)
    assert taken["data"]["vendor"] == {"id": "ven_1", "name": "安居物业"}
    assert await repairs.left(TOM) == 2
    assert [await repairs.sees(who, order) for who in (TOM, DORA, TIM, LEE, DREW)] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert await repairs.told(ANN) == ["repair-taken"]


async def test_of_thirty_two_one_takes_it_and_the_others_hear_who(repairs: Repairs) -> None:
    """However many technicians of however many vendors tap at once."""
    crew = []
    for number in range(RACERS):
        vendor = f"ven_{number % 2 + 1}"
        person = a_person(f"per_t{number}", f"V9{number:03}", roles=["technician"])
        person |= {"name": f"师傅{number}", "posts": [{"role": "technician", "at": vendor}]}
        await repairs.store.insert("people", person)
        await repairs.hand(DORA if vendor == "ven_1" else DREW, person["_id"])
        crew.append(person["_id"])
    order = await repairs.report()
    race = await asyncio.gather(*(repairs.take(who, order) for who in crew), return_exceptions=True)
    winners = [each for each in race if not isinstance(each, BaseException)]
    losers = [each for each in race if isinstance(each, AlreadyTaken)]
    assert (len(winners), len(losers)) == (1, RACERS - 1)
    winner = winners[0]["data"]["hand"]["name"]
    assert {loser.facts["by"] for loser in losers} == {winner}
    assert losers[0].detail() == f"已被 {winner} 抢先接单。"
    await balance(repairs.store)


async def test_nobody_has_more_than_his_limit(repairs: Repairs) -> None:
    for number in range(3):
        await repairs.taken(TOM, key=f"ticket{number}")
    order = await repairs.report(key="one more")
    full = await repairs.refused(repairs.take(TOM, order))
    assert isinstance(full, HandFull)
    assert full.facts == {"name": "tom", "limit": 3}
    assert await repairs.left(TOM) == 0


async def test_one_place_is_given_once_however_many_tickets_race_for_it(repairs: Repairs) -> None:
    await repairs.hand(DORA, TOM, limit=1)
    tickets = [await repairs.report(key=f"ticket{n}", category=LIGHT) for n in range(6)]
    race = await asyncio.gather(
        *(repairs.step(DORA, each, "assign", to(TOM)) for each in tickets), return_exceptions=True
    )
    assert sum(not isinstance(each, BaseException) for each in race) == 1
    assert sum(isinstance(each, HandFull) for each in race) == 5
    assert await repairs.left(TOM) == 0


async def test_who_is_disabled_cannot_be_chosen_whatever_the_page_showed(repairs: Repairs) -> None:
    order = await repairs.report(category=LIGHT)
    await repairs.hand(DORA, TOM, enabled=False)
    refusal = await repairs.refused(repairs.step(DORA, order, "assign", to(TOM)))
    assert isinstance(refusal, HandDisabled)
    await vendors.put(await repairs.ctx(BOSS), "ven_1", VendorInput(name="安居", enabled=False))
    refusal = await repairs.refused(repairs.step(DORA, order, "assign", to(TIM)))
    assert isinstance(refusal, VendorDisabled)


async def test_disabling_and_assigning_at_once_has_one_answer(repairs: Repairs) -> None:
    orders = [await repairs.report(key=f"ticket{n}", category=LIGHT) for n in range(3)]
    race: list[Any] = await asyncio.gather(
        *(repairs.step(DORA, order, "assign", to(TOM)) for order in orders),
        repairs.hand(DORA, TOM, enabled=False),
        return_exceptions=True,
    )
    assert not isinstance(race[-1], BaseException)
    for answer in race[:-1]:
        assert isinstance(answer, (dict, HandDisabled))
    await balance(repairs.store)


async def test_a_category_without_a_vendor_at_work_takes_no_reports(repairs: Repairs) -> None:
    for vendor in ("ven_1", "ven_2"):
        body = VendorInput(name=vendor, contract_until=date(2026, 11, 22))
        await vendors.put(await repairs.ctx(BOSS), vendor, body)
    assert isinstance(await repairs.refused(repairs.report()), NoVendor)


async def test_what_is_assigned_waits_for_the_dispatcher_and_is_not_given_back(
    repairs: Repairs,
) -> None:
    order = await repairs.report(category=LIGHT)
    assert order["waits_for"] == ["v:ven_1:dispatcher", "v:ven_2:dispatcher"]
    assert not await repairs.sees(TOM, order)
    order = await repairs.step(DORA, order, "assign", to(TOM))
    assert order["assignee"] == TOM
    assert await repairs.told(TOM) == ["repair-assigned"]
    refusal = await repairs.refused(repairs.step(TOM, order, "give_back", back()))
    assert isinstance(refusal, WasAssigned)
    assert "give_back" not in await repairs.can(TOM, order)


async def test_what_was_grabbed_goes_back_to_every_pool(repairs: Repairs) -> None:
    order = await repairs.taken(TOM)
    order = await repairs.step(TOM, order, "give_back", back("不会修"))
    assert (order["state"], order["assignee"], order["data"]["vendor"]) == ("reported", None, None)
    assert await repairs.sees(LEE, order)
    assert await repairs.left(TOM) == 3
    assert (await repairs.take(LEE, order))["assignee"] == LEE


async def test_turns_go_round_among_those_on_duty_with_room(repairs: Repairs) -> None:
    await roster(repairs, DREW, date(2026, 11, 23))  # nobody of vendor 2
    await repairs.hand(DORA, TIM, limit=1)
    tickets = []
    for number in range(4):
        repairs.clock.forward(minutes=1)
        tickets.append(await repairs.report(key=f"ticket{number}", category=LIFT))
    await repairs.work()
    found = [await repairs.order(ticket["_id"]) for ticket in tickets]
    got = sorted(order.get("assignee") or "" for order in found)
    assert got == [TIM, TOM, TOM, TOM]  # by turns, until Tim has no room
    late = await repairs.report(key="late", category=LIFT)
    await repairs.work()
    late = await repairs.order(late["_id"])
    assert (late["state"], late["data"]["pooled"]) == ("reported", True)
    assert "repair-nobody-free" in await repairs.told(DORA)
    await balance(repairs.store)


async def test_on_a_day_off_only_a_roster_covers(repairs: Repairs) -> None:
    repairs.clock.now += 5 * 24 * 60 * MINUTE  # Saturday
    first = await repairs.report(key="first", category=LIFT)
    await repairs.work()
    assert await repairs.state(first) == "reported"
    await roster(repairs, DREW, date(2026, 11, 28), LEE)
    second = await repairs.report(key="second", category=LIFT)
    await repairs.work()
    assert (await repairs.order(second["_id"]))["assignee"] == LEE


async def test_a_colleague_of_the_same_vendor_takes_over_with_everything(repairs: Repairs) -> None:
    order = await repairs.started(TOM)
    refusal = await repairs.refused(repairs.step(TOM, order, "hand_over", to(LEE)))
    assert isinstance(refusal, OtherVendor)
    order = await repairs.step(TOM, order, "hand_over", to(TIM))
    assert (order["state"], order["assignee"]) == ("started", TIM)
    assert (await repairs.left(TOM), await repairs.left(TIM)) == (3, 2)
    assert not await repairs.sees(TOM, order)


async def test_another_vendor_can_do_nothing_with_a_ticket(repairs: Repairs) -> None:
    order = await repairs.taken(TOM)
    for who in (LEE, DREW):
        with pytest.raises(NotFound):
            await repairs.step(who, order, "hand_over", to(LEE))
    repairs.clock.forward(minutes=11)
    with pytest.raises(NotFound):  # who was faster is told for ten minutes, then it is gone
        await repairs.take(LEE, order)


async def test_only_technicians_of_the_pool_take(repairs: Repairs) -> None:
    order = await repairs.report()
    for who in (ANN, DORA, BOSS):
        with pytest.raises((Forbidden, NotFound)):
            await repairs.take(who, order)
    await repairs.hand(DORA, TOM, categories=[LIGHT])
    with pytest.raises(NotFound):
        await repairs.take(TOM, order)


async def test_a_category_of_ones_own_decides_which_pool_one_sees(repairs: Repairs) -> None:
    person = await repairs.store.get("people", TOM)
    assert person is not None
    assert person["pools"] == ["cat_water:ven_1", "cat_light:ven_1", "cat_lift:ven_1"]
    version = person["version"]
    await repairs.hand(DORA, TOM, categories=[WATER])
    after = await repairs.store.get("people", TOM)
    assert after is not None
    assert (after["pools"], after["version"]) == (["cat_water:ven_1"], version + 1)


async def test_the_end_of_a_contract_hands_the_open_work_to_the_others(repairs: Repairs) -> None:
    on_hand, in_pool = await repairs.started(TOM), await repairs.report(key="pool")
    await vendors.end(await repairs.ctx(BOSS), "ven_1", vendors.EndInput())
    await repairs.work()
    for order in (on_hand, in_pool):
        order = await repairs.order(order["_id"])
        assert (order["state"], order["data"]["vendors"]) == ("reported", ["ven_2"])
        assert not await repairs.sees(TOM, order)
        assert (await repairs.take(LEE, order))["state"] == "taken"
    assert await repairs.left(TOM) == 3


async def test_a_contract_that_lapses_by_its_date_ends_by_itself(repairs: Repairs) -> None:
    order = await repairs.started(TOM)
    body = VendorInput(name="安居物业", contract_until=date(2026, 11, 23))
    await vendors.put(await repairs.ctx(BOSS), "ven_1", body)
    await repairs.work()
    assert await repairs.state(order) == "started"
    repairs.clock.forward(days=1)
    await repairs.work()
    assert await repairs.state(order) == "reported"
    kept = await repairs.everything()
    await repairs.work()
    assert (await repairs.everything())["orders"] == kept["orders"]


async def test_the_clock_takes_no_turn_twice(repairs: Repairs) -> None:
    order = await repairs.report(category=LIFT)
    results = await asyncio.gather(
        *(repairs.step(CLOCK.id, order, "rotate") for _ in range(4)), return_exceptions=True
    )
    assert all(isinstance(each, (dict, Refusal)) for each in results)
    assert len((await repairs.order(order["_id"]))["timeline"]) == 2
    await balance(repairs.store)


async def test_what_is_said_with_a_step_is_read_by_the_other_side(repairs: Repairs) -> None:
    order = await repairs.report(category=LIGHT)
    order = await repairs.step(DORA, order, "assign", Assignment(person=TOM, note="请带阀芯"))
    assert order["timeline"][-1]["note"] == "请带阀芯"
    order = await repairs.step(TOM, order, "hand_over", Assignment(person=TIM, note="已关阀"))
    assert (order["timeline"][-1]["note"], order["timeline"][-1]["facts"]) == (
        "已关阀", {"person": TIM},
    )  # fmt: skip
    order = await repairs.step(TIM, order, "start")
    order = await repairs.step(TIM, order, "finish", DONE)
    order = await repairs.step(ANN, order, "refuse", because("还在滴水"))
    assert order["timeline"][-1]["note"] == "还在滴水"
    order = await repairs.step(TIM, order, "start")
    order = await repairs.step(TIM, order, "finish", DONE)
    order = await repairs.step(ANN, order, "accept")
    order = await repairs.step(ANN, order, "reopen", because("又漏了"))
    assert order["timeline"][-1]["note"] == "又漏了"
    pooled = await repairs.taken(TOM, key="pooled")
    pooled = await repairs.step(TOM, pooled, "give_back", back("缺工具"))
    assert pooled["timeline"][-1]["note"] == "缺工具"
