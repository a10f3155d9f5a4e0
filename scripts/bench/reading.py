"""Reading the same page over and over, against a bare Tornado handler with the same bytes.

Nothing is written, so one database and one process of each side serve all rounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from scripts.bench import proc
from scripts.bench.asking import Phones
from scripts.bench.figures import AT_LEAST, Line, Target, alternate, latencies
from scripts.bench.load import HOST, Request, drive
from scripts.bench.rush import WrongAnswer
from scripts.bench.stage import Stage, folder, stage
from scripts.bench.templates import Scale, Template
from scripts.processes import Children, wait_for
from server.embedded import free_port

READING: Final = Target("reading", "ratio_to_bare_handler", AT_LEAST, 0.5)
WARM_UP: Final = 500


@dataclass(frozen=True, slots=True)
class _Side:
    """A process that is read from, and what each of its answers must be."""

    leg: str
    name: str
    port: int
    pid: int
    requests: list[Request]
    page: str

    def read(self, at_once: int) -> Line:
        """All requests, so many at once."""
        cpu = proc.cpu_seconds(self.pid)
        run = drive([self.port], at_once, self.requests)
        cpu = proc.cpu_seconds(self.pid) - cpu
        if run.bodies != [self.page] or {answer.status for answer in run.answers} != {200}:
            raise WrongAnswer(f"{self.name}: a page was not the one that is there")
        return {
            "leg": self.leg,
            "side": self.name,
            "rate": run.rate,
            **latencies([answer.ms for answer in run.answers]),
            "server_cpu_ms_per_read": cpu * 1000 / len(self.requests),
            "page_bytes": len(self.page.encode()),
            "generator_cpu_share": run.cpu_seconds / run.seconds,
        }


def reading(template: Template, scale: Scale) -> list[Line]:
    """The sittings of a day."""
    with stage(template) as fresh:
        asked = Phones(fresh.settings, template).reads(scale.reads, scale.at_once)
        return [READING.judged(against_bare("reading", fresh, asked, scale))]


def against_bare(leg: str, fresh: Stage, asked: Sequence[Request], scale: Scale) -> list[float]:
    """The server's rate against the floor's, round by round, both under the same load."""
    server = fresh.servers[0]
    first = drive([server.port], 1, asked[:1])
    page = first.body(first.answers[0])
    with _bare(page) as (port, pid):
        ours = _Side(leg, "server", server.port, server.pid, list(asked), page)
        plain = [Request("GET", "/", {}) for _ in asked]
        bare = _Side(leg, "bare handler", port, pid, plain, page)
        for side in (ours, bare):
            replace(side, requests=side.requests[:WARM_UP]).read(scale.at_once)
        pairs = alternate(
            scale.rounds,
            lambda: ours.read(scale.at_once),
            lambda: bare.read(scale.at_once),
        )
    return [one["rate"] / two["rate"] for one, two in pairs]


@contextmanager
def _bare(page: str) -> Iterator[tuple[int, int]]:
    """The floor's port and process id."""
    with folder() as place:
        (place / "page").write_text(page, "utf-8")
        children, port = Children(place), free_port()
        try:
            command = ["-m", "scripts.bench.bare", str(port), str(place / "page")]
            child = children.start("bare", command, {})
            wait_for(f"http://{HOST}:{port}/", children)
            yield port, child.process.pid
        finally:
            children.stop()
