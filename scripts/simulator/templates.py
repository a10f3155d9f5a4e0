"""The SMS templates that count as approved: code -> text with `${name}` for each parameter."""

from __future__ import annotations

import re
from typing import Final

_FIXED: Final = {
    "SMS_1001": "验证码 ${code}，5 分钟内有效。如非本人操作，请忽略本短信。",
    "SMS_1003": "${title}：${text}。详情请在小程序内查看。",
}
SERVER: Final = "http://127.0.0.1:8000"  # of the demo, where nothing else is said

_PLACE: Final = re.compile(r"\$\{(\w+)\}")


def visiting(server: str) -> dict[str, str]:
    """What visitors are told: an operator takes no address in a parameter, only its last part."""
    page = f"{server}/p/${{token}}"
    return {
        "SMS_1002": f"${{name}}您好，${{host}}邀请您于${{time}}来访。通行凭证和路线：{page}",
        "SMS_1004": f"${{name}}您好，${{host}}邀请您的来访改为${{time}}，凭证不变：{page}",
        "SMS_1005": f"${{name}}您好，${{host}}邀请您${{time}}的来访已取消：{page}",
    }


DEMO_TEMPLATES: Final = _FIXED | visiting(SERVER)


def names_in(text: str) -> set[str]:
    """The parameters a template must be given."""
    return set(_PLACE.findall(text))


def filled(text: str, params: dict[str, str]) -> str:
    """The template as the phone shows it."""
    return _PLACE.sub(lambda place: params[place[1]], text)
