"""Bounded types for everything a client may send; nothing unbounded reaches a rule or the
database.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

# Patterns are ECMA-valid for OpenAPI; each has a max_length because Python's `$` admits a final
# newline.
Id = Annotated[str, Meta(min_length=3, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]  # never only blanks
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Text = Annotated[str, Meta(max_length=1000)]
Phone = Annotated[str, Meta(min_length=11, max_length=11, pattern=r"^1[3-9][0-9]{9}$")]
EmployeeNo = Annotated[str, Meta(min_length=2, max_length=16, pattern=r"^[A-Za-z0-9]+$")]
HourMinute = Annotated[
    str, Meta(min_length=5, max_length=5, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
]
Fen = Annotated[int, Meta(ge=0, le=10**9)]
Count = Annotated[int, Meta(ge=0, le=100_000)]
Version = Annotated[int, Meta(ge=1, le=2**31)]
Stars = Annotated[int, Meta(ge=1, le=5)]
Limit = Annotated[int, Meta(ge=1, le=100)]
Moment = Annotated[datetime, Meta(tz=True)]  # RFC 3339 with an offset
Day = date


class Struct(msgspec.Struct, kw_only=True):
    """A reply: its fields are what OpenAPI promises."""


class Input(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A request body or query: an unknown field is refused, never ignored."""


class PageQuery(Input):
    """Where a list starts and how long it may be."""

    after: Annotated[str, Meta(max_length=128)] | None = None
    limit: Limit = 50
