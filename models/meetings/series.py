"""A series of meetings: one order over its dates, each of which is an ordinary meeting.

    state     transition       by             to         what happens
    --------  ---------------  -------------  ---------  -----------------------------------------
    running   change           owner, deputy  running    this and following, or all that lie ahead
    running   re_add           owner, deputy  running    a date that was left out or not to be had
    running   approve          meetings       running    all requests that can be had
    running   refuse           meetings       running    all requests; cancelled, if none are left
    running   cancel           owner, deputy  cancelled  from a day on; running, if some are left
    proposed
    running   propose_release  clock          proposed   nobody came so many times in a row
    running   settle           clock          running    no request waits any more
    proposed  keep             owner, deputy  running
    proposed  release          owner, deputy  cancelled  the rest is given back
    running   replace          (with its      ended      a series with another pattern continues
    proposed                   successor)                it; running, if some are left
    running   end              clock          ended      the last meeting is over, or gone
    proposed

The past is never touched. What a step does to the meetings happens in its own transaction, by the
meetings' own transitions (series_steps.py); those that cannot follow stay as they are, and
`results` says why. What the clock does is in series_hygiene.py.
"""

from __future__ import annotations

from typing import Any

from models.base import orders
from models.base import workflow as wf
from models.base.context import Context
from models.base.errors import NotFound
from models.base.orders import ORDERS
from models.base.shapes import Struct
from models.base.views import OrderView, brief, full
from models.base.visibility import sees
from models.base.workflow import Order, Transition, Workflow, declare
from models.meetings import series_hygiene as hygiene
from models.meetings import series_steps as steps
from models.meetings.lifecycle import HOLDER, Approval, Reason, meetings
from models.meetings.series_booking import KIND, DateResult, SeriesInput, draft_series
from models.meetings.series_steps import SeriesCancel, SeriesChange, SeriesDate


class SeriesBooked(Struct):
    """The order that holds the series together, and what became of each date."""

    order: OrderView
    results: list[DateResult]


class SeriesView(SeriesBooked):
    """A series with those of its meetings that the reader may see, in order of time."""

    children: list[OrderView]


async def book(ctx: Context, body: SeriesInput) -> SeriesBooked:
    """Book all dates that can be had. Raises SeriesRefused, and what its pattern is refused by."""
    order = await orders.place(ctx, KIND, body)
    return SeriesBooked(order=await full(ctx, order), results=_results(order))


async def shown(ctx: Context, series_id: str) -> SeriesView:
    """A series and its meetings. Raises NotFound."""
    order = await orders.seen(ctx, series_id)
    if order["kind"] != KIND:
        raise NotFound
    found = await ctx.store.find(ORDERS, {"parent": series_id}, sort=[("due_at", 1)])
    children = [brief(ctx, each) for each in found if sees(ctx.actor, each)]
    return SeriesView(order=await full(ctx, order), results=_results(order), children=children)


def _results(order: Order) -> list[DateResult]:
    return [DateResult(**result) for result in order["data"]["results"]]


def show(ctx: Context, order: Order) -> dict[str, Any]:
    """The data without what is empty, and without what only adding a date again needs."""
    return {
        name: value
        for name, value in order["data"].items()
        if name not in ("services", "kept_at", "earlier") and value not in (None, "")
    }


RUNNING, PROPOSED = ("running",), ("proposed",)

SERIES = declare(
    Workflow(
        kind=KIND,
        service="meetings",
        path="meetings/series",
        title="系列会议",
        starts=RUNNING,
        finals=("cancelled", "ended"),
        draft=draft_series,
        body=SeriesInput,
        show=show,
        transitions=(
            Transition(
                name="change", source=RUNNING, target="running", by=HOLDER, needs=SeriesChange,
                summary="Change this and following meetings, or all that lie ahead.",
                rule=steps.change,
            ),
            Transition(
                name="re_add", source=RUNNING, target="running", by=HOLDER, needs=SeriesDate,
                summary="Add a date again that has no meeting.", rule=steps.re_add,
            ),
            Transition(
                name="approve", source=RUNNING, target="running", by=(meetings,), needs=Approval,
                summary="Approve the requests of a series, and refuse their rivals.",
                rule=steps.approve, approves=True,
            ),
            Transition(
                name="refuse", source=RUNNING, target="running", by=(meetings,), needs=Reason,
                summary="Refuse the requests of a series.", rule=steps.refuse, approves=True,
            ),
            Transition(
                name="cancel", source=RUNNING + PROPOSED, target="cancelled", by=HOLDER,
                needs=SeriesCancel, summary="Cancel the meetings from a day on.",
                rule=steps.cancel,
            ),
            Transition(
                name="propose_release", source=RUNNING, target="proposed", by=(wf.clock,),
                summary="Ask whether a series to which nobody comes is still wanted.",
                rule=hygiene.propose_release,
            ),
            Transition(
                name="settle", source=RUNNING, target="running", by=(wf.clock,),
                summary="No request of the series waits any more.", rule=hygiene.settle,
            ),
            Transition(
                name="keep", source=PROPOSED, target="running", by=HOLDER,
                summary="Keep a series that was proposed for release.", rule=hygiene.keep,
            ),
            Transition(
                name="release", source=PROPOSED, target="cancelled", by=HOLDER,
                summary="Give the rest of a series back.", rule=steps.release,
            ),
            Transition(
                name="replace", source=RUNNING + PROPOSED, target="ended", by=(),
                summary="Make way for the series that continues this one.",
            ),
            Transition(
                name="end", source=RUNNING + PROPOSED, target="ended", by=(wf.clock,),
                summary="The last meeting is over.", rule=hygiene.end,
            ),
        ),
    )
)  # fmt: skip
