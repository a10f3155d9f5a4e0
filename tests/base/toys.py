"""A toy service for the machinery's tests: tickets for a show with a number of seats, and one-seat
boxes.

booked --cancel(owner)--> cancelled      booked --use(usher)--> used --rate(owner)--> rated
booked --move, resize, pin(owner)--> booked    booked --remind(clock)--> booked
booked --expire(clock)--> expired
waiting --offer(clock)--> offered --accept(owner)--> booked / --lapse(clock)--> lapsed
waiting, offered --leave(owner)--> left
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from models.base import orders, outbox
from models.base import workflow as wf
from models.base.context import Actor, Context, House
from models.base.decisions import Found, Hold, Lookup
from models.base.errors import Conflict, Refusal
from models.base.marks import mark
from models.base.messages import Template
from models.base.messages import declare as template
from models.base.roles import Role
from models.base.shapes import Input
from models.base.store import Document, Store
from models.base.transitions import leaving
from models.base.visibility import desk, person
from models.base.waiting import has_waiting_list, join, offer
from models.base.workflow import Draft, Effect, Order, Placement, Tell, Timer, Transition, Workflow
from tests.machinery import a_context

SHOWS, BOXES = "toy_shows", "toy_boxes"
has_waiting_list(SHOWS)
template(
    Template(
        "toy-cancelled", "取消", "{show} 的票已取消", lambda order: {"show": order["data"]["show"]}
    )
)
template(Template("toy-urgent", "快", "{show}", wechat={"thing1": "show"}, urgent=True))
template(Template("toy-soon", "快开始了", "演出即将开始"))
template(
    Template("toy-offered", "有票了", "请确认", wechat={"thing1": "show"}, sms={"show": "show"})
)


class Full(Conflict):
    code = "show-full"
    zh = "座位已满，当前 {queue} 人排队。"
    en = "Full; {queue} are waiting."


class Gone(Conflict):
    code = "too-late"
    zh = "演出已开始。"
    en = "The show has begun."


class ToyBody(Input):
    show: str = "show_1"
    seats: int = 1
    wait: bool = False
    once: str = ""
    box: tuple[int, int] | None = None
    members: int = 0


class OfferOver(Conflict):
    code = "offer-over"
    zh = "保留时间已过。"
    en = "The offer has run out."


class Move(Input):
    show: str


class Resize(Input):
    seats: int


class Pin(Input):
    key: str


async def draft(ctx: Context, body: ToyBody) -> Draft:
    def decide(found: Found, now: datetime) -> Placement:
        show = found.one(SHOWS, body.show)
        assert show is not None
        if body.members:
            children = [_ticket(ctx, body, show) for _ in range(body.members)]
            return Placement(state="booked", owner=ctx.actor.id, data={"show": body.show},
            children=children,
                             seen_by=[person(ctx.actor.id)])  # fmt: skip
        if show["left"] < body.seats or show["queue"]:
            if not body.wait:
                raise Full(queue=len(show["queue"]), left=show["left"])
            return _waiting(ctx, body, show, now)
        return _ticket(ctx, body, show)

    lookups = [Lookup(SHOWS, body.show)]
    if body.box:
        lookups.append(Lookup(BOXES, "box_1"))
    return Draft(lookups=lookups, decide=decide)


def _ticket(ctx: Context, body: ToyBody, show: Document) -> Placement:
    holds = [Hold(SHOWS, body.show, body.seats)] if body.seats else []
    if body.box:
        holds.append(Hold(BOXES, "box_1", 1, *body.box))
    return Placement(
        state="booked",
        owner=ctx.actor.id,
        data={"show": body.show},
        seen_by=[person(ctx.actor.id), desk("hall")],
        due_at=show.get("starts_at"),
        timers=[
            Timer(show[at], name)
            for at, name in (("starts_at", "expire"), ("remind_at", "remind"))
            if at in show
        ],
        holds=holds,
        claims=[f"{body.once}:{ctx.actor.id}"] if body.once else [],
    )


def _waiting(ctx: Context, body: ToyBody, show: Document, now: datetime) -> Placement:
    return Placement(
        state="waiting",
        owner=ctx.actor.id,
        data={"show": body.show},
        seen_by=[person(ctx.actor.id)],
        due_at=now + timedelta(hours=2),
        joins=join(SHOWS, show),
        waits_n=body.seats,
    )


async def _leave(ctx: Context, order: Order, body: Any) -> Effect:
    return Effect(leaves=leaving(order), holds=())


async def _move(ctx: Context, order: Order, body: Move) -> Effect:
    return Effect(holds=[Hold(SHOWS, body.show, 1)], data={"show": body.show})


async def _resize(ctx: Context, order: Order, body: Resize) -> Effect:
    return Effect(holds=[Hold(SHOWS, order["data"]["show"], body.seats)])


async def _pin(ctx: Context, order: Order, body: Pin) -> Effect:
    return Effect(inserts=[("toy_pins", {"_id": body.key, "order": order["_id"]})])


async def _rate(ctx: Context, order: Order, body: Any) -> Effect:
    return Effect(fields={"rating": {"stars": 5}})


def _before_the_show(order: Order, actor: Actor, now: datetime) -> Gone | None:
    return Gone() if "due_at" in order and now >= order["due_at"] else None


def _offer_stands(order: Order, actor: Actor, now: datetime) -> OfferOver | None:
    return OfferOver() if now >= order["data"]["offer_until"] else None


usher = wf.at(Role.CANTEEN, lambda order: desk("hall"))
CANCELLED: list[str] = []  # orders whose reaction has run
REACTION_FAULTS: list[Exception] = []  # what it raises first
LINE_FAULTS: list[Exception] = []  # what making a line raises first


def _step(name: str, source: tuple[str, ...], target: str, by: wf.By, **more: Any) -> Transition:
    return Transition(name=name, source=source, target=target, by=(by,), summary=name, **more)


BOOKED = ("booked",)


def booked_for(show: str) -> str:
    """Marks the tickets of a show that somebody has."""
    return mark("toy", "booked_for", show)


def _booked_for(order: Order) -> Iterator[str]:
    if order["state"] in BOOKED:
        yield booked_for(order["data"]["show"])


TOYS = wf.declare(
    Workflow(
        kind="toy",
        service="toys",
        title="玩具",
        starts=("booked", "waiting"),
        finals=("cancelled", "rated", "expired", "left", "lapsed"),
        draft=draft,
        body=ToyBody,
        show=lambda ctx, order: order["data"],
        found_by=_booked_for,
        transitions=(
            _step(
                "cancel",
                BOOKED,
                "cancelled",
                wf.owner,
                when=_before_the_show,
                frees=True,
                tells=(Tell("toy-cancelled"),),
            ),
            _step("move", BOOKED, "booked", wf.owner, needs=Move, rule=_move),
            _step("resize", BOOKED, "booked", wf.owner, needs=Resize, rule=_resize),
            _step("pin", BOOKED, "booked", wf.owner, needs=Pin, rule=_pin),
            _step("remind", BOOKED, "booked", wf.clock, tells=(Tell("toy-soon"),)),
            _step("use", BOOKED, "used", usher, repeat="refuse"),
            _step("rate", ("used",), "rated", wf.owner, rule=_rate),
            _step("expire", BOOKED, "expired", wf.clock, frees=True),
            _step(
                "offer",
                ("waiting",),
                "offered",
                wf.clock,
                rule=offer,
                tells=(Tell("toy-offered", sms=True),),
            ),
            _step("accept", ("offered",), "booked", wf.owner, when=_offer_stands),
            _step("lapse", ("offered",), "lapsed", wf.clock, frees=True),
            _step("leave", ("waiting", "offered"), "left", wf.owner, rule=_leave),
        ),
    )
)


@outbox.reacts("toy", "cancel")
async def note_cancelled(ctx: Context, order: Order, entry: Document) -> None:
    if REACTION_FAULTS:
        raise REACTION_FAULTS.pop()
    CANCELLED.append(order["_id"])


@outbox.logs("toy", "pin", "toy_log")
def pinned(order: Order, step: Document) -> Document:
    if LINE_FAULTS:
        raise LINE_FAULTS.pop()
    return {"_id": f"{order['_id']}:{step['version']}", "by": step["by"]}


async def a_show(store: Store, seats: int, name: str = "show_1", **more: Any) -> None:
    """A show with `seats` seats, all free."""
    show = {"_id": name, "capacity": seats, "left": seats, "enabled": True}
    await store.insert(SHOWS, show | {"queue": [], "ranks": 0} | more)


async def book(house: House, who: int, body: ToyBody | None = None, key: str = "k") -> Any:
    """The order, or the refusal, of person number `who`."""
    ctx = a_context(house, f"per_{who}", f"{key}-{who}".ljust(16, "0"))
    try:
        return await orders.place(ctx, "toy", body or ToyBody())
    except Refusal as refusal:
        return refusal


async def books_balance(store: Store, name: str = "show_1") -> int:
    """Assert that what is left and what orders hold add up, and return what they hold."""
    show = await store.get(SHOWS, name)
    assert show is not None
    orders = await store.find("orders", {"holds.thing": name})
    held: int = sum(h["n"] for order in orders for h in order["holds"] if h["thing"] == name)
    assert show["left"] + held == show["capacity"]
    assert show["left"] >= 0
    return held
