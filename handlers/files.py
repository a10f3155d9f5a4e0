"""Pictures and other files, to those who may see them."""

from __future__ import annotations

from typing import Final

from handlers.base.content import JPEG, File
from handlers.base.endpoint import get
from models import files
from models.base.context import Context
from models.base.roles import EVERYONE
from models.base.shapes import Id
from models.base.visibility import EVERYBODY

UNCHANGING: Final = "private, max-age=604800, immutable"  # a changed picture has another id
FORGOTTEN: Final = "no-store"  # by a phone that somebody else may sign in to


@get("/api/v1/files/{file_id}", allow=EVERYONE)
async def show(ctx: Context, file_id: Id) -> File:
    """Show a picture, or let a recording be heard."""
    found = await files.shown(ctx, file_id)
    return File(
        found.content,
        found.media_type,
        inline=found.media_type == JPEG,
        cache=UNCHANGING if EVERYBODY in found.seen_by else FORGOTTEN,
        size=found.size,
    )
