"""Files people may see: a dish's picture everybody, a photo of an order those who see the order."""

from __future__ import annotations

from models.base.context import Context
from models.base.errors import NotFound
from models.base.ports import StoredFile
from models.base.visibility import EVERYBODY


async def shown(ctx: Context, file_id: str) -> StoredFile:
    """The file, if it exists for this actor. Raises NotFound for both reasons alike."""
    found = await ctx.house.ports.files.read(file_id)
    if found is None or ctx.actor.tokens.union({EVERYBODY}).isdisjoint(found.seen_by):
        raise NotFound
    return found
