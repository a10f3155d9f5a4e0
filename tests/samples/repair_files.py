"""Photos and voice notes of repairs."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from handlers.base.content import JPEG
from tests.contract_house import Campus, Wish
from tests.recordings import m4a


async def _photo(campus: Campus) -> Wish:
    content = BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "JPEG")
    return Wish(body=content.getvalue(), media_type=JPEG)


async def _voice(campus: Campus) -> Wish:
    return Wish(body=m4a(3), media_type="audio/mp4")


ASKS = {"repair_files_add_photo": _photo, "repair_files_add_voice": _voice}
