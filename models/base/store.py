"""The database, as the few operations this product uses.

Motor is reached only from here and from `server/database.py`, so that its successor (PyMongo's own
asyncio client) is a change of two files. Every filter puts an equality on an indexed field first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from typing import Any, Final, TypeVar

from gridfs.errors import NoFile
from motor.motor_asyncio import (
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
    AsyncIOMotorGridFSBucket,
)
from pymongo import ReadPreference, ReturnDocument, UpdateOne, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern

Document = dict[str, Any]
Where = Mapping[str, Any]
Sort = Sequence[tuple[str, int]]
T = TypeVar("T")

AT_ONCE: Final = 500  # writes of one command: it must be answered before the socket gives up
BREATH: Final = 0.2  # seconds between two questions to a change stream
MAX_COMMIT_TRIES: Final = 3  # the driver repeats each once more
CONTENTS: Final = "contents"  # GridFS: the collections contents.files and contents.chunks


class StoreError(Exception):
    """The database did not do what was asked; nothing is known to have changed unless said."""


class Duplicate(StoreError):
    """A unique key is taken: of an `_id`, or of a declared unique index."""


class Contended(StoreError):
    """A transaction lost to another one and may be run again from its start."""


class FateUnknown(StoreError):
    """A commit got no answer: it may or may not be in force. Read before saying either."""


class Unreachable(StoreError):
    """The database cannot be reached just now."""


class Transaction:
    """Reads of one snapshot and writes that happen together or not at all.

    Its methods wait for the database, so they are called in the thread of `Store.transaction` only.
    """

    def __init__(self, database: Database[Document], session: ClientSession) -> None:
        self._database = database
        self._session = session

    def find_in(self, collection: str, field: str, values: Sequence[Any]) -> list[Document]:
        """Every document whose `field` is one of `values`."""
        where = {field: values[0] if len(values) == 1 else {"$in": list(values)}}
        return list(self._database[collection].find(where, session=self._session))

    def insert(self, collection: str, documents: Sequence[Document]) -> None:
        for part in _parts(documents):
            self._database[collection].insert_many(part, session=self._session)

    def update(self, collection: str, changes: Sequence[tuple[Where, Document]]) -> int:
        """Apply each (filter, update) to at most one document; return how many filters matched."""
        if len(changes) == 1:
            where, change = changes[0]
            one = self._database[collection].update_one(where, change, session=self._session)
            return one.matched_count
        many = [UpdateOne(where, change) for where, change in changes]
        written = self._database[collection].bulk_write
        return sum(written(part, session=self._session).matched_count for part in _parts(many))

    def delete(self, collection: str, ids: Sequence[Any]) -> None:
        self._database[collection].delete_many({"_id": {"$in": list(ids)}}, session=self._session)


class Store:
    """One database. Times are aware UTC; writes are acknowledged by a majority and journalled."""

    def __init__(self, database: AsyncIOMotorDatabase[Document]) -> None:
        self.database = database
        # The driver makes a collection anew each time it is asked for one, which shows.
        self._collections: dict[str, AsyncIOMotorCollection[Document]] = {}
        self._wanted: dict[str, set[Any]] = {}  # of reads that begin in this turn of the loop
        self._reads: dict[str, asyncio.Task[dict[Any, Document]]] = {}

    def _of(self, collection: str) -> AsyncIOMotorCollection[Document]:
        if collection not in self._collections:
            self._collections[collection] = self.database[collection]
        return self._collections[collection]

    async def get(self, collection: str, key: Any) -> Document | None:
        """The document with `_id` = `key`."""
        with translated():
            return await self._of(collection).find_one({"_id": key})

    async def get_together(self, collection: str, key: Any) -> Document | None:
        """Like `get`; those who ask in the same turn of the event loop share one round trip."""
        if collection not in self._wanted:
            self._wanted[collection] = set()
            self._reads[collection] = asyncio.create_task(self._read_wanted(collection))
        self._wanted[collection].add(key)
        found = await asyncio.shield(self._reads[collection])
        return found.get(key)

    async def _read_wanted(self, collection: str) -> dict[Any, Document]:
        where = {"_id": {"$in": sorted(self._wanted.pop(collection))}}
        return {document["_id"]: document for document in await self.find(collection, where)}

    async def referred(self, collection: str, key: Any, field: str, other: str) -> Document | None:
        """The document of `other` whose `_id` stands in `field` of the one with `_id` = `key`.

        One round trip instead of two, where somebody waits at a gate.
        """
        joined: list[Document] = [
            {"$match": {"_id": key}},
            {"$lookup": {"from": other, "localField": field, "foreignField": "_id", "as": "it"}},
        ]
        with translated():
            found = await self._of(collection).aggregate(joined).to_list(1)
        return found[0]["it"][0] if found and found[0]["it"] else None

    async def first(
        self,
        collection: str,
        where: Where,
        *,
        sort: Sort | None = None,
        fields: Where | None = None,
    ) -> Document | None:
        """The first match in `sort` order, with only `fields` where given."""
        with translated():
            return await self._of(collection).find_one(where, fields, sort=sort)

    async def find(
        self,
        collection: str,
        where: Where,
        *,
        sort: Sort | None = None,
        limit: int = 0,
        fields: Where | None = None,
    ) -> list[Document]:
        """Matches in `sort` order, at most `limit` (0: all), with only `fields` where given."""
        with translated():
            cursor = self._of(collection).find(where, fields, sort=sort, limit=limit)
            return list(await cursor.to_list(None))

    async def count(self, collection: str, where: Where) -> int:
        with translated():
            return int(await self._of(collection).count_documents(where))

    async def insert(self, collection: str, *documents: Document) -> None:
        """Insert all, or raise `Duplicate` (earlier ones of several may then be in)."""
        with translated():
            if len(documents) == 1:
                await self._of(collection).insert_one(documents[0])
            elif documents:
                await self._of(collection).insert_many(documents)

    async def insert_missing(self, collection: str, *documents: Document) -> None:
        """Insert those whose `_id` is not there yet."""
        if not documents:
            return
        with translated():
            try:
                await self._of(collection).insert_many(documents, ordered=False)
            except BulkWriteError as fault:
                if not _is_only_duplicates(fault):
                    raise

    async def update(
        self, collection: str, where: Where, change: Document | list[Document]
    ) -> bool:
        """Change the first match; whether there was one."""
        with translated():
            result = await self._of(collection).update_one(where, change)
            return bool(result.matched_count)

    async def update_all(self, collection: str, where: Where, change: Document) -> int:
        """Change every match; how many there were."""
        with translated():
            result = await self._of(collection).update_many(where, change)
            return int(result.matched_count)

    async def update_each(self, collection: str, changes: Sequence[tuple[Where, Document]]) -> int:
        """Apply each (filter, update) to at most one document, in any order; how many matched."""
        many = [UpdateOne(where, change) for where, change in changes]
        with translated():
            result = await self._of(collection).bulk_write(many, ordered=False)
            return int(result.matched_count)

    async def change(
        self, collection: str, where: Where, change: Document, *, sort: Sort | None = None
    ) -> Document | None:
        """Change the first match and return it as it is afterwards; None where nothing matched."""
        with translated():
            return await self._of(collection).find_one_and_update(
                where, change, sort=sort, return_document=ReturnDocument.AFTER
            )

    async def upsert(self, collection: str, document: Document) -> None:
        """Put `document` in the place of its `_id`; for records with a single writer, never
        counters.
        """
        with translated():
            await self._of(collection).replace_one({"_id": document["_id"]}, document, upsert=True)

    async def delete(self, collection: str, where: Where) -> int:
        with translated():
            result = await self._of(collection).delete_many(where)
            return int(result.deleted_count)

    async def drop_index(self, collection: str, name: str) -> None:
        """Have no index of that name, whether there was one or not."""
        with translated():
            if name in await self._of(collection).index_information():
                await self._of(collection).drop_index(name)

    async def put_content(self, key: str, content: bytes) -> None:
        """Keep bytes of any length, in chunks, under a key that has none."""
        with translated():
            await self._contents.upload_from_stream_with_id(key, key, content)

    async def content(self, key: str) -> AsyncIterator[bytes] | None:
        """The bytes kept under `key`, read chunk by chunk; None where there are none."""
        with translated():
            try:
                return aiter(await self._contents.open_download_stream(key))
            except NoFile:
                return None

    async def drop_content(self, key: str) -> None:
        """Keep nothing under `key`, also of what was kept half."""
        with translated(), suppress(NoFile):
            await self._contents.delete(key)

    @cached_property
    def _contents(self) -> AsyncIOMotorGridFSBucket:
        return AsyncIOMotorGridFSBucket(self.database, CONTENTS)

    async def transaction(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` once in a transaction, in a thread of its own, and commit it.

        Raises `Duplicate` or `Contended` with nothing changed, `FateUnknown` where the commit got
        no answer, `Unreachable`. Retrying is the caller's, who knows what to do differently. Should
        the caller be cut off, the transaction is still carried through.
        """
        return await asyncio.to_thread(self._transact, work)

    def _transact(self, work: Callable[[Transaction], T]) -> T:
        database: Database[Document] = self.database.delegate
        with translated(), database.client.start_session() as session:
            session.start_transaction(
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority", j=True),
                read_preference=ReadPreference.PRIMARY,
            )
            try:
                result = work(Transaction(database, session))
            except BaseException:
                _abort(session)
                raise
            _commit(session)
            return result

    def watch(self, collection: str, pipeline: list[Document], resume: Any = None) -> Any:
        """A change stream; see `paced` and models/base/feeds.py."""
        return self._of(collection).watch(
            pipeline, full_document="updateLookup", resume_after=resume
        )


def _abort(session: ClientSession) -> None:
    try:
        session.abort_transaction()
    except PyMongoError:
        pass  # the server forgets an open transaction by itself; the first fault is the one to tell


def _commit(session: ClientSession) -> None:
    """Commit, repeating while the answer is lost; a repeated commit has one effect."""
    for attempt in range(MAX_COMMIT_TRIES):
        try:
            session.commit_transaction()
            return
        except PyMongoError as fault:
            if fault.has_error_label("TransientTransactionError"):
                if attempt:  # the first answer was lost, and by now the server has forgotten us
                    raise FateUnknown(str(fault)) from fault
                raise
            if not fault.has_error_label("UnknownTransactionCommitResult"):
                raise FateUnknown(str(fault)) from fault
    raise FateUnknown("no answer to the commit")


def _parts(things: Sequence[T]) -> Iterator[Sequence[T]]:
    return (things[start : start + AT_ONCE] for start in range(0, len(things), AT_ONCE))


class translated:
    """Turns the driver's exceptions into this module's."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, DuplicateKeyError):
            raise Duplicate(str(fault)) from fault
        if isinstance(fault, BulkWriteError) and _is_duplicate(fault):
            raise Duplicate(str(fault.details)) from fault
        if isinstance(fault, PyMongoError) and fault.has_error_label("TransientTransactionError"):
            if not isinstance(fault, ConnectionFailure):
                raise Contended(str(fault)) from fault
        if isinstance(fault, ConnectionFailure | ExecutionTimeout):
            raise Unreachable(str(fault)) from fault
        if isinstance(fault, OperationFailure) and fault.code == 112:
            raise Contended(str(fault)) from fault


def _is_duplicate(fault: BulkWriteError) -> bool:
    return 11000 in _codes(fault)


def _is_only_duplicates(fault: BulkWriteError) -> bool:
    return _codes(fault) == {11000}


def _codes(fault: BulkWriteError) -> set[int]:
    return {error.get("code") for error in (fault.details or {}).get("writeErrors", ())}


async def paced(stream: Any) -> AsyncIterator[Document | None]:
    """The events of a change stream as they come; None where the database was asked in vain.

    It is left alone for a moment between two questions: where orders move on all the time, each of
    them would be a question of its own.
    """
    while stream.alive:
        event = await stream.try_next()
        yield event
        more_at_hand = stream.delegate._cursor._has_next()  # the driver does not tell otherwise
        if not more_at_hand:
            await asyncio.sleep(BREATH)


@asynccontextmanager
async def closing(cursor: Any) -> AsyncIterator[Any]:
    """`cursor`, closed at the end whatever happens."""
    try:
        yield cursor
    finally:
        await cursor.close()
