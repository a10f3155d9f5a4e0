"""`make bench`, or `python -m scripts.bench [--quick] [leg ...]`: JSON lines, the verdicts last."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Final

from scripts.bench.board import board
from scripts.bench.crowd import crowd
from scripts.bench.figures import Line, emit
from scripts.bench.grid import grid
from scripts.bench.ledger import ledger
from scripts.bench.live import live
from scripts.bench.photos import photos
from scripts.bench.proc import load_average
from scripts.bench.reading import reading
from scripts.bench.reporting import reporting
from scripts.bench.rooms import rooms
from scripts.bench.rush import WrongAnswer, pair, rush
from scripts.bench.scans import passes, scans
from scripts.bench.series import series
from scripts.bench.stage import folder
from scripts.bench.templates import FULL, QUICK, Scale, Template, seeded
from scripts.processes import Failed
from server.embedded import PACKAGE, DatabaseUnusable

Leg = Callable[[Template, Scale], list[Line]]
LEGS: Final[dict[str, Leg]] = {
    "rush": rush,
    "pair": pair,
    "reading": reading,
    "crowd": crowd,
    "live": live,
    "rooms": rooms,
    "series": series,
    "grid": grid,
    "photos": photos,
    "reporting": reporting,
    "board": board,
    "ledger": ledger,
    "scans": scans,
    "pass": passes,
}


def bench(names: Sequence[str], scale: Scale) -> list[Line]:
    """Measure the legs named, printing each measurement; the verdicts."""
    with folder() as place:
        template = seeded(place / "database", scale)
        return [verdict for name in names for verdict in LEGS[name](template, scale)]


def machine() -> Line:
    """On what this is measured, as far as it matters."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "database": f"{PACKAGE} {metadata.version(PACKAGE)}",
        "load_average": load_average(),
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer orders")
    parser.add_argument("legs", nargs="*", metavar="leg", help=", ".join(LEGS) + " (default: all)")
    given = parser.parse_args(arguments)
    if unknown := set(given.legs) - set(LEGS):
        parser.error(f"no such leg: {', '.join(sorted(unknown))}")
    started = time.monotonic()
    emit(machine())
    try:
        verdicts = bench(given.legs or list(LEGS), QUICK if given.quick else FULL)
    except (WrongAnswer, Failed, DatabaseUnusable) as fault:
        print(fault, file=sys.stderr)
        return 1
    for verdict in verdicts:
        emit(verdict)
    print(f"measured in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
