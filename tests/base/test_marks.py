"""An order bears the marks of how it stands, from its first moment to its last."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from models.base import marks
from models.base.store import Document, Store
from models.base.transitions import transition
from tests.base.toys import Move, ToyBody, a_show, book, booked_for
from tests.machinery import a_context, a_house


async def found(store: Store, *shows: str) -> set[str]:
    """The orders that are looked up by the marks of these shows."""
    orders = await store.find("orders", marks.any_of(map(booked_for, shows)))
    return {order["_id"] for order in orders}


async def stored(store: Store, order: Document) -> Document:
    known = await store.get("orders", order["_id"])
    assert known is not None
    return known


async def test_an_order_and_its_children_are_found_from_their_first_moment(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    one = await book(house, 1)
    group = await book(house, 2, ToyBody(members=2))
    ids = {one["_id"], group["_id"], f"{group['_id']}.1", f"{group['_id']}.2"}
    assert await found(store, "show_1") == ids
    assert await found(store, "show_1", "show_2") == ids
    assert await found(store, "show_2") == await found(store) == set()


async def test_a_step_moves_the_marks_along_and_the_last_takes_them_away(store: Store) -> None:
    await a_show(store, 1)
    await a_show(store, 1, "show_2")
    house = a_house(store)
    order = await book(house, 1)
    turn = a_context(house, "per_1", if_match=1)
    moved = await transition(turn, order["_id"], "move", Move(show="show_2"))
    assert moved == await stored(store, order)
    assert (await found(store, "show_1"), await found(store, "show_2")) == (set(), {order["_id"]})
    ended = await transition(a_context(house, "per_1"), order["_id"], "cancel")
    assert ended == await stored(store, order)
    assert "found_by" not in ended
    assert await found(store, "show_1", "show_2") == set()


async def test_what_waits_is_marked_once_it_has_a_place(store: Store) -> None:
    await a_show(store, 0)
    waiting = await book(a_house(store), 1, ToyBody(wait=True))
    assert waiting["state"] == "waiting"
    assert "found_by" not in await stored(store, waiting)


DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@given(DAYS, DAYS, DAYS)
def test_a_moment_lies_in_one_of_the_months_of_a_stretch_that_it_lies_in(
    one: date, two: date, three: date
) -> None:
    first, day, last = sorted((one, two, three))
    reached = marks.months(first, last)
    assert len(reached) == (last.year - first.year) * 12 + last.month - first.month + 1
    assert marks.month(datetime(day.year, day.month, day.day, 4, tzinfo=UTC)) in reached


def test_a_month_is_the_campuss() -> None:
    assert marks.month(datetime(2026, 11, 30, 16, 0, tzinfo=UTC)) == "2026-12"
