"""Pictures people upload, kept in the database beside what they belong to.

No upload is ever served as it came: it is decoded, turned upright, made small and encoded anew,
which leaves behind its metadata (where and when it was taken) and anything hidden in it.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from models.base.clock import Clock
from models.base.ids import new_id
from models.base.ports import ImageError, StoredFile
from models.base.store import Document, Store
from server.adapters.pool import BoundedPool

FILES: Final = "files"
MEDIA_TYPE: Final = "image/jpeg"
QUALITY: Final = 85
MAX_BYTES: Final = 8 * 1024 * 1024  # encoded; a document holds 16 MiB

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
    """Implements `models.base.ports.Files`: one document a picture.

    `{_id, type, content, seen_by, at}`
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._pool = BoundedPool("files", threads=2, waiting=16)

    async def store_image(self, path: Path, max_side: int, seen_by: Sequence[str]) -> str:
        """Keep the picture as a JPEG of at most `max_side` pixels a side and return its id.

        Raises `ImageError` with `not-a-picture` or `too-large`, `PortError` when busy.
        """
        content = await self._pool.run(lambda: reencoded(path, max_side))
        stored: Document = {"_id": new_id("img"), "type": MEDIA_TYPE, "content": content}
        stored |= {"seen_by": list(seen_by), "at": self._clock()}
        await self._store.insert(FILES, stored)
        return str(stored["_id"])

    async def read(self, file_id: str) -> StoredFile | None:
        """The file, or None where there is none of that id."""
        stored = await self._store.get(FILES, file_id)
        if stored is None:
            return None
        return StoredFile(stored["content"], stored["type"], stored["seen_by"])

    def close(self) -> None:
        """Let the pictures being encoded end."""
        self._pool.close()


def reencoded(path: Path, max_side: int) -> bytes:
    """The picture at `path` as an upright JPEG without metadata. Raises `ImageError`."""
    try:
        with Image.open(path, formats=tuple(MAX_PIXELS)) as upload:  # reads the header only
            # A JPEG with a second picture behind it, as many phones take them, opens as an MPO.
            told = "JPEG" if upload.format == "MPO" else upload.format or ""
            if upload.width * upload.height > MAX_PIXELS[told]:
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
    if content.tell() > MAX_BYTES:
        raise ImageError("too-large")
    return content.getvalue()
