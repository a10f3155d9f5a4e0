"""Codes as pictures."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image

from server.adapters.qr import QrCodes


@pytest.mark.parametrize("text", ["QJ1A7KA7KA7KA7KA7KA7KA7K", "https://home.example.cn/午餐?x=1"])
async def test_what_is_painted_can_be_scanned(text: str) -> None:
    painter = QrCodes()
    first, again = await painter.png(text), await painter.png(text)
    painter.close()
    assert first == again
    picture = Image.open(io.BytesIO(first))
    assert picture.format == "PNG"
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == text
    assert found.ec_level == "M"


async def test_a_pass_is_a_small_code_with_its_quiet_zone() -> None:
    painter = QrCodes()
    picture = Image.open(io.BytesIO(await painter.png("QJ1" + "A7K" * 7)))
    painter.close()
    assert picture.size == (330, 330)  # 25 modules and 4 on each side, 10 pixels each
    white = picture.convert("L").crop((0, 0, 330, 40))
    assert white.getextrema() == (255, 255)
