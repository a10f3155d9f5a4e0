"""Round trips to the database: they are counted, and shared where that costs nobody anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry

from models.base.store import Store
from server.commands import CommandCounter
from server.database import connect, disconnect


@dataclass
class Counted:
    """A store, and how often it has asked the database for something."""

    store: Store
    registry: CollectorRegistry

    def sent(self, command: str) -> float:
        labels = {"command": command}
        return self.registry.get_sample_value("database_commands_total", labels) or 0.0


@pytest.fixture
async def counted(database_uri: str, database_name: str) -> AsyncIterator[Counted]:
    registry = CollectorRegistry()
    store = connect(database_uri, database_name, [CommandCounter(registry)])
    yield Counted(store, registry)
    disconnect(store)


async def test_every_command_is_counted_under_its_name(counted: Counted) -> None:
    await counted.store.insert("things", {"_id": 1}, {"_id": 2})
    await counted.store.get("things", 1)
    await counted.store.update("things", {"_id": 1}, {"$set": {"n": 1}})
    assert [counted.sent(name) for name in ("insert", "find", "update")] == [1, 1, 1]


async def test_those_who_ask_in_the_same_turn_share_one_round_trip(counted: Counted) -> None:
    await counted.store.insert("things", *({"_id": number} for number in range(40)))
    asked = [counted.store.get_together("things", number) for number in (*range(20, 60), 20)]
    found = await asyncio.gather(*asked)
    assert found == [*({"_id": number} for number in range(20, 40)), *[None] * 20, {"_id": 20}]
    assert counted.sent("find") == 1


async def test_who_asks_later_reads_what_has_changed_meanwhile(counted: Counted) -> None:
    assert await counted.store.get_together("things", 1) is None
    await counted.store.insert("things", {"_id": 1})
    assert await counted.store.get_together("things", 1) == {"_id": 1}


async def test_one_who_goes_away_takes_nothing_from_the_others(counted: Counted) -> None:
    await counted.store.insert("things", {"_id": 1})
    leaving = asyncio.create_task(counted.store.get_together("things", 2))
    staying = asyncio.create_task(counted.store.get_together("things", 1))
    await asyncio.sleep(0)  # both have asked
    leaving.cancel()
    assert await staying == {"_id": 1}
    assert leaving.cancelled()
