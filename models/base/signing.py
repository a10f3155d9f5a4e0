"""Keys with names, the tokens they sign, and the short codes they derive.

Every key is a 32-byte secret under a `kid`. The newest signs; older ones verify until `not_after`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import jwt

from models.base.ids import base32

ACCESS_TTL: Final = timedelta(minutes=15)
LEEWAY: Final = timedelta(seconds=30)
ISSUER: Final = "qinejia"
AUDIENCE: Final = "qinejia-api"
CODE_LENGTH: Final = 12  # base32 characters: 60 bits
REFRESH_LENGTH: Final = 32  # base32 characters: 160 bits

_JWT: Final = jwt.PyJWT(options={"enforce_minimum_key_length": True})
_REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub"]


class BadToken(Exception):
    """The token is not one of ours, or no longer."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of token: no key ever signs two kinds, and each is read by its own rules."""

    typ: str
    purpose: bytes
    ttl: timedelta
    claims: tuple[str, ...] = ()  # that must be there besides the usual ones


ACCESS: Final = Kind("at+jwt", b"access", ACCESS_TTL, ("jti", "sid"))
BINDING: Final = Kind("binding+jwt", b"binding", timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Key:
    """One secret; `not_after` is when it stops verifying (None: still signing)."""

    kid: str
    secret: bytes
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """The key ring, newest first. All other secrets are derived from it by purpose."""

    ring: tuple[Key, ...]

    @property
    def current(self) -> Key:
        return self.ring[0]

    def find(self, kid: str, now: datetime) -> Key | None:
        """The key named `kid` if it may still verify at `now`."""
        for key in self.ring:
            if key.kid == kid and (key.not_after is None or now <= key.not_after):
                return key
        return None

    def derive(self, purpose: str, kid: str | None = None) -> bytes:
        """A 32-byte secret for one purpose, so that no key ever serves two."""
        secret = next((key.secret for key in self.ring if key.kid == kid), self.ring[-1].secret)
        return hmac.digest(secret, purpose.encode(), hashlib.sha256)

    def sign_access(self, claims: dict[str, Any], now: datetime) -> str:
        """An access token (RFC 9068 type) with `claims`, valid for `ACCESS_TTL`."""
        return self._sign(ACCESS, claims, now)

    def read_access(self, token: str, now: datetime) -> dict[str, Any]:
        """The claims of an access token we signed, by the rules of RFC 8725. Raises `BadToken`."""
        return self._read(ACCESS, token, now)

    def sign_binding(self, openid: str, now: datetime) -> str:
        """A token for the WeChat account `openid`, with which it can be bound to a person."""
        return self._sign(BINDING, {"sub": openid}, now)

    def read_binding(self, token: str, now: datetime) -> str:
        """The openid in a binding token. Raises `BadToken`."""
        return str(self._read(BINDING, token, now)["sub"])

    def code(self, order: str, version: int, kid: str) -> str:
        """The code a person shows for an order; raising `version` makes the former one void."""
        digest = hmac.digest(
            self.derive("code", kid), f"{order}\0{version}".encode(), hashlib.sha256
        )
        return base32(digest, CODE_LENGTH)

    def refresh_mac(self, family: str, generation: int, kid: str) -> str:
        """What only we can append to a session's id and generation."""
        content = f"{family}\0{generation}".encode()
        digest = hmac.digest(self.derive("refresh", kid), content, hashlib.sha256)
        return base32(digest, REFRESH_LENGTH)

    def _sign(self, kind: Kind, claims: dict[str, Any], now: datetime) -> str:
        body = claims | {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + kind.ttl}
        headers = {"kid": self.current.kid, "typ": kind.typ}
        return _JWT.encode(body, _secret(self.current, kind), "HS256", headers=headers)

    def _read(self, kind: Kind, token: str, now: datetime) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            key = self.find(str(header.get("kid")), now)
            if key is None or header.get("typ") != kind.typ or header.get("alg") != "HS256":
                raise BadToken("header")
            options: Any = {
                "require": [*_REQUIRED, *kind.claims],
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
            }
            claims: dict[str, Any] = _JWT.decode(
                token, _secret(key, kind), ["HS256"], options, audience=AUDIENCE, issuer=ISSUER
            )
        except (jwt.PyJWTError, ValueError, UnicodeError, RecursionError) as fault:
            raise BadToken(type(fault).__name__) from fault
        _check_times(claims, now)
        return claims


def _secret(key: Key, kind: Kind) -> bytes:
    return hmac.digest(key.secret, kind.purpose, hashlib.sha256)


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    """Against the injected clock; only real integers count (PyJWT would take "1700000000")."""
    issued, expires = claims["iat"], claims["exp"]
    if type(issued) is not int or type(expires) is not int:
        raise BadToken("times")
    present = now.timestamp()
    if expires + LEEWAY.total_seconds() < present or issued - LEEWAY.total_seconds() > present:
        raise BadToken("expired")


def fingerprint(code: str) -> str:
    """What is stored of a code: its SHA-256 in hex."""
    return hashlib.sha256(code.encode()).hexdigest()
