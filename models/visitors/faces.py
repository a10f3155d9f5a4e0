"""What stands on the picture of a pass, and on a badge to print."""

from __future__ import annotations

from datetime import datetime

from models import people
from models.base.clock import CAMPUS
from models.base.context import Context
from models.base.ports import Label, PassFace, SketchedGate
from models.base.store import Document
from models.base.workflow import Order
from models.visitors import codes, gates, links, own
from models.visitors.links import SHOWABLE
from models.visitors.parties import ATTENDANTS, any_of
from models.visitors.refusals import PassOver, Scrubbed
from models.visitors.shapes import masked_plate

TITLE = "访客通行证"
NOTE = "凭证限进出各一次，请携带有效证件"
_WEEK = "一二三四五六日"


async def of_link(ctx: Context, link: str) -> bytes:
    """The picture for who has the link. Raises PassUnknown, PassOver."""
    return await _painted(ctx, await links.order_of(ctx, link))


async def of_host(ctx: Context, order_id: str) -> bytes:
    """The picture for the host's side. Raises NotFound, Forbidden, PassOver, Scrubbed."""
    order = await own.hosted(ctx, order_id)
    if "private" not in order:
        raise Scrubbed
    return await _painted(ctx, order)


async def _painted(ctx: Context, order: Order) -> bytes:
    if order["state"] not in SHOWABLE:
        raise PassOver
    return await ctx.house.ports.passes.png(await face(ctx, order))


async def face(ctx: Context, order: Order) -> PassFace:
    """Everything on the picture; all of it is the order's, so an unchanged pass is one picture."""
    data = order["data"]
    units = await people.unit_names(ctx, [order["unit"]])
    good = {gate["id"] for gate in data["gates"]}
    known = await ctx.store.find(gates.GATES, {}, sort=[("_id", 1)])
    return PassFace(
        code=codes.static(ctx.house.keys, order["_id"], data),
        title=TITLE,
        visitor=order["private"]["visitor"]["name"] + _others(data),
        lines=(
            ("时间", when(data)),
            ("接待", f"{data['host']['name']} · {units[order['unit']]}"),
            ("事由", data["purpose"]),
            ("出入口", "、".join(f"{g['name']}（{g['zone']}）" for g in data["gates"])),
        ),
        gates=tuple(
            SketchedGate(g["name"], g["side"], g["_id"] in good) for g in known if g["enabled"]
        ),
        note=NOTE,
    )


def _others(data: Document) -> str:
    return f" 等{data['companions'] + 1}人" if data["companions"] else ""


def when(data: Document) -> str:
    """When the pass is good, in one line."""
    start, end = _local(data["starts_at"]), _local(data["ends_at"])
    hours = f"{start:%H:%M}–{end:%H:%M}"
    if data["repeat"] is None:
        return f"{start:%m月%d日} {hours}"
    days = "".join(_WEEK[day - 1] for day in data["repeat"]["weekdays"])
    until = data["repeat"]["until"][5:].replace("-", "月")
    return f"至{until}日 周{days} {hours}"


def _local(moment: datetime) -> datetime:
    return moment.astimezone(CAMPUS)


async def badge(ctx: Context, order_id: str) -> bytes:
    """A badge as PDF, for who serves at one of the gates. Raises NotFound, PassOver."""
    order = await own.visit(ctx, order_id)
    if not any_of(ATTENDANTS, order, ctx.actor) or order["state"] not in SHOWABLE:
        raise PassOver
    data, private = order["data"], order.get("private", {}).get("visitor", {})
    lines = [f"接待：{data['host']['name']}", when(data), gates.names(data)]
    if private.get("plate"):
        lines.append(masked_plate(private["plate"]))
    label = Label(
        content=codes.static(ctx.house.keys, order["_id"], data),
        title=f"访客 {private.get('name', data['visitor']['name'])}{_others(data)}",
        lines=tuple(lines),
    )
    return await ctx.house.ports.labels.sheet([label])
