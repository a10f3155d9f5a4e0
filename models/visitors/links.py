"""The visitor's page: what stands behind `/p/<link>`, read and filled in without an account.

Looking changes nothing, however often a messenger previews the address. What the visitor says goes
into `private`, like what the host said.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType

from models import people
from models.base.context import CLOCK, Context
from models.base.errors import Conflict
from models.base.ids import KEY_LENGTH
from models.base.shapes import Input, Name, Struct
from models.base.store import Document
from models.base.transitions import transition
from models.base.workflow import Effect, Order
from models.visitors import codes, leading, types
from models.visitors.gates import GATES
from models.visitors.leading import Fellow
from models.visitors.passing import once_out
from models.visitors.refusals import AgreementNeeded, PassOver, PassUnknown
from models.visitors.shapes import Belongings, CompanionCount, MaskedVisitor, Plate, masked
from models.visitors.types import TYPES

Link = Annotated[str, Meta(min_length=KEY_LENGTH, max_length=KEY_LENGTH, pattern=r"^[0-9A-Z]+$")]
CODES_AHEAD: Final = 4  # codes given at once: a page without network lasts for two minutes
FILLABLE: Final = ("requested", "announced", "expected")
SHOWABLE: Final = ("expected", "inside", "left")


class FillIn(Input):
    """What the visitor says themselves; `agree` to the notice is needed once."""

    agree: bool
    name: Name | UnsetType = UNSET
    plate: Plate | UnsetType | None = UNSET
    companions: CompanionCount | UnsetType = UNSET
    belongings: Belongings | UnsetType = UNSET


class Turning(Struct):
    """A code and when it is good."""

    code: str
    starts_at: datetime
    ends_at: datetime


class PassGate(Struct):
    """A gate as the visitor has to find it."""

    name: str
    zone: str
    way: str
    opens: str
    closes: str


class PassView(Struct, kw_only=True):
    """A pass as its visitor sees it. `code` is static, for printing; `codes` turn every 30 s.
    `once_out` is the state in which a visitor who is inside leaves: left, ended, revoked. `fellows`
    are the other members of a group, for its lead.
    """

    state: str
    visitor: MaskedVisitor
    host: str
    unit: str
    purpose: str
    type: str
    companions: int
    gates: list[PassGate]
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    repeat: dict[str, Any] | None
    notice: str
    agreed: bool
    can: list[str]
    once_out: str
    code: str | UnsetType = UNSET
    codes: list[Turning] | UnsetType = UNSET
    belongings: str | UnsetType = UNSET
    fellows: list[Fellow] | UnsetType = UNSET


class CodeView(Struct):
    """What may be shown at a gate: the static code, and the next codes that turn."""

    code: str
    codes: list[Turning]


async def order_of(ctx: Context, link: str) -> Order:
    """The visit behind a link. Raises PassUnknown for every other address alike."""
    order = await codes.behind(ctx, link)
    if order is None or "private" not in order:
        raise PassUnknown
    return order


async def show(ctx: Context, link: str) -> PassView:
    """The pass behind a link. Raises PassUnknown."""
    return await view(ctx, await order_of(ctx, link))


async def view(ctx: Context, order: Order) -> PassView:
    """A pass as its visitor sees it."""
    data, keys = order["data"], ctx.house.keys
    showable = order["state"] in SHOWABLE
    units = await people.unit_names(ctx, [order["unit"]])
    kind = await ctx.store.get(TYPES, data["type"]["id"])
    return PassView(
        state=order["state"],
        visitor=MaskedVisitor(**{**data["visitor"], "name": order["private"]["visitor"]["name"]}),
        host=data["host"]["name"],
        unit=units[order["unit"]],
        purpose=data["purpose"],
        type=data["type"]["name"],
        companions=data["companions"],
        gates=await _gates(ctx, data),
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        opens_at=data["starts_at"] - timedelta(minutes=data["terms"]["early"]),
        repeat=data["repeat"],
        notice=kind["notice"] if kind else types.NOTICE,
        agreed=data.get("agreed_at") is not None,
        can=["fill_in"] if order["state"] in FILLABLE else [],
        once_out=once_out(data),
        code=codes.static(keys, order["_id"], data) if showable else UNSET,
        codes=turning(ctx, order) if showable else UNSET,
        belongings=order["private"].get("belongings", ""),
        fellows=await leading.fellows(ctx, order),
    )


async def _gates(ctx: Context, data: Document) -> list[PassGate]:
    ids = [gate["id"] for gate in data["gates"]]
    found = await ctx.store.find(GATES, {"_id": {"$in": ids}}, sort=[("_id", 1)])
    return [
        PassGate(
            name=gate["name"],
            zone=gate["zone"],
            way=gate["way"],
            opens=gate["opens"],
            closes=gate["closes"],
        )
        for gate in found
    ]


def turning(ctx: Context, order: Order) -> list[Turning]:
    """The code of this moment and of the next ones."""
    present = codes.step_at(ctx.now)
    return [_turning(ctx, order, step) for step in range(present, present + CODES_AHEAD)]


def _turning(ctx: Context, order: Order, step: int) -> Turning:
    moment = ctx.now.fromtimestamp(step * codes.STEP, ctx.now.tzinfo)
    return Turning(
        code=codes.rotating(ctx.house.keys, order["_id"], order["data"], step),
        starts_at=moment,
        ends_at=moment + timedelta(seconds=codes.STEP),
    )


async def shown_codes(ctx: Context, link: str) -> CodeView:
    """The codes behind a link. Raises PassUnknown, PassOver."""
    return codes_of(ctx, await order_of(ctx, link))


def codes_of(ctx: Context, order: Order) -> CodeView:
    """Raises PassOver where there is nothing to be shown."""
    if order["state"] not in SHOWABLE:
        raise PassOver
    static = codes.static(ctx.house.keys, order["_id"], order["data"])
    return CodeView(code=static, codes=turning(ctx, order))


async def fill_in(ctx: Context, link: str, body: FillIn) -> PassView:
    """The visitor says the rest, and agrees. Raises PassUnknown, PassOver, AgreementNeeded."""
    order = await order_of(ctx, link)
    if order["state"] not in FILLABLE:
        raise PassOver
    turn = replace(ctx.acting_as(CLOCK), if_match=order["version"])
    try:
        order = await transition(turn, order["_id"], "fill_in", body)
    except Conflict as race:
        raise PassOver from race
    return await view(ctx, order)


async def filled_in(ctx: Context, order: Order, body: FillIn) -> Effect:
    """What the visitor said, in place of what the host had. Raises AgreementNeeded."""
    if not body.agree:
        raise AgreementNeeded(errors=(("/agree", "请先同意访客须知"),))
    visitor = dict(order["private"]["visitor"])
    for name in ("name", "plate"):
        value = getattr(body, name)
        if value is not UNSET:
            visitor[name] = value
    private = {**order["private"], "visitor": visitor}
    if body.belongings is not UNSET:
        private["belongings"] = body.belongings
    data: Document = {"visitor": masked(visitor), "agreed_at": ctx.now}
    if body.companions is not UNSET:
        data["companions"] = body.companions
    return Effect(
        target=order["state"], data=data, fields={"private": private}, facts={"by": "visitor"}
    )
