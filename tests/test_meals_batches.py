"""A clerk orders for colleagues in one go; and a sitting that is cancelled for everybody."""

from __future__ import annotations

import asyncio

import pytest

from models.base.errors import Forbidden, NotFound
from models.base.store import Document, Store
from models.base.transitions import WrongState
from models.base.views import full
from models.meals import sittings
from models.meals.batches import Booked, Member
from models.meals.booking import DishChoice
from models.meals.refusals import BatchRefused
from models.meals.sittings import Reason
from tests.base.stumbling import Stumble, stumbling
from tests.meals_house import (
    ANN,
    BOB,
    BOSS,
    CAT,
    CLERK,
    CLOSES,
    DAN,
    DESK,
    WEST_DESK,
    Meals,
    a_sitting,
    code_of,
    more_people,
    open_house,
    west,
)

BURST = Reason(reason="水管爆裂")


def outcomes(answer: Booked) -> list[str]:
    """What became of each member: the state, or the code of the refusal."""
    return [str(result.code or result.outcome) for result in answer.results]


async def children(meals: Meals, answer: Booked) -> list[Document]:
    """The meals of a batch, in order."""
    return await meals.store.find("orders", {"parent": answer.order.id}, sort=[("_id", 1)])


async def test_a_clerk_orders_for_colleagues_who_own_their_meals(store: Store) -> None:
    meals = await open_house(store)
    dishes = [DishChoice(dish_id="dsh_1")]
    answer = await meals.batch(
        ANN, Member(employee_no="S0004", portions=2, dishes=dishes), deliver_to="plc_1"
    )
    assert outcomes(answer) == ["booked", "booked"]
    assert (answer.order.kind, answer.order.state) == ("meal_batch", "placed")
    assert answer.order.price == 1500 + 2 * 1500 + 800
    ann, bob = await children(meals, answer)
    assert [result.order_id for result in answer.results] == [ann["_id"], bob["_id"]]
    assert (ann["owner"], bob["owner"], bob["data"]["portions"]) == (ANN, BOB, 2)
    assert (await full(meals.ctx(ANN), ann)).data["code"] == code_of(meals, ann)
    assert "code" not in (await full(meals.ctx(CLERK), ann)).data
    assert await meals.told(ANN) == ["meal-booked-for-you"]
    assert await meals.told(CLERK) == []
    assert await meals.left() == 7


async def test_who_cannot_be_booked_is_left_out_and_reported(store: Store) -> None:
    meals = await open_house(store, a_sitting(places=3), west())
    await meals.book(BOB, sitting_id="sit_2")
    big = Member(employee_no="S0005", portions=3)
    answer = await meals.batch(ANN, BOB, DAN, ANN, "S9999", big, CLERK)
    assert outcomes(answer) == [
        "booked",
        "already-booked",
        "not-your-unit",
        "colleague-twice",
        "colleague-unknown",
        "sitting-full",
        "booked",
    ]
    assert answer.results[1].detail == "工号 S0004 已预订该餐。"
    assert [order["owner"] for order in await children(meals, answer)] == [ANN, CLERK]
    assert await meals.left() == 1


async def test_all_or_nothing_books_nobody_and_says_who_is_in_the_way(store: Store) -> None:
    meals = await open_house(store, a_sitting(), west())
    await meals.book(BOB, sitting_id="sit_2")
    refusal = await meals.refused(meals.batch(ANN, BOB, on_conflict="all_or_nothing"))
    assert (refusal.code, refusal.facts["refused"]) == ("batch-refused", 1)
    codes = [result.get("code") for result in refusal.facts["results"]]
    assert codes == [None, "already-booked"]
    assert type(await meals.refused(meals.batch(BOB, key="all-gone"))) is BatchRefused


async def test_members_who_have_a_meal_already_do_not_take_the_last_place(store: Store) -> None:
    meals = await open_house(store, a_sitting(places=1), west())
    for person in (ANN, BOB):
        await meals.book(person, sitting_id="sit_2")
    answer = await meals.batch(ANN, BOB, CAT)
    assert outcomes(answer) == ["already-booked", "already-booked", "booked"]
    assert await meals.left() == 0


async def test_a_batch_and_its_members_own_orders_at_once_leave_one_meal_each(
    store: Store,
) -> None:
    meals = await open_house(store, a_sitting(places=40), west())
    everyone = await more_people(meals, 12)
    own = [meals.book(person, sitting_id="sit_2") for person in everyone[:6]]
    answer, *_ = await asyncio.gather(meals.batch(*everyone), *own, return_exceptions=True)
    assert isinstance(answer, Booked)
    owners = [order["owner"] for order in await store.find("orders", {"kind": "meal"})]
    assert sorted(owners) == sorted(everyone)
    await meals.balance()


async def test_a_repeated_batch_is_the_same_batch(store: Store) -> None:
    meals = await open_house(store)
    whole, meals.house = meals.house, stumbling(meals.house, "group.committed")
    with pytest.raises(Stumble):
        await meals.batch(ANN, BOB)
    meals.house = whole
    answer = await meals.batch(ANN, BOB)
    assert outcomes(answer) == ["booked", "booked"]
    meals.clock.now = CLOSES
    assert (await meals.batch(ANN, BOB)).order.id == answer.order.id
    assert await meals.left() == 8


@pytest.mark.parametrize(
    ("sitting", "body", "code"),
    [
        ({}, {"sitting_id": "sit_9"}, "sitting-unknown"),
        ({"state": "cancelled", "enabled": False}, {}, "sitting-cancelled"),
        ({"enabled": False}, {}, "sitting-closed"),
        ({"left": 0}, {}, "batch-refused"),
        ({}, {"deliver_to": "plc_9"}, "batch-refused"),
    ],
)
async def test_a_batch_that_cannot_be_is_refused(
    store: Store, sitting: Document, body: Document, code: str
) -> None:
    meals = await open_house(store, a_sitting(**sitting))
    assert (await meals.refused(meals.batch(ANN, **body))).code == code


async def test_only_clerks_order_for_others_and_only_in_time(store: Store) -> None:
    meals = await open_house(store)
    for who in (ANN, DESK, BOSS):
        assert type(await meals.refused(meals.batch(BOB, who=who))) is Forbidden
    meals.clock.now = CLOSES
    assert (await meals.refused(meals.batch(ANN))).code == "ordering-closed"


async def test_each_colleague_may_override_the_clerk_until_the_cut_off(store: Store) -> None:
    meals = await open_house(store, a_sitting(), west())
    ann, bob = await children(meals, await meals.batch(ANN, BOB))
    assert await meals.can(ANN, ann) == ["change", "cancel"]
    assert await meals.can(CLERK, ann) == ["cancel"]
    moved = await meals.change(ANN, ann, sitting_id="sit_2")
    assert await meals.can(CLERK, moved) == ["cancel"]
    assert (await meals.step(BOB, bob, "cancel"))["state"] == "cancelled"
    assert await meals.told(BOB) == ["meal-booked-for-you"]
    assert (await meals.left(), await meals.left("sit_2")) == (10, 9)
    meals.clock.now = CLOSES
    assert await meals.can(CLERK, moved) == []
    refusal = await meals.refused(meals.step(ANN, moved, "change"))
    assert refusal.code == "ordering-closed"


async def test_the_clerk_may_cancel_one_of_the_meals_and_its_owner_is_told(store: Store) -> None:
    meals = await open_house(store)
    ann, _ = await children(meals, await meals.batch(ANN, BOB))
    assert (await meals.step(CLERK, ann, "cancel"))["state"] == "cancelled"
    assert await meals.told(ANN) == ["meal-booked-for-you", "meal-cancelled"]
    assert await meals.left() == 9


async def test_a_cancelled_batch_cancels_its_meals_but_those_their_owners_changed(
    store: Store,
) -> None:
    meals = await open_house(store, a_sitting(), west())
    answer = await meals.batch(ANN, BOB, CAT)
    ann, bob, cat = await children(meals, answer)
    await meals.change(BOB, bob, sitting_id="sit_2")
    batch = await meals.order(answer.order.id)
    assert await meals.can(CLERK, batch) == ["cancel"]
    for stranger in (ANN, DESK):
        assert type(await meals.refused(meals.step(stranger, batch, "cancel"))) is NotFound
    await meals.step(CLERK, batch, "cancel")
    meals.clock.now = CLOSES  # the worker comes late, what was done in time counts
    await meals.work()
    states = [await meals.state(order) for order in (batch, ann, bob, cat)]
    assert states == ["cancelled", "cancelled", "booked", "cancelled"]
    assert await meals.told(CAT) == ["meal-booked-for-you", "meal-cancelled"]
    assert await meals.told(BOB) == ["meal-booked-for-you"]
    assert (await meals.left(), await meals.left("sit_2")) == (10, 9)
    assert await meals.can(CLERK, batch) == []


async def test_after_the_cut_off_a_batch_is_not_cancelled(store: Store) -> None:
    meals = await open_house(store)
    answer = await meals.batch(ANN)
    meals.clock.now = CLOSES
    batch = await meals.order(answer.order.id)
    assert (await meals.refused(meals.step(CLERK, batch, "cancel"))).code == "ordering-closed"


async def test_a_cancelled_sitting_calls_off_every_order_and_tells_everybody(
    store: Store,
) -> None:
    meals = await open_house(store, a_sitting(places=2), west())
    ann, bob = await meals.book(ANN), await meals.book(BOB)
    cat = await meals.book(CAT, wait=True)
    view = await sittings.cancel(meals.ctx(DESK), "sit_1", BURST)
    assert (view.state, view.remaining) == ("cancelled", 0)
    assert (await meals.refused(meals.book(DAN))).code == "sitting-cancelled"
    await meals.work()
    for who, order in ((ANN, ann), (BOB, bob), (CAT, cat)):
        assert await meals.state(order) == "called_off"
        assert await meals.told(who) == ["meal-called-off"]
        assert (await meals.order(order["_id"]))["timeline"][-1]["note"] == "水管爆裂"
    assert await meals.left() == 2
    assert (await meals.book(ANN, "west", sitting_id="sit_2"))["state"] == "booked"
    again = await sittings.cancel(meals.ctx(DESK), "sit_1", BURST)
    assert again.state == "cancelled"
    assert await store.find("sittings", {"calling_off": True}) == []


async def test_calling_off_goes_on_after_a_crash_until_nobody_is_left(store: Store) -> None:
    meals = await open_house(store, a_sitting(places=9))
    everyone = await more_people(meals, 6)
    for person in everyone:
        await meals.book(person)
    await sittings.cancel(meals.ctx(DESK), "sit_1", BURST)
    whole, meals.house = meals.house, stumbling(meals.house, "group.committed", 3)
    with pytest.raises(Stumble):
        await meals.work()
    states = {order["state"] for order in await store.find("orders", {})}
    assert states == {"booked", "called_off"}
    meals.house = whole
    await meals.work()
    assert {order["state"] for order in await store.find("orders", {})} == {"called_off"}
    assert [await meals.told(person) for person in everyone] == [["meal-called-off"]] * 6
    assert await meals.left() == 9


async def test_only_the_canteen_itself_and_managers_cancel_a_sitting(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN)
    for who in (ANN, WEST_DESK):
        cancel = sittings.cancel(meals.ctx(who), "sit_1", BURST)
        assert type(await meals.refused(cancel)) is Forbidden
    assert (await sittings.cancel(meals.ctx(BOSS), "sit_1", BURST)).state == "cancelled"
    await meals.work()
    late = meals.step(ANN, await meals.order(order["_id"]), "change")
    assert type(await meals.refused(late)) is WrongState


async def test_the_canteen_may_call_off_a_single_order_with_a_reason(store: Store) -> None:
    meals = await open_house(store)
    order = await meals.book(ANN)
    assert (await meals.step(DESK, order, "call_off", BURST))["state"] == "called_off"
    assert await meals.told(ANN) == ["meal-called-off"]
    assert await meals.left() == 10
