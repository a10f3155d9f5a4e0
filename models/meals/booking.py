"""Ordering a meal for oneself, at once or by the waiting list.

Everything a request needs to know of the sitting is read in the transaction that takes the places,
so that price, dishes, cut-off and places are judged on the same moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final, Protocol

from msgspec import Meta

from models.base import orders
from models.base.clock import CAMPUS
from models.base.context import Context
from models.base.decisions import Clash, Found, Hold, Lookup
from models.base.errors import Conflict, Refusal
from models.base.shapes import Fen, Id, Input
from models.base.signing import fingerprint
from models.base.store import Document
from models.base.visibility import desk, person
from models.base.waiting import join
from models.base.workflow import Draft, Placement, Tell, Timer
from models.meals.no_shows import refuse_suspended, strikes_of
from models.meals.refusals import (
    AlreadyBooked,
    ColleagueBooked,
    DishLimit,
    DishSoldOut,
    DishUnknown,
    OrderingClosed,
    PlaceUnknown,
    PortionLimit,
    PriceChanged,
    SittingCancelled,
    SittingClosed,
    SittingFull,
    SittingUnknown,
)
from models.meals.sittings import GRACE, SITTINGS

MAX_PORTIONS: Final = 20  # whatever a canteen's policy says
Portions = Annotated[int, Meta(ge=1, le=MAX_PORTIONS)]


class DishChoice(Input):
    """So many of a dish."""

    dish_id: Id
    count: Portions = 1


class Choice(Protocol):
    """Portions and dishes, as a booking or a member of a batch has them."""

    portions: int
    dishes: list[DishChoice]


class Booking(Input):
    """A meal: portions in a sitting, with dishes, brought somewhere or eaten there.

    `wait` joins the waiting list where the sitting is full. `expected_price` (fen) is what the page
    showed; another price is refused, never charged.
    """

    sitting_id: Id
    portions: Portions = 1
    dishes: Annotated[list[DishChoice], Meta(max_length=30)] = []
    deliver_to: Id | None = None
    wait: bool = False
    expected_price: Fen | None = None


@dataclass(frozen=True, slots=True)
class Eater:
    """For whom a meal is ordered, and as which order."""

    id: str
    unit: str
    order_id: str


async def draft_meal(ctx: Context, body: Booking) -> Draft:
    """A meal for the person who asks."""
    eater = Eater(ctx.actor.id, ctx.actor.unit, orders.id_of(ctx))

    def decide(found: Found, now: datetime) -> Placement:
        sitting = open_sitting(found, body.sitting_id, now)
        refuse_closed(sitting)
        refuse_suspended(sitting, found, eater.id, now)
        data, price = selection(sitting, body, body.deliver_to)
        if body.expected_price is not None and body.expected_price != price:
            raise PriceChanged(price=price)
        if body.wait and not has_room(sitting, body.portions):
            return _waiting(ctx, sitting, eater, data, price)
        refuse_full(sitting, body.portions)
        return booked(ctx, sitting, eater, data, price)

    return Draft(lookups=[Lookup(SITTINGS, body.sitting_id), strikes_of(eater.id)], decide=decide)


def open_sitting(found: Found, sitting_id: str, now: datetime) -> Document:
    """The sitting, if it is before its cut-off."""
    sitting = found.one(SITTINGS, sitting_id)
    if sitting is None:
        raise SittingUnknown
    if sitting["state"] == "cancelled":
        raise SittingCancelled
    if now >= sitting["closes_at"]:
        raise OrderingClosed(closed_at=clock_time(sitting["closes_at"]))
    return sitting


def refuse_closed(sitting: Document) -> None:
    """Refuse where the canteen takes no more orders."""
    if not sitting["enabled"]:
        raise SittingClosed


def has_room(sitting: Document, portions: int) -> bool:
    """Whether so many places are left, and nobody waits for them."""
    return sitting["left"] >= portions and not sitting["queue"]


def refuse_full(sitting: Document, portions: int) -> None:
    """Refuse where so many places are not to be had."""
    if not has_room(sitting, portions):
        raise SittingFull(remaining=sitting["left"], queue=len(sitting["queue"]))


def clock_time(moment: datetime) -> str:
    """A moment as people on the campus write it."""
    return moment.astimezone(CAMPUS).strftime("%m-%d %H:%M")


def selection(
    sitting: Document,
    choice: Choice,
    place: str | None,
    has: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Document, int]:
    """What was chosen, as kept in the order, and its price in fen. Refuses what is not on offer.

    `has` counts the dishes the order has already: those it keeps, though they be sold out by now.
    """
    if choice.portions > sitting["max_portions"]:
        raise PortionLimit(limit=sitting["max_portions"])
    offered = {dish["id"]: dish for dish in sitting["dishes"]}
    counts: dict[str, int] = {}
    for dish in choice.dishes:
        counts[dish.dish_id] = counts.get(dish.dish_id, 0) + dish.count
    dishes = [
        _chosen(offered.get(dish_id), count, has.get(dish_id, 0))
        for dish_id, count in counts.items()
    ]
    extras = sum(dish["price"] * dish["count"] for dish in dishes)
    data: Document = {"portions": choice.portions, "dishes": dishes, "deliver_to": None}
    if place is not None:
        data["deliver_to"] = _delivery_place(sitting, place)
    return data, sitting["price"] * choice.portions + extras


def _chosen(dish: Document | None, count: int, has: int) -> Document:
    if dish is None:
        raise DishUnknown
    if dish["sold_out"] and count > has:
        raise DishSoldOut(dish=dish["name"])
    if dish["limit_per_order"] and count > dish["limit_per_order"]:
        raise DishLimit(dish=dish["name"], limit=dish["limit_per_order"])
    return {"id": dish["id"], "name": dish["name"], "count": count, "price": dish["price"]}


def _delivery_place(sitting: Document, place_id: str) -> Document:
    """One of the places this canteen delivers to."""
    for place in sitting["delivery_places"]:
        if place["id"] == place_id:
            return dict(place)
    raise PlaceUnknown


def booked(ctx: Context, sitting: Document, eater: Eater, data: Document, price: int) -> Placement:
    """A booked meal: it holds its portions, and claims the period and its code."""
    kid = ctx.house.keys.current.kid
    fields = about(sitting) | data | {"kid": kid, "code_version": 1}
    return Placement(
        kind="meal",
        state="booked",
        owner=eater.id,
        unit=eater.unit,
        data=fields,
        price=price,
        seen_by=seen_by(ctx, sitting, eater.id),
        due_at=sitting["starts_at"],
        timers=serving_timers(fields),
        holds=[Hold(SITTINGS, sitting["_id"], data["portions"])],
        claims=[period_key(sitting, eater.id), code_key(ctx, eater.order_id, fields)],
        tells=() if eater.id == ctx.actor.id else (Tell("meal-booked-for-you"),),
    )


def _waiting(
    ctx: Context, sitting: Document, eater: Eater, data: Document, price: int
) -> Placement:
    """A place in the waiting list; the period is claimed, so that nobody waits twice."""
    kid = ctx.house.keys.current.kid
    fields = about(sitting) | data | {"kid": kid, "code_version": 1}
    return Placement(
        state="waiting",
        owner=eater.id,
        unit=eater.unit,
        data=fields,
        price=price,
        seen_by=seen_by(ctx, sitting, eater.id),
        due_at=sitting["closes_at"],
        timers=[Timer(sitting["closes_at"], "lapse")],
        claims=[period_key(sitting, eater.id), code_key(ctx, eater.order_id, fields)],
        joins=join(SITTINGS, sitting),
        waits_n=data["portions"],
    )


def about(sitting: Document) -> Document:
    """What an order keeps of its sitting, so that its rules need no further read."""
    kept = ("canteen", "meal", "date", "starts_at", "ends_at", "closes_at", "early", "no_show")
    return {name: sitting[name] for name in kept} | {"sitting_id": sitting["_id"]}


def seen_by(ctx: Context, sitting: Document, owner: str) -> list[str]:
    tokens = [person(owner), person(ctx.actor.id), desk(sitting["canteen"]["id"])]
    return list(dict.fromkeys(tokens))


def serving_timers(data: Document) -> list[Timer]:
    """What the clock does after the sitting: delivered meals have arrived, others were missed."""
    after = "deliver" if data.get("deliver_to") else "miss"
    return [Timer(data["ends_at"] + GRACE, after)]


def period_key(data: Document, owner: str) -> str:
    """One booking per person and period, over all canteens."""
    return f"meal:{owner}:{data['date']}:{data['meal']['id']}"


def code_key(ctx: Context, order_id: str, data: Document) -> str:
    """The claim by which a shown code finds its order; only the hash is stored."""
    return f"code:{fingerprint(code(ctx, order_id, data))}"


def code(ctx: Context, order_id: str, data: Document) -> str:
    """The code that redeems an order, for those who may show it."""
    return ctx.house.keys.code(order_id, data["code_version"], data["kid"])


async def word_clash(ctx: Context, clash: Clash) -> Refusal:
    """Which meal of the period there is already."""
    other = await ctx.store.get(orders.ORDERS, clash.order)
    if other is None:
        return Conflict()
    data = other["data"]
    names = {"meal": data["meal"]["name"], "date": data["date"]}
    if other["owner"] != ctx.actor.id:
        return ColleagueBooked(**names)
    return AlreadyBooked(**names, canteen=data["canteen"]["name"], order_id=other["_id"])
