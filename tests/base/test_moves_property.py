"""Whatever people do at once with boxes, in two processes: no minute is had twice or jumped."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import clockwork, waiting
from models.base.context import House
from models.base.errors import Refusal
from models.base.spans import overlaps
from models.base.store import Store
from models.base.transitions import transition
from tests.base.boxes import Boxing, Other, box, boxes, taken
from tests.base.toys import BOXES
from tests.machinery import MovingClock, a_context, a_house

STEPS = ("cancel", "change", "swap", "swap", "leave", "accept", "add")


@dataclass(frozen=True)
class Act:
    """One thing somebody does: `which` picks a person, an order or a box, `at` an interval."""

    name: str
    which: int
    at: int


ACTS = st.builds(
    Act,
    st.sampled_from(("book", "book", "wait", "wait", "clear", "promote", *STEPS)),
    st.integers(0, 11),
    st.integers(0, 4),
)
ROUNDS = st.lists(st.lists(ACTS, min_size=1, max_size=8), min_size=1, max_size=5)


class World:
    """Two processes on one database, and what has been placed so far."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = MovingClock()
        self.houses = [a_house(store, self.clock), a_house(store, self.clock)]
        self.placed: list[tuple[str, str]] = []  # (order, person)
        self.keys = 0

    async def begin(self) -> None:
        for collection in ("orders", "claims", BOXES):
            await self.store.delete(collection, {})
        await boxes(self.store, 2)

    async def round(self, acts: list[Act]) -> None:
        """Everybody at once; then time passes and what has run out is taken back."""
        await asyncio.gather(*(self.do(act, self.houses[n % 2]) for n, act in enumerate(acts)))
        await self.check()
        self.clock.forward(minutes=6)
        await asyncio.gather(*(clockwork.tick(house) for house in self.houses))
        await self.check()

    async def do(self, act: Act, house: House) -> None:
        if act.name == "promote":
            await waiting.promote(house)
        elif act.name in ("book", "wait", "clear"):
            self.keys += 1
            order = await box(house, act.which, self.boxing(act), f"key-{self.keys}")
            if isinstance(order, dict):
                self.placed.append((order["_id"], order["owner"]))
        elif self.placed:
            await self.step(act, house)

    def boxing(self, act: Act) -> Boxing:
        start = 540 + 30 * act.at
        return Boxing(
            box=f"box_{act.which % 2 + 1}",
            at=(start, start + 30 * (act.which % 3 + 1)),
            wait=act.name == "wait",
            clears=act.name == "clear",
            passes=act.name == "clear",
            children=[0] if act.name == "add" else [],
        )

    async def step(self, act: Act, house: House) -> None:
        order_id, person = self.placed[(act.which * 5 + act.at) % len(self.placed)]
        other, _ = self.placed[act.which % len(self.placed)]
        order = await self.store.get("orders", order_id)
        assert order is not None
        body: Any = self.boxing(act) if act.name in ("change", "add") else None
        if act.name == "swap":
            body = Other(order=other)
            if other == order_id:
                return
        try:
            ctx = a_context(house, person, if_match=order["version"])
            await transition(ctx, order_id, act.name, body)
        except Refusal:
            return

    async def check(self) -> None:
        orders = await self.store.find("orders", {})
        await taken(self.store)
        for each in await self.store.find(BOXES, {}):
            for one, two in combinations(each["taken"], 2):
                assert not overlaps(one, two["from"], two["to"]), each
            waits = [o["waits"] for o in orders if o["state"] == "waiting"]
            mine = sorted(w["rank"] for w in waits if w["thing"] == each["_id"])
            assert [entry["rank"] for entry in each["queue"]] == mine
        for order in orders:
            assert len(order["timeline"]) == order["version"]
            below = [o for o in orders if o.get("parent") == order["_id"]]
            assert len(below) == order.get("children", 0)
            assert ("waits" in order) == (order["state"] == "waiting")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=ROUNDS)
def test_no_minute_is_had_twice_whatever_people_do_at_once(
    runner: asyncio.Runner, store: Store, rounds: list[list[Act]]
) -> None:
    async def story() -> None:
        world = World(store)
        await world.begin()
        for acts in rounds:
            await world.round(acts)

    runner.run(story())
