"""The SMS templates that count as approved: code -> text with `${name}` for each parameter."""

from __future__ import annotations

import re
from typing import Final

DEMO_TEMPLATES: Final = {
    "SMS_1001": "验证码 ${code}，5 分钟内有效。如非本人操作，请忽略本短信。",
    "SMS_1002": "${name}您好，${host}邀请您于 ${time} 来访，入门凭证 ${code}。",
    "SMS_1003": "${title}：${text}。详情请在小程序内查看。",
}

_PLACE: Final = re.compile(r"\$\{(\w+)\}")


def names_in(text: str) -> set[str]:
    """The parameters a template must be given."""
    return set(_PLACE.findall(text))


def filled(text: str, params: dict[str, str]) -> str:
    """The template as the phone shows it."""
    return _PLACE.sub(lambda place: params[place[1]], text)
