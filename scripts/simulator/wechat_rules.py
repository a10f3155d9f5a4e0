"""What WeChat lets into a subscribe message and says of a text."""

from __future__ import annotations

import re
from typing import Any, Final

from scripts.simulator.wechat_state import WeChatRefusal

_KEY: Final = re.compile(r"([a-z_]+?)[0-9]{1,2}", re.ASCII)
_TIME: Final = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"
_DAY: Final = r"[0-9]{4}(年(1[0-2]|0?[1-9])月(3[01]|[12][0-9]|0?[1-9])日|-[0-9]{2}-[0-9]{2})"
_MOMENT: Final = rf"({_DAY}( {_TIME})?|{_TIME})"
_PLAIN: Final = r"[\x20-\x7e]"

# One pattern a kind of field, as the documentation of `data` words its limits.
FIELDS: Final = {
    "thing": r"[^\r\n]{1,20}",
    "number": r"-?[0-9]+(\.[0-9]+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": rf"{_PLAIN}{{1,32}}",
    "time": rf"{_MOMENT}(~{_MOMENT})?",
    "date": rf"{_MOMENT}(~{_MOMENT})?",
    "amount": r"[^\w\s]?[0-9]{1,10}(\.[0-9]+)?元?",
    "phone_number": r"[0-9+\- ]{1,17}",
    "car_number": r"[0-9A-Z\u4e00-\u9fff·]{1,8}",
    "name": r"[\u4e00-\u9fff·]{1,10}|[A-Za-z .]{1,20}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "enum": r"[^\r\n]{1,20}",
}
RISKY: Final = "违规"
DOUBTFUL: Final = "存疑"


def checked_data(data: Any) -> dict[str, str]:
    """`{key: text}` of a message's `data`; 47003 names the first field that does not fit."""
    if not isinstance(data, dict) or not data:
        raise WeChatRefusal(47003, "data is empty")
    return {key: _checked(key, field) for key, field in data.items()}


def _checked(key: str, field: Any) -> str:
    value = field.get("value") if isinstance(field, dict) else None
    match = _KEY.fullmatch(key)
    pattern = FIELDS.get(match[1]) if match else None
    if pattern is None or not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise WeChatRefusal(47003, f"data.{key}.value invalid")
    if pattern == FIELDS["number"] and len(value) > 32:
        raise WeChatRefusal(47003, f"data.{key}.value invalid")
    return value


def verdict(text: str) -> tuple[str, int]:
    """(suggest, label) for a text: 100 is normal, 20001 politics, 20012 low-grade."""
    if RISKY in text:
        return "risky", 20001
    if DOUBTFUL in text:
        return "review", 20012
    return "pass", 100
