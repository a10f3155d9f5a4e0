"""The table at the end of `make run`: where things are, and whom to sign in as."""

from __future__ import annotations

import unicodedata
from typing import Final

from scripts.demo_people import phone_of

Row = tuple[str, ...]

PEOPLE: Final = (
    ("S0042", "职工 staff"),
    ("S0001", "单位负责人 leader"),
    ("S0002", "单位联络员 clerk"),
    ("C0001", "食堂 canteen"),
    ("M0001", "会务 meetings"),
    ("V0101", "维修 technician"),
    ("F0001", "前台 front desk"),
    ("G0001", "保安 security"),
    ("A0001", "管理 administration"),
    ("O0001", "运维 operator"),
)


def welcome(server: str, simulator: str, has_client: bool) -> str:
    """The addresses and the demo's sign-ins, Chinese and English, for a terminal."""
    page = server if has_client else "not built 未构建"
    addresses: list[Row] = [
        ("手机端 phone client", page),
        ("接口文档 API reader", f"{server}/api/docs"),
        ("短信与微信 messages sent", f"{simulator}/"),
        ("状态 health", f"{server}/readyz"),
        ("指标 metrics", f"{server}/metrics"),
    ]
    sign_ins: list[Row] = [
        (number, role, phone_of(number), f"demo-{number}") for number, role in PEOPLE
    ]
    parts = [
        drawn(("地址 address", ""), addresses),
        drawn(("工号 number", "身份 role", "手机号 phone", "微信登录码 WeChat code"), sign_ins),
        "网页用手机号登录，验证码见“短信与微信”页。\n"
        "Sign in on the page by phone; read the code on the page of messages sent.",
    ]
    return "\n" + "\n\n".join(parts) + "\n"


def drawn(header: Row, rows: list[Row] | tuple[Row, ...]) -> str:
    """Columns aligned by what a terminal shows: a Chinese character is two wide."""
    every = [header, *rows]
    widths = [max(width(row[column]) for row in every) for column in range(len(header))]
    lines = [
        "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True))
        for row in every
    ]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join(line.rstrip() for line in [lines[0], rule, *lines[1:]])


def width(text: str) -> int:
    """How many terminal columns `text` takes."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
