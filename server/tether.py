"""Run a command that ends when the process which started it ends, even by kill -9.

`python -m server.tether PARENT SIGNAL COMMAND...`, where PARENT is the starter's process id and
SIGNAL what the command gets then; Linux only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def tethered(command: Sequence[str], end: signal.Signals = signal.SIGTERM) -> list[str]:
    """`command`, changed so that it gets the signal `end` when this process dies."""
    tether = [sys.executable, "-m", "server.tether", str(os.getpid()), str(int(end))]
    return [*tether, *command]


def hold(parent: int, end: int = signal.SIGTERM) -> None:
    """Have the kernel send this process the signal `end` when `parent`, its parent, dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, end)
    if os.getppid() != parent:
        sys.exit(f"process {parent} is gone; {sys.argv[-1]} was not started")


if __name__ == "__main__":
    hold(int(sys.argv[1]), int(sys.argv[2]))
    os.execvp(sys.argv[3], sys.argv[3:])
