"""A group of units in one transaction: each gets its own answer, in order of arrival."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from models.base.decisions import Clash, Exists, Found, Hold, Lookup, Occupied, Outcome, Rank
from models.base.holds import Unit
from models.base.store import Duplicate, Store
from tests.base.toys import BOXES, SHOWS, a_show
from tests.machinery import a_house

SHOW = Lookup(SHOWS, "show_1")
BOX = Lookup(BOXES, "box_1")


async def answers(store: Store, *units: Unit) -> list[Any]:
    """What each unit gets, when they arrive together."""
    queue = a_house(store).queues.of("toys")
    return await asyncio.gather(*map(queue.submit, units), return_exceptions=True)


def unit(outcome: Outcome, *lookups: Lookup) -> Unit:
    return Unit(lookups, lambda found, now: outcome)


def taking(order: str, seats: int = 1, **more: Any) -> Outcome:
    return Outcome(answer=order, takes=[(order, Hold(SHOWS, "show_1", seats))], **more)


def in_box(order: str, *spans: tuple[int, int]) -> Outcome:
    return Outcome(answer=order, takes=[(order, Hold(BOXES, "box_1", 1, *span)) for span in spans])


async def a_box(store: Store) -> None:
    await store.insert(BOXES, {"_id": "box_1", "enabled": True, "taken": []})


async def taken(store: Store) -> list[tuple[str, int, int]]:
    box = await store.get(BOXES, "box_1")
    assert box is not None
    return [(entry["order"], entry["from"], entry["to"]) for entry in box["taken"]]


async def left(store: Store) -> int:
    show = await store.get(SHOWS, "show_1")
    assert show is not None
    return int(show["left"])


async def test_a_fault_in_one_rule_is_that_units_answer_alone(store: Store) -> None:
    await a_show(store, 5)

    def broken(found: Found, now: datetime) -> Outcome:
        raise ZeroDivisionError

    got = await answers(store, unit(taking("a"), SHOW), Unit([], broken), unit(taking("b"), SHOW))
    assert (got[0], got[2]) == ("a", "b")
    assert isinstance(got[1], ZeroDivisionError)
    assert await left(store) == 3


async def test_a_document_found_by_two_lookups_is_one_document(store: Store) -> None:
    await a_show(store, 5, day="monday")
    seen: list[int] = []

    def look(found: Found, now: datetime) -> Outcome:
        seen.extend(show["left"] for show in found.all(Lookup(SHOWS, "monday", "day")))
        return Outcome()

    by_day = Lookup(SHOWS, "monday", "day")
    await answers(store, unit(taking("a", 2), SHOW, by_day), Unit([by_day], look))
    assert seen == [3]


async def test_units_that_touch_the_same_order_are_served_in_order_of_arrival(
    store: Store,
) -> None:
    await store.insert("orders", {"_id": "ord_1", "log": []})

    def append(number: int) -> Callable[[Found, datetime], Outcome]:
        change = {"$push": {"log": number}}
        return lambda found, now: Outcome(
            answer=number, updates=[("orders", {"_id": "ord_1"}, change)]
        )

    units = [Unit([Lookup("orders", "ord_1")], append(number)) for number in range(6)]
    assert await answers(store, *units) == list(range(6))
    order = await store.get("orders", "ord_1")
    assert order == {"_id": "ord_1", "log": list(range(6))}


async def test_overlapping_spans_of_two_orders_in_one_unit_are_refused_at_once(
    store: Store,
) -> None:
    await a_box(store)
    both = Outcome(
        takes=[
            ("a", Hold(BOXES, "box_1", 1, 480, 540)),
            ("b", Hold(BOXES, "box_1", 1, 500, 560)),
        ]
    )
    [answer] = await answers(store, unit(both, BOX))
    assert isinstance(answer, Occupied)
    assert await taken(store) == []


async def test_giving_back_one_of_two_spans_leaves_the_other(store: Store) -> None:
    await a_box(store)
    await answers(store, unit(in_box("a", (480, 540), (600, 660)), BOX))
    gives = Outcome(gives=[("a", Hold(BOXES, "box_1", 1, 480, 540))])
    got = await answers(store, unit(gives, BOX), unit(in_box("b", (610, 620)), BOX))
    assert isinstance(got[1], Occupied)
    assert await taken(store) == [("a", 600, 660)]


async def test_a_span_given_back_can_be_taken_by_the_next_in_the_same_group(store: Store) -> None:
    await a_box(store)
    await answers(store, unit(in_box("a", (480, 540)), BOX))
    gives = Outcome(gives=[("a", Hold(BOXES, "box_1", 1, 480, 540))])
    got = await answers(store, unit(gives, BOX), unit(in_box("b", (500, 510)), BOX))
    assert got[1] == "b"
    assert await taken(store) == [("b", 500, 510)]


async def test_a_claim_given_up_can_be_claimed_by_the_next_in_the_same_group(
    store: Store,
) -> None:
    await answers(store, unit(Outcome(claims={"lunch": "a"})))
    got = await answers(
        store,
        unit(Outcome(answer=1, unclaims=["lunch"])),
        unit(Outcome(answer=2, claims={"lunch": "b"})),
        unit(Outcome(answer=3, claims={"lunch": "c"})),
    )
    assert got[:2] == [1, 2]
    assert isinstance(got[2], Clash)
    assert await store.find("claims", {}) == [{"_id": "lunch", "order": "b"}]


async def test_a_clash_found_late_does_not_fail_those_who_take_its_place(store: Store) -> None:
    """The last seat goes to the second, whose own clash only shows once the first is refused."""
    await a_show(store, 1)
    await store.insert("claims", {"_id": "one", "order": "x"}, {"_id": "two", "order": "y"})
    got = await answers(
        store,
        unit(taking("a", claims={"one": "a"}), SHOW),
        unit(taking("b", claims={"two": "b"}), SHOW),
        unit(taking("c", claims={"three": "c"}), SHOW),
    )
    assert [type(answer) for answer in got] == [Clash, Clash, str]
    assert await left(store) == 0


async def test_a_document_there_already_is_that_units_answer_alone(store: Store) -> None:
    await store.insert("orders", {"_id": "ord_1"})
    got = await answers(
        store,
        unit(Outcome(answer=1, inserts=[("orders", {"_id": "ord_2"})])),
        unit(Outcome(answer=2, inserts=[("orders", {"_id": "ord_1"})])),
    )
    assert got[0] == 1
    assert isinstance(got[1], Exists)


async def test_another_unique_index_fails_only_the_unit_that_meets_it(store: Store) -> None:
    await store.database["toy_codes"].create_index("code", unique=True)
    await store.insert("toy_codes", {"_id": "there", "code": "A"})
    got = await answers(
        store,
        unit(Outcome(answer=1, inserts=[("toy_codes", {"_id": "one", "code": "B"})])),
        unit(Outcome(answer=2, inserts=[("toy_codes", {"_id": "two", "code": "A"})])),
    )
    assert got[0] == 1
    assert isinstance(got[1], Duplicate)
    assert await store.count("toy_codes", {}) == 2


async def test_an_ordinary_take_in_the_group_of_the_last_offer_finds_nobody_waiting(
    store: Store,
) -> None:
    await a_show(store, 2, queue=[0], ranks=1)
    offer = taking("a", leaves=[Rank(SHOWS, "show_1", 0)], promotes=True)
    got = await answers(store, unit(taking("x"), SHOW), unit(offer, SHOW), unit(taking("b"), SHOW))
    assert [getattr(answer, "code", answer) for answer in got] == ["not-enough-left", "a", "b"]
    assert await left(store) == 0


@pytest.mark.parametrize("seats", [1, 2])
async def test_who_joins_in_a_group_is_before_an_ordinary_take_that_follows(
    store: Store, seats: int
) -> None:
    await a_show(store, 2)
    join = Outcome(answer="w", joins=[Rank(SHOWS, "show_1", 0)])
    got = await answers(store, unit(join, SHOW), unit(taking("b", seats), SHOW))
    assert [getattr(answer, "code", answer) for answer in got] == ["w", "not-enough-left"]
    show = await store.get(SHOWS, "show_1")
    assert show is not None
    assert (show["left"], show["queue"], show["ranks"], show["queued"]) == (2, [0], 1, True)


def swap(answer: str, *orders: tuple[str, str]) -> Outcome:
    """Orders exchange their boxes for the hour from nine: (order, box it leaves) each."""
    nine = {box: Hold(BOXES, box, 1, 540, 600) for _, box in orders}
    gives = [(order, nine[box]) for order, box in orders]
    boxes = [box for _, box in orders]
    takes = [(order, nine[to]) for (order, _), to in zip(orders, boxes[1:] + boxes, strict=False)]
    return Outcome(answer=answer, takes=takes, gives=gives)


async def three_boxes(store: Store) -> None:
    for number in (1, 2, 3):
        taken = [{"order": f"o{number}", "from": 540, "to": 600}]
        await store.insert(BOXES, {"_id": f"box_{number}", "enabled": True, "taken": taken})


async def in_boxes(store: Store) -> list[list[str]]:
    boxes = await store.find(BOXES, {}, sort=[("_id", 1)])
    return [[entry["order"] for entry in box["taken"]] for box in boxes]


BOX_LOOKUPS = [Lookup(BOXES, f"box_{number}") for number in (1, 2, 3)]


async def test_two_orders_exchange_their_intervals_in_one_unit(store: Store) -> None:
    await three_boxes(store)
    exchange = swap("done", ("o1", "box_1"), ("o2", "box_2"))
    assert await answers(store, unit(exchange, *BOX_LOOKUPS)) == ["done"]
    assert await in_boxes(store) == [["o2"], ["o1"], ["o3"]]


async def test_exchanges_in_a_ring_and_back_in_one_group_are_each_judged_after_the_other(
    store: Store,
) -> None:
    await three_boxes(store)
    ring = swap("ring", ("o1", "box_1"), ("o2", "box_2"), ("o3", "box_3"))
    back = swap("back", ("o3", "box_1"), ("o1", "box_2"))
    got = await answers(store, unit(ring, *BOX_LOOKUPS), unit(back, *BOX_LOOKUPS))
    assert got == ["ring", "back"]
    assert await in_boxes(store) == [["o1"], ["o3"], ["o2"]]


async def test_an_exchange_with_what_a_third_has_is_refused_and_changes_nothing(
    store: Store,
) -> None:
    await three_boxes(store)
    late = Outcome(
        gives=[("o1", Hold(BOXES, "box_1", 1, 540, 600))],
        takes=[
            ("o1", Hold(BOXES, "box_3", 1, 590, 650)),
            ("o2", Hold(BOXES, "box_1", 1, 540, 600)),
        ],
    )
    [answer] = await answers(store, unit(late, *BOX_LOOKUPS))
    assert isinstance(answer, Occupied)
    assert await in_boxes(store) == [["o1"], ["o2"], ["o3"]]


async def test_two_orders_exchange_the_last_seats_of_two_shows(store: Store) -> None:
    await a_show(store, 0)
    await a_show(store, 0, "show_2")
    one, two = Hold(SHOWS, "show_1"), Hold(SHOWS, "show_2")
    exchange = Outcome(answer=1, gives=[("a", one), ("b", two)], takes=[("a", two), ("b", one)])
    assert await answers(store, unit(exchange, SHOW, Lookup(SHOWS, "show_2"))) == [1]
    assert [show["left"] for show in await store.find(SHOWS, {})] == [0, 0]


@pytest.mark.parametrize(
    ("to", "answer"),
    [((480, 520), "a"), ((500, 520), "a"), ((470, 520), "disabled"), ((500, 560), "disabled")],
)
async def test_an_interval_is_shortened_though_the_box_is_closed_but_not_stretched(
    store: Store, to: tuple[int, int], answer: str
) -> None:
    await store.insert(
        BOXES,
        {"_id": "box_1", "enabled": False, "taken": [{"order": "a", "from": 480, "to": 540}]},
    )
    change = Outcome(
        answer="a",
        gives=[("a", Hold(BOXES, "box_1", 1, 480, 540))],
        takes=[("a", Hold(BOXES, "box_1", 1, *to))],
    )
    [got] = await answers(store, unit(change, BOX))
    assert getattr(got, "code", got) == answer
    assert await taken(store) == [("a", *(to if answer == "a" else (480, 540)))]


async def test_what_is_taken_over_a_booking_stands_beside_it_and_refuses_the_next(
    store: Store,
) -> None:
    await a_box(store)
    over = Outcome(answer="block", takes=[("blk", Hold(BOXES, "box_1", 1, 480, 600, over=True))])
    got = await answers(
        store,
        unit(in_box("a", (500, 520)), BOX),
        unit(over, BOX),
        unit(in_box("b", (540, 560)), BOX),
        unit(in_box("c", (600, 660)), BOX),
    )
    assert [getattr(answer, "code", answer) for answer in got] == ["a", "block", "occupied", "c"]
    assert await taken(store) == [("a", 500, 520), ("blk", 480, 600), ("c", 600, 660)]
    shorter = Outcome(
        answer="shorter",
        gives=[("a", Hold(BOXES, "box_1", 1, 500, 520))],
        takes=[("a", Hold(BOXES, "box_1", 1, 500, 510))],
    )
    lifted = Outcome(answer="lifted", gives=[("blk", Hold(BOXES, "box_1", 1, 480, 600))])
    got = await answers(
        store, unit(shorter, BOX), unit(lifted, BOX), unit(in_box("d", (510, 600)), BOX)
    )
    assert got == ["shorter", "lifted", "d"]
    assert await taken(store) == [("c", 600, 660), ("a", 500, 510), ("d", 510, 600)]


async def test_an_interval_is_taken_over_others_in_a_closed_box_too(store: Store) -> None:
    await store.insert(BOXES, {"_id": "box_1", "enabled": False, "taken": []})
    over = Outcome(answer=1, takes=[("blk", Hold(BOXES, "box_1", 1, 480, 600, over=True))])
    assert await answers(store, unit(over, BOX)) == [1]
    assert await taken(store) == [("blk", 480, 600)]
