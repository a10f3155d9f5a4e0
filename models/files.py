"""Files people may see: a dish's picture everybody, a photo of an order those who see the order.

What somebody uploads is seen by that person alone until an order names it, and goes after a day if
none does (models/base/attachments.py).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from models.base import orders, quotas
from models.base.attachments import FILES
from models.base.chores import seldom
from models.base.context import Context, House
from models.base.errors import NotFound, Unprocessable
from models.base.ports import ImageError, StoredFile, VoiceError
from models.base.shapes import Struct
from models.base.visibility import EVERYBODY, person

PHOTO_SIDE: Final = 1600  # pixels
LONGEST: Final = 60.0  # seconds of a recording
PHOTOS_A_DAY: Final = 200  # of one person: a technician's dozen tickets, before and after
VOICES_A_DAY: Final = 50
KEPT: Final = timedelta(days=1)  # until an order names it
GRACE: Final = timedelta(hours=1)  # for an order that names it in its last moment
AT_ONCE: Final = 100  # files deleted in one turn


class PhotoUnreadable(Unprocessable):
    """It is no JPEG, PNG or WebP, or only half of one."""

    code = "not-a-picture"
    zh = "无法识别该图片，请使用完整的 JPEG、PNG 或 WebP 图片。"
    en = "This is not a complete JPEG, PNG or WebP picture."


class PhotoTooLarge(Unprocessable):
    """It has, or unpacks to, more than is worked on."""

    code = "picture-too-large"
    zh = "图片尺寸过大，请缩小后重新上传。"
    en = "This picture has too many pixels; send a smaller one."


class VoiceUnreadable(Unprocessable):
    """It is no recording of the kinds phones make, or there is more in it."""

    code = "not-a-recording"
    zh = "无法识别该录音，请使用 m4a、mp3、aac、webm 或 ogg 录音。"
    en = "This is not an m4a, mp3, aac, webm or ogg recording."


class VoiceTooLong(Unprocessable):
    """It lasts for longer than anybody listens."""

    code = "recording-too-long"
    zh = "录音不能超过{seconds}秒。"
    en = "A recording lasts at most {seconds} seconds."


class FileView(Struct):
    """An upload: its id, to be named by an order, and where to get it."""

    id: str
    url: str


async def shown(ctx: Context, file_id: str) -> StoredFile:
    """The file, if it exists for this actor. Raises NotFound for both reasons alike."""
    found = await ctx.house.ports.files.read(file_id)
    if found is None:
        raise NotFound
    if found.order is not None:
        await orders.seen(ctx, found.order)
    elif ctx.actor.tokens.union({EVERYBODY}).isdisjoint(found.seen_by):
        raise NotFound
    return found


async def upload_photo(ctx: Context, path: Path) -> FileView:
    """Keep a photo for an order. Raises PhotoUnreadable, PhotoTooLarge, TooMany."""
    files, mine = ctx.house.ports.files, [person(ctx.actor.id)]
    await quotas.draw(ctx.store, f"photos:{ctx.actor.id}", PHOTOS_A_DAY, ctx.now)
    try:
        return _view(await files.store_image(path, PHOTO_SIDE, mine, ctx.now + KEPT))
    except ImageError as fault:
        raise (PhotoTooLarge if str(fault) == "too-large" else PhotoUnreadable) from fault


async def upload_voice(ctx: Context, path: Path) -> FileView:
    """Keep a recording for an order. Raises VoiceUnreadable, VoiceTooLong, TooMany."""
    files, mine = ctx.house.ports.files, [person(ctx.actor.id)]
    await quotas.draw(ctx.store, f"voices:{ctx.actor.id}", VOICES_A_DAY, ctx.now)
    try:
        return _view(await files.store_voice(path, LONGEST, mine, ctx.now + KEPT))
    except VoiceError as fault:
        if str(fault) == "too-long":
            raise VoiceTooLong(seconds=int(LONGEST)) from fault
        raise VoiceUnreadable from fault


def _view(file_id: str) -> FileView:
    return FileView(id=file_id, url=f"/api/v1/files/{file_id}")


@seldom
async def sweep(house: House) -> int:
    """Delete what was uploaded and never named by an order."""
    over = {"until": {"$lte": house.clock() - GRACE}}
    gone = await house.store.find(FILES, over, limit=AT_ONCE, fields={"_id": 1})
    for file in gone:
        await house.ports.files.delete(file["_id"])
    return len(gone)
