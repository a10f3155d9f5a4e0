"""The data every measurement starts from: made once, then copied for each fresh database."""

from __future__ import annotations

import asyncio
import base64
import shutil
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from models.base.clock import campus_date, system_clock
from models.meals.publishing import sitting_id
from scripts.bench import seed, seed_repairs, seed_visits
from scripts.bench.seed_rooms import full_week, week_from
from server.embedded import EmbeddedDatabase
from server.settings import Settings

STOP_SECONDS: Final = 30.0  # for a large database to write everything down


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything."""

    people: int = 1_800
    places: int = 1_500
    at_once: int = 64
    reads: int = 6_000
    others: int = 100_000
    singles: int = 150  # orders placed one by one, on each side
    sockets: int = 500
    moves: int = 100  # orders changed in each round, while those sockets are open
    meetings: int = 1_000  # half hours booked in each round
    bookers: int = 32  # of them at any moment
    series: int = 10  # booked in each round, and as many again in the same rooms
    pages: int = 1_500  # grids read in each round
    cold: int = 8  # grids read in each round after the last one has been forgotten
    a_day: int = 40  # meetings in each room and on each day of that grid
    uploads: int = 20  # photos at once
    reports: int = 1_000  # tickets reported in each round
    reporters: int = 32  # of them at any moment
    tickets: int = 2_000  # open ones on the board
    boards: int = 20  # read in each round, each after one more report
    reckonings: int = 200  # of a ticket's clock in each round
    visitors: int = 800  # in and out in each round
    rounds: int = 5


FULL: Final = Scale()
QUICK: Final = Scale(
    reads=2_000, others=10_000, singles=60, series=5, pages=500, cold=5, boards=10, visitors=200,
    rounds=2,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Template:
    """A folder with the data of a stopped database; what can be ordered in it, and when."""

    folder: Path
    day: date
    dishes: tuple[str, ...]

    @property
    def rush(self) -> str:
        """The sitting everybody wants."""
        return sitting_id(seed.CANTEEN, self.day, seed.MEAL, seed.RUSH)

    @property
    def quiet(self) -> str:
        """The sitting for what is not the rush."""
        return sitting_id(seed.CANTEEN, self.day, seed.MEAL, seed.QUIET)

    @property
    def week(self) -> list[date]:
        """The days whose rooms are booked and whose grid is read."""
        return week_from(self.day)


def environment(uri: str = "", port: int = 0) -> dict[str, str]:
    """The settings of a server that is measured: the usual ones, but without limits on loopback."""
    return {
        "QINEJIA_ENV": "test",
        "MONGODB_URI": uri,
        "PORT": str(port),
        "KEYS": f"bench:{base64.b64encode(b'measured, and never used for it.').decode()}",
        "RATE_LIMIT_EXEMPT": "127.0.0.0/8",
    }


def seeded(folder: Path, scale: Scale) -> Template:
    """People, the menu of tomorrow, rooms, and one order of each kind as a sample."""
    day = campus_date(system_clock()) + timedelta(days=1)
    database = EmbeddedDatabase.start(folder)
    try:
        settings = Settings.from_env(environment(database.uri))
        dishes = asyncio.run(seed.campus(settings, day, scale.places))
    finally:
        database.stop(STOP_SECONDS)
    return Template(folder, day, tuple(dishes))


def crowded(template: Template, folder: Path, others: int) -> Template:
    """A copy of `template` that also has so many orders of the last weeks, with their claims."""
    return _with(template, folder, lambda it: seed.past_orders(it, template.day, others))


def booked_up(template: Template, folder: Path, a_day: int) -> Template:
    """A copy of `template` with so many meetings in each room on each day of its week."""
    return _with(template, folder, lambda it: full_week(it, template.week, a_day))


def busy_board(template: Template, folder: Path, tickets: int) -> Template:
    """A copy of `template` with so many open tickets."""
    return _with(template, folder, lambda it: seed_repairs.fill(it, tickets))


def with_visits(template: Template, folder: Path, count: int) -> Template:
    """A copy of `template` with so many visitors who are expected now."""
    return _with(template, folder, lambda it: seed_visits.fill(it, count))


def _with(
    template: Template, folder: Path, add: Callable[[Settings], Coroutine[Any, Any, None]]
) -> Template:
    """A copy of `template` with what `add` puts into it."""
    shutil.copytree(template.folder, folder)
    database = EmbeddedDatabase.start(folder)
    try:
        asyncio.run(add(Settings.from_env(environment(database.uri))))
    finally:
        database.stop(STOP_SECONDS)
    return Template(folder, template.day, template.dishes)
