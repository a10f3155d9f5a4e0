"""A fresh database on a copy of a template, with servers on it, for the length of one measurement.

On /dev/shm, so that no disk is measured, and always the embedded database: only that one can be had
fresh each time.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.request import ProxyHandler, build_opener

from scripts.bench import proc
from scripts.bench.figures import Line
from scripts.bench.load import HOST
from scripts.bench.templates import Template, environment
from scripts.processes import Child, Children, wait_for
from server.embedded import EmbeddedDatabase, free_port
from server.settings import Settings

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - only the folder made in it is used
_COMMANDS: Final = re.compile(r'^database_commands_total\{command="(\w+)"\} ([0-9.e+]+)$', re.M)
_DIRECT: Final = build_opener(ProxyHandler({}))


@contextmanager
def folder() -> Iterator[Path]:
    """A folder in memory, gone afterwards."""
    made = Path(
        tempfile.mkdtemp(prefix="qinejia-bench-", dir=_MEMORY if _MEMORY.is_dir() else None)
    )
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Server:
    """One server process."""

    port: int
    child: Child

    @property
    def pid(self) -> int:
        return self.child.process.pid

    def commands(self) -> dict[str, int]:
        """Commands it has sent to the database so far, by name, from its own /metrics."""
        return {name: int(float(count)) for name, count in _COMMANDS.findall(self.metrics())}

    def metrics(self) -> str:
        """What it says of itself."""
        with _DIRECT.open(f"http://{HOST}:{self.port}/metrics", timeout=5) as reply:
            return str(reply.read().decode())


@dataclass(frozen=True, slots=True)
class Stage:
    """A running database and the servers on it."""

    database: EmbeddedDatabase
    servers: Sequence[Server]
    settings: Settings

    @property
    def ports(self) -> list[int]:
        return [server.port for server in self.servers]


@contextmanager
def stage(template: Template, servers: int = 1) -> Iterator[Stage]:
    """The template's data, fresh, with so many server processes."""
    with ExitStack() as stack:
        place = stack.enter_context(folder())
        shutil.copytree(template.folder, place / "database")
        database = EmbeddedDatabase.start(place / "database")
        stack.callback(database.stop)
        children = Children(place / "logs")
        stack.callback(children.stop)
        running = [_server(children, database.uri, place) for _ in range(servers)]
        for server in running:
            wait_for(f"http://{HOST}:{server.port}/readyz", children)
        yield Stage(database, running, Settings.from_env(environment(database.uri)))


def _server(children: Children, uri: str, place: Path) -> Server:
    port = free_port()
    env = environment(uri, port) | {"DATA_DIR": str(place)}
    return Server(port, children.start(f"server-{port}", ["-m", "server"], env))


class Meter:
    """What a measurement costs: made before it, read after it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._servers = self._server_cpu()
        self._database = self._database_cpu()
        self._commands = self._sent()

    def per(self, orders: int) -> Line:
        """The servers' and the database's costs since, per order, and the memory they use now."""
        server_cpu = self._server_cpu() - self._servers
        commands = self.commands()
        return {
            "server_cpu_ms_per_order": server_cpu * 1000 / orders,
            "database_cpu_ms_per_order": self.database_cpu() * 1000 / orders,
            "round_trips_per_order": sum(commands.values()) / orders,
            "commands": commands,
            "server_memory_mb": max(proc.memory_mb(server.pid) for server in self._stage.servers),
        }

    def database_cpu(self) -> float:
        """Seconds of processor time of the database since."""
        return self._database_cpu() - self._database

    def commands(self) -> dict[str, int]:
        """Round trips of the servers to the database since, by command."""
        since = {name: n - self._commands.get(name, 0) for name, n in self._sent().items()}
        return {name: count for name, count in sorted(since.items()) if count}

    def _server_cpu(self) -> float:
        return sum(proc.cpu_seconds(server.pid) for server in self._stage.servers)

    def _database_cpu(self) -> float:
        return proc.cpu_seconds(self._stage.database.process.pid)

    def _sent(self) -> Counter[str]:
        sent: Counter[str] = Counter()
        for server in self._stage.servers:
            sent.update(server.commands())
        return sent
