"""Every request: who asks, what is let in, what comes back, and that nothing can break it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from handlers.base.limits import rate
from models.base.ports import Fate, PortError
from models.base.store import Unreachable
from tests.base import lunches
from tests.base.lunches import LUNCH, SittingFull, Toys, toy_registry
from tests.base.web import KEY, Site, problem, serving


@pytest.fixture
def toys() -> Toys:
    return Toys()


@pytest.fixture
async def site(toys: Toys) -> AsyncIterator[Site]:
    async with serving(toy_registry(toys)) as opened:
        yield opened


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
    code = "idempotency-key-malformed" if key else "idempotency-key-needed"
    assert (reply.code, problem(reply)["code"]) == (400, code)
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


async def test_where_it_matters_a_session_is_read_and_not_remembered(site: Site) -> None:
    manager = site.token(roles=("manager",))
    site.ended.unheard.add("ses_per_ann")
    assert (await site.fetch("GET", "/api/v1/lunches", token=manager)).code == 200
    assert (await site.fetch("DELETE", "/api/v1/lunches/ord_1", token=manager)).code == 401


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
    assert reply.body == await asyncio.to_thread(Path(lunches.__file__).read_bytes)
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
    toys.fault = RuntimeError("the secret is plums")
    reply = await site.fetch("POST", "/api/v1/lunches", LUNCH, Idempotency_Key=KEY)
    assert (reply.code, problem(reply)["code"]) == (500, "internal")
    assert b"plums" not in reply.body


async def test_what_is_away_is_a_503_with_retry_after(
    site: Site, toys: Toys, expect_log: Callable[[str], None]
) -> None:
    expect_log(
        r"^WARNING handlers.base.dispatch: the database did not do it: Unreachable\('gone'\)$"
    )
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
