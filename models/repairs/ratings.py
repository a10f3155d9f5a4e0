"""What reporters think of the repairs, and who may know whose opinion it is.

A vendor sees stars and comments without names, in no order that tells, and nothing before there are
three of the period (policy `repairs`). It sees them by whole months, and of a month three more at a
time: from the difference between two looks nobody's single opinion follows. The administration sees
names, which is put on record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import UNSET, UnsetType, field

from models import people
from models.base.audit import record
from models.base.clock import campus_date
from models.base.context import Context
from models.base.errors import NotFound
from models.base.marks import any_of, months
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.shapes import Day, Input, Struct
from models.base.workflow import Order
from models.repairs import parties
from models.repairs.clocks import RepairRules
from models.repairs.parties import OFFICE
from models.repairs.periods import Period, period
from models.repairs.refusals import TooFewRatings
from models.repairs.vendors import VendorId, own


class RatingQuery(Input):
    """Of which vendor, rated from which day to which; without days the last thirty. A vendor is
    shown the months that they touch.
    """

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
    """How a vendor was rated. Raises NotFound, PeriodUnusable, and TooFewRatings for a vendor."""
    decides = Role.MANAGER in ctx.actor.roles and OFFICE in ctx.actor.tokens
    vendor = query.vendor if decides and query.vendor else None
    if vendor is None:
        if decides:
            raise NotFound
        vendor = await own(ctx, query.vendor)
    wanted = period(ctx, query.from_, query.to)
    found = await (_rated if decides else told)(ctx, vendor, wanted)
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


async def told(ctx: Context, vendor: str, wanted: Period) -> list[Order]:
    """The rated tickets of which a vendor may learn. Raises TooFewRatings where there are none."""
    least = (await ctx.house.policies.value(RepairRules)).shown_from
    shown = in_groups(await _rated(ctx, vendor, wanted.months()), least)
    if not shown:
        raise TooFewRatings(needed=least)
    return shown


def in_groups(found: Sequence[Order], least: int) -> list[Order]:
    """Of each month those rated first, as many as there are whole groups of `least`."""
    months: defaultdict[tuple[int, int], list[Order]] = defaultdict(list)
    for order in sorted(found, key=lambda order: (order["data"]["rating"]["at"], order["_id"])):
        day = campus_date(order["data"]["rating"]["at"])
        months[day.year, day.month].append(order)
    return [order for each in months.values() for order in each[: len(each) // least * least]]


async def _rated(ctx: Context, vendor: str, wanted: Period) -> list[Order]:
    where = any_of(parties.rated(vendor, month) for month in months(wanted.first, wanted.last))
    where["data.rating.at"] = wanted.moments()
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
