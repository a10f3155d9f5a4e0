"""Sheets of labels to print and stick on: a code to scan, the name, and the asset's own code."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from models.base.context import Context
from models.base.errors import Unprocessable
from models.base.ports import Label
from models.base.shapes import Input, Name
from models.base.store import Document
from models.repairs.assets import CONTENT
from models.repairs.reporting import ASSETS

MOST: Final = 200  # of one request


class NoLabels(Unprocessable):
    """Nothing of that kind stands in the register, or more than 200 were asked for."""

    code = "no-labels"
    zh = "没有找到要打印的设备，或一次超过 {most} 个标签。"
    en = "There is nothing to print, or more than {most} labels at once."


class LabelQuery(Input):
    """Which assets: their ids, separated by commas; or those of a building, after a code."""

    ids: Annotated[str, Meta(max_length=MOST * 33)] = ""
    building: Name | None = None
    after: Annotated[str, Meta(max_length=32)] = ""


async def sheet(ctx: Context, query: LabelQuery) -> bytes:
    """The labels as a PDF, by code, at most 200. Raises NoLabels."""
    wanted = [each for each in query.ids.split(",") if each]
    found = [] if len(wanted) > MOST else await _found(ctx, wanted, query)
    if not found:
        raise NoLabels(most=MOST)
    return await ctx.house.ports.labels.sheet([label(asset) for asset in found])


async def _found(ctx: Context, wanted: list[str], query: LabelQuery) -> list[Document]:
    if wanted:
        return await ctx.store.find(ASSETS, {"_id": {"$in": wanted}}, sort=[("code", 1)])
    where = {"location.building": query.building, "code": {"$gt": query.after}, "enabled": True}
    return await ctx.store.find(ASSETS, where, sort=[("code", 1)], limit=MOST)


def label(asset: Document) -> Label:
    """What is printed for an asset."""
    place = asset["location"]
    where = " ".join(filter(None, (place["building"], _floor(place["floor"]), place["room"])))
    return Label(content=CONTENT + asset["code"], title=asset["name"], lines=(asset["code"], where))


def _floor(floor: str) -> str:
    return f"{floor}层" if floor.isdigit() else floor
