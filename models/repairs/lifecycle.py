"""What may become of a ticket: the transitions of the table in `__init__`, and what people see."""

from __future__ import annotations

from typing import Any, Final

from models.base import workflow as wf
from models.base.context import Context
from models.base.orders import ORDERS
from models.base.views import RatingInput
from models.base.visibility import sees
from models.base.workflow import Order, Tell, Transition, Workflow, declare
from models.repairs import closing, disputes, parties, working
from models.repairs import dispatching as dispatch
from models.repairs.clocks import figures, reckon
from models.repairs.parties import (
    ACCEPTED,
    DONE,
    FIXED,
    KIND,
    OPEN,
    PAUSED,
    REPORTED,
    STARTED,
    TAKEN,
    WORK,
    dispatcher,
    manager,
    others,
    reporters,
    technician,
    worker,
)
from models.repairs.repeats import Joining
from models.repairs.reporting import Report, draft_repair
from models.repairs.steps import followed

HOLDER: Final = (wf.owner, wf.deputy)
LINKS: Final = ("repeat_of", "merged_into")  # other tickets, which not everybody sees
_OWN: Final = ("terms", "vendors", "pooled", "offered", "subject", "rating")  # of the rules


def show(ctx: Context, order: Order) -> dict[str, Any]:
    """The data as the actor may see it; what the owner thought of it, the owner alone."""
    data = {
        name: value
        for name, value in order["data"].items()
        if name not in (*_OWN, *LINKS) and value is not None
    }
    data["repeat"] = order["data"]["repeat_of"] is not None
    data["warn_minutes"] = order["data"]["terms"]["warn_minutes"]
    if "rating" in order["data"] and wf.owner(order, ctx.actor):
        data["rating"] = order["data"]["rating"]
    return data


async def running(ctx: Context, order: Order) -> dict[str, Any]:
    """The figures as they stand now, not as of the last step, and the other tickets it leads to, as
    far as the actor sees them.
    """
    calendar = await ctx.house.calendars.current()
    account = reckon(order["timeline"], order["data"]["terms"], calendar, ctx.now)
    links = {name: key for name in LINKS if (key := order["data"].get(name))}
    others = {"_id": {"$in": sorted(links.values())}}
    found = await ctx.store.find(ORDERS, others) if links else []
    seen = [each["_id"] for each in found if sees(ctx.actor, each)]
    shown = {name: key for name, key in links.items() if key in seen}
    return {"ledger": figures(account.ledger), **shown}


def everyone(order: Order) -> list[str]:
    """All who take part, but for whoever did it."""
    return others([order["owner"], *order["data"]["watchers"], order.get("assignee")], order)


def _dispatch() -> tuple[Transition, ...]:
    return (
        Transition(
            name="take", source=REPORTED, target="taken", by=(technician,),
            summary="Take a ticket from the pool.",
            rule=dispatch.take, tells=(Tell("repair-taken", to=reporters),),
        ),
        Transition(
            name="assign", source=REPORTED, target="taken", by=(dispatcher,),
            summary="Give it to a technician.",
            rule=dispatch.assign, needs=dispatch.Assignment,
            tells=(Tell("repair-assigned", to=worker), Tell("repair-taken", to=reporters)),
        ),
        Transition(
            name="rotate", source=REPORTED, target="taken", by=(wf.clock,),
            summary="Give it to whose turn it is.",
            rule=dispatch.rotate,
            tells=(Tell("repair-assigned", to=worker), Tell("repair-taken", to=reporters)),
        ),
        Transition(
            name="give_back", source=TAKEN, target="reported", by=(wf.assignee,),
            summary="Give it back to the pool.",
            rule=dispatch.give_back, needs=dispatch.GivingBack, when=dispatch.unless_assigned,
        ),
        Transition(
            name="hand_over", source=WORK, target="taken", by=(wf.assignee, dispatcher),
            summary="Give it to a colleague.",
            rule=dispatch.hand_over, needs=dispatch.Assignment,
            tells=(Tell("repair-assigned", to=worker), Tell("repair-handed", to=reporters)),
        ),
        Transition(
            name="release", source=REPORTED + WORK, target="reported", by=(wf.clock,),
            summary="Take it from who can do it no longer.", rule=dispatch.release,
        ),
        Transition(
            name="change_category", source=REPORTED, target="reported", by=(dispatcher, manager),
            summary="Say what it really is.",
            rule=disputes.change_category, needs=disputes.Recategory,
            tells=(Tell("repair-recategorised", to=reporters),),
        ),
    )  # fmt: skip


def _work() -> tuple[Transition, ...]:
    return (
        Transition(
            name="start", source=TAKEN, target="started", by=(wf.assignee,),
            summary="Begin to work on it.", tells=(Tell("repair-started", to=reporters),),
        ),
        Transition(
            name="finish", source=STARTED, target="fixed", by=(wf.assignee,),
            summary="Say that it is repaired, and how.",
            rule=working.finish, needs=working.Finish,
            tells=(Tell("repair-fixed", to=reporters),),
        ),
    )  # fmt: skip


def _waiting() -> tuple[Transition, ...]:
    return (
        Transition(
            name="pause", source=STARTED, target="paused", by=(wf.assignee,),
            summary="Say why it cannot go on.", when=working.while_pauses_last,
            rule=working.pause, needs=working.Pause, tells=(Tell("repair-paused", to=reporters),),
        ),
        Transition(
            name="ask", source=TAKEN + STARTED, target="paused", by=(wf.assignee,),
            summary="Ask the reporter.", when=working.while_pauses_last,
            rule=working.ask, needs=working.Question, tells=(Tell("repair-asked"),),
        ),
        Transition(
            name="revisit", source=STARTED, target="paused", by=(wf.assignee,),
            summary="Agree on a second visit.", when=working.while_pauses_last,
            rule=working.revisit, needs=working.Revisit,
            tells=(Tell("repair-paused", to=reporters),),
        ),
        Transition(
            name="answer", source=PAUSED, target="started", by=HOLDER,
            summary="Answer the technician.",
            rule=working.answer, needs=working.Answer, when=working.when_asked,
            tells=(Tell("repair-answered", to=worker),),
        ),
        Transition(
            name="confirm_pause", source=PAUSED, target="paused", by=(manager,),
            summary="Confirm that it has to wait.", rule=working.confirm_pause,
        ),
        Transition(
            name="resume", source=PAUSED, target="started", by=(wf.assignee, wf.clock),
            summary="Go on with it.",
            rule=working.resume, when=working.once_over,
            tells=(Tell("repair-resumed", to=worker),),
        ),
    )  # fmt: skip


def _closing() -> tuple[Transition, ...]:
    return (
        Transition(
            name="cancel", source=REPORTED + TAKEN, target="cancelled", by=HOLDER,
            summary="Cancel before work begins.",
            rule=closing.cancel, tells=(Tell("repair-cancelled", to=worker),),
        ),
        Transition(
            name="merge", source=REPORTED + TAKEN, target="merged", by=(dispatcher, manager),
            summary="Go on with it in another ticket.", rule=closing.merge, needs=closing.Merging,
            tells=(Tell("repair-merged", to=reporters), Tell("repair-cancelled", to=worker)),
        ),
        Transition(
            name="accept", source=FIXED, target="accepted", by=(*HOLDER, wf.clock),
            summary="Accept the fix.",
            rule=closing.accept, when=working.once_silent,
            tells=(Tell("repair-accepted", to=everyone),),
        ),
        Transition(
            name="refuse", source=FIXED, target="taken", by=HOLDER,
            summary="Say that it is not repaired.",
            rule=closing.refuse, needs=closing.Reason, tells=(Tell("repair-refused", to=worker),),
        ),
        Transition(
            name="rate", source=ACCEPTED, target="rated", by=(wf.owner,),
            summary="Rate the repair.",
            rule=closing.rate, needs=RatingInput,
        ),
        Transition(
            name="reopen", source=DONE, target="taken", by=HOLDER,
            summary="Have it repaired again.",
            rule=closing.reopen, needs=closing.Reason, when=closing.within_days,
            tells=(Tell("repair-reopened", to=worker),),
        ),
    )  # fmt: skip


def _beside() -> tuple[Transition, ...]:
    return (
        Transition(
            name="urge", source=REPORTED + WORK, target="reported", by=HOLDER,
            summary="Ask for haste.",
            rule=closing.urge, when=closing.not_lately, tells=(Tell("repair-urged", to=worker),),
        ),
        Transition(
            name="join", source=OPEN, target="reported", by=(wf.clock,),
            summary="Have somebody follow it who has the same fault.",
            rule=closing.join, needs=Joining,
            repeat="refuse",
        ),
        Transition(
            name="absorb", source=OPEN, target="reported", by=(),
            summary="Take over the people of a merged ticket."),
        Transition(
            name="remark", source=OPEN, target="reported",
            by=(*HOLDER, wf.assignee, dispatcher, manager),
            summary="Leave a remark for everybody on it.",
            rule=closing.remark, needs=closing.Remark,
            tells=(Tell("repair-remark", to=everyone),),
        ),
        Transition(
            name="escalate", source=REPORTED + TAKEN + STARTED, target="reported", by=(wf.clock,),
            summary="Tell those of the next level.", rule=disputes.escalate,
        ),
        Transition(
            name="dispute", source=OPEN + DONE, target="reported",
            by=(*HOLDER, wf.assignee, dispatcher),
            summary="Say that an interval was somebody else's.", rule=disputes.dispute,
            needs=disputes.Dispute, tells=(Tell("repair-disputed", to=everyone),),
        ),
        Transition(
            name="settle", source=OPEN + DONE, target="reported", by=(manager,),
            summary="Say whose an interval was.",
            rule=disputes.settle, needs=disputes.Settlement,
            tells=(Tell("repair-settled", to=everyone),),
        ),
    )  # fmt: skip


REPAIRS: Final = declare(
    Workflow(
        kind=KIND,
        service="repairs",
        title="设备报修",
        starts=REPORTED,
        finals=("cancelled", "merged"),
        draft=draft_repair,
        body=Report,
        show=show,
        detail=running,
        found_by=parties.found_by,
        transitions=tuple(
            map(followed, (*_work(), *_waiting(), *_dispatch(), *_closing(), *_beside()))
        ),
    )
)
