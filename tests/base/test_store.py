"""What the database says, in our words: duplicate, contended, unreachable, or nobody knows."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)
from pymongo.uri_parser import parse_uri

from models.base import orders
from models.base.store import (
    Duplicate,
    FateUnknown,
    Store,
    StoreError,
    Transaction,
    Unreachable,
)
from models.base.transitions import transition
from server.database import connect, connected, disconnect
from tests.base.lossy import Lossy, lossy
from tests.base.toys import ToyBody, a_show, book, books_balance
from tests.killable import killable_database
from tests.machinery import a_context, a_house


async def test_a_taken_id_is_a_duplicate(store: Store) -> None:
    await store.insert("things", {"_id": 1})
    with pytest.raises(Duplicate):
        await store.insert("things", {"_id": 1})
    with pytest.raises(Duplicate):
        await store.insert("things", {"_id": 2}, {"_id": 1})
    with pytest.raises(Duplicate):
        await store.transaction(lambda t: t.insert("things", [{"_id": 3}, {"_id": 1}]))
    assert {each["_id"] for each in await store.find("things", {})} == {1, 2}


async def test_a_taken_unique_value_is_a_duplicate_in_any_write(store: Store) -> None:
    await store.database["things"].create_index("code", unique=True)
    await store.insert("things", {"_id": 1, "code": "A"}, {"_id": 2, "code": "B"})
    with pytest.raises(Duplicate):
        await store.update("things", {"_id": 2}, {"$set": {"code": "A"}})
    with pytest.raises(Duplicate):
        await store.change("things", {"_id": 2}, {"$set": {"code": "A"}})
    with pytest.raises(Duplicate):
        await store.upsert("things", {"_id": 3, "code": "A"})
    assert await store.get("things", 2) == {"_id": 2, "code": "B"}
    assert await store.count("things", {}) == 2


async def test_of_two_transactions_on_one_document_one_is_contended(store: Store) -> None:
    await store.insert("things", {"_id": 1, "n": 0})
    both = threading.Barrier(2)

    def raise_it(transaction: Transaction) -> None:
        transaction.find_in("things", "_id", [1])
        both.wait(10)
        transaction.update("things", [({"_id": 1}, {"$inc": {"n": 1}})])

    tries = [store.transaction(raise_it) for _ in range(2)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Contended", "NoneType"]
    assert await store.get("things", 1) == {"_id": 1, "n": 1}


async def test_a_transaction_that_raises_has_changed_nothing(store: Store) -> None:
    def half(transaction: Transaction) -> None:
        transaction.insert("things", [{"_id": 1}])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.transaction(half)
    assert await store.count("things", {}) == 0


async def test_a_transaction_is_carried_through_when_its_caller_is_cut_off(store: Store) -> None:
    inserted, caller_gone = threading.Event(), threading.Event()

    def work(transaction: Transaction) -> None:
        transaction.insert("things", [{"_id": 1}])
        inserted.set()
        assert caller_gone.wait(10)
        transaction.insert("things", [{"_id": 2}])

    task = asyncio.create_task(store.transaction(work))
    assert await asyncio.to_thread(inserted.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await store.count("things", {}) == 0
    caller_gone.set()
    with pytest.raises(Duplicate):
        await store.insert("things", {"_id": 1})  # which waits for the commit
    assert await store.count("things", {}) == 2


async def test_updates_of_a_transaction_tell_how_many_matched(store: Store) -> None:
    await store.insert("things", {"_id": 1, "n": 5}, {"_id": 2, "n": 0})
    wanted = [({"_id": number, "n": {"$gte": 1}}, {"$inc": {"n": -1}}) for number in (1, 2)]
    assert await store.transaction(lambda t: t.update("things", wanted[:1])) == 1
    assert await store.transaction(lambda t: t.update("things", wanted)) == 1
    assert await store.get("things", 1) == {"_id": 1, "n": 3}


async def test_a_change_returns_the_document_as_it_is_afterwards(store: Store) -> None:
    await store.insert("things", {"_id": 1, "n": 5})
    assert await store.change("things", {"_id": 1}, {"$inc": {"n": 1}}) == {"_id": 1, "n": 6}
    assert await store.change("things", {"_id": 2}, {"$inc": {"n": 1}}) is None
    assert not await store.update("things", {"_id": 2}, {"$inc": {"n": 1}})


# The connection to the database is lost at the worst moment: with the answer to the commit.


@asynccontextmanager
async def losing(uri: str, name: str) -> AsyncIterator[tuple[Store, Lossy]]:
    """A store whose connections can be made to lose what they carry."""
    [(_, port)] = parse_uri(uri)["nodelist"]
    with lossy(port) as proxy:
        async with connected(proxy.uri, name) as store:
            yield store, proxy


@pytest.mark.parametrize("reaches", [True, False])
async def test_a_commit_lost_on_the_way_is_repeated_and_has_one_effect(
    store: Store, database_uri: str, database_name: str, reaches: bool
) -> None:
    await store.insert("things", {"_id": 1, "n": 0})
    add = [({"_id": 1}, {"$inc": {"n": 1}})]
    async with losing(database_uri, database_name) as (shaky, proxy):
        proxy.lose("commitTransaction", 3, reaches=reaches)
        await shaky.transaction(lambda t: t.update("things", add))
        assert proxy.lost == 3
    assert await store.get("things", 1) == {"_id": 1, "n": 1}


@pytest.mark.slow
async def test_a_commit_without_any_answer_is_of_unknown_fate(
    store: Store, database_uri: str, database_name: str
) -> None:
    async with losing(database_uri, database_name) as (shaky, proxy):
        proxy.lose("commitTransaction", 1000, reaches=True)
        with pytest.raises(FateUnknown):
            await shaky.transaction(lambda t: t.insert("things", [{"_id": 1}]))
    assert await store.count("things", {}) == 1


@pytest.mark.slow
async def test_an_order_whose_commit_got_no_answer_is_answered_from_the_database(
    store: Store, database_uri: str, database_name: str
) -> None:
    await a_show(store, 5)
    async with losing(database_uri, database_name) as (shaky, proxy):
        house = a_house(shaky)
        proxy.lose("commitTransaction", 1000, reaches=True)
        order = await book(house, 1)
        assert order["state"] == "booked"
        cancelled = await transition(a_context(house, "per_1"), order["_id"], "cancel")
        assert cancelled["state"] == "cancelled"
        assert proxy.lost > 2
    assert await store.find("orders", {}) == [cancelled]
    assert await books_balance(store) == 0


async def test_a_group_whose_insert_was_cut_is_not_half_done(
    store: Store, database_uri: str, database_name: str
) -> None:
    await a_show(store, 5)
    async with losing(database_uri, database_name) as (shaky, proxy):
        house = a_house(shaky)
        proxy.lose("insert", 1, reaches=True)
        ctx = a_context(house, "per_1", "k-1".ljust(16, "0"))
        with pytest.raises(StoreError):
            await orders.place(ctx, "toy", ToyBody())
        assert await books_balance(store) == 0
        assert (await book(house, 1))["state"] == "booked"
    assert await books_balance(store) == 1


# The database is killed, and comes back on the same folder.


@pytest.mark.slow
async def test_without_a_database_everything_says_so_and_what_was_acknowledged_is_kept() -> None:
    with killable_database() as database:
        async with connected(database.uri, "kept") as store:
            await store.insert("things", {"_id": 1})
            await store.transaction(lambda t: t.insert("things", [{"_id": 2}]))
            database.kill()
            for attempt in (
                store.get("things", 1),
                store.insert("things", {"_id": 3}),
                store.transaction(lambda t: t.insert("things", [{"_id": 4}])),
            ):
                with pytest.raises(Unreachable):
                    await attempt
        database.restart()
        async with connected(database.uri, "kept") as store:
            assert {each["_id"] for each in await store.find("things", {})} == {1, 2}


class WritesSeen(CommandListener):
    """How many documents each insert and update of a client carried."""

    def __init__(self) -> None:
        self.numbers: list[tuple[str, int]] = []

    def started(self, event: CommandStartedEvent) -> None:
        for name in ("documents", "updates"):
            if name in event.command:
                self.numbers.append((event.command_name, len(event.command[name])))

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


async def test_a_long_transaction_is_written_in_commands_that_are_answered_in_time(
    database_uri: str, database_name: str
) -> None:
    seen = WritesSeen()
    store = connect(database_uri, database_name, [seen])
    await store.insert("things", {"_id": -1})

    def work(transaction: Transaction) -> int:
        transaction.insert("things", [{"_id": number} for number in range(1200)])
        every = [({"_id": number}, {"$set": {"seen": True}}) for number in range(1200)]
        return transaction.update("things", every)

    assert await store.transaction(work) == 1200
    assert await store.count("things", {"seen": True}) == 1200
    parts = [500, 500, 200]
    assert seen.numbers[1:] == [(name, n) for name in ("insert", "update") for n in parts]
    disconnect(store)


async def test_what_a_document_refers_to_is_found_in_one_round_trip(store: Store) -> None:
    dangling = {"_id": "code:2", "order": "ord_2"}
    await store.insert("claims", {"_id": "code:1", "order": "ord_1"}, dangling)
    await store.insert("orders", {"_id": "ord_1", "kind": "toy"})
    assert await store.referred("claims", "code:1", "order", "orders") == {
        "_id": "ord_1", "kind": "toy",
    }  # fmt: skip
    assert await store.referred("claims", "code:2", "order", "orders") is None
    assert await store.referred("claims", "code:3", "order", "orders") is None
