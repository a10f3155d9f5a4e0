"""What `make backup` writes, `make restore` brings back, byte for byte."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128, ObjectId, decode_all
from pymongo import MongoClient

from scripts.backup import dump, write_manifest
from scripts.restore import Refused, load

Driver = MongoClient[dict[str, Any]]

THINGS: list[dict[str, Any]] = [
    {"_id": "ord_1", "名称": "午餐", "at": datetime(2026, 11, 23, 3, 30, tzinfo=UTC), "n": 2**40},
    {"_id": ObjectId("656000000000000000000001"), "blob": b"\x00\xff", "price": Decimal128("1.50")},
    {"_id": "room:2026-11-23", "taken": [{"from": 540, "to": 600}], "none": None, "half": 0.5},
]


@pytest.fixture
def backup(database_uri: str, database_name: str, driver: Driver, tmp_path: Path) -> Path:
    """A backup of a database with documents, an empty collection and indexes of each kind."""
    database = driver[database_name]
    database.things.insert_many(THINGS)
    database.things.create_index([("at", -1), ("_id", 1)], unique=True)
    partial = {"price": {"$exists": True}}
    database.things.create_index([("price", 1)], partialFilterExpression=partial)
    database.sessions.create_index([("gone_at", 1)], expireAfterSeconds=60)
    many = [{"_id": number, "text": "x" * 200} for number in range(1_201)]
    database.many.insert_many(many)
    folder = tmp_path / "backup"
    write_manifest(folder, database_name, dump(database_uri, database_name, folder))
    return folder


def content(driver: Driver, name: str) -> dict[str, Any]:
    database = driver[name]
    return {
        each: (list(database[each].find().sort("_id")), database[each].index_information())
        for each in sorted(database.list_collection_names())
    }


def test_a_restored_database_equals_the_one_that_was_backed_up(
    backup: Path, database_uri: str, database_name: str, driver: Driver
) -> None:
    before = content(driver, database_name)
    assert list(before) == ["many", "sessions", "things"]
    driver.drop_database(database_name)
    counts = load(database_uri, database_name, backup)
    assert counts == {"many": 1_201, "sessions": 0, "things": 3}
    assert content(driver, database_name) == before


def test_a_database_that_holds_something_is_left_alone_unless_forced(
    backup: Path, database_uri: str, database_name: str, driver: Driver
) -> None:
    before = content(driver, database_name)
    driver[database_name].things.insert_one({"_id": "later"})
    with pytest.raises(Refused, match="not empty"):
        load(database_uri, database_name, backup)
    assert driver[database_name].things.count_documents({}) == 4
    load(database_uri, database_name, backup, force=True)
    assert content(driver, database_name) == before


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    backup: Path, database_uri: str, database_name: str, driver: Driver
) -> None:
    before = content(driver, database_name)
    file = backup / database_name / "things.bson"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    with pytest.raises(Refused, match=r"things\.bson differs"):
        load(database_uri, database_name, backup, force=True)
    assert content(driver, database_name) == before


def test_a_backup_under_way_shows_one_moment(
    database_uri: str, database_name: str, driver: Driver, tmp_path: Path
) -> None:
    """Both sides of every transfer, or neither, are in it, however busy the database is."""
    accounts = [driver[database_name][name] for name in ("left", "right")]
    for account in accounts:
        account.insert_many([{"_id": number, "n": 0} for number in range(300)])
    done = threading.Event()

    def transfer() -> None:
        step = 0
        while not done.is_set():
            step += 1
            with driver.start_session() as session, session.start_transaction():
                for account, amount in zip(accounts, (-1, 1), strict=True):
                    one = {"_id": step % 300}
                    account.update_one(one, {"$inc": {"n": amount}}, session=session)

    with ThreadPoolExecutor(1) as pool:
        transfers = pool.submit(transfer)
        for number in range(3):
            dump(database_uri, database_name, tmp_path / str(number))
        done.set()
        transfers.result()
    for number in range(3):
        both = [
            tmp_path / str(number) / database_name / f"{name}.bson" for name in ("left", "right")
        ]
        left, right = (sum(one["n"] for one in decode_all(file.read_bytes())) for file in both)
        assert left + right == 0
