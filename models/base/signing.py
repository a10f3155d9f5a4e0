"""Keys with names, the access tokens they sign, and the short codes they derive.

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
TYPE: Final = "at+jwt"
CODE_LENGTH: Final = 12  # base32 characters: 60 bits

_JWT: Final = jwt.PyJWT(options={"enforce_minimum_key_length": True})
_REQUIRED: Final = ["exp", "iat", "iss", "aud", "sub", "jti", "sid"]


class BadToken(Exception):
    """The token is not one of ours, or no longer."""


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
        body = claims | {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + ACCESS_TTL}
        headers = {"kid": self.current.kid, "typ": TYPE}
        return _JWT.encode(body, self._access(self.current), "HS256", headers=headers)

    def read_access(self, token: str, now: datetime) -> dict[str, Any]:
        """The claims of a token we signed, by the rules of RFC 8725. Raises `BadToken`."""
        try:
            header = jwt.get_unverified_header(token)
            key = self.find(str(header.get("kid")), now)
            if key is None or header.get("typ") != TYPE or header.get("alg") != "HS256":
                raise BadToken("header")
            options: Any = {
                "require": _REQUIRED,
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
            }
            claims: dict[str, Any] = _JWT.decode(
                token, self._access(key), ["HS256"], options, audience=AUDIENCE, issuer=ISSUER
            )
        except (jwt.PyJWTError, ValueError, UnicodeError, RecursionError) as fault:
            raise BadToken(type(fault).__name__) from fault
        _check_times(claims, now)
        return claims

    def code(self, order: str, version: int, kid: str) -> str:
        """The code a person shows for an order; raising `version` makes the former one void."""
        digest = hmac.digest(
            self.derive("code", kid), f"{order}\0{version}".encode(), hashlib.sha256
        )
        return base32(digest, CODE_LENGTH)

    def _access(self, key: Key) -> bytes:
        return hmac.digest(key.secret, b"access", hashlib.sha256)


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
