"""The tickets of a period as a spreadsheet for the administration; who took it is on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import field

from models import people
from models.base.audit import record
from models.base.context import Context
from models.base.errors import NotFound, Unprocessable
from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.shapes import Day, Input
from models.base.store import Document
from models.base.workflow import Order
from models.repairs.ledger import PARTIES
from models.repairs.parties import KIND, OFFICE
from models.repairs.periods import period
from models.repairs.vendors import VendorId

MOST_ROWS: Final = 20_000
HEADER: Final = [
    "工单号", "状态", "报修时间", "类别", "地点", "设备", "故障描述", "优先级", "报修人",
    "报修单位", "服务单位", "维修人", "响应达标", "解决达标", "服务单位用时（分钟）", "报修人用时",
    "配件用时", "现场用时", "验收时间", "重新打开", "重复故障工单", "评价（星）", "工时（分钟）",
    "材料费（元）", "处理结果",
]  # fmt: skip
STATES: Final = {
    "reported": "待受理", "taken": "已受理", "started": "维修中", "paused": "暂停",
    "fixed": "待验收", "accepted": "已验收", "rated": "已评价", "cancelled": "已取消",
    "merged": "已合并",
}  # fmt: skip
_FIELDS: Final = dict.fromkeys(
    (
        "state", "created_at", "owner", "unit", "assignee",
        *(
            f"data.{name}"
            for name in (
                "category.name", "location", "asset", "fault", "priority", "vendor", "ledger",
                "accepted_at", "round", "repeat_of", "rating.stars", "labour_minutes", "cost",
                "result",
            )
        ),
    ),
    1,
)  # fmt: skip

index(ORDERS, [("seen_by", 1), ("created_at", -1)])


class ExportTooLarge(Unprocessable):
    code = "export-too-large"
    zh = "一次最多导出 {rows} 条，请缩短日期范围。"
    en = "At most {rows} tickets can be exported at once; choose fewer days."


class ExportQuery(Input):
    """Reported on which days (the last thirty), and of which vendor where not of all."""

    from_: Day | None = field(default=None, name="from")
    to: Day | None = None
    vendor: VendorId | None = None


async def sheet(ctx: Context, query: ExportQuery) -> bytes:
    """The tickets as an .xlsx, oldest first. Raises PeriodUnusable, ExportTooLarge, and NotFound
    for who does not decide about repairs.
    """
    if Role.MANAGER not in ctx.actor.roles or OFFICE not in ctx.actor.tokens:
        raise NotFound
    wanted = period(ctx, query.from_, query.to)
    where: Document = {"seen_by": OFFICE, "kind": KIND, "created_at": wanted.moments()}
    if query.vendor is not None:
        where["data.vendor.id"] = query.vendor
    oldest = [("created_at", 1), ("_id", 1)]
    found = await ctx.store.find(ORDERS, where, sort=oldest, limit=MOST_ROWS + 1, fields=_FIELDS)
    if len(found) > MOST_ROWS:
        raise ExportTooLarge(rows=MOST_ROWS)
    about = f"tickets:{wanted.first}:{wanted.last}"
    await record(ctx, "repairs.export", about, None, {"vendor": query.vendor, "rows": len(found)})
    rows = await _rows(ctx, found)
    return await ctx.house.ports.sheets.write(f"报修工单 {wanted}", list(HEADER), rows)


async def _rows(ctx: Context, found: Sequence[Order]) -> list[list[Any]]:
    persons = {order["owner"] for order in found}
    persons |= {order["assignee"] for order in found if order.get("assignee")}
    names = await people.names(ctx, persons)
    units = await people.unit_names(ctx, {order["unit"] for order in found})
    return [_row(order, names, units) for order in found]


def _row(order: Order, names: dict[str, str], units: dict[str, str]) -> list[Any]:
    data = order["data"]
    place, asset, ledger = data["location"], data["asset"], data["ledger"]
    return [
        order["_id"], STATES[order["state"]], order["created_at"], data["category"]["name"],
        " ".join(str(place[name]) for name in ("building", "floor", "room", "text") if place[name]),
        f"{asset['name']} {asset['code']}" if asset else None, data["fault"], data["priority"],
        names.get(order["owner"]), units[order["unit"]],
        data["vendor"]["name"] if data["vendor"] else None, names.get(order.get("assignee") or ""),
        _word(ledger["response"]["met"]), _word(ledger["solution"]["met"]),
        *(ledger["minutes"][party] for party in PARTIES),
        data.get("accepted_at"), data["round"], data["repeat_of"],
        data.get("rating", {}).get("stars"), data.get("labour_minutes"),
        data["cost"] / 100 if "cost" in data else None, data.get("result"),
    ]  # fmt: skip


def _word(met: bool) -> str:
    return "是" if met else "否"
