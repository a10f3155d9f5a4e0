"""Codes as pictures, drawn off the event loop."""

from __future__ import annotations

import io
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage

from server.adapters.pool import BoundedPool

MODULE: Final = 10  # pixels; scanners want at least 8
QUIET_ZONE: Final = 4  # modules


class QrCodes:
    """Implements `models.base.ports.QrPainter`; the same text always gives the same bytes."""

    def __init__(self) -> None:
        self._pool = BoundedPool("qr", threads=1, waiting=64)

    async def png(self, text: str) -> bytes:
        """A QR code of `text`, level M, with its quiet zone, as PNG."""
        return await self._pool.run(lambda: _paint(text))

    def close(self) -> None:
        """Let the picture being drawn end."""
        self._pool.close()


def _paint(text: str) -> bytes:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=MODULE, border=QUIET_ZONE)
    code.add_data(text)
    picture = io.BytesIO()
    code.make_image(image_factory=PilImage).save(picture, format="PNG")
    return picture.getvalue()
