"""Run a command that ends when the process which started it ends, even by kill -9.

`python -m server.tether PARENT COMMAND...`, where PARENT is the starter's process id; Linux only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def tethered(command: Sequence[str]) -> list[str]:
    """`command`, changed so that it gets SIGTERM when this process dies."""
    return [sys.executable, "-m", "server.tether", str(os.getpid()), *command]


def hold(parent: int) -> None:
    """Have the kernel send this process SIGTERM when `parent`, its parent, dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(f"process {parent} is gone; {sys.argv[-1]} was not started")


if __name__ == "__main__":
    hold(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
