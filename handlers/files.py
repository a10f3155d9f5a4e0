"""Pictures and other files, to those who may see them."""

from __future__ import annotations

from handlers.base.content import File
from handlers.base.endpoint import get
from models import files
from models.base.context import Context
from models.base.roles import EVERYONE
from models.base.shapes import Id

UNCHANGING = "private, max-age=604800, immutable"  # a changed picture has another id


@get("/api/v1/files/{file_id}", allow=EVERYONE)
async def show(ctx: Context, file_id: Id) -> File:
    """Show a picture."""
    found = await files.shown(ctx, file_id)
    return File(found.content, found.media_type, cache=UNCHANGING)
