"""Finding people: colleagues by the beginning of a name, the manager's list, the units."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta

from models import people
from models.base.context import Context
from models.base.shapes import Id, Input, PageQuery, Struct
from models.base.store import Document
from models.people import PEOPLE, UNITS, PersonLine, UnitView

FOUND_AT_MOST: Final = 10


class Colleague(Struct):
    """As much of a person as every colleague may know; `unit` is its name."""

    employee_no: str
    name: str
    unit: str


class ColleaguePage(Struct):
    """Colleagues found, by number."""

    items: list[Colleague]
    next: str | None = None


class PersonPage(Struct):
    """People by employee number."""

    items: list[PersonLine]
    next: str | None = None


class UnitPage(Struct):
    """All units, by name."""

    items: list[UnitView]
    next: str | None = None


class ColleagueQuery(Input):
    """The beginning of a name, of its pinyin or initials, or of an employee number."""

    q: Annotated[str, Meta(min_length=2, max_length=32)]


class PeopleQuery(PageQuery):
    """People whose name begins so (one page), or everyone; those who left on request."""

    q: Annotated[str, Meta(min_length=1, max_length=32)] | None = None
    unit: Id | None = None
    left: bool = False


async def colleagues(ctx: Context, query: ColleagueQuery) -> ColleaguePage:
    """Up to ten colleagues for what was typed."""
    found = await _search(ctx, query.q, FOUND_AT_MOST)
    return ColleaguePage(items=await _cards(ctx, found))


async def of_my_unit(ctx: Context, query: PageQuery) -> ColleaguePage:
    """Everybody of the actor's own unit who belongs here, by number."""
    where: Document = {"unit": ctx.actor.unit, "active": True}
    found, following = await _by_number(ctx, where, query)
    return ColleaguePage(items=await _cards(ctx, found), next=following)


async def listed(ctx: Context, query: PeopleQuery) -> PersonPage:
    """People by number, or those found by what was typed; phones masked."""
    if query.q is not None:
        found = await _search(ctx, query.q, query.limit)
        following = None
    else:
        where: Document = {"active": not query.left}
        if query.unit is not None:
            where["unit"] = query.unit
        found, following = await _by_number(ctx, where, query)
    return PersonPage(items=await people.lines(ctx, found), next=following)


async def units(ctx: Context) -> UnitPage:
    """Every unit, by name."""
    found = await ctx.store.find(UNITS, {}, sort=[("name", 1)])
    return UnitPage(items=[UnitView(id=unit["_id"], name=unit["name"]) for unit in found])


async def _cards(ctx: Context, found: Sequence[Document]) -> list[Colleague]:
    names = await people.unit_names(ctx, (person["unit"] for person in found))
    return [
        Colleague(employee_no=p["employee_no"], name=p["name"], unit=names[p["unit"]])
        for p in found
    ]


async def _by_number(
    ctx: Context, where: Document, query: PageQuery
) -> tuple[list[Document], str | None]:
    """A page of people by number, and where the next one starts."""
    after = {"employee_no": {"$gt": query.after or ""}}
    sort = [("employee_no", 1)]
    rows = await ctx.store.find(PEOPLE, after | where, sort=sort, limit=query.limit + 1)
    found = rows[: query.limit]
    return found, found[-1]["employee_no"] if len(rows) > query.limit else None


async def _search(ctx: Context, typed: str, limit: int) -> list[Document]:
    """Active people whose name, pinyin, initials or number begins as typed, by number."""
    text = "".join(typed.split()).lower()
    if text.isascii():
        keys = [("pinyin", text), ("initials", text), ("employee_no", text.upper())]
    else:
        keys = [("name", text)]
    # One range per index: an $or over the fields would read everybody on the embedded database.
    each = await asyncio.gather(
        *(
            ctx.store.find(
                PEOPLE,
                {name: {"$gte": key, "$lt": key + "\uffff"}, "active": True},
                sort=[(name, 1), ("employee_no", 1)],
                limit=limit,
            )
            for name, key in keys
        )
    )
    found = {person["_id"]: person for part in each for person in part}
    return sorted(found.values(), key=lambda person: person["employee_no"])[:limit]
