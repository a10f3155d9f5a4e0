"""The server process: `python -m server`, or `python -m server --settings` for the manual.

Listens until SIGTERM or SIGINT, then finishes what it has begun and exits with 0.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from dataclasses import replace

from models.base.states import StateLost
from models.base.store import StoreError
from server import logs
from server.app import build_app
from server.database import DatabaseRefused
from server.embedded import DatabaseUnusable, database_of
from server.settings import BadSetting, Settings, manual

log = logging.getLogger("server")


class CannotListen(Exception):
    """The address is taken or not ours; the text is one sentence for the person starting us."""


async def serve(settings: Settings) -> None:
    """Listen, say so in the log, and drain when a signal asks for the end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    app = await build_app(settings)
    try:
        await app.start()
    except OSError as fault:
        where = f"{settings.address}:{settings.port}"
        raise CannotListen(f"The server cannot listen at {where}: {fault.strerror}.") from fault
    gc.freeze()  # what start-up made stays: the collector need not go through it again and again
    try:
        log.info("ready at %s:%d", settings.address, app.port)
        await stop.wait()
    finally:
        await app.drain()
    log.info("stopped")


def main(arguments: list[str]) -> int:
    if arguments == ["--settings"]:
        print(manual())
        return 0
    if arguments:
        print("usage: python -m server [--settings]", file=sys.stderr)
        return 2
    try:
        settings = Settings.from_env()
        logs.configure(settings.log_level, settings.log_format)
        with database_of(settings) as uri:
            asyncio.run(serve(replace(settings, mongodb_uri=uri)))
    except (BadSetting, DatabaseRefused, DatabaseUnusable, StateLost) as fault:
        print(fault, file=sys.stderr)
        return 1
    except StoreError as fault:
        print(f"The database does not answer: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
