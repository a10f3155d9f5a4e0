"""The one request handler of the API: what every request needs, around the endpoint's function.

Headers decide first (address, route, session, role, limits, body size), before any of the body is
kept. What is refused is answered as a problem, and nothing a client sends ends in a traceback.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from handlers.base.authenticate import Authenticator
from handlers.base.bodies import Taker
from handlers.base.content import File, Shared
from handlers.base.endpoint import Endpoint
from handlers.base.limits import Addresses, RequestLimits
from handlers.base.metrics import Metrics
from handlers.base.pages import SharedPages
from handlers.base.plan import Plan, if_match
from handlers.base.problems import Internal, as_refusal, headers, is_of_the_database, problem
from handlers.base.replies import disposition, matches, pieces
from handlers.base.router import Router
from models.base.addresses import counted_as
from models.base.context import NOBODY, Actor, Context, House
from models.base.errors import BadRequest, NotFound, Refusal
from models.base.quotas import Rate

DRAINED: Final = (
    1024 * 1024
)  # bytes of a refused body read and thrown away, so that the reply is read
UNKNOWN_ROUTE: Final = "(none)"

_log: Final = logging.getLogger(__name__)
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Desk:
    """What all requests of one application share."""

    house: House
    router: Router[Plan]
    authenticator: Authenticator
    limits: RequestLimits
    addresses: Addresses
    pages: SharedPages
    metrics: Metrics


def routes(endpoints: Iterable[Endpoint]) -> Router[Plan]:
    """The router of all `endpoints`, each ready to run."""
    router: Router[Plan] = Router()
    for endpoint in endpoints:
        router.add(endpoint.method, endpoint.path, Plan(endpoint))
    return router


@stream_request_body
class Dispatch(RequestHandler):
    """One request."""

    SUPPORTED_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")

    def initialize(self, desk: Desk) -> None:
        self.desk = desk
        self.route = UNKNOWN_ROUTE
        self.refusal: Refusal | None = None
        self.taker: Taker | None = None
        self.running = False
        self.received = 0  # bytes of body
        self.request_id = ""
        self.language = "zh"
        self.person = ""
        desk.metrics.in_flight += 1

    def set_default_headers(self) -> None:
        self.set_header("Server", "qinejia")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")

    async def prepare(self) -> None:
        connection: Any = self.request.connection
        connection.set_max_body_size(2**62)  # counted here, where the answer is a problem
        length = self._length()
        self._introduce()
        try:
            await self._admit(length)
        except Exception as fault:  # every fault becomes a problem
            self._refuse(fault)
            if (length or 0) > DRAINED or "Expect" in self.request.headers:
                self._answer_refusal()

    def data_received(self, chunk: bytes) -> None:
        self.received += len(chunk)
        if self.refusal is None and self.taker is not None:
            try:
                self.taker.take(chunk)
            except Exception as fault:  # every fault becomes a problem
                self._refuse(fault)
        if self.refusal is not None and self.received > DRAINED and not self._finished:
            self._answer_refusal()

    async def answer(self) -> None:
        """Run the endpoint and reply; every verb comes here once the body has arrived."""
        if self.refusal is None:
            self.running = True
            try:
                await self._run()
            except StreamClosedError:
                return
            except Exception as fault:  # every fault becomes a problem
                self._refuse(fault)
        if self.refusal is not None and not self._finished:
            self._answer_refusal()

    get = head = post = put = delete = patch = options = answer

    def on_connection_close(self) -> None:
        super().on_connection_close()
        if not self.running and not self._finished:
            self.on_finish()

    def on_finish(self) -> None:
        self.desk.metrics.in_flight -= 1
        self._let_go()

    def compute_etag(self) -> str | None:
        """None: an ETag is sent only where an endpoint asks for one."""
        return None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """What Tornado refuses by itself, such as an unknown verb, in the shape of all refusals."""
        if not self.request_id:
            self._introduce()
        self._refuse(kwargs["exc_info"][1])
        self._answer_refusal()

    def log_exception(self, *info: Any) -> None:
        """Nothing: `_refuse` has logged what is worth it."""

    def _length(self) -> int | None:
        """Bytes of body announced; None where it comes in chunks."""
        if "Transfer-Encoding" in self.request.headers:
            return None
        announced = self.request.headers.get("Content-Length", "0")
        return int(announced) if announced.isdecimal() else 0  # Tornado refuses anything else

    def _introduce(self) -> None:
        """Whose request this is, in which language, and its id."""
        given, peer = self.request.headers, self.request.remote_ip or ""
        self.address = self.desk.addresses.client(peer, given.get("X-Forwarded-For", ""))
        inbound = given.get("X-Request-Id", "")
        known = self.desk.addresses.trusts(peer) and _REQUEST_ID.fullmatch(inbound)
        self.request_id = inbound if known else secrets.token_hex(8)
        self.set_header("X-Request-Id", self.request_id)
        if given.get("Accept-Language", "").lower().startswith("en"):
            self.language = "en"

    async def _admit(self, length: int | None) -> None:
        """All that the headers can decide. Raises the refusal."""
        desk, given = self.desk, self.request.headers
        self.plan, self.values = desk.router.find(self.request.method or "", self.request.path)
        self.route = self.plan.endpoint.path
        self.now = desk.house.clock()
        self.actor = await self._actor()
        self.plan.admit(self.actor)
        self.key = self.plan.idempotency_key(given.get("Idempotency-Key", ""))
        self.version = if_match(given.get("If-Match"))
        self.taker = self.plan.intake.open(given, length)

    async def _actor(self) -> Actor:
        if self.plan.public:
            self._spend(f"address {counted_as(self.address)}", self.desk.limits.per_address)
            return NOBODY
        authorization = self.request.headers.get("Authorization", "")
        try:
            session = await self.desk.authenticator.session(authorization, self.now)
            if self.plan.endpoint.fresh:
                await self.desk.authenticator.confirm(session)
        except Refusal:
            self._spend(f"address {counted_as(self.address)}", self.desk.limits.per_address)
            raise
        self.person = session.actor.id
        self._spend(f"person {self.person}", self.desk.limits.per_person)
        return session.actor

    def _spend(self, who: str, general: Rate) -> None:
        """Count this request of `who`, in general and against the endpoint's own limit."""
        limits, own = self.desk.limits, self.plan.endpoint.limit
        if limits.exempts(self.address):
            return
        limits.spend(who, general)
        if own is not None:
            limits.spend(f"{who} {self.request.method} {self.route}", own)

    async def _run(self) -> None:
        plan, request = self.plan, self.request
        assert self.taker is not None
        arguments = plan.arguments(self.values, request.query_arguments, self.language)
        request_hash = plan.add_body(arguments, self.taker, self.language)
        context = Context(
            house=self.desk.house,
            actor=self.actor,
            now=self.now,
            request_id=self.request_id,
            address=self.address,
            idempotency_key=self.key,
            if_match=self.version,
            request_hash=request_hash,
            language=self.language,
        )
        reply = await plan.endpoint.call(context, **arguments)
        self.set_status(plan.endpoint.status)
        for name, text in context.notes.items():
            self.set_header(name, text)
        await self._reply(reply)

    async def _reply(self, reply: Any) -> None:
        if self.plan.gives_shared:
            await self._send_shared(reply)
        elif self.plan.gives_file:
            await self._send_file(reply)
        elif self.plan.endpoint.status == 204:
            self.clear_header("Content-Type")
            self.finish()
        else:
            self._send(_encode(reply))

    async def _send_shared(self, reply: Shared[Any]) -> None:
        page = await self.desk.pages.read(reply.key, reply.ttl, reply.load)
        self.set_header("ETag", page.etag)
        self.set_header("Cache-Control", "private, no-cache")  # keep it, but ask
        self._send(page.content)

    async def _send_file(self, reply: File) -> None:
        self.set_header("Cache-Control", reply.cache)
        self.set_header("Content-Disposition", disposition(reply))
        if isinstance(reply.content, bytes):
            self._send(reply.content, reply.media_type)
            return
        self.set_header("Content-Type", reply.media_type)
        if reply.size is not None:
            self.set_header("Content-Length", str(reply.size))
        content, left = reply.content, reply.size
        async for piece in pieces(content) if isinstance(content, Path) else content:
            self.write(piece)
            left = None if left is None else left - len(piece)
            if left == 0:
                break  # whoever has it all may be gone before one has asked for the end of it
            await self.flush()
        self.finish()

    def _send(self, content: bytes, media_type: str = "application/json") -> None:
        etag = self._headers.get("ETag")
        if etag and matches(self.request.headers.get("If-None-Match", ""), etag):
            self.set_status(304)
            self.finish()
            return
        self.set_header("Content-Type", media_type)
        self.finish(content)

    def _refuse(self, fault: Exception) -> None:
        """Remember why; log what operators should know, in full only what nobody foresaw."""
        if isinstance(fault, HTTPError):
            fault = _tornados(fault, self.desk.router, self.request.path)
        self.refusal = as_refusal(fault, self.request_id)
        extra = {"request_id": self.request_id, "route": self.route}
        if isinstance(self.refusal, Internal):
            _log.error("unexpected", exc_info=fault, extra=extra)
        elif is_of_the_database(fault):
            _log.warning("the database did not do it: %r", fault, extra=extra)
        if not self.running:
            self._let_go()

    def _answer_refusal(self) -> None:
        assert self.refusal is not None
        if self._headers_written:  # a file broke off half way: the reader must notice
            self.request.connection.close()  # type: ignore[union-attr]
            return
        self.set_status(self.refusal.status)
        for name, text in headers(self.refusal).items():
            self.set_header(name, text)
        self.finish(problem(self.refusal, self.language, self.request_id))

    def _let_go(self) -> None:
        """Forget the body."""
        if self.taker is not None:
            self.taker.discard()
            self.taker = None


def _tornados(fault: HTTPError, router: Router[Plan], path: str) -> Refusal:
    """Tornado's own errors: a verb it does not know, or a malformed request."""
    if fault.status_code != 405:
        return BadRequest()
    try:
        router.find("", path)
    except Refusal as refusal:
        return refusal
    return NotFound()
