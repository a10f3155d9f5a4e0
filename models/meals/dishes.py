"""Dishes: what a canteen can put on its menus, with price, allergens and a picture.

A document of `dishes`: {_id: "dsh_...", canteen, name, category, price (fen), allergens,
allergen_free, limit_per_order (0: none), picture (file id or None), enabled}. A dish says which
allergens it holds, or that it holds none; one that says neither cannot be published.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from models.base.clock import campus_date
from models.base.context import Context
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.ports import ImageError
from models.base.shapes import Fen, Input, Name, Struct
from models.base.store import Document, Duplicate
from models.base.visibility import EVERYBODY
from models.meals.canteens import CanteenId, own
from models.meals.refusals import (
    AllergensContradict,
    DishMissing,
    DishNameTaken,
    PictureUnusable,
)
from models.meals.sittings import SITTINGS

DISHES: Final = "dishes"
PICTURE_SIDE: Final = 1024  # pixels

index(DISHES, [("canteen", 1), ("name", 1)], unique=True)
index(SITTINGS, [("dishes.id", 1), ("date", 1)])

# The eight groups of GB 7718, and sesame, which people ask for.
Allergen = Literal[
    "gluten", "crustacean", "fish", "egg", "peanut", "soy", "milk", "nuts", "sesame"
]  # fmt: skip


# Without what separates names in a sheet, and without spaces at its ends.
DishName = Annotated[
    str,
    Meta(min_length=1, max_length=32, pattern=r"^[^\s、，,;；]([^、，,;；\r\n\t]*[^\s、，,;；])?$"),
]


class DishInput(Input):
    """A dish as the canteen describes it. `price` is on top of the meal's; 0 means included."""

    name: DishName
    category: Name
    price: Fen = 0
    allergens: Annotated[list[Allergen], Meta(max_length=9)] = []
    allergen_free: bool = False
    limit_per_order: Annotated[int, Meta(ge=0, le=20)] = 0
    enabled: bool = True


class NewDish(DishInput, kw_only=True):
    """A dish of a canteen."""

    canteen: CanteenId


class DishView(Struct):
    """A dish; `picture` is the address of its picture. `ready`: it may be on a published menu."""

    id: str
    canteen: str
    name: str
    category: str
    price: int
    allergens: list[str]
    allergen_free: bool
    limit_per_order: int
    picture: str | None
    enabled: bool
    ready: bool


class DishPage(Struct):
    """The dishes of a canteen, by category and name."""

    items: list[DishView]
    next: str | None = None


class CanteenQuery(Input):
    """Which canteen."""

    canteen: CanteenId


def view(dish: Document) -> DishView:
    fields: Any = {name: dish[name] for name in _SAME}
    return DishView(
        id=dish["_id"], picture=picture_address(dish["picture"]), ready=is_ready(dish), **fields
    )


_SAME: Final = (
    "canteen", "name", "category", "price", "allergens", "allergen_free", "limit_per_order",
    "enabled",
)  # fmt: skip


def picture_address(file_id: str | None) -> str | None:
    return None if file_id is None else f"/api/v1/files/{file_id}"


def is_ready(dish: Document) -> bool:
    """Whether the dish is on offer and says what it holds."""
    return bool(dish["enabled"] and (dish["allergens"] or dish["allergen_free"]))


async def of_canteen(ctx: Context, canteen: str) -> dict[str, Document]:
    """The documents of every dish of a canteen, by id."""
    return {dish["_id"]: dish for dish in await ctx.store.find(DISHES, {"canteen": canteen})}


async def listed(ctx: Context, query: CanteenQuery) -> DishPage:
    """The dishes of the actor's canteen."""
    await own(ctx, query.canteen)
    sort = [("category", 1), ("name", 1)]
    found = await ctx.store.find(DISHES, {"canteen": query.canteen}, sort=sort)
    return DishPage(items=[view(dish) for dish in found])


async def add(ctx: Context, body: NewDish) -> DishView:
    """A new dish. Its name is its own within the canteen, because menus in sheets go by it."""
    await own(ctx, body.canteen)
    dish: Document = {"_id": new_id("dsh"), "picture": None, **_terms(body)}
    try:
        await ctx.store.insert(DISHES, dish)
    except Duplicate as fault:
        raise DishNameTaken(name=body.name) from fault
    return view(dish)


async def change(ctx: Context, dish_id: str, body: DishInput) -> DishView:
    """Describe a dish anew.

    Name and allergens are put right in coming sittings at once; price, limit and whether it is on
    offer count from the next publication, because people have been promised the old ones.
    """
    await find(ctx, dish_id)
    terms = _terms(body)
    try:
        dish = await ctx.store.change(DISHES, {"_id": dish_id}, {"$set": terms})
    except Duplicate as fault:
        raise DishNameTaken(name=body.name) from fault
    assert dish is not None  # dishes are never removed
    await _put_right(ctx, dish, ("name", "category", "allergens", "allergen_free"))
    return view(dish)


async def set_picture(ctx: Context, dish_id: str, picture: Path) -> DishView:
    """Give a dish a picture, also in coming sittings."""
    await find(ctx, dish_id)
    try:
        file_id = await ctx.house.ports.files.store_image(picture, PICTURE_SIDE, [EVERYBODY])
    except ImageError as fault:
        raise PictureUnusable(reason=str(fault)) from fault
    dish = await ctx.store.change(DISHES, {"_id": dish_id}, {"$set": {"picture": file_id}})
    assert dish is not None  # dishes are never removed
    await _put_right(ctx, dish | {"picture": picture_address(file_id)}, ("picture",))
    return view(dish)


async def find(ctx: Context, dish_id: str) -> Document:
    """The dish, for its own canteen alone. Raises DishMissing, Forbidden."""
    dish = await ctx.store.get(DISHES, dish_id)
    if dish is None:
        raise DishMissing
    await own(ctx, dish["canteen"])
    return dish


def _terms(body: DishInput) -> Document:
    if body.allergens and body.allergen_free:
        raise AllergensContradict(errors=(("/allergen_free", "与所列过敏原矛盾"),))
    terms: Document = msgspec.to_builtins(body)
    return terms | {"name": body.name.strip(), "allergens": sorted(set(body.allergens))}


async def _put_right(ctx: Context, dish: Document, names: tuple[str, ...]) -> None:
    """Correct what coming sittings say of a dish."""
    where = {
        "date": {"$gte": campus_date(ctx.now).isoformat()},
        "canteen.id": dish["canteen"],
        "dishes.id": dish["_id"],
    }
    fields = {f"dishes.$.{name}": dish[name] for name in names}
    await ctx.store.update_all(SITTINGS, where, {"$set": fields, "$inc": {"terms": 1}})
