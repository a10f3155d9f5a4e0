"""Texts cut to what a subscribe message's fields hold, so that a long name loses no message."""

from __future__ import annotations

from typing import Final

# Most characters by kind of field: WeChat refuses the whole message (47003) where one is longer.
LENGTHS: Final = {
    "thing": 20,
    "character_string": 32,
    "letter": 32,
    "symbol": 5,
    "phone_number": 17,
    "car_number": 8,
    "phrase": 5,
}
CHINESE_NAME: Final = 10
LATIN_NAME: Final = 20


def fitted(key: str, text: str) -> str:
    """`text` as field `key` (such as `thing1`) takes it: one line, not too long."""
    kind = key.rstrip("0123456789")
    line = " ".join(text.split())
    if kind == "name":
        return line[: LATIN_NAME if line.isascii() else CHINESE_NAME]
    most = LENGTHS.get(kind, len(line))
    if len(line) <= most:
        return line
    return line[: most - 1] + "…" if kind == "thing" else line[:most]
