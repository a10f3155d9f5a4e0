"""Requests made by hand to trip a server over, for tests/test_fuzz.py."""

from __future__ import annotations

import json
from typing import Any, Final

MEAL: Final[dict[str, Any]] = {"sitting_id": "sit_1_20261124_lunch_1120", "portions": 1}
DEEP: Final = '{"a":' * 40 + "1" + "}" * 40
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

NUMBERS: Final = (
    "1" + "0" * 30, "9223372036854775807", "9223372036854775808", "-9223372036854775809", "-1",
    "0", "1e400", "-1e400", "1.5", "1.0", "1e2", "9007199254740993", "NaN", "Infinity",
    "-Infinity", "9" * 5000, "0x1", "01", '"1"', "true", "null", "[]", "[1]", "{}",
)  # fmt: skip

TEXTS: Final = (
    '"\\ud800"', '"\\udc00\\ud800"', '"a\\u0000b"', '""', '"' + "长" * 20_000 + '"',
    '"\\uffff\\u202e\\u200b"', '{"$gt": ""}', '{"$ne": null}', '{"$where": "sleep(9)"}',
    '{"$regex": ".*"}', '["$gt"]', '"$where"', '"$ne"', '"__proto__"', '"sit_1\\n"', "1", "null",
    '"\'; db.dropDatabase(); //"', '"../../etc/passwd"', '"\\"}{"',
)  # fmt: skip

# Whole bodies that are no JSON object, or a strange one.
BODIES: Final = (
    b"", b" ", b"null", b"[]", b'"x"', b"7", b"{", b"}", b"{}}", b"{},", b"{'a': 1}", b"\x00",
    b"\xff\xfe{}", b"\xef\xbb\xbf{}", b'{"a": "\xed\xa0\x80"}', b'{"a": "\xc3\x28"}', b"[" * 60_000,
    b'{"a":' * 10_000, b'{"sitting_id":' + b"[" * 30_000, DEEP.encode(), b'{"$where": "1"}',
    b'{"__proto__": {}}', b'{"sitting_id": "a", "sitting_id": "b"}', b'{"": 1}', b"{" * 64_000,
    b'{"portions": 1, "portions": 2, "sitting_id": "sit_none"}', b"<xml/>", b"a=b&c=d",
)  # fmt: skip

# Addresses under which there is nothing, or nothing for this person.
ADDRESSES: Final = (
    "/api/v1/orders/%7B%22$gt%22:%22%22%7D", "/api/v1/orders/$where", "/api/v1/orders/%00",
    "/api/v1/orders/ord_%00", "/api/v1/orders/%ff%fe", "/api/v1/orders/%ed%a0%80",
    "/api/v1/orders/..%2f..%2fme", "/api/v1/orders/../../../etc/passwd", "/api/v1/orders//",
    "/api/v1/orders/" + "a" * 5000, "/api/v1/orders/%", "/api/v1/orders/%zz", "/api/v1/orders/.",
    "/api/v1/files/..%2f..%2fserver%2fsettings.py", "/api/v1/files/%2e%2e", "/api/v1//orders",
    "/api/v1/meals/sittings?date[$gt]=", "/api/v1/meals/sittings?date=2026-11-24&date=2026-11-25",
    "/api/v1/meals/sittings?date=%00", "/api/v1/meals/sittings?date=99999-01-01",
    "/api/v1/meals/sittings?date=0000-00-00", "/api/v1/meals/sittings?date=2026-11-24&canteen=%ff",
    "/api/v1/meals/sittings?date={%22$gt%22:%22%22}", "/api/v1/meals/days?from=9999-12-31",
    "/api/v1/meals/days?from=0001-01-01", "/api/v1/meals/days?days=99999999999999999999",
    "/api/v1/orders?limit=-1", "/api/v1/orders?limit=1e3",
    "/api/v1/orders?limit=99999999999999999999",
    "/api/v1/orders?after=%00", "/api/v1/orders?after[$ne]=1", "/api/v1/orders?$where=1",
    "/api/v1/orders?state=%7B%22$ne%22:1%7D", "/api/v1/people/colleagues?q=.*", "/api/v1",
    "/api/v1/people/colleagues?q=%00%00",
    "/api/v1/people/colleagues?q=((((((((((((((((a%2B)%2B)%2B",
    "/api/v1/people/colleagues?q=%F0%9F%92%A9%F0%9F%92%A9", "/api/v2/orders", "/api/", "/apix",
    "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd",
    "/assets/../../../../etc/passwd", "/assets/..%5c..%5cetc%5cpasswd", "//etc/passwd",
    "/.git/config",
    "/assets/%00", "/index.html%00.png", "/.env", "/server/settings.py", "/%", "/%ff",
    "/api/docs/../../server/settings.py", "/api/docs/..%2fopenapi.py", "/readyz/..",
)  # fmt: skip

# (name, value) of headers, one at a time.
HEADERS: Final = (
    ("Authorization", "Bearer " + "a" * 10_000), ("Authorization", "Bearer a.b.c"),
    ("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30."), ("Authorization", "Bearer \xff\xfe"),
    ("Authorization", "Negotiate " + "=" * 100), ("Authorization", "Bearer"),
    ("Idempotency-Key", "'; drop --"), ("Idempotency-Key", "\xe9" * 16), ("If-Match", '"0"'),
    ("If-Match", '"99999999999"'), ("If-Match", 'W/"1"'), ("If-Match", "*"), ("If-Match", "\xff"),
    ("If-None-Match", '"' * 1000), ("X-Forwarded-For", "not an address, ::1, 999.1.1.1"),
    ("X-Request-Id", "$(reboot)" * 20), ("Accept-Language", "en;q=\xff" * 50), ("Host", "\xff"),
    ("Accept", "text/plain"), ("Accept-Encoding", "gzip;q=nan, br"), ("Range", "bytes=9-1"),
    ("Content-Type", "multipart/form-data"), ("Content-Type", "multipart/form-data; boundary="),
    ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Type", "text/\xff"),
    ("Content-Type", "application/json; charset=utf-16"), ("Content-Encoding", "gzip"),
    ("Content-Encoding", "deflate"), ("Cookie", "a=\xff; " * 200), ("Upgrade", "websocket"),
    ("Connection", "upgrade, close, keep-alive"), ("Origin", "null"), ("X" * 5000, "1"),
    ("Sec-WebSocket-Key", "x"),
)  # fmt: skip


def _request(line: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [line, "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode("latin1") + body


_POST: Final = "POST /api/v1/sessions HTTP/1.1"
_CHUNKED: Final = "Transfer-Encoding: chunked"

# Bytes on a bare connection.
WIRE: Final = {
    "an unknown verb": _request("PROPFIND /api/v1/orders HTTP/1.1"),
    "a verb nobody needs": _request("TRACE /api/v1/orders HTTP/1.1"),
    "a tunnel": _request("CONNECT example.com:443 HTTP/1.1"),
    "a verb in small letters": _request("get /api/v1/orders HTTP/1.1"),
    "a verb with a NUL": _request("GE\0T /api/v1/orders HTTP/1.1"),
    "a very long verb": _request("G" * 9000 + " / HTTP/1.1"),
    "an old version": b"GET /\r\n\r\n",
    "a version to come": _request("GET /api/v1/orders HTTP/9.9"),
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 50,
    "a whole address": _request("GET http://example.com/api/v1/orders HTTP/1.1"),
    "a star": _request("OPTIONS * HTTP/1.1"),
    "a very long address": _request(f"GET /api/v1/orders/{'a' * 70_000} HTTP/1.1"),
    "a very long header": _request("GET /api/v1/orders HTTP/1.1", "X-Long: " + "a" * 90_000),
    "ten thousand headers": _request("GET / HTTP/1.1", *(f"X-{n}: {n}" for n in range(10_000))),
    "a header without a name": _request("GET /api/v1/orders HTTP/1.1", ": x"),
    "a header with a NUL": _request("GET /api/v1/orders HTTP/1.1", "X: a\0b"),
    "a folded header": _request("GET /api/v1/orders HTTP/1.1", "X: a", "\tb"),
    "two lengths": _request(_POST, "Content-Length: 2", "Content-Length: 3", body=b"{} "),
    "a negative length": _request(_POST, "Content-Length: -1", body=b"{}"),
    "a length in words": _request(_POST, "Content-Length: two", body=b"{}"),
    "a length with a plus": _request(_POST, "Content-Length: +2", body=b"{}"),
    "a length in other digits": _request(_POST, "Content-Length: \xb2", body=b"{}"),
    "an endless length": _request(_POST, f"Content-Length: {10**30}", body=b"{}"),
    "a length and chunks": _request(_POST, _CHUNKED, "Content-Length: 4", body=b"0\r\n\r\n"),
    "a wrong chunk": _request(_POST, _CHUNKED, body=b"zz\r\n{}\r\n0\r\n\r\n"),
    "a negative chunk": _request(_POST, _CHUNKED, body=b"-2\r\n{}\r\n0\r\n\r\n"),
    "an endless chunk": _request(_POST, _CHUNKED, body=b"f" * 40 + b"\r\n{}"),
    "chunks twice over": _request(_POST, "Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "an unknown encoding": _request(_POST, "Transfer-Encoding: gzip", body=b"{}"),
    "too much in chunks": _request(
        _POST, _CHUNKED, body=b"10000\r\n" + b" " * 65536 + b"\r\n" + b"2\r\n{}\r\n0\r\n\r\n"
    ),
    "too much by its length": _request(_POST, "Content-Length: 70000", body=b" " * 70_000),
    "far too much by its length": _request(_POST, f"Content-Length: {10**12}", body=b"{"),
    "a body that never comes": _request(_POST, "Content-Length: 10", body=b"{"),
    "an expectation": _request(_POST, "Expect: 100-continue", "Content-Length: 99999999"),
    "an odd expectation": _request(_POST, "Expect: miracles", "Content-Length: 2", body=b"{}"),
    "a body where none belongs": _request(
        "GET /healthz HTTP/1.1", "Content-Length: 5", body=b"hello"
    ),
    "many requests at once": _request("GET /healthz HTTP/1.1") * 50,
    "nothing but line ends": b"\r\n" * 1000,
    "nothing": b"",
}  # fmt: skip

UPLOADS: Final = (
    b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0",
    b"RIFF\x00\x00\x00\x00WEBP", b"<svg onload=alert(1)>", b"\0" * 100_000, b"%PDF-1.7",
    json.dumps(MEAL).encode(),
)  # fmt: skip
