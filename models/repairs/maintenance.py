"""Preventive maintenance: plans that open tickets by themselves, ahead of time, once for each date.

A document of `maintenance_plans`:
    _id, asset, title, category
    every                    {days|weeks|months|years|meter: n}
    based_on                 scheduled: from the date it was planned for; completed: from the day
                             it was done
    next_on, anchor          the next date as the rule has it, and its day of the month; a public
                             holiday moves the work, never the rule
    next_at                  of a meter: the total at which it is due
    lead_days                how long before, the ticket is opened
    checklist, photos, signature, urgency   what the ticket asks for
    enabled, owner, unit     the ticket is that of whoever set the plan up
    look_at                  when a worker looks at it next; missing where nothing can be due
    open                     the ticket after whose end the next date is reckoned, or None
    last_order, fault        the ticket opened last; why none could be, or None
    version                  counts changes

A worker opens a ticket under a key made of the plan and its date, so that however many workers
there are, and wherever one of them stops, each date has exactly one ticket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Final

from models.base import orders
from models.base.calendar import Calendar
from models.base.chores import chore
from models.base.clock import campus_date, campus_time
from models.base.context import CLOCK, Context, House
from models.base.errors import Refusal
from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.store import Document
from models.base.workflow import Draft
from models.repairs import catalogue
from models.repairs.clocks import MINUTE, RepairRules, business_time, terms_of
from models.repairs.parties import DONE, KIND
from models.repairs.plan_dates import Every, following, next_count, worked_on
from models.repairs.reporting import ASSETS, Location, Report, draft_for, priority_of

PLANS: Final = "maintenance_plans"
MORNING: Final = "08:00"  # when tickets of the day are opened
AGAIN: Final = timedelta(minutes=10)
BATCH: Final = 20

index(PLANS, [("look_at", 1)], sparse=True)
index(PLANS, [("asset", 1)])


@chore
async def open_due(house: House) -> int:
    """Look at every plan whose moment has come; how many there were."""
    due: Document = {"look_at": {"$lte": house.clock()}}
    found = await house.store.find(PLANS, due, sort=[("look_at", 1)], limit=BATCH)
    for plan in found:
        await _look(house, plan)
    return len(found)


async def _look(house: House, plan: Document) -> None:
    """Open the plan's next ticket, or reckon its next date, if it is time."""
    now, calendar = house.clock(), await house.calendars.current()
    if plan["open"] is not None:
        changes = await _after_open(house, plan, now)
    elif plan["next_on"] is not None and opening(plan, calendar) > now:
        changes = {"look_at": opening(plan, calendar)}  # a holiday has moved it
    else:
        changes = await _opened(house, plan, calendar)
    await change(house, plan, changes)  # else somebody has changed it: it is looked at again


async def change(house: House, plan: Document, changes: Mapping[str, Any]) -> Document | None:
    """The plan after the change; None where somebody else has changed it meanwhile."""
    same = {"_id": plan["_id"], "version": plan["version"]}
    update: Document = {"$set": dict(changes), "$inc": {"version": 1}}
    if not is_looked_at({**plan, **changes}):
        update["$set"].pop("look_at", None)
        update["$unset"] = {"look_at": ""}
    return await house.store.change(PLANS, same, update)


def is_looked_at(plan: Mapping[str, Any]) -> bool:
    """Whether something of the plan can become due by itself."""
    return bool(plan["enabled"] and plan.get("look_at") is not None)


def opening(plan: Document, calendar: Calendar) -> datetime:
    """When the ticket of the plan's next date is opened."""
    day = worked_on(calendar, date.fromisoformat(plan["next_on"]))
    return campus_time(day - timedelta(days=plan["lead_days"]), MORNING)


def due_key(plan: Document) -> str | None:
    """What the plan's next ticket is for: a date, or what the meter has counted."""
    if plan["next_on"] is not None:
        return str(plan["next_on"])
    return None if plan["next_at"] is None else f"m{plan['next_at']}"


async def _opened(house: House, plan: Document, calendar: Calendar) -> Document:
    """What changes with the ticket of the next date, after opening it; or why it could not be."""
    due, now = due_key(plan), house.clock()
    key = sha256(f"{plan['_id']} {due}".encode()).hexdigest()
    ctx = Context(
        house=house, actor=CLOCK, now=now, idempotency_key=key, request_hash=bytes.fromhex(key)
    )
    asset = await house.store.get(ASSETS, plan["asset"])
    assert asset is not None  # assets are never removed
    work = _Work(plan, asset, _day(plan, calendar, now))
    body = _report(work)
    try:
        order = await orders.place(ctx, KIND, body, draft=partial(_draft, work))
    except Refusal as fault:  # nobody repairs it, or the asset is out of use: people see why
        return {"fault": fault.code, "look_at": now + AGAIN}
    changes = {"last_order": order["_id"], "fault": None}
    if plan["based_on"] == "completed":
        return changes | {"open": order["_id"], "look_at": now + AGAIN}
    return changes | moved(plan, asset, calendar, _own_day(plan, now))


@dataclass(frozen=True, slots=True)
class _Work:
    """What a ticket is opened for, and the day it is to be done on."""

    plan: Document
    asset: Document
    day: date


def _day(plan: Document, calendar: Calendar, now: datetime) -> date:
    return worked_on(calendar, _own_day(plan, now))


def _own_day(plan: Document, now: datetime) -> date:
    return date.fromisoformat(plan["next_on"]) if plan["next_on"] else campus_date(now)


def _report(work: _Work) -> Report:
    return Report(
        category=work.plan["category"],
        location=Location(**work.asset["location"]),
        fault=f"计划保养：{work.plan['title']}",
        urgency=work.plan["urgency"],
        asset_id=work.asset["_id"],
    )


async def _draft(work: _Work, ctx: Context, body: Report) -> Draft:
    """The ticket of a plan. Its clocks begin on the day it is for, however early it is opened."""
    plan = work.plan
    category = await catalogue.find(ctx, body.category)
    rules = await ctx.house.policies.value(RepairRules)
    terms = terms_of(category, priority_of(body.urgency, category["impact"]), rules)
    time = business_time(terms, await ctx.house.calendars.current())
    early = time.between(ctx.now, campus_time(work.day, "00:00")) // MINUTE
    terms |= {name: terms[name] + early for name in ("response", "solution")}
    about = {"id": plan["_id"], "title": plan["title"], "due": due_key(plan)}
    more: Document = {
        "plan": about | {"planned_for": work.day.isoformat()},
        "checklist": list(plan["checklist"]),
        "requires": {name: plan[name] for name in ("photos", "signature")},
        "terms": terms,
    }
    return await draft_for(ctx, body, plan["owner"], plan["unit"], more)


async def _after_open(house: House, plan: Document, now: datetime) -> Document:
    """What changes once the open ticket has ended; until then, when to look again."""
    order = await house.store.get(ORDERS, plan["open"])
    asset = await house.store.get(ASSETS, plan["asset"])
    assert order is not None  # orders and assets are never removed
    assert asset is not None
    calendar = await house.calendars.current()
    if order["state"] in DONE:
        done_on = campus_date(order["data"]["fixed_at"])
        return {"open": None, **moved(plan, asset, calendar, done_on)}
    if order["state"] in ("cancelled", "merged"):
        return {"open": None, **moved(plan, asset, calendar, _own_day(plan, now))}
    return {"look_at": now + AGAIN}


def moved(plan: Document, asset: Document, calendar: Calendar, day: date) -> Document:
    """The plan's next date, reckoned from `day`; or what its meter must have counted by then."""
    every = Every(**plan["every"])
    if every.meter is not None:
        total = asset["meter"]["total"] if asset["meter"] else 0
        last = plan["next_at"] if plan["based_on"] == "scheduled" else total
        return {"next_at": next_count(every.meter, last, total), "look_at": None}
    scheduled = plan["based_on"] == "scheduled"
    anchor = plan["anchor"] if scheduled else day.day
    next_on = following(every, day, anchor)
    changes: Document = {"next_on": next_on.isoformat(), "anchor": anchor}
    return changes | {"look_at": opening(plan | changes, calendar)}
