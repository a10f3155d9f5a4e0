"""The kitchen: how much to cook, what has changed since the list was printed, what goes where.

Counts are those of the orders that hold places of a sitting; walk-ins eat of what is there and are
counted apart. A document of `prints`: {_id: "<sitting>:<number>", sitting, number, at, by,
portions, dishes: [{id, name, count}]}, as the list was when somebody printed it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET, UnsetType

from models.base.audit import record
from models.base.context import Context
from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.shapes import Struct
from models.base.store import Document, Duplicate
from models.base.transitions import available
from models.meals import sittings
from models.meals.sittings import SittingView

PRINTS: Final = "prints"
TO_COOK: Final = {"booked", "eaten", "rated", "missed", "appealed", "pardoned", "upheld"}
EATEN: Final = {"eaten", "rated"}
NEEDED: Final = {
    "kind": 1, "state": 1, "owner": 1, "actor": 1, "price": 1, "rating": 1, "data": 1
}  # fmt: skip

index(PRINTS, [("sitting", 1), ("number", -1)])


class CookLine(Struct, kw_only=True):
    """How many of a dish; `printed` and `difference` only where a list was printed."""

    dish_id: str
    name: str
    count: int
    printed: int | UnsetType = UNSET
    difference: int | UnsetType = UNSET


class CookList(Struct, kw_only=True):
    """What to cook for a sitting. `plain` of the portions are without chosen dishes.

    `changes` says what has come and gone since the print, such as "+3 番茄炒蛋".
    """

    sitting: SittingView
    portions: int
    plain: int
    dishes: list[CookLine]
    waiting: int
    redeemed: int
    walk_ins: int
    print_number: int | UnsetType = UNSET
    printed_at: datetime | UnsetType = UNSET
    printed: int | UnsetType = UNSET
    difference: int | UnsetType = UNSET
    changes: list[str] = []


class DeliveredDish(Struct):
    """So many of a dish."""

    id: str
    name: str
    count: int


class Parcel(Struct):
    """One order to be brought; `can` as on the order itself."""

    order_id: str
    name: str
    portions: int
    dishes: list[DeliveredDish]
    state: str
    can: list[str]


class Stop(Struct):
    """What is brought to one place of a building."""

    building: str
    place: str
    portions: int
    orders: list[Parcel]


class Deliveries(Struct):
    """The stops of a round, by building and place."""

    items: list[Stop]
    next: str | None = None


async def held_by(ctx: Context, sitting_id: str) -> list[Document]:
    """The orders that hold places of a sitting, however they ended."""
    found = await ctx.store.find(ORDERS, {"holds.thing": sitting_id}, fields=NEEDED)
    return [order for order in found if order["state"] in TO_COOK]


def is_walk_in(order: Document) -> bool:
    return bool(order["data"].get("walk_in"))


def portions(orders: Iterable[Document]) -> int:
    return sum(order["data"]["portions"] for order in orders)


async def cook_list(ctx: Context, sitting_id: str) -> CookList:
    """How much to cook for a sitting as things stand, and what the last print does not say."""
    sitting = await sittings.find(ctx, sitting_id)
    held = await held_by(ctx, sitting_id)
    ordered = [order for order in held if not is_walk_in(order)]
    listed = CookList(
        sitting=sittings.view(sitting),
        portions=portions(ordered),
        plain=portions(order for order in ordered if not order["data"]["dishes"]),
        dishes=_lines(ordered),
        waiting=len(sitting["queue"]),
        redeemed=portions(order for order in ordered if order["state"] in EATEN),
        walk_ins=portions(order for order in held if is_walk_in(order)),
    )
    last = await _last_print(ctx, sitting_id)
    return listed if last is None else _compared(listed, last)


def _lines(orders: Iterable[Document]) -> list[CookLine]:
    """The dishes of `orders`, the most wanted first."""
    counts, names = Counter[str](), dict[str, str]()
    for order in orders:
        for dish in order["data"]["dishes"]:
            counts[dish["id"]] += dish["count"]
            names[dish["id"]] = dish["name"]
    by_count = sorted(counts.items(), key=lambda each: (-each[1], names[each[0]]))
    return [CookLine(dish_id=dish, name=names[dish], count=count) for dish, count in by_count]


def _compared(listed: CookList, last: Document) -> CookList:
    """The list with what has changed since it was printed last."""
    before = {dish["id"]: dish for dish in last["dishes"]}
    for line in listed.dishes:
        printed: int = before.pop(line.dish_id, {"count": 0})["count"]
        line.printed, line.difference = printed, line.count - printed
    listed.dishes += [
        CookLine(
            dish_id=dish["id"], name=dish["name"], count=0,
            printed=dish["count"], difference=-dish["count"],
        )
        for dish in before.values()
    ]  # fmt: skip
    listed.print_number, listed.printed_at = last["number"], last["at"]
    listed.printed = last["portions"]
    listed.difference = listed.portions - last["portions"]
    changed = [("份", listed.difference), *((line.name, line.difference) for line in listed.dishes)]
    listed.changes = [_signed(name, more) for name, more in changed if more]
    return listed


def _signed(name: str, more: int | UnsetType) -> str:
    """A difference as people write it: "+3 番茄炒蛋", "−2 红烧肉"."""
    assert isinstance(more, int)
    return f"{'+' if more > 0 else '−'}{abs(more)} {name}"


async def _last_print(ctx: Context, sitting_id: str) -> Document | None:
    return await ctx.store.first(PRINTS, {"sitting": sitting_id}, sort=[("number", -1)])


async def print_list(ctx: Context, sitting_id: str) -> CookList:
    """Freeze the list as it stands; from then on it shows what changes. Printing what has not
    changed adds nothing.
    """
    listed = await cook_list(ctx, sitting_id)
    if listed.print_number is not UNSET and not listed.changes:
        return listed
    number = 1 if listed.print_number is UNSET else listed.print_number + 1
    document = {
        "_id": f"{sitting_id}:{number}", "sitting": sitting_id, "number": number,
        "at": ctx.now, "by": ctx.actor.id, "portions": listed.portions,
        "dishes": [
            {"id": line.dish_id, "name": line.name, "count": line.count}
            for line in listed.dishes if line.count
        ],
    }  # fmt: skip
    try:
        await ctx.store.insert(PRINTS, document)
    except Duplicate:
        pass  # a colleague printed at the same moment: theirs is the one to compare with
    return await cook_list(ctx, sitting_id)


async def deliveries(ctx: Context, sitting_id: str) -> Deliveries:
    """What is brought where, for the round before a sitting."""
    await sittings.find(ctx, sitting_id)
    brought = [each for each in await held_by(ctx, sitting_id) if each["data"].get("deliver_to")]
    names = await _names(ctx, {order["owner"] for order in brought})
    stops: dict[tuple[str, str], list[Parcel]] = {}
    for order in brought:
        place = order["data"]["deliver_to"]
        parcel = _parcel(ctx, order, names.get(order["owner"], ""))
        stops.setdefault((place["building"], place["name"]), []).append(parcel)
    items = [
        Stop(
            building=building,
            place=place,
            portions=sum(parcel.portions for parcel in parcels),
            orders=sorted(parcels, key=lambda parcel: (parcel.name, parcel.order_id)),
        )
        for (building, place), parcels in sorted(stops.items())
    ]
    return Deliveries(items=items)


def _parcel(ctx: Context, order: Document, name: str) -> Parcel:
    data: dict[str, Any] = order["data"]
    dishes = [DeliveredDish(each["id"], each["name"], each["count"]) for each in data["dishes"]]
    return Parcel(
        order_id=order["_id"], name=name, portions=data["portions"],
        dishes=dishes, state=order["state"], can=available(order, ctx.actor, ctx.now),
    )  # fmt: skip


async def _names(ctx: Context, people: set[str]) -> dict[str, str]:
    found = await ctx.store.find("people", {"_id": {"$in": sorted(people)}}, fields={"name": 1})
    return {person["_id"]: person["name"] for person in found}


async def cook_sheet(ctx: Context, sitting_id: str) -> bytes:
    """The cook list as an .xlsx."""
    listed = await cook_list(ctx, sitting_id)
    rows: list[list[Any]] = [
        ["订餐份数", listed.portions, *_shown(listed.printed, listed.difference)]
    ]
    rows += [
        [line.name, line.count, *_shown(line.printed, line.difference)] for line in listed.dishes
    ]
    await record(ctx, "meals.export", sitting_id)
    title = f"{listed.sitting.date} {listed.sitting.meal.name}"
    header = ["菜品", "份数", "已打印", "变化"]
    return await ctx.house.ports.sheets.write(title, header, rows)


def _shown(*values: int | UnsetType) -> list[int | None]:
    return [None if value is UNSET else value for value in values]
