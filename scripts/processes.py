"""The processes of `make run`: started one after the other, stopped in the reverse order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.request import ProxyHandler, build_opener

from server.settings import REPOSITORY
from server.tether import tethered

T = TypeVar("T")

STOP_SECONDS: Final = 2.0  # for each process; all of them together stay under five
_DIRECT: Final = build_opener(ProxyHandler({}))  # what is on loopback is not asked through a proxy


class Failed(Exception):
    """A step of `make run` went wrong; the text is one sentence for the person who typed it."""


@dataclass(frozen=True)
class Child:
    """One process and the file its output goes to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def last_lines(self, count: int = 12) -> str:
        """The end of what it wrote."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-count:])


class Children:
    """Everything started here. Each is a session of its own, and ends when this process does."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._running: list[Child] = []
        self._watched: list[Child] = []

    def watch(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        """Let `check` see to a process that somebody else started and will stop."""
        self._watched.append(Child(name, process, log))

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Child:
        """Start `python COMMAND` with `env` on top of ours, its output in `<logs>/<name>.log`."""
        path = self._logs / f"{name}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                tethered([sys.executable, *command]),
                cwd=REPOSITORY,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        child = Child(name, process, path)
        self._running.append(child)
        return child

    def finish(self, child: Child) -> None:
        """Wait for a child that is meant to end by itself. Raises `Failed` where it did badly."""
        if child.process.wait():
            raise Failed(f"The step '{child.name}' failed:\n{child.last_lines()}")
        self._running.remove(child)

    def check(self) -> None:
        """Raises `Failed` where a child has ended that should be running."""
        for child in [*self._watched, *self._running]:
            if child.process.poll() is not None:
                raise Failed(
                    f"The {child.name} has stopped by itself (exit code "
                    f"{child.process.returncode}), so everything else stops too:\n"
                    f"{child.last_lines()}"
                )

    def stop(self) -> None:
        """End every child, the last one first; by force where it takes too long."""
        for child in reversed(self._running):
            end(child.process)
        self._running.clear()


def end(process: subprocess.Popen[bytes], seconds: float = STOP_SECONDS) -> None:
    """Ask the whole session of `process` to end, and force what has not ended after `seconds`."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(seconds)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def wait_for(url: str, children: Children, seconds: float = 30.0) -> None:
    """Ask `url` until it answers 200. Raises `Failed` where a child dies first or time is up."""

    def answers() -> bool:
        children.check()
        return _answers(url)

    if not until(answers, seconds):
        raise Failed(f"{url} did not answer within {seconds:.0f} seconds.")


def until(asked: Callable[[], T], seconds: float) -> T:
    """What `asked` answers, as soon as there is something in it; at the end of `seconds`, as is."""
    deadline = time.monotonic() + seconds
    while not (answer := asked()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return answer


def _answers(url: str) -> bool:
    try:
        with _DIRECT.open(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False
