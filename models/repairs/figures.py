"""Vendors' figures of a period, for their assessment: read from closed tickets, never stored.

A ticket counts once, on the day its fix was accepted for good: while it is open again it counts
nowhere, and then on the day of the later acceptance. Figures therefore always agree with the
tickets as they stand, and every one of them names its tickets.

    tickets        closed in the period
    response_met   taken in time; solution_met: the vendor's time was within the target (ledger.py)
    repeated       the same fault came back within some days and was reported anew (repeats.py): it
                   counts here, against the first fix, whoever repaired it then
    reopened       reopened by the reporter; rework: repeated or reopened
    rated          rated for this vendor's fix, not for another's before a reopening; vendors see
                   ratings as models/repairs/ratings.py shows them, and never of which tickets
    disputed       an interval was disputed
    minutes        business minutes by whose they were
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import field
from msgspec.structs import replace

from models.base.audit import record
from models.base.context import Context
from models.base.marks import any_of, months
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.shapes import Day, Id, Input, Limit, Struct
from models.base.store import Document
from models.base.workflow import Order
from models.repairs import parties, ratings
from models.repairs.ledger import PARTIES
from models.repairs.parties import OFFICE
from models.repairs.periods import Period, period
from models.repairs.refusals import TooFewRatings, VendorUnknown
from models.repairs.vendors import VENDORS, VendorId, dispatched, find, own

MOST_ORDERS: Final = 500  # named with each figure; `orders_of` names all
AT_ONCE: Final = 1000  # tickets of one question to the database
HEADER: Final = [
    "服务单位", "办结工单", "响应达标", "解决达标", "响应达标率", "解决达标率", "返工工单",
    "返工率", "重复故障", "重新打开", "评价数", "平均星级", "争议时段", "判归服务单位",
    "判归报修人", "判归配件", "判归现场", "服务单位用时（分钟）", "报修人用时", "配件用时",
    "现场用时",
]  # fmt: skip

Figure = Literal[
    "tickets", "response_met", "solution_met", "repeated", "reopened", "rated", "disputed"
]


_FIELDS: Final = dict.fromkeys(
    (
        "data.vendor.id", "data.round", "data.ledger.minutes", "data.ledger.response.met",
        "data.ledger.solution.met", "data.rating.stars", "data.rating.vendor",
        "data.disputes.party",
    ),
    1,
)  # fmt: skip
_COUNTS: Final[Mapping[Figure, Callable[[Order, set[str]], Any]]] = {
    "tickets": lambda order, again: True,
    "response_met": lambda order, again: order["data"]["ledger"]["response"]["met"],
    "solution_met": lambda order, again: order["data"]["ledger"]["solution"]["met"],
    "repeated": lambda order, again: order["_id"] in again,
    "reopened": lambda order, again: order["data"]["round"] > 0,
    "rated": lambda order, again: _is_rated(order),
    "disputed": lambda order, again: order["data"].get("disputes"),
}


class FiguresQuery(Input):
    """Which days (the last thirty), and which vendor where not all that the reader may see."""

    from_: Day | None = field(default=None, name="from")
    to: Day | None = None
    vendor: VendorId | None = None


class OrdersQuery(FiguresQuery, kw_only=True):
    """The tickets behind one figure of one vendor; `after` goes on where a page ended."""

    figure: Figure
    after: Id | None = None
    limit: Limit = 50


class RatingFigures(Struct):
    """How many, and their mean from 1 to 5; none of none. For a vendor those of the whole months
    that the period touches.
    """

    count: int
    average: float | None


class DisputeFigures(Struct):
    """How many intervals were disputed, and how many of them were given to each party."""

    opened: int
    settled: dict[str, int]


class VendorFigures(Struct):
    """A vendor's figures. `ratings` is null for the vendor itself while there are too few.

    `orders` are the first 500 tickets by id of each figure.
    """

    vendor: str
    name: str
    tickets: int
    response_met: int
    solution_met: int
    rework: int
    repeated: int
    reopened: int
    ratings: RatingFigures | None
    disputes: DisputeFigures
    minutes: dict[str, int]
    orders: dict[str, list[str]]


class Figures(Struct, rename={"from_": "from"}):
    """The figures of the days from `from` to `to`, both included."""

    from_: Day
    to: Day
    items: list[VendorFigures]


class OrderIds(Struct):
    """Tickets, by id."""

    items: list[str]
    next: str | None = None


async def figures(ctx: Context, query: FiguresQuery) -> Figures:
    """What the reader may see. Raises PeriodUnusable, VendorUnknown."""
    wanted = period(ctx, query.from_, query.to)
    vendors = await _vendors(ctx, query.vendor)
    found = await _closed(ctx, [vendor["_id"] for vendor in vendors], wanted)
    again = await _came_back(ctx, found)
    by_vendor: dict[str, list[Order]] = {vendor["_id"]: [] for vendor in vendors}
    for order in found:
        by_vendor[order["data"]["vendor"]["id"]].append(order)
    items = [_of_vendor(each, by_vendor[each["_id"]], again) for each in vendors]
    if not _decides(ctx):
        items = [await _as_a_vendor_may_know(ctx, each, wanted) for each in items]
    return Figures(from_=wanted.first, to=wanted.last, items=items)


async def _as_a_vendor_may_know(ctx: Context, line: VendorFigures, wanted: Period) -> VendorFigures:
    """Without which tickets were rated, and with no more of the ratings than is told a vendor."""
    orders = {figure: ids for figure, ids in line.orders.items() if figure != "rated"}
    try:
        told = _mean(await ratings.told(ctx, line.vendor, wanted))
    except TooFewRatings:
        told = None
    return replace(line, orders=orders, ratings=told)


def _mean(rated: Sequence[Order]) -> RatingFigures:
    stars = [order["data"]["rating"]["stars"] for order in rated]
    return RatingFigures(
        count=len(stars), average=round(sum(stars) / len(stars), 2) if stars else None
    )


async def orders_of(ctx: Context, query: OrdersQuery) -> OrderIds:
    """The tickets behind a figure. Raises PeriodUnusable, and VendorUnknown for a vendor that asks
    which of its tickets were rated.
    """
    wanted = period(ctx, query.from_, query.to)
    vendors = await _vendors(ctx, query.vendor)
    if query.figure == "rated" and not _decides(ctx):
        raise VendorUnknown
    found = await _closed(ctx, [vendor["_id"] for vendor in vendors], wanted)
    ids = _ids(found, query.figure, await _came_back(ctx, found))
    rest = [each for each in ids if query.after is None or each > query.after]
    shown = rest[: query.limit]
    return OrderIds(items=shown, next=shown[-1] if len(rest) > query.limit else None)


async def sheet(ctx: Context, query: FiguresQuery) -> bytes:
    """The figures as an .xlsx, one line a vendor, put on record. Raises as `figures` does."""
    found = await figures(ctx, query)
    wanted = Period(found.from_, found.to)
    await record(ctx, "repairs.export", f"figures:{wanted.first}:{wanted.last}")
    rows = [_row(line) for line in found.items]
    return await ctx.house.ports.sheets.write(f"报修考核 {wanted}", list(HEADER), rows)


def _decides(ctx: Context) -> bool:
    return Role.MANAGER in ctx.actor.roles and OFFICE in ctx.actor.tokens


async def _vendors(ctx: Context, wanted: str | None) -> list[Document]:
    """The vendors that are asked for: of all for a manager, of those a dispatcher works for."""
    if _decides(ctx):
        chosen = [(await find(ctx, wanted))["_id"]] if wanted else None
    else:
        chosen = [await own(ctx, wanted)] if wanted else await dispatched(ctx)
        if not chosen:
            raise VendorUnknown
    where = {} if chosen is None else {"_id": {"$in": chosen}}
    return await ctx.store.find(VENDORS, where, sort=[("_id", 1)])


async def _closed(ctx: Context, vendors: Sequence[str], wanted: Period) -> list[Order]:
    """The tickets that count in the period, by id."""
    names = months(wanted.first, wanted.last)
    where = any_of(parties.accepted(each, month) for each in vendors for month in names)
    where["data.accepted_at"] = wanted.moments()
    return await ctx.store.find(ORDERS, where, sort=[("_id", 1)], fields=_FIELDS)


async def _came_back(ctx: Context, found: Sequence[Order]) -> set[str]:
    """The tickets whose fault was reported anew."""
    ids = [order["_id"] for order in found]
    again: set[str] = set()
    for start in range(0, len(ids), AT_ONCE):
        where = any_of(map(parties.repeats, ids[start : start + AT_ONCE]))
        where["state"] = {"$nin": ["cancelled", "merged"]}
        later = await ctx.store.find(ORDERS, where, fields={"data.repeat_of": 1})
        again.update(order["data"]["repeat_of"] for order in later)
    return again


def _ids(found: Sequence[Order], figure: Figure, again: set[str]) -> list[str]:
    counts = _COUNTS[figure]
    return [order["_id"] for order in found if counts(order, again)]


def _of_vendor(vendor: Document, found: Sequence[Order], again: set[str]) -> VendorFigures:
    orders = {figure: _ids(found, figure, again) for figure in _COUNTS}
    return VendorFigures(
        vendor=vendor["_id"],
        name=vendor["name"],
        tickets=len(found),
        response_met=len(orders["response_met"]),
        solution_met=len(orders["solution_met"]),
        rework=len({*orders["repeated"], *orders["reopened"]}),
        repeated=len(orders["repeated"]),
        reopened=len(orders["reopened"]),
        ratings=_mean([order for order in found if _is_rated(order)]),
        disputes=_disputes(found),
        minutes={p: sum(o["data"]["ledger"]["minutes"][p] for o in found) for p in PARTIES},
        orders={figure: ids[:MOST_ORDERS] for figure, ids in orders.items()},
    )


def _is_rated(order: Order) -> bool:
    """Whether the fix that counts here was rated, not one of another vendor before a reopening."""
    rating = order["data"].get("rating")
    return rating is not None and rating["vendor"] == order["data"]["vendor"]["id"]


def _disputes(found: Sequence[Order]) -> DisputeFigures:
    parties = [each["party"] for order in found for each in order["data"].get("disputes", ())]
    settled: dict[str, int] = {party: parties.count(party) for party in PARTIES}
    return DisputeFigures(opened=len(parties), settled=settled)


def _row(line: VendorFigures) -> list[Any]:
    ratings = line.ratings
    return [
        line.name, line.tickets, line.response_met, line.solution_met,
        _share(line.response_met, line.tickets), _share(line.solution_met, line.tickets),
        line.rework, _share(line.rework, line.tickets), line.repeated, line.reopened,
        *([ratings.count, ratings.average] if ratings else [None, None]),
        line.disputes.opened, *(line.disputes.settled[party] for party in PARTIES),
        *(line.minutes[party] for party in PARTIES),
    ]  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    """Of 1, to three places; nothing of nothing."""
    return round(part / whole, 3) if whole else None
