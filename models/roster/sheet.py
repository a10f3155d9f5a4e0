"""What a roster sheet says, row by row; nothing here reads the database.

Columns by their heading, in any order: 工号, 姓名, 手机, 单位, 角色; 状态 (在职, or 离职 for those
who leave) and 拼音 (where the computer reads a name wrongly) may be left out. Several roles are
separated by 、 and may name a place: `食堂@ctn_1`. An empty cell leaves as it is what is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from models.base.roles import Role
from models.base.store import Document

NEEDED: Final = ("工号", "姓名", "手机", "单位", "角色")
OTHER_HEADINGS: Final = {"手机号": "手机", "手机号码": "手机", "部门": "单位", "所属单位": "单位"}
STAYS: Final = ("", "在职")
LEAVES: Final = "离职"
TEMPLATE: Final = (
    (*NEEDED, "状态", "拼音"),
    ("S0001", "示例甲", "13800000000", "办公室", "职工", "在职", ""),
    ("C0001", "示例乙", "13800000001", "机关食堂", "职工、食堂@ctn_1", "在职", ""),
)  # the headings, and two rows that show how a cell is filled in
ROLES: Final = {
    "职工": Role.STAFF, "单位负责人": Role.LEADER, "单位联络员": Role.CLERK, "食堂": Role.CANTEEN,
    "会务": Role.MEETINGS, "前台": Role.FRONT_DESK, "门卫": Role.SECURITY,
    "图书管理员": Role.LIBRARIAN, "自提点": Role.PICKUP, "维修人员": Role.TECHNICIAN,
    "调度": Role.DISPATCHER, "供应商": Role.SUPPLIER, "财务": Role.FINANCE,
    "机关事务管理": Role.MANAGER, "系统运维": Role.OPERATOR, "设备": Role.DEVICE,
} | {role.value: role for role in Role}  # fmt: skip

_EMPLOYEE_NO: Final = re.compile(r"[A-Z0-9]{2,16}")
_PHONE: Final = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_PLACE: Final = re.compile(r"[A-Za-z0-9_.:-]{3,64}")
_PINYIN: Final = re.compile(r"[a-z]{1,64}")
_BETWEEN: Final = re.compile(r"[、，,;；/\s]+")


class RowWrong(ValueError):
    """A row cannot be taken; `reasons` says all that is wrong with it, to whoever filled it in."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("；".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Row:
    """One person as the sheet has them; empty where the cell was."""

    line: int
    employee_no: str
    name: str = ""
    phone: str = ""
    unit: str = ""
    roles: tuple[str, ...] = ()
    posts: tuple[tuple[str, str], ...] = ()  # (role, place)
    pinyin: str = ""
    leaves: bool = False

    def post_documents(self) -> list[Document]:
        return [{"role": role, "at": place} for role, place in self.posts]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that cannot be taken, and why."""

    line: int
    detail: str


def read(cells: Sequence[Sequence[str]]) -> tuple[list[Row], list[Wrong]]:
    """The rows of a sheet whose first line holds the headings, and what is wrong with others."""
    headings = (
        [OTHER_HEADINGS.get(cell.strip(), cell.strip()) for cell in cells[0]] if cells else []
    )
    missing = [name for name in NEEDED if name not in headings]
    if missing:
        return [], [Wrong(1, f"缺少列：{'、'.join(missing)}")]
    if not any(cell.strip() for row in cells[1:] for cell in row):
        return [], [Wrong(2, "表格里没有人员，请从第 2 行起每行填一人")]
    rows: list[Row] = []
    wrong: list[Wrong] = []
    for line, row in enumerate(cells[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            padded = [*row, *[""] * (len(headings) - len(row))]
            named = dict(zip(headings, padded, strict=False))
            rows.append(_row(line, {name: text.strip() for name, text in named.items()}))
        except RowWrong as fault:
            wrong += [Wrong(line, reason) for reason in fault.reasons]
    return rows, wrong + _twice(rows)


def _row(line: int, cells: dict[str, str]) -> Row:
    """The person of a row. Raises `RowWrong` with everything that is wrong with it."""
    employee_no, status = cells["工号"].upper(), cells.get("状态", "")
    wrong = _wrong_number(employee_no)
    if status == LEAVES:
        if wrong:
            raise RowWrong(*wrong)
        return Row(line, employee_no, leaves=True)
    if status not in STAYS:
        wrong.append(f"状态只能是在职或离职，不能是“{status}”")
    name, phone, unit = cells["姓名"], cells["手机"], cells["单位"]
    pinyin = cells.get("拼音", "").lower().replace(" ", "")
    roles, posts, unknown = _roles(cells["角色"])
    wrong += [*_wrong_person(name, phone, unit, pinyin), *unknown]
    if wrong:
        raise RowWrong(*wrong)
    return Row(line, employee_no, name, phone, unit, roles, posts, pinyin)


def _wrong_number(employee_no: str) -> list[str]:
    return [] if _EMPLOYEE_NO.fullmatch(employee_no) else ["工号应为 2 到 16 位字母或数字"]


def _wrong_person(name: str, phone: str, unit: str, pinyin: str) -> Iterator[str]:
    if not 1 <= len(name) <= 64 or not 1 <= len(unit) <= 64:
        yield "姓名和单位必填，各不超过 64 个字"
    if phone and not _PHONE.fullmatch(phone):
        yield "手机应为 11 位手机号码"
    if pinyin and not _PINYIN.fullmatch(pinyin):
        yield "拼音只能用字母"


def _roles(cell: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...], list[str]]:
    """The roles of a cell in the order of `Role`, where they are held, and what is no role."""
    roles: set[Role] = set()
    posts: list[tuple[str, str]] = []
    wrong: list[str] = []
    for part in filter(None, _BETWEEN.split(cell)):
        word, at, place = part.partition("@")
        role = ROLES.get(word)
        if role is None:
            wrong.append(f"没有“{word}”这个角色")
        elif at and not _PLACE.fullmatch(place):
            wrong.append(f"“{part}”中的地点编号不正确")
        else:
            roles.add(role)
            posts += [(role.value, place)] if at else []
    held = tuple(dict.fromkeys(posts))
    return tuple(role.value for role in Role if role in roles), held, wrong


def _twice(rows: Sequence[Row]) -> list[Wrong]:
    """Numbers and phones that stand in two lines."""
    wrong: list[Wrong] = []
    for heading, field in (("工号", "employee_no"), ("手机", "phone")):
        first: dict[str, int] = {}
        for row in rows:
            text = getattr(row, field)
            if text and text in first:
                wrong.append(Wrong(row.line, f"{heading}与第 {first[text]} 行重复"))
            first.setdefault(text, row.line)
    return wrong
