"""A server that kills itself: `CRASH_AT=group.written:3 python -m tests.crashing`.

It dies by kill -9 when the named step is reached for the third time, with everything the real
server holds in memory at that moment, and no chance to tidy up.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable

from server import logs
from server.app import build_app
from server.settings import Settings

log = logging.getLogger("server")


def crashing(at: str, passing: int) -> Callable[[str], None]:
    """A step port at which this process ends."""
    passed = 0

    def step(name: str) -> None:
        nonlocal passed
        passed += name == at
        if passed == passing:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


async def serve(settings: Settings) -> None:
    """The server, until the crash; a SIGTERM ends it cleanly where the step is never reached."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    at, _, passing = os.environ["CRASH_AT"].partition(":")
    app = await build_app(settings, step=crashing(at, int(passing)))
    await app.start()
    log.info("ready at %s:%d", settings.address, app.port)
    await stop.wait()
    await app.drain()


if __name__ == "__main__":
    chosen = Settings.from_env()
    logs.configure(chosen.log_level, chosen.log_format)
    asyncio.run(serve(chosen))
