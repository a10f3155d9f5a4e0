"""The canteen's day in numbers. Places are counted in portions, money in fen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from models.base.audit import record
from models.base.context import Context
from models.base.orders import ORDERS
from models.base.shapes import Day, Input, Struct
from models.base.store import Document
from models.meals.canteens import CanteenId, own
from models.meals.kitchen import EATEN, held_by, is_walk_in, portions
from models.meals.sittings import SITTINGS, Named, given_up


class ReportQuery(Input):
    """Which canteen, which day."""

    canteen: CanteenId
    date: Day


class Figures(Struct, kw_only=True):
    """What became of places: `booked` are all that were kept, `redeemed` those eaten of them.

    `revenue` is what was eaten, ordered or not, in fen.
    """

    capacity: int = 0
    booked: int = 0
    redeemed: int = 0
    missed: int = 0
    walk_ins: int = 0
    cancelled: int = 0
    revenue: int = 0


class SittingFigures(Figures, kw_only=True):
    """The figures of one sitting."""

    sitting_id: str
    meal: Named
    starts_at: datetime
    state: str


class Ratings(Struct):
    """How many people rated, and the average of their stars; None where nobody did."""

    count: int
    average: float | None


class Report(Struct):
    """A canteen's day."""

    date: date
    canteen: Named
    sittings: list[SittingFigures]
    ratings: Ratings
    totals: Figures


async def day(ctx: Context, query: ReportQuery) -> Report:
    """The report of a day, for the canteen itself and the administration."""
    canteen = await own(ctx, query.canteen)
    where = {"date": query.date.isoformat(), "canteen.id": query.canteen}
    found = await ctx.store.find(SITTINGS, where, sort=[("starts_at", 1), ("_id", 1)])
    lines, stars = [], list[int]()
    for sitting in found:
        held = await held_by(ctx, sitting["_id"])
        given_up = await _given_up(ctx, sitting["_id"])
        lines.append(_figures(sitting, held, given_up))
        stars += [order["rating"]["stars"] for order in held if "rating" in order]
    return Report(
        date=query.date,
        canteen=Named(id=canteen.id, name=canteen.name),
        sittings=lines,
        ratings=Ratings(len(stars), round(sum(stars) / len(stars), 2) if stars else None),
        totals=_totals(lines),
    )


async def _given_up(ctx: Context, sitting_id: str) -> list[Document]:
    where = {"found_by": given_up(sitting_id)}
    return await ctx.store.find(ORDERS, where, fields={"data.portions": 1})


def _figures(sitting: Document, held: list[Document], given_up: list[Document]) -> SittingFigures:
    walked_in = [order for order in held if is_walk_in(order)]
    ordered = [order for order in held if not is_walk_in(order)]
    eaten = [order for order in ordered if order["state"] in EATEN]
    missed = [order for order in ordered if order["state"] not in {"booked", *EATEN}]
    return SittingFigures(
        sitting_id=sitting["_id"],
        meal=Named(**sitting["meal"]),
        starts_at=sitting["starts_at"],
        state=sitting["state"],
        capacity=sitting["capacity"],
        booked=portions(ordered),
        redeemed=portions(eaten),
        missed=portions(missed),
        walk_ins=portions(walked_in),
        cancelled=portions(given_up),
        revenue=sum(order.get("price", 0) for order in [*eaten, *walked_in]),
    )


def _totals(lines: list[SittingFigures]) -> Figures:
    names = Figures.__struct_fields__
    return Figures(**{name: sum(getattr(line, name) for line in lines) for name in names})


async def sheet(ctx: Context, query: ReportQuery) -> bytes:
    """The report as an .xlsx, with a line of totals."""
    report = await day(ctx, query)
    rows = [[line.starts_at, line.meal.name, *_row(line)] for line in report.sittings]
    rows.append(["合计", "", *_row(report.totals)])
    rows.append(["评价", f"{report.ratings.count} 条", report.ratings.average])
    await record(ctx, "meals.export", f"{query.canteen}:{query.date.isoformat()}")
    title = f"{report.canteen.name} {query.date.isoformat()}"
    header = ["时间", "餐次", "名额", "预订", "已取餐", "未就餐", "散客", "取消", "金额（元）"]
    return await ctx.house.ports.sheets.write(title, header, rows)


def _row(line: Figures) -> list[Any]:
    counts = [line.capacity, line.booked, line.redeemed, line.missed, line.walk_ins, line.cancelled]
    return [*counts, line.revenue / 100]
