"""Whatever people do at once, in two processes: what is held and what is left add up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import clockwork, waiting
from models.base.context import House
from models.base.errors import Refusal
from models.base.store import Store
from models.base.transitions import transition
from tests.base.toys import BOXES, SHOWS, Move, Resize, ToyBody, a_show, book, books_balance
from tests.machinery import MovingClock, a_context, a_house

SHOW_NAMES = ("show_1", "show_2")
STEPS = ("cancel", "move", "resize", "leave", "accept")


@dataclass(frozen=True)
class Act:
    """One thing somebody does: `which` picks a person or an order, `number` seats or a span."""

    name: str
    which: int
    number: int


ACTS = st.builds(
    Act,
    st.sampled_from(
        ("book", "book", "wait", "wait", "box", "group", "capacity", "promote", *STEPS)
    ),
    st.integers(0, 11),
    st.integers(1, 3),
)
ROUNDS = st.lists(st.lists(ACTS, min_size=1, max_size=10), min_size=1, max_size=5)


class World:
    """Two processes on one database, and what has been placed so far."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = MovingClock()
        self.houses = [a_house(store, self.clock), a_house(store, self.clock)]
        self.placed: list[tuple[str, str]] = []  # (order, person)
        self.keys = 0

    async def begin(self) -> None:
        for collection in ("orders", "claims", SHOWS, BOXES):
            await self.store.delete(collection, {})
        for name in SHOW_NAMES:
            await a_show(self.store, 4, name)
        await self.store.insert(BOXES, {"_id": "box_1", "enabled": True, "taken": []})

    async def round(self, acts: list[Act]) -> None:
        """Everybody at once; then time passes and what has run out is taken back."""
        await asyncio.gather(*(self.do(act, self.houses[n % 2]) for n, act in enumerate(acts)))
        await self.check()
        self.clock.forward(minutes=4)
        await asyncio.gather(*(clockwork.tick(house) for house in self.houses))
        await self.check()

    async def do(self, act: Act, house: House) -> None:
        if act.name in ("book", "wait", "box", "group"):
            await self.place(act, house)
        elif act.name == "capacity":
            await self.resize_show(act)
        elif act.name == "promote":
            await waiting.promote(house)
        elif self.placed:
            await refusable(self.step(act, house))

    async def place(self, act: Act, house: House) -> None:
        self.keys += 1
        body = ToyBody(
            show=SHOW_NAMES[act.which % 2],
            seats=act.number,
            wait=act.name == "wait",
            once="day" if act.number == 1 else "",
            box=(60 * act.which, 60 * act.which + 90) if act.name == "box" else None,
            members=act.number if act.name == "group" else 0,
        )
        order = await book(house, act.which, body, f"key-{self.keys}")
        if isinstance(order, dict):
            self.placed.append((order["_id"], order["owner"]))

    async def step(self, act: Act, house: House) -> Any:
        order_id, person = self.placed[(act.which * 7 + act.number) % len(self.placed)]
        order = await self.store.get("orders", order_id)
        assert order is not None
        bodies = {"move": Move(show=SHOW_NAMES[act.which % 2]), "resize": Resize(seats=act.number)}
        ctx = a_context(house, person, if_match=order["version"])
        return await transition(ctx, order_id, act.name, bodies.get(act.name))

    async def resize_show(self, act: Act) -> None:
        """The show gets more seats, or fewer where so many are left."""
        change = act.number if act.which % 2 else -act.number
        guard = {"_id": SHOW_NAMES[act.number % 2], "left": {"$gte": -change}}
        await self.store.update(SHOWS, guard, {"$inc": {"capacity": change, "left": change}})

    async def check(self) -> None:
        orders = await self.store.find("orders", {})
        for name in SHOW_NAMES:
            await books_balance(self.store, name)
            show = await self.store.get(SHOWS, name)
            assert show is not None
            waits = [order["waits"] for order in orders if order["state"] == "waiting"]
            ranks = sorted(each["rank"] for each in waits if each["thing"] == name)
            assert show["queue"] == ranks
        claims = await self.store.find("claims", {})
        claimed = {(key, order["_id"]) for order in orders for key in order["claims"]}
        assert {(claim["_id"], claim["order"]) for claim in claims} == claimed
        assert all("waits" not in order for order in orders if order["state"] != "waiting")
        await self.check_box(orders)

    async def check_box(self, orders: list[dict[str, Any]]) -> None:
        box = await self.store.get(BOXES, "box_1")
        assert box is not None
        taken = {(entry["order"], entry["from"], entry["to"]) for entry in box["taken"]}
        held = {
            (order["_id"], hold["from"], hold["to"])
            for order in orders
            for hold in order["holds"]
            if hold["thing"] == "box_1"
        }
        assert taken == held
        assert len(taken) == len(box["taken"])
        spans = sorted((start, end) for _, start, end in taken)
        assert all(one[1] <= two[0] for one, two in pairwise(spans))


async def refusable(attempt: Awaitable[Any]) -> None:
    """Let it happen or be refused; any other fault fails the test."""
    try:
        await attempt
    except Refusal:
        return


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=ROUNDS)
def test_nothing_is_oversold_or_lost_whatever_people_do_at_once(
    runner: asyncio.Runner, store: Store, rounds: list[list[Act]]
) -> None:
    async def story() -> None:
        world = World(store)
        await world.begin()
        for acts in rounds:
            await world.round(acts)

    runner.run(story())
