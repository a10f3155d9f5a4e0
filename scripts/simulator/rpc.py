"""Aliyun's RPC protocol: who is calling is proved by an HMAC-SHA1 over every parameter."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

FRESH: Final = timedelta(minutes=15)
NONCES_KEPT: Final = 100_000
_REQUIRED: Final = (
    "AccessKeyId",
    "Action",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureVersion",
    "Timestamp",
    "Version",
)


class BusinessRefusal(Exception):
    """A `Code` other than OK, answered with HTTP 200."""


class RpcRefusal(Exception):
    """An error before any business: its own HTTP status and code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


def string_to_sign(method: str, params: Mapping[str, str]) -> str:
    """What both sides sign: method, path and sorted parameters, blank ones too, quoted twice."""
    pairs = sorted((name, value) for name, value in params.items() if name != "Signature")
    query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    return f"{method}&%2F&{_quoted(query)}"


def signature(secret: str, text: str) -> str:
    """The base64 HMAC-SHA1 of `text` under the access key's secret."""
    digest = hmac.digest(f"{secret}&".encode(), text.encode(), hashlib.sha1)
    return base64.b64encode(digest).decode()


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


class Caller:
    """The one account that may call, and the nonces it has used."""

    def __init__(self, key_id: str, secret: str) -> None:
        self._key_id = key_id
        self._secret = secret
        self._nonces: dict[str, None] = {}

    def verify(self, method: str, params: Mapping[str, str]) -> None:
        """Refuse a call that is incomplete, forged, stale or a repeat."""
        self._check_form(params)
        self._check_time(params["Timestamp"])
        text = string_to_sign(method, params)
        if not hmac.compare_digest(
            signature(self._secret, text).encode(), params["Signature"].encode()
        ):
            words = "Specified signature is not matched with our calculation. "
            raise RpcRefusal(
                400, "SignatureDoesNotMatch", f"{words}server string to sign is:{text}"
            )
        self._spend(params["SignatureNonce"])

    def _check_form(self, params: Mapping[str, str]) -> None:
        for name in _REQUIRED:
            if not params.get(name):
                raise RpcRefusal(400, f"Missing{name}", f"{name} is mandatory for this action.")
        if params["AccessKeyId"] != self._key_id:
            words = "Specified access key is not found."
            raise RpcRefusal(404, "InvalidAccessKeyId.NotFound", words)
        if (params["SignatureMethod"], params["SignatureVersion"]) != ("HMAC-SHA1", "1.0"):
            words = "The specified signature method or version is not supported."
            raise RpcRefusal(400, "InvalidSignatureMethod", words)

    def _check_time(self, stamp: str) -> None:
        try:
            at = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            words = "Specified time stamp is not well formatted."
            raise RpcRefusal(400, "InvalidTimeStamp.Format", words) from None
        if abs(datetime.now(UTC) - at) > FRESH:
            words = "Specified time stamp or date value is expired."
            raise RpcRefusal(400, "InvalidTimeStamp.Expired", words)

    def _spend(self, nonce: str) -> None:
        if nonce in self._nonces:
            words = "Specified signature nonce was used already."
            raise RpcRefusal(400, "SignatureNonceUsed", words)
        self._nonces[nonce] = None
        if len(self._nonces) > NONCES_KEPT:
            del self._nonces[next(iter(self._nonces))]
