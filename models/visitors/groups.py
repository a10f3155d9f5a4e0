"""A group: many visitors of one application, each with a code of their own.

placed    cancel    owner, deputy, clock    cancelled    and with it all who have not come
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from models import people
from models.base import orders
from models.base.context import CLOCK, Actor, Context
from models.base.decisions import Found, Lookup
from models.base.errors import Conflict, NotFound, Refusal, Unprocessable
from models.base.orders import ORDERS
from models.base.shapes import Struct
from models.base.store import Document
from models.base.views import OrderView, brief, full
from models.base.visibility import sees
from models.base.workflow import (
    Also,
    Draft,
    Effect,
    Order,
    Placement,
    Tell,
    Transition,
    Workflow,
    clock,
    declare,
)
from models.visitors import changing, inviting, parties
from models.visitors.changing import Parting
from models.visitors.inviting import Member, Setting, guest, host_of
from models.visitors.parties import AHEAD, GROUP, HOST
from models.visitors.reasons import turned_away
from models.visitors.shapes import MOST_MEMBERS, GroupMember, Occasion


class GroupInput(Occasion, kw_only=True):
    """Up to sixty visitors. `skip` leaves out, and reports, who cannot be invited. The first leads
    the group, or whoever is marked.
    """

    members: Annotated[list[GroupMember], Meta(min_length=1, max_length=MOST_MEMBERS)]
    on_conflict: Literal["skip", "all_or_nothing"] = "skip"


class MemberOutcome(Struct):
    """What became of a line (from 1): invited as `order_id`, or refused with a code and why."""

    row: int
    outcome: str
    order_id: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET


class Invited(Struct):
    """The order that holds the group together, and what became of each line."""

    order: OrderView
    results: list[MemberOutcome]


class GroupView(Struct):
    """A group with its members, in their order."""

    order: OrderView
    members: list[OrderView]


class NobodyInvited(Conflict):
    code = "visit-group-refused"
    zh = "名单未被接受：第 {row} 行，{detail}"
    en = "The list was not accepted: line {row}, {detail}"


class TwoLead(Unprocessable):
    code = "visit-lead-twice"
    zh = "一个团组只能有一位领队，请只标记一人。"
    en = "A group has one lead; mark one person only."


class NamedTwice(Conflict):
    code = "visit-member-twice"
    zh = "同一手机号在名单中出现多次。"
    en = "The same phone number is in the list twice."


async def invite(ctx: Context, body: GroupInput) -> Invited:
    """Invite all who can be. Raises NobodyInvited, and what an invitation does."""
    order = await orders.place(ctx, GROUP, body)
    results = [MemberOutcome(**result) for result in order["data"]["results"]]
    return Invited(order=await full(ctx, order), results=results)


async def draft_group(ctx: Context, body: GroupInput) -> Draft:
    _refuse_two_leads(body)
    host = {**host_of(await people.by_id(ctx, ctx.actor.id)), "unit": ctx.actor.unit}
    setting = await inviting.prepare(ctx, body, host, body.members)
    order_id = orders.id_of(ctx)

    def decide(found: Found, now: datetime) -> Placement:
        turn = _Turn(setting, body, order_id, found, now)
        for row, visitor in enumerate(body.members, start=1):
            turn.add(row, visitor)
        return turn.placement()

    return Draft(lookups=setting.lookups, decide=decide)


def _refuse_two_leads(body: GroupInput) -> None:
    marked = [row for row, member in enumerate(body.members) if member.lead]
    if len(marked) > 1:
        raise TwoLead(errors=tuple((f"/members/{row}/lead", "只能有一位") for row in marked[1:]))


class _Turn:
    """One pass over the lines: who is invited, and what becomes of each."""

    def __init__(
        self, setting: Setting, body: GroupInput, order_id: str, found: Found, now: datetime
    ) -> None:
        self._setting, self._body, self._order_id = setting, body, order_id
        self._found, self._now = found, now
        self._phones: set[str] = set()
        self._children: list[Placement] = []
        self._results: list[Document] = []
        self._lead = f"{order_id}.1"  # the first who is invited, unless another is marked

    def add(self, row: int, visitor: GroupMember) -> None:
        try:
            child = self._child(visitor)
        except Refusal as refusal:
            self._refuse(row, refusal)
            return
        self._children.append(child)
        order_id = f"{self._order_id}.{len(self._children)}"
        self._results.append({"row": row, "outcome": "invited", "order_id": order_id})
        self._lead = order_id if visitor.lead else self._lead

    def _child(self, visitor: GroupMember) -> Placement:
        if visitor.phone is not None and visitor.phone in self._phones:
            raise NamedTwice
        order_id = f"{self._order_id}.{len(self._children) + 1}"
        member = Member(order_id=order_id, visitor=visitor)
        child = inviting.placement(self._setting, member, self._found, self._now)
        self._phones |= {visitor.phone} if visitor.phone else set()
        return child

    def _refuse(self, row: int, refusal: Refusal) -> None:
        detail = refusal.detail(self._setting.ctx.language)
        if self._body.on_conflict == "all_or_nothing":
            raise NobodyInvited(row=row, detail=detail)
        result = {"row": row, "outcome": "refused", "code": refusal.code, "detail": detail}
        self._results.append(result)

    def placement(self) -> Placement:
        if not self._children:
            why = self._results[0]
            raise NobodyInvited(row=why["row"], detail=why["detail"])
        setting, occasion = self._setting, self._body
        first = self._children[0].data
        owner = setting.host["id"]
        return Placement(
            kind=GROUP,
            state="placed",
            owner=owner,
            unit=setting.host["unit"],
            data={
                "purpose": occasion.purpose,
                "starts_at": first["starts_at"],
                "ends_at": first["ends_at"],
                "repeat": first["repeat"],
                "gates": first["gates"],
                "members": len(self._children),
                "lead": self._lead,
                "results": self._results,
            },
            seen_by=parties.seen_by(owner, {"gates": []}),
            due_at=first["starts_at"],
            children=[self._led(child) for child in self._children],
        )

    def _led(self, child: Placement) -> Placement:
        return replace(child, data={**child.data, "lead": self._lead})


async def cancel(ctx: Context, order: Order, body: Parting | None) -> Effect:
    """All who have not come are called off with it; who is inside or has left stays as they are."""
    members = Lookup(ORDERS, order["_id"], "parent")
    note = body.note if body else ""

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        ahead = [each for each in found.all(members) if each["state"] in AHEAD]
        return Effect(note=note, also=[_called_off(each) for each in ahead])

    return Effect(settle=settle, lookups=[members])


def _called_off(member: Order) -> Also:
    tells = [Tell("visit-cancelled", to=guest, sms=True)] if changing.was_expected(member) else []
    effect = Effect(fields={"waits_for": []}, tells=tells)
    return Also(member["_id"], "cancel", effect, member["version"])


async def members_of(ctx: Context, group_id: str) -> list[Order]:
    """The visits of a group, in their order."""
    found = await ctx.store.find(ORDERS, {"parent": group_id}, fields={"timeline": 0})
    visits = [each for each in found if each["kind"] == parties.KIND]
    return sorted(visits, key=lambda each: int(each["_id"].rpartition(".")[2]))


async def show(ctx: Context, group_id: str) -> GroupView:
    """A group with its members. Raises NotFound."""
    order = await orders.seen(ctx, group_id)
    if order["kind"] != GROUP:
        raise NotFound
    found = [each for each in await members_of(ctx, group_id) if sees(ctx.actor, each)]
    members = [brief(ctx, each) for each in found]
    return GroupView(order=await full(ctx, order), members=members)


def shown(ctx: Context, order: Order) -> dict[str, Any]:
    return dict(order["data"])


def may_cancel(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    over = now >= order["data"]["ends_at"] and order["data"]["repeat"] is None
    return turned_away("expired") if over and actor.id != CLOCK.id else None


GROUPS: Final = declare(
    Workflow(
        kind=GROUP,
        service="visitors",
        title="访客团组",
        starts=("placed",),
        finals=("cancelled",),
        draft=draft_group,
        body=GroupInput,
        show=shown,
        transitions=(
            Transition(
                name="cancel", source=("placed",), target="cancelled", by=(*HOST, clock),
                needs=Parting, summary="Call the visit off.", when=may_cancel, rule=cancel,
            ),
        ),
    )
)  # fmt: skip
