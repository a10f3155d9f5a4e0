"""The WeChat package, compiled by the official compiler and mounted against the live server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import client
from scripts.staged import Stage

pytestmark = pytest.mark.browser

SECONDS = 90.0
# Nobody of the other stories, since it agrees to the privacy text for good.
PERSON = {"LOGIN_CODE": "demo-S0123"}


def test_every_page_of_the_mini_program_comes_up(house: Stage) -> None:
    assert client.build("mp-weixin")
    # Node comes from the virtual environment where the machine has none that is new enough.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        ["npm", "run", "--silent", "test:mp"],
        cwd=client.FOLDER,
        env={**os.environ, **PERSON, "PATH": path, "API_BASE": house.server},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ok: ")
