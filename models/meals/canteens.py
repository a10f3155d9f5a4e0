"""Canteens: which meals each one serves, until when they can be ordered, and where it delivers.

A document of `canteens`:
    _id                       "ctn_1"
    name, location, enabled   as people know it; a disabled one takes no new menus
    meals                     [{id, name, cutoff, price, sittings}] in the order of the day
    delivery_places           [{id, name, building}]
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from models.base import policies
from models.base.audit import record
from models.base.calendar import Week
from models.base.clock import campus_time
from models.base.context import Context, House
from models.base.indexes import declare as index
from models.base.shapes import Count, Fen, HourMinute, Input, Name, Struct
from models.base.store import Document
from models.meals.refusals import CanteenUnknown, CanteenWrong, WeekUnknown
from models.meals.sittings import serves_at

CANTEENS: Final = "canteens"
A_WEEK: Final = timedelta(days=7)

index(CANTEENS)

CanteenId = Annotated[str, Meta(min_length=5, max_length=20, pattern=r"^ctn_[a-z0-9]+$")]
MealId = Annotated[str, Meta(min_length=2, max_length=16, pattern=r"^[a-z][a-z0-9]+$")]
PlaceId = Annotated[str, Meta(min_length=3, max_length=32, pattern=r"^[A-Za-z0-9_]+$")]
WeekName = Annotated[str, Meta(min_length=8, max_length=8, pattern=r"^20[0-9]{2}-W[0-5][0-9]$")]


class DayCutoff(Input, kw_only=True, tag_field="type", tag="day"):
    """Orders close so many calendar days before the meal, at a time of day."""

    days_before: Annotated[int, Meta(ge=0, le=30)] = 0
    at: HourMinute


class WeekCutoff(Input, tag_field="type", tag="week"):
    """A whole week closes on a weekday (1 is Monday) of the week before, at a time of day."""

    weekday: Annotated[int, Meta(ge=1, le=7)]
    at: HourMinute


Cutoff = DayCutoff | WeekCutoff


class Serving(Input):
    """A sitting as menus write it: from, to, for so many, and whether others may come."""

    starts: HourMinute
    ends: HourMinute
    capacity: Count
    walk_ins: bool = False


Servings = Annotated[list[Serving], Meta(max_length=24)]


class Meal(Input):
    """A meal of the day. `price` (fen) and `sittings` are what a new menu begins with."""

    id: MealId
    name: Name
    cutoff: Cutoff
    price: Fen = 0
    sittings: Servings = []


class DeliveryPlace(Input):
    """Where meals are brought to."""

    id: PlaceId
    name: Name
    building: Name


class CanteenInput(Input, kw_only=True):
    """A canteen as the administration sets it up."""

    name: Name
    location: Name
    enabled: bool = True
    meals: Annotated[list[Meal], Meta(min_length=1, max_length=6)]
    delivery_places: Annotated[list[DeliveryPlace], Meta(max_length=100)] = []


class Canteen(Struct):
    """A canteen."""

    id: str
    name: str
    location: str
    enabled: bool
    meals: list[Meal]
    delivery_places: list[DeliveryPlace]

    def meal(self, meal_id: str) -> Meal | None:
        """The meal with that id, or None."""
        return next((meal for meal in self.meals if meal.id == meal_id), None)


class CanteenPage(Struct):
    """Every canteen, by id."""

    items: list[Canteen]
    next: str | None = None


class MealPolicy(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the administration decides about ordering meals, for all canteens or for one.

    A sitting keeps the rule of its day as it was when its menu was published.
    """

    max_portions: Annotated[
        int, Meta(ge=1, le=20, title="每单最多份数", description="一个订单最多可以预订的份数")
    ] = 4
    early_minutes: Annotated[
        int,
        Meta(ge=0, le=20_160, title="提前取餐（分钟）", description="开餐前多少分钟起可以凭码取餐"),
    ] = 15
    no_show_limit: Annotated[
        int,
        Meta(ge=0, le=20, title="未就餐次数上限", description="达到该次数后暂停预订；0 表示不限制"),
    ] = 3
    no_show_days: Annotated[
        int,
        Meta(ge=1, le=365, title="未就餐统计天数", description="在最近多少天内统计未就餐次数"),
    ] = 30
    no_show_pause_days: Annotated[
        int, Meta(ge=1, le=90, title="暂停预订天数", description="自最后一次未就餐起暂停的天数")
    ] = 7
    appeal_days: Annotated[
        int, Meta(ge=1, le=60, title="申诉期限（天）", description="就餐日后多少天内可以申诉")
    ] = 7


policies.declare("meals", "订餐规则", MealPolicy, scoped="canteen")


def closes_at(cutoff: Cutoff, day: date) -> datetime:
    """The moment (UTC) from which a meal on `day` cannot be ordered, changed or cancelled."""
    if isinstance(cutoff, DayCutoff):
        return campus_time(day - timedelta(days=cutoff.days_before), cutoff.at)
    monday = Week.of(day).monday - A_WEEK
    return campus_time(monday + timedelta(days=cutoff.weekday - 1), cutoff.at)


def week_named(name: str) -> Week:
    """The week called `2026-W48`. Raises WeekUnknown for W53 of a year that has 52."""
    try:
        return Week.of(date.fromisocalendar(int(name[:4]), int(name[6:]), 1))
    except ValueError:
        raise WeekUnknown(week=name) from None


def of(document: Document) -> Canteen:
    """A canteen from its document."""
    fields: Any = {name: value for name, value in document.items() if name != "_id"}
    return msgspec.convert(fields | {"id": document["_id"]}, Canteen)


async def listed(house: House) -> CanteenPage:
    """Every canteen."""
    found = await house.store.find(CANTEENS, {}, sort=[("_id", 1)])
    return CanteenPage(items=[of(document) for document in found])


async def own(ctx: Context, canteen: str) -> Canteen:
    """The canteen, for those who work there. Raises Forbidden, CanteenUnknown."""
    serves_at(ctx, canteen)
    document = await ctx.store.get(CANTEENS, canteen)
    if document is None:
        raise CanteenUnknown
    return of(document)


async def put(ctx: Context, canteen: str, body: CanteenInput) -> Canteen:
    """Set a canteen up, or change it; a published menu stands until it is published again."""
    if canteen != canteen.strip():  # the `$` of a pattern lets a final newline pass
        raise CanteenUnknown
    errors = tuple(_faults(body))
    if errors:
        raise CanteenWrong(errors=errors)
    before = await ctx.store.get(CANTEENS, canteen)
    document: Document = {"_id": canteen, **msgspec.to_builtins(body)}
    if before != document:
        await record(ctx, "meals.canteen", canteen, before, document)
        await ctx.store.upsert(CANTEENS, document)
    return of(document)


def _faults(body: CanteenInput) -> Iterator[tuple[str, str]]:
    """What contradicts itself, as (pointer, sentence)."""
    for at, names in (
        ("/meals/{}/id", [meal.id for meal in body.meals]),
        ("/meals/{}/name", [meal.name for meal in body.meals]),
        ("/delivery_places/{}/id", [place.id for place in body.delivery_places]),
    ):
        for place, name in enumerate(names):
            if name in names[:place]:
                yield at.format(place), "重复"
    for place, meal in enumerate(body.meals):
        for pointer, sentence in sitting_faults(meal.sittings):
            yield f"/meals/{place}{pointer}", sentence


def sitting_faults(sittings: list[Serving]) -> Iterator[tuple[str, str]]:
    """What is wrong with the sittings of one meal, as (pointer, sentence)."""
    starts: set[str] = set()
    for place, sitting in enumerate(sittings):
        if sitting.starts >= sitting.ends:
            yield f"/sittings/{place}/ends", "结束时间须晚于开始时间"
        if sitting.starts in starts:
            yield f"/sittings/{place}/starts", "同一餐次有相同的开始时间"
        starts.add(sitting.starts)
