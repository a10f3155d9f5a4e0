"""Documents that many people look at again and again, kept by each process as they are now.

Reading them costs what has changed since the last time, however many there are: the embedded
database reads every match before it limits or counts, and a production one is spared the same rows
each second. Nothing is told to this process, it asks; so each answer is as new as the question.

What changes a document sets its `updated_at`. Clocks of different machines, and a change that was
decided earlier than it was committed, may lie `OVERLAP` apart; everything is read anew once in
`WHOLE`, so that no doubt lasts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from models.base.clock import Clock
from models.base.store import Document, Store

T = TypeVar("T")

OVERLAP: Final = timedelta(minutes=2)
WHOLE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[T]):
    """What is kept: the documents of `collection` that match `where`, each as `made` makes it.

    `moved` finds them and those that no longer match, as far as `updated_at` narrows it.
    """

    collection: str
    where: Document
    moved: Document
    made: Callable[[Document], T | None]  # None: it does not match any more


class Kept(Generic[T]):
    """The documents of one kind."""

    def __init__(self, store: Store, clock: Clock, kind: Kind[T]) -> None:
        self._store = store
        self._clock = clock
        self._kind = kind
        self._known: dict[str, T] = {}
        self._whole: datetime | None = None  # when all were read
        self._since: datetime | None = None  # when those were read that had changed
        self._turn = asyncio.Lock()

    async def now(self) -> Mapping[str, T]:
        """All of them by `_id`, as they are now."""
        async with self._turn:
            now = self._clock()
            if self._is_doubtful(now):
                await self._read_all()
                self._whole = now
            else:
                await self._read_moved()
            self._since = now  # age counts from before the read
            return self._known

    def _is_doubtful(self, now: datetime) -> bool:
        if self._whole is None or self._since is None:
            return True
        return now < self._since or now - self._whole >= WHOLE

    async def _read_all(self) -> None:
        found = await self._store.find(self._kind.collection, self._kind.where)
        made = ((document["_id"], self._kind.made(document)) for document in found)
        self._known = {key: one for key, one in made if one is not None}

    async def _read_moved(self) -> None:
        assert self._since is not None
        lately = {"updated_at": {"$gte": self._since - OVERLAP}}
        where = {**self._kind.moved, **lately}
        for document in await self._store.find(self._kind.collection, where):
            one = self._kind.made(document)
            if one is None:
                self._known.pop(document["_id"], None)
            else:
                self._known[document["_id"]] = one
