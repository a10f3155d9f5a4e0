"""What can be reported: categories, who repairs them, how soon, and what to do until then.

A document of `repair_categories`:
    _id, name, icon          "cat_water"
    dispatch                 grab: whoever of the pool is first; assign: the dispatcher; rotate: in
                             turns, by the clock
    vendors                  ids of those who repair it
    enabled                  read in the transaction of every report
    advice                   what is safe to do meanwhile
    impact                   1 to 3; with the reporter's urgency it makes the priority, 1 to 5
    symptoms                 [{id, name}]
    targets                  {"1": {response, solution} ... "5"}: business minutes by priority
    hours                    what is business time, by its name in the policy `repairs`
    levels                   [{on, minutes, notify}]: see models/repairs/clocks.py
    accept_days, reopen_days, warn_minutes
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from models.base.audit import record
from models.base.context import Context
from models.base.decisions import Found
from models.base.errors import Conflict
from models.base.indexes import declare as index
from models.base.shapes import Input, Name, Struct
from models.base.store import Document, Duplicate
from models.repairs import vendors
from models.repairs.clocks import RepairRules, level_key
from models.repairs.refusals import CategoryDisabled, CategoryUnknown, CategoryWrong
from models.repairs.vendors import VENDORS

CATEGORIES: Final = "repair_categories"

index(CATEGORIES, [("vendors", 1)])

CategoryId = Annotated[str, Meta(min_length=5, max_length=32, pattern=r"^cat_[a-z0-9_]+$")]
SymptomId = Annotated[str, Meta(min_length=3, max_length=32, pattern=r"^[a-z0-9_]+$")]
Third = Annotated[int, Meta(ge=1, le=3)]
Dispatch = Literal["grab", "assign", "rotate"]
Priority = Literal["1", "2", "3", "4", "5"]
Minutes = Annotated[int, Meta(ge=1, le=100_000)]


class Symptom(Input):
    """What one sees of the fault."""

    id: SymptomId
    name: Name


class Target(Input):
    """Business minutes until somebody has taken it, and until it is repaired."""

    response: Minutes
    solution: Minutes


class Level(Input):
    """Who is told so many business minutes after the moment a clock runs out; negative: before."""

    on: Literal["response", "solution"] = "solution"
    minutes: Annotated[int, Meta(ge=-10_000, le=100_000)] = 0
    notify: Literal["assignee", "dispatcher", "manager"] = "dispatcher"


def usual_targets() -> dict[Priority, Target]:
    """Where nobody decided otherwise; 5 is the most urgent."""
    return {
        "1": Target(response=240, solution=2880),
        "2": Target(response=120, solution=1440),
        "3": Target(response=60, solution=960),
        "4": Target(response=30, solution=480),
        "5": Target(response=15, solution=240),
    }


def usual_levels() -> list[Level]:
    return [
        Level(on="response", minutes=0, notify="dispatcher"),
        Level(on="solution", minutes=-60, notify="assignee"),
        Level(on="solution", minutes=0, notify="dispatcher"),
        Level(on="solution", minutes=240, notify="manager"),
    ]


class CategoryInput(Input):
    """A category as the administration sets it up; a priority without a target has the usual."""

    name: Name
    icon: Annotated[str, Meta(max_length=32)] = ""
    dispatch: Dispatch = "grab"
    vendors: Annotated[list[vendors.VendorId], Meta(max_length=20)] = []
    enabled: bool = True
    advice: Annotated[str, Meta(max_length=500)] = ""
    impact: Third = 2
    symptoms: Annotated[list[Symptom], Meta(max_length=50)] = []
    targets: dict[Priority, Target] = {}
    hours: Name = "office"
    levels: Annotated[list[Level], Meta(max_length=20)] = msgspec.field(
        default_factory=usual_levels
    )
    accept_days: Annotated[int, Meta(ge=1, le=30)] = 3
    reopen_days: Annotated[int, Meta(ge=0, le=90)] = 7
    warn_minutes: Annotated[int, Meta(ge=0, le=10_000)] = 60


class CategoryLine(Struct, kw_only=True):
    """A category as people choose it."""

    id: str
    name: str
    icon: str
    dispatch: Dispatch
    advice: str
    symptoms: list[Symptom]
    enabled: bool


class CategoryList(Struct):
    """All categories that can be chosen."""

    items: list[CategoryLine]


class Category(CategoryLine, kw_only=True):
    """A category with all its rules."""

    vendors: list[str]
    impact: int
    targets: dict[str, Target]
    hours: str
    levels: list[Level]
    accept_days: int
    reopen_days: int
    warn_minutes: int


class CategoryTable(Struct):
    """All categories with their rules, and the names that `hours` may have."""

    items: list[Category]
    hours: list[str]


def view(category: Document) -> Category:
    return msgspec.convert({**category, "id": category["_id"]}, Category)


async def listed(ctx: Context) -> CategoryList:
    """What can be reported now, by name."""
    found = await ctx.store.find(CATEGORIES, {}, sort=[("_id", 1)])
    lines = [msgspec.convert({**each, "id": each["_id"]}, CategoryLine) for each in found]
    return CategoryList(items=[line for line in lines if line.enabled])


async def table(ctx: Context) -> CategoryTable:
    """All categories, for whoever sets them up."""
    found = await ctx.store.find(CATEGORIES, {}, sort=[("_id", 1)])
    rules = await ctx.house.policies.value(RepairRules)
    return CategoryTable(items=[view(each) for each in found], hours=sorted(rules.hours))


async def find(ctx: Context, category_id: str) -> Document:
    """The category. Raises CategoryUnknown."""
    category = await ctx.store.get_together(CATEGORIES, category_id)
    if category is None:
        raise CategoryUnknown
    return category


def refuse_disabled(found: Found, category_id: str) -> Document:
    """The category as the transaction sees it. Raises CategoryDisabled."""
    category = found.one(CATEGORIES, category_id)
    if category is None or not category["enabled"]:
        raise CategoryDisabled
    return category


async def put(ctx: Context, category_id: str, body: CategoryInput) -> Category:
    """Set a category up, or change it; what is reported keeps the rules it was reported under."""
    if category_id != category_id.strip():  # the `$` of a pattern lets a final newline pass
        raise CategoryUnknown
    errors = await _faults(ctx, body)
    if errors:
        raise CategoryWrong(errors=errors)
    said: Document = msgspec.to_builtins(body)
    said["targets"] = msgspec.to_builtins({**usual_targets(), **body.targets})
    before = await ctx.store.get(CATEGORIES, category_id)
    if before is not None and said.items() <= before.items():
        return view(before)
    after = await ctx.store.change(CATEGORIES, {"_id": category_id}, {"$set": said})
    if after is None:
        after = {"_id": category_id, **said}
        try:
            await ctx.store.insert(CATEGORIES, after)
        except Duplicate:  # somebody else has made it this moment
            raise Conflict from None
    await record(ctx, "repairs.category", category_id, before, after)
    return view(after)


async def _faults(ctx: Context, body: CategoryInput) -> tuple[tuple[str, str], ...]:
    """What contradicts itself, as (pointer, sentence)."""
    rules = await ctx.house.policies.value(RepairRules)
    wanted = {"_id": {"$in": sorted(set(body.vendors))}}
    known = {each["_id"] for each in await ctx.store.find(VENDORS, wanted)} if body.vendors else ()
    faults = [
        (f"/vendors/{at}", "没有该服务单位")
        for at, vendor in enumerate(body.vendors)
        if vendor not in known
    ]
    if body.hours not in rules.hours:
        faults.append(("/hours", "没有该服务时间"))
    faults += _twice("/vendors", body.vendors)
    faults += _twice("/symptoms", [symptom.id for symptom in body.symptoms])
    faults += _twice("/levels", [level_key(msgspec.to_builtins(level)) for level in body.levels])
    return tuple(faults)


def _twice(pointer: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, value in enumerate(values):
        if value in values[:at]:
            yield f"{pointer}/{at}", "重复"
