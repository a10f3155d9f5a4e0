"""`make backup`: the whole database as files, in the layout that `mongorestore` reads as well.

`<folder>/<database>/<collection>.bson` with its indexes in `<collection>.metadata.json`, and
`manifest.json` with counts and checksums. The keys are not in it: keep those apart.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from bson import decode_all, json_util
from pymongo import MongoClient, ReadPreference
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from server.embedded import DatabaseUnusable, database_at_hand
from server.settings import REPOSITORY, BadSetting, Settings

Document = dict[str, Any]


def dump(uri: str, name: str, folder: Path) -> dict[str, int]:
    """Write the database `name` into `folder`, as of one moment; documents per collection.

    Everything is read in one snapshot transaction, which a server ends after a minute: where that
    is too short, `mongodump --oplog` is the tool. Raises `PyMongoError`.
    """
    (folder / name).mkdir(parents=True)
    with MongoClient[Document](uri, tz_aware=True) as client, client.start_session() as session:
        database = client[name]
        collections = sorted(database.list_collection_names(filter={"type": "collection"}))
        indexes = {each: list(database[each].list_indexes()) for each in collections}
        session.start_transaction(ReadConcern("snapshot"), read_preference=ReadPreference.PRIMARY)
        counts = {each: _dump_one(database, each, folder / name, session) for each in collections}
        session.commit_transaction()
    for each, specs in indexes.items():
        about = {"indexes": specs, "collectionName": each, "type": "collection", "options": {}}
        (folder / name / f"{each}.metadata.json").write_text(json_util.dumps(about), "utf-8")
    return counts


def _dump_one(
    database: Database[Document], collection: str, folder: Path, session: ClientSession
) -> int:
    count = 0
    with (folder / f"{collection}.bson").open("wb") as file:
        raw = cast("Iterator[bytes]", database[collection].find_raw_batches(session=session))
        for batch in raw:
            count += len(decode_all(batch))
            file.write(batch)
    return count


def write_manifest(folder: Path, name: str, counts: dict[str, int]) -> None:
    """What the backup holds, so that a restore can tell a whole one from a damaged one."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    manifest = {
        "database": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "documents": counts,
        "sha256": {str(each.relative_to(folder)): checksum(each) for each in files},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")


def checksum(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def target(settings: Settings) -> Path:
    """The folder `TO` names, else one named after the time."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return REPOSITORY / (os.environ.get("TO") or settings.data_dir / "backups" / moment)


def main() -> int:
    try:
        settings = Settings.from_env({"QINEJIA_ENV": "demo", **os.environ})
        folder = target(settings)
        if folder.exists():
            print(f"{folder} is there already; name another with TO.", file=sys.stderr)
            return 1
        with database_at_hand(settings) as uri:
            counts = dump(uri, settings.database, folder)
        write_manifest(folder, settings.database, counts)
    except (BadSetting, DatabaseUnusable) as fault:
        print(fault, file=sys.stderr)
        return 1
    except PyMongoError as fault:
        print(f"The backup is not complete, do not use it: {fault}", file=sys.stderr)
        return 1
    print(f"{sum(counts.values())} documents of {len(counts)} collections are in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
