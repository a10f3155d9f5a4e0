"""`make run`: the whole house on this machine, from nothing to a table of addresses.

Database, simulator of the outside systems, demo data and server, each a process of its own. Ctrl-C
stops all of it; the data stays in DATA_DIR. One that dies takes the others with it.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from models.base.messages import templates
from scripts import client, table
from scripts.processes import Children, Failed, wait_for
from scripts.simulator.templates import visiting
from server.app import discover
from server.embedded import DatabaseUnusable, EmbeddedDatabase, folder_of, free_port
from server.settings import BadSetting, Settings
from server.tether import hold

HOST: Final = "127.0.0.1"
LOOPBACK: Final = "127.0.0.0/8,::1"
SMS: Final = {
    "code": "SMS_1001", "visit-invited": "SMS_1002", "notice": "SMS_1003",
    "visit-changed": "SMS_1004", "visit-cancelled": "SMS_1005",
}  # fmt: skip


class Stopped(BaseException):
    """Somebody asked for the end; not an error, and nothing may catch it on the way."""


@dataclass(frozen=True)
class Plan:
    """Where everything is to be."""

    port: int
    simulator_port: int
    data_dir: Path

    @property
    def simulator(self) -> str:
        return f"http://{HOST}:{self.simulator_port}"

    @property
    def server(self) -> str:
        return f"http://{HOST}:{self.port}"

    def simulating(self) -> list[str]:
        """How the simulator is started: what it texts to visitors leads to this server."""
        texts = [f"{code}={text}" for code, text in visiting(self.server).items()]
        given = [word for text in texts for word in ("--sms-template", text)]
        return ["-m", "scripts.simulator", "--port", str(self.simulator_port), *given]

    def environment(self, uri: str) -> dict[str, str]:
        """The settings of the demo; a variable the caller has set wins, but for the mode."""
        defaults = {
            "PORT": str(self.port),
            "DATA_DIR": str(self.data_dir),
            "MONGODB_URI": uri,
            "WECHAT_URL": self.simulator,
            "WECHAT_APPID": "wxdemo0000000000",
            "WECHAT_SECRET": "demo-app-secret",
            "SMS_SCHEME": "http",
            "SMS_DOMAIN": self.simulator.removeprefix("http://"),
            "SMS_ACCESS_KEY_ID": "demo-access-key",
            "SMS_ACCESS_KEY_SECRET": "demo-access-key-secret",
            "SMS_TEMPLATES": ",".join(f"{name}={code}" for name, code in SMS.items()),
            "WECHAT_TEMPLATES": _wechat_templates(),
            "CALLS_DOMAIN": self.simulator.removeprefix("http://"),
            "CALLS_POOL_KEY": "demo-pool",
            "RATE_LIMIT_EXEMPT": LOOPBACK,
            "DOCS": "1",
            "LOG_FORMAT": "text",
        }
        return {**defaults, **_given(defaults), "QINEJIA_ENV": "demo"}


def _wechat_templates() -> str:
    """A template id for each of our messages; the simulator takes any."""
    discover()
    return ",".join(f"{each.name}=demo-{each.name}" for each in templates() if each.wechat)


def _given(names: dict[str, str]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def run(settings: Settings) -> NoReturn:
    """Start everything, show the table, and watch. Ends with `Stopped` or `Failed`."""
    started = time.monotonic()
    _refuse_taken_port(settings.port)
    has_client = client.build("h5")
    plan = Plan(settings.port, _simulator_port(settings.port), settings.data_dir)
    say("database: " + ("the one MONGODB_URI names" if settings.mongodb_uri else "starting"))
    with _database(settings) as database, _children(plan.data_dir / "logs") as children:
        if database:
            children.watch("database", database.process, database.log)
        _start(children, plan, plan.environment(database.uri if database else settings.mongodb_uri))
        print(table.welcome(plan.server, plan.simulator, has_client))
        say(f"ready after {time.monotonic() - started:.1f} s; Ctrl-C stops everything")
        catching = _catches_interrupt(os.getppid())  # not where make itself runs in the background
        while not catching or _catches_interrupt(os.getppid()):
            children.check()
            time.sleep(0.3)
        raise Stopped


def _start(children: Children, plan: Plan, env: dict[str, str]) -> None:
    say("simulator: starting")
    kept = str(plan.data_dir / "simulator")
    children.start("simulator", [*plan.simulating(), "--data", kept], env)
    say("demo data: bringing it up to today")
    children.finish(children.start("demo data", ["-m", "scripts.demo"], env))
    wait_for(f"{plan.simulator}/", children)
    say("server: starting")
    children.start("server", ["-m", "server"], env)
    wait_for(f"{plan.server}/readyz", children)


@contextmanager
def _database(settings: Settings) -> Iterator[EmbeddedDatabase | None]:
    if settings.mongodb_uri:
        yield None
        return
    database = EmbeddedDatabase.start(folder_of(settings))
    try:
        yield database
    finally:
        database.stop()


@contextmanager
def _children(logs: Path) -> Iterator[Children]:
    children = Children(logs)
    try:
        yield children
    finally:
        _ignore_signals()
        say("stopping")
        children.stop()


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as fault:
            if fault.errno == errno.EADDRINUSE:
                other = f"`make run PORT={port + 10}`"
                raise Failed(f"Port {port} is in use: stop what uses it, or {other}.") from fault
            raise Failed(f"Port {port} cannot be used: {fault.strerror}.") from fault


def _simulator_port(port: int) -> int:
    """The one after the server's, so that its address stays; any other where that is taken."""
    with suppress(Failed):
        _refuse_taken_port(port + 1)
        return port + 1
    return free_port()


def say(text: str) -> None:
    """One line of progress, at once."""
    print(text, flush=True)


def _catches_interrupt(make: int) -> bool:
    """Whether our parent is a make that handles SIGINT.

    One that alone was sent SIGINT stops catching it and waits for us in silence.
    """
    with suppress(OSError, StopIteration):
        name, *lines = Path(f"/proc/{make}/status").read_text().splitlines()
        caught = next(line for line in lines if line.startswith("SigCgt:"))
        return name.endswith("\tmake") and bool(int(caught.split()[1], 16) & 1 << signal.SIGINT - 1)
    return False


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    _ignore_signals()
    raise Stopped


def _ignore_signals() -> None:
    """The end has begun, and takes under five seconds; asking again does not hurry it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def main() -> int:
    hold(os.getppid())  # should make be killed, so are we, and with us everything we started
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        run(Settings.from_env({**os.environ, "QINEJIA_ENV": "demo"}))
    except Stopped:
        say("stopped")
        return 0
    except (Failed, BadSetting, DatabaseUnusable) as fault:
        print(f"\n{fault}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
