"""The embedded database: for the demo and the tests, a MongoDB-compatible server beside us.

It is a process of its own on loopback, started on a folder and stopped with us. The folder records
which version wrote it; two processes never share one.
"""

from __future__ import annotations

import fcntl
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import IO, Final

from server.settings import REPOSITORY, Settings
from server.tether import tethered

PACKAGE: Final = "SecantusDB"
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 3.0
LOCK_SECONDS: Final = 3.0  # a former owner may still be stopping


class DatabaseUnusable(Exception):
    """The embedded database cannot be started; the text is one sentence for a person."""


class EmbeddedDatabase:
    """One running embedded database. `uri` reaches it; `stop` ends it."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], port: int) -> None:
        self.folder = folder
        self.process = process
        self.port = port
        self.log = folder / "log"
        self.uri = f"mongodb://127.0.0.1:{port}/?replicaSet=secantus"

    @classmethod
    def start(cls, folder: Path) -> EmbeddedDatabase:
        """Start on `folder` (made where missing) and wait until it answers, about two seconds.

        Raises `DatabaseUnusable` where the folder is in use or of another version, or the database
        does not come up. A commit it acknowledges survives a kill of its process.
        """
        version = _installed_version()
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder) as lock:
            _check_version(folder, version)
            port = free_port()
            database = cls(folder, _launch(folder, port, lock), port)
            try:
                database._wait()
            except BaseException:
                database.stop()
                raise
            (folder / "address").write_text(database.uri, "ascii")
            return database

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """End it cleanly, or by force after `seconds`; what it acknowledged is kept either way."""
        self.process.terminate()
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            self._answers()  # a connection wakes its accept loop, which would sleep on for seconds
            time.sleep(0.05)
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.05)
        raise DatabaseUnusable(
            f"The embedded database did not start; the end of {self.log} says why."
        )


@contextmanager
def database_of(settings: Settings) -> Iterator[str]:
    """The address of the database: the configured one, or an embedded one started for the while."""
    if settings.mongodb_uri:
        yield settings.mongodb_uri
        return
    database = EmbeddedDatabase.start(folder_of(settings))
    try:
        yield database.uri
    finally:
        database.stop()


@contextmanager
def database_at_hand(settings: Settings) -> Iterator[str]:
    """Like `database_of`, but through the embedded database of a running `make run` if any."""
    folder = folder_of(settings)
    if not settings.mongodb_uri and is_in_use(folder):
        yield (folder / "address").read_text("ascii")
        return
    with database_of(settings) as uri:
        yield uri


def folder_of(settings: Settings) -> Path:
    """Where the embedded database keeps its data."""
    return settings.data_dir / "database"


def free_port() -> int:
    """A TCP port that is free on loopback at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _installed_version() -> str:
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError as fault:
        raise DatabaseUnusable(
            "MONGODB_URI is not set and no embedded database is installed; set it, or run "
            "`pip install -r requirements-dev.txt`."
        ) from fault


def _check_version(folder: Path, version: str) -> None:
    record = folder / "version"
    if not record.exists():
        record.write_text(version, "ascii")
    found = record.read_text("ascii").strip()
    if found != version:
        raise DatabaseUnusable(
            f"{folder} was written by {PACKAGE} {found}, and this is {version}: start afresh with "
            f"`make demo-reset`, or install {found}, `make backup`, and restore with {version}."
        )


@contextmanager
def _locked(folder: Path) -> Iterator[IO[bytes]]:
    """The folder's lock; the database process inherits it and holds it for as long as it lives."""
    with (folder / "lock").open("ab") as lock:
        deadline = time.monotonic() + LOCK_SECONDS
        while not _try_lock(lock):
            if time.monotonic() > deadline:
                raise DatabaseUnusable(
                    f"{folder} is in use by another process; stop that one, or set DATA_DIR."
                )
            time.sleep(0.1)
        yield lock


def _try_lock(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_in_use(folder: Path) -> bool:
    """Whether a database runs on `folder` at this moment."""
    if not (folder / "lock").exists():
        return False
    with (folder / "lock").open("ab") as lock:
        return not _try_lock(lock)


def _launch(folder: Path, port: int, lock: IO[bytes]) -> subprocess.Popen[bytes]:
    """The process, in a session of its own: Ctrl-C is ours to pass on, in the right order."""
    command = [sys.executable, "-u", "-m", "secantus", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--storage-path", str((folder / "data").resolve()), "--sync-on-commit"]
    command += ["--cache-size", "256M", "--log-level", "WARNING"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            tethered(command),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )
