"""The demo at a time of one's choosing, for pictures and browser tests.

`stage(folder)` runs database, simulator and server as `make run` does, beginning at the same moment
whatever day it is. The clock runs on from there; `Stage.forward` moves it ahead.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tornado.httputil import HTTPHeaders, HTTPServerRequest, format_timestamp
from tornado.web import OutputTransform

from models.base.clock import Clock, system_clock
from scripts import demo_data
from scripts.processes import Children, wait_for
from scripts.run import Plan
from server import logs
from server.app import build_app
from server.embedded import EmbeddedDatabase, free_port
from server.settings import Settings

MONDAY: Final = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)  # 08:30 on the campus
CLOCK: Final = "clock"  # file in the stage's folder: how many seconds ahead its clock is


@dataclass(frozen=True)
class Stage:
    """A running house: where its server and its simulator answer."""

    server: str
    simulator: str
    folder: Path

    def forward(self, **by: float) -> None:
        """Move the clock ahead, by `minutes=16` for example."""
        _set_clock(self.folder, _ahead(self.folder) + timedelta(**by))

    def now(self) -> datetime:
        """What time it is there, in UTC."""
        return clock_of(self.folder)()

    def ahead(self) -> float:
        """Seconds its clock is ahead of the machine's."""
        return _ahead(self.folder).total_seconds()


@contextmanager
def stage(folder: Path, at: datetime = MONDAY) -> Iterator[Stage]:
    """Run a house in `folder`, with the demo's data as of the moment `at`. Raises `Failed`."""
    plan = Plan(free_port(), free_port(), folder)
    _set_clock(folder, at - datetime.now(UTC))
    database = EmbeddedDatabase.start(folder / "database")
    children = Children(folder / "logs")
    try:
        env = plan.environment(database.uri) | {"MONGODB_URI": database.uri, "PORT": str(plan.port)}
        env |= {"DATA_DIR": str(folder)}
        children.start("simulator", plan.simulating(), env)
        children.start("server", ["-m", "scripts.staged"], env)
        wait_for(f"{plan.simulator}/", children)
        wait_for(f"{plan.server}/readyz", children, 180.0)
        yield Stage(plan.server, plan.simulator, folder)
    finally:
        children.stop()
        database.stop()


def clock_of(folder: Path) -> Clock:
    """The clock of the house in `folder`."""

    def clock() -> datetime:
        return system_clock() + _ahead(folder)

    return clock


def _ahead(folder: Path) -> timedelta:
    return timedelta(seconds=float((folder / CLOCK).read_text("ascii")))


def _set_clock(folder: Path, ahead: timedelta) -> None:
    """Replace the file as a whole: the server reads it at any moment."""
    fresh = folder / f"{CLOCK}.new"
    fresh.write_text(str(round(ahead.total_seconds())), "ascii")
    fresh.replace(folder / CLOCK)


class Dated(OutputTransform):
    """Every answer bears the time of the house, by which the client counts down."""

    def __init__(self, request: HTTPServerRequest, clock: Clock) -> None:
        super().__init__(request)
        self._clock = clock

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        headers["Date"] = format_timestamp(self._clock())
        return status_code, headers, chunk


async def serve(settings: Settings) -> None:
    """The server on the clock of its folder, once the demo's data is in, until SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clock = clock_of(settings.data_dir)
    app = await build_app(settings, clock=clock)
    await demo_data.fill(app.house)
    app.web.transforms.append(lambda request: Dated(request, clock))  # type: ignore[arg-type]
    await app.start()
    try:
        await stop.wait()
    finally:
        await app.drain()


def main() -> int:
    settings = Settings.from_env(os.environ)
    logs.configure(settings.log_level, settings.log_format)
    asyncio.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
