"""What security sets up: gates, types, and who is kept out."""

from __future__ import annotations

from typing import Final

from handlers.base.content import Empty
from handlers.base.endpoint import delete, get, post, put
from models.base.context import Context
from models.base.roles import Role
from models.visitors import blacklist, gates, types

SECURITY: Final = frozenset({Role.SECURITY})


@put("/api/v1/visitors/gates/{gate_id}", allow=SECURITY, fresh=True)
async def set_gate(ctx: Context, gate_id: gates.GateId, body: gates.GateInput) -> gates.Gate:
    """Set a gate up, or change it."""
    return await gates.put(ctx, gate_id, body)


@put("/api/v1/visitors/types/{type_id}", allow=SECURITY, fresh=True)
async def set_type(ctx: Context, type_id: types.TypeId, body: types.TypeInput) -> types.VisitType:
    """Set a type of visitors up, or change it; who is invited keeps the old rules."""
    return await types.put(ctx, type_id, body)


@get("/api/v1/visitors/blacklist", allow=SECURITY)
async def list_blocks(ctx: Context) -> blacklist.BlockList:
    """List who is kept out, newest first."""
    return await blacklist.listed(ctx)


@post("/api/v1/visitors/blacklist", allow=SECURITY, status=201, fresh=True)
async def add_block(ctx: Context, body: blacklist.BlockInput) -> blacklist.Block:
    """Keep somebody out, by phone or plate."""
    return await blacklist.add(ctx, body)


@delete("/api/v1/visitors/blacklist/{block_id}", allow=SECURITY, fresh=True)
async def lift_block(ctx: Context, block_id: blacklist.BlockId) -> Empty:
    """Let somebody in again."""
    await blacklist.lift(ctx, block_id)
