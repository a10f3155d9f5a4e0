"""From bytes to typed values, refusing all that a rule or the database could stumble over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from handlers.base.problems import FieldsWrong, NotJson
from handlers.base.wording import explain
from models.base.errors import NotFound
from models.base.shapes import Input

MAX_DEPTH: Final = 32  # of lists and objects in each other
INT64: Final = range(-(2**63), 2**63)

# Long digits and escapes of NUL or surrogates: rare enough to look closer only when they occur.
_SUSPECT: Final = re.compile(rb"[0-9]{19}|\\u(?:0000|[dD][89a-fA-F])")

_WORDS: Final = {
    "nul": ("不能含有空字符", "No NUL characters"),
    "range": ("超出范围", "Out of range"),
    "deep": ("嵌套过深", "Nested too deeply"),
    "twice": ("只能出现一次", "Given more than once"),
    "utf8": ("不是有效的 UTF-8 文字", "Not valid UTF-8"),
}


class NoFields(Input):
    """The body of an endpoint that takes none: absent, or `{}`."""


class BodyDecoder:
    """Decodes one endpoint's JSON body. An empty body means `{}`."""

    def __init__(self, annotation: Any) -> None:
        self._decode = msgspec.json.Decoder(annotation).decode

    def __call__(self, raw: bytes, language: str) -> Any:
        """The typed body. Raises `NotJson`, or `FieldsWrong` naming the first wrong field."""
        try:
            value = self._decode(raw or b"{}")
            if _SUSPECT.search(raw) or raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
                _look_closer(msgspec.json.decode(raw), language)
        except msgspec.ValidationError as fault:
            raise FieldsWrong(errors=(explain(fault, language),)) from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise NotJson from None
        return value


class QueryDecoder:
    """Decodes one endpoint's query string; unknown names and repeated ones are refused."""

    def __init__(self, annotation: Any) -> None:
        self._type = annotation or NoFields

    def __call__(self, arguments: Mapping[str, Sequence[bytes]], language: str) -> Any:
        """`arguments` as Tornado parsed them: names in Latin-1, values as bytes."""
        try:
            texts = {
                _text(name): _only(name, values, language) for name, values in arguments.items()
            }
            return msgspec.convert(texts, self._type, strict=False)
        except msgspec.ValidationError as fault:
            raise FieldsWrong(errors=(explain(fault, language),)) from None
        except UnicodeError:
            raise _wrong("", "utf8", language) from None


class PathDecoder:
    """Converts path values; one that cannot name anything is simply not found."""

    def __init__(self, types: Iterable[tuple[str, Any]]) -> None:
        self._types = tuple(types)

    def __call__(self, values: tuple[str, ...]) -> dict[str, Any]:
        convert: Callable[..., Any] = msgspec.convert
        try:
            pairs = zip(self._types, values, strict=True)
            return {name: convert(text, kind, strict=False) for (name, kind), text in pairs}
        except msgspec.ValidationError:
            raise NotFound from None


def _text(latin1: str) -> str:
    return latin1.encode("latin1").decode()


def _only(name: str, values: Sequence[bytes], language: str) -> str:
    text = values[0].decode()
    if len(values) > 1:
        raise _wrong(f"/{_text(name)}", "twice", language)
    if "\0" in text:
        raise _wrong(f"/{_text(name)}", "nul", language)
    return text


def _wrong(pointer: str, word: str, language: str) -> FieldsWrong:
    return FieldsWrong(errors=((pointer, _WORDS[word][language == "en"]),))


def _look_closer(value: Any, language: str, at: str = "", depth: int = 0) -> None:
    """Refuse NUL, integers beyond 64 bits and deep nesting, also where the type is Any."""
    if depth > MAX_DEPTH:
        raise _wrong(at, "deep", language)
    if isinstance(value, str) and "\0" in value:
        raise _wrong(at, "nul", language)
    if isinstance(value, int) and value not in INT64:
        raise _wrong(at, "range", language)
    if isinstance(value, dict):
        for name, inner in value.items():
            _look_closer(name, language, at, depth)
            _look_closer(inner, language, f"{at}/{name}", depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _look_closer(inner, language, f"{at}/{index}", depth + 1)
