"""What the clock does to a series: no-shows, requests that are settled, and its end.

After so many meetings in a row to which nobody came (policy `meetings`, `series_no_shows`), the
rest is proposed for release, and the owner says whether to keep it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from models.base import outbox
from models.base.context import Context
from models.base.errors import Conflict
from models.base.orders import ORDERS
from models.base.store import Document
from models.base.transitions import transition
from models.base.visibility import deputy, person
from models.base.workflow import Effect, Order, Tell, Timer
from models.meetings.booking import DESK
from models.meetings.quotas import MeetingRules
from models.meetings.series_booking import coming

CAME = ("in_use", "finished", "rated")


async def propose_release(ctx: Context, series: Order, body: Any) -> Effect:
    owner = series["owner"]
    return Effect(
        data={"missed": await _missed(ctx, series)},
        fields={"waits_for": [person(owner), deputy(owner)]},
        tells=[Tell("series-proposed", sms=True)],
    )


async def keep(ctx: Context, series: Order, body: Any) -> Effect:
    """The owner wants it on; what was missed until now counts no more."""
    return Effect(data={"kept_at": ctx.now}, fields={"waits_for": []})


async def settle(ctx: Context, series: Order, body: Any) -> Effect:
    return Effect(fields={"waits_for": []})


async def end(ctx: Context, series: Order, body: Any) -> Effect:
    """Over; or later, where a meeting has been given a later time."""
    left = await _unfinished(ctx, series)
    if not left:
        return Effect(fields={"waits_for": []})
    ends_at: datetime = max(each["data"]["ends_at"] for each in left)
    return Effect(target=series["state"], timers=[Timer(ends_at, "end")])


async def _unfinished(ctx: Context, series: Order) -> list[Order]:
    """The meetings of a series that lie ahead or are not over."""
    where = {"parent": series["_id"], "state": {"$in": ["booked", "in_use"]}}
    under_way = await ctx.store.find(ORDERS, where, fields={"data": 1})
    now = [each for each in under_way if each["data"]["ends_at"] > ctx.now]
    return [*await coming(ctx, series), *now]


async def _missed(ctx: Context, series: Order) -> int:
    """How many of the latest meetings in a row nobody came to, since the owner last kept it."""
    where = {"parent": series["_id"], "due_at": {"$lte": ctx.now}}
    past = await ctx.store.find(
        ORDERS, where, sort=[("due_at", -1)], fields={"state": 1, "data": 1}
    )
    since, missed = series["data"].get("kept_at"), 0
    for meeting in past:
        if meeting["state"] in CAME or (since and meeting["data"]["starts_at"] <= since):
            break
        missed += meeting["state"] == "released"
    return missed


async def look_after(ctx: Context, meeting: Order, entry: Document) -> None:
    """Bring the series of a meeting after what has become of that."""
    if "series" not in meeting["data"]:
        return
    series = await ctx.store.get(ORDERS, meeting["data"]["series"]["id"])
    if series is None or series["state"] not in ("running", "proposed"):
        return
    step = await _step(ctx, series)
    if step is None:
        return
    try:
        await transition(replace(ctx, if_match=series["version"]), series["_id"], step)
    except Conflict:
        return  # somebody was faster; what they did is looked after in turn


async def _step(ctx: Context, series: Order) -> str | None:
    """What the clock has to do with a series, if anything."""
    left = await _unfinished(ctx, series)
    if not left:
        return "end"
    if series["state"] == "proposed":
        return None
    rules = await ctx.house.policies.value(MeetingRules)
    if rules.series_no_shows and await _missed(ctx, series) >= rules.series_no_shows:
        return "propose_release"
    asked = any(each.get("state") == "requested" for each in left)
    return "settle" if DESK in series.get("waits_for", ()) and not asked else None


for _name in ("approve", "refuse", "cancel", "call_off", "release", "lapse", "displace"):
    outbox.reacts("meeting", _name)(look_after)
