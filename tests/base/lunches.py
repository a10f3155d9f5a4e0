"""Toy endpoints of every kind, for trying the HTTP machinery."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from handlers.base.content import PNG, XLSX, Empty, File, Raw, RawBody, Shared, Upload, Uploaded
from handlers.base.endpoint import Registry
from models.base.context import Context
from models.base.errors import Conflict
from models.base.roles import EVERYONE, PUBLIC, Role
from models.base.shapes import Id, Input, Limit, Moment, Name, Phone, Struct


class Dish(Input):
    name: Name
    count: Annotated[int, Meta(ge=1, le=9)] = 1


class Lunch(Input):
    sitting: Id
    dishes: Annotated[list[Dish], Meta(max_length=5)] = []
    phone: Phone | None = None
    at: Moment | None = None
    extra: Any = None


class Booked(Struct):
    sitting: str
    by: str
    key: str
    hash: str
    version: int | None


class Wanted(Input):
    day: str = "today"
    limit: Limit = 50


class SittingFull(Conflict):
    code = "sitting-full"
    zh = "本场次已订满，还有 {queue} 人候补。"
    en = "The sitting is full; {queue} people wait."


class Toys:
    """What the toy endpoints did."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.uploads: list[Path] = []
        self.loads = 0
        self.fault: Exception | None = None


def toy_registry(toys: Toys) -> Registry:
    registry = Registry()

    @registry.post("/api/v1/lunches", allow=EVERYONE, once=True)
    async def order(ctx: Context, body: Lunch) -> Booked:
        """Order lunch."""
        toys.calls.append(body)
        if toys.fault:
            raise toys.fault
        return Booked(
            sitting=body.sitting,
            by=ctx.actor.name,
            key=ctx.idempotency_key,
            hash=ctx.request_hash.hex(),
            version=ctx.if_match,
        )

    @registry.get("/api/v1/lunches", allow=PUBLIC)
    async def lunches(ctx: Context, query: Wanted) -> list[str]:
        """The lunches of a day."""
        return [query.day, str(query.limit), ctx.address]

    add_steps(registry, toys)
    add_pages(registry, toys)
    add_files(registry, toys)
    add_downloads(registry)
    return registry


def add_steps(registry: Registry, toys: Toys) -> None:
    @registry.post("/api/v1/lunches/{order_id}/cancel", allow={Role.STAFF}, versioned=True)
    async def cancel(ctx: Context, order_id: Id) -> Booked:
        """Cancel a lunch."""
        toys.calls.append(order_id)
        return Booked(sitting=order_id, by=ctx.actor.id, key="", hash="", version=ctx.if_match)

    @registry.delete("/api/v1/lunches/{order_id}", allow={Role.MANAGER}, fresh=True)
    async def remove(ctx: Context, order_id: Id) -> Empty:
        """Remove a lunch."""
        toys.calls.append(order_id)


def add_pages(registry: Registry, toys: Toys) -> None:
    @registry.get("/api/v1/shared", allow=PUBLIC)
    async def shared(ctx: Context) -> Shared[list[str]]:
        """A page for everyone."""

        async def load() -> list[str]:
            toys.loads += 1
            return ["米饭"]

        return Shared("menu", load, ttl=60)

    @registry.post("/api/v1/codes", allow=PUBLIC, limit="3/minute", status=202)
    async def codes(ctx: Context) -> dict[str, str]:
        """Ask for a code."""
        return {}


def add_files(registry: Registry, toys: Toys) -> None:
    @registry.put("/api/v1/sheets", allow=EVERYONE)
    async def sheet(ctx: Context, body: Annotated[Uploaded, Upload(100_000, (XLSX,))]) -> Wanted:
        """Take a sheet."""
        toys.uploads.append(body.path)
        content = await asyncio.to_thread(body.path.read_bytes)
        return Wanted(day=hashlib.sha256(content).hexdigest(), limit=body.size % 100 + 1)

    @registry.post("/api/v1/notices", allow=PUBLIC)
    async def notice(ctx: Context, body: Annotated[RawBody, Raw(1000)]) -> list[str]:
        """Take a signed call-back."""
        return [body.content.hex(), body.headers["x-signature"]]


def add_downloads(registry: Registry) -> None:
    @registry.get("/api/v1/picture", allow=PUBLIC)
    async def picture(ctx: Context) -> File:
        """A picture."""
        ctx.notes["ETag"] = '"1"'
        return File(b"png", PNG, filename="午餐.png", cache="private, max-age=60")

    @registry.get("/api/v1/file", allow=PUBLIC)
    async def file(ctx: Context) -> File:
        """A file from disk."""
        return File(Path(__file__), "text/plain", inline=False, filename="a.txt")


LUNCH = {"sitting": "sit_1"}
