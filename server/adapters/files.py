"""Pictures people upload, kept in the database beside what they belong to.

No upload is ever served as it came: it is decoded, turned upright, made small and encoded anew,
which leaves behind its metadata (where and when it was taken) and anything hidden in it.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Final

from gridfs.errors import NoFile
from motor.motor_asyncio import AsyncIOMotorDatabase, AsyncIOMotorGridFSBucket
from PIL import Image, ImageOps

from models.base.ids import new_id
from models.base.ports import ImageError
from models.base.store import Document, translated
from server.adapters.pool import BoundedPool

BUCKET: Final = "files"
MEDIA_TYPE: Final = "image/jpeg"
QUALITY: Final = 85

# Formats told by content, never by name, with the most pixels of each: a JPEG can be decoded at a
# fraction of its size, the others take four bytes a pixel before they can be made smaller.
MAX_PIXELS: Final = {"JPEG": 60_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}

_UNREADABLE: Final = (
    OSError,
    ValueError,
    SyntaxError,  # Pillow's word for a broken PNG
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class StoredFiles:
    """Implements `models.base.ports.Files` on GridFS."""

    def __init__(self, database: AsyncIOMotorDatabase[Document]) -> None:
        self._bucket = AsyncIOMotorGridFSBucket(database, bucket_name=BUCKET)
        self._pool = BoundedPool("files", threads=2, waiting=16)

    async def store_image(self, path: Path, max_side: int) -> str:
        """Keep the picture as a JPEG of at most `max_side` pixels a side and return its id.

        Raises `ImageError` with `not-a-picture` or `too-large`, `PortError` when busy.
        """
        content = await self._pool.run(lambda: reencoded(path, max_side))
        file_id = new_id("img")
        with translated():
            await self._bucket.upload_from_stream_with_id(
                file_id, f"{file_id}.jpg", content, metadata={"type": MEDIA_TYPE}
            )
        return file_id

    async def read(self, file_id: str) -> tuple[bytes, str] | None:
        """(content, media type), or None where there is no such file."""
        with translated():
            try:
                stored = await self._bucket.open_download_stream(file_id)
            except NoFile:
                return None
            return await stored.read(), str((stored.metadata or {}).get("type", MEDIA_TYPE))

    def close(self) -> None:
        """Let the pictures being encoded end."""
        self._pool.close()


def reencoded(path: Path, max_side: int) -> bytes:
    """The picture at `path` as an upright JPEG without metadata. Raises `ImageError`."""
    try:
        with Image.open(path, formats=tuple(MAX_PIXELS)) as upload:  # reads the header only
            if upload.width * upload.height > MAX_PIXELS[upload.format or ""]:
                raise ImageError("too-large")
            upload.draft("RGB", (max_side, max_side))
            upright = ImageOps.exif_transpose(upload)
            upright.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
            return _jpeg(upright)
    except _UNREADABLE as fault:
        raise ImageError("not-a-picture") from fault


def _jpeg(picture: Image.Image) -> bytes:
    """Transparent parts become white, as on the page they are shown on."""
    flat = Image.new("RGB", picture.size, "white")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        flat.paste(layer, mask=layer)
    else:
        flat.paste(picture.convert("RGB"))
    content = io.BytesIO()
    flat.save(content, "JPEG", quality=QUALITY, optimize=True)
    return content.getvalue()
