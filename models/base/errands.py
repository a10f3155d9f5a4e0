"""What a request sets going and does not wait for, such as sending a text message.

An errand may be lost with the process: only what a person can ask for again is one. What must
happen is promised in the database instead (models/base/outbox.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Errands:
    """The errands of one process."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the request; a fault is logged under `name`."""
        task = asyncio.create_task(_run(name, work))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def drain(self) -> None:
        """Return when all that was started is done; a stopping process waits for this."""
        while self._under_way:
            await asyncio.wait(self._under_way)


async def _run(name: str, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:  # nobody waits for it, so the log is the only place to tell
        log.exception("errand %s failed", name)
