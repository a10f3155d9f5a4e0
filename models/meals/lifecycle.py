"""What may become of a meal: the rules behind each transition of the table in `__init__`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType, structs

from models import people
from models.base import workflow as wf
from models.base.audit import AUDIT, entry
from models.base.context import Actor, Context
from models.base.groups import Found, Hold, Lookup
from models.base.roles import Role
from models.base.shapes import EmployeeNo, Id, Input, Text
from models.base.transitions import leaving
from models.base.views import RatingInput
from models.base.visibility import desk, office, person
from models.base.waiting import offer
from models.base.workflow import Effect, Order, Tell, Transition, Workflow, declare
from models.meals.booking import (
    Booking,
    DishChoice,
    Portions,
    about,
    clock_time,
    code,
    code_key,
    draft_meal,
    open_sitting,
    period_key,
    selection,
    serving_timers,
    word_clash,
)
from models.meals.no_shows import STRIKES, strike
from models.meals.refusals import (
    AppealTooLate,
    ColleagueUnknown,
    MealOver,
    NotADelivery,
    NotTheTime,
    OfferGone,
    OrderingClosed,
    UndoTooLate,
)
from models.meals.sittings import GRACE, SITTINGS, Reason

UNDO: Final = timedelta(minutes=2)
EARLY: Final = timedelta(minutes=15)  # how long before a sitting its codes are taken
APPEAL_DAYS: Final = 7
OFFICE: Final = office("meals")


class Change(Input):
    """What to change of a booked meal; what is left out stays."""

    sitting_id: Id | UnsetType = UNSET
    portions: Portions | UnsetType = UNSET
    dishes: Annotated[list[DishChoice], Meta(max_length=30)] | UnsetType = UNSET
    deliver_to: Id | UnsetType | None = UNSET


class HandOver(Input):
    """The colleague who gets the portion."""

    employee_no: EmployeeNo


class Decision(Input):
    """Why a manager decided so; the owner reads it."""

    note: Text = ""


def before_cut_off(order: Order, actor: Actor, now: datetime) -> OrderingClosed | None:
    closes_at = order["data"]["closes_at"]
    return OrderingClosed(closed_at=clock_time(closes_at)) if now >= closes_at else None


def until_the_end(order: Order, actor: Actor, now: datetime) -> MealOver | None:
    return MealOver() if now >= order["data"]["ends_at"] else None


def while_served(order: Order, actor: Actor, now: datetime) -> NotTheTime | None:
    starts_at, ends_at = order["data"]["starts_at"], order["data"]["ends_at"]
    if starts_at - EARLY <= now < ends_at + GRACE:
        return None
    return NotTheTime(starts_at=clock_time(starts_at), ends_at=clock_time(ends_at))


def if_delivered(order: Order, actor: Actor, now: datetime) -> NotADelivery | None:
    return None if order["data"].get("deliver_to") else NotADelivery()


def within_two_minutes(order: Order, actor: Actor, now: datetime) -> UndoTooLate | None:
    return UndoTooLate() if now > order["data"]["redeemed_at"] + UNDO else None


def while_offered(order: Order, actor: Actor, now: datetime) -> OfferGone | None:
    return OfferGone() if now >= order["data"]["offer_until"] else None


def within_a_week(order: Order, actor: Actor, now: datetime) -> AppealTooLate | None:
    late = now > order["data"]["ends_at"] + timedelta(days=APPEAL_DAYS)
    return AppealTooLate(days=APPEAL_DAYS) if late else None


async def change(ctx: Context, order: Order, body: Change) -> Effect:
    """Another choice or another sitting, judged on the sitting as it is in the transaction."""
    data = order["data"]
    wanted = _wanted(data, body)
    sitting_id = wanted.sitting_id

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        sitting = open_sitting(found, sitting_id, now)
        chosen, price = selection(sitting, wanted, wanted.deliver_to)
        fields = data | about(sitting) | chosen
        return Effect(
            data=about(sitting) | chosen,
            fields={"price": price, "due_at": sitting["starts_at"]},
            holds=[Hold(SITTINGS, sitting_id, chosen["portions"])],
            claims=[period_key(fields, order["owner"]), code_key(ctx, order["_id"], fields)],
            timers=serving_timers(fields),
        )

    return Effect(settle=settle, lookups=[Lookup(SITTINGS, sitting_id)])


def _wanted(data: dict[str, Any], body: Change) -> Booking:
    """The booking that the order becomes: what it is, with what the body says."""
    place = data["deliver_to"]["id"] if data.get("deliver_to") else None
    dishes = [DishChoice(dish_id=dish["id"], count=dish["count"]) for dish in data["dishes"]]
    present = Booking(
        sitting_id=data["sitting_id"], portions=data["portions"], dishes=dishes, deliver_to=place
    )
    said = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    return structs.replace(present, **said)


async def hand_over(ctx: Context, order: Order, body: HandOver) -> Effect:
    """The portion is a colleague's now: a new owner, and a code that only the new owner may show.
    """
    colleagues = await people.by_numbers(ctx, [body.employee_no])
    colleague = colleagues.get(body.employee_no)
    if colleague is None or colleague["_id"] == ctx.actor.id:
        raise ColleagueUnknown(employee_no=body.employee_no)
    data = order["data"]
    changed = {"code_version": data["code_version"] + 1, "kid": ctx.house.keys.current.kid}
    receiver = colleague["_id"]
    return Effect(
        data=changed,
        fields={
            "owner": receiver,
            "unit": colleague["unit"],
            "seen_by": list(dict.fromkeys([*order["seen_by"], person(receiver)])),
        },
        claims=[period_key(data, receiver), code_key(ctx, order["_id"], data | changed)],
        note=colleague["name"],
        tells=[Tell("meal-handed-over")],
    )


async def redeem(ctx: Context, order: Order, body: Any) -> Effect:
    return Effect(data={"redeemed_at": ctx.now})


async def undo(ctx: Context, order: Order, body: Any) -> Effect:
    return Effect(data={"redeemed_at": None}, timers=serving_timers(order["data"]))


async def miss(ctx: Context, order: Order, body: Any) -> Effect:
    seen_by = [*order["seen_by"], OFFICE]
    return Effect(inserts=[(STRIKES, strike(order))], fields={"seen_by": seen_by})


async def rate(ctx: Context, order: Order, body: RatingInput) -> Effect:
    rating: dict[str, Any] = {"stars": body.stars}
    if body.comment:
        rating["comment"] = body.comment
    return Effect(fields={"rating": rating})


async def appeal(ctx: Context, order: Order, body: Reason) -> Effect:
    return Effect(fields={"waits_for": [OFFICE]}, note=body.reason)


async def pardon(ctx: Context, order: Order, body: Decision) -> Effect:
    record = entry(
        ctx, "meals.pardon", order["_id"], {"state": order["state"]}, {"note": body.note}
    )
    return Effect(
        deletes=[(STRIKES, order["_id"])],
        inserts=[(AUDIT, record)],
        fields={"waits_for": []},
        note=body.note,
    )


async def uphold(ctx: Context, order: Order, body: Decision) -> Effect:
    return Effect(fields={"waits_for": []}, note=body.note)


async def accept(ctx: Context, order: Order, body: Any) -> Effect:
    data = order["data"]
    fields = {"due_at": data["starts_at"], "waits_for": []}
    return Effect(fields=fields, timers=serving_timers(data))


async def leave(ctx: Context, order: Order, body: Any) -> Effect:
    """Out of the waiting list, or back with what was offered."""
    return Effect(leaves=leaving(order), holds=(), claims=(), fields={"waits_for": []})


async def call_off(ctx: Context, order: Order, body: Reason) -> Effect:
    return replace(await leave(ctx, order, body), note=body.reason)


def show(ctx: Context, order: Order) -> dict[str, Any]:
    """The data as the actor may see it: the code for whom the meal is, until it is over."""
    hidden = ("kid", "code_version", "no_show")
    data = {name: value for name, value in order["data"].items() if name not in hidden}
    data["payment"] = "counter"  # settled there until paying in the app comes
    if order["owner"] == ctx.actor.id and order["state"] == "booked":
        data["code"] = code(ctx, order["_id"], order["data"])
    return data


def others(order: Order) -> list[str]:
    """Whoever did not do it: the owner when the clerk cancelled."""
    return [order["owner"]] if order["timeline"][-1]["by"] != order["owner"] else []


canteen = wf.at(Role.CANTEEN, lambda order: desk(order["data"]["canteen"]["id"]))
manager = wf.at(Role.MANAGER, lambda order: OFFICE)

BOOKED, WAITING, OFFERED = ("booked",), ("waiting",), ("offered",)

MEALS = declare(
    Workflow(
        kind="meal",
        service="meals",
        title="订餐",
        starts=("booked", "waiting", "eaten"),
        finals=("rated", "pardoned", "upheld", "cancelled", "called_off", "left", "lapsed"),
        draft=draft_meal,
        body=Booking,
        show=show,
        clash=word_clash,
        transitions=(
            Transition(
                name="change", source=BOOKED, target="booked", by=(wf.owner,), needs=Change,
                summary="Change dishes, portions or sitting before the cut-off.",
                when=before_cut_off, rule=change,
            ),
            Transition(
                name="cancel", source=BOOKED, target="cancelled", by=(wf.owner, wf.placer),
                summary="Cancel before the cut-off.", when=before_cut_off, frees=True,
                tells=(Tell("meal-cancelled", to=others),),
            ),
            Transition(
                name="hand_over", source=BOOKED, target="booked", by=(wf.owner,), needs=HandOver,
                summary="Hand the portion over to a colleague.", when=until_the_end, rule=hand_over,
            ),
            Transition(
                name="redeem", source=BOOKED, target="eaten", by=(canteen,),
                summary="Redeem at the counter.", when=while_served, rule=redeem, repeat="refuse",
            ),
            Transition(
                name="deliver", source=BOOKED, target="eaten", by=(canteen, wf.clock),
                summary="Say that a delivery has arrived.", when=if_delivered, rule=redeem,
            ),
            Transition(
                name="undo", source=("eaten",), target="booked", by=(canteen,),
                summary="Undo a mistaken redemption within two minutes.",
                when=within_two_minutes, rule=undo,
            ),
            Transition(
                name="rate", source=("eaten",), target="rated", by=(wf.owner,), needs=RatingInput,
                summary="Rate the meal.", rule=rate,
            ),
            Transition(
                name="miss", source=BOOKED, target="missed", by=(wf.clock,),
                summary="Nobody came.", rule=miss, tells=(Tell("meal-missed"),),
            ),
            Transition(
                name="appeal", source=("missed",), target="appealed", by=(wf.owner,), needs=Reason,
                summary="Appeal against a no-show.", when=within_a_week, rule=appeal,
            ),
            Transition(
                name="pardon", source=("missed", "appealed"), target="pardoned", by=(manager,),
                needs=Decision, summary="Pardon a no-show.", rule=pardon,
                tells=(Tell("meal-pardoned"),),
            ),
            Transition(
                name="uphold", source=("appealed",), target="upheld", by=(manager,),
                needs=Decision, summary="Let a no-show stand.", rule=uphold,
                tells=(Tell("meal-upheld"),),
            ),
            Transition(
                name="offer", source=WAITING, target="offered", by=(wf.clock,),
                summary="Offer a place that has come free.", rule=offer,
                tells=(Tell("meal-offered", sms=True),),
            ),
            Transition(
                name="accept", source=OFFERED, target="booked", by=(wf.owner,),
                summary="Take the offered place.", when=while_offered, rule=accept,
            ),
            Transition(
                name="leave", source=WAITING + OFFERED, target="left", by=(wf.owner,),
                summary="Leave the waiting list.", rule=leave,
            ),
            Transition(
                name="lapse", source=WAITING + OFFERED, target="lapsed", by=(wf.clock,),
                summary="The offer or the cut-off has passed.", rule=leave,
                tells=(Tell("meal-lapsed"),),
            ),
            Transition(
                name="call_off", source=BOOKED + WAITING + OFFERED, target="called_off",
                by=(canteen, wf.clock), needs=Reason,
                summary="Call off an order of a cancelled sitting.", rule=call_off,
                tells=(Tell("meal-called-off", sms=True),),
            ),
        ),
    )
)  # fmt: skip
