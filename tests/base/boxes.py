"""A second toy service: boxes that are anybody's for so many minutes of a day, by a waiting list.

booked --cancel(owner)--> cancelled    booked --change(owner)--> booked
booked --swap(owner)--> booked, and with it another's: booked --swapped()--> booked
booked --add(owner)--> booked, with children    booked --displace()--> displaced
waiting --offer(clock)--> offered --accept(owner)--> booked / --lapse(clock)--> lapsed
waiting, offered --leave(owner)--> left
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from models.base import orders, outbox
from models.base import workflow as wf
from models.base.context import Context, House
from models.base.decisions import Found, Hold, Lookup, Rank, ReadAgain
from models.base.errors import Refusal
from models.base.messages import Template
from models.base.messages import declare as template
from models.base.orders import ORDERS
from models.base.shapes import Input
from models.base.spans import overlaps
from models.base.store import Document, Store
from models.base.transitions import leaving
from models.base.visibility import person
from models.base.waiting import has_waiting_list, join, offer
from models.base.workflow import (
    Also,
    Draft,
    Effect,
    Order,
    Placement,
    Tell,
    Timer,
    Transition,
    Workflow,
)
from tests.base.toys import BOXES
from tests.machinery import a_context

has_waiting_list(BOXES)
template(Template("toy-swapped", "换了", "您的盒子换了"))
SWAPPED: list[str] = []  # orders whose reaction has run


class Boxing(Input):
    """An interval of a box; it drives out others, has children with children of their own."""

    box: str = "box_1"
    at: tuple[int, int] = (540, 600)
    displaces: list[tuple[str, int]] = []  # orders, and the version each must be at
    children: list[int] = []  # how many children each child has
    wait: bool = False
    passes: bool = False  # those who wait
    clears: bool = False  # drives out whoever stands in the way


class Other(Input):
    """Another's order, and the version it must be at."""

    order: str
    version: int | None = None


async def draft(ctx: Context, body: Boxing) -> Draft:
    def decide(found: Found, now: datetime) -> Placement:
        thing = found.one(BOXES, body.box)
        assert thing is not None
        if body.wait and any(overlaps(t, *body.at) for t in (*thing["taken"], *thing["queue"])):
            return _waiting(ctx, body, join(BOXES, thing, *body.at), now)
        driven_out = [Also(order, "displace", version=v) for order, v in body.displaces]
        if body.clears:
            driven_out = _clear(found, thing, body)
        return Placement(
            state="booked",
            owner=ctx.actor.id,
            data={"box": body.box},
            seen_by=[person(ctx.actor.id), "all"],
            due_at=now + timedelta(hours=2),
            holds=[Hold(BOXES, body.box, 1, *body.at)],
            also=driven_out,
            children=[_child(ctx, number) for number in body.children],
            promotes=body.passes,
        )

    lookups = [Lookup(ORDERS, order) for order, _ in body.displaces]
    if body.clears:
        lookups = await _in(ctx, body.box)
    return Draft(lookups=[Lookup(BOXES, body.box), *lookups], decide=decide)


async def _in(ctx: Context, box: str) -> list[Lookup]:
    """The orders that are in a box as far as one can see from outside."""
    seen = await ctx.store.get(BOXES, box)
    assert seen is not None
    return [Lookup(ORDERS, entry["order"]) for entry in seen["taken"]]


def _clear(found: Found, thing: Document, body: Boxing) -> list[Also]:
    """Everybody who stands in the way, by what the transaction sees."""
    there = [entry["order"] for entry in thing["taken"] if overlaps(entry, *body.at)]
    if any(found.one(ORDERS, order) is None for order in there):
        raise ReadAgain
    return [Also(order, "displace") for order in there]


def _waiting(ctx: Context, body: Boxing, place: Rank, now: datetime) -> Placement:
    return Placement(
        state="waiting",
        owner=ctx.actor.id,
        data={"box": body.box},
        seen_by=[person(ctx.actor.id), "all"],
        due_at=now + timedelta(hours=2),
        joins=place,
    )


async def _leave(ctx: Context, order: Order, body: Any) -> Effect:
    return Effect(leaves=leaving(order), holds=())


def _child(ctx: Context, children: int) -> Placement:
    below = [_child(ctx, 0) for _ in range(children)]
    who = ctx.actor.id
    return Placement(state="booked", owner=who, data={}, seen_by=[person(who)], children=below)


async def _swap(ctx: Context, order: Order, body: Other) -> Effect:
    """Both keep their time and exchange their boxes, on what the transaction sees of both."""

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        other = found.one(ORDERS, body.order)
        assert other is not None
        theirs = Also(other["_id"], "swapped", _into(other, order["data"]["box"]), body.version)
        mine = _into(order, other["data"]["box"])
        return Effect(data=mine.data, holds=mine.holds, also=[theirs])

    both = [Lookup(BOXES, box) for box in ("box_1", "box_2", "box_3")]
    return Effect(settle=settle, lookups=[Lookup(ORDERS, body.order), *both])


def _into(order: Order, box: str) -> Effect:
    if not order["holds"]:  # cancelled meanwhile: refused by its state
        return Effect()
    hold = order["holds"][0]
    return Effect(
        data={"box": box},
        holds=[Hold(BOXES, box, 1, hold["from"], hold["to"])],
        timers=[Timer(order["due_at"], "lapse")],
        note="exchanged",
    )


async def _change(ctx: Context, order: Order, body: Boxing) -> Effect:
    return Effect(holds=[Hold(BOXES, body.box, 1, *body.at)], data={"box": body.box})


async def _drive_out(ctx: Context, order: Order, body: Boxing) -> Effect:
    """Others: those named, or whoever is in the box when the transaction looks."""

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        thing = found.one(BOXES, body.box)
        assert thing is not None
        return Effect(also=_clear(found, thing, body))

    if body.clears:
        lookups = [Lookup(BOXES, body.box), *await _in(ctx, body.box)]
        return Effect(settle=settle, lookups=lookups)
    return Effect(also=[Also(order, "displace", version=v) for order, v in body.displaces])


async def _add(ctx: Context, order: Order, body: Boxing) -> Effect:
    return Effect(children=[_child(ctx, number) for number in body.children])


def _step(name: str, source: tuple[str, ...], target: str, *by: wf.By, **more: Any) -> Transition:
    return Transition(name=name, source=source, target=target, by=by, summary=name, **more)


BOOKED = ("booked",)
BOXINGS = wf.declare(
    Workflow(
        kind="toy_box",
        service="toy_boxes",
        title="盒子",
        starts=("booked", "waiting"),
        finals=("cancelled", "displaced", "lapsed", "left"),
        draft=draft,
        body=Boxing,
        show=lambda ctx, order: order["data"],
        transitions=(
            _step("cancel", BOOKED, "cancelled", wf.owner, frees=True),
            _step("change", BOOKED, "booked", wf.owner, needs=Boxing, rule=_change),
            _step("swap", BOOKED, "booked", wf.owner, needs=Other, rule=_swap),
            _step("swapped", BOOKED, "booked", tells=(Tell("toy-swapped"),)),
            _step("clear", BOOKED, "booked", wf.owner, needs=Boxing, rule=_drive_out),
            _step("add", BOOKED, "booked", wf.owner, needs=Boxing, rule=_add),
            _step("displace", BOOKED, "displaced", frees=True, tells=(Tell("toy-swapped"),)),
            _step("offer", ("waiting",), "offered", wf.clock, rule=offer),
            _step("accept", ("offered",), "booked", wf.owner),
            _step("leave", ("waiting", "offered"), "left", wf.owner, rule=_leave),
            _step("lapse", ("booked", "offered"), "lapsed", wf.clock, frees=True),
        ),
    )
)


@outbox.reacts("toy_box", "swapped")
async def note_swapped(ctx: Context, order: Order, entry: Document) -> None:
    SWAPPED.append(order["_id"])


async def boxes(store: Store, number: int = 1) -> None:
    """So many empty boxes."""
    for n in range(1, number + 1):
        box = {"_id": f"box_{n}", "enabled": True, "taken": [], "queue": [], "ranks": 0}
        await store.insert(BOXES, box)


async def box(house: House, who: int, body: Boxing, key: str = "k") -> Any:
    """The order, or the refusal, of person number `who`."""
    ctx = a_context(house, f"per_{who}", f"{key}-{who}".ljust(16, "0"))
    try:
        return await orders.place(ctx, "toy_box", body)
    except Refusal as refusal:
        return refusal


async def taken(store: Store) -> dict[str, list[tuple[str, int, int]]]:
    """What stands in each box that is not empty; assert that it is what booked orders hold."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    for each in await store.find(BOXES, {}):
        if spans := sorted((e["order"], e["from"], e["to"]) for e in each["taken"]):
            found[each["_id"]] = spans
    held: dict[str, list[tuple[str, int, int]]] = {}
    for order in await store.find(ORDERS, {}, sort=[("_id", 1)]):
        for hold in order["holds"]:
            held.setdefault(hold["thing"], []).append((order["_id"], hold["from"], hold["to"]))
    assert found == held
    return found
