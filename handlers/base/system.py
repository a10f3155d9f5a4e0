"""Addresses for those who run the house: is it up and ready, what does it measure and offer."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import msgspec
from tornado.web import RequestHandler

from handlers.base import metrics
from handlers.base.content import File
from handlers.base.endpoint import Endpoint, Registry
from handlers.base.guide import GUIDE, LIVE
from handlers.base.limits import Addresses
from handlers.base.metrics import Metrics
from handlers.base.openapi import document
from models.base.context import Context
from models.base.errors import Unavailable
from models.base.roles import PUBLIC
from models.base.shapes import Struct

Ready = Callable[[], Awaitable[str]]  # "", or what is missing

TITLE: Final = "勤e家 Qin-e-Jia"
VERSION: Final = "1"
_REFERENCE: Final = Path(__file__).parent / "reference"
_REFERENCE_FILES: Final = (
    ("/api/docs", "index.html", "text/html; charset=utf-8"),
    ("/api/docs/reference.js", "reference.js", "text/javascript; charset=utf-8"),
    ("/api/docs/reference.css", "reference.css", "text/css; charset=utf-8"),
)
_REFERENCE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Health(Struct):
    """One word: ok, or ready."""

    status: str


class NotReady(Unavailable):
    code = "not-ready"
    zh = "服务尚未就绪：{missing}"
    en = "Not ready: {missing}"


def health(ready: Ready) -> Iterable[Endpoint]:
    """`/healthz` and `/readyz`."""
    registry = Registry()

    @registry.get("/healthz", allow=PUBLIC, tag="house")
    async def healthz(ctx: Context) -> Health:
        """Whether the process is up."""
        return Health(status="ok")

    @registry.get("/readyz", allow=PUBLIC, tag="house")
    async def readyz(ctx: Context) -> Health:
        """Whether the database is reachable and its indexes are in place."""
        missing = await ready()
        if missing:
            raise NotReady(missing=missing, retry_after=2)
        return Health(status="ready")

    return registry


def reference(endpoints: Iterable[Endpoint], page: bool) -> Iterable[Endpoint]:
    """`/api/openapi.json`, and its reader `/api/docs` where `page` is set."""
    registry = Registry()
    about = {"description": GUIDE, "x-live": LIVE}
    openapi = msgspec.json.encode(document(tuple(endpoints), TITLE, VERSION, **about))

    @registry.get("/api/openapi.json", allow=PUBLIC)
    async def openapi_json(ctx: Context) -> File:
        """This document."""
        return File(openapi, "application/json", cache="no-cache")

    for path, name, media_type in _REFERENCE_FILES if page else ():
        content = (_REFERENCE / name).read_bytes()
        registry.register(
            Endpoint(
                method="GET",
                path=path,
                call=partial(_read_reference, File(content, media_type, cache="no-cache")),
                allow=PUBLIC,
                summary="The reader of the reference.",
                reply=File,
                name=name,
            )
        )
    return registry


async def _read_reference(file: File, ctx: Context) -> File:
    ctx.notes["Content-Security-Policy"] = _REFERENCE_POLICY
    return file


class MetricsPage(RequestHandler):
    """`/metrics`, for loopback, or for who sends the token as a bearer."""

    SUPPORTED_METHODS = ("GET",)
    route = "/metrics"

    def initialize(self, measured: Metrics, token: str, addresses: Addresses) -> None:
        self._measured = measured
        self._token = token
        self._addresses = addresses

    def set_default_headers(self) -> None:
        self.set_header("Server", "qinejia")
        self.set_header("X-Content-Type-Options", "nosniff")

    def get(self) -> None:
        """The measurements of this process as Prometheus text."""
        if not self._may_read():
            self.set_status(403)
            self.finish()
            return
        self.set_header("Content-Type", metrics.MEDIA_TYPE)
        self.set_header("Cache-Control", "no-store")
        self.finish(self._measured.render())

    def compute_etag(self) -> str | None:
        """None: it is different every time."""
        return None

    def _may_read(self) -> bool:
        sent = self.request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._token and hmac.compare_digest(sent.encode(), self._token.encode()):
            return True
        forwarded = self.request.headers.get("X-Forwarded-For", "")
        client = self._addresses.client(self.request.remote_ip or "", forwarded)
        try:
            return not forwarded and ip_address(client).is_loopback
        except ValueError:
            return False
