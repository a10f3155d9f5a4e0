"""The register as a spreadsheet: filled in, looked through (a dry run), and brought into force.

    编号 | 名称 | 类别 | 楼栋 | 楼层 | 房间 | 启用日期 | 价格（元） | 计量单位
    上级编号 | 状态 | 备注

Columns go by their heading, in any order; the last seven may be left out. What is known by its
code is changed, anything else is new. All of it is brought into force or, where a line is wrong,
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from models.base import audit
from models.base.context import Context
from models.base.errors import Conflict, Unprocessable
from models.base.ids import new_id
from models.base.ports import SheetError
from models.base.shapes import Input, Struct
from models.base.store import Contended, Document, Duplicate, Transaction
from models.repairs import assets
from models.repairs.assets import AssetInput
from models.repairs.catalogue import CATEGORIES
from models.repairs.reporting import ASSETS

NEEDED: Final = ("编号", "名称", "类别", "楼栋", "楼层")
HEADER: Final = (*NEEDED, "房间", "启用日期", "价格（元）", "计量单位", "上级编号", "状态", "备注")
EXAMPLES: Final = (
    ("AC-1-01", "一层风机盘管", "空调", "1号楼", "1", "101", "2021-06-01", "3200", "", "", "", ""),
    (
        "LIFT-1-01",
        "1号客梯",
        "电梯",
        "1号楼",
        "1",
        "",
        "2018-03-15",
        "286000",
        "次",
        "",
        "在用",
        "",
    ),
)
MAX_ROWS: Final = 2_000
FAULTS_SHOWN: Final = 100
STATES: Final = {"": True, "在用": True, "停用": False}

_YUAN: Final = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,2}))?", re.ASCII)
_FIELDS: Final = {
    "code": "编号", "name": "名称", "category": "类别", "location": "楼栋、楼层或房间",
    "installed": "启用日期", "cost": "价格（元）", "meter_unit": "计量单位", "parent": "上级编号",
    "note": "备注", "enabled": "状态",
}  # fmt: skip


class AssetsUnreadable(Unprocessable):
    """Not a workbook, too large, or more than 2,000 assets."""

    code = "assets-unreadable"
    zh = "无法读取该表格，请上传 Excel 表格（.xlsx），最多 {max_rows} 行。"
    en = "The sheet cannot be read ({reason}); send an .xlsx of at most {max_rows} lines."


class AssetsWrong(Unprocessable):
    """Lines that cannot be taken are named; nothing was imported."""

    code = "assets-wrong"
    zh = "表格有 {count} 处错误，未导入任何内容。"
    en = "The sheet has {count} faults; nothing was imported."


class AssetsRaced(Conflict):
    """Somebody else changed the same assets while this was being imported."""

    code = "assets-raced"
    zh = "导入期间设备信息被他人修改，未导入任何内容，请重试。"
    en = "Assets were changed during the import; nothing was imported. Try again."


class ImportQuery(Input):
    """`dry_run` only lists what would happen."""

    dry_run: bool = True


class ImportLine(Struct):
    """An asset of the sheet."""

    line: int
    code: str
    name: str


class ImportChange(ImportLine):
    """An asset known already, and the headings under which something changes."""

    fields: list[str]


class ImportFault(Struct):
    """A line that cannot be taken."""

    line: int
    detail: str


class ImportReport(Struct):
    """What an import does, or in a dry run would do."""

    dry_run: bool
    add: list[ImportLine]
    change: list[ImportChange]
    errors: list[ImportFault]


class Misread(Exception):
    """Why a line cannot be meant, in a sentence."""


async def template(ctx: Context) -> bytes:
    """An .xlsx to fill in: the headings, and two assets as examples."""
    rows = [list(example) for example in EXAMPLES]
    return await ctx.house.ports.sheets.write("设备台账", list(HEADER), rows)


async def imported(ctx: Context, sheet: Path, query: ImportQuery) -> ImportReport:
    """Import the sheet, or list what that would do.

    Raises AssetsUnreadable, AssetsWrong (not in a dry run), AssetsRaced.
    """
    try:
        rows = await ctx.house.ports.sheets.read(sheet, MAX_ROWS + 1)
    except SheetError as fault:
        raise AssetsUnreadable(reason=str(fault), max_rows=MAX_ROWS) from fault
    categories = {each["name"]: each["_id"] for each in await ctx.store.find(CATEGORIES, {})}
    known = {each["code"]: each for each in await ctx.store.find(ASSETS, {})}
    report = ImportReport(dry_run=query.dry_run, add=[], change=[], errors=[])
    reader = _Reader(categories, known, report)
    reader.read(rows)
    if query.dry_run:
        return report
    if report.errors:
        shown = report.errors[:FAULTS_SHOWN]
        errors = tuple((f"/rows/{fault.line}", fault.detail) for fault in shown)
        raise AssetsWrong(count=len(report.errors), errors=errors)
    await _carry_out(ctx, reader)
    return report


async def _carry_out(ctx: Context, reader: _Reader) -> None:
    report = reader.report
    counts = {"add": len(report.add), "change": len(report.change)}
    entry = audit.entry(ctx, "repairs.assets-import", "assets", None, counts)

    def work(transaction: Transaction) -> None:
        changes = [
            ({"_id": asset["_id"], "version": asset["version"] - 1}, assets.replacing(asset))
            for asset in reader.changed
        ]
        if changes and transaction.update(ASSETS, changes) != len(changes):
            raise AssetsRaced
        if reader.added:
            transaction.insert(ASSETS, reader.added)
        transaction.insert(audit.AUDIT, [entry])

    try:
        await ctx.store.transaction(work)
    except (Duplicate, Contended) as fault:
        raise AssetsRaced from fault


@dataclass
class _Reader:
    """Reads lines into assets, and notes what is wrong with each."""

    categories: Mapping[str, str]  # name -> id
    known: dict[str, Document]  # by code, as they will be
    report: ImportReport
    added: list[Document] = field(default_factory=list)
    changed: list[Document] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)  # code -> its line

    def read(self, rows: Sequence[Sequence[str]]) -> None:
        """Read all rows; the first one holds the headings."""
        headings = [cell.strip() for cell in rows[0]] if rows else []
        missing = [name for name in NEEDED if name not in headings]
        if missing:
            return self._refuse(1, f"缺少列：{'、'.join(missing)}")
        lines = []
        for number, row in enumerate(rows[1:], start=2):
            if any(cell.strip() for cell in row):
                padded = [*row, *[""] * (len(headings) - len(row))]
                named = dict(zip(headings, padded, strict=False))
                lines.append((number, {name: text.strip() for name, text in named.items()}))
        self._name_new(lines)
        for number, cells in lines:
            try:
                self._take(number, cells, [name for name in HEADER if name in headings])
            except Misread as fault:
                self._refuse(number, str(fault))
        self._refuse_circles()
        self.report.errors.sort(key=lambda fault: fault.line)
        return None

    def _refuse(self, line: int, detail: str) -> None:
        self.report.errors.append(ImportFault(line=line, detail=detail))

    def _name_new(self, lines: Sequence[tuple[int, dict[str, str]]]) -> None:
        """Give new codes their ids first, so that a line may name a parent below it."""
        for _, cells in lines:
            code = cells["编号"].upper()
            if code not in self.known:
                self.known[code] = assets.new(new_id("ast"))

    def _take(self, line: int, cells: Mapping[str, str], headings: Sequence[str]) -> None:
        code = cells["编号"].upper()
        if code in self.lines:
            raise Misread(f"编号与第 {self.lines[code]} 行重复")
        self.lines[code] = line
        before = self.known[code]
        after = assets.changed(before, self._described(cells, before, headings))
        self.known[code] = after
        if after["version"] == before["version"]:
            return
        if not before["version"]:
            self.added.append(after)
            self.report.add.append(ImportLine(line=line, code=code, name=after["name"]))
            return
        self.changed.append(after)
        names = {**_FIELDS, "meter": _FIELDS["meter_unit"]}
        fields = [names[name] for name in names if after.get(name) != before.get(name)]
        change = ImportChange(line=line, code=code, name=after["name"], fields=fields)
        self.report.change.append(change)

    def _described(
        self, cells: Mapping[str, str], before: Document, headings: Sequence[str]
    ) -> AssetInput:
        """What a line says; what has no column stays as it is known."""
        said: dict[str, Any] = {name: before[name] for name in _FIELDS if name in before}
        said["meter_unit"] = before["meter"]["unit"] if before["meter"] else None
        said |= {"code": cells["编号"].upper(), "name": cells["名称"]}
        said["category"] = self._category(cells["类别"])
        said["location"] = {
            "building": cells["楼栋"],
            "floor": cells["楼层"],
            "room": cells.get("房间", before.get("location", {}).get("room", "")),
        }
        readers: dict[str, tuple[str, Callable[[str], Any]]] = {
            "启用日期": ("installed", lambda text: text[:10].replace("/", "-") or None),
            "价格（元）": ("cost", _fen),
            "计量单位": ("meter_unit", lambda text: text or None),
            "上级编号": ("parent", self._parent),
            "状态": ("enabled", _state),
            "备注": ("note", str),
        }
        for heading, (name, meaning) in readers.items():
            if heading in headings:
                said[name] = meaning(cells[heading])
        return _checked(said)

    def _category(self, text: str) -> str:
        if text in self.categories:
            return self.categories[text]
        if text in self.categories.values():
            return text
        raise Misread(f"没有“{text}”这个报修类别")

    def _parent(self, code: str) -> str | None:
        if not code:
            return None
        above = self.known.get(code.upper())
        if above is None:
            raise Misread(f"没有编号为“{code}”的上级设备")
        return str(above["_id"])

    def _refuse_circles(self) -> None:
        """Nothing is a part of itself."""
        parents = {asset["_id"]: asset.get("parent") for asset in self.known.values()}
        for code, line in self.lines.items():
            above = [self.known[code]["_id"]]
            while above[-1] is not None and len(above) <= assets.DEEPEST + 1:
                above.append(parents.get(above[-1]))
            if above[-1] is not None:
                self._refuse(line, f"上级编号构成循环，或超过 {assets.DEEPEST} 级")


def _checked(said: Mapping[str, Any]) -> AssetInput:
    """The asset, if it fits its form."""
    try:
        body = msgspec.convert(said, AssetInput)
    except msgspec.ValidationError as fault:
        pointed = re.search(r"\$\.([a-z_]+)", str(fault))
        raise Misread(f"{_FIELDS[pointed[1]] if pointed else '内容'}填写不正确") from None
    if not body.name.strip() or body.code != body.code.strip():
        raise Misread("编号和名称不能为空")
    return body


def _fen(text: str) -> int | None:
    if not text:
        return None
    found = _YUAN.fullmatch(text)
    if not found:
        raise Misread(f"价格“{text}”应写作 3200 或 3200.50")
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def _state(text: str) -> bool:
    if text not in STATES:
        raise Misread(f"状态只能是在用或停用，不能是“{text}”")
    return STATES[text]
