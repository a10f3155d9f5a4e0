"""While a reporter or a dispatcher is away, a deputy goes on with their tickets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import deputies
from models.base.errors import Forbidden, NotFound
from models.base.roles import Role
from models.base.store import Store
from models.base.views import RatingInput
from models.deputies import Absence
from models.people import Post
from models.repairs import hands
from models.roster.changes import RolesInput, change_roles
from tests.machinery import MONDAY
from tests.repairs_house import (
    ANN,
    BOB,
    BOSS,
    CAT,
    DONE,
    DORA,
    LEE,
    LIGHT,
    TIM,
    TOM,
    Repairs,
    answer,
    back,
    because,
    open_house,
    question,
    to,
)


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    return await open_house(store)


async def away(repairs: Repairs, who: str, deputy: str, days: int = 1) -> None:
    """From today on somebody stands in for `who`."""
    person = await repairs.store.get("people", deputy)
    assert person is not None
    last = MONDAY.date() + timedelta(days=days - 1)
    body = Absence(employee_no=person["employee_no"], from_=MONDAY.date(), to=last)
    await deputies.name(await repairs.ctx(who), body)


async def roles_of(repairs: Repairs, who: str) -> set[Role]:
    return set((await repairs.ctx(who)).actor.roles)


async def test_a_reporters_deputy_answers_and_accepts_but_does_not_rate(repairs: Repairs) -> None:
    order = await repairs.started()
    order = await repairs.step(TOM, order, "ask", question())
    assert not await repairs.sees(BOB, order)
    await away(repairs, ANN, BOB)
    assert await repairs.sees(BOB, order)
    assert order["waits_for"] == [f"p:{ANN}", f"d:{ANN}"]
    order = await repairs.step(BOB, order, "answer", answer())
    assert (order["state"], order["timeline"][-1]["by"]) == ("started", BOB)
    order = await repairs.step(TOM, order, "finish", DONE)
    assert await repairs.can(BOB, order) == {"accept", "refuse", "remark", "dispute"}
    order = await repairs.step(BOB, order, "accept")
    with pytest.raises(Forbidden):
        await repairs.step(BOB, order, "rate", RatingInput(stars=5))
    order = await repairs.step(BOB, order, "reopen", because())
    assert order["state"] == "taken"


async def test_the_deputy_of_yesterday_sees_nothing(repairs: Repairs) -> None:
    order = await repairs.report()
    await away(repairs, ANN, BOB)
    repairs.clock.forward(days=1)
    assert not await repairs.sees(BOB, order)
    with pytest.raises(NotFound):
        await repairs.step(BOB, order, "cancel")


async def test_a_dispatchers_deputy_of_the_same_vendor_dispatches(repairs: Repairs) -> None:
    order = await repairs.report(category=LIGHT)
    assert not await repairs.sees(TOM, order)
    await away(repairs, DORA, TOM)
    assert await roles_of(repairs, TOM) == {Role.TECHNICIAN, Role.DISPATCHER}
    listed = await hands.listed(await repairs.ctx(TOM))
    assert [hand.id for hand in listed.items] == [TOM, TIM]
    order = await repairs.step(TOM, order, "assign", to(TIM))
    assert (order["assignee"], order["timeline"][-1]["by"]) == (TIM, TOM)
    repairs.clock.forward(days=1)
    assert await roles_of(repairs, TOM) == {Role.TECHNICIAN}
    assert not await repairs.sees(TOM, order)


async def test_the_deputy_is_told_what_the_dispatcher_is_told(repairs: Repairs) -> None:
    await away(repairs, DORA, TOM)
    order = await repairs.taken(TIM)
    await repairs.step(TIM, order, "give_back", back())
    assert "repair-returned" in await repairs.told(TOM)
    assert "repair-returned" in await repairs.told(DORA)


@pytest.mark.parametrize("stranger", [LEE, CAT])
async def test_nobody_outside_the_vendor_gets_to_dispatch_for_it(
    repairs: Repairs, stranger: str
) -> None:
    before = await roles_of(repairs, stranger)
    order = await repairs.report(category=LIGHT)
    taken = await repairs.taken(TIM, key="taken")
    await away(repairs, DORA, stranger)
    assert await roles_of(repairs, stranger) == before
    assert not await repairs.sees(stranger, order)
    assert not await repairs.sees(stranger, taken)


async def test_a_deputy_who_goes_to_another_vendor_dispatches_no_more(repairs: Repairs) -> None:
    await away(repairs, DORA, TOM, days=7)
    body = RolesInput(roles=[Role.TECHNICIAN], posts=[Post(role=Role.TECHNICIAN, at="ven_2")])
    await change_roles(await repairs.ctx(BOSS), TOM, body)
    assert await roles_of(repairs, TOM) == {Role.TECHNICIAN}


async def test_who_dispatches_no_more_lends_nothing(repairs: Repairs) -> None:
    await away(repairs, DORA, TOM, days=7)
    body = RolesInput(roles=[Role.TECHNICIAN], posts=[Post(role=Role.TECHNICIAN, at="ven_1")])
    await change_roles(await repairs.ctx(BOSS), DORA, body)
    await repairs.work()
    assert await roles_of(repairs, TOM) == {Role.TECHNICIAN}
    body = RolesInput(roles=[Role.DISPATCHER], posts=[Post(role=Role.DISPATCHER, at="ven_1")])
    await change_roles(await repairs.ctx(BOSS), DORA, body)
    await repairs.work()
    assert await roles_of(repairs, TOM) == {Role.TECHNICIAN, Role.DISPATCHER}


async def test_both_are_shown_what_the_deputy_may_do(repairs: Repairs) -> None:
    await away(repairs, DORA, TOM)
    for who in (DORA, TOM):
        [shown] = (await deputies.listed(await repairs.ctx(who))).items
        assert shown.posts == [Post(role=Role.DISPATCHER, at="ven_1")]
