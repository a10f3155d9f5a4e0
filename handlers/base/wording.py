"""What is wrong with a field, said to a person: msgspec's sentences in Chinese and English."""

from __future__ import annotations

import re
from typing import Final

import msgspec

_Sentence = tuple[re.Pattern[str], str, str]

_KINDS: Final = {
    "int": ("整数", "a whole number"),
    "float": ("数字", "a number"),
    "str": ("文字", "text"),
    "bool": ("是或否", "true or false"),
    "array": ("列表", "a list"),
    "object": ("对象", "an object"),
    "null": ("空", "null"),
    "datetime": ("时间", "a time"),
    "date": ("日期", "a date"),
    "time": ("时刻", "a time of day"),
    "bytes": ("文件内容", "base64 text"),
}


def _row(pattern: str, zh: str, en: str) -> _Sentence:
    return re.compile(pattern, re.DOTALL), zh, en


# (what msgspec says, Chinese, English); {0} is the first group, a kind of value in {kind}.
_SENTENCES: Final[tuple[_Sentence, ...]] = (
    _row(r"Object missing required field `(.+)`", "此项必填", "This field is required"),
    _row(r"Object contains unknown field `(.+)`", "不认识此项", "This field is unknown"),
    _row(r"Expected `str` of length >= (\d+)", "至少 {0} 个字符", "At least {0} characters"),
    _row(r"Expected `str` of length <= (\d+)", "最多 {0} 个字符", "At most {0} characters"),
    _row(r"Expected `\w+` of length >= (\d+)", "至少 {0} 项", "At least {0} entries"),
    _row(r"Expected `\w+` of length <= (\d+)", "最多 {0} 项", "At most {0} entries"),
    _row(r"Expected `\w+` of length (\d+)", "应有 {0} 项", "Exactly {0} entries"),
    _row(r"Expected `str` matching regex .*", "格式不正确", "The format is wrong"),
    _row(r"Expected `\w+` >= (\S+)", "不能小于 {0}", "Not less than {0}"),
    _row(r"Expected `\w+` <= (\S+)", "不能大于 {0}", "Not more than {0}"),
    _row(r"Expected `\w+` > (\S+)", "应大于 {0}", "More than {0}"),
    _row(r"Expected `\w+` < (\S+)", "应小于 {0}", "Less than {0}"),
    _row(r"Expected `\w+` that's a multiple of (\S+)", "应为 {0} 的倍数", "A multiple of {0}"),
    _row(r"Expected `\w+` with a timezone.*", "时间应带时区", "The time needs a UTC offset"),
    _row(r"Expected `\w+` with no timezone.*", "时间不应带时区", "The time takes no UTC offset"),
    _row(r"Expected `([^`]+)`(?:, got `.+`)?", "应为{kind}", "Expected {kind}"),
    _row(r"Invalid (?:enum )?value .*", "不是可选的值", "Not one of the allowed values"),
    _row(r"Invalid RFC3339 encoded datetime", "时间格式不正确", "Not an RFC 3339 time"),
    _row(
        r"Invalid RFC3339 encoded date", "日期格式应为 2026-11-23", "Not a date such as 2026-11-23"
    ),
    _row(r"Invalid RFC3339 encoded time", "时刻格式不正确", "Not a time of day"),
    _row(r"Invalid .*", "格式不正确", "The format is wrong"),
    _row(r".* out of range\s*", "超出范围", "Out of range"),
)
_NAMED: Final = re.compile(r"Object (?:missing required|contains unknown) field `(.+)`", re.DOTALL)
_STEPS: Final = re.compile(r"\.([^.\[\]`]+)|\[(\d+|\.\.\.)\]")


def explain(fault: msgspec.ValidationError, language: str) -> tuple[str, str]:
    """(JSON pointer, sentence) of the first thing that is wrong."""
    said, _, place = str(fault).partition(" - at ")
    steps = ["*" if step == "..." else step for step in _steps(place)]
    named = _NAMED.fullmatch(said)
    if named:
        steps.append(named[1])
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
    return pointer, sentence(said, language)


def sentence(said: str, language: str) -> str:
    """msgspec's sentence in `zh` or `en`; a rule's own sentence is passed on as it is."""
    for pattern, zh, en in _SENTENCES:
        found = pattern.fullmatch(said)
        if found:
            kind = _kind(found[1], language) if found.groups() else ""
            return (en if language == "en" else zh).format(*found.groups(), kind=kind)
    return said


def _steps(place: str) -> list[str]:
    return [name or index for name, index in _STEPS.findall(place)]


def _kind(names: str, language: str) -> str:
    """`int | null` as a person would say it."""
    column = 1 if language == "en" else 0
    known = [_KINDS.get(name, (name, name))[column] for name in names.split(" | ")]
    return (" or " if language == "en" else "或").join(known)
