"""What a process keeps of the database for a moment; who asks while it is read shares the read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from models.base.clock import Clock

T = TypeVar("T")


class Recent(Generic[T]):
    """What `read` returns, at most `fresh` old on this clock."""

    def __init__(
        self, read: Callable[[], Coroutine[Any, Any, T]], clock: Clock, fresh: timedelta
    ) -> None:
        self._read = read
        self._clock = clock
        self._fresh = fresh
        self._reading: asyncio.Task[T] | None = None
        self._since: datetime = clock()

    async def get(self) -> T:
        """As it was read a moment ago, or else as it is now. Raises what `read` does."""
        now = self._clock()
        reading = self._reading
        if reading is None or not timedelta(0) <= now - self._since < self._fresh:
            reading = self._reading = asyncio.create_task(self._read())
            self._since = now  # age counts from before the read
        try:
            return await asyncio.shield(reading)  # one who goes away must not fail the others
        except Exception:  # whatever it was, the next one must not be given the same fault
            if self._reading is reading:
                self.forget()
            raise

    def forget(self) -> None:
        """Read it anew when it is next wanted, whatever is being read just now."""
        self._reading = None
