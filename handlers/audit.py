"""The record of what the administration did."""

from __future__ import annotations

from msgspec import UNSET

from handlers.base.endpoint import get
from models import people
from models.base import audit
from models.base.audit import AuditPage
from models.base.context import Context
from models.base.roles import Role
from models.base.shapes import PageQuery


@get("/api/v1/audit", allow=[Role.MANAGER])
async def listed(ctx: Context, query: PageQuery) -> AuditPage:
    """Exports, imports, changes of roles and policies, pardons; newest first."""
    page = await audit.listed(ctx, query)
    names = await people.names(ctx, (entry.object for entry in page.items))
    for entry in page.items:
        entry.object_name = names.get(entry.object, UNSET)
    return page
