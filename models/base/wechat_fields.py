"""The fields of WeChat's subscribe messages: which kinds there are, and texts made to fit them.

WeChat refuses the whole message (47003) where one field holds what its kind does not allow, so a
long name or a stray line break must not lose a message.
"""

from __future__ import annotations

import re
from typing import Final

MOST_FIELDS: Final = 5  # of one template
NOTHING: Final = "无"  # what stands where there is nothing to say: an empty field is refused
CHINESE_NAME: Final = 10
LATIN_NAME: Final = 20

# Most characters by kind of field; None: what is cut would be wrong, so it goes as it is.
KINDS: Final[dict[str, int | None]] = {
    "thing": 20,
    "name": LATIN_NAME,
    "phrase": 5,
    "character_string": 32,
    "letter": 32,
    "symbol": 5,
    "phone_number": 17,
    "car_number": 8,
    "number": None,
    "amount": None,
    "time": None,
    "date": None,
    "enum": None,
}

# What a kind does not take at all is left out.
_STRANGE: Final = {
    "phrase": re.compile(r"[^\u4e00-\u9fff]"),
    "character_string": re.compile(r"[^\x20-\x7e]"),
    "letter": re.compile(r"[^A-Za-z]"),
    "phone_number": re.compile(r"[^0-9+\- ]"),
    "car_number": re.compile(r"[^0-9A-Z\u4e00-\u9fff·]"),
}
_LATIN: Final = re.compile(r"[^A-Za-z .]")
_CHINESE: Final = re.compile(r"[^\u4e00-\u9fff·]")
_FIELD: Final = re.compile(r"([a-z_]+?)([1-9][0-9]?)")


def kind_of(field: str) -> str:
    """The kind of field `thing1`: "thing". Raises ValueError where WeChat knows no such field."""
    found = _FIELD.fullmatch(field)
    if found is None or found[1] not in KINDS:
        raise ValueError(f"{field} is no field of a subscribe message")
    return found[1]


def fitted(field: str, text: str) -> str:
    """`text` as `field` takes it: one line, not too long, and never empty."""
    kind = kind_of(field)
    line = " ".join(text.split())
    if kind == "name":
        return _name(line)
    if kind in _STRANGE:
        line = _STRANGE[kind].sub("", line)
    most = KINDS[kind]
    if most is not None and len(line) > most:
        line = line[: most - 1] + "…" if kind == "thing" else line[:most]
    return line or ("-" if kind == "character_string" else NOTHING)


def _name(line: str) -> str:
    """A name is either Chinese or Latin; the latter wherever nothing of it is Chinese."""
    chinese = _CHINESE.sub("", line)
    return chinese[:CHINESE_NAME] or _LATIN.sub("", line)[:LATIN_NAME].strip() or NOTHING
