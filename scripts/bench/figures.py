"""From measurements to the figures that are printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any, Final

import msgspec

from scripts.bench.proc import load_average

Line = dict[str, Any]
Measure = Callable[[], Line]
AT_LEAST: Final = "at least"
AT_MOST: Final = "at most"


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach."""

    leg: str
    figure: str
    bound: str  # AT_LEAST or AT_MOST
    value: float

    def judged(self, values: Sequence[float]) -> Line:
        """The median of the rounds, its spread, and whether the target is reached."""
        middle = median(values)
        reached = middle >= self.value if self.bound == AT_LEAST else middle <= self.value
        return {
            "leg": self.leg,
            "figure": self.figure,
            "median": middle,
            "lowest": min(values),
            "highest": max(values),
            "rounds": len(values),
            "target": f"{self.bound} {self.value:g}",
            "reached": reached,
        }


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all are not above."""
    ordered = sorted(values)
    return ordered[max(1, ceil(len(ordered) * percent / 100)) - 1]


def latencies(ms: Sequence[float]) -> Line:
    """How long it took half of all, and all but one in a hundred."""
    return {"p50_ms": percentile(ms, 50), "p99_ms": percentile(ms, 99)}


def rounded(number: float) -> float:
    """Three digits that mean something."""
    return float(f"{number:.3g}") if abs(number) < 100 else round(number)


def alternate(rounds: int, first: Measure, second: Measure) -> list[tuple[Line, Line]]:
    """Measure A B, B A, A B ..., so that what drifts favours neither, and print each at once."""
    pairs = []
    for number in range(1, rounds + 1):
        if number % 2:
            one = _shown(number, first)
            pairs.append((one, _shown(number, second)))
        else:
            two = _shown(number, second)
            pairs.append((_shown(number, first), two))
    return pairs


def _shown(number: int, measure: Measure) -> Line:
    load = load_average()
    line = measure()
    emit({**line, "round": number, "load_average": load})
    return line


def emit(line: Line) -> None:
    """One line of JSON, at once."""
    short = {k: rounded(v) if isinstance(v, float) else v for k, v in line.items()}
    print(msgspec.json.encode(short).decode(), flush=True)
