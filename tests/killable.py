"""A database of a test's own, which it may kill and start again on the same folder."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.embedded import EmbeddedDatabase


@dataclass
class Killable:
    """The database as it runs at the moment."""

    running: EmbeddedDatabase

    @property
    def uri(self) -> str:
        return self.running.uri

    @property
    def port(self) -> int:
        return self.running.port

    def kill(self) -> None:
        """End it by kill -9."""
        os.kill(self.running.process.pid, signal.SIGKILL)
        self.running.process.wait()

    def restart(self) -> None:
        """Start it again on what it left; it listens at another port."""
        self.running = EmbeddedDatabase.start(self.running.folder)


@contextmanager
def killable_database() -> Iterator[Killable]:
    """A fresh database in memory, gone at the end."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="qinejia-", dir=memory if memory.is_dir() else None))
    try:
        database = Killable(EmbeddedDatabase.start(folder))
        try:
            yield database
        finally:
            database.running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
