"""What reporters think of the repairs, and who may know whose opinion it is.

A vendor sees stars and comments without names, in no order that tells, and nothing before there are
three of the period (policy `repairs`). The administration sees names, which is put on record.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from msgspec import UNSET, UnsetType, field

from models import people
from models.base.audit import record
from models.base.clock import campus_date, campus_time
from models.base.context import Context
from models.base.errors import NotFound
from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.shapes import Day, Input, Struct
from models.base.workflow import Order
from models.repairs.clocks import RepairRules
from models.repairs.duty import MOST_DAYS, PeriodTooLong
from models.repairs.parties import KIND, OFFICE
from models.repairs.refusals import TooFewRatings
from models.repairs.vendors import VendorId, own

A_DAY: Final = timedelta(days=1)

index(ORDERS, [("data.vendor.id", 1), ("data.rating.at", 1)], partial={"kind": KIND})


class RatingQuery(Input):
    """Of which vendor, rated from which day to which; without days the last thirty."""

    vendor: VendorId | None = None
    from_: Day | None = field(default=None, name="from")
    to: Day | None = None


class RatingLine(Struct):
    """One opinion. Ticket and name are shown to the administration alone."""

    stars: int
    comment: str | UnsetType = UNSET
    order_id: str | UnsetType = UNSET
    by: str | UnsetType = UNSET


class Ratings(Struct):
    """The opinions of a period, best first, and their mean."""

    vendor: str
    count: int
    average: float
    items: list[RatingLine]


async def listed(ctx: Context, query: RatingQuery) -> Ratings:
    """How a vendor was rated. Raises NotFound, PeriodTooLong, and TooFewRatings for a vendor."""
    decides = Role.MANAGER in ctx.actor.roles and OFFICE in ctx.actor.tokens
    vendor = query.vendor if decides and query.vendor else None
    if vendor is None:
        if decides:
            raise NotFound
        vendor = await own(ctx, query.vendor)
    found = await _rated(ctx, vendor, query)
    rules = await ctx.house.policies.value(RepairRules)
    if not decides and len(found) < rules.shown_from:
        raise TooFewRatings(needed=rules.shown_from)
    names = await people.names(ctx, [each["owner"] for each in found]) if decides else {}
    if decides:
        await record(ctx, "repairs.ratings", vendor, None, {"shown": [e["_id"] for e in found]})
    stars = [order["data"]["rating"]["stars"] for order in found]
    return Ratings(
        vendor=vendor,
        count=len(found),
        average=round(sum(stars) / len(stars), 2) if stars else 0.0,
        items=sorted((_line(order, names) for order in found), key=_place),
    )


async def _rated(ctx: Context, vendor: str, query: RatingQuery) -> list[Order]:
    last: date = query.to or campus_date(ctx.now)
    first = query.from_ or last - 29 * A_DAY
    if (last - first).days >= MOST_DAYS:
        raise PeriodTooLong(days=MOST_DAYS)
    between = {"$gte": campus_time(first, "00:00"), "$lt": campus_time(last + A_DAY, "00:00")}
    where = {"data.vendor.id": vendor, "data.rating.at": between, "kind": KIND}
    return await ctx.store.find(ORDERS, where, fields={"data.rating": 1, "owner": 1})


def _line(order: Order, names: dict[str, str]) -> RatingLine:
    rating = order["data"]["rating"]
    return RatingLine(
        stars=rating["stars"],
        comment=rating.get("comment", UNSET),
        order_id=order["_id"] if names else UNSET,
        by=names.get(order["owner"], UNSET),
    )


def _place(line: RatingLine) -> tuple[int, str]:
    return -line.stars, "" if line.comment is UNSET else line.comment
