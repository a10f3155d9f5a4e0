"""From a bearer token to the person who acts, without reading the database."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from models.base.context import Actor
from models.base.errors import SignInNeeded
from models.base.roles import Role
from models.base.signing import LEEWAY, BadToken, Keys

REMEMBERED: Final = 4096  # verified tokens
REMEMBERED_FOR: Final = 60.0  # seconds; a key taken off the ring is in force after that


class Revocations(Protocol):
    """What this process knows of sessions that were ended before their tokens expire."""

    def is_revoked(self, claims: Mapping[str, Any]) -> bool | Awaitable[bool]:
        """Whether the session of `claims` has ended; an awaitable where only a read can tell."""

    async def read(self, claims: Mapping[str, Any]) -> bool:
        """The same, always by a read."""


@dataclass(frozen=True, slots=True)
class Session:
    """A verified token."""

    actor: Actor
    claims: Mapping[str, Any]
    expires: float  # seconds since the epoch
    verified: float


class Authenticator:
    """Verifies access tokens: the signature once in a while, the end of the session every time."""

    def __init__(self, keys: Keys, revocations: Revocations) -> None:
        self._keys = keys
        self._revocations = revocations
        self._seen: OrderedDict[str, Session] = OrderedDict()

    async def session(self, authorization: str, now: datetime) -> Session:
        """The session of an `Authorization` header. Raises `SignInNeeded`."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise SignInNeeded
        return await self.read(token, now)

    async def read(self, token: str, now: datetime) -> Session:
        """The session of an access token. Raises `SignInNeeded`."""
        present = now.timestamp()
        session = self._seen.get(token)
        if session is None or not 0 <= present - session.verified < REMEMBERED_FOR:
            session = self._verify(token, now)
        if session.expires + LEEWAY.total_seconds() < present or await self.is_over(session):
            self._seen.pop(token, None)
            raise SignInNeeded
        return session

    async def confirm(self, session: Session) -> None:
        """Ask the database, not our memory of a second ago. Raises `SignInNeeded`."""
        if await self._revocations.read(session.claims):
            raise SignInNeeded

    async def is_over(self, session: Session) -> bool:
        """Whether the session was ended before its time."""
        revoked = self._revocations.is_revoked(session.claims)
        return revoked if isinstance(revoked, bool) else await revoked

    def _verify(self, token: str, now: datetime) -> Session:
        try:
            claims = self._keys.read_access(token, now)
            actor = actor_of(claims)
        except (BadToken, KeyError, TypeError, ValueError):
            raise SignInNeeded from None
        session = Session(actor, claims, float(claims["exp"]), now.timestamp())
        self._seen[token] = session
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return session


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """The person a token names: `sub, sid, no, name, unit, roles, tokens`."""
    return Actor(
        id=str(claims["sub"]),
        employee_no=str(claims["no"]),
        name=str(claims["name"]),
        unit=str(claims["unit"]),
        roles=frozenset(map(Role, claims["roles"])),
        tokens=frozenset(map(str, claims["tokens"])),
        session=str(claims["sid"]),
    )
