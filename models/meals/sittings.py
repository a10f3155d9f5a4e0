"""Sittings: a meal of a canteen at a time, with so many places: what this service counts.

A document of `sittings`, made when a menu is published:
    _id                      "sit_1_20261123_lunch_1130"
    canteen, meal            {id, name} of each
    date, starts_at, ends_at, closes_at    business date; UTC moments; closes_at is the cut-off
    capacity, left, enabled, queue, queued, ranks      see models/base/holds.py
    state                    open, closed (no more orders) or cancelled (everyone told)
    walk_ins                 whether people without an order may eat
    price, dishes            fen per portion; [{id, name, category, price, allergens, allergen_free,
                             picture, limit_per_order, sold_out}]
    max_portions             per order
    early                    minutes before `starts_at` from which the counter takes codes
    delivery_places          [{id, name, building}]
    no_show                  {limit, days, pause, appeal}: so many in so many days suspend for so
                             many; until how many days after a meal one may appeal
    terms                    counts changes of anything but `left` and `queue`
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType

from models.base.chores import chore
from models.base.context import CLOCK, Context, House
from models.base.errors import Conflict, Forbidden, Refusal
from models.base.indexes import declare as index
from models.base.marks import mark
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.shapes import Day, Input, Struct
from models.base.store import Document, StoreError
from models.base.transitions import transition
from models.base.visibility import desk
from models.base.waiting import has_waiting_list
from models.base.workflow import Order
from models.meals.refusals import CapacityTaken, DishUnknown, SittingCancelled, SittingUnknown

SITTINGS: Final = "sittings"
GRACE: Final = timedelta(minutes=30)  # after a sitting, before who did not come counts as missing

GIVEN_UP: Final = ("cancelled", "called_off")  # what becomes of meals nobody comes for

index(SITTINGS, [("date", 1), ("canteen.id", 1)])
index(SITTINGS, [("calling_off", 1)], sparse=True)
has_waiting_list(SITTINGS)


def given_up(sitting_id: str) -> str:
    """Marks the meals of a sitting that were cancelled, or called off with it: they hold no place
    of it any more, by which others are found.
    """
    return mark("meal", "given_up", sitting_id)


def found_by(order: Order) -> Iterator[str]:
    """The sitting of a meal that was given up; who holds a place is found by that."""
    if order["state"] in GIVEN_UP:
        yield given_up(order["data"]["sitting_id"])


class Named(Struct):
    """Something with an id and the name people know it by."""

    id: str
    name: str


class Dish(Struct):
    """A dish as a sitting offers it. `limit_per_order` 0 means no limit but the portions."""

    id: str
    name: str
    price: int
    category: str
    allergens: list[str]
    allergen_free: bool
    picture: str | None
    limit_per_order: int
    sold_out: bool


class SittingView(Struct):
    """A sitting as people choose it; `remaining` may be a second old, the order decides."""

    id: str
    canteen: Named
    meal: Named
    date: str
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    capacity: int
    remaining: int
    queue: int
    walk_ins: bool
    state: str
    price: int
    max_portions: int
    delivery_places: list[dict[str, str]]
    dishes: list[Dish]


class SittingPage(Struct):
    """The sittings of a day, by time."""

    items: list[SittingView]
    next: str | None = None


class SittingQuery(Input):
    """Which day, and which canteen where not all."""

    date: Day
    canteen: Annotated[str, Meta(max_length=64)] | None = None


class SittingChange(Input):
    """What the canteen may change of a sitting that people have ordered in."""

    capacity: Annotated[int, Meta(ge=0, le=10_000)] | UnsetType = UNSET
    walk_ins: bool | UnsetType = UNSET


class Reason(Input):
    """Why; people read it."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class SoldOut(Input):
    """Whether a dish has run out."""

    sold_out: bool


def is_served(data: Document, now: datetime) -> bool:
    """Whether the counter is open for a sitting, or for an order in it."""
    opens_at = data["starts_at"] - timedelta(minutes=data["early"])
    return bool(opens_at <= now < data["ends_at"] + GRACE)


def view(sitting: Document) -> SittingView:
    """A sitting as the phone shows it."""
    return SittingView(
        id=sitting["_id"],
        canteen=Named(**sitting["canteen"]),
        meal=Named(**sitting["meal"]),
        remaining=max(0, sitting["left"]) if sitting["enabled"] else 0,
        queue=len(sitting["queue"]),
        dishes=[_dish(dish) for dish in sitting["dishes"]],
        **{name: sitting[name] for name in _SAME},
    )


_SAME: Final = (
    "date", "starts_at", "ends_at", "closes_at", "capacity", "walk_ins", "state", "price",
    "max_portions", "delivery_places",
)  # fmt: skip


def _dish(dish: Document) -> Dish:
    return Dish(**{name: dish[name] for name in Dish.__struct_fields__})


async def of_day(house: House, day: date, canteen: str | None = None) -> SittingPage:
    """The sittings of a day, in order of time and canteen."""
    where: Document = {"date": day.isoformat()}
    if canteen is not None:
        where["canteen.id"] = canteen
    found = await house.store.find(SITTINGS, where, sort=[("starts_at", 1), ("_id", 1)])
    return SittingPage(items=[view(sitting) for sitting in found])


async def find(ctx: Context, sitting_id: str) -> Document:
    """The sitting, for its own canteen alone. Raises SittingUnknown, Forbidden."""
    sitting = await ctx.store.get(SITTINGS, sitting_id)
    if sitting is None:
        raise SittingUnknown
    serves_at(ctx, sitting["canteen"]["id"])
    return sitting


def serves_at(ctx: Context, canteen: str) -> None:
    """Refuse whoever does not work at this canteen (managers work at all of them)."""
    if desk(canteen) not in ctx.actor.tokens and Role.MANAGER not in ctx.actor.roles:
        raise Forbidden


async def change(ctx: Context, sitting_id: str, body: SittingChange) -> SittingView:
    """Change capacity or walk-ins. The capacity cannot fall below what is booked."""
    sitting = await find(ctx, sitting_id)
    where: Document = {"_id": sitting_id, "terms": sitting["terms"], "state": {"$ne": "cancelled"}}
    update: Document = {"$inc": {"terms": 1}, "$set": {}}
    if body.walk_ins is not UNSET:
        update["$set"]["walk_ins"] = body.walk_ins
    if body.capacity is not UNSET:
        more = body.capacity - sitting["capacity"]
        where["left"] = {"$gte": -more}
        update["$inc"]["left"] = more
        update["$set"]["capacity"] = body.capacity
    if not update["$set"]:
        return view(sitting)
    changed = await ctx.store.change(SITTINGS, where, update)
    if changed is None:
        raise await _unchanged(ctx, sitting)
    return view(changed)


async def _unchanged(ctx: Context, before: Document) -> Refusal:
    """Why a change planned on `before` found nothing to change."""
    sitting = await find(ctx, before["_id"])
    if sitting["state"] == "cancelled":
        return SittingCancelled()
    if sitting["terms"] != before["terms"]:
        return Conflict()
    return CapacityTaken(booked=sitting["capacity"] - sitting["left"])


async def mark_sold_out(ctx: Context, sitting_id: str, dish: str, body: SoldOut) -> SittingView:
    """Take a dish off a sitting's menu, or put it back; orders placed before stand."""
    await find(ctx, sitting_id)
    there = await ctx.store.update(
        SITTINGS,
        {"_id": sitting_id, "dishes.id": dish},
        {"$set": {"dishes.$.sold_out": body.sold_out}, "$inc": {"terms": 1}},
    )
    if not there:
        raise DishUnknown
    return view(await find(ctx, sitting_id))


async def close(ctx: Context, sitting_id: str) -> SittingView:
    """Take no more orders; what is booked stands."""
    return await _turn(ctx, sitting_id, "closed", {"state": "closed", "enabled": False})


async def reopen(ctx: Context, sitting_id: str) -> SittingView:
    """Take orders again until the cut-off."""
    return await _turn(ctx, sitting_id, "open", {"state": "open", "enabled": True})


async def _turn(ctx: Context, sitting_id: str, state: str, fields: Document) -> SittingView:
    await find(ctx, sitting_id)
    where = {"_id": sitting_id, "state": {"$ne": "cancelled"}}
    changed = await ctx.store.change(SITTINGS, where, {"$set": fields, "$inc": {"terms": 1}})
    if changed is None:
        raise SittingCancelled
    return view(changed)


async def cancel(ctx: Context, sitting_id: str, body: Reason) -> SittingView:
    """Cancel a sitting: nobody can order any more, and everyone who has is told."""
    await find(ctx, sitting_id)
    fields: Document = {"state": "cancelled", "enabled": False, "reason": body.reason}
    fields |= {"calling_off": True, "cancelled_by": ctx.actor.id}
    where = {"_id": sitting_id, "state": {"$ne": "cancelled"}}
    changed = await ctx.store.change(SITTINGS, where, {"$set": fields, "$inc": {"terms": 1}})
    if changed is None:  # a second tap finds it done
        return view(await find(ctx, sitting_id))
    return view(changed)


@chore
async def call_off(house: House) -> int:
    """Call off the orders of cancelled sittings; it goes on after a crash until none is left."""
    due = await house.store.find(SITTINGS, {"calling_off": True}, limit=10)
    for sitting in due:
        if await _call_off(house, sitting):
            done = {"_id": sitting["_id"]}
            await house.store.update(SITTINGS, done, {"$unset": {"calling_off": ""}})
    return len(due)


async def _call_off(house: House, sitting: Document) -> bool:
    """Whether every order of the sitting has been called off."""
    ctx = Context(house=house, actor=CLOCK, now=house.clock())
    orders: list[Any] = []
    for field in ("holds.thing", "waits.thing"):
        orders += await house.store.find(ORDERS, {field: sitting["_id"]}, fields={"state": 1})
    for order in orders:
        if order["state"] in ("booked", "waiting", "offered"):
            try:
                await transition(ctx, order["_id"], "call_off", Reason(reason=sitting["reason"]))
            except (Refusal, StoreError):
                return False
    return True
