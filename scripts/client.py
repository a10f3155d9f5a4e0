"""Build the phone client where its sources changed: `python -m scripts.client h5|mp-weixin`."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from scripts.processes import Failed, end
from server.settings import REPOSITORY
from server.tether import tethered

FOLDER: Final = REPOSITORY / "miniapp_stub"
TARGETS: Final = ("h5", "mp-weixin")
OLDEST_NODE: Final = 20
NOT_SOURCES: Final = {"node_modules", "dist"}


def build(target: str) -> bool:
    """Have `miniapp_stub/dist/build/<target>` match the sources. False: there is no client yet.

    Node comes from the machine, or from PyPI where the machine has none of version 20 or newer.
    Raises `Failed` with the end of npm's output.
    """
    if not (FOLDER / "package.json").exists():
        return False
    built = FOLDER / "dist" / f"{target}.stamp"
    sources = _fingerprint(_source_files())
    if _stamped(built, sources) and (FOLDER / "dist" / "build" / target).is_dir():
        return True
    path = _path_with_node()
    packages = FOLDER / "node_modules" / ".stamp"
    locked = _fingerprint([FOLDER / "package-lock.json"])
    if not _stamped(packages, locked):
        print("phone client: fetching its packages (once)", flush=True)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], path)
        packages.write_text(locked, "ascii")
    print(f"phone client: building {target}", flush=True)
    _run(["npm", "run", f"build:{target}"], path)
    built.write_text(sources, "ascii")
    return True


def _source_files() -> list[Path]:
    folders = [each for each in sorted(FOLDER.iterdir()) if each.name not in NOT_SOURCES]
    files = [found for each in folders for found in ([each] if each.is_file() else each.rglob("*"))]
    return sorted(file for file in files if file.is_file())


def _fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(FOLDER)}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _stamped(stamp: Path, fingerprint: str) -> bool:
    return stamp.exists() and stamp.read_text("ascii") == fingerprint


def _path_with_node() -> str:
    """A PATH on which `node` is new enough, after fetching one where need be."""
    path = os.environ.get("PATH", "")
    if _node_version(path) >= OLDEST_NODE:
        return path
    path = f"{Path(sys.executable).parent}{os.pathsep}{path}"
    if _node_version(path) < OLDEST_NODE:
        print("phone client: fetching Node (once)", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "-r", "requirements-node.txt"], path, REPOSITORY)
    if _node_version(path) < OLDEST_NODE:
        raise Failed(f"Node {OLDEST_NODE} or newer is missing; install it and try again.")
    return path


def _node_version(path: str) -> int:
    node = shutil.which("node", path=path)
    if not node or not shutil.which("npm", path=path):
        return 0
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)\.", told)
    return int(match[1]) if match else 0


def _run(command: list[str], path: str, folder: Path = FOLDER) -> None:
    process = subprocess.Popen(
        tethered(command),
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate()
    except BaseException:
        end(process)
        raise
    if process.returncode:
        lines = output.decode("utf-8", "replace").splitlines()[-20:]
        raise Failed(
            f"`{' '.join(command)}` failed:\n" + "\n".join(f"    {each}" for each in lines)
        )


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in TARGETS:
        print(f"usage: python -m scripts.client {'|'.join(TARGETS)}", file=sys.stderr)
        return 2
    try:
        if not build(arguments[0]):
            print("phone client: not there yet, nothing to build")
    except Failed as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
