"""Maintenance plans as people set them up, look at them and skip a date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from models.base.audit import record
from models.base.calendar import Calendar
from models.base.clock import campus_date
from models.base.context import Context
from models.base.errors import Conflict, NotFound, Unprocessable
from models.base.orders import ORDERS
from models.base.shapes import Id, Input, Limit, Line, Struct
from models.base.store import Document, Duplicate
from models.base.visibility import sees
from models.repairs import assets, maintenance
from models.repairs.assets import AssetId, AssetLine
from models.repairs.catalogue import CATEGORIES, CategoryId, Third
from models.repairs.maintenance import PLANS, due_key, moved, opening
from models.repairs.plan_dates import Every, next_count, worked_on
from models.repairs.reporting import ASSETS

PlanId = Annotated[str, Meta(min_length=5, max_length=32, pattern=r"^mnt_[A-Za-z0-9_]+$")]


class PlanUnknown(NotFound):
    code = "plan-unknown"
    zh = "没有找到该保养计划。"
    en = "There is no such plan."


class PlanWrong(Unprocessable):
    code = "plan-wrong"
    zh = "保养计划有误，请检查标出的内容。"
    en = "The plan contradicts itself; see the fields marked."


class NotDue(Conflict):
    """What was to be skipped is not what comes next: it was skipped before, or is open by now."""

    code = "not-due"
    zh = "该次保养已跳过或已开单，请刷新查看。"
    en = "That date has been skipped, or has its ticket by now."


class PlanInput(Input):
    """A plan. A new one by the calendar needs `next_on`; its category is the asset's where none
    is named.

    `photos` and `signature`: the ticket cannot be finished without them.
    """

    asset: AssetId
    title: Annotated[str, Meta(min_length=1, max_length=100)]
    every: Every
    category: CategoryId | None = None
    based_on: Literal["scheduled", "completed"] = "scheduled"
    next_on: date | None = None
    lead_days: Annotated[int, Meta(ge=0, le=60)] = 0
    checklist: Annotated[list[Line], Meta(max_length=30)] = []
    photos: bool = False
    signature: bool = False
    urgency: Third = 1
    enabled: bool = True


class Plan(Struct, kw_only=True):
    """A plan and what comes next: `planned_for` is `next_on` after holidays; `due` names it.

    `meter_left` is what the asset's meter still has to count; `fault` is the code of why no ticket
    could be opened.
    """

    id: str
    asset: AssetLine
    title: str
    category: str
    every: Every
    based_on: str
    next_on: date | None
    planned_for: date | None
    meter_left: int | None
    due: str | None
    lead_days: int
    checklist: list[str]
    photos: bool
    signature: bool
    urgency: int
    enabled: bool
    open: str | None
    last_order: str | None
    fault: str | None


class PlanPage(Struct):
    """Plans by id."""

    items: list[Plan]
    next: str | None = None


class PlanQuery(Input):
    """Of which asset, and where the list goes on."""

    asset: Id | None = None
    after: Annotated[str, Meta(max_length=32)] | None = None
    limit: Limit = 50


class Skip(Input):
    """Which one is left out, by the plan's `due`, and why."""

    due: Annotated[str, Meta(min_length=2, max_length=16)]
    reason: Line


async def listed(ctx: Context, query: PlanQuery) -> PlanPage:
    """The plans, by id."""
    where: Document = {} if query.asset is None else {"asset": query.asset}
    where["_id"] = {"$gt": query.after or ""}
    found = await ctx.store.find(PLANS, where, sort=[("_id", 1)], limit=query.limit + 1)
    shown = found[: query.limit]
    wanted = {"_id": {"$in": sorted({plan["asset"] for plan in shown})}}
    known = {each["_id"]: each for each in await ctx.store.find(ASSETS, wanted)} if shown else {}
    calendar = await ctx.house.calendars.current()
    items = [_view(plan, known[plan["asset"]], calendar) for plan in shown]
    items = await _as_seen(ctx, items)
    return PlanPage(items=items, next=shown[-1]["_id"] if len(found) > query.limit else None)


async def one(ctx: Context, plan_id: str) -> Plan:
    """A plan. Raises PlanUnknown."""
    return await _shown(ctx, await _find(ctx, plan_id))


async def put(ctx: Context, plan_id: str, body: PlanInput) -> Plan:
    """Set a plan up, or change it; tickets that are open stay. Raises PlanWrong, Conflict."""
    if plan_id != plan_id.strip():  # the `$` of a pattern lets a final newline pass
        raise PlanUnknown
    asset = await ctx.store.get(ASSETS, body.asset)
    before = await ctx.store.get(PLANS, plan_id)
    errors = tuple(_faults(body, asset, before))
    if body.category and await ctx.store.get(CATEGORIES, body.category) is None:
        errors += (("/category", "没有该报修类别"),)
    if errors or asset is None:
        raise PlanWrong(errors=errors)
    said = _said(body, asset, before)
    calendar = await ctx.house.calendars.current()
    coming = _next(said, asset, before, calendar, ctx.now)
    after = await _written(ctx, plan_id, before, said | coming)
    await record(ctx, "repairs.plan", plan_id, before, after)
    return await _shown(ctx, after)


async def _written(ctx: Context, plan_id: str, before: Document | None, said: Document) -> Document:
    if before is not None:
        after = await maintenance.change(ctx.house, before, said)
        if after is None:
            raise Conflict
        return after
    after = {"_id": plan_id, "owner": ctx.actor.id, "unit": ctx.actor.unit, "version": 1}
    after |= {"last_order": None, "open": None, **said}
    if not maintenance.is_looked_at(after):
        del after["look_at"]
    try:
        await ctx.store.insert(PLANS, after)
    except Duplicate:  # somebody else has made it this moment
        raise Conflict from None
    return after


def _said(body: PlanInput, asset: Document, before: Document | None) -> Document:
    said: Document = msgspec.to_builtins(body)
    said["category"] = body.category or (before or asset)["category"]
    if body.every.meter is not None:
        said["next_on"] = None
    elif body.next_on is None and before is not None:
        said["next_on"] = before["next_on"]
    said["every"] = {name: n for name, n in said["every"].items() if n is not None}
    return said


def _next(
    said: Document, asset: Document, before: Document | None, calendar: Calendar, now: datetime
) -> Document:
    """What comes next of a plan that says so, and when a worker looks at it."""
    changes: Document = {"next_at": None, "anchor": None, "fault": None}
    known = before if before and before["every"] == said["every"] else None
    step = said["every"].get("meter")
    if step is not None:
        total = asset["meter"]["total"]
        changes["next_at"] = known["next_at"] if known else next_count(step, total, total)
        look_at = now if total >= changes["next_at"] else None
    else:
        same = known is not None and known["next_on"] == said["next_on"]
        day = date.fromisoformat(said["next_on"]).day
        changes["anchor"] = known["anchor"] if known and same else day
        look_at = opening(said, calendar)
    if before is not None and before["open"] is not None:
        look_at = now
    return changes | {"look_at": look_at}


async def skip(ctx: Context, plan_id: str, body: Skip) -> Plan:
    """Leave out what comes next; the rule goes on from it. Raises PlanUnknown, NotDue."""
    plan = await _find(ctx, plan_id)
    if plan["open"] is not None or due_key(plan) != body.due:
        raise NotDue
    asset = await assets.find(ctx, plan["asset"])
    calendar = await ctx.house.calendars.current()
    day = date.fromisoformat(plan["next_on"]) if plan["next_on"] else campus_date(ctx.now)
    after = await maintenance.change(ctx.house, plan, moved(plan, asset, calendar, day))
    if after is None:
        raise Conflict
    await record(ctx, "repairs.plan-skip", plan_id, {"due": body.due}, {"reason": body.reason})
    return await _shown(ctx, after)


async def _find(ctx: Context, plan_id: str) -> Document:
    plan = await ctx.store.get(PLANS, plan_id)
    if plan is None:
        raise PlanUnknown
    return plan


async def _shown(ctx: Context, plan: Document) -> Plan:
    asset = await assets.find(ctx, plan["asset"])
    view = _view(plan, asset, await ctx.house.calendars.current())
    return (await _as_seen(ctx, [view]))[0]


async def _as_seen(ctx: Context, items: list[Plan]) -> list[Plan]:
    """Without the tickets that the actor does not see."""
    named = {key for plan in items for key in (plan.open, plan.last_order) if key}
    found = await ctx.store.find(ORDERS, {"_id": {"$in": sorted(named)}}) if named else []
    seen: dict[str | None, str] = {o["_id"]: o["_id"] for o in found if sees(ctx.actor, o)}
    return [
        replace(plan, open=seen.get(plan.open), last_order=seen.get(plan.last_order))
        for plan in items
    ]


def _faults(
    body: PlanInput, asset: Document | None, before: Document | None
) -> Iterator[tuple[str, str]]:
    """What contradicts itself, as (pointer, sentence)."""
    if asset is None:
        yield "/asset", "没有该设备"
    elif body.every.meter is not None and asset["meter"] is None:
        yield "/every", "该设备没有计量表"
    if not body.every.is_one:
        yield "/every", "须且只能选择一种周期"
    elif body.every.meter is None and not (body.next_on or (before and before["next_on"])):
        yield "/next_on", "请填写下次日期"
    if before is not None and before["asset"] != body.asset:
        yield "/asset", "计划不能换到另一设备"


_SAME: Final = (
    "title", "category", "based_on", "lead_days", "checklist", "photos", "signature", "urgency",
    "enabled", "open", "last_order", "fault",
)  # fmt: skip


def _view(plan: Document, asset: Document, calendar: Calendar) -> Plan:
    fields: Any = {name: plan[name] for name in _SAME}
    on = date.fromisoformat(plan["next_on"]) if plan["next_on"] and not plan["open"] else None
    left = None
    if plan["next_at"] is not None and asset["meter"]:
        left = max(0, plan["next_at"] - asset["meter"]["total"])
    return Plan(
        id=plan["_id"],
        asset=assets.line(asset),
        every=Every(**plan["every"]),
        next_on=on,
        planned_for=worked_on(calendar, on) if on else None,
        meter_left=left,
        due=None if plan["open"] else due_key(plan),
        **fields,
    )
