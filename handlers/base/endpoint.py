"""An endpoint is declared once: address, roles, types and summary stand at its function.

    @post("/api/v1/meals", allow=EVERYONE, once=True)
    async def order_lunch(ctx: Context, body: LunchOrder) -> Order:
        "Order lunch in a sitting."

Routing, permissions, decoding, limits and OpenAPI are all computed from this record. What is
declared wrongly fails at import with `DeclarationError`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict, TypeVar, Unpack, get_type_hints

from handlers.base.limits import rate
from models.base.quotas import Rate
from models.base.roles import Role

Handler = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Handler)

METHODS: Final = ("GET", "POST", "PUT", "DELETE")
_NAMES: Final = re.compile(r"\{([a-z_]+)\}")
_PATH: Final = re.compile(r"(/([A-Za-z0-9_.-]+|\{[a-z_]+\}))+")
_RESERVED: Final = ("ctx", "body", "query")


class DeclarationError(Exception):
    """An endpoint is declared in a way that cannot work."""


class Options(TypedDict, total=False):
    """What a declaration may say besides its address and roles."""

    once: bool  # creates an order or moves money: Idempotency-Key is required, the reply is 201
    limit: str  # such as "20/minute": per person, or per address where nobody is signed in
    status: int  # of the reply, where it is neither 200, 201 (once) nor 204 (Empty)
    tag: str  # group in the reference; otherwise the segment after /api/v1/
    versioned: bool  # reads If-Match
    fresh: bool  # gates, money, approvals, roles: the session is read, never remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address and verb. `call(ctx, **path names, body=, query=)` answers it.

    `path_types`, `body`, `query` and `reply` are annotations; `body` and `query` are None where the
    endpoint takes none. `allow` empty means that nobody need be signed in.
    """

    method: str
    path: str
    call: Handler
    allow: frozenset[Role]
    summary: str
    reply: Any
    name: str
    description: str = ""
    path_types: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    query: Any = None
    once: bool = False
    limit: Rate | None = None
    status: int = 200
    tag: str = ""
    versioned: bool = False
    fresh: bool = False


class Registry:
    """The endpoints of one application, in the order they were declared."""

    def __init__(self) -> None:
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._names: set[str] = set()

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._endpoints.values())

    def __len__(self) -> int:
        return len(self._endpoints)

    def register(self, endpoint: Endpoint) -> Endpoint:
        """Add a checked endpoint; for those that are generated. Raises `DeclarationError`."""
        _check(endpoint)
        key = (endpoint.method, _NAMES.sub("{}", endpoint.path))
        if key in self._endpoints or endpoint.name in self._names:
            raise DeclarationError(
                f"{endpoint.method} {endpoint.path} ({endpoint.name}) is declared twice"
            )
        self._endpoints[key] = endpoint
        self._names.add(endpoint.name)
        return endpoint

    def get(
        self, path: str, *, allow: Iterable[Role], **options: Unpack[Options]
    ) -> Callable[[F], F]:
        """Declare a read."""
        return self._declare("GET", path, allow, options)

    def post(
        self, path: str, *, allow: Iterable[Role], **options: Unpack[Options]
    ) -> Callable[[F], F]:
        """Declare something that happens."""
        return self._declare("POST", path, allow, options)

    def put(
        self, path: str, *, allow: Iterable[Role], **options: Unpack[Options]
    ) -> Callable[[F], F]:
        """Declare the replacement of something, which may be repeated without harm."""
        return self._declare("PUT", path, allow, options)

    def delete(
        self, path: str, *, allow: Iterable[Role], **options: Unpack[Options]
    ) -> Callable[[F], F]:
        """Declare a removal."""
        return self._declare("DELETE", path, allow, options)

    def _declare(
        self, method: str, path: str, allow: Iterable[Role], options: Options
    ) -> Callable[[F], F]:
        def declare(call: F) -> F:
            self.register(_read(method, path, call, _roles(path, allow), options))
            return call

        return declare


def _read(
    method: str, path: str, call: Handler, allow: frozenset[Role], options: Options
) -> Endpoint:
    """The record of a declared function, from its signature and docstring."""
    hints = get_type_hints(call, include_extras=True)
    if "return" not in hints:
        raise DeclarationError(f"{method} {path}: the return annotation is missing")
    parameters = list(inspect.signature(call).parameters)
    if parameters[:1] != ["ctx"] or any(name not in hints for name in parameters):
        raise DeclarationError(f"{method} {path}: the parameters are ctx, then annotated ones")
    summary, _, description = (inspect.getdoc(call) or "").partition("\n")
    limit = options.get("limit")
    return Endpoint(
        method=method,
        path=path,
        call=call,
        allow=allow,
        summary=summary,
        description=description.strip(),
        name=f"{call.__module__.rpartition('.')[2]}_{call.__name__}",
        path_types={name: hints[name] for name in parameters if name not in _RESERVED},
        body=hints.get("body"),
        query=hints.get("query"),
        reply=hints["return"],
        once=options.get("once", False),
        limit=rate(limit) if limit else None,
        status=options.get("status", _usual_status(hints["return"], options)),
        tag=options.get("tag", ""),
        versioned=options.get("versioned", False),
        fresh=options.get("fresh", False),
    )


def _usual_status(reply: Any, options: Options) -> int:
    if reply is type(None):
        return 204
    return 201 if options.get("once") else 200


def _roles(path: str, allow: Iterable[Role]) -> frozenset[Role]:
    try:
        return frozenset(Role(role) for role in allow)
    except ValueError as fault:
        raise DeclarationError(f"{path}: {fault}") from fault


def _check(endpoint: Endpoint) -> None:
    where = f"{endpoint.method} {endpoint.path}"
    if endpoint.method not in METHODS or not _PATH.fullmatch(endpoint.path):
        raise DeclarationError(f"{where}: not an address")
    names = _NAMES.findall(endpoint.path)
    if sorted(names) != sorted(endpoint.path_types) or len(set(names)) != len(names):
        raise DeclarationError(f"{where}: the path names {names}, not {list(endpoint.path_types)}")
    if not endpoint.summary:
        raise DeclarationError(f"{where}: the docstring is missing; its first line is the summary")
    if not all(isinstance(role, Role) for role in endpoint.allow):
        raise DeclarationError(f"{where}: unknown role")
    if endpoint.method in ("GET", "DELETE") and endpoint.body is not None:
        raise DeclarationError(f"{where}: takes no body")
    if endpoint.method == "GET" and endpoint.once:
        raise DeclarationError(f"{where}: a read is never once")


registry: Final = Registry()  # of the product; tests make their own
get, post, put, delete = registry.get, registry.post, registry.put, registry.delete
register = registry.register
