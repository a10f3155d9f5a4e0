"""One order, one step: who may take it, when, how often, and what a repeat gets."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models.base.context import CLOCK, Actor, Context, House
from models.base.errors import Conflict, Forbidden, NotFound, Refusal, VersionNeeded
from models.base.roles import Role
from models.base.store import Document, Store
from models.base.transitions import (
    StaleVersion,
    WrongState,
    available,
    transition,
)
from models.base.visibility import desk
from tests.base.stumbling import Stumble, stumbling
from tests.base.toys import (
    BOXES,
    Gone,
    Move,
    Pin,
    Resize,
    ToyBody,
    a_show,
    book,
    books_balance,
)
from tests.machinery import MONDAY, MovingClock, a_context, a_house

USHER = Actor("per_usher", roles=frozenset({Role.CANTEEN}), tokens=frozenset({desk("hall")}))
COLLEAGUE = Actor("per_other", roles=frozenset({Role.STAFF}), tokens=frozenset({desk("hall")}))


def as_(house: House, actor: Actor | str, **changes: Any) -> Context:
    """A turn of the usher, the clock, or a person by id."""
    if isinstance(actor, str):
        return a_context(house, actor, **changes)
    return a_context(house, actor=actor, **changes)


async def stored(store: Store, order: Document) -> Document:
    found = await store.get("orders", order["_id"])
    assert found is not None
    return found


async def refused(ctx: Context, order: Document, name: str, body: Any = None) -> Refusal:
    """The refusal of a step, after making sure that it changed nothing."""
    before = await stored(ctx.store, order)
    with pytest.raises(Refusal) as refusal:
        await transition(ctx, order["_id"], name, body)
    assert await stored(ctx.store, order) == before
    return refusal.value


async def test_a_step_changes_state_version_and_history_at_once(store: Store) -> None:
    await a_show(store, 1)
    clock = MovingClock()
    house = a_house(store, clock)
    order = await book(house, 1)
    clock.forward(minutes=5)
    moved = await transition(as_(house, USHER), order["_id"], "use")
    assert (moved["state"], moved["version"]) == ("used", 2)
    assert moved["updated_at"] == MONDAY + timedelta(minutes=5)
    assert moved["timeline"][-1] == {
        "at": MONDAY + timedelta(minutes=5),
        "by": "per_usher",
        "transition": "use",
        "from": "booked",
        "to": "used",
        "version": 2,
    }
    assert await stored(store, order) == moved


async def test_what_a_step_returns_is_what_is_stored_also_through_a_group(store: Store) -> None:
    await a_show(store, 3)
    house = a_house(store)
    order = await book(house, 1, ToyBody(once="day"))
    moved = await transition(
        as_(house, "per_1", if_match=1), order["_id"], "resize", Resize(seats=2)
    )
    assert await stored(store, order) == moved
    cancelled = await transition(as_(house, "per_1"), order["_id"], "cancel")
    assert await stored(store, order) == cancelled
    assert (cancelled["holds"], cancelled["claims"]) == ([], [])


async def test_an_order_one_cannot_see_does_not_exist(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    assert type(await refused(as_(house, "per_2"), order, "cancel")) is NotFound


async def test_a_seen_order_that_is_anothers_is_forbidden(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    assert type(await refused(as_(house, COLLEAGUE), order, "cancel")) is Forbidden
    assert type(await refused(as_(house, "per_1"), order, "use")) is Forbidden
    assert type(await refused(as_(house, "per_1"), order, "expire")) is Forbidden


async def test_a_step_the_kind_does_not_know_is_not_found(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    assert type(await refused(as_(house, "per_1"), order, "fly")) is NotFound


async def test_a_step_asked_for_with_the_body_of_another_kinds_is_not_found(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    assert type(await refused(as_(house, "per_1"), order, "move", ToyBody())) is NotFound


async def test_a_step_from_another_state_says_where_the_order_is(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    refusal = await refused(as_(house, "per_1"), order, "rate")
    assert type(refusal) is WrongState
    assert refusal.facts == {"state": "booked"}


async def test_after_the_cut_off_the_reason_of_when_is_given(store: Store) -> None:
    await a_show(store, 1, starts_at=MONDAY + timedelta(hours=1))
    clock = MovingClock()
    house = a_house(store, clock)
    order = await book(house, 1)
    clock.forward(hours=1)
    assert type(await refused(as_(house, "per_1"), order, "cancel")) is Gone
    assert await books_balance(store) == 1


async def test_a_cut_off_that_passes_while_the_request_waits_is_kept(store: Store) -> None:
    await a_show(store, 1, starts_at=MONDAY + timedelta(hours=1))
    clock = MovingClock()
    house = a_house(store, clock)
    order = await book(house, 1)
    early = as_(house, "per_1")
    clock.forward(hours=1)
    assert type(await refused(early, order, "cancel")) is Gone
    assert await books_balance(store) == 1


async def test_where_the_state_cannot_tell_a_repeat_the_version_is_needed(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    order = await book(house, 1)
    refusal = await refused(as_(house, "per_1"), order, "resize", Resize(seats=2))
    assert type(refusal) is VersionNeeded
    assert await books_balance(store) == 1


async def test_an_older_version_is_refused_with_the_present_one(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    order = await book(house, 1)
    await transition(as_(house, "per_1", if_match=1), order["_id"], "resize", Resize(seats=2))
    await transition(as_(house, "per_1", if_match=2), order["_id"], "pin", Pin(key="a"))
    refusal = await refused(as_(house, "per_1", if_match=2), order, "cancel")
    assert type(refusal) is StaleVersion
    assert refusal.facts == {"state": "booked", "version": 3}
    assert await books_balance(store) == 2


async def test_a_lost_reply_is_given_again_and_done_once(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    order = await book(house, 1)
    first = await transition(as_(house, "per_1"), order["_id"], "cancel")
    again = await transition(as_(house, "per_1"), order["_id"], "cancel")
    assert first == again
    assert [entry["transition"] for entry in again["timeline"]] == ["place", "cancel"]


async def test_a_lost_reply_with_if_match_is_given_again_after_later_steps(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    order = await book(house, 1)
    resize = as_(house, "per_1", if_match=1), order["_id"], "resize", Resize(seats=3)
    await transition(*resize)
    await transition(as_(house, "per_1", if_match=2), order["_id"], "pin", Pin(key="a"))
    again = await transition(*resize)
    assert again["version"] == 3
    assert await books_balance(store) == 3


async def test_the_same_key_is_the_same_step_even_where_repeats_are_refused(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    scan = as_(house, USHER, key="scan-one-0000001")
    first = await transition(scan, order["_id"], "use")
    assert await transition(scan, order["_id"], "use") == first
    other = as_(house, USHER, key="scan-two-0000002")
    assert type(await refused(other, order, "use")) is WrongState
    assert type(await refused(as_(house, USHER), order, "use")) is WrongState


async def test_anothers_step_is_not_my_repeat(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    await transition(as_(house, USHER), order["_id"], "use")
    second = Actor("per_usher_2", roles=USHER.roles, tokens=USHER.tokens)
    assert type(await refused(as_(house, second), order, "use")) is WrongState


async def test_can_lists_exactly_what_is_possible(store: Store) -> None:
    starts = MONDAY + timedelta(hours=1)
    await a_show(store, 2, starts_at=starts)
    house = a_house(store)
    order = await book(house, 1)
    owner = as_(house, "per_1").actor
    assert available(order, owner, MONDAY) == ["cancel", "move", "resize", "pin"]
    assert available(order, owner, starts) == ["move", "resize", "pin"]
    assert available(order, USHER, MONDAY) == ["use"]
    assert available(order, COLLEAGUE, MONDAY) == []
    assert available(order, CLOCK, MONDAY) == ["remind", "expire"]
    used = await transition(as_(house, USHER), order["_id"], "use")
    assert available(used, owner, MONDAY) == ["rate"]
    assert available(used, USHER, MONDAY) == []


STEPS: dict[str, tuple[Actor | str, str, Any]] = {
    "cancel": ("per_1", "booked", None),
    "move": ("per_1", "booked", Move(show="show_2")),
    "resize": ("per_1", "booked", Resize(seats=2)),
    "pin": ("per_1", "booked", Pin(key="pin_1")),
    "remind": (CLOCK, "booked", None),
    "use": (USHER, "booked", None),
    "expire": (CLOCK, "booked", None),
    "rate": ("per_1", "used", None),
    "offer": (CLOCK, "waiting", None),
    "accept": ("per_1", "offered", None),
    "lapse": (CLOCK, "offered", None),
    "leave": ("per_1", "waiting", None),
}


async def in_state(house: House, state: str) -> Any:
    """An order of per_1 in `state`, for a show whose seats are free but for its own."""
    await a_show(house.store, 4)
    await a_show(house.store, 4, "show_2")
    if state in ("booked", "used"):
        order = await book(house, 1)
        if state == "used":
            order = await transition(as_(house, USHER), order["_id"], "use")
    else:
        full = await book(house, 9, ToyBody(seats=4))
        order = await book(house, 1, ToyBody(wait=True))
        await transition(as_(house, "per_9"), full["_id"], "cancel")
        if state == "offered":
            order = await transition(as_(house, CLOCK), order["_id"], "offer")
    assert order["state"] == state
    return order


@pytest.mark.parametrize("name", sorted(STEPS))
async def test_a_step_raced_ten_times_through_two_processes_happens_once(
    store: Store, name: str
) -> None:
    clock = MovingClock()
    houses = [a_house(store, clock), a_house(store, clock)]
    actor, state, body = STEPS[name]
    order = await in_state(houses[0], state)
    races = [
        transition(as_(houses[n % 2], actor, if_match=order["version"]), order["_id"], name, body)
        for n in range(10)
    ]
    answers = await asyncio.gather(*races, return_exceptions=True)
    done = [answer for answer in answers if isinstance(answer, dict)]
    assert {type(answer) for answer in answers if not isinstance(answer, dict)} <= {StaleVersion}
    assert len(done) == (1 if name == "use" else 10)
    timeline = (await stored(store, order))["timeline"]
    assert [entry["transition"] for entry in timeline].count(name) == 1
    assert timeline[-1]["version"] == order["version"] + 1
    await books_balance(store)
    await books_balance(store, "show_2")


async def test_cancel_and_use_at_once_end_in_one_of_the_two(store: Store) -> None:
    house = a_house(store)
    for number in range(6):
        await a_show(store, 1, f"show_{number}")
        order = await book(house, number, ToyBody(show=f"show_{number}"))
        both = [
            transition(as_(house, f"per_{number}"), order["_id"], "cancel"),
            transition(as_(house, USHER), order["_id"], "use"),
        ]
        answers = await asyncio.gather(*both, return_exceptions=True)
        assert [type(each) for each in answers if isinstance(each, Exception)] == [WrongState]
        held = 1 if (await stored(store, order))["state"] == "used" else 0
        assert await books_balance(store, f"show_{number}") == held


async def test_fewer_seats_are_given_back_also_while_others_wait(store: Store) -> None:
    await a_show(store, 3)
    house = a_house(store)
    order = await book(house, 1, ToyBody(seats=3))
    await book(house, 2, ToyBody(wait=True))
    await transition(as_(house, "per_1", if_match=1), order["_id"], "resize", Resize(seats=2))
    assert await books_balance(store) == 2


async def test_fewer_seats_are_given_back_also_of_a_closed_show(store: Store) -> None:
    await a_show(store, 3)
    house = a_house(store)
    order = await book(house, 1, ToyBody(seats=3))
    await store.update("toy_shows", {"_id": "show_1"}, {"$set": {"enabled": False}})
    await transition(as_(house, "per_1", if_match=1), order["_id"], "resize", Resize(seats=1))
    assert await books_balance(store) == 1


async def test_more_seats_are_refused_while_others_wait(store: Store) -> None:
    await a_show(store, 4)
    house = a_house(store)
    order = await book(house, 1, ToyBody(seats=2))
    await book(house, 2, ToyBody(seats=3, wait=True))
    refusal = await refused(as_(house, "per_1", if_match=1), order, "resize", Resize(seats=3))
    assert refusal.code == "not-enough-left"
    assert await books_balance(store) == 2


async def test_a_step_that_inserts_what_is_there_already_is_a_conflict(store: Store) -> None:
    await a_show(store, 2)
    house = a_house(store)
    one, two = await book(house, 1), await book(house, 2)
    await transition(as_(house, "per_1", if_match=1), one["_id"], "pin", Pin(key="door"))
    refusal = await refused(as_(house, "per_2", if_match=1), two, "pin", Pin(key="door"))
    assert type(refusal) is Conflict
    assert await store.find("toy_pins", {}) == [{"_id": "door", "order": one["_id"]}]


async def test_of_two_spans_in_one_box_giving_up_the_order_frees_both_and_no_others(
    store: Store,
) -> None:
    await a_show(store, 9)
    await store.insert(BOXES, {"_id": "box_1", "enabled": True, "taken": []})
    house = a_house(store)
    mine = await book(house, 1, ToyBody(box=(480, 540)))
    await book(house, 2, ToyBody(box=(540, 600)))
    await transition(as_(house, "per_1"), mine["_id"], "cancel")
    box = await store.get(BOXES, "box_1")
    assert box is not None
    assert [(entry["from"], entry["to"]) for entry in box["taken"]] == [(540, 600)]


async def test_a_fault_after_the_commit_is_healed_by_repeating_the_step(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    shaky = a_context(stumbling(house, "group.committed"), "per_1")
    with pytest.raises(Stumble):
        await transition(shaky, order["_id"], "cancel")
    again = await transition(shaky, order["_id"], "cancel")
    assert [entry["transition"] for entry in again["timeline"]] == ["place", "cancel"]
    assert await books_balance(store) == 0
