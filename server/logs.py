"""Logs: one line per event on standard error, with the request's id and without secrets.

JSON for machines, text for people. Whatever a library writes passes the same mask.
"""

from __future__ import annotations

import logging
import re
import sys
from contextvars import ContextVar
from typing import Final

from pythonjsonlogger.msgspec import MsgspecFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")

_SECRET_NAMES: Final = (
    "access_token|refresh_token|binding_token|secret|appsecret|password|sms_code|js_code"
    "|session_key|signature|accesskeyid"
)
_PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_MASKS: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    # name=value, name: value and "name": "value", also inside a JSON string
    (
        re.compile(rf"(?i)((?:{_SECRET_NAMES})\\?[\"']?\s*[=:]\s*\\?[\"']?)[^\s\\\"'&,;}}]+"),
        r"\1***",
    ),
    (re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]+"), r"\1***"),
    (re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), "***"),  # a token
    (
        re.compile(r"(/calendar/|/displays/|/passes/|/p/)[0-9A-Za-z_-]{16,}"),
        r"\1***",
    ),  # secret addresses
    (re.compile(r"(mongodb(?:\+srv)?://[^:/@\s]+:)[^@\s]+@"), r"\1***@"),
    (re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)"), r"\1****\2"),  # a mobile number
    (re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[0-9Xx])(?!\d)"), r"\1********\2"),  # an identity card
    (
        re.compile(rf"([{_PROVINCES}][A-Z])[·\s]?[A-Z0-9]{{3,4}}([A-Z0-9挂学警港澳]{{2}})"),
        r"\1***\2",
    ),
)


def masked(text: str) -> str:
    """`text` with phones, identity numbers, plates, tokens and passwords made unreadable."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


ACCESS: Final = "access"  # the logger of handlers/base/access.py
ACCESS_FIELDS: Final = ("method", "route", "status", "ms", "request_id")


class JsonLines(MsgspecFormatter):
    """One JSON object per event, extras included."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        # There is an access line for every request, and nothing in it is a client's text.
        return line if record.name == "access" else masked(line)


class TextLines(logging.Formatter):
    """One line per event, and the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        if record.name == ACCESS:
            line += " " + " ".join(str(getattr(record, name, "")) for name in ACCESS_FIELDS)
        return masked(line)


def _with_request_id(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    return True


def configure(level: str, style: str) -> None:
    """Send everything from `level` up to standard error, as `json` or `text`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_with_request_id)
    handler.setFormatter(formatter(style))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # not shown
    logging.getLogger("tornado.access").setLevel(logging.ERROR)  # dispatch writes the access line


def formatter(style: str) -> logging.Formatter:
    """The formatter for `json` or `text`."""
    if style == "text":
        return TextLines("%(asctime)s %(levelname)-7s %(request_id)s %(message)s")
    return JsonLines(
        "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
    )
