"""What a client may send as body, query and address: taken as declared, and unable to break it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from handlers.base.content import XLSX
from tests.base.lunches import LUNCH, Toys, toy_registry
from tests.base.web import KEY, Site, problem, serving


@pytest.fixture
def toys() -> Toys:
    return Toys()


@pytest.fixture
async def site(toys: Toys) -> AsyncIterator[Site]:
    async with serving(toy_registry(toys)) as opened:
        yield opened


async def test_an_endpoint_without_a_body_takes_none(site: Site) -> None:
    path = "/api/v1/lunches/ord_1/cancel"
    assert (await site.fetch("POST", path, b"")).code == 200
    assert (await site.fetch("POST", path, {})).code == 200
    reply = await site.fetch("POST", path, {"reason": "x"})
    assert (reply.code, problem(reply)["errors"][0]["pointer"]) == (422, "/reason")


TRAPS = {
    "empty body": (b"", 422),
    "not json": (b"{", 400),
    "bytes after the value": (b'{"sitting":"sit_1"} x', 400),
    "byte order mark": (b'\xef\xbb\xbf{"sitting":"sit_1"}', 400),
    "bad utf-8": (b'{"sitting":"\xff\xfe"}', 400),
    "raw nul": (b'{"sitting":"sit\x00"}', 400),
    "escaped nul": (b'{"sitting":"sit_1","extra":"a\\u0000"}', 422),
    "escaped nul in a key": (b'{"sitting":"sit_1","extra":{"\\u0000":1}}', 422),
    "high surrogate alone": (b'{"sitting":"sit_1","extra":"\\ud800"}', 400),
    "low surrogate alone": (b'{"sitting":"sit_1","extra":"\\udc00"}', 400),
    "NaN": (b'{"sitting":"sit_1","extra":NaN}', 400),
    "infinity": (b'{"sitting":"sit_1","extra":1e999}', 422),
    "huge integer where any value goes": (b'{"sitting":"sit_1","extra":' + b"9" * 40 + b"}", 422),
    "huge integer in a field": (
        b'{"sitting":"sit_1","dishes":[{"name":"x","count":18446744073709551616}]}',
        422,
    ),
    "five thousand digits": (b'{"sitting":"sit_1","extra":' + b"9" * 5000 + b"}", 422),
    "list for an object": (b"[]", 422),
    "null": (b"null", 422),
    "number for text": (b'{"sitting":1}', 422),
    "float for a count": (b'{"sitting":"sit_1","dishes":[{"name":"x","count":1.5}]}', 422),
    "operator as a key": (b'{"sitting":"sit_1","$where":"sleep(1)"}', 422),
    "operator for text": (b'{"sitting":{"$gt":""}}', 422),
    "trailing newline": (b'{"sitting":"sit_1","phone":"13800138000\\n"}', 422),
    "time without offset": (b'{"sitting":"sit_1","at":"2026-11-23T12:00:00"}', 422),
    "open brackets": (b"[" * 60_000, 422),
    "open brackets where any value goes": (b'{"sitting":"sit_1","extra":' + b"[" * 60_000, 400),
    "40 lists in each other": (b'{"sitting":"sit_1","extra":' + b"[" * 40 + b"]" * 40 + b"}", 422),
}


@pytest.mark.parametrize(("body", "status"), TRAPS.values(), ids=TRAPS.keys())
async def test_no_body_can_break_it(site: Site, toys: Toys, body: bytes, status: int) -> None:
    reply = await site.fetch("POST", "/api/v1/lunches", body, Idempotency_Key=KEY)
    assert (reply.code, problem(reply)["status"]) == (status, status)
    assert toys.calls == []


HARMLESS = {
    "operator in text": b'{"sitting":"sit_1","extra":"{$ne: null}"}',
    "a key twice: the last one counts": b'{"sitting":"sit_2","sitting":"sit_1"}',
    "an escaped backslash before u0000": b'{"sitting":"sit_1","extra":"\\\\u0000"}',
    "a pair of surrogates": b'{"sitting":"sit_1","extra":"\\ud83c\\udf5a"}',
    "the largest integer": b'{"sitting":"sit_1","extra":9223372036854775807}',
    "many lists side by side": b'{"sitting":"sit_1","extra":[' + b"[]," * 50 + b"[]]}",
}


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS.keys())
async def test_what_only_looks_dangerous_is_taken(site: Site, body: bytes) -> None:
    reply = await site.fetch("POST", "/api/v1/lunches", body, Idempotency_Key=KEY)
    assert (reply.code, json.loads(reply.body)["sitting"]) == (201, "sit_1")


QUERIES = {
    "unknown name": ("colour=red", "/colour"),
    "name given twice": ("day=a&day=b", "/day"),
    "beyond the bound": ("limit=101", "/limit"),
    "not a number": ("limit=ten", "/limit"),
    "no number": ("limit=", "/limit"),
    "endless number": ("limit=" + "9" * 5000, "/limit"),
    "nul": ("day=%00", "/day"),
    "operator": ("day[$ne]=1", "/day[$ne]"),
    "bad utf-8 value": ("day=%ff", ""),
    "bad utf-8 name": ("%ff=1", ""),
}


@pytest.mark.parametrize(("query", "pointer"), QUERIES.values(), ids=QUERIES.keys())
async def test_no_query_can_break_it(site: Site, query: str, pointer: str) -> None:
    reply = await site.fetch("GET", f"/api/v1/lunches?{query}")
    assert reply.code == 422
    assert [error["pointer"] for error in problem(reply)["errors"]] == [pointer]


async def test_a_query_is_converted_and_has_defaults(site: Site) -> None:
    reply = await site.fetch("GET", "/api/v1/lunches?limit=7", token=None)
    assert json.loads(reply.body) == ["today", "7", "127.0.0.1"]


@pytest.mark.parametrize(
    "value", ["%ff", "%00", "a%2Fb", "a b".replace(" ", "%20"), "x" * 65, "%0a"]
)
async def test_an_address_that_can_name_nothing_is_not_found(
    site: Site, toys: Toys, value: str
) -> None:
    reply = await site.fetch("POST", f"/api/v1/lunches/{value}/cancel")
    assert (reply.code, problem(reply)["code"]) == (404, "not-found")
    assert toys.calls == []


async def test_a_body_above_64_kib_is_refused_and_the_connection_answer_is_read(site: Site) -> None:
    reply = await site.fetch("POST", "/api/v1/lunches", b"x" * 65_537, Idempotency_Key=KEY)
    assert (reply.code, problem(reply)["max_bytes"]) == (413, 65_536)
    whole = json.dumps({"sitting": "sit_1", "extra": "x" * 65_503}).encode()
    assert len(whole) == 65_536
    reply = await site.fetch("POST", "/api/v1/lunches", whole, Idempotency_Key=KEY)
    assert reply.code == 201


def raw_post(site: Site, path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {site.token()}"]
    lines += [f"Idempotency-Key: {KEY}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


async def test_a_huge_body_is_refused_by_its_header_alone(site: Site, toys: Toys) -> None:
    sent = raw_post(site, "/api/v1/lunches", "Content-Length: 10000000000")
    reply = await site.exchange(sent)
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"too-large"' in reply
    assert toys.calls == []


async def test_who_asks_before_sending_is_not_told_to_go_on(site: Site) -> None:
    sent = raw_post(site, "/api/v1/lunches", "Content-Length: 70000", "Expect: 100-continue")
    assert (await site.exchange(sent)).startswith(b"HTTP/1.1 413 ")


async def test_a_chunked_body_is_counted_while_it_arrives(site: Site, toys: Toys) -> None:
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    sent = raw_post(site, "/api/v1/lunches", "Transfer-Encoding: chunked", "Connection: close")
    assert (await site.exchange(sent, *[chunk] * 3, b"0\r\n\r\n")).startswith(b"HTTP/1.1 413 ")
    endless = raw_post(site, "/api/v1/lunches", "Transfer-Encoding: chunked")
    assert (await site.exchange(endless, *[chunk] * 33)).startswith(b"HTTP/1.1 413 ")
    assert toys.calls == []


@pytest.mark.parametrize("length", ["-1", "x", "1_0", "1, 2", "９"])
async def test_a_senseless_length_is_a_400(site: Site, length: str) -> None:
    sent = raw_post(site, "/api/v1/lunches", f"Content-Length: {length}")
    assert (await site.exchange(sent)).startswith(b"HTTP/1.1 400 ")


async def test_json_is_read_as_json_whatever_it_is_called(site: Site) -> None:
    body = json.dumps(LUNCH).encode()
    form = "application/x-www-form-urlencoded"
    reply = await site.fetch(
        "POST", "/api/v1/lunches", body, Idempotency_Key=KEY, Content_Type=form
    )
    assert reply.code == 201


async def test_an_upload_is_a_file_for_as_long_as_the_request(site: Site, toys: Toys) -> None:
    content = bytes(range(256)) * 300
    reply = await site.fetch("PUT", "/api/v1/sheets", content, Content_Type=XLSX)
    assert reply.code == 200
    assert json.loads(reply.body) == {"day": hashlib.sha256(content).hexdigest(), "limit": 1}
    assert [path.exists() for path in toys.uploads] == [False]


async def test_an_upload_of_another_kind_or_size_is_refused(site: Site, toys: Toys) -> None:
    reply = await site.fetch("PUT", "/api/v1/sheets", b"x", Content_Type="image/png")
    assert (reply.code, problem(reply)["accepted"]) == (415, XLSX)
    reply = await site.fetch("PUT", "/api/v1/sheets", b"x" * 100_001, Content_Type=XLSX)
    assert (reply.code, problem(reply)["max_bytes"]) == (413, 100_000)
    assert toys.uploads == []


async def test_a_signed_call_back_is_handed_on_as_it_came(site: Site) -> None:
    reply = await site.fetch("POST", "/api/v1/notices", b"\x00\xff{", token=None, X_Signature="s")
    assert json.loads(reply.body) == ["00ff7b", "s"]


async def until(condition: Callable[[], bool]) -> None:
    """Let the server work until `condition` holds."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


def uploads() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("upload-*"))


async def test_a_client_that_goes_away_in_the_middle_leaves_nothing_behind(
    site: Site, toys: Toys
) -> None:
    before, metrics = uploads(), site.application.desk.metrics
    head = raw_post(site, "/api/v1/sheets", "Content-Length: 99999", f"Content-Type: {XLSX}")
    _, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(head.replace(b"POST", b"PUT", 1) + b"half")
    await until(lambda: metrics.in_flight == 1 and uploads() > before)
    writer.close()
    await until(lambda: metrics.in_flight == 0)
    assert uploads() == before
    assert toys.uploads == []


async def test_after_a_refusal_the_connection_goes_on(site: Site) -> None:
    body = b"x" * 70_000
    refused = raw_post(site, "/api/v1/lunches", f"Content-Length: {len(body)}") + body
    good = b'{"sitting":"sit_1"}'
    taken = raw_post(site, "/api/v1/lunches", f"Content-Length: {len(good)}", "Connection: close")
    reply = await site.exchange(refused, taken + good)
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b"HTTP/1.1 201 " in reply
