"""The demo's data: `python -m scripts.demo` brings it up to today, `--reset` throws it away.

It is only ever put into a database that is empty or already marked as the demo's, and production
refuses to start on one so marked.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from dataclasses import replace

from models.base.clock import system_clock
from models.base.store import Store, StoreError
from scripts import demo_data
from server.database import COLLECTION, DEMO_MARK, DatabaseRefused, connected
from server.embedded import DatabaseUnusable, database_at_hand, folder_of, is_in_use
from server.settings import BadSetting, Settings


class Refused(Exception):
    """What was asked would harm data that is not the demo's; the text is one sentence."""


async def load(settings: Settings) -> None:
    """Mark the database and have the demo's people, places and the coming days in it."""
    async with connected(settings.mongodb_uri, settings.database) as store:
        await _mark(store)
    await demo_data.seed(settings)


async def _mark(store: Store) -> None:
    if await store.get(COLLECTION, DEMO_MARK):
        return
    if await store.database.list_collection_names():
        raise Refused(
            f"The database {store.database.name} holds data that is not the demo's; "
            "name another with DATABASE, or empty it."
        )
    await store.insert(COLLECTION, {"_id": DEMO_MARK, "at": system_clock()})


async def drop(settings: Settings) -> None:
    """Remove the demo's database where `MONGODB_URI` is; one without the mark is left alone."""
    async with connected(settings.mongodb_uri, settings.database) as store:
        if not await store.get(COLLECTION, DEMO_MARK):
            raise Refused(f"The database {store.database.name} is not the demo's; left as it is.")
        await store.database.client.drop_database(settings.database)


def reset(settings: Settings) -> None:
    """Throw away the demo's database and sent messages; backups and keys stay."""
    if settings.mongodb_uri:
        asyncio.run(drop(settings))
    elif is_in_use(folder_of(settings)):
        raise Refused(f"{settings.data_dir} is in use; stop `make run` first.")
    for name in ("database", "simulator"):
        shutil.rmtree(settings.data_dir / name, ignore_errors=True)
    print(f"The demo data in {settings.data_dir} is gone; `make run` makes it afresh.")


def main(arguments: list[str]) -> int:
    try:
        settings = Settings.from_env({**os.environ, "QINEJIA_ENV": "demo"})
        if arguments == ["--reset"]:
            reset(settings)
        else:
            with database_at_hand(settings) as uri:
                asyncio.run(load(replace(settings, mongodb_uri=uri)))
    except (BadSetting, DatabaseRefused, DatabaseUnusable, Refused) as fault:
        print(fault, file=sys.stderr)
        return 1
    except StoreError as fault:
        print(f"The database does not answer: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
