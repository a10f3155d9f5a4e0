"""What may become of a meal: the rules behind each transition of the table in `__init__`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType, structs

from models import people
from models.base import workflow as wf
from models.base.audit import AUDIT, entry
from models.base.context import CLOCK, Actor, Context
from models.base.decisions import Found, Hold, Lookup
from models.base.roles import Role
from models.base.shapes import EmployeeNo, Id, Input, Text
from models.base.store import Document
from models.base.transitions import leaving
from models.base.views import RatingInput
from models.base.visibility import desk, office, person
from models.base.waiting import offer, place_in_queue
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
    refuse_closed,
    refuse_full,
    selection,
    serving_timers,
    word_clash,
)
from models.meals.no_shows import STRIKES, refuse_suspended, strike, strikes_of
from models.meals.refusals import (
    ADelivery,
    AppealTooLate,
    ColleagueUnknown,
    CutOffAhead,
    MealOver,
    NotADelivery,
    NotTheTime,
    NotYetCooked,
    OfferGone,
    OrderingClosed,
    UndoTooLate,
)
from models.meals.sittings import SITTINGS, Reason, found_by, is_served

UNDO: Final = timedelta(minutes=2)
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
    """Refuse what comes too late; the clock only carries out what somebody did in time."""
    closes_at = order["data"]["closes_at"]
    if now < closes_at or actor.id == CLOCK.id:
        return None
    return OrderingClosed(closed_at=clock_time(closes_at))


def while_places_count(order: Order, actor: Actor, now: datetime) -> OfferGone | None:
    return OfferGone() if now >= order["data"]["closes_at"] else None


def after_cut_off(order: Order, actor: Actor, now: datetime) -> CutOffAhead | MealOver | None:
    closes_at, ends_at = order["data"]["closes_at"], order["data"]["ends_at"]
    if now < closes_at:
        return CutOffAhead(closes_at=clock_time(closes_at))
    return MealOver() if now >= ends_at else None


def while_served(order: Order, actor: Actor, now: datetime) -> NotTheTime | None:
    data = order["data"]
    if is_served(data, now):
        return None
    return NotTheTime(starts_at=clock_time(data["starts_at"]), ends_at=clock_time(data["ends_at"]))


def if_delivered(order: Order, actor: Actor, now: datetime) -> NotADelivery | NotYetCooked | None:
    if not order["data"].get("deliver_to"):
        return NotADelivery()
    closes_at = order["data"]["closes_at"]
    return NotYetCooked(closes_at=clock_time(closes_at)) if now < closes_at else None


def unless_delivered(order: Order, actor: Actor, now: datetime) -> ADelivery | None:
    return ADelivery() if order["data"].get("deliver_to") else None


def within_two_minutes(order: Order, actor: Actor, now: datetime) -> UndoTooLate | None:
    return UndoTooLate() if now > order["data"]["redeemed_at"] + UNDO else None


def while_offered(order: Order, actor: Actor, now: datetime) -> OfferGone | None:
    return OfferGone() if now >= order["data"]["offer_until"] else None


def in_time_to_appeal(order: Order, actor: Actor, now: datetime) -> AppealTooLate | None:
    days = order["data"]["no_show"]["appeal"]
    late = now > order["data"]["ends_at"] + timedelta(days=days)
    return AppealTooLate(days=days) if late else None


async def change(ctx: Context, order: Order, body: Change) -> Effect:
    """Another choice or another sitting, judged on the sitting as it is in the transaction."""
    wanted = _wanted(order["data"], body)
    lookups = [Lookup(SITTINGS, wanted.sitting_id), strikes_of(order["owner"])]

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        sitting = open_sitting(found, wanted.sitting_id, now)
        chosen, price = _chosen_anew(found, order, wanted, sitting, now)
        fields = order["data"] | about(sitting) | chosen
        fields_of_order = {"price": price, "due_at": sitting["starts_at"]}
        return Effect(
            data=about(sitting) | chosen,
            fields=fields_of_order | {"seen_by": _moved(order, sitting)},
            holds=[Hold(SITTINGS, wanted.sitting_id, chosen["portions"])],
            claims=[period_key(fields, order["owner"]), code_key(ctx, order["_id"], fields)],
            timers=serving_timers(fields),
        )

    return Effect(settle=settle, lookups=lookups)


def _chosen_anew(
    found: Found, order: Order, wanted: Booking, sitting: Document, now: datetime
) -> tuple[Document, int]:
    """The new selection and its price. What the order has already, it may keep."""
    data = order["data"]
    same = data["sitting_id"] == sitting["_id"]
    if data["canteen"]["id"] != sitting["canteen"]["id"]:
        refuse_suspended(sitting, found, order["owner"], now)
    has = {dish["id"]: dish["count"] for dish in data["dishes"]} if same else {}
    chosen = selection(sitting, wanted, wanted.deliver_to, has)
    more = wanted.portions - (data["portions"] if same else 0)
    if more > 0:
        refuse_closed(sitting)
        refuse_full(sitting, more)
    return chosen


def _moved(order: Order, sitting: Document) -> list[str]:
    """Who sees the order in its new sitting: the canteen there, no longer the one before."""
    before = desk(order["data"]["canteen"]["id"])
    others = [token for token in order["seen_by"] if token != before]
    return [*others, desk(sitting["canteen"]["id"])]


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
    """The portion is a colleague's now, with a code that only the new owner may show."""
    colleagues = await people.by_numbers(ctx, [body.employee_no])
    colleague = colleagues.get(body.employee_no)
    if colleague is None or colleague["_id"] == ctx.actor.id:
        raise ColleagueUnknown(employee_no=body.employee_no)
    data = order["data"]
    changed = {"code_version": data["code_version"] + 1, "kid": ctx.house.keys.current.kid}
    ordered_by = {"owner": order["owner"], "unit": order["unit"]}
    changed["ordered_by"] = data.get("ordered_by", ordered_by)
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
    """Back to the order as it was; a walk-in had none, and its place is free again."""
    if order["data"].get("walk_in"):
        return Effect(target="cancelled", holds=(), claims=())
    return Effect(data={"redeemed_at": None}, timers=serving_timers(order["data"]))


async def miss(ctx: Context, order: Order, body: Any) -> Effect:
    """It is theirs who ordered it: nobody can refuse a portion that is handed over to them."""
    theirs = order["data"].get("ordered_by", {})
    seen_by = [*order["seen_by"], OFFICE]
    return Effect(
        inserts=[(STRIKES, strike(order | theirs))], fields={**theirs, "seen_by": seen_by}
    )


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
    record = entry(
        ctx, "meals.uphold", order["_id"], {"state": order["state"]}, {"note": body.note}
    )
    return Effect(inserts=[(AUDIT, record)], fields={"waits_for": []}, note=body.note)


async def accept(ctx: Context, order: Order, body: Any) -> Effect:
    data = order["data"]
    fields = {"due_at": data["starts_at"], "waits_for": []}
    return Effect(fields=fields, timers=serving_timers(data))


async def give_up(ctx: Context, order: Order, body: Any) -> Effect:
    """Back with what is held or was offered, and out of the waiting list."""
    return Effect(leaves=leaving(order), holds=(), claims=(), fields={"waits_for": []})


async def cancel(ctx: Context, order: Order, body: Any) -> Effect:
    given_up = await give_up(ctx, order, body)
    return given_up if order["state"] == "booked" else replace(given_up, target="left")


async def call_off(ctx: Context, order: Order, body: Reason) -> Effect:
    return replace(await give_up(ctx, order, body), note=body.reason)


def show(ctx: Context, order: Order) -> dict[str, Any]:
    """The data as the actor may see it: the code for whom the meal is, until it is over."""
    hidden = ("kid", "code_version", "early", "no_show", "ordered_by")
    data = {name: value for name, value in order["data"].items() if name not in hidden}
    data["payment"] = "counter"  # settled there until paying in the app comes
    if order["state"] != "offered":
        data.pop("offer_until", None)
    if order["owner"] == ctx.actor.id and order["state"] == "booked":
        data["code"] = code(ctx, order["_id"], order["data"])
    return data


async def queue_position(ctx: Context, order: Order) -> dict[str, Any]:
    """Where a waiting order stands now: 1 is the next to get an offer."""
    return {"place_in_queue": await place_in_queue(ctx, order)} if "waits" in order else {}


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
        detail=queue_position,
        clash=word_clash,
        found_by=found_by,
        transitions=(
            Transition(
                name="change", source=BOOKED, target="booked", by=(wf.owner,), needs=Change,
                summary="Change dishes, portions or sitting before the cut-off.",
                when=before_cut_off, rule=change,
            ),
            Transition(
                name="cancel", source=BOOKED + WAITING + OFFERED, target="cancelled",
                by=(wf.owner, wf.placer, wf.clock), summary="Cancel before the cut-off.",
                when=before_cut_off, rule=cancel, tells=(Tell("meal-cancelled", to=others),),
            ),
            Transition(
                name="hand_over", source=BOOKED, target="booked", by=(wf.owner,), needs=HandOver,
                summary="Hand the portion over after the cut-off.", when=after_cut_off,
                rule=hand_over,
            ),
            Transition(
                name="redeem", source=BOOKED, target="eaten", by=(canteen,),
                summary="Redeem at the counter.", when=while_served, rule=redeem,
                repeat="refuse", approves=True,
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
                summary="Nobody came.", when=unless_delivered, rule=miss,
                tells=(Tell("meal-missed"),),
            ),
            Transition(
                name="appeal", source=("missed",), target="appealed", by=(wf.owner,), needs=Reason,
                summary="Appeal against a no-show.", when=in_time_to_appeal,
                rule=appeal,
            ),
            Transition(
                name="pardon", source=("missed", "appealed"), target="pardoned", by=(manager,),
                needs=Decision, summary="Pardon a no-show.", approves=True, rule=pardon,
                tells=(Tell("meal-pardoned"),),
            ),
            Transition(
                name="uphold", source=("appealed",), target="upheld", by=(manager,),
                needs=Decision, summary="Let a no-show stand.", approves=True, rule=uphold,
                tells=(Tell("meal-upheld"),),
            ),
            Transition(
                name="offer", source=WAITING, target="offered", by=(wf.clock,),
                summary="Offer a place that has come free.", when=while_places_count, rule=offer,
                tells=(Tell("meal-offered", sms=True),),
            ),
            Transition(
                name="accept", source=OFFERED, target="booked", by=(wf.owner,),
                summary="Take the offered place.", when=while_offered, rule=accept,
            ),
            Transition(
                name="lapse", source=WAITING + OFFERED, target="lapsed", by=(wf.clock,),
                summary="The offer or the cut-off has passed.", rule=give_up,
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
