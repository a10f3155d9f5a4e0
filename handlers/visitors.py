"""Visitors for those who invite them, and the scan at the gate."""

from __future__ import annotations

from typing import Annotated, Final

from handlers.base.content import PNG, XLSX, File, Upload, Uploaded
from handlers.base.endpoint import get, post
from models.base import views
from models.base.context import Context
from models.base.roles import EVERYONE, Role
from models.base.shapes import Id
from models.visitors import faces, gates, groups, inviting, links, own, scans, shapes, sheets, types

HOSTS: Final = EVERYONE - {Role.TECHNICIAN, Role.DISPATCHER, Role.SUPPLIER, Role.DEVICE}
AT_GATES: Final = frozenset({Role.FRONT_DESK, Role.SECURITY, Role.DEVICE})
SHEET_BYTES: Final = 1024 * 1024


@post("/api/v1/visitors", allow=HOSTS, once=True)
async def invite(ctx: Context, body: shapes.Invitation) -> views.OrderView:
    """Invite a visitor, or ask for it where the type wants approval."""
    return await views.full(ctx, await inviting.invite(ctx, body))


@post("/api/v1/visitors/groups", allow=HOSTS, once=True)
async def invite_group(ctx: Context, body: groups.GroupInput) -> groups.Invited:
    """Invite up to sixty visitors at once, each with a code of their own."""
    return await groups.invite(ctx, body)


@post("/api/v1/visitors/groups/pasted", allow=HOSTS, limit="60/minute")
async def read_pasted(ctx: Context, body: sheets.Pasted) -> sheets.MemberList:
    """Read pasted lines as members of a group; nothing is kept."""
    return sheets.pasted(body)


@post("/api/v1/visitors/groups/sheet", allow=HOSTS, limit="20/minute")
async def read_sheet(
    ctx: Context, body: Annotated[Uploaded, Upload(SHEET_BYTES, (XLSX,))]
) -> sheets.MemberList:
    """Read an .xlsx as members of a group; nothing is kept."""
    return await sheets.uploaded(ctx, body.path)


@get("/api/v1/visitors/groups/sheet", allow=HOSTS)
async def empty_sheet(ctx: Context) -> File:
    """An empty .xlsx to fill in."""
    return File(await sheets.empty(ctx), XLSX, filename="访客名单.xlsx", inline=False)


@get("/api/v1/visitors/groups/{order_id}", allow=EVERYONE)
async def show_group(ctx: Context, order_id: Id) -> groups.GroupView:
    """Show a group with its members."""
    return await groups.show(ctx, order_id)


@get("/api/v1/visitors/mine", allow=HOSTS)
async def mine(ctx: Context, query: own.MineQuery) -> views.OrderPage:
    """List my visitors with their names, the newest invitation first."""
    return await own.mine(ctx, query)


@get("/api/v1/visitors/types", allow=EVERYONE)
async def list_types(ctx: Context) -> types.TypeList:
    """List the types of visitors."""
    return await types.listed(ctx)


@get("/api/v1/visitors/gates", allow=EVERYONE)
async def list_gates(ctx: Context) -> gates.GateList:
    """List the gates."""
    return await gates.listed(ctx)


@get("/api/v1/visitors/{order_id}/again", allow=EVERYONE)
async def again(ctx: Context, order_id: Id) -> own.Again:
    """Show what to send for inviting the same visitor once more."""
    return await own.again(ctx, order_id)


@get("/api/v1/visitors/{order_id}/codes", allow=EVERYONE, limit="60/minute")
async def codes(ctx: Context, order_id: Id) -> links.CodeView:
    """Show the codes of a visit of mine: one to print, and those of the next two minutes."""
    return await own.codes(ctx, order_id)


@get("/api/v1/visitors/{order_id}/pass.png", allow=EVERYONE, limit="60/minute")
async def picture(ctx: Context, order_id: Id) -> File:
    """The pass of a visit of mine as a picture with its static code."""
    return File(await faces.of_host(ctx, order_id), PNG, filename="访客通行证.png")


@post("/api/v1/visitors/scans", allow=AT_GATES)
async def scan(ctx: Context, body: scans.Scan) -> scans.Answer:
    """Scan a code at a gate: one clear answer."""
    return await scans.scan(ctx, body)
