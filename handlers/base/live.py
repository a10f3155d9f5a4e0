"""Live updates: a socket on which a signed-in person hears that an order they may see has changed.

The first frame is `{"token": access_token}`; a later one with a fresh token keeps the socket open
beyond the first token's end. The server sends `{order_id, kind, state, version}`,
`{order_id, kind, gone: true}` to who could see the order until now, and `{"resync": true}` when
frames may have been missed: the page then reloads its list.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

import msgspec
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from handlers.base.authenticate import Authenticator, Session
from handlers.base.metrics import Metrics
from handlers.base.problems import UpgradeNeeded, headers, problem
from models.base.clock import Clock
from models.base.errors import SignInNeeded
from models.base.feeds import OrderChanged
from models.base.signing import LEEWAY
from models.base.store import StoreError

GREETING: Final = 5.0  # seconds for the first frame
SWEEP: Final = 1.0  # seconds between two looks for ended sessions
MAX_PENDING: Final = (
    256  # orders waiting to be told on one socket; beyond, a resync stands for them
)
MAX_SOCKETS: Final = 8  # of one person in one process; the oldest gives way
MAX_FRAME: Final = 16 * 1024  # bytes a client may send
PING: Final = 30  # seconds
STALLED: Final = 30.0  # seconds in which a client must have read a frame
GOING_AWAY: Final = 1001
TRY_AGAIN: Final = 1013
SIGN_IN_NEEDED: Final = 4401  # close codes: sign in again
REPLACED: Final = 4409  # the person opened too many
TOO_SLOW: Final = 4408
NOT_UNDERSTOOD: Final = 4400

_encode: Final = msgspec.json.Encoder().encode
_log: Final = logging.getLogger(__name__)


class Feed(Protocol):
    """Where changes of orders come from."""

    def subscribe(self, told: Callable[[OrderChanged | None], None]) -> Callable[[], None]:
        """Call `told` with None as soon as nothing is missed from then on, with every change, and
        with None after a cut; returns how to stop.
        """


class Greeting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The only frame a client sends."""

    token: str


class Frame(msgspec.Struct, frozen=True):
    """An order has changed."""

    order_id: str
    kind: str
    state: str
    version: int


class Gone(msgspec.Struct, frozen=True):
    """An order is nothing of the reader's any more."""

    order_id: str
    kind: str
    gone: bool = True


class Resync(msgspec.Struct, frozen=True):
    """Changes may have been missed."""

    resync: bool = True


_greetings: Final = msgspec.json.Decoder(Greeting)


class Hub:
    """The open sockets of one process, found by visibility token."""

    def __init__(
        self,
        authenticator: Authenticator,
        clock: Clock,
        metrics: Metrics,
        origins: frozenset[str],
        feed: Feed,
    ) -> None:
        self.authenticator = authenticator
        self.clock = clock
        self.origins = origins
        self.greeting = GREETING
        self._metrics = metrics
        self._by_token: defaultdict[str, set[Live]] = defaultdict(set)
        self._sockets: dict[Live, None] = {}  # oldest first
        self._feed = feed
        self._deafen: Callable[[], None] | None = None  # what stops the feed from being heard
        self.hearing = False  # whether changes are told, so that who enters misses none

    def told(self, change: OrderChanged | None) -> None:
        """Pass a change on to those who may see the order; None means that some were missed."""
        if change is None:
            self.hearing = True
            for socket in self._sockets:
                socket.resync()
            return
        readers = self._holding(change.seen_by)
        for socket in readers:
            socket.tell(Frame(change.order_id, change.kind, change.state, change.version))
        for socket in self._holding(change.hidden_from) - readers:
            socket.tell(Gone(change.order_id, change.kind))

    def _holding(self, tokens: Iterable[str]) -> set[Live]:
        """The sockets of those who hold one of these tokens."""
        return set().union(*(self._by_token.get(token, ()) for token in tokens))

    def enter(self, socket: Live, session: Session) -> None:
        """Let a socket hear what its session may see."""
        for token in session.actor.tokens:
            self._by_token[token].add(socket)
        if socket not in self._sockets:
            self._sockets[socket] = None
            person = session.actor.id
            mine = [s for s in self._sockets if s.session and s.session.actor.id == person]
            for extra in mine[:-MAX_SOCKETS]:
                extra.close(REPLACED)
        self._metrics.sockets.set(len(self._sockets))
        if self._deafen is None:
            self._deafen = self._feed.subscribe(self.told)

    def leave(self, socket: Live, session: Session) -> None:
        """Forget a socket."""
        self._sockets.pop(socket, None)
        for token in session.actor.tokens:
            self._by_token[token].discard(socket)
            if not self._by_token[token]:
                del self._by_token[token]
        self._metrics.sockets.set(len(self._sockets))

    async def watch_sessions(self) -> None:
        """Close the sockets whose session has ended or run out; when cancelled, all of them."""
        try:
            while True:
                await asyncio.sleep(SWEEP)
                await self.sweep()
        finally:
            for socket in list(self._sockets):
                socket.close(GOING_AWAY)

    async def sweep(self) -> None:
        """One look at every socket. Without the database nothing is known, nor told to anybody."""
        if not self._sockets and self._deafen is not None:
            self._deafen()
            self._deafen, self.hearing = None, False
        try:
            for socket in list(self._sockets):
                if socket.session is not None and await self._is_over(socket.session):
                    socket.close(SIGN_IN_NEEDED)
        except StoreError as fault:
            _log.warning("sessions of live connections cannot be checked: %s", fault)

    async def _is_over(self, session: Session) -> bool:
        present = self.clock().timestamp() - LEEWAY.total_seconds()
        return session.expires < present or await self.authenticator.is_over(session)


class Live(WebSocketHandler):
    """One socket. What waits is kept per order, so that only the latest version goes out."""

    route = "/api/v1/live"

    def initialize(self, hub: Hub) -> None:
        self._hub = hub
        self.session: Session | None = None
        self._pending: dict[str, Frame | Gone] = {}
        self._missed = False
        self._writer: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def set_default_headers(self) -> None:
        self.set_header("Server", "qinejia")
        self.set_header("X-Content-Type-Options", "nosniff")

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Become a socket; anything but a WebSocket handshake is told so."""
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            refusal = UpgradeNeeded()
            self.set_status(refusal.status)
            for name, text in headers(refusal).items():
                self.set_header(name, text)
            self.set_header("Upgrade", "websocket")
            self.finish(problem(refusal, "zh", ""))
            return
        await super().get(*args, **kwargs)

    def check_origin(self, origin: str) -> bool:
        """The page must come from this host, or from one that is named in the settings."""
        return origin in self._hub.origins or super().check_origin(origin)

    def open(self, *args: str, **kwargs: str) -> None:
        """Wait for the greeting."""
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._hub.greeting, self.close, SIGN_IN_NEEDED)

    async def on_message(self, message: str | bytes) -> None:
        """A greeting, or a fresh token of the same person."""
        try:
            token = _greetings.decode(message).token
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self.close(NOT_UNDERSTOOD)
            return
        try:
            session = await self._hub.authenticator.read(token, self._hub.clock())
        except SignInNeeded:
            self.close(SIGN_IN_NEEDED)
            return
        except StoreError:
            self.close(TRY_AGAIN)
            return
        self._accept(session)

    def on_close(self) -> None:
        """Stop telling."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self.session is not None:
            self._hub.leave(self, self.session)

    def tell(self, frame: Frame | Gone) -> None:
        """Send a frame when the socket is ready for it."""
        self._pending[frame.order_id] = frame
        if len(self._pending) > MAX_PENDING:
            self.resync()
        self._wake()

    def resync(self) -> None:
        """Send a resync instead of all that waits."""
        self._pending.clear()
        self._missed = True
        self._wake()

    def _accept(self, session: Session) -> None:
        former, self.session = self.session, session
        if former is not None and former.actor.id != session.actor.id:
            self.session = former
            self.close(NOT_UNDERSTOOD)
            return
        if former is not None:
            self._hub.leave(self, former)
        self._hub.enter(self, session)
        if former is None:
            if self._deadline is not None:
                self._deadline.cancel()
            if self._hub.hearing:
                self.resync()  # from here on nothing is missed: now is the time to load

    def _wake(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def _write(self) -> None:
        """Send what waits, one frame at a time, as fast as the client reads."""
        try:
            while self._missed or self._pending:
                await asyncio.wait_for(self.write_message(_encode(self._next())), STALLED)
        except TimeoutError:
            self.close(TOO_SLOW)
        except (WebSocketClosedError, StreamClosedError):
            return

    def _next(self) -> Frame | Gone | Resync:
        if self._missed:
            self._missed = False
            return Resync()
        return self._pending.pop(next(iter(self._pending)))
