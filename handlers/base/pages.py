"""Pages that are the same for everyone: encoded once per process and second, however many ask."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import msgspec

MAX_PAGES: Final = 512  # the least recently read is forgotten first

Load = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class SharedPage:
    """An encoded page, its ETag, and until when (on the cache's clock) it may be handed out."""

    content: bytes
    etag: str
    until: float


class SharedPages:
    """The cache. `seconds` is a monotonic clock."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._pages: OrderedDict[Hashable, SharedPage] = OrderedDict()
        self._loading: dict[Hashable, asyncio.Task[SharedPage]] = {}
        self._encode = msgspec.json.Encoder().encode

    async def read(self, key: Hashable, ttl: float, load: Load) -> SharedPage:
        """The page under `key`, at most `ttl` seconds old; who asks while it loads waits for it."""
        page = self._pages.get(key)
        if page is not None and self._seconds() < page.until:
            return page
        task = self._loading.get(key)
        if task is None:
            task = asyncio.create_task(self._load(key, ttl, load))
            self._loading[key] = task
            task.add_done_callback(lambda _: self._loading.pop(key, None))
        return await asyncio.shield(task)  # one reader going away must not fail the others

    async def _load(self, key: Hashable, ttl: float, load: Load) -> SharedPage:
        started = self._seconds()  # age counts from before the read
        content = self._encode(await load())
        etag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
        page = SharedPage(content, etag, started + ttl)
        self._pages[key] = page
        self._pages.move_to_end(key)
        if len(self._pages) > MAX_PAGES:
            self._pages.popitem(last=False)
        return page
