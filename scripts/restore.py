"""`make restore FROM=<folder>`: read a backup of `make backup` into an empty database.

A database that holds anything is refused, unless FORCE=1 says to throw that away. The backup is
checked against its manifest before anything is touched.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from bson import decode_file_iter, json_util
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from scripts.backup import checksum
from server.embedded import DatabaseUnusable, database_at_hand
from server.settings import REPOSITORY, BadSetting, Settings

BATCH: Final = 500  # documents in one insert
_RAW: Final = CodecOptions(document_class=RawBSONDocument)


class Refused(Exception):
    """This restore would do harm, or cannot work; the text is one sentence."""


def load(uri: str, name: str, folder: Path, force: bool = False) -> dict[str, int]:
    """Put the backup in `folder` into the database `name`; documents per collection.

    Raises `Refused` with nothing changed where the backup is damaged, or the database is not empty
    and `force` is not given; `PyMongoError`.
    """
    manifest = _checked(folder)
    source = folder / str(manifest["database"])
    with MongoClient[RawBSONDocument](uri, document_class=RawBSONDocument, w="majority") as client:
        database = client[name]
        if any(database[each].find_one() for each in database.list_collection_names()):
            if not force:
                raise Refused(f"The database {name} is not empty; FORCE=1 throws its content away.")
        client.drop_database(name)
        counts = {}
        for file in sorted(source.glob("*.bson")):
            collection = database.create_collection(file.stem)
            for batch in _batches(file):
                collection.insert_many(batch)
            for spec in _indexes(file):
                database.command("createIndexes", file.stem, indexes=[spec])
            counts[file.stem] = collection.count_documents({})
    if counts != manifest["documents"]:
        raise Refused(f"{folder} gave other documents than its manifest names; do not use {name}.")
    return counts


def _checked(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
        damaged = [
            each for each, told in manifest["sha256"].items() if checksum(folder / each) != told
        ]
    except (OSError, ValueError, KeyError) as fault:
        raise Refused(f"{folder} is not a whole backup: {fault}") from fault
    if damaged:
        raise Refused(f"{folder} is damaged: {', '.join(damaged)} differs from its checksum.")
    return manifest


def _batches(file: Path) -> Iterator[list[RawBSONDocument]]:
    with file.open("rb") as opened:
        documents = decode_file_iter(opened, _RAW)
        while batch := list(islice(documents, BATCH)):
            yield batch


def _indexes(file: Path) -> list[dict[str, Any]]:
    """Every index but the one on `_id`, which is there by itself."""
    about = json_util.loads(file.with_suffix(".metadata.json").read_text("utf-8"))
    return [
        {key: value for key, value in spec.items() if key != "ns"}
        for spec in about["indexes"]
        if spec["name"] != "_id_"
    ]


def main() -> int:
    given = os.environ.get("FROM")
    if not given:
        print("Say which backup: make restore FROM=<folder>", file=sys.stderr)
        return 2
    folder = REPOSITORY / given
    try:
        settings = Settings.from_env({"QINEJIA_ENV": "demo", **os.environ})
        with database_at_hand(settings) as uri:
            counts = load(uri, settings.database, folder, os.environ.get("FORCE") == "1")
    except (BadSetting, DatabaseUnusable, Refused) as fault:
        print(fault, file=sys.stderr)
        return 1
    except PyMongoError as fault:
        print(f"The restore is not complete, run it again with FORCE=1: {fault}", file=sys.stderr)
        return 1
    print(f"{sum(counts.values())} documents of {len(counts)} collections are back")
    return 0


if __name__ == "__main__":
    sys.exit(main())
