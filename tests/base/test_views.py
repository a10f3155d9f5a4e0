"""Orders as people read them: pages without gaps, buttons that work, no more than one may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec import UNSET

from models.base import views
from models.base.context import Actor
from models.base.errors import NotFound
from models.base.roles import Role
from models.base.shapes import PageQuery
from models.base.store import Store
from models.base.transitions import transition
from models.base.views import OrderQuery
from models.base.visibility import desk
from tests.base.toys import ToyBody, a_show, book
from tests.machinery import MONDAY, MovingClock, a_context, a_house

USHER = Actor("per_usher", roles=frozenset({Role.CANTEEN}), tokens=frozenset({desk("hall")}))


async def test_pages_lose_and_repeat_nothing_also_at_the_same_moment(store: Store) -> None:
    await a_show(store, 50)
    clock = MovingClock()
    house = a_house(store, clock)
    placed = []
    for number in range(12):
        placed.append((await book(house, 1, key=f"key-{number}"))["_id"])
        clock.forward(seconds=number % 3 == 2)
    ctx = a_context(house, "per_1")
    for limit in (1, 2, 5, 12):
        listed: list[str] = []
        after: str | None = None
        while True:
            page = await views.mine(ctx, OrderQuery(after=after, limit=limit))
            listed += [item.id for item in page.items]
            after = page.next
            if after is None:
                break
        assert sorted(listed) == sorted(placed)
    newest = [placed[i : i + 3] for i in (9, 6, 3, 0)]
    assert [set(listed[i : i + 3]) for i in (0, 3, 6, 9)] == [set(three) for three in newest]


async def test_a_page_that_ends_with_the_list_has_no_next(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    for number in range(2):
        await book(house, 1, key=f"key-{number}")
    page = await views.mine(a_context(house, "per_1"), OrderQuery(limit=2))
    assert (len(page.items), page.next) == (2, None)


async def test_after_an_unknown_order_there_is_nothing(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    await book(house, 1)
    page = await views.mine(a_context(house, "per_1"), OrderQuery(after="ord_nowhere"))
    assert (page.items, page.next) == ([], None)


async def test_my_orders_are_mine_alone_and_can_be_narrowed(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    one = await book(house, 1, key="a")
    two = await book(house, 1, key="b")
    await book(house, 2)
    ctx = a_context(house, "per_1")
    await transition(ctx, one["_id"], "cancel")
    everything = await views.mine(ctx, OrderQuery(kind="toy"))
    assert {item.id for item in everything.items} == {one["_id"], two["_id"]}
    booked = await views.mine(ctx, OrderQuery(state="booked"))
    assert [item.id for item in booked.items] == [two["_id"]]
    assert (await views.mine(ctx, OrderQuery(kind="meal"))).items == []


async def test_a_list_has_no_timeline_and_one_order_has_it_with_names(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    order = await book(house, 1)
    await store.insert("people", {"_id": "per_usher", "employee_no": "C1", "name": "石磊"})
    await transition(a_context(house, actor=USHER), order["_id"], "use")
    ctx = a_context(house, "per_1")
    [item] = (await views.mine(ctx, OrderQuery())).items
    assert (item.timeline, item.names) == (UNSET, UNSET)
    one = await views.one(ctx, order["_id"])
    assert isinstance(one.timeline, list)
    assert [(entry.transition, entry.from_, entry.to) for entry in one.timeline] == [
        ("place", None, "booked"),
        ("use", "booked", "used"),
    ]
    assert one.names == {"per_1": "per_1", "per_usher": "石磊"}


async def test_the_buttons_are_those_of_the_reader_at_that_moment(store: Store) -> None:
    await a_show(store, 5, starts_at=MONDAY + timedelta(hours=1))
    clock = MovingClock()
    house = a_house(store, clock)
    order = await book(house, 1)
    assert (await views.one(a_context(house, "per_1"), order["_id"])).can == [
        "cancel",
        "move",
        "resize",
        "pin",
    ]
    assert (await views.one(a_context(house, actor=USHER), order["_id"])).can == ["use"]
    clock.forward(hours=1)
    assert "cancel" not in (await views.one(a_context(house, "per_1"), order["_id"])).can


async def test_an_order_of_others_is_not_found(store: Store) -> None:
    await a_show(store, 5)
    house = a_house(store)
    order = await book(house, 1)
    with pytest.raises(NotFound):
        await views.one(a_context(house, "per_2"), order["_id"])


@pytest.mark.parametrize(("tokens", "seen"), [({"p:per_1"}, 1), ({"p:per_2"}, 0), (set(), 0)])
async def test_the_inbox_holds_what_waits_for_me(store: Store, tokens: set[str], seen: int) -> None:
    await a_show(store, 5)
    house = a_house(store)
    order = await book(house, 9, ToyBody())
    waits: dict[str, Any] = {"$set": {"waits_for": ["p:per_1"]}}
    await store.update("orders", {"_id": order["_id"]}, waits)
    ctx = a_context(house, actor=Actor("per_x", tokens=frozenset(tokens)))
    assert len((await views.inbox(ctx, PageQuery())).items) == seen
