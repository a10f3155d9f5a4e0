"""Log lines carry the request's id and never a secret or a person's numbers."""

from __future__ import annotations

import json
import logging

import pytest

from server.logs import _with_request_id, formatter, masked, request_id


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to 13800138000 now", "to 138****8000 now"),
        ("at 1795302667123 ms", "at 1795302667123 ms"),
        ("GET /x?access_token=abc.DEF-1&a=1", "GET /x?access_token=***&a=1"),
        ('{"secret": "s3cr3t", "n": 1}', '{"secret": "***", "n": 1}'),
        (r'{"m": "{\"refresh_token\": \"r-1\"}"}', r'{"m": "{\"refresh_token\": \"***\"}"}'),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("got eyJhbGciOi.eyJzdWIi.c2ln", "got ***"),
        ("车牌 京A12345 与 粤BD12345", "车牌 京A***45 与 粤B***45"),
        ("身份证 11010519491231002X", "身份证 110105********002X"),
        ("mongodb://app:pa55@db/", "mongodb://app:***@db/"),
        (
            "GET /api/v1/meetings/calendar/0123456789ABCDEFGHJKMNPQRS.ics",
            "GET /api/v1/meetings/calendar/***.ics",
        ),
        ("order ord_3F2Q of S0042", "order ord_3F2Q of S0042"),
    ],
)
def test_what_identifies_a_person_or_opens_a_door_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def line(style: str, **extra: object) -> str:
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": "hi", **extra})
    _with_request_id(record)
    return formatter(style).format(record)


def test_a_json_line_has_the_request_id_and_masked_extras() -> None:
    token = request_id.set("req_1")
    shown = json.loads(line("json", phone="13800138000", headers={"secret": "a b"}))
    request_id.reset(token)
    assert (shown["level"], shown["logger"], shown["message"]) == ("INFO", "x", "hi")
    assert (shown["request_id"], shown["phone"]) == ("req_1", "138****8000")


def test_a_traceback_is_masked_too() -> None:
    try:
        raise ValueError("no such phone 13800138000, secret=abc")
    except ValueError as fault:
        info = (type(fault), fault, fault.__traceback__)
    for style in ("json", "text"):
        shown = line(style, exc_info=info)
        assert "138****8000" in shown
        assert "secret=***" in shown
        assert "13800138000" not in shown
