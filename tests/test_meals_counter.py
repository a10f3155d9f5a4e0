"""The counter: a code is good once, for its own meal and canteen; mistakes can be taken back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from models.base.errors import Forbidden
from models.base.store import Document, Store
from models.base.transitions import WrongState
from models.base.views import RatingInput, one
from models.meals.refusals import AlreadyRedeemed, CodeNotValid, CodeUnknown, NotTheTime
from tests.base.stumbling import Stumble, stumbling
from tests.meals_house import (
    ANN,
    BOB,
    BOSS,
    CLOSES,
    DESK,
    ENDS,
    OVER,
    STARTS,
    WEST_DESK,
    Meals,
    a_sitting,
    code_of,
    dinner,
    open_house,
    west,
)

A_MOMENT = timedelta(milliseconds=1)
EARLY = timedelta(minutes=15)  # as the sitting says


async def served(store: Store) -> tuple[Meals, Document, str]:
    """A meal of Ann's while it is served, and its code."""
    meals = await open_house(store, a_sitting(), west())
    order = await meals.book(ANN, portions=2)
    meals.clock.now = STARTS
    return meals, order, code_of(meals, order)


async def test_a_code_redeems_its_meal_and_says_whose_it_is(store: Store) -> None:
    meals, order, code = await served(store)
    redemption = await meals.scan(code)
    assert (redemption.name, redemption.employee_no) == ("ann", "S0003")
    assert redemption.redeemed_at == STARTS
    assert (redemption.order.id, redemption.order.state) == (order["_id"], "eaten")
    assert redemption.order.can == ["undo"]
    assert "timers" not in await meals.order(order["_id"])
    assert await meals.left() == 8


@pytest.mark.parametrize("typing", ["dashes", "spaces", "small", "confused"])
async def test_a_code_is_read_however_it_is_typed(store: Store, typing: str) -> None:
    meals, _, code = await served(store)
    typed = {
        "dashes": f"{code[:4]}-{code[4:8]}-{code[8:]}",
        "spaces": f" {code[:6]} {code[6:]} ",
        "small": code.lower(),
        "confused": code.replace("0", "O").replace("1", "l"),
    }
    assert (await meals.scan(typed[typing])).order.state == "eaten"


async def test_a_made_up_code_and_another_canteens_are_equally_unknown(store: Store) -> None:
    meals, order, code = await served(store)
    for who, typed in ((DESK, "0" * 12), (WEST_DESK, code), (BOSS, code)):
        assert type(await meals.refused(meals.scan(typed, who))) is CodeUnknown
    assert await meals.state(order) == "booked"


async def test_a_code_is_taken_from_a_quarter_before_until_half_an_hour_after(
    store: Store,
) -> None:
    meals, _, code = await served(store)
    for moment in (STARTS - EARLY - A_MOMENT, OVER):
        meals.clock.now = moment
        refusal = await meals.refused(meals.scan(code))
        assert type(refusal) is NotTheTime
        assert refusal.facts == {"starts_at": "11-23 11:30", "ends_at": "11-23 12:00"}
    meals.clock.now = OVER - A_MOMENT
    assert (await meals.scan(code)).order.state == "eaten"


async def test_a_second_redemption_is_refused_and_says_when_the_first_was(store: Store) -> None:
    meals, order, code = await served(store)
    await meals.scan(code)
    meals.clock.forward(minutes=7)
    refusal = await meals.refused(meals.scan(code))
    assert type(refusal) is AlreadyRedeemed
    first = {"when": "11-23 11:30", "redeemed_at": STARTS, "order_id": order["_id"]}
    assert refusal.facts == first  # enough to undo it, after a reload of the page too
    assert refusal.detail() == "该取餐码已于 11-23 11:30 使用，不能重复取餐。"


async def test_the_same_scan_after_a_lost_reply_gets_the_same_answer(store: Store) -> None:
    meals, _, code = await served(store)
    whole, meals.house = meals.house, stumbling(meals.house, "transition.after")
    with pytest.raises(Stumble):
        await meals.scan(code, scan_id="scan-0001")
    meals.house = whole
    meals.clock.forward(seconds=5)
    again = await meals.scan(code, scan_id="scan-0001")
    assert again.redeemed_at == STARTS
    assert type(await meals.refused(meals.scan(code, scan_id="scan-0002"))) is AlreadyRedeemed
    assert type(await meals.refused(meals.scan(code))) is AlreadyRedeemed


async def test_at_two_desks_at_once_one_redeems_and_the_other_is_told(store: Store) -> None:
    meals, _, code = await served(store)
    scans = [meals.scan(code, scan_id=f"scan-000{n}") for n in range(6)]
    answers = await asyncio.gather(*scans, return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, AlreadyRedeemed)]
    assert len(refusals) == 5
    assert {refusal.facts["redeemed_at"] for refusal in refusals} == {STARTS}


async def test_a_mistake_is_undone_within_two_minutes_and_redeemed_again(store: Store) -> None:
    meals, order, code = await served(store)
    await meals.scan(code, scan_id="scan-0001")
    meals.clock.forward(minutes=2)
    back = await meals.step(DESK, await meals.order(order["_id"]), "undo")
    assert (back["state"], back["data"]["redeemed_at"]) == ("booked", None)
    assert back["timers"] == [{"at": OVER, "transition": "miss"}]
    repeated = await meals.refused(meals.scan(code, scan_id="scan-0001"))
    assert type(repeated) is CodeNotValid
    assert (await meals.scan(code, scan_id="scan-0002")).order.state == "eaten"
    assert await meals.left() == 8


async def test_after_two_minutes_nothing_is_undone(store: Store) -> None:
    meals, order, code = await served(store)
    await meals.scan(code)
    eaten = await meals.order(order["_id"])
    meals.clock.forward(minutes=2, milliseconds=1)
    assert (await meals.refused(meals.step(DESK, eaten, "undo"))).code == "undo-too-late"
    assert await meals.can(DESK, order) == []
    assert type(await meals.refused(meals.step(ANN, eaten, "undo"))) is Forbidden


async def test_a_code_of_a_missed_meal_is_not_valid_and_says_why(store: Store) -> None:
    meals, _, code = await served(store)
    meals.clock.now = OVER
    await meals.work()
    refusal = await meals.refused(meals.scan(code))
    assert (type(refusal), refusal.facts) == (CodeNotValid, {"state": "missed"})


async def test_a_delivery_is_said_to_have_arrived_by_the_canteen_or_the_clock(
    store: Store,
) -> None:
    meals = await open_house(store)
    ann = await meals.book(ANN, deliver_to="plc_1")
    bob = await meals.book(BOB, deliver_to="plc_1")
    own = await meals.book("per_cat")
    refusal = await meals.refused(meals.step(DESK, own, "deliver"))
    assert refusal.code == "not-a-delivery"
    refusal = await meals.refused(meals.step(DESK, ann, "deliver"))
    assert (refusal.code, refusal.facts) == ("not-yet-cooked", {"closes_at": "11-23 10:00"})
    meals.clock.now = CLOSES
    assert (await meals.step(DESK, ann, "deliver"))["data"]["redeemed_at"] == CLOSES
    meals.clock.now = OVER
    await meals.work()
    assert [await meals.state(order) for order in (ann, bob, own)] == ["eaten", "eaten", "missed"]


async def test_an_eaten_meal_is_rated_once_by_its_owner(store: Store) -> None:
    meals, order, code = await served(store)
    stars = RatingInput(stars=4, comment="很好")
    assert type(await meals.refused(meals.step(ANN, order, "rate", stars))) is WrongState
    await meals.scan(code)
    eaten = await meals.order(order["_id"])
    assert await meals.can(ANN, order) == ["rate"]
    assert type(await meals.refused(meals.step(DESK, eaten, "rate", stars))) is Forbidden
    rated = await meals.step(ANN, eaten, "rate", stars)
    assert (rated["state"], rated["rating"]) == ("rated", {"stars": 4, "comment": "很好"})
    again = meals.step(ANN, rated, "rate", RatingInput(stars=1))
    assert type(await meals.refused(again)) is WrongState
    assert type(await meals.refused(meals.scan(code))) is AlreadyRedeemed


async def test_somebody_without_an_order_is_seated_once(store: Store) -> None:
    meals = await open_house(store)
    meals.clock.now = STARTS - EARLY
    order = await meals.walk_in(ANN, portions=2)
    assert (order["state"], order["owner"], order["price"]) == ("eaten", ANN, 3000)
    assert await meals.walk_in(ANN, portions=2) == order
    assert await meals.left() == 8
    assert (await one(meals.ctx(ANN), order["_id"])).data["walk_in"] is True
    assert await meals.can(ANN, order) == ["rate"]
    again = await meals.refused(meals.walk_in(ANN, "again"))
    assert again.detail() == "该同事已预订2026-11-23的午餐，每餐只能预订一次。"


async def test_a_mistaken_walk_in_is_undone_and_its_place_is_free(store: Store) -> None:
    meals = await open_house(store)
    meals.clock.now = STARTS
    order = await meals.walk_in(ANN)
    assert (await meals.step(DESK, order, "undo"))["state"] == "cancelled"
    assert await meals.left() == 10
    assert (await one(meals.ctx(ANN), order["_id"])).can == []
    assert (await meals.walk_in(ANN, "again"))["state"] == "eaten"


@pytest.mark.parametrize(
    ("sitting", "code"),
    [
        ({"walk_ins": False}, "no-walk-ins"),
        ({"state": "cancelled", "enabled": False}, "sitting-cancelled"),
        ({"state": "closed", "enabled": False}, "sitting-closed"),
        ({"left": 0}, "sitting-full"),
        ({"starts_at": STARTS + EARLY + A_MOMENT, "ends_at": ENDS + EARLY}, "not-the-time"),
    ],
)
async def test_a_walk_in_that_cannot_be_is_refused(
    store: Store, sitting: Document, code: str
) -> None:
    meals = await open_house(store, a_sitting(**sitting), dinner())
    meals.clock.now = STARTS
    assert (await meals.refused(meals.walk_in(ANN))).code == code


async def test_walk_ins_are_for_the_canteen_of_the_sitting_and_staff_alone(store: Store) -> None:
    meals = await open_house(store)
    meals.clock.now = STARTS
    assert (await meals.refused(meals.walk_in(ANN, desk=WEST_DESK))).code == "sitting-unknown"
    assert type(await meals.refused(meals.walk_in(ANN, desk=BOB))) is Forbidden
    await store.update("people", {"_id": ANN}, {"$set": {"active": False}})
    assert (await meals.refused(meals.walk_in(ANN))).code == "colleague-unknown"
