"""Several orders in one step: they all move, or none does."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from handlers.base.endpoint import Registry
from handlers.base.steps import declare_steps
from models.base import orders
from models.base.clockwork import tick
from models.base.context import House
from models.base.delivery import hand_over
from models.base.errors import Conflict, Forbidden, Refusal
from models.base.moves import StaleVersion, WrongState
from models.base.store import Document, Store
from models.base.transitions import available, transition
from tests.base.boxes import BOXINGS, SWAPPED, Boxing, Other, box, boxes, taken
from tests.base.stumbling import Stumble, stumbling
from tests.machinery import MONDAY, MovingClock, a_context, a_house


async def two_booked(house: House) -> tuple[Document, Document]:
    """Person 1 in the first box and person 2 in the second, at overlapping times."""
    await boxes(house.store, 3)
    one = await box(house, 1, Boxing(box="box_1", at=(540, 600)))
    two = await box(house, 2, Boxing(box="box_2", at=(570, 630)))
    return one, two


async def stored(store: Store, order: Document) -> Document:
    found = await store.get("orders", order["_id"])
    assert found is not None
    return found


async def all_orders(store: Store) -> list[Document]:
    return await store.find("orders", {}, sort=[("_id", 1)])


async def step(house: House, who: int, order: Document, name: str, body: Any) -> Any:
    """The order after a step of person number `who`, or the refusal."""
    ctx = a_context(house, f"per_{who}", if_match=order["version"])
    try:
        return await transition(ctx, order["_id"], name, body)
    except Refusal as refusal:
        return refusal


async def test_two_orders_exchange_what_they_hold_each_with_its_own_history(store: Store) -> None:
    house = a_house(store)
    one, two = await two_booked(house)
    moved = await step(house, 1, one, "swap", Other(order=two["_id"], version=1))
    assert await stored(store, one) == moved
    assert moved["data"] == {"box": "box_2"}
    assert await taken(store) == {
        "box_1": [(two["_id"], 570, 630)],
        "box_2": [(one["_id"], 540, 600)],
    }
    other = await stored(store, two)
    assert (other["state"], other["version"], other["data"]) == ("booked", 2, {"box": "box_1"})
    assert other["timeline"][-1] == {
        "at": MONDAY,
        "by": "per_1",
        "transition": "swapped",
        "from": "booked",
        "to": "booked",
        "version": 2,
        "note": "exchanged",
    }
    due = MONDAY + timedelta(hours=2)
    assert (other["timers"], other["wake_at"]) == ([{"at": due, "transition": "lapse"}], due)


async def test_who_is_moved_along_is_told_and_its_reaction_runs(store: Store) -> None:
    woken: list[int] = []
    house = a_house(store)
    object.__setattr__(house, "wake", lambda: woken.append(1))
    one, two = await two_booked(house)
    await step(house, 1, one, "swap", Other(order=two["_id"]))
    outbox = (await stored(store, two))["outbox"]
    assert [(entry.get("template"), entry.get("to")) for entry in outbox] == [
        ("toy-swapped", "per_2"),
        (None, None),
    ]
    assert woken == [1]
    SWAPPED.clear()
    await hand_over(house)
    assert [two["_id"]] == SWAPPED
    assert "outbox" not in await stored(store, two)


async def test_the_timers_of_who_is_moved_along_go_off(store: Store) -> None:
    clock = MovingClock()
    house = a_house(store, clock)
    one, two = await two_booked(house)
    await step(house, 1, one, "swap", Other(order=two["_id"]))
    clock.forward(hours=2)
    await tick(house)
    assert (await stored(store, two))["state"] == "lapsed"
    assert (await stored(store, one))["state"] == "booked"
    assert list(await taken(store)) == ["box_2"]


async def test_another_version_of_the_other_order_is_refused_and_nothing_changes(
    store: Store,
) -> None:
    house = a_house(store)
    one, two = await two_booked(house)
    await step(house, 2, two, "change", Boxing(box="box_2", at=(570, 620)))
    before = await all_orders(store)
    refusal = await step(house, 1, one, "swap", Other(order=two["_id"], version=1))
    assert type(refusal) is StaleVersion
    assert refusal.facts == {"state": "booked", "version": 2}
    assert await all_orders(store) == before
    assert set(await taken(store)) == {"box_1", "box_2"}


async def test_an_order_that_may_not_move_from_where_it_is_holds_all_back(store: Store) -> None:
    house = a_house(store)
    one, two = await two_booked(house)
    three = await box(house, 3, Boxing(box="box_3"))
    await transition(a_context(house, "per_3"), three["_id"], "cancel")
    before = await all_orders(store)
    both = Boxing(displaces=[(two["_id"], 1), (three["_id"], 2)])
    refusal = await step(house, 1, one, "clear", both)
    assert type(refusal) is WrongState
    assert refusal.facts == {"state": "cancelled"}
    placed = await box(house, 4, Boxing(box="box_3", displaces=both.displaces))
    assert type(placed) is WrongState
    assert await all_orders(store) == before


async def test_what_the_other_gives_up_can_be_taken_by_who_is_placed(store: Store) -> None:
    house = a_house(store)
    one, two = await two_booked(house)
    urgent = Boxing(box="box_1", at=(500, 660), displaces=[(one["_id"], 1)])
    order = await box(house, 3, urgent)
    assert await taken(store) == {
        "box_1": [(order["_id"], 500, 660)],
        "box_2": [(two["_id"], 570, 630)],
    }
    displaced = await stored(store, one)
    assert (displaced["state"], displaced["holds"]) == ("displaced", [])
    assert displaced["outbox"][0]["template"] == "toy-swapped"
    assert await box(house, 3, urgent) == order
    assert len((await stored(store, one))["timeline"]) == 2


async def test_where_something_else_stands_in_the_way_nobody_is_driven_out(store: Store) -> None:
    house = a_house(store)
    one, _ = await two_booked(house)
    before = await all_orders(store)
    refusal = await box(house, 3, Boxing(box="box_2", displaces=[(one["_id"], 1)]))
    assert refusal.code == "occupied"
    assert await all_orders(store) == before


async def test_orders_known_beforehand_move_along_without_a_second_look(store: Store) -> None:
    house = a_house(store)
    one, two = await two_booked(house)
    await step(house, 1, one, "clear", Boxing(displaces=[(two["_id"], 1)]))
    assert (await stored(store, two))["state"] == "displaced"
    assert list(await taken(store)) == ["box_1"]


async def test_an_order_named_twice_is_a_fault_and_nothing_changes(store: Store) -> None:
    house = a_house(store)
    one, two = await two_booked(house)
    before = await all_orders(store)
    with pytest.raises(ValueError, match="twice"):
        await step(house, 1, one, "clear", Boxing(displaces=[(two["_id"], 1), (two["_id"], 1)]))
    with pytest.raises(ValueError, match="twice"):
        await step(house, 1, one, "clear", Boxing(displaces=[(one["_id"], 1)]))
    with pytest.raises(LookupError):
        await step(house, 1, one, "clear", Boxing(displaces=[("ord_nowhere", 1)]))
    assert await all_orders(store) == before


async def test_a_step_that_is_nobodys_is_not_offered_and_cannot_be_taken(store: Store) -> None:
    house = a_house(store)
    one, _ = await two_booked(house)
    ctx = a_context(house, "per_1", if_match=1)
    assert available(one, ctx.actor, MONDAY) == ["cancel", "change", "swap", "clear", "add"]
    for name in ("swapped", "displace"):
        with pytest.raises(Forbidden):
            await transition(ctx, one["_id"], name)
    registry = Registry()
    declare_steps(registry)
    paths = {endpoint.path for endpoint in registry}
    steps = [each.name for each in BOXINGS.transitions]
    routed = [name for name in steps if f"/api/v1/toy_boxes/{{order_id}}/{name}" in paths]
    assert routed == ["cancel", "change", "swap", "clear", "add", "accept", "leave"]


async def test_both_asking_for_the_exchange_at_once_through_two_processes_have_it_once(
    store: Store,
) -> None:
    houses = [a_house(store), a_house(store)]
    one, two = await two_booked(houses[0])
    tries = []
    for house in houses * 4:
        tries.append(step(house, 1, one, "swap", Other(order=two["_id"], version=1)))
        tries.append(step(house, 2, two, "swap", Other(order=one["_id"], version=1)))
    answers = await asyncio.gather(*tries)
    refusals = {type(answer) for answer in answers if not isinstance(answer, dict)}
    assert refusals == {StaleVersion}
    assert [len(order["timeline"]) for order in await all_orders(store)] == [2, 2]
    assert await taken(store) == {
        "box_1": [(two["_id"], 570, 630)],
        "box_2": [(one["_id"], 540, 600)],
    }


async def test_an_exchange_raced_by_cancels_and_changes_leaves_the_books_agreeing(
    store: Store,
) -> None:
    houses = [a_house(store), a_house(store)]
    await boxes(store, 3)
    for number in range(6):
        at = (480 + 60 * number, 540 + 60 * number)
        one = await box(houses[0], 1, Boxing(box="box_1", at=at), f"one-{number}")
        two = await box(houses[0], 2, Boxing(box="box_2", at=at), f"two-{number}")
        swap = step(houses[0], 1, one, "swap", Other(order=two["_id"], version=1))
        move = Boxing(box="box_3", at=at)
        against = "cancel" if number % 2 else "change"
        other = step(houses[1], 2, two, against, None if number % 2 else move)
        answers = await asyncio.gather(swap, other)
        assert sum(isinstance(answer, dict) for answer in answers) == 1
        await taken(store)


@pytest.mark.parametrize("at", ["group.read", "group.written", "group.committed"])
async def test_a_crash_leaves_both_moved_or_neither_and_a_repeat_mends_it(
    store: Store, at: str
) -> None:
    house = a_house(store)
    one, two = await two_booked(house)
    body = Other(order=two["_id"], version=1)
    with pytest.raises(Stumble):
        await step(stumbling(house, at), 1, one, "swap", body)
    versions = {order["version"] for order in await all_orders(store)}
    assert versions == ({2} if at == "group.committed" else {1})
    await taken(store)
    moved = await step(house, 1, one, "swap", body)
    assert (moved["version"], moved["data"]) == (2, {"box": "box_2"})
    assert [len(order["timeline"]) for order in await all_orders(store)] == [2, 2]


async def test_whoever_came_while_one_was_reading_is_driven_out_too(store: Store) -> None:
    house = a_house(store)
    await boxes(store)
    first, second, urgent = await asyncio.gather(
        box(house, 1, Boxing(at=(540, 570))),
        box(house, 2, Boxing(at=(570, 600))),
        box(house, 3, Boxing(at=(540, 600), clears=True)),
    )
    states = [(await stored(store, order))["state"] for order in (first, second, urgent)]
    assert states == ["displaced", "displaced", "booked"]
    assert await taken(store) == {"box_1": [(urgent["_id"], 540, 600)]}


async def test_a_step_reads_again_what_came_while_its_rule_was_reading(store: Store) -> None:
    house = a_house(store)
    await boxes(store, 2)
    mine = await box(house, 1, Boxing(box="box_2"))
    other, moved = await asyncio.gather(
        box(house, 2, Boxing()), step(house, 1, mine, "clear", Boxing(clears=True))
    )
    assert moved["version"] == 2
    assert (await stored(store, other))["state"] in ("displaced", "booked")
    again = await step(house, 1, moved, "clear", Boxing(clears=True))
    assert again["version"] == 3
    assert (await stored(store, other))["state"] == "displaced"
    assert list(await taken(store)) == ["box_2"]


async def test_who_can_never_read_enough_is_told_that_others_were_faster(store: Store) -> None:
    house = a_house(store)
    await boxes(store)
    entry = {"order": "ord_nowhere", "from": 540, "to": 600}
    await store.update("toy_boxes", {"_id": "box_1"}, {"$push": {"taken": entry}})
    answer = await box(house, 1, Boxing(clears=True))
    assert type(answer) is Conflict
    assert await all_orders(store) == []


async def test_children_have_children_and_every_order_counts_its_own(store: Store) -> None:
    house = a_house(store)
    await boxes(store)
    parent = await box(house, 1, Boxing(children=[2, 0]))
    top = parent["_id"]
    below = {o["_id"]: (o.get("parent"), o.get("children")) for o in await all_orders(store)}
    assert below == {
        top: (None, 2),
        f"{top}.1": (top, 2),
        f"{top}.1.1": (f"{top}.1", None),
        f"{top}.1.2": (f"{top}.1", None),
        f"{top}.2": (top, None),
    }


async def test_a_step_places_further_children_numbered_on(store: Store) -> None:
    house = a_house(store)
    await boxes(store)
    parent = await box(house, 1, Boxing(children=[0]))
    moved = await step(house, 1, parent, "add", Boxing(children=[1, 0]))
    assert await stored(store, parent) == moved
    assert moved["children"] == 3
    child = await store.get("orders", f"{parent['_id']}.3")
    assert child is not None
    assert (child["kind"], child["parent"], child["version"]) == ("toy_box", parent["_id"], 1)
    first = await store.get("orders", f"{parent['_id']}.1")
    assert first is not None
    added = await step(house, 1, first, "add", Boxing(children=[0]))
    assert added["children"] == 1
    assert sorted(order["_id"] for order in await all_orders(store)) == [
        parent["_id"],
        f"{parent['_id']}.1",
        f"{parent['_id']}.1.1",
        f"{parent['_id']}.2",
        f"{parent['_id']}.2.1",
        f"{parent['_id']}.3",
    ]


async def test_children_added_ten_times_at_once_are_added_once(store: Store) -> None:
    houses = [a_house(store), a_house(store)]
    await boxes(store)
    parent = await box(houses[0], 1, Boxing())
    tries = [step(houses[n % 2], 1, parent, "add", Boxing(children=[0, 0])) for n in range(10)]
    answers = await asyncio.gather(*tries)
    assert {answer["children"] for answer in answers} == {2}
    assert await store.count("orders", {"parent": parent["_id"]}) == 2


async def test_a_repeated_request_moves_nobody_again(store: Store) -> None:
    house = a_house(store)
    one, _ = await two_booked(house)
    ctx = a_context(house, "per_3", "key-of-one-request")
    body = Boxing(box="box_1", at=(500, 660), displaces=[(one["_id"], 1)])
    first = await orders.place(ctx, "toy_box", body)
    before = await all_orders(store)
    assert await orders.place(ctx, "toy_box", body) == first
    assert await all_orders(store) == before
