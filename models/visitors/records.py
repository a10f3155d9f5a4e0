"""Reading the log of scans: page by page, and as a spreadsheet, which is on record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Literal

from msgspec import UNSET, UnsetType, field

from models import people
from models.base.audit import record
from models.base.clock import campus_date, campus_time
from models.base.context import Context
from models.base.paging import Listing, page
from models.base.shapes import Day, Id, Input, PageQuery, Struct
from models.base.store import Document
from models.visitors.gates import GateId
from models.visitors.log import SCANS
from models.visitors.refusals import ExportTooLarge, PeriodWrong

MOST_ROWS: Final = 20_000
LONGEST: Final = 92  # days
HEADER: Final = ["时间", "出入口", "方向", "结果", "原因", "方式", "访问单号", "操作", "备注"]
WAYS: Final = {"in": "进", "out": "出"}
DECISIONS: Final = {"admit": "放行", "refuse": "未放行"}
_LISTING: Final = Listing(SCANS, "at")


class LogQuery(PageQuery, kw_only=True):
    """Of a gate, or of a visit; only what was refused, where wished."""

    gate: GateId | None = None
    order: Id | None = None
    decision: Literal["admit", "refuse"] | None = None


class ScanLine(Struct, kw_only=True):
    """One scan."""

    id: str
    at: datetime
    gate: str
    direction: str
    decision: str
    reason: str
    how: str
    by: str
    order: str | UnsetType = UNSET
    note: str = ""
    recorded_at: datetime | UnsetType = UNSET


class ScanPage(Struct):
    """Scans, newest first."""

    items: list[ScanLine]
    next: str | None = None


class ExportQuery(Input):
    """Which days (the last seven), and of which gate where not of all."""

    from_: Day | None = field(default=None, name="from")
    to: Day | None = None
    gate: GateId | None = None


async def listed(ctx: Context, query: LogQuery) -> ScanPage:
    """The log, newest first."""
    where: Document = {}
    for name in ("gate", "order", "decision"):
        value = getattr(query, name)
        if value is not None:
            where[name] = value
    asked = PageQuery(after=query.after, limit=query.limit)
    found, following = await page(ctx.store, _LISTING, where, asked)
    return ScanPage(items=[_line(each) for each in found], next=following)


def _line(scan: Document) -> ScanLine:
    names = ("at", "gate", "direction", "decision", "reason", "how", "by")
    return ScanLine(
        id=scan["_id"],
        order=scan.get("order", UNSET),
        note=scan.get("note", ""),
        recorded_at=scan.get("recorded_at", UNSET),
        **{name: scan[name] for name in names},
    )


async def sheet(ctx: Context, query: ExportQuery) -> bytes:
    """The log of a period as an .xlsx, oldest first. Raises PeriodWrong, ExportTooLarge."""
    to = query.to or campus_date(ctx.now)
    first = query.from_ or to - timedelta(days=6)
    if not 0 <= (to - first).days < LONGEST:
        raise PeriodWrong(days=LONGEST, errors=(("/from", "日期范围有误"),))
    start, end = campus_time(first, "00:00"), campus_time(to + timedelta(days=1), "00:00")
    where: Document = {"gate": query.gate} if query.gate else {}
    where["at"] = {"$gte": start, "$lt": end}
    found = await ctx.store.find(SCANS, where, sort=[("at", 1)], limit=MOST_ROWS + 1)
    if len(found) > MOST_ROWS:
        raise ExportTooLarge(rows=MOST_ROWS)
    said = {"gate": query.gate, "rows": len(found)}
    await record(ctx, "visitors.export", f"scans:{first}:{to}", None, said)
    names = await people.names(ctx, {scan["by"] for scan in found})
    rows = [_row(scan, names) for scan in found]
    return await ctx.house.ports.sheets.write(f"门岗记录 {first} {to}", list(HEADER), rows)


def _row(scan: Document, names: dict[str, str]) -> list[Any]:
    return [
        scan["at"], scan["gate"], WAYS[scan["direction"]], DECISIONS[scan["decision"]],
        scan["reason"], scan["how"], scan.get("order"), names.get(scan["by"], scan["by"]),
        scan.get("note"),
    ]  # fmt: skip
