"""Pages that wait: sockets held open while orders are moved at a steady pace, in a process of its
own.

`python -m scripts.bench.sockets`, with a `Watch` on standard input and a `Seen` on standard output.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from scripts.bench.load import HOST, Request
from server.settings import REPOSITORY

PATIENCE: Final = 10.0  # seconds for a frame to come
OPENING: Final = 50  # sockets opened at once


class Page(msgspec.Struct):
    """One person's page: where it listens, as whom, for which order, and the step to be taken."""

    port: int
    token: str
    order: str
    step: Request


class Watch(msgspec.Struct):
    """Pages to open, of which the first `moves` take their step, so many a second, at `port`."""

    port: int
    pages: list[Page]
    moves: int
    per_second: float


class Seen(msgspec.Struct):
    """For each move the milliseconds from sending it to its answer and to its frame (-1: none).

    `strays` are frames that should have been nobody's, or somebody else's.
    """

    answered: list[float]
    told: list[float]
    statuses: list[int]
    strays: list[str]


def watch(plan: Watch) -> Seen:
    """Carry out `plan` in another process and return what was seen."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.sockets"],
        cwd=REPOSITORY,
        input=msgspec.json.encode(plan),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Seen)


@contextmanager
def listening(ports: Sequence[int], authorization: str) -> Iterator[None]:
    """A page at each of these servers that is told of changes, for the length of the block."""
    token = authorization.removeprefix("Bearer ")
    told, over = [threading.Event() for _ in ports], threading.Event()

    async def listen() -> None:
        pages = []
        for port, heard in zip(ports, told, strict=True):
            address = f"ws://{HOST}:{port}/api/v1/live"
            page = await websocket_connect(address, on_message_callback=_setting(heard))
            await page.write_message(msgspec.json.encode({"token": token}))
            pages.append(page)
        await asyncio.to_thread(over.wait)
        for page in pages:
            page.close()

    thread = threading.Thread(target=asyncio.run, args=(listen(),))
    thread.start()
    try:
        if not all(heard.wait(PATIENCE) for heard in told):
            raise TimeoutError("a page was not greeted")
        yield
    finally:
        over.set()
        thread.join()


def _setting(heard: threading.Event) -> Callable[[str | bytes | None], None]:
    return lambda frame: heard.set()


class _Watcher:
    """Opens the pages, takes the steps, and writes down when who was told what."""

    def __init__(self, plan: Watch) -> None:
        self._plan = plan
        self._client = AsyncHTTPClient(max_clients=64)
        self._told: dict[str, float] = {}  # order -> when its frame came
        self._strays: list[str] = []
        self._all_told = asyncio.Event()

    async def run(self) -> Seen:
        plan = self._plan
        sockets: list[WebSocketClientConnection] = []
        for start in range(0, len(plan.pages), OPENING):
            sockets += await asyncio.gather(*map(self._open, plan.pages[start : start + OPENING]))
        listening = [
            asyncio.create_task(self._listen(*each))
            for each in zip(plan.pages, sockets, strict=True)
        ]
        moved = await self._move_all()
        try:
            await asyncio.wait_for(self._all_told.wait(), PATIENCE)
        except TimeoutError:
            pass  # who was not told shows in what was seen
        for task in listening:
            task.cancel()
        return Seen(
            answered=[(answer - sent) * 1000 for sent, answer, _ in moved],
            told=[
                (self._told[page.order] - sent) * 1000 if page.order in self._told else -1
                for page, (sent, _, _) in zip(plan.pages, moved, strict=False)
            ],
            statuses=[status for _, _, status in moved],
            strays=self._strays,
        )

    async def _open(self, page: Page) -> WebSocketClientConnection:
        socket = await websocket_connect(f"ws://{HOST}:{page.port}/api/v1/live")
        await socket.write_message(msgspec.json.encode({"token": page.token}).decode())
        await socket.read_message()  # the resync that every connection begins with
        return socket

    async def _listen(self, page: Page, socket: WebSocketClientConnection) -> None:
        while (text := await socket.read_message()) is not None:
            now = time.perf_counter()
            frame: dict[str, Any] = msgspec.json.decode(text)
            if frame.get("order_id") == page.order and page.order not in self._told:
                self._told[page.order] = now
                if len(self._told) == self._plan.moves:
                    self._all_told.set()
            elif "resync" not in frame:
                self._strays.append(str(text))

    async def _move_all(self) -> list[tuple[float, float, int]]:
        """Take the steps at their times, whether those before are answered or not."""
        loop = asyncio.get_running_loop()
        started, moving = loop.time(), []
        for number, page in enumerate(self._plan.pages[: self._plan.moves]):
            await asyncio.sleep(started + number / self._plan.per_second - loop.time())
            moving.append(asyncio.create_task(self._move(page.step)))
        return await asyncio.gather(*moving)

    async def _move(self, step: Request) -> tuple[float, float, int]:
        url = f"http://{HOST}:{self._plan.port}{step.path}"
        request = HTTPRequest(url, step.method, step.headers, step.body)
        sent = time.perf_counter()
        reply = await self._client.fetch(request, raise_error=False)
        return sent, time.perf_counter(), reply.code


async def _watch(plan: Watch) -> Seen:
    return await _Watcher(plan).run()


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Watch)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(_watch(given))))
