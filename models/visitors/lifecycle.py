"""What may become of a visit: the transitions of the table in `__init__`, and what people see."""

from __future__ import annotations

from typing import Any, Final

from models.base import workflow as wf
from models.base.context import Context
from models.base.workflow import Order, Tell, Transition, Workflow, declare
from models.visitors import changing, codes, deciding, passing, retention, revoking
from models.visitors.deciding import Reason
from models.visitors.inviting import asked, draft_visit
from models.visitors.links import FillIn, filled_in
from models.visitors.parties import (
    ANNOUNCED,
    ATTENDANTS,
    DECIDERS,
    EXPECTED,
    GATEKEEPERS,
    HOST,
    INSIDE,
    KIND,
    LEFT,
    OPEN,
    REQUESTED,
    any_of,
    found_by,
    leads,
    security,
    stands_in,
)
from models.visitors.shapes import Invitation

_OWN: Final = (
    "kid", "code_version", "link_version", "last_step", "static_day", "stages", "stage", "asked",
    "flagged", "terms", "last", "notify",
)  # fmt: skip
SHOWABLE: Final = EXPECTED + INSIDE + LEFT


def show(ctx: Context, order: Order) -> dict[str, Any]:
    """The data as the actor may see it: the host's side knows the visitor, others mostly not."""
    data = {k: v for k, v in order["data"].items() if k not in _OWN and v is not None}
    private, actor = order.get("private", {}), ctx.actor
    hosting = wf.owner(order, actor) or wf.deputy(order, actor)
    if private and (hosting or any_of((*DECIDERS, *ATTENDANTS), order, actor)):
        data["visitor"] = {**data["visitor"], "name": private["visitor"]["name"]}
    if private and hosting:
        data["visitor"] = {k: v for k, v in private["visitor"].items() if v is not None}
        data["companion_list"] = private["companions"]
        data["belongings"] = private["belongings"]
    if private and hosting and order["state"] in OPEN:
        data["link"] = f"/p/{codes.link_of(ctx.house.keys, order['_id'], order['data'])}"
    if hosting and order["state"] in SHOWABLE:
        data["code"] = codes.static(ctx.house.keys, order["_id"], order["data"])
    return data


def _deciding() -> tuple[Transition, ...]:
    return (
        Transition(
            name="approve", source=REQUESTED, target="expected", by=DECIDERS,
            summary="Let the visitor come.",
            rule=deciding.approve, when=passing.not_over, approves=True,
        ),
        Transition(
            name="refuse", source=REQUESTED, target="refused", by=DECIDERS, needs=Reason,
            summary="Refuse the visit, with a reason.", rule=deciding.refuse, approves=True,
            tells=(Tell("visit-refused"),),
        ),
        Transition(
            name="pass_on", source=REQUESTED, target="requested", by=(wf.clock,),
            summary="Nobody has decided: others may.", rule=deciding.pass_on,
            tells=(Tell("visit-asked", to=asked),),
        ),
        Transition(
            name="lapse", source=REQUESTED, target="lapsed", by=(wf.clock,),
            summary="The time is over, undecided.", when=passing.after_end,
            rule=deciding.settled, tells=(Tell("visit-lapsed"),),
        ),
        Transition(
            name="confirm", source=ANNOUNCED, target="expected", by=(wf.owner, stands_in, leads),
            summary="Let in who has come without an invitation.", rule=deciding.confirm,
            approves=True,
        ),
        Transition(
            name="decline", source=ANNOUNCED, target="refused",
            by=(wf.owner, stands_in, leads), needs=Reason, rule=deciding.refuse,
            summary="Do not receive who has come without an invitation.",
            approves=True,
        ),
        Transition(
            name="call", source=ANNOUNCED, target="announced", by=(wf.clock,),
            summary="The host is silent: deputies are asked.", rule=deciding.call,
            tells=(Tell("visit-announced", to=asked, sms=True),),
        ),
        Transition(
            name="turn_away", source=ANNOUNCED, target="refused", by=(*ATTENDANTS, wf.clock),
            summary="Nobody answered.", when=deciding.once_silent, rule=deciding.turn_away,
            tells=(Tell("visit-turned-away"),),
        ),
    )  # fmt: skip


def _changing() -> tuple[Transition, ...]:
    return (
        Transition(
            name="change", source=REQUESTED + EXPECTED, target="expected", by=HOST,
            needs=changing.Change, summary="Change time, purpose or person.",
            when=passing.not_over, rule=changing.change,
        ),
        Transition(
            name="fill_in", source=REQUESTED + ANNOUNCED + EXPECTED, target="expected",
            by=(wf.clock,), needs=FillIn, summary="The visitor says the rest.", rule=filled_in,
        ),
        Transition(
            name="reissue", source=EXPECTED, target="expected", by=HOST,
            summary="Give out a new code; the old one is void.", when=passing.not_over,
            rule=changing.reissue,
        ),
        Transition(
            name="cancel", source=REQUESTED + ANNOUNCED + EXPECTED, target="cancelled",
            by=(*HOST, wf.clock), needs=changing.Parting, summary="Call the visit off.",
            rule=changing.cancel,
        ),
        Transition(
            name="revoke", source=OPEN, target="revoked", by=(security,), needs=Reason,
            summary="End the pass, with a reason; who is inside may still leave.",
            when=revoking.unless_revoked, rule=revoking.revoke, approves=True,
        ),
    )  # fmt: skip


def _passing() -> tuple[Transition, ...]:
    return (
        Transition(
            name="admit", source=EXPECTED + LEFT, target="inside", by=GATEKEEPERS,
            needs=passing.Passing, summary="Let the visitor in.", when=passing.may_enter,
            rule=passing.admit, repeat="refuse", approves=True,
        ),
        Transition(
            name="leave", source=INSIDE, target="left", by=GATEKEEPERS, needs=passing.Passing,
            summary="Let the visitor out.", rule=passing.leave, repeat="refuse", approves=True,
        ),
        Transition(
            name="fetch", source=INSIDE, target="inside", by=HOST,
            summary="Say that somebody is on the way.", when=deciding.unless_fetched,
            rule=deciding.fetch,
        ),
        Transition(
            name="unfetched", source=INSIDE, target="inside", by=(wf.clock,),
            summary="Nobody has come for the visitor.", when=deciding.unless_fetched,
            rule=deciding.unfetched,
        ),
        Transition(
            name="overstay", source=INSIDE, target="inside", by=(wf.clock,),
            summary="The visitor should have left.", when=passing.over_time,
            rule=passing.overstay, tells=(Tell("visit-overstayed"),),
        ),
    )  # fmt: skip


def _ending() -> tuple[Transition, ...]:
    return (
        Transition(
            name="renew", source=EXPECTED, target="expected", by=(wf.clock,),
            summary="A long-term pass goes on to its next day.", when=passing.day_over,
            rule=passing.renew,
        ),
        Transition(
            name="miss", source=EXPECTED, target="missed", by=(wf.clock,),
            summary="Nobody came all day.", when=passing.day_over,
            tells=(Tell("visit-missed"),),
        ),
        Transition(
            name="close", source=LEFT, target="ended", by=(wf.clock,),
            summary="The day is over.", when=passing.day_over, rule=passing.close,
        ),
        Transition(
            name="end", source=EXPECTED + LEFT, target="ended", by=(wf.clock,),
            summary="What the pass was for is done.",
        ),
        Transition(
            name="close_up", source=INSIDE, target="inside", by=(wf.clock,),
            summary="What the pass was for is done; the visitor is still inside.",
            rule=passing.close_up,
        ),
    )  # fmt: skip


VISITS: Final = declare(
    Workflow(
        kind=KIND,
        service="visitors",
        title="访客",
        starts=("expected", "requested", "announced"),
        finals=("refused", "lapsed", "cancelled", "revoked", "missed", "ended"),
        draft=draft_visit,
        body=Invitation,
        show=show,
        ended=retention.over_since,
        found_by=found_by,
        transitions=(*_deciding(), *_changing(), *_passing(), *_ending()),
    )
)
