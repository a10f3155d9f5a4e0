"""The database as this process meets it: connected, migrated, with its indexes in place.

Only this file and `models/base/store.py` know the driver.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from typing import Any, Final

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.monitoring import CommandListener

from models.base.clock import Clock
from models.base.indexes import INDEXES, Index
from models.base.store import Document, Duplicate, Store
from server.migrations import MIGRATIONS, Migration

# {_id: number, name, at, open_until?}, and the lease {_id: "lease", ...}
COLLECTION: Final = "migrations"
DEMO_MARK: Final = "demo"  # the `_id` in `migrations` that marks a database of demo data
LEASE: Final = timedelta(minutes=2)  # a process that died in a migration blocks others this long
OPEN: Final = timedelta(days=1)  # how long an older version may run beside this one
BEFORE: Final = timedelta(hours=1)  # a migration may have taken so long, and clocks may differ
WAIT_SECONDS: Final = 0.2
POOL: Final = 32  # connections; motor runs at most five threads per core anyway

log = logging.getLogger(__name__)


class DatabaseRefused(Exception):
    """This database is not for us; the text is one sentence for the person starting us."""


def connect(uri: str, name: str, listeners: Sequence[CommandListener] = ()) -> Store:
    """The database `name` at `uri`, for the running event loop. Nothing is sent yet.

    A write is acknowledged once a majority has it in its journal; times come back as aware UTC.
    """
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        uri,
        w="majority",
        journal=True,
        readConcernLevel="majority",
        tz_aware=True,
        tzinfo=UTC,
        maxPoolSize=POOL,
        serverSelectionTimeoutMS=3_000,
        connectTimeoutMS=3_000,
        socketTimeoutMS=20_000,
        appname="qinejia",
        event_listeners=listeners,
    )
    return Store(client[name])


def disconnect(store: Store) -> None:
    """Close every connection of `store`."""
    store.database.client.close()


@asynccontextmanager
async def connected(uri: str, name: str) -> AsyncIterator[Store]:
    """A store for the length of a block."""
    store = connect(uri, name)
    try:
        yield store
    finally:
        disconnect(store)


async def prepare(
    store: Store,
    clock: Clock,
    migrations: Sequence[Migration] = MIGRATIONS,
    production: bool = False,
) -> None:
    """Make the database ready for this version: migrations first, then indexes.

    Several processes may do this at once. Raises `DatabaseRefused` where the database was used by a
    newer version, holds demo data in production, or has an index that differs from its declaration.
    """
    try:
        if production and await store.get(COLLECTION, DEMO_MARK):
            raise DatabaseRefused("This database holds demo data, and production refuses it.")
        await _migrate(store, clock, migrations)
        await _create_indexes(store)
    except PyMongoError as fault:
        raise DatabaseRefused(f"The database cannot be used: {fault}") from fault


async def missing_indexes(store: Store) -> list[str]:
    """Declared indexes the database lacks, as `collection.name`; what /readyz asks."""
    missing = []
    for collection, declared in INDEXES.items():
        if declared:
            there = await store.database[collection].index_information()
            missing += [
                f"{collection}.{index.name}" for index in declared if index.name not in there
            ]
    return missing


async def _create_indexes(store: Store) -> None:
    there = set(await store.database.list_collection_names())
    for collection, declared in INDEXES.items():
        if not declared and collection not in there:
            await _create_collection(store, collection)
        for index in declared:
            try:
                await store.database[collection].create_index(index.keys, **_options(index))
            except OperationFailure as fault:
                raise DatabaseRefused(
                    f"The index {collection}.{index.name} cannot be made as declared: {fault}"
                ) from fault


async def _create_collection(store: Store, collection: str) -> None:
    try:
        await store.database.create_collection(collection)
    except PyMongoError:  # another process was first, or the listing below would miss it
        if collection not in await store.database.list_collection_names():
            raise


def _options(index: Index) -> dict[str, Any]:
    """The options in the driver's words."""
    options: dict[str, Any] = {"name": index.name}
    for ours in ("unique", "sparse"):
        if ours in index.options:
            options[ours] = index.options[ours]
    if "partial" in index.options:
        options["partialFilterExpression"] = dict(index.options["partial"])
    return options


async def _migrate(store: Store, clock: Clock, migrations: Sequence[Migration]) -> None:
    await _check_numbers(store, migrations)
    if not await _due(store, migrations):
        return
    owner = f"{os.getpid()}-{secrets.token_hex(4)}"
    async with _lease(store, clock, owner):
        is_new = not await _done(store)  # nothing of an older version has ever written here
        for migration in await _due(store, migrations):
            log.info("migration %d: %s", migration.number, migration.name)
            await migration.run(store)
            record = {"_id": migration.number, "name": migration.name, "at": clock()}
            if not is_new and (migration.again or migration.finish):
                record["open_until"] = clock() + OPEN
            await store.insert(COLLECTION, record)


async def follow_up(
    store: Store, clock: Clock, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """Bring along what an older version writes beside this one, and finish when it must be gone.

    Any number of processes may do this at once.
    """
    done = await _done(store)
    for migration in migrations:
        record = done.get(migration.number, {})
        if "open_until" not in record:
            continue
        if migration.again is not None:
            await migration.again(store, record["at"] - BEFORE)
        if clock() >= record["open_until"]:
            if migration.finish is not None:
                await migration.finish(store)
            closed = {"$unset": {"open_until": ""}}
            await store.update(COLLECTION, {"_id": migration.number}, closed)


async def _check_numbers(store: Store, migrations: Sequence[Migration]) -> None:
    known = [migration.number for migration in migrations]
    if known != sorted(set(known)):
        raise ValueError("migrations must have ascending numbers")
    done = await _done(store)
    newest = max(done, default=0)
    if newest > max(known, default=0):
        raise DatabaseRefused(
            f"This database was used by a newer version (migration {newest}; this one knows "
            f"{max(known, default=0)}): start that version, or restore an older backup."
        )


async def _due(store: Store, migrations: Sequence[Migration]) -> list[Migration]:
    done = await _done(store)
    return [migration for migration in migrations if migration.number not in done]


async def _done(store: Store) -> dict[int, Document]:
    """What is recorded of each migration that ran."""
    found = await store.find(COLLECTION, {})
    return {each["_id"]: each for each in found if isinstance(each["_id"], int)}


@asynccontextmanager
async def _lease(store: Store, clock: Clock, owner: str) -> AsyncIterator[None]:
    """Waits until this process alone may migrate, and keeps that for the block."""
    try:
        await store.insert(COLLECTION, {"_id": "lease", "owner": "", "until": clock()})
    except Duplicate:
        pass
    while not await _extend(store, clock, {"until": {"$lte": clock()}}, owner):
        await asyncio.sleep(WAIT_SECONDS)
    keeper = asyncio.create_task(_keep(store, clock, owner))
    try:
        yield
    finally:
        keeper.cancel()
        mine = {"_id": "lease", "owner": owner}
        await store.update(COLLECTION, mine, {"$set": {"owner": "", "until": clock()}})


async def _keep(store: Store, clock: Clock, owner: str) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 4)
        await _extend(store, clock, {"owner": owner}, owner)


async def _extend(store: Store, clock: Clock, where: Document, owner: str) -> bool:
    change = {"$set": {"owner": owner, "until": clock() + LEASE}}
    return await store.update(COLLECTION, {"_id": "lease", **where}, change)
