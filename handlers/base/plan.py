"""An endpoint made ready to run: everything that can be decided once is decided at start-up."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_origin

import msgspec

from handlers.base.bodies import Intake, Taker
from handlers.base.content import File, Shared
from handlers.base.decode import PathDecoder, QueryDecoder
from handlers.base.endpoint import Endpoint
from handlers.base.problems import IdempotencyKeyMalformed, IdempotencyKeyNeeded, IfMatchMalformed
from models.base.context import Actor
from models.base.errors import Forbidden

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_IF_MATCH: Final = re.compile(r'"([1-9][0-9]{0,9})"')
_CANONICAL: Final = msgspec.json.Encoder(order="deterministic")

Arguments = Mapping[str, Sequence[bytes]]


class Plan:
    """One endpoint with its decoders."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.public = not endpoint.allow
        self.intake = Intake(endpoint.body)
        names = re.findall(r"\{([a-z_]+)\}", endpoint.path)
        self._path = PathDecoder((name, endpoint.path_types[name]) for name in names)
        self._query = QueryDecoder(endpoint.query)
        self._salt = f"{endpoint.method} {endpoint.path}".encode()
        self.gives_file = endpoint.reply is File
        self.gives_shared = Shared in (endpoint.reply, get_origin(endpoint.reply))

    def admit(self, actor: Actor) -> None:
        """Raises `Forbidden` unless the actor holds one of the declared roles."""
        if not self.public and self.endpoint.allow.isdisjoint(actor.roles):
            raise Forbidden

    def idempotency_key(self, given: str) -> str:
        """The key, where this endpoint acts once.

        Raises `IdempotencyKeyNeeded`, `IdempotencyKeyMalformed`.
        """
        if not self.endpoint.once:
            return ""
        if not given:
            raise IdempotencyKeyNeeded
        if not _KEY.fullmatch(given):
            raise IdempotencyKeyMalformed
        return given

    def arguments(self, values: tuple[str, ...], query: Arguments, language: str) -> dict[str, Any]:
        """The keyword arguments from address and query."""
        arguments = self._path(values) if values else {}
        decoded = self._query(query, language) if query or self.endpoint.query else None
        if self.endpoint.query is not None:
            arguments["query"] = decoded
        return arguments

    def add_body(self, arguments: dict[str, Any], taker: Taker, language: str) -> bytes:
        """Decode the body into `arguments` and return the request's hash, where it acts once."""
        body, raw = taker.value(language)
        request_hash = b""
        if self.endpoint.once:
            request_hash = self._hash(arguments, raw or _CANONICAL.encode(body))
        if self.endpoint.body is not None:
            arguments["body"] = body
        return request_hash

    def _hash(self, arguments: Mapping[str, Any], body: bytes) -> bytes:
        """SHA-256 over verb, pattern, path values, query and body, whatever its spacing."""
        return hashlib.sha256(b"\0".join((self._salt, _CANONICAL.encode(arguments), body))).digest()


def if_match(header: str | None) -> int | None:
    """The version of `If-Match: "3"`; None without it or for `*`. Raises `IfMatchMalformed`."""
    if header is None or header.strip() == "*":
        return None
    found = _IF_MATCH.fullmatch(header.strip())
    if not found:
        raise IfMatchMalformed
    return int(found[1])
