"""The register: what stands where, what it is, and what its label says.

A document of `assets`:
    _id, code, name          "ast_lift_1"; the code on its label, such as "LIFT-1-01"
    category                 what is reported of it: an id of `repair_categories`
    location                 {building, floor, room}, as a report names a place
    installed                "2020-05-01", or None
    cost                     what it cost, fen; or None
    meter                    {unit, reading, total, read_at}, or None: see models/repairs/meters.py
    parent                   the asset it is a part of, or None
    note, enabled            of one that is disabled nothing more can be reported
    version                  counts changes, so that two of them do not mix
    words                    what it is found by

A scan of a label gives `qj:asset:<code>`. The code says nothing but itself: what stands behind it
is shown to those who are signed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from models.base.audit import record
from models.base.context import Context, House
from models.base.errors import Conflict, NotFound, Unprocessable
from models.base.indexes import declare as index
from models.base.shapes import Fen, Input, Limit, Name, Struct
from models.base.store import Document, Duplicate
from models.repairs import catalogue
from models.repairs.catalogue import CATEGORIES, CategoryId
from models.repairs.reporting import ASSETS

CONTENT: Final = "qj:asset:"  # of a label's code, before the asset's own
DEEPEST: Final = 8  # asset within asset

index(ASSETS, [("code", 1)], unique=True)
index(ASSETS, [("location.building", 1), ("code", 1)])
index(ASSETS, [("parent", 1)])

AssetId = Annotated[str, Meta(min_length=5, max_length=32, pattern=r"^ast_[A-Za-z0-9_]+$")]
Code = Annotated[str, Meta(min_length=2, max_length=32, pattern=r"^[A-Z0-9][A-Z0-9-]*$")]
MeterUnit = Annotated[str, Meta(min_length=1, max_length=8)]


class AssetUnknown(NotFound):
    code = "asset-unknown"
    zh = "没有找到该设备。"
    en = "There is no such asset."


class AssetCodeTaken(Conflict):
    code = "asset-code-taken"
    zh = "编号 {asset_code} 已被使用。"
    en = "The code {asset_code} is taken."


class AssetWrong(Unprocessable):
    code = "asset-wrong"
    zh = "设备信息有误，请检查标出的内容。"
    en = "The asset contradicts the register; see the fields marked."


class Place(Input):
    """Where something stands."""

    building: Name
    floor: Annotated[str, Meta(max_length=16)] = ""
    room: Annotated[str, Meta(max_length=64)] = ""


class AssetInput(Input):
    """An asset as the administration registers it. `meter_unit`: it counts hours, kilometres..."""

    code: Code
    name: Name
    category: CategoryId
    location: Place
    installed: date | None = None
    cost: Fen | None = None
    meter_unit: MeterUnit | None = None
    parent: AssetId | None = None
    note: Annotated[str, Meta(max_length=200)] = ""
    enabled: bool = True


class AssetLine(Struct, kw_only=True):
    """An asset as anybody may see it."""

    id: str
    code: str
    name: str
    category: str
    location: Place
    enabled: bool


class AssetPage(Struct):
    """Assets by code."""

    items: list[AssetLine]
    next: str | None = None


class Scanned(AssetLine, kw_only=True):
    """What a report of it begins with; `category_name` may be shown at once."""

    category_name: str


class Meter(Struct):
    """A counter: what it showed last, and how much it has counted with all its predecessors."""

    unit: str
    reading: int
    total: int
    read_at: datetime | None


class Asset(AssetLine, kw_only=True):
    """An asset with what those who look after it know; `parts` are the assets within it."""

    installed: date | None
    cost: int | None
    meter: Meter | None
    parent: AssetLine | None
    note: str
    parts: list[AssetLine]


class AssetQuery(Input):
    """What its code, name or place contains; where it is; and where the list goes on."""

    q: Annotated[str, Meta(max_length=32)] = ""
    building: Name | None = None
    category: CategoryId | None = None
    after: Annotated[str, Meta(max_length=32)] | None = None
    limit: Limit = 50


class FloorPlaces(Struct):
    """A floor with its rooms."""

    floor: str
    rooms: list[str]


class BuildingPlaces(Struct):
    """A building with its floors."""

    building: str
    floors: list[FloorPlaces]


class PlaceTree(Struct):
    """Every place where something stands."""

    items: list[BuildingPlaces]


def line(asset: Document) -> AssetLine:
    return AssetLine(**_line(asset))


def _line(asset: Document) -> dict[str, Any]:
    same = {name: asset[name] for name in ("code", "name", "category", "enabled")}
    return same | {"id": asset["_id"], "location": Place(**asset["location"])}


async def find(ctx: Context, asset_id: str) -> Document:
    """The asset. Raises AssetUnknown."""
    asset = await ctx.store.get_together(ASSETS, asset_id)
    if asset is None:
        raise AssetUnknown
    return asset


async def one(ctx: Context, asset_id: str) -> Asset:
    """The asset with what it is a part of, and its parts."""
    return await view(ctx, await find(ctx, asset_id))


async def view(ctx: Context, asset: Document) -> Asset:
    """An asset from its document."""
    parent = await ctx.store.get(ASSETS, asset["parent"]) if asset["parent"] else None
    within = await ctx.store.find(ASSETS, {"parent": asset["_id"]}, sort=[("code", 1)])
    installed = asset["installed"]
    return Asset(
        installed=date.fromisoformat(installed) if installed else None,
        cost=asset["cost"],
        meter=Meter(**asset["meter"]) if asset["meter"] else None,
        parent=line(parent) if parent else None,
        note=asset["note"],
        parts=[line(each) for each in within],
        **_line(asset),
    )


async def by_code(ctx: Context, code: str) -> Scanned:
    """What a label stands for. Raises AssetUnknown."""
    asset = await ctx.store.first(ASSETS, {"code": code})
    if asset is None:
        raise AssetUnknown
    category = await catalogue.find(ctx, asset["category"])
    return Scanned(category_name=category["name"], **_line(asset))


async def listed(ctx: Context, query: AssetQuery) -> AssetPage:
    """The assets that match, by code."""
    where: Document = {}
    if query.building is not None:
        where["location.building"] = query.building
    where["code"] = {"$gt": query.after or ""}
    if query.category is not None:
        where["category"] = query.category
    if wanted := query.q.strip().lower():
        where["words"] = {"$regex": re.escape(wanted)}
    limit = query.limit + 1
    found = await ctx.store.find(ASSETS, where, sort=[("code", 1)], limit=limit)
    shown = [line(each) for each in found[: query.limit]]
    return AssetPage(items=shown, next=shown[-1].code if len(found) > query.limit else None)


async def places(house: House) -> PlaceTree:
    """Where things stand: buildings, their floors, their rooms."""
    found = await house.store.find(ASSETS, {}, fields={"location": 1})
    tree: dict[str, dict[str, set[str]]] = {}
    for place in (each["location"] for each in found):
        floors = tree.setdefault(place["building"], {})
        floors.setdefault(place["floor"], set()).add(place["room"])
    return PlaceTree(items=[_building(name, tree[name]) for name in sorted(tree)])


def _building(name: str, floors: Mapping[str, set[str]]) -> BuildingPlaces:
    ordered = sorted(floors, key=lambda floor: (_height(floor), floor))
    lines = [FloorPlaces(floor=each, rooms=sorted(floors[each] - {""})) for each in ordered]
    return BuildingPlaces(building=name, floors=[each for each in lines if each.floor])


def _height(floor: str) -> int:
    """Floors from the bottom up: B2 is below B1, and a floor without a number on top."""
    number = re.search(r"[0-9]{1,3}", floor)
    if number is None:
        return 1000
    below = floor.upper().startswith(("B", "-")) or "地下" in floor
    return -int(number[0]) if below else int(number[0])


async def put(ctx: Context, asset_id: str, body: AssetInput) -> Asset:
    """Register an asset, or change it. Raises AssetWrong, AssetCodeTaken, Conflict."""
    if asset_id != asset_id.strip():  # the `$` of a pattern lets a final newline pass
        raise AssetUnknown
    await _refuse_wrong(ctx, asset_id, body)
    before = await ctx.store.get(ASSETS, asset_id)
    after = changed(before or new(asset_id), body)
    if after == before:
        return await view(ctx, after)
    try:
        await _write(ctx, before, after)
    except Duplicate as fault:
        raise AssetCodeTaken(asset_code=body.code) from fault
    await record(ctx, "repairs.asset", asset_id, before, after)
    return await view(ctx, after)


async def _write(ctx: Context, before: Document | None, after: Document) -> None:
    if before is None:
        await ctx.store.insert(ASSETS, after)
        return
    same = {"_id": after["_id"], "version": before["version"]}
    if not await ctx.store.update(ASSETS, same, replacing(after)):
        raise Conflict


def replacing(asset: Document) -> Document:
    """The update that makes a document this asset."""
    return {"$set": {name: value for name, value in asset.items() if name != "_id"}}


def new(asset_id: str) -> Document:
    """An asset of which nothing has been said yet."""
    return {"_id": asset_id, "version": 0, "meter": None}


def changed(asset: Document, body: AssetInput) -> Document:
    """The asset as it is described, itself where nothing differs. A meter goes on counting."""
    said: Document = msgspec.to_builtins(body)
    unit = said.pop("meter_unit")
    meter = asset["meter"] or {"reading": 0, "total": 0, "read_at": None}
    said["meter"] = {**meter, "unit": unit} if unit else None
    said["name"] = body.name.strip()
    said["words"] = words(said)
    if said.items() <= asset.items():
        return asset
    return {**asset, **said, "version": asset["version"] + 1}


def words(asset: Document) -> str:
    """What an asset is found by."""
    place = asset["location"]
    return " ".join((asset["code"], asset["name"], place["building"], place["room"])).lower()


async def _refuse_wrong(ctx: Context, asset_id: str, body: AssetInput) -> None:
    errors: list[tuple[str, str]] = []
    if await ctx.store.get(CATEGORIES, body.category) is None:
        errors.append(("/category", "没有该报修类别"))
    if not body.name.strip():
        errors.append(("/name", "不能为空"))
    if body.parent is not None:
        errors += await _wrong_parent(ctx, asset_id, body.parent)
    if errors:
        raise AssetWrong(errors=tuple(errors))


async def _wrong_parent(ctx: Context, asset_id: str, parent: str) -> Iterable[tuple[str, str]]:
    """Nothing is a part of itself, nor of what is a part of it."""
    above: str | None = parent
    for _ in range(DEEPEST):
        if above is None:
            return ()
        if above == asset_id:
            return [("/parent", "设备不能是自己的下级")]
        found = await ctx.store.get(ASSETS, above)
        if found is None:
            return [("/parent", "没有该上级设备")]
        above = found["parent"]
    return [("/parent", f"设备层级最多 {DEEPEST} 级")]
