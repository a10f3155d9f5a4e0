"""The rules the administration sets."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from handlers.base.endpoint import get, put
from models import policies
from models.base.context import Context
from models.base.roles import Role
from models.policies import PolicyInput, PolicyPage, PolicyView

PolicyName = Annotated[str, Meta(min_length=1, max_length=64)]


@get("/api/v1/policies", allow=[Role.MANAGER])
async def listed(ctx: Context) -> PolicyPage:
    """Every rule as it stands today, with its form and history."""
    return await policies.listed(ctx)


@put("/api/v1/policies/{name}", allow={Role.MANAGER}, fresh=True)
async def decide(ctx: Context, name: PolicyName, body: PolicyInput) -> PolicyView:
    """Decide what holds from a day on; earlier decisions stay on record."""
    return await policies.decide(ctx, name, body)
