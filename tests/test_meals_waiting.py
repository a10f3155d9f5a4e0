"""The waiting list of a full sitting: who is next gets an offer, and nobody is offered too late."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from models.base.context import CLOCK
from models.base.store import Document, Store
from models.base.transitions import transition
from models.base.views import brief, full
from models.meals import sittings
from models.meals.sittings import SittingChange
from tests.base.stumbling import Stumble, stumbling
from tests.machinery import MONDAY, a_context
from tests.meals_house import (
    ANN,
    BOB,
    BOSS,
    CAT,
    CLOSES,
    DAN,
    DESK,
    OVER,
    STARTS,
    Meals,
    a_sitting,
    code_of,
    open_house,
    west,
)

TEN_MINUTES = timedelta(minutes=10)


async def queue(store: Store, *portions: int) -> tuple[Meals, Document, list[Document]]:
    """A sitting of two places that are Ann's, and Bob, Cat and Dan waiting for so many each."""
    meals = await open_house(store, a_sitting(places=2), west())
    full_ = await meals.book(ANN, portions=2)
    waiting = []
    for person, number in zip((BOB, CAT, DAN), portions, strict=False):
        waiting.append(await meals.book(person, portions=number, wait=True))
    return meals, full_, waiting


async def position(meals: Meals, who: str, order: Document) -> int | None:
    """The place in the queue that the person reads."""
    view = await full(meals.ctx(who), await meals.order(order["_id"]))
    return view.data.get("place_in_queue")


async def test_who_waits_is_told_where_they_stand_as_others_come_and_go(store: Store) -> None:
    meals, _, (bob, cat, dan) = await queue(store, 1, 1, 1)
    assert [order["state"] for order in (bob, cat, dan)] == ["waiting"] * 3
    assert [await position(meals, who, order) for who, order in ((BOB, bob), (DAN, dan))] == [1, 3]
    assert (await meals.step(CAT, cat, "cancel"))["state"] == "left"
    assert await position(meals, DAN, dan) == 2
    assert await position(meals, CAT, cat) is None
    assert "place_in_queue" not in brief(meals.ctx(DAN), dan).data
    assert await meals.left() == 0


async def test_waiting_claims_the_period_but_shows_no_code(store: Store) -> None:
    meals, _, (bob,) = await queue(store, 1)
    assert "code" not in (await full(meals.ctx(BOB), bob)).data
    refusal = await meals.refused(meals.book(BOB, "west", sitting_id="sit_2"))
    assert refusal.code == "already-booked"
    assert (await meals.refused(meals.scan(code_of(meals, bob)))).facts == {"state": "waiting"}


async def test_without_asking_to_wait_the_answer_tells_the_length_of_the_queue(
    store: Store,
) -> None:
    meals, _, _ = await queue(store, 1, 1)
    refusal = await meals.refused(meals.book(DAN))
    assert (refusal.code, refusal.facts) == ("sitting-full", {"remaining": 0, "queue": 2})


async def test_a_place_that_comes_free_is_offered_to_the_first_and_taken(store: Store) -> None:
    meals, ann, (bob, cat) = await queue(store, 1, 2)
    await meals.step(ANN, ann, "cancel")
    await meals.work()
    offered = await meals.order(bob["_id"])
    assert (offered["state"], offered["data"]["offer_until"]) == ("offered", MONDAY + TEN_MINUTES)
    assert offered["waits_for"] == ["p:per_bob"]
    assert await meals.state(cat) == "waiting"
    assert await meals.told(BOB) == ["meal-offered"]
    assert await meals.can(BOB, bob) == ["cancel", "accept"]
    assert await meals.can(CAT, cat) == ["cancel"]
    assert await meals.can(DESK, bob) == ["call_off"]
    assert await meals.can(BOSS, bob) == []
    taken = await meals.step(BOB, offered, "accept")
    assert (taken["state"], taken["due_at"]) == ("booked", STARTS)
    assert taken["timers"] == [{"at": OVER, "transition": "miss"}]
    shown = (await full(meals.ctx(BOB), taken)).data
    assert (shown["code"], "offer_until" in shown) == (code_of(meals, taken), False)
    assert await meals.left() == 1


async def test_while_somebody_waits_nobody_books_past_them(store: Store) -> None:
    meals, ann, _ = await queue(store, 2)
    await meals.change(ANN, ann, portions=1)
    refusal = await meals.refused(meals.book(DAN))
    assert (refusal.code, refusal.facts) == ("sitting-full", {"remaining": 1, "queue": 1})
    back = meals.change(ANN, await meals.order(ann["_id"]), portions=2)
    assert (await meals.refused(back)).code == "sitting-full"


async def test_the_first_whose_number_fits_gets_the_place(store: Store) -> None:
    meals, ann, (bob, cat) = await queue(store, 2, 1)
    await meals.change(ANN, ann, portions=1)
    await meals.work()
    assert (await meals.state(bob), await meals.state(cat)) == ("waiting", "offered")


async def test_an_offer_that_is_refused_or_lapses_goes_to_the_next(store: Store) -> None:
    meals, ann, (bob, cat, dan) = await queue(store, 2, 2, 2)
    await meals.step(ANN, ann, "cancel")
    await meals.work()
    assert (await meals.step(BOB, await meals.order(bob["_id"]), "cancel"))["state"] == "left"
    await meals.work()
    assert await meals.state(cat) == "offered"
    meals.clock.forward(minutes=10)
    late = meals.step(CAT, await meals.order(cat["_id"]), "accept")
    assert (await meals.refused(late)).code == "offer-gone"
    await meals.work()
    assert [await meals.state(each) for each in (bob, cat, dan)] == ["left", "lapsed", "offered"]
    assert await meals.told(CAT) == ["meal-offered", "meal-lapsed"]
    assert await meals.left() == 0


async def test_an_offer_never_lasts_past_the_cut_off(store: Store) -> None:
    meals, ann, (bob,) = await queue(store, 1)
    meals.clock.now = CLOSES - timedelta(minutes=3)
    await meals.step(ANN, ann, "cancel")
    await meals.work()
    assert (await meals.order(bob["_id"]))["data"]["offer_until"] == CLOSES
    meals.clock.now = CLOSES
    await meals.work()
    assert await meals.state(bob) == "lapsed"
    assert await meals.left() == 2


async def test_the_cut_off_ends_all_waiting_also_before_the_clock_has_looked(
    store: Store,
) -> None:
    meals, _, (bob, cat) = await queue(store, 1, 1)
    await store.update("sittings", {"_id": "sit_1"}, {"$inc": {"capacity": 1, "left": 1}})
    meals.clock.now = CLOSES
    clock = a_context(meals.house, actor=CLOCK)
    assert (await meals.refused(transition(clock, bob["_id"], "offer"))).code == "offer-gone"
    await meals.work()
    assert [await meals.state(order) for order in (bob, cat)] == ["lapsed", "lapsed"]
    assert await meals.told(CAT) == ["meal-lapsed"]
    assert await meals.left() == 1
    assert (await store.find("sittings", {"_id": "sit_1"}))[0]["queue"] == []


async def test_a_waiting_person_who_leaves_may_order_elsewhere(store: Store) -> None:
    meals, _, (bob,) = await queue(store, 1)
    await meals.step(BOB, bob, "cancel")
    assert (await meals.book(BOB, "west", sitting_id="sit_2"))["state"] == "booked"
    meals.clock.now = CLOSES
    assert await meals.can(BOB, bob) == []


async def test_accepting_and_giving_up_at_once_end_in_one_of_the_two(store: Store) -> None:
    meals, ann, (bob,) = await queue(store, 2)
    await meals.step(ANN, ann, "cancel")
    await meals.work()
    order = await meals.order(bob["_id"])
    both = [meals.step(BOB, order, name, if_match=None) for name in ("accept", "cancel")]
    answers = await asyncio.gather(*both, return_exceptions=True)
    state = await meals.state(bob)
    assert state in ("booked", "left", "cancelled")
    assert any(isinstance(answer, dict) and answer["state"] == state for answer in answers)
    assert await meals.left() == (0 if state == "booked" else 2)


async def test_a_worker_killed_at_an_offer_leaves_the_next_to_finish_it(store: Store) -> None:
    meals, ann, (bob, cat) = await queue(store, 1, 1)
    await meals.step(ANN, ann, "cancel")
    whole, meals.house = meals.house, stumbling(meals.house, "group.committed")
    with pytest.raises(Stumble):
        await meals.work()
    meals.house = whole
    await meals.work()
    assert [await meals.state(order) for order in (bob, cat)] == ["offered", "offered"]
    assert await meals.told(BOB) == ["meal-offered"]
    assert await meals.left() == 0


async def test_a_larger_sitting_is_offered_to_those_who_wait(store: Store) -> None:
    meals, _, (bob,) = await queue(store, 1)
    await meals.work()
    assert await meals.state(bob) == "waiting"
    body = SittingChange(capacity=3)
    assert (await sittings.change(meals.ctx(DESK), "sit_1", body)).remaining == 1
    await meals.work()
    assert await meals.state(bob) == "offered"
    small = sittings.change(meals.ctx(DESK), "sit_1", SittingChange(capacity=2))
    refusal = await meals.refused(small)
    assert (refusal.code, refusal.facts) == ("capacity-taken", {"booked": 3})
