"""A group's members from a spreadsheet or from pasted lines, read alike.

A line is 姓名 | 手机号 | 车牌号 | 领队, all but the name may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from models.base.context import Context
from models.base.ports import SheetError
from models.base.shapes import Input, Struct
from models.visitors.refusals import SheetUnusable
from models.visitors.shapes import MOST_MEMBERS, GroupMember

HEADER: Final = ["姓名", "手机号", "车牌号", "领队"]
MAX_ROWS: Final = MOST_MEMBERS + 40  # a heading and empty lines included
_BETWEEN: Final = re.compile(r"[\t,，;；|]|\s{1,}")
_LEADS: Final = {"领队": True, "是": True, "√": True, "✓": True, "y": True, "1": True,
                 "否": False, "n": False, "0": False}  # fmt: skip
_WRONG: Final = {"name": "姓名", "phone": "手机号应为 11 位", "plate": "车牌号应如 苏A12345"}


class Pasted(Input):
    """Lines as copied from anywhere: name, phone and plate, however separated; and 领队, or 是, at
    the one who leads.
    """

    text: Annotated[str, Meta(min_length=1, max_length=10_000)]


class LineError(Struct):
    """What is wrong with a line (from 1)."""

    row: int
    detail: str


class MemberList(Struct):
    """What was read: members for `POST /visitors/groups`, and what could not be."""

    members: list[GroupMember]
    errors: list[LineError]


def pasted(body: Pasted) -> MemberList:
    """The members in pasted lines."""
    return _read([_BETWEEN.split(line.strip()) for line in body.text.splitlines()])


async def uploaded(ctx: Context, sheet: Path) -> MemberList:
    """The members in the first sheet of an .xlsx. Raises SheetUnusable."""
    try:
        rows = await ctx.house.ports.sheets.read(sheet, MAX_ROWS)
    except SheetError as fault:
        raise SheetUnusable(rows=MAX_ROWS) from fault
    return _read(rows)


async def empty(ctx: Context) -> bytes:
    """An .xlsx to fill in."""
    return await ctx.house.ports.sheets.write("访客名单", HEADER, [])


def _read(rows: Sequence[Sequence[str]]) -> MemberList:
    members: list[GroupMember] = []
    errors: list[LineError] = []
    seen: set[str] = set()
    for row, cells in _lines(rows):
        if len(members) == MOST_MEMBERS:
            errors.append(LineError(row=row, detail=f"一次最多 {MOST_MEMBERS} 人"))
            break
        visitor = _visitor(cells)
        if isinstance(visitor, str):
            errors.append(LineError(row=row, detail=visitor))
        elif visitor.phone is not None and visitor.phone in seen:
            errors.append(LineError(row=row, detail="手机号与前面的行重复"))
        elif visitor.lead and any(member.lead for member in members):
            errors.append(LineError(row=row, detail="领队只能有一位，前面已有"))
        else:
            members.append(visitor)
            seen |= {visitor.phone} if visitor.phone else set()
    return MemberList(members=members, errors=errors)


def _lines(rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, list[str]]]:
    """Lines with something in them, but for a heading."""
    for row, cells in enumerate(rows, start=1):
        filled = [cell.strip() for cell in cells]
        if any(filled) and filled[0] != HEADER[0]:
            yield row, filled


def _visitor(cells: Sequence[str]) -> GroupMember | str:
    """The member of a line, or what is wrong with it; phone and plate are known by their look."""
    name, *rest = cells
    values: dict[str, str | bool] = {"name": name}
    for cell in (cell for cell in rest if cell):
        if cell.lower() in _LEADS:
            values["lead"] = _LEADS[cell.lower()]
            continue
        digits = re.sub(r"[\s-]", "", cell).removeprefix("+86")
        looks = "phone" if digits.isascii() and digits.isdigit() else "plate"
        if looks in values:
            return f"无法识别“{cell[:20]}”"
        values[looks] = digits if looks == "phone" else cell.upper().replace("·", "")
    try:
        return msgspec.convert(values, GroupMember)
    except msgspec.ValidationError as fault:
        field = str(fault).rpartition("$.")[2].rstrip("`")
        return _WRONG.get(field, "内容有误")
