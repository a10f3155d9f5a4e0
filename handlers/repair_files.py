"""Photos and voice notes of repairs, uploaded before the ticket or the step that names them."""

from __future__ import annotations

from typing import Annotated, Final

from handlers.base.content import PICTURES, RECORDINGS, Upload, Uploaded
from handlers.base.endpoint import post
from models import files
from models.base.context import Context
from models.base.roles import EVERYONE

PHOTO_BYTES: Final = 8 * 1024 * 1024
VOICE_BYTES: Final = 2 * 1024 * 1024


@post("/api/v1/repairs/photos", allow=EVERYONE, status=201, limit="60/minute")
async def add_photo(
    ctx: Context, body: Annotated[Uploaded, Upload(PHOTO_BYTES, PICTURES)]
) -> files.FileView:
    """Upload a photo: yours alone until a ticket names it, and gone after a day if none does."""
    return await files.upload_photo(ctx, body.path)


@post("/api/v1/repairs/voice", allow=EVERYONE, status=201, limit="20/minute")
async def add_voice(
    ctx: Context, body: Annotated[Uploaded, Upload(VOICE_BYTES, RECORDINGS)]
) -> files.FileView:
    """Upload a voice note of at most a minute; as for photos, only a ticket makes it stay."""
    return await files.upload_voice(ctx, body.path)
