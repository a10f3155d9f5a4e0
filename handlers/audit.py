"""The record of what the administration did."""

from __future__ import annotations

from handlers.base.endpoint import get
from models.base import audit
from models.base.audit import AuditPage
from models.base.context import Context
from models.base.roles import Role
from models.base.shapes import PageQuery


@get("/api/v1/audit", allow=[Role.MANAGER])
async def listed(ctx: Context, query: PageQuery) -> AuditPage:
    """Exports, imports, changes of roles and policies, pardons; newest first."""
    return await audit.listed(ctx, query)
