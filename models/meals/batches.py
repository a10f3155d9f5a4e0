"""A clerk orders for colleagues of the unit in one go; each may change the meal until the cut-off.

placed    cancel    clerk    cancelled    before the cut-off, and with it every meal of the
                                          batch that its owner has left as it was
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from models import people
from models.base import orders, outbox
from models.base import workflow as wf
from models.base.context import Context
from models.base.decisions import CLAIMS, Found, Lookup
from models.base.errors import Conflict, Forbidden, Refusal
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.shapes import EmployeeNo, Id, Input, Struct
from models.base.store import Document
from models.base.transitions import transition
from models.base.views import OrderView, full
from models.base.visibility import person
from models.base.workflow import Draft, Order, Placement, Transition, Workflow, declare
from models.meals.booking import (
    DishChoice,
    Eater,
    Portions,
    about,
    booked,
    open_sitting,
    period_key,
    refuse_closed,
    refuse_full,
    selection,
)
from models.meals.lifecycle import before_cut_off
from models.meals.no_shows import refuse_suspended, strikes_of
from models.meals.refusals import (
    BatchRefused,
    ColleagueTwice,
    ColleagueUnknown,
    MemberBooked,
    NotYourUnit,
    SittingUnknown,
)
from models.meals.sittings import SITTINGS


class Member(Input):
    """One colleague of a batch."""

    employee_no: EmployeeNo
    portions: Portions = 1
    dishes: Annotated[list[DishChoice], Meta(max_length=30)] = []


class Batch(Input):
    """Meals for colleagues in one go. `skip` leaves out, and reports, who cannot be booked."""

    sitting_id: Id
    members: Annotated[list[Member], Meta(min_length=1, max_length=60)]
    deliver_to: Id | None = None
    on_conflict: Literal["skip", "all_or_nothing"] = "skip"


class Outcome(Struct, kw_only=True):
    """What became of one member: booked as `order_id`, or refused with a code and a sentence."""

    employee_no: str
    name: str | UnsetType = UNSET  # absent where nobody has the number
    outcome: str
    order_id: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET


class Booked(Struct):
    """The order that holds the batch together, and each member's outcome."""

    order: OrderView
    results: list[Outcome]


async def book(ctx: Context, body: Batch) -> Booked:
    """Order for all members who can be booked. Raises BatchRefused, and what a booking refuses."""
    order = await orders.place(ctx, "meal_batch", body)
    results = [Outcome(**result) for result in order["data"]["results"]]
    return Booked(order=await full(ctx, order), results=results)


async def draft_batch(ctx: Context, body: Batch) -> Draft:
    """Meals for colleagues of the clerk's own unit, decided one by one in one transaction."""
    if Role.CLERK not in ctx.actor.roles:
        raise Forbidden
    numbers = [member.employee_no for member in body.members]
    colleagues = await people.by_numbers(ctx, numbers)
    lookups = await _lookups(ctx, body, colleagues.values())

    def decide(found: Found, now: datetime) -> Placement:
        sitting = open_sitting(found, body.sitting_id, now)
        refuse_closed(sitting)
        turn = _Turn(ctx, body, sitting, found, now)
        for member in body.members:
            turn.add(member, colleagues.get(member.employee_no))
        return turn.placement()

    return Draft(lookups=lookups, decide=decide)


async def _lookups(ctx: Context, body: Batch, colleagues: Iterable[Document]) -> list[Lookup]:
    """What decides over each member: the sitting, strikes, and who has a meal of the period."""
    sitting = await ctx.store.get(SITTINGS, body.sitting_id)
    if sitting is None:
        raise SittingUnknown
    members = [colleague["_id"] for colleague in colleagues]
    return [
        Lookup(SITTINGS, body.sitting_id),
        *(strikes_of(member) for member in members),
        *(Lookup(CLAIMS, period_key(sitting, member)) for member in members),
    ]


class _Turn:
    """One pass over the members: who gets a meal, and what each is told."""

    def __init__(
        self, ctx: Context, body: Batch, sitting: Document, found: Found, now: datetime
    ) -> None:
        self._ctx, self._body, self._sitting = ctx, body, sitting
        self._found, self._now = found, now
        self._order_id = orders.id_of(ctx)
        self._left = sitting["left"]
        self._seen: set[str] = set()
        self._children: list[Placement] = []
        self._results: list[Document] = []

    def add(self, member: Member, colleague: Document | None) -> None:
        """Decide one member and note the outcome."""
        result: Document = {"employee_no": member.employee_no}
        if colleague is not None:
            result["name"] = colleague["name"]
        try:
            child = self._book(member, colleague)
        except Refusal as refusal:
            detail = refusal.detail(self._ctx.language)
            result |= {"outcome": "refused", "code": refusal.code, "detail": detail}
        else:
            self._children.append(child)
            order_id = f"{self._order_id}.{len(self._children)}"
            result |= {"outcome": "booked", "order_id": order_id}
        self._results.append(result)

    def _book(self, member: Member, colleague: Document | None) -> Placement:
        if colleague is None:
            raise ColleagueUnknown(employee_no=member.employee_no)
        if colleague["unit"] != self._ctx.actor.unit:
            raise NotYourUnit(employee_no=member.employee_no)
        if colleague["_id"] in self._seen:
            raise ColleagueTwice(employee_no=member.employee_no)
        self._seen.add(colleague["_id"])
        refuse_suspended(self._sitting, self._found, colleague["_id"], self._now)
        data, price = selection(self._sitting, member, self._body.deliver_to)
        self._refuse_second(member, period_key(self._sitting, colleague["_id"]))
        refuse_full(self._sitting | {"left": self._left}, member.portions)
        self._left -= member.portions
        order_id = f"{self._order_id}.{len(self._children) + 1}"
        eater = Eater(colleague["_id"], colleague["unit"], order_id)
        return booked(self._ctx, self._sitting, eater, data, price)

    def _refuse_second(self, member: Member, key: str) -> None:
        if key in self._found.claimed or self._found.one(CLAIMS, key):
            raise MemberBooked(employee_no=member.employee_no)

    def placement(self) -> Placement:
        """The parent order with its children. Raises BatchRefused where too few got one."""
        refused = len(self._results) - len(self._children)
        if not self._children or (refused and self._body.on_conflict == "all_or_nothing"):
            raise BatchRefused(refused=refused, results=self._results)
        return Placement(
            state="placed",
            owner=self._ctx.actor.id,
            unit=self._ctx.actor.unit,
            data=about(self._sitting) | {"results": self._results},
            price=sum(child.price or 0 for child in self._children),
            seen_by=[person(self._ctx.actor.id)],
            children=self._children,
        )


def _show(ctx: Context, order: Order) -> dict[str, Any]:
    return {
        name: value for name, value in order["data"].items() if name not in ("early", "no_show")
    }


@outbox.reacts("meal_batch", "cancel")
async def cancel_members(ctx: Context, batch: Order, entry: Document) -> None:
    """Cancel the meals of a cancelled batch. One that its owner has changed is theirs by now."""
    for meal in await ctx.store.find(ORDERS, {"parent": batch["_id"]}):
        if meal["state"] == "booked" and meal["version"] == 1:
            try:
                await transition(replace(ctx, if_match=1), meal["_id"], "cancel")
            except Conflict:
                continue  # its owner was faster


BATCHES = declare(
    Workflow(
        kind="meal_batch",
        service="meals",
        title="代订餐",
        starts=("placed",),
        finals=("placed", "cancelled"),
        draft=draft_batch,
        body=Batch,
        show=_show,
        transitions=(
            Transition(
                name="cancel", source=("placed",), target="cancelled", by=(wf.owner,),
                summary="Cancel a batch and its meals before the cut-off.", when=before_cut_off,
            ),
        ),
    )
)  # fmt: skip
