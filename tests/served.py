"""The whole server for tests: in this process with a clock moved by hand, or as a process of its
own. Both run the real adapters against the simulator.
"""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from server.app import App, build_app
from server.settings import Settings
from tests.simulated import REPOSITORY, Simulator

KEY = base64.b64encode(b"a key for tests only, 32 bytes..").decode()
START_SECONDS = 20.0
STOP_SECONDS = 15.0


def environment(uri: str, database: str, simulator: Simulator, **more: str) -> dict[str, str]:
    """The settings of a server on a test's database, as environment variables."""
    return {
        "QINEJIA_ENV": "test",
        "PORT": "0",
        "MONGODB_URI": uri,
        "DATABASE": database,
        "KEYS": f"test:{KEY}",  # the same after a restart
        "WECHAT_URL": simulator.url,
        "WECHAT_APPID": "wxdemo0000000000",
        "WECHAT_SECRET": "demo-app-secret",
        "SMS_SCHEME": "http",
        "SMS_DOMAIN": simulator.host,
        "SMS_ACCESS_KEY_ID": "demo-access-key",
        "SMS_ACCESS_KEY_SECRET": "demo-access-key-secret",
        "SMS_TEMPLATES": "code=SMS_1001,notice=SMS_1003,visit-invited=SMS_1002",
        "CALLS_DOMAIN": simulator.host,
        "CALLS_POOL_KEY": "demo-pool",
        "RATE_LIMIT_EXEMPT": "127.0.0.0/8",
        "LOG_FORMAT": "text",
        **more,
    }


@asynccontextmanager
async def serving(env: dict[str, str], **replacements: Any) -> AsyncIterator[App]:
    """A server in this process, at `app.port`; `replacements` are fields of its House."""
    app = await build_app(Settings.from_env(env), **replacements)
    await app.start()
    try:
        yield app
    finally:
        await app.drain()


@dataclass
class ServerProcess:
    """A server of its own, at `url`; what it says goes to the file `log`."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def wait(self) -> None:
        """Wait until it listens. Fails where it has ended, or takes longer than it may."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            ready = re.search(r"ready at ([0-9.:]+)", self.said())
            if ready:
                self.url = f"http://{ready[1]}"
                if _answers(f"{self.url}/readyz"):
                    return
            time.sleep(0.05)
        raise AssertionError(f"the server did not come up:\n{self.said()}")


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except URLError:
        return False


@contextmanager
def server_process(
    env: dict[str, str], log: Path, module: str = "server"
) -> Iterator[ServerProcess]:
    """`python -m module` until the end of the block, where it must stop cleanly unless it is
    dead already.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=REPOSITORY,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONUNBUFFERED": "1", **env},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    served = ServerProcess(process, log)
    try:
        served.wait()
        yield served
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                assert process.wait(STOP_SECONDS) == 0
            finally:
                process.kill()
