"""A valid value of any type that a client may send, from the type alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import inspect

# Tried in turn where a text has to match a pattern.
TEXTS = (
    "text", "a", "lunch", "ctn_1", "place_1", "S0003", "13800000003", "11:30", "2026-W48",
    "123456", "0123456789abcdef",
)  # fmt: skip
DAY = "2026-11-24"
MOMENT = "2026-11-24T03:30:00Z"


class NoExample(Exception):
    """No value is known that fits the type; the text says where one may be given."""


def example(kind: Any, names: Mapping[str, Any], wished: Mapping[str, Any]) -> Any:
    """A JSON value that `kind` takes: its required fields, and others only where they are wished.

    `names` and `wished` say what a field of that name may be. Raises NoExample.
    """
    value = _of(inspect.type_info(kind), {**names, **wished})
    fields = inspect.type_info(kind)
    if isinstance(fields, inspect.StructType):
        known = {field.encode_name for field in fields.fields}
        value |= {name: wish for name, wish in wished.items() if name in known}
    return value


def _of(kind: inspect.Type, names: Mapping[str, Any]) -> Any:
    match kind:
        case inspect.StructType():
            return _struct(kind, names)
        case inspect.Metadata():
            return _of(kind.type, names)
        case inspect.UnionType():
            return _of(kind.types[0], names)
        case inspect.ListType() | inspect.SetType():
            return [_of(kind.item_type, names)] * (kind.min_length or 0)
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.DictType():
            return {}
        case inspect.BoolType():
            return True
    return _scalar(kind)


def _scalar(kind: inspect.Type) -> Any:
    match kind:
        case inspect.IntType():
            return max(kind.ge or 0, 1)
        case inspect.DateType():
            return DAY
        case inspect.DateTimeType():
            return MOMENT
        case inspect.StrType():
            return _text(kind)
    raise NoExample(f"no example of {kind}")


def _text(kind: inspect.StrType) -> str:
    for text in TEXTS:
        long_enough = len(text) >= (kind.min_length or 0)
        short_enough = kind.max_length is None or len(text) <= kind.max_length
        if long_enough and short_enough and re.search(kind.pattern or "", text):
            return text
    raise NoExample(f"no example of a text that matches {kind.pattern}")


def _struct(kind: inspect.StructType, names: Mapping[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    if kind.tag_field is not None:
        value[kind.tag_field] = kind.tag
    for field in kind.fields:
        if field.required:
            name = field.encode_name
            value[name] = names[name] if name in names else _of(field.type, names)
    return value
