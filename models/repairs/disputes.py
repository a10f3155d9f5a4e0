"""Whose time it was: disputing an interval, settling it, and a word in time before it runs out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import field

from models.base import audit, views
from models.base.audit import AUDIT
from models.base.context import Context
from models.base.decisions import Found, Lookup
from models.base.orders import ORDERS
from models.base.paging import Listing, page
from models.base.shapes import Input, Moment, PageQuery
from models.base.store import Document
from models.base.visibility import within
from models.base.workflow import Effect, Order, Tell
from models.repairs import catalogue, parties, vendors
from models.repairs.catalogue import CATEGORIES, CategoryId, SymptomId, Third
from models.repairs.clocks import RepairRules, level_key, levels_due, reckon, terms_of
from models.repairs.dispatching import managers, staff_of
from models.repairs.parties import DONE, OPEN, boards
from models.repairs.refusals import DisputesEnough, IntervalWrong, NoVendor
from models.repairs.reporting import priority_of, symptom_of, working
from models.repairs.screening import screen
from models.repairs.working import Text

MOST: Final = 20  # disputes of one ticket

_LISTING: Final = Listing(ORDERS, "created_at", without=("timeline", "private"))


class DisputeQuery(PageQuery):
    """Those that wait for a decision, or the settled ones."""

    settled: bool = False


class Span(Input):
    """An interval of a ticket's life."""

    from_: Moment = field(name="from")
    to: Moment


class Dispute(Input):
    """That an interval was somebody else's, and why."""

    interval: Span
    reason: Text


class Settlement(Input):
    """To whom an interval belongs."""

    interval: Span
    party: Literal["vendor", "requester", "parts", "access"]
    reason: Text


class Recategory(Input):
    """What it really is. The targets follow; the log stays as it was."""

    category: CategoryId
    symptom: SymptomId | None = None
    impact: Third | None = None


async def listed(ctx: Context, query: DisputeQuery) -> views.OrderPage:
    """Tickets of which somebody disputes an interval, or of which all has been settled; whatever
    became of them but for being cancelled or merged.
    """
    where: Document = {"found_by": parties.disputed(not query.settled)}
    where |= {"state": {"$in": [*OPEN, *DONE]}, "seen_by": within(boards(ctx.actor))}
    found, following = await page(ctx.store, _LISTING, where, query)
    return views.OrderPage(items=[views.brief(ctx, order) for order in found], next=following)


async def dispute(ctx: Context, order: Order, body: Dispute) -> Effect:
    """Raises IntervalWrong, DisputesEnough."""
    before = order["data"].get("disputes", [])
    if len(before) >= MOST:
        raise DisputesEnough(limit=MOST)
    await screen(ctx, body.reason)
    interval = _interval(order, body.interval, ctx.now)
    said = {"by": ctx.actor.id, "at": ctx.now, "reason": body.reason, "party": None}
    judges = await managers(ctx)
    return Effect(
        data=_disputed([*before, {**interval, **said}]),
        facts=interval,
        note=body.reason,
        tells=[Tell("repair-disputed", to=lambda order: judges)],
    )


def _disputed(disputes: list[Document]) -> Document:
    """The disputes of a ticket, and whether one waits for a decision."""
    return {"disputes": disputes, "disputed": any(each["party"] is None for each in disputes)}


async def settle(ctx: Context, order: Order, body: Settlement) -> Effect:
    """The disputes that lie within the interval are settled with it. Raises IntervalWrong."""
    await screen(ctx, body.reason)
    interval = _interval(order, body.interval, ctx.now)
    facts = {**interval, "party": body.party}
    record = audit.entry(ctx, "repairs.settle", order["_id"], None, facts | {"why": body.reason})

    def decide(found: Found, order: Order, now: datetime) -> Effect:
        disputes = [
            {**each, "party": body.party} if _within(each, interval) else each
            for each in order["data"].get("disputes", ())
        ]
        data = _disputed(disputes) if disputes else {}
        return Effect(data=data, facts=facts, note=body.reason, inserts=[(AUDIT, record)])

    return Effect(settle=decide)


def _interval(order: Order, span: Span, now: datetime) -> Document:
    """{start, end} in UTC. Raises IntervalWrong."""
    start, end = span.from_.astimezone(UTC), span.to.astimezone(UTC)
    if not order["created_at"] <= start < end <= now:
        raise IntervalWrong(errors=(("/interval", "时段有误"),))
    return {"start": start, "end": end}


def _within(dispute: Document, interval: Document) -> bool:
    return bool(interval["start"] <= dispute["start"] and dispute["end"] <= interval["end"])


async def change_category(ctx: Context, order: Order, body: Recategory) -> Effect:
    """Another category, and with it other vendors and targets. Raises CategoryUnknown,
    CategoryDisabled, NoVendor, SymptomUnknown.
    """
    category = await catalogue.find(ctx, body.category)
    rules = await ctx.house.policies.value(RepairRules)
    lookups = [Lookup(CATEGORIES, body.category), *vendors.lookups(category["vendors"])]

    def decide(found: Found, order: Order, now: datetime) -> Effect:
        category = catalogue.refuse_disabled(found, body.category)
        able = working(found, category, now)
        if not able:
            raise NoVendor
        impact = body.impact or category["impact"]
        priority = priority_of(order["data"]["urgency"], impact)
        data: Document = {
            "category": {"id": category["_id"], "name": category["name"]},
            "symptom": symptom_of(category, body.symptom),
            "impact": impact,
            "priority": priority,
            "advice": category["advice"],
            "dispatch": category["dispatch"],
            "pooled": category["dispatch"] != "assign",
            "vendors": able,
            "vendor": None,
            "terms": terms_of(category, priority, rules),
        }
        return Effect(data=data, facts={"category": category["_id"], "priority": priority})

    return Effect(settle=decide, lookups=lookups)


async def escalate(ctx: Context, order: Order, body: Any) -> Effect:
    """Tell those of every level that is reached now, each once. Where the calendar has changed
    since it was last looked at, it may be none, and the clock looks again when it is.
    """
    data = order["data"]
    calendar = await ctx.house.calendars.current()
    account = reckon(order["timeline"], data["terms"], calendar, ctx.now)
    due = levels_due(data["terms"], data["escalated"], account)
    tells = [tell for level in due for tell in await _tells(ctx, order, level)]
    return Effect(
        data={"escalated": [*data["escalated"], *(level_key(level) for level in due)]},
        facts={"levels": [msgspec.to_builtins(level) for level in due]},
        tells=tells,
    )


async def _tells(ctx: Context, order: Order, level: Document) -> Sequence[Tell]:
    persons = await _notified(ctx, order, level["notify"])
    ahead = level["minutes"] < 0
    template = "repair-due-soon" if ahead else f"repair-late-{level['on']}"
    return [Tell(template, to=lambda order: persons, sms=not ahead)]


async def _notified(ctx: Context, order: Order, whom: str) -> list[str]:
    """The persons of a level; where nobody has the ticket yet, the dispatcher instead."""
    if whom == "assignee" and order.get("assignee"):
        return [order["assignee"]]
    if whom == "manager":
        return await managers(ctx)
    return await staff_of(ctx, order) or await managers(ctx)
