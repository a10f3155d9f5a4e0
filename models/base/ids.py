"""Identifiers: prefixed, unguessable, and for orders derived from the idempotency key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

# Crockford's base32: no I, L, O, U, so that a code read aloud or typed is not misread.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEY_LENGTH: Final = 26  # characters of a secret that stands in an address
_FROM_RFC_4648: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET.encode())
_CONFUSED: Final = str.maketrans("ILO", "110", "- ")


def base32(data: bytes, length: int) -> str:
    """The first `length` base32 characters (5 bits each) of `data`."""
    return base64.b32encode(data).translate(_FROM_RFC_4648)[:length].decode()


def new_id(prefix: str) -> str:
    """A fresh identifier with 80 random bits, such as `per_3F2Q...` for prefix `per`."""
    return f"{prefix}_{base32(secrets.token_bytes(10), 16)}"


def new_key() -> str:
    """A fresh secret of 128 random bits that stands in an address, in base32."""
    return base32(secrets.token_bytes(16), KEY_LENGTH)


def order_id(key: bytes, actor: str, idempotency_key: str) -> str:
    """The one order `actor` can mean by `idempotency_key`: the order is its own record."""
    digest = hmac.digest(key, f"{actor}\0{idempotency_key}".encode(), hashlib.sha256)
    return f"ord_{base32(digest, 20)}"


def plain_code(typed: str) -> str:
    """A code as a person typed or a scanner read it, in the form it was issued."""
    return typed.upper().translate(_CONFUSED)
