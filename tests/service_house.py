"""What stories of any service have in common: its people, its workers, and what it stores."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from models import people
from models.base import clockwork
from models.base.chores import chores, seldom_chores
from models.base.clock import campus_date
from models.base.context import CLOCK, Context, House
from models.base.delivery import hand_over
from models.base.errors import Refusal
from models.base.store import Document, Store
from models.base.transitions import available, transition
from models.base.waiting import promote
from tests.machinery import MovingClock, a_context


@dataclass
class Service:
    """A running service."""

    house: House
    clock: MovingClock
    kept: ClassVar[tuple[str, ...]] = ()  # the collections in which it stores

    @property
    def store(self) -> Store:
        return self.house.store

    async def work(self) -> None:
        """What the workers do until nothing is due any more."""
        for job in (hand_over, clockwork.tick, promote, *chores(), *seldom_chores(), hand_over):
            await job(self.house)

    async def order(self, order_id: str) -> Document:
        found = await self.store.get("orders", order_id)
        assert found is not None
        return found

    async def state(self, order: Document) -> str:
        return str((await self.order(order["_id"]))["state"])

    async def told(self, who: str) -> list[str]:
        """The messages a person has got, oldest first."""
        await hand_over(self.house)
        found = await self.store.find("deliveries", {"to": who}, sort=[("at", 1), ("_id", 1)])
        return [message["template"] for message in found]

    async def everything(self) -> dict[str, list[Document]]:
        """All that this service stores."""
        return {name: await self.store.find(name, {}, sort=[("_id", 1)]) for name in self.kept}

    async def refused(self, act: Awaitable[Any]) -> Refusal:
        """The refusal of an act, after making sure that it changed nothing."""
        before = await self.everything()
        with pytest.raises(Refusal) as refusal:
            await act
        self.unchanged(before, await self.everything())
        return refusal.value

    def unchanged(
        self, before: dict[str, list[Document]], after: dict[str, list[Document]]
    ) -> None:
        """Fail unless what is stored after a refusal is what was stored before it."""
        assert after == before


@dataclass
class StaffedService(Service):
    """A running service with everybody's documents at hand."""

    persons: dict[str, Document]

    def ctx(self, who: str, key: str = "", **changes: Any) -> Context:
        """A turn of a person, or of the clock."""
        if who == CLOCK.id:
            return a_context(self.house, key="", actor=CLOCK, **changes)
        actor = people.actor(self.persons[who], campus_date(self.clock()))
        return a_context(self.house, key=key and key.ljust(16, "0"), actor=actor, **changes)

    async def step(
        self, who: str, order: Document, name: str, body: Any = None, **more: Any
    ) -> Any:
        """The order after a transition, taken on the version the person has seen."""
        more.setdefault("if_match", order["version"])
        return await transition(self.ctx(who, **more), order["_id"], name, body)

    async def can(self, who: str, order: Document) -> list[str]:
        """What a person may do with the order just now."""
        return available(await self.order(order["_id"]), self.ctx(who).actor, self.clock())
