"""Pictures and recordings people upload, kept in the database in chunks.

No picture is ever served as it came: it is decoded, turned upright, made small and encoded anew,
which leaves behind its metadata (where and when it was taken) and anything hidden in it. A
recording is served as it came, under the type that its content has.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from PIL import Image, ImageOps

from models.base.attachments import FILES
from models.base.clock import Clock
from models.base.ids import new_id
from models.base.ports import ImageError, StoredFile
from models.base.store import Document, Store
from server.adapters.pool import BoundedPool
from server.adapters.voices import heard

MEDIA_TYPE: Final = "image/jpeg"
QUALITY: Final = 85
MAX_BYTES: Final = 8 * 1024 * 1024  # encoded
MAX_SCANS: Final = 100  # of a JPEG; cameras make ten, and each one costs a pass over all of it
WAITING: Final = 64  # uploads that wait while two are worked on: about ten seconds
TO_ARRIVE: Final = timedelta(hours=1)  # for the chunks of a file that stays
START_OF_SCAN: Final = b"\xff\xda"  # never in compressed data, where 0 follows each 255

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
)


class StoredFiles:
    """Implements `models.base.ports.Files`; models/base/attachments.py lists a file's fields."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._pool = BoundedPool("files", threads=2, waiting=WAITING)

    async def store_image(
        self, path: Path, max_side: int, seen_by: Sequence[str], until: datetime | None = None
    ) -> str:
        """Keep the picture as a JPEG of at most `max_side` pixels a side and return its id.

        Raises `ImageError` with `not-a-picture` or `too-large`, `PortError` when busy.
        """
        content = await self._pool.run(lambda: reencoded(path, max_side))
        file: Document = {"_id": new_id("img"), "type": MEDIA_TYPE, "seen_by": list(seen_by)}
        return await self._keep(file, content, until)

    async def store_voice(
        self, path: Path, longest: float, seen_by: Sequence[str], until: datetime | None = None
    ) -> str:
        """Keep the recording as it came and return its id; its type is told by its content.

        Raises `VoiceError` with `not-a-recording` or `too-long`, `PortError` when busy.
        """
        content, media_type = await self._pool.run(lambda: heard(path, longest))
        file: Document = {"_id": new_id("voi"), "type": media_type, "seen_by": list(seen_by)}
        return await self._keep(file, content, until)

    async def _keep(self, file: Document, content: bytes, until: datetime | None) -> str:
        """The document goes first and is for a while, so that nothing is left of half a file."""
        now, file_id = self._clock(), str(file["_id"])
        file |= {"size": len(content), "at": now, "until": until or now + TO_ARRIVE}
        await self._store.insert(FILES, file)
        await self._store.put_content(file_id, content)
        if until is None:
            await self._store.update(FILES, {"_id": file_id}, {"$unset": {"until": ""}})
        return file_id

    async def read(self, file_id: str) -> StoredFile | None:
        """The file, or None where there is none of that id."""
        file = await self._store.get(FILES, file_id)
        content = await self._store.content(file_id) if file else None
        if file is None or content is None:
            return None
        return StoredFile(content, file["size"], file["type"], file["seen_by"], file.get("order"))

    async def delete(self, file_id: str) -> None:
        """Have no such file any more; what is left half is deleted when this is done again."""
        await self._store.drop_content(file_id)
        await self._store.delete(FILES, {"_id": file_id})

    def close(self) -> None:
        """Let what is being read end."""
        self._pool.close()


def reencoded(path: Path, max_side: int) -> bytes:
    """The picture at `path` as an upright JPEG without metadata. Raises `ImageError`."""
    try:
        with Image.open(path, formats=tuple(MAX_PIXELS)) as upload:  # reads the header only
            # A JPEG with a second picture behind it, as many phones take them, opens as an MPO.
            told = "JPEG" if upload.format == "MPO" else upload.format or ""
            if upload.width * upload.height > MAX_PIXELS[told]:
                raise ImageError("too-large")
            if told == "JPEG" and path.read_bytes().count(START_OF_SCAN) > MAX_SCANS:
                raise ImageError("too-large")
            upload.draft("RGB", (max_side, max_side))
            upload.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
            return _jpeg(ImageOps.exif_transpose(upload))
    except Image.DecompressionBombError as fault:
        raise ImageError("too-large") from fault
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
    with TemporaryFile() as content:  # into memory, Pillow would keep all other threads waiting
        flat.save(content, "JPEG", quality=QUALITY, optimize=True)
        if content.tell() > MAX_BYTES:
            raise ImageError("too-large")
        content.seek(0)
        return content.read()
