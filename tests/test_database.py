"""Connecting, indexes, migrations, and the embedded database as a process."""

from __future__ import annotations

import asyncio
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from models.base import indexes
from models.base.clock import system_clock
from models.base.indexes import declare
from models.base.store import Duplicate, Store
from server import database
from server.database import DatabaseRefused, connected, follow_up, missing_indexes, prepare
from server.embedded import DatabaseUnusable, EmbeddedDatabase, database_at_hand, folder_of
from server.migrations import MIGRATIONS, Migration
from server.settings import Settings

Driver = MongoClient[dict[str, Any]]
NEXT = len(MIGRATIONS) + 1


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[indexes.Index]]:
    """Declarations of this test alone."""
    own: dict[str, list[indexes.Index]] = {}
    monkeypatch.setattr(indexes, "INDEXES", own)
    monkeypatch.setattr(database, "INDEXES", own)
    return own


async def test_declared_indexes_are_created_with_their_options(
    store: Store, declared: dict[str, list[indexes.Index]]
) -> None:
    declare("things", [("kind", 1), ("at", -1)], unique=True)
    declare("things", [("name", 1)], partial={"name": {"$exists": True}})
    assert await missing_indexes(store) == [
        "things.kind_1_at_-1",
        "things.name_1",
    ]
    await prepare(store, system_clock)
    assert await missing_indexes(store) == []
    there = await store.database.things.index_information()
    assert there["kind_1_at_-1"]["unique"] is True
    assert there["name_1"]["partialFilterExpression"] == {"name": {"$exists": True}}
    await store.insert("things", {"kind": "a", "at": 1})
    with pytest.raises(Duplicate):
        await store.insert("things", {"kind": "a", "at": 1})


async def test_a_collection_may_be_declared_without_an_index(
    store: Store, declared: dict[str, list[indexes.Index]]
) -> None:
    declare("claims")
    await asyncio.gather(*(prepare(store, system_clock) for _ in range(4)))
    assert "claims" in await store.database.list_collection_names()


async def test_an_index_that_differs_from_its_declaration_is_refused_by_name(
    store: Store, declared: dict[str, list[indexes.Index]]
) -> None:
    await store.database.things.create_index([("code", 1)])
    declare("things", [("code", 1)], unique=True)
    with pytest.raises(DatabaseRefused, match=r"things\.code_1"):
        await prepare(store, system_clock)


async def test_times_come_back_as_aware_utc(store: Store) -> None:
    moment = datetime(2026, 11, 23, 3, 30, 0, 125_000, tzinfo=UTC)
    await store.insert("things", {"_id": 1, "at": moment})
    found = await store.get("things", 1)
    assert found == {"_id": 1, "at": moment}
    assert found["at"].utcoffset() == timedelta(0)


async def test_a_migration_runs_once_whatever_number_of_processes_start(
    database_uri: str, database_name: str, driver: Driver
) -> None:
    async def add_one(store: Store) -> None:
        await store.insert("runs", {"at": system_clock()})

    steps = (Migration(1, "first", add_one), Migration(2, "second", add_one))

    async def start() -> None:
        async with connected(database_uri, database_name) as store:
            await prepare(store, system_clock, steps)

    await asyncio.gather(*(start() for _ in range(5)))
    assert driver[database_name].runs.count_documents({}) == 2
    done = driver[database_name].migrations.find({"name": {"$exists": True}}).sort("_id")
    assert [(each["_id"], each["name"]) for each in done] == [(1, "first"), (2, "second")]


async def test_a_migration_that_failed_runs_again_at_the_next_start(store: Store) -> None:
    tries = []

    async def fail_first(store: Store) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("power cut")

    steps = [*MIGRATIONS, Migration(NEXT, "shaky", fail_first)]
    with pytest.raises(RuntimeError, match="power cut"):
        await prepare(store, system_clock, steps)
    assert await store.get("migrations", NEXT) is None
    await prepare(store, system_clock, steps)
    await prepare(store, system_clock, steps)
    assert len(tries) == 2


async def test_what_an_older_version_writes_beside_this_one_is_brought_along_for_a_day(
    store: Store,
) -> None:
    began = system_clock()
    now, done = [began], list[tuple[str, float]]()

    async def run(store: Store) -> None:
        done.append(("run", hours(now[0])))

    async def again(store: Store, since: datetime) -> None:
        done.append(("again", hours(since)))

    async def finish(store: Store) -> None:
        done.append(("finish", hours(now[0])))

    def hours(moment: datetime) -> float:
        return round((moment - began) / timedelta(hours=1), 1)

    steps = [*MIGRATIONS, Migration(NEXT, "a change", run, again, finish)]
    for passed in (0, 5, 23.9, 24, 48):
        now[0] = began + timedelta(hours=passed)
        await prepare(store, lambda: now[0], steps)
        await follow_up(store, lambda: now[0], steps)
    assert done == [("run", 0), *[("again", -1)] * 4, ("finish", 24)]


async def test_a_new_database_has_nothing_to_bring_along(store: Store) -> None:
    await store.delete("migrations", {})
    await prepare(store, system_clock)
    assert await store.find("migrations", {"open_until": {"$exists": True}}) == []


async def test_a_lease_left_by_a_dead_process_ends_with_its_time(store: Store) -> None:
    dead = {"_id": "lease", "owner": "dead", "until": system_clock() + timedelta(minutes=2)}
    await store.upsert("migrations", dead)

    async def nothing(store: Store) -> None: ...

    def in_three_minutes() -> datetime:
        return system_clock() + timedelta(minutes=3)

    await prepare(store, in_three_minutes, [*MIGRATIONS, Migration(NEXT, "late", nothing)])
    assert await store.get("migrations", NEXT) is not None


async def test_a_database_of_a_newer_version_is_refused_and_unchanged(store: Store) -> None:
    await store.insert("migrations", {"_id": 99, "name": "from the future"})
    before = await store.find("migrations", {})
    with pytest.raises(DatabaseRefused, match="newer version"):
        await prepare(store, system_clock)
    assert await store.find("migrations", {}) == before


async def test_production_refuses_a_database_of_demo_data(store: Store) -> None:
    await store.insert("migrations", {"_id": database.DEMO_MARK})
    with pytest.raises(DatabaseRefused, match="demo data"):
        await prepare(store, system_clock, production=True)


def test_the_migrations_of_this_version_are_numbered_without_gaps() -> None:
    assert [each.number for each in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedDatabase]:
    started = EmbeddedDatabase.start(tmp_path / "database")
    yield started
    started.stop()


@pytest.mark.slow
def test_a_folder_in_use_is_refused_and_its_owner_is_found(
    embedded: EmbeddedDatabase, tmp_path: Path
) -> None:
    settings = Settings.from_env({"QINEJIA_ENV": "test", "DATA_DIR": str(tmp_path)})
    assert folder_of(settings) == embedded.folder
    with pytest.raises(DatabaseUnusable, match="in use by another process"):
        EmbeddedDatabase.start(embedded.folder)
    with database_at_hand(settings) as uri:
        assert uri == embedded.uri
    assert embedded.process.poll() is None


@pytest.mark.slow
def test_what_was_acknowledged_is_there_after_a_kill_and_a_restart(
    embedded: EmbeddedDatabase,
) -> None:
    with MongoClient[dict[str, Any]](embedded.uri, w="majority", journal=True) as client:
        client.house.things.insert_many([{"_id": number} for number in range(50)])
    embedded.process.kill()
    embedded.process.wait()
    again = EmbeddedDatabase.start(embedded.folder)
    try:
        with MongoClient[dict[str, Any]](again.uri) as client:
            assert client.house.things.count_documents({}) == 50
    finally:
        again.stop()


def test_a_folder_of_another_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("0.6.9")
    with pytest.raises(DatabaseUnusable, match=r"written by SecantusDB 0\.6\.9.*demo-reset"):
        EmbeddedDatabase.start(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["lock", "version"]


@pytest.mark.slow
def test_the_database_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from server.embedded import EmbeddedDatabase as D;"
        "d = D.start(pathlib.Path(sys.argv[1])); print(d.process.pid, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        child = int(starter.stdout.readline())
        ended = os.pidfd_open(child)
        starter.kill()
        assert select.select([ended], [], [], 10.0)[0] == [ended]
        os.close(ended)


async def test_files_of_older_versions_are_moved_into_chunks(store: Store) -> None:
    await store.delete("migrations", {"_id": 1})
    old = {"type": "image/jpeg", "seen_by": ["all"], "at": system_clock()}
    await store.insert("files", {"_id": "img_1", "content": b"x" * 600_000, **old})
    await store.insert("files", {"_id": "img_2", "content": b"", **old})
    await store.put_content("img_2", b"half of it")  # an earlier run ended here
    await prepare(store, system_clock)
    found = {file["_id"]: file for file in await store.find("files", {})}
    assert {name: file["size"] for name, file in found.items()} == {"img_1": 600_000, "img_2": 0}
    assert not any("content" in file for file in found.values())
    content = await store.content("img_1")
    assert content is not None
    pieces = [piece async for piece in content]
    assert b"".join(pieces) == b"x" * 600_000
    assert max(map(len, pieces)) <= 256 * 1024
