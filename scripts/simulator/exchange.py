"""One call of a simulated system: counted, perhaps made to fail, delayed or cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from tornado.web import RequestHandler

from scripts.simulator.world import Api, Fault, World


@dataclass(frozen=True)
class Reply:
    """An answer as it goes over the wire."""

    body: Any
    status: int = 200


class Exchange(RequestHandler):
    """Base of every simulated endpoint."""

    media_type = "application/json; charset=utf-8"

    def initialize(self, world: World) -> None:
        self.world = world

    def failure(self, fault: Fault) -> Reply:
        """The answer to a call that is made to fail, in this system's own form."""
        raise NotImplementedError

    async def exchange(self, api: Api, act: Callable[[], Reply]) -> None:
        """Carry out `act` once and answer it, unless a fault is due."""
        self.world.calls[api] += 1
        fault = self.world.take_fault(api)
        reply = self.failure(fault) if fault and fault.refuses else act()
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.lose_reply:
            self.detach().close()
            return
        self.set_status(reply.status)
        self.set_header("Content-Type", self.media_type)
        await self.finish(msgspec.json.encode(reply.body))
