"""Every refusal is one RFC 9457 body, and says what is wrong in the reader's language."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from handlers.base.problems import (
    Internal,
    MethodNotAllowed,
    OutOfRange,
    Problem,
    as_refusal,
    headers,
    problem,
)
from handlers.base.wording import sentence
from models.base.errors import Conflict, Forbidden, Refusal, SignInNeeded, TooMany, Unavailable
from models.base.ports import Fate, PortError
from models.base.store import Contended, Duplicate, FateUnknown, Unreachable


class Redeemed(Conflict):
    code = "already-redeemed"
    zh = "已于 {redeemed_at} 核销。"
    en = "Redeemed at {redeemed_at}."


def test_facts_travel_as_members_and_never_hide_the_standard_ones() -> None:
    moment = datetime(2026, 11, 23, 4, tzinfo=UTC)
    body = json.loads(problem(Redeemed(redeemed_at=moment, status=200, code="x"), "en", "req"))
    assert (body["status"], body["code"]) == (409, "already-redeemed")
    assert body["redeemed_at"] == "2026-11-23T04:00:00Z"
    assert body["title"] == "Conflict"


def test_field_errors_are_pointers_with_sentences() -> None:
    raw = problem(Conflict(errors=(("/rows/3", "没有此单位"),)), "zh", "req")
    body = msgspec.json.decode(raw, type=Problem)
    assert [(fault.pointer, fault.detail) for fault in body.errors] == [("/rows/3", "没有此单位")]


@pytest.mark.parametrize("kind", Refusal.__subclasses__())
def test_every_kind_of_refusal_can_be_said(kind: type[Refusal]) -> None:
    facts: dict[str, Any] = dict.fromkeys(_facts(kind), 1)
    refusal = MethodNotAllowed("GET") if kind is MethodNotAllowed else kind(**facts)
    for language in ("zh", "en"):
        assert msgspec.json.decode(problem(refusal, language, "r"), type=Problem).detail


def _facts(kind: type[Refusal]) -> list[str]:
    return [name for name in ("max_bytes", "accepted", "request_id") if f"{{{name}}}" in kind.zh]


def test_headers_belong_to_their_refusal() -> None:
    assert headers(TooMany(retry_after=7))["Retry-After"] == "7"
    assert headers(MethodNotAllowed("GET, HEAD"))["Allow"] == "GET, HEAD"
    assert headers(SignInNeeded())["WWW-Authenticate"] == "Bearer"
    assert headers(Forbidden()) == {"Content-Type": "application/problem+json"}


@pytest.mark.parametrize("fault", [Unreachable("x"), Contended("x"), FateUnknown("x")])
def test_a_database_that_is_away_is_unavailable(fault: Exception) -> None:
    refusal = as_refusal(fault, "req")
    assert (type(refusal), refusal.retry_after) == (Unavailable, 2)


def test_an_outside_system_may_say_when_to_come_back() -> None:
    assert as_refusal(PortError("sms", "x", Fate.FAILED, retry_after=60), "r").retry_after == 60


def test_only_what_nobody_foresaw_is_internal() -> None:
    assert type(as_refusal(OverflowError(), "r")) is OutOfRange
    for fault in (KeyError("x"), Duplicate("x"), RuntimeError()):
        assert type(as_refusal(fault, "r")) is Internal


SAID = {
    "Expected `str`, got `int`": ("应为文字", "Expected text"),
    "Expected `int | null`, got `str`": ("应为整数或空", "Expected a whole number or null"),
    "Expected `str` of length >= 2": ("至少 2 个字符", "At least 2 characters"),
    "Expected `array` of length <= 5": ("最多 5 项", "At most 5 entries"),
    "Expected `array` of length 2": ("应有 2 项", "Exactly 2 entries"),
    "Expected `int` >= 1": ("不能小于 1", "Not less than 1"),
    "Expected `int` < 9": ("应小于 9", "Less than 9"),
    "Expected `int` that's a multiple of 5": ("应为 5 的倍数", "A multiple of 5"),
    "Expected `str` matching regex '^a`b$'": ("格式不正确", "The format is wrong"),
    "Expected `datetime` with a timezone component": (
        "时间应带时区",
        "The time needs a UTC offset",
    ),
    "Invalid enum value 'x'": ("不是可选的值", "Not one of the allowed values"),
    "Invalid RFC3339 encoded date": ("日期格式应为 2026-11-23", "Not a date such as 2026-11-23"),
    "Timestamp is out of range ": ("超出范围", "Out of range"),
    "Integer value out of range": ("超出范围", "Out of range"),
    "Invalid UUID": ("格式不正确", "The format is wrong"),
    "两个时间颠倒了": ("两个时间颠倒了", "两个时间颠倒了"),
}


@pytest.mark.parametrize(("said", "wanted"), SAID.items())
def test_each_of_the_decoders_sentences_is_translated(said: str, wanted: tuple[str, str]) -> None:
    assert (sentence(said, "zh"), sentence(said, "en")) == wanted
