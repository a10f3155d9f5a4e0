"""Every request: who asks, what is let in, what comes back, and that nothing can break it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta

from handlers.base.content import PNG, XLSX, Empty, File, Raw, RawBody, Shared, Upload, Uploaded
from handlers.base.endpoint import Registry
from handlers.base.limits import rate
from models.base.context import Context
from models.base.errors import Conflict
from models.base.ports import Fate, PortError
from models.base.roles import EVERYONE, PUBLIC, Role
from models.base.shapes import Id, Input, Limit, Moment, Name, Phone, Struct
from models.base.store import Unreachable
from tests.base.web import KEY, Site, problem, serving


class Dish(Input):
    name: Name
    count: Annotated[int, Meta(ge=1, le=9)] = 1


class Lunch(Input):
    sitting: Id
    dishes: Annotated[list[Dish], Meta(max_length=5)] = []
    phone: Phone | None = None
    at: Moment | None = None
    extra: Any = None


class Booked(Struct):
    sitting: str
    by: str
    key: str
    hash: str
    version: int | None


class Wanted(Input):
    day: str = "today"
    limit: Limit = 50


class SittingFull(Conflict):
    code = "sitting-full"
    zh = "本场次已订满，还有 {queue} 人候补。"
    en = "The sitting is full; {queue} people wait."


class Toys:
    """What the toy endpoints did."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.uploads: list[Path] = []
        self.loads = 0
        self.fault: Exception | None = None


def toy_registry(toys: Toys) -> Registry:
    registry = Registry()

    @registry.post("/api/v1/lunches", allow=EVERYONE, once=True)
    async def order(ctx: Context, body: Lunch) -> Booked:
        """Order lunch."""
        toys.calls.append(body)
        if toys.fault:
            raise toys.fault
        return Booked(
            sitting=body.sitting,
            by=ctx.actor.name,
            key=ctx.idempotency_key,
            hash=ctx.request_hash.hex(),
            version=ctx.if_match,
        )

    @registry.get("/api/v1/lunches", allow=PUBLIC)
    async def lunches(ctx: Context, query: Wanted) -> list[str]:
        """The lunches of a day."""
        return [query.day, str(query.limit), ctx.address]

    @registry.post("/api/v1/lunches/{order_id}/cancel", allow={Role.STAFF}, versioned=True)
    async def cancel(ctx: Context, order_id: Id) -> Booked:
        """Cancel a lunch."""
        toys.calls.append(order_id)
        return Booked(sitting=order_id, by=ctx.actor.id, key="", hash="", version=ctx.if_match)

    @registry.delete("/api/v1/lunches/{order_id}", allow={Role.MANAGER})
    async def remove(ctx: Context, order_id: Id) -> Empty:
        """Remove a lunch."""
        toys.calls.append(order_id)

    @registry.get("/api/v1/shared", allow=PUBLIC)
    async def shared(ctx: Context) -> Shared[list[str]]:
        """A page for everyone."""

        async def load() -> list[str]:
            toys.loads += 1
            return ["米饭"]

        return Shared("menu", load, ttl=60)

    @registry.post("/api/v1/codes", allow=PUBLIC, limit="3/minute", status=202)
    async def codes(ctx: Context) -> dict[str, str]:
        """Ask for a code."""
        return {}

    add_files(registry, toys)
    return registry


def add_files(registry: Registry, toys: Toys) -> None:
    @registry.put("/api/v1/sheets", allow=EVERYONE)
    async def sheet(ctx: Context, body: Annotated[Uploaded, Upload(100_000, (XLSX,))]) -> Wanted:
        """Take a sheet."""
        toys.uploads.append(body.path)
        content = await asyncio.to_thread(body.path.read_bytes)
        return Wanted(day=hashlib.sha256(content).hexdigest(), limit=body.size % 100 + 1)

    @registry.post("/api/v1/notices", allow=PUBLIC)
    async def notice(ctx: Context, body: Annotated[RawBody, Raw(1000)]) -> list[str]:
        """Take a signed call-back."""
        return [body.content.hex(), body.headers["x-signature"]]

    @registry.get("/api/v1/picture", allow=PUBLIC)
    async def picture(ctx: Context) -> File:
        """A picture."""
        ctx.notes["ETag"] = '"1"'
        return File(b"png", PNG, filename="午餐.png", cache="private, max-age=60")

    @registry.get("/api/v1/file", allow=PUBLIC)
    async def file(ctx: Context) -> File:
        """A file from disk."""
        return File(Path(__file__), "text/plain", inline=False, filename="a.txt")


@pytest.fixture
def toys() -> Toys:
    return Toys()


@pytest.fixture
async def site(toys: Toys) -> AsyncIterator[Site]:
    async with serving(toy_registry(toys)) as opened:
        yield opened


LUNCH = {"sitting": "sit_1"}


async def test_a_creating_post_answers_201_with_what_the_rule_returned(site: Site) -> None:
    reply = await site.fetch("POST", "/api/v1/lunches", LUNCH, Idempotency_Key=KEY)
    body = json.loads(reply.body)
    assert reply.code == 201
    assert (body["sitting"], body["by"], body["key"]) == ("sit_1", "安安", KEY)
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert len(reply.headers["X-Request-Id"]) == 16


async def test_the_same_request_has_the_same_hash_and_another_body_another(site: Site) -> None:
    async def hashed(body: bytes) -> Any:
        reply = await site.fetch("POST", "/api/v1/lunches", body, Idempotency_Key=KEY)
        return json.loads(reply.body)["hash"]

    first = await hashed(b'{"sitting":"sit_1","extra":{"a":1,"b":2}}')
    assert len(first) == 64
    assert await hashed(b' { "extra": {"b":2, "a":1}, "sitting" : "sit_1" } ') == first
    assert await hashed(b'{"sitting":"sit_2","extra":{"a":1,"b":2}}') != first


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "has space in it!", "0123456789abcdé"])
async def test_a_creating_post_without_a_proper_key_is_refused(
    site: Site, toys: Toys, key: str
) -> None:
    headers = {"Idempotency_Key": key.encode().decode("latin1")} if key else {}
    reply = await site.fetch("POST", "/api/v1/lunches", LUNCH, **headers)
    assert (reply.code, problem(reply)["code"]) == (400, "idempotency-key-needed")
    assert toys.calls == []


async def test_who_is_not_signed_in_is_told_so_before_anything_else(site: Site, toys: Toys) -> None:
    for token in (None, "junk", "a.b.c", site.token(roles=("emperor",))):
        reply = await site.fetch("DELETE", "/api/v1/lunches/ord_1", token=token)
        assert (reply.code, problem(reply)["code"]) == (401, "sign-in-needed")
        assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert toys.calls == []


async def test_a_role_outside_allow_is_refused_and_nothing_runs(site: Site, toys: Toys) -> None:
    reply = await site.fetch("DELETE", "/api/v1/lunches/ord_1")
    assert (reply.code, problem(reply)["code"]) == (403, "forbidden")
    assert toys.calls == []
    manager = site.token(roles=("staff", "manager"))
    reply = await site.fetch("DELETE", "/api/v1/lunches/ord_1", token=manager)
    assert (reply.code, reply.body) == (204, b"")
    assert toys.calls == ["ord_1"]


@pytest.mark.parametrize("by_reading", [False, True])
async def test_an_ended_session_is_refused_at_once(site: Site, by_reading: bool) -> None:
    site.ended.by_reading = by_reading
    path, token = "/api/v1/lunches/ord_1/cancel", site.token()
    assert (await site.fetch("POST", path, token=token)).code == 200
    site.ended.sids.add("ses_per_ann")
    assert (await site.fetch("POST", path, token=token)).code == 401


async def test_a_token_ends_by_the_clock_even_if_it_was_seen_before(site: Site) -> None:
    path, token = "/api/v1/lunches/ord_1/cancel", site.token()
    assert (await site.fetch("POST", path, token=token)).code == 200
    site.clock.forward(minutes=14)
    assert (await site.fetch("POST", path, token=token)).code == 200
    site.clock.forward(minutes=2)
    assert (await site.fetch("POST", path, token=token)).code == 401


async def test_if_match_is_a_quoted_version(site: Site, toys: Toys) -> None:
    path = "/api/v1/lunches/ord_1/cancel"
    for header, version in {'"3"': 3, "*": None, ' "12" ': 12}.items():
        reply = await site.fetch("POST", path, {}, If_Match=header)
        assert json.loads(reply.body)["version"] == version
    calls = list(toys.calls)
    for header in ("3", 'W/"3"', '"0"', '"x"', '"99999999999"', '"1", "2"'):
        reply = await site.fetch("POST", path, {}, If_Match=header)
        assert (reply.code, problem(reply)["code"]) == (400, "if-match-malformed")
    assert toys.calls == calls


async def test_an_endpoint_without_a_body_takes_none(site: Site) -> None:
    path = "/api/v1/lunches/ord_1/cancel"
    assert (await site.fetch("POST", path, b"")).code == 200
    assert (await site.fetch("POST", path, {})).code == 200
    reply = await site.fetch("POST", path, {"reason": "x"})
    assert (reply.code, problem(reply)["errors"][0]["pointer"]) == (422, "/reason")


async def test_refusals_are_chinese_and_on_request_english(site: Site, toys: Toys) -> None:
    toys.fault = SittingFull(queue=3)
    reply = await site.fetch("POST", "/api/v1/lunches", LUNCH, Idempotency_Key=KEY)
    assert problem(reply) == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "sitting-full",
        "detail": "本场次已订满，还有 3 人候补。",
        "queue": 3,
        "request_id": reply.headers["X-Request-Id"],
    }
    english = await site.fetch(
        "POST", "/api/v1/lunches", LUNCH, Idempotency_Key=KEY, Accept_Language="en-GB,en;q=0.9"
    )
    assert problem(english)["detail"] == "The sitting is full; 3 people wait."


async def test_a_wrong_field_is_named_by_its_pointer_in_the_readers_language(site: Site) -> None:
    body = {"sitting": "sit_1", "dishes": [{"name": "饭"}, {"name": "汤", "count": 10}]}
    reply = await site.fetch("POST", "/api/v1/lunches", body, Idempotency_Key=KEY)
    assert (reply.code, problem(reply)["code"]) == (422, "fields-wrong")
    assert problem(reply)["errors"] == [{"pointer": "/dishes/1/count", "detail": "不能大于 9"}]
    english = await site.fetch(
        "POST", "/api/v1/lunches", {}, Idempotency_Key=KEY, Accept_Language="en"
    )
    said = [{"pointer": "/sitting", "detail": "This field is required"}]
    assert problem(english)["errors"] == said


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


async def test_an_unknown_address_is_404_and_a_wrong_verb_405_with_allow(site: Site) -> None:
    assert problem(await site.fetch("GET", "/api/v1/nowhere", token=None))["code"] == "not-found"
    for method in ("PATCH", "OPTIONS", "TRACE", "PUT", "BREW"):
        reply = await site.fetch(method, "/api/v1/lunches")
        assert (reply.code, problem(reply)["code"]) == (405, "method-not-allowed")
        assert reply.headers["Allow"] == "GET, HEAD, POST"
    assert problem(await site.fetch("TRACE", "/api/v1/nowhere"))["status"] == 404


async def test_head_is_get_without_the_body(site: Site) -> None:
    reply = await site.fetch("HEAD", "/api/v1/lunches", token=None)
    assert (reply.code, reply.body) == (200, b"")
    assert reply.headers["Content-Length"] == str(len('["today","50","127.0.0.1"]'))


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


async def test_a_file_reply_carries_name_kind_and_cache(site: Site) -> None:
    reply = await site.fetch("GET", "/api/v1/picture", token=None)
    assert (reply.code, reply.body) == (200, b"png")
    assert reply.headers["Content-Type"] == "image/png"
    assert reply.headers["Cache-Control"] == "private, max-age=60"
    assert reply.headers["Content-Disposition"] == (
        "inline; filename*=UTF-8''%E5%8D%88%E9%A4%90.png"
    )
    reply = await site.fetch("GET", "/api/v1/picture", token=None, If_None_Match='"1"')
    assert (reply.code, reply.body) == (304, b"")


async def test_a_file_on_disk_is_sent_whole(site: Site) -> None:
    reply = await site.fetch("GET", "/api/v1/file", token=None)
    assert reply.body == await asyncio.to_thread(Path(__file__).read_bytes)
    assert reply.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a.txt"


async def test_a_shared_page_is_loaded_once_and_has_an_etag(site: Site, toys: Toys) -> None:
    replies = [await site.fetch("GET", "/api/v1/shared", token=None) for _ in range(3)]
    assert [json.loads(reply.body) for reply in replies] == [["米饭"]] * 3
    assert toys.loads == 1
    etag = replies[0].headers["ETag"]
    reply = await site.fetch("GET", "/api/v1/shared", token=None, If_None_Match=etag)
    assert (reply.code, reply.body) == (304, b"")


async def test_what_nobody_foresaw_is_a_500_without_detail(
    site: Site, toys: Toys, expect_log: Callable[[str], None]
) -> None:
    expect_log("handlers.base.dispatch: unexpected")
    toys.fault = RuntimeError("the secret is 42")
    reply = await site.fetch("POST", "/api/v1/lunches", LUNCH, Idempotency_Key=KEY)
    assert (reply.code, problem(reply)["code"]) == (500, "internal")
    assert b"42" not in reply.body


async def test_what_is_away_is_a_503_with_retry_after(site: Site, toys: Toys) -> None:
    for fault in (Unreachable("gone"), PortError("sms", "x", Fate.FAILED)):
        toys.fault = fault
        reply = await site.fetch("POST", "/api/v1/lunches", LUNCH, Idempotency_Key=KEY)
        assert (reply.code, problem(reply)["code"]) == (503, "unavailable")
        assert reply.headers["Retry-After"] == "2"


async def test_a_date_beyond_all_calendars_is_a_422(site: Site, toys: Toys) -> None:
    toys.fault = OverflowError("date value out of range")
    reply = await site.fetch("POST", "/api/v1/lunches", LUNCH, Idempotency_Key=KEY)
    assert (reply.code, problem(reply)["code"]) == (422, "out-of-range")


async def test_an_endpoints_own_limit_counts_per_address(site: Site) -> None:
    codes = [(await site.fetch("POST", "/api/v1/codes", token=None)).code for _ in range(4)]
    assert codes == [202, 202, 202, 429]
    reply = await site.fetch("POST", "/api/v1/codes", token=None)
    assert reply.headers["Retry-After"] == "60"
    site.clock.forward(seconds=60)
    assert (await site.fetch("POST", "/api/v1/codes", token=None)).code == 202


async def test_guessing_tokens_is_limited_by_address(toys: Toys) -> None:
    path = "/api/v1/lunches/ord_1/cancel"
    async with serving(toy_registry(toys), per_address=rate("2/day")) as site:
        codes = [(await site.fetch("POST", path, token="guess")).code for _ in range(3)]
        assert codes == [401, 401, 429]
        assert (await site.fetch("POST", path)).code == 200  # a colleague at the same address


async def test_a_person_is_limited_wherever_they_are(toys: Toys) -> None:
    path, two = "/api/v1/lunches/ord_1/cancel", rate("2/day")
    async with serving(toy_registry(toys), per_person=two) as site:
        codes = [(await site.fetch("POST", path)).code for _ in range(3)]
        assert codes == [200, 200, 429]
        assert (await site.fetch("POST", path, token=site.token("per_bob"))).code == 200
    loopback = (ip_network("127.0.0.0/8"),)
    async with serving(toy_registry(toys), per_person=two, rate_limit_exempt=loopback) as site:
        assert {(await site.fetch("POST", path)).code for _ in range(5)} == {200}


async def test_health_needs_no_session_and_readiness_names_what_is_missing(site: Site) -> None:
    assert json.loads((await site.fetch("GET", "/healthz", token=None)).body) == {"status": "ok"}
    assert (await site.fetch("GET", "/readyz", token=None)).code == 200
    site.missing.append("database")
    reply = await site.fetch("GET", "/readyz", token=None)
    assert (reply.code, problem(reply)["missing"]) == (503, "database")


async def test_metrics_are_for_loopback_or_a_token_and_by_pattern(toys: Toys) -> None:
    async with serving(toy_registry(toys), metrics_token="scrape") as site:
        await site.fetch("POST", "/api/v1/lunches/ord_1/cancel")
        text = (await site.fetch("GET", "/metrics", token=None)).body.decode()
        pattern = 'http_replies_total{method="POST",route="/api/v1/lunches/{order_id}/cancel"'
        assert f'{pattern},status="200"}} 1.0' in text
        assert "ord_1" not in text
        assert "http_requests_in_flight 0.0" in text
        through = {"X_Forwarded_For": "203.0.113.9"}
        assert (await site.fetch("GET", "/metrics", token=None, **through)).code == 403
        assert (await site.fetch("GET", "/metrics", token="scrape", **through)).code == 200


async def test_the_access_log_has_the_pattern_and_no_secret(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "access")
    await site.fetch("POST", "/api/v1/lunches/ord_1/cancel")
    await site.fetch("GET", "/api/v1/lunches?day=secret", token=None)
    first, second = [vars(record) for record in caplog.records if record.name == "access"]
    assert (first["method"], first["route"]) == ("POST", "/api/v1/lunches/{order_id}/cancel")
    assert (first["status"], first["person"], first["address"]) == (200, "per_ann", "127.0.0.1")
    assert "secret" not in str(second)
    assert second["person"] == ""


async def test_an_inbound_request_id_is_kept_only_from_a_proxy(toys: Toys) -> None:
    given = {"X_Request_Id": "abc-12345", "X_Forwarded_For": "198.51.100.1, 203.0.113.9"}
    async with serving(toy_registry(toys)) as site:
        reply = await site.fetch("GET", "/api/v1/lunches", token=None, **given)
        assert reply.headers["X-Request-Id"] != "abc-12345"
        assert json.loads(reply.body)[2] == "127.0.0.1"
    proxies = (ip_network("127.0.0.0/8"),)
    async with serving(toy_registry(toys), trusted_proxies=proxies) as site:
        reply = await site.fetch("GET", "/api/v1/lunches", token=None, **given)
        assert reply.headers["X-Request-Id"] == "abc-12345"
        assert json.loads(reply.body)[2] == "203.0.113.9"


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
