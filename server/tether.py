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
    """`command`, changed so that it is killed when this process dies without having ended it.

    A clean end is for those who wait for it; what was acknowledged is safe either way.
    """
    return [sys.executable, "-m", "server.tether", str(os.getpid()), *command]


def hold(parent: int, end: int = signal.SIGTERM) -> None:
    """Have the kernel send this process the signal `end` when `parent`, its parent, dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, end)
    if os.getppid() != parent:
        sys.exit(f"process {parent} is gone; {sys.argv[-1]} was not started")


if __name__ == "__main__":
    hold(int(sys.argv[1]), signal.SIGKILL)
    os.execvp(sys.argv[2], sys.argv[2:])
