"""Who leaves, or goes to another vendor, sees nothing more and leaves his work behind."""

from __future__ import annotations

from typing import Any

import pytest

from models.base.errors import NotFound
from models.base.roles import Role
from models.base.store import Store
from models.people import Post
from models.repairs import hands
from models.repairs.refusals import HandDisabled
from models.roster.changes import RolesInput, change_roles, let_leave
from server.migrations import MIGRATIONS
from tests.repairs_house import (
    ANN,
    BOSS,
    DONE,
    DORA,
    DREW,
    LIGHT,
    PARTS,
    TIM,
    TOM,
    Repairs,
    because,
    open_house,
    to,
)


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    return await open_house(store)


async def leaves(repairs: Repairs, who: str) -> None:
    await let_leave(await repairs.ctx(BOSS), who)


async def goes_to(repairs: Repairs, who: str, vendor: str) -> None:
    """From now on he works for another vendor, whose dispatcher has not set him up yet."""
    body = RolesInput(roles=[Role.TECHNICIAN], posts=[Post(role=Role.TECHNICIAN, at=vendor)])
    await change_roles(await repairs.ctx(BOSS), who, body)


async def test_who_leaves_gives_his_work_to_the_dispatcher(repairs: Repairs) -> None:
    order = await repairs.started(TOM)
    await leaves(repairs, TOM)
    await repairs.work()
    order = await repairs.order(order["_id"])
    assert (order["state"], order["assignee"]) == ("reported", None)
    assert order["waits_for"] == ["v:ven_1:dispatcher"]
    assert "repair-returned" in await repairs.told(DORA)
    other = await repairs.report(key="other", category=LIGHT)
    with pytest.raises(HandDisabled):
        await repairs.step(DORA, other, "assign", to(TOM))
    assert (await repairs.step(DORA, order, "assign", to(TIM)))["assignee"] == TIM


async def test_what_was_paused_waits_for_nothing_but_its_dispatcher(repairs: Repairs) -> None:
    order = await repairs.step(TOM, await repairs.started(), "pause", PARTS)
    await leaves(repairs, TOM)
    await repairs.work()
    order = await repairs.order(order["_id"])
    assert (order["state"], order["data"]["pause"]) == ("reported", None)


async def test_however_much_he_had_all_of_it_goes_back(repairs: Repairs) -> None:
    await repairs.hand(DORA, TOM, limit=500)
    taken = [await repairs.taken(TOM, key=f"ticket{number}") for number in range(3)]
    copies = [{**taken[0], "_id": f"ord_copy{number:03}", "holds": []} for number in range(51)]
    await repairs.store.insert("orders", *copies)
    await leaves(repairs, TOM)
    await repairs.work()
    assert await repairs.store.find("orders", {"assignee": TOM}) == []
    assert await repairs.left(TOM) == 500


async def test_who_goes_to_another_vendor_sees_nothing_of_the_old_ones_work(
    repairs: Repairs,
) -> None:
    on_hand = await repairs.started(TOM)
    over = await repairs.accepted(TOM, key="over")
    await goes_to(repairs, TOM, "ven_2")
    for order in (on_hand, over):
        assert not await repairs.sees(TOM, order)
        with pytest.raises(NotFound):
            await repairs.step(TOM, order, "finish", DONE)


async def test_his_work_goes_back_although_the_new_dispatcher_was_quick(repairs: Repairs) -> None:
    order = await repairs.started(TOM)
    await goes_to(repairs, TOM, "ven_2")
    await repairs.hand(DREW, TOM)
    loads: Any = await hands.loads(await repairs.ctx(DREW))
    assert {load.id: load.open for load in loads.items} == {"per_lee": 0, TOM: 0}
    await repairs.work()
    order = await repairs.order(order["_id"])
    assert (order["state"], order["assignee"]) == ("reported", None)
    assert order["data"]["vendor"]["id"] == "ven_1"
    assert await repairs.left(TOM) == 3
    other = await repairs.report(key="other")
    assert (await repairs.take(TOM, other))["data"]["vendor"]["id"] == "ven_2"


async def test_until_he_is_set_up_anew_he_is_given_nothing(repairs: Repairs) -> None:
    await goes_to(repairs, TOM, "ven_2")
    await repairs.work()
    order = await repairs.report(category=LIGHT)
    refusal = await repairs.refused(repairs.step(DORA, order, "assign", to(TOM)))
    assert isinstance(refusal, HandDisabled)


async def test_what_is_reopened_does_not_follow_him_to_another_vendor(repairs: Repairs) -> None:
    order = await repairs.accepted(TOM)
    await goes_to(repairs, TOM, "ven_2")
    await repairs.hand(DREW, TOM)
    order = await repairs.step(ANN, order, "reopen", because("又漏了"))
    assert (order["state"], order["assignee"]) == ("reported", None)
    assert order["waits_for"] == ["v:ven_1:dispatcher"]


async def test_other_roles_that_change_leave_his_work_alone(repairs: Repairs) -> None:
    order = await repairs.started(TOM)
    body = RolesInput(
        roles=[Role.TECHNICIAN, Role.STAFF], posts=[Post(role=Role.TECHNICIAN, at="ven_1")]
    )
    await change_roles(await repairs.ctx(BOSS), TOM, body)
    await repairs.work()
    assert (await repairs.order(order["_id"]))["assignee"] == TOM
    assert await repairs.store.find("leavings", {}) == []


async def test_tickets_of_before_are_seen_as_those_of_today(repairs: Repairs) -> None:
    on_hand = await repairs.started(TOM)
    over = await repairs.accepted(TIM, key="over")
    known = [await repairs.order(order["_id"]) for order in (on_hand, over)]
    for order in known:
        old = [f"p:{order['assignee']}", *(x for x in order["seen_by"] if not x.startswith("h:"))]
        where = {"_id": order["_id"]}
        waits_for = [f"p:{order['assignee']}"] if order["waits_for"] else []
        await repairs.store.update(
            "orders", where, {"$set": {"seen_by": old, "waits_for": waits_for}}
        )
    [migration] = [each for each in MIGRATIONS if "hands of a vendor" in each.name]
    for _ in range(2):
        await migration.run(repairs.store)
        assert [await repairs.order(order["_id"]) for order in known] == known
