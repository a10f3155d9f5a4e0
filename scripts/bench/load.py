"""The load: HTTP/1.1 over kept connections, in a process of its own that costs little.

`python -m scripts.bench.load`, with a `Plan` on standard input and a `Run` on standard output.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from server.settings import REPOSITORY

HOST: Final = "127.0.0.1"
_LENGTH: Final = re.compile(rb"\r\nContent-Length: *([0-9]+)\r\n", re.IGNORECASE)


class Request(msgspec.Struct):
    """One request. `target` is the place of its server in the plan's ports; None: any of them.

    Its body is the content of the file `upload`, where one is named.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: str = ""
    upload: str = ""
    target: int | None = None


class Plan(msgspec.Struct):
    """Requests, sent in order over so many connections, each spread evenly over the servers.

    Before each request its connection rests for `pause` seconds. With `every`, request n is due n
    times so many seconds after the start, and its time counts from then, also while it waits for a
    connection to be free: an overloaded server cannot slow down whoever measures it.
    """

    ports: list[int]
    connections: int
    requests: list[Request]
    pause: float = 0.0
    every: float = 0.0


class Answer(msgspec.Struct):
    """The answer to the request of the same place. `body` is a place in the run's bodies."""

    status: int
    ms: float
    body: int


class Run(msgspec.Struct):
    """What came of a plan: wall time from the first request to the last answer."""

    seconds: float
    cpu_seconds: float
    answers: list[Answer]
    bodies: list[str]

    def body(self, answer: Answer) -> str:
        return self.bodies[answer.body]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.answers) / self.seconds


def drive(
    ports: Sequence[int],
    connections: int,
    requests: Sequence[Request],
    pause: float = 0.0,
    *,
    every: float = 0.0,
) -> Run:
    """Send `requests` from another process and return what came back."""
    plan = msgspec.json.encode(Plan(list(ports), connections, list(requests), pause, every))
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.load"],
        cwd=REPOSITORY,
        input=plan,
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Run)


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a request; its status and body."""
        assert self._transport is not None
        self._answer = self._loop.create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        head = buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(buffer, 0, head + 2)
        start = head + 4
        end = start + (int(length[1]) if length else 0)
        if len(buffer) >= end and self._answer is not None:
            status, body = int(buffer[9:12]), bytes(buffer[start:end])
            buffer.clear()
            self._answer.set_result((status, body))

    def connection_lost(self, fault: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(fault or ConnectionResetError())


class _Sender:
    """Sends a plan and collects the answers."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._queue: Iterator[tuple[int, int | None, bytes]] = iter(
            [(n, each.target, _encoded(each)) for n, each in enumerate(plan.requests)]
        )
        self._answers: dict[int, Answer] = {}
        self._bodies: dict[bytes, int] = {}

    async def run(self) -> Run:
        plan = self._plan
        lanes = [await self._connected(number) for number in range(plan.connections)]
        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(self._send(lane, started) for lane in lanes))
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        answers = [self._answers[number] for number in range(len(plan.requests))]
        return Run(seconds, cpu, answers, [body.decode() for body in self._bodies])

    async def _connected(self, number: int) -> Mapping[int | None, _Connection]:
        """A lane: a connection to its own server, and to every one that requests name."""
        ports, loop = self._plan.ports, asyncio.get_running_loop()
        own = number % len(ports)
        named = {each.target for each in self._plan.requests if each.target is not None}
        lane: dict[int | None, _Connection] = {}
        for target in {own, *named}:
            _, lane[target] = await loop.create_connection(_Connection, HOST, ports[target])
        return {**lane, None: lane[own]}

    async def _send(self, lane: Mapping[int | None, _Connection], start: float) -> None:
        for number, target, request in self._queue:
            if self._plan.pause:
                await asyncio.sleep(self._plan.pause)
            due = time.perf_counter()
            if self._plan.every:
                due = start + number * self._plan.every
                await asyncio.sleep(due - time.perf_counter())
            status, body = await lane[target].ask(request)
            ms = (time.perf_counter() - due) * 1000
            place = self._bodies.setdefault(body, len(self._bodies))
            self._answers[number] = Answer(status, ms, place)


def _encoded(request: Request) -> bytes:
    body = Path(request.upload).read_bytes() if request.upload else request.body.encode()
    headers = {"Host": HOST, **request.headers}
    if body or request.method != "GET":  # no browser announces what is not there
        headers["Content-Length"] = str(len(body))
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    return f"{request.method} {request.path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(_Sender(given).run())))
