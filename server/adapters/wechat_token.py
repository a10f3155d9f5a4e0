"""WeChat's access token: fetched once however many callers need it, and renewed before its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from models.base.clock import Clock

EARLY: Final = timedelta(seconds=300)  # WeChat replaces a token this long before its end


class AccessToken:
    """The token in use. `fetch` returns a token and the seconds it lives."""

    def __init__(self, fetch: Callable[[], Awaitable[tuple[str, int]]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._value = ""
        self._until = clock()
        self._coming: asyncio.Task[str] | None = None

    async def get(self) -> str:
        """A token believed valid. Callers that come while one is being fetched share it."""
        if self._value and self._clock() < self._until:
            return self._value
        if self._coming is None:
            self._coming = asyncio.create_task(self._renew())
            self._coming.add_done_callback(self._arrived)
        # Shielded: one caller giving up must not take the token from the others.
        return await asyncio.shield(self._coming)

    def drop(self, token: str) -> None:
        """Forget `token`; a newer one, fetched meanwhile by somebody else, stays."""
        if token == self._value:
            self._value = ""

    async def _renew(self) -> str:
        token, seconds = await self._fetch()
        self._value = token
        self._until = self._clock() + timedelta(seconds=seconds) - EARLY
        return token

    def _arrived(self, task: asyncio.Task[str]) -> None:
        self._coming = None
        if not task.cancelled():
            task.exception()  # marks a failure as seen even if every caller has given up
