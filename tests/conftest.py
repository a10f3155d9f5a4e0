"""What every test stands on: a real database, an event loop of its own, and silence in the logs.

Tests and fixtures may be `async def`; both run on the test's own loop. Time is an injected clock.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pymongo import MongoClient

from models.base.clock import system_clock
from models.base.store import Store
from server.database import connected, prepare
from server.embedded import EmbeddedDatabase
from tests.simulated import Simulator, simulating

hypothesis.settings.register_profile("quick", max_examples=30, deadline=None)
hypothesis.settings.register_profile("long", max_examples=2_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the work, a file stays whole, and so do the browser's: what
    their tests have in common is then set up once. What takes long comes first, lest one process
    be left with it at the end.
    """
    if not hasattr(config, "workerinput"):
        return
    marks = {item: {mark.name for mark in item.iter_markers()} for item in items}
    for item in items:
        group = "browser" if "browser" in marks[item] else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
    slow = {item.path for item in items if "slow" in marks[item]}
    items.sort(key=lambda item: ("browser" not in marks[item], item.path not in slow))


@pytest.fixture(scope="session")
def database_uri() -> Iterator[str]:
    """A MongoDB: the one `MONGODB_URI` names, or an embedded one in memory for this run."""
    given = os.environ.get("MONGODB_URI")
    if given:
        yield given
        return
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="qinejia-", dir=memory if memory.is_dir() else None))
    try:
        database = EmbeddedDatabase.start(folder)
        try:
            yield database.uri
        finally:
            database.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def driver(database_uri: str) -> Iterator[MongoClient[dict[str, Any]]]:
    """A plain client, for looking at what is really stored."""
    client: MongoClient[dict[str, Any]] = MongoClient(database_uri, tz_aware=True)
    yield client
    client.close()


@pytest.fixture
def database_name(driver: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """The name of a database that is this test's alone."""
    name = f"test_{secrets.token_hex(6)}"
    yield name
    driver.drop_database(name)


@pytest.fixture
async def store(database_uri: str, database_name: str) -> AsyncIterator[Store]:
    """An empty database with every declared index."""
    async with connected(database_uri, database_name) as opened:
        await prepare(opened, system_clock)
        yield opened


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[Simulator]:
    """The outside systems, as one process for the whole run."""
    with simulating() as simulator:
        yield simulator


@pytest.fixture
def simulator(simulator_process: Simulator) -> Simulator:
    """The outside systems as after a start."""
    simulator_process.control("reset")
    return simulator_process


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """The event loop of one test and its fixtures."""
    with asyncio.Runner() as opened:
        yield opened


class _Collector(logging.Handler):
    def __init__(self, seen: list[logging.LogRecord]) -> None:
        super().__init__(logging.WARNING)
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        self._seen.append(record)


@pytest.fixture(autouse=True)
def expect_log() -> Iterator[Callable[[str], None]]:
    """Call it with a pattern for each warning the test means to cause; any other one fails it."""
    seen: list[logging.LogRecord] = []
    patterns: list[str] = []
    handler = _Collector(seen)
    logging.getLogger().addHandler(handler)
    yield patterns.append
    logging.getLogger().removeHandler(handler)
    lines = [f"{record.levelname} {record.name}: {record.getMessage()}" for record in seen]
    unexpected = [line for line in lines if not any(re.search(each, line) for each in patterns)]
    absent = [each for each in patterns if not any(re.search(each, line) for line in lines)]
    assert not unexpected, f"unexpected in the log: {unexpected}"
    assert not absent, f"never came up in the log: {absent}"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an `async def` test on its loop."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    given = {name: pyfuncitem.funcargs[name] for name in names}
    loop: asyncio.Runner = pyfuncitem._request.getfixturevalue("runner")
    loop.run(pyfuncitem.obj(**given))
    return True


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Iterator[None]:
    """Set up an `async def` fixture on the loop of the test that wants it."""
    function = fixturedef.func
    if inspect.isasyncgenfunction(function):
        vars(fixturedef)["func"] = _yielding(function, request.getfixturevalue("runner"))
    elif inspect.iscoroutinefunction(function):
        vars(fixturedef)["func"] = _returning(function, request.getfixturevalue("runner"))
    try:
        return (yield)
    finally:
        vars(fixturedef)["func"] = function


def _yielding(function: Callable[..., Any], loop: asyncio.Runner) -> Callable[..., Any]:
    def fixture(**given: Any) -> Iterator[Any]:
        generator = function(**given)
        yield loop.run(anext(generator))
        with pytest.raises(StopAsyncIteration):
            loop.run(anext(generator))

    return fixture


def _returning(function: Callable[..., Any], loop: asyncio.Runner) -> Callable[..., Any]:
    return lambda **given: loop.run(function(**given))
