"""The commands people type: they start, say one clear sentence when they cannot, and clean up."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from pymongo import MongoClient

from scripts.table import drawn, welcome, width
from server.embedded import EmbeddedDatabase, free_port
from server.settings import REPOSITORY

PATIENCE = 240.0  # seconds for a command to end; the machine may be busy

Lines = subprocess.Popen[str]


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "DATA_DIR": str(folder), **more}


def command(module: str, folder: Path, *arguments: str, **more: str) -> tuple[int, str]:
    """The exit code, and all a command said."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=REPOSITORY,
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout


class House:
    """`make run` on a folder and port of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.said = ""
        self.process: Lines = subprocess.Popen(
            [sys.executable, "-m", "scripts.run"],
            cwd=REPOSITORY,
            env=environment(folder, PORT=str(self.port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if line.startswith("ready after"):
                return
        raise AssertionError(self.said)

    def end(self, number: int = signal.SIGINT) -> int:
        """Its exit code after a signal; what it said last is in `said`."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=5)
        self.said += rest
        return self.process.returncode

    def processes(self) -> dict[str, int]:
        """Every process that runs for this folder, by its kind."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                settings = (entry / "environ").read_bytes().decode().split("\0")
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except OSError:  # ended meanwhile
                continue
            if f"DATA_DIR={self.folder}" in settings and "-m" in words:
                found[words[words.index("-m") + 1]] = int(entry.name)
        return found


@contextmanager
def running(folder: Path) -> Iterator[House]:
    house = House(folder)
    try:
        yield house
    finally:
        house.process.kill()
        house.process.communicate()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's data, which no database has open."""
    folder = tmp_path_factory.mktemp("demo")
    assert command("scripts.demo", folder)[0] == 0
    return folder


@pytest.fixture
def house(demo: Path, tmp_path: Path) -> Iterator[House]:
    """A warm start: on a copy of the demo's data."""
    with running(shutil.copytree(demo, tmp_path / "data")) as started:
        yield started


def stored(folder: Path) -> Any:
    """When the demo's data was first put into the running database."""
    with MongoClient[dict[str, Any]]((folder / "database" / "address").read_text()) as client:
        mark = client.qinejia.migrations.find_one({"_id": "demo"})
        assert mark
        return mark["at"]


@pytest.mark.slow
def test_a_second_run_finds_the_data_of_the_first_and_ctrl_c_leaves_nothing(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as house:
        house.wait_until_ready()
        with urlopen(f"http://127.0.0.1:{house.port}/readyz", timeout=5) as reply:
            assert reply.status == 200
        assert f"http://127.0.0.1:{house.port}" in house.said
        assert "demo-S0042" in house.said
        first = stored(tmp_path)
        kinds = {"scripts.run", "scripts.simulator", "secantus", "server"}
        assert set(house.processes()) == kinds
        assert house.end() == 0
        assert house.said.endswith("stopping\nstopped\n")
        assert house.processes() == {}
    with running(tmp_path) as again:
        again.wait_until_ready()
        assert stored(tmp_path) == first
        assert command("scripts.demo", tmp_path, "--reset")[0] == 1
        assert stored(tmp_path) == first
        assert again.end(signal.SIGTERM) == 0
        assert again.processes() == {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["server", "scripts.simulator", "secantus"])
def test_one_process_that_dies_stops_the_others_and_is_named(house: House, kind: str) -> None:
    house.wait_until_ready()
    os.kill(house.processes()[kind], signal.SIGKILL)
    rest, _ = house.process.communicate(timeout=10)
    assert house.process.returncode == 1
    assert "has stopped by itself (exit code -9)" in rest
    assert house.processes() == {}


@pytest.mark.slow
def test_a_killed_run_takes_everything_with_it(house: House) -> None:
    house.wait_until_ready()
    ends = [os.pidfd_open(pid) for pid in house.processes().values()]
    house.process.kill()
    for each in ends:
        assert select.select([each], [], [], 10.0)[0] == [each]
        os.close(each)
    assert house.processes() == {}


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = command("scripts.run", tmp_path, PORT=str(port))
    assert code == 1
    assert said.strip() == (
        f"Port {port} is in use: stop what uses it, or `make run PORT={port + 10}`."
    )


@pytest.mark.slow
def test_a_folder_in_use_or_of_another_version_is_one_sentence(tmp_path: Path) -> None:
    database = EmbeddedDatabase.start(tmp_path / "database")
    code, said = command("scripts.run", tmp_path, PORT=str(free_port()))
    database.stop()
    assert (code, said.strip().splitlines()[-1]) == (
        1,
        f"{tmp_path}/database is in use by another process; stop that one, or set DATA_DIR.",
    )
    (tmp_path / "database" / "version").write_text("0.1")
    code, said = command("scripts.run", tmp_path, PORT=str(free_port()))
    assert code == 1
    assert "was written by SecantusDB 0.1, and this is" in said.strip().splitlines()[-1]
    assert command("scripts.demo", tmp_path, "--reset")[0] == 0
    assert not (tmp_path / "database").exists()


def test_a_production_start_without_settings_is_one_sentence(tmp_path: Path) -> None:
    assert command("server", tmp_path) == (
        1,
        "MONGODB_URI is not set, and production cannot start without it.\n",
    )


def test_the_server_prints_the_manual_of_its_settings(tmp_path: Path) -> None:
    code, said = command("server", tmp_path, "--settings")
    assert code == 0
    assert "\nTRUSTED_PROXIES  default: (empty)\n" in said
    assert command("server", tmp_path, "--help")[0] == 2


@pytest.mark.slow
def test_backup_and_restore_bring_a_data_folder_back(demo: Path, tmp_path: Path) -> None:
    code, said = command("scripts.backup", demo, TO=str(tmp_path / "copy"))
    assert (code, said.endswith(f"are in {tmp_path / 'copy'}\n")) == (0, True)
    assert command("scripts.backup", demo, TO=str(tmp_path / "copy"))[0] == 1
    other = tmp_path / "other"
    code, said = command("scripts.restore", other, FROM=str(tmp_path / "copy"))
    assert (code, said.endswith("are back\n")) == (0, True)
    code, said = command("scripts.restore", other, FROM=str(tmp_path / "copy"))
    assert (code, said) == (
        1,
        "The database qinejia is not empty; FORCE=1 throws its content away.\n",
    )
    assert command("scripts.restore", other, FROM=str(tmp_path / "copy"), FORCE="1")[0] == 0
    assert command("scripts.restore", other)[0] == 2


@pytest.mark.slow
def test_demo_data_is_never_put_beside_data_of_somebody_else(
    database_uri: str, database_name: str, tmp_path: Path
) -> None:
    with MongoClient[dict[str, Any]](database_uri) as client:
        client[database_name].people.insert_one({"_id": "real"})
        given = {"MONGODB_URI": database_uri, "DATABASE": database_name}
        assert command("scripts.demo", tmp_path, **given)[0] == 1
        assert command("scripts.demo", tmp_path, "--reset", **given)[0] == 1
        assert list(client[database_name].people.find()) == [{"_id": "real"}]
        assert client[database_name].list_collection_names() == ["people"]


def test_the_table_is_aligned_for_chinese_too() -> None:
    text = drawn(("工号", "role"), [("S0042", "职员 staff"), ("食堂", "x")])
    assert text.splitlines() == [
        "工号   role",
        "─" * 17,
        "S0042  职员 staff",
        "食堂   x",
    ]
    assert width("勤e家") == 5


def test_whoever_the_readme_speaks_of_stands_in_the_table() -> None:
    table = welcome("http://server", "http://simulator", has_client=True)
    for name in ("README.md", "README.zh-CN.md"):
        told = set(re.findall(r"\b[A-Z]\d{4}\b", (REPOSITORY / name).read_text("utf-8")))
        assert {"S0042", "C0001"} <= told
        assert {number for number in told if f"\n{number} " not in table} == set()
