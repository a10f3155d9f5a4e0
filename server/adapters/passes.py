"""Passes as pictures, drawn off the event loop and kept by what they show.

Everything is drawn in one channel and coloured by a palette, which halves the encoding. The font is
a package's: it knows the rare characters of names, which the fonts of most systems do not.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from functools import cache
from typing import Final

import pylopdf_fonts_zh_cn
import qrcode
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M

from models.base.ports import PassFace, SketchedGate
from server.adapters.pool import BoundedPool

WIDTH, HEIGHT = 720, 1120
EDGE: Final = 44
MODULE: Final = 14  # pixels of a module of the code
QUIET_ZONE: Final = 4  # modules
MASK: Final = 2  # every mask can be read; to look for the best of the eight takes ten times as long
KEPT: Final = 256  # pictures
LEVEL: Final = 3  # of compression
INK, ACCENT, GREY, PALE, PAPER = 0, 80, 150, 236, 255
DARK_RGB, ACCENT_RGB, PAPER_RGB = (13, 24, 33), (11, 110, 103), (255, 255, 255)


class PassPictures:
    """Implements `models.base.ports.PassPainter`; the same face always gives the same bytes."""

    def __init__(self) -> None:
        self._pool = BoundedPool("passes", threads=2, waiting=64)
        self._kept: OrderedDict[PassFace, bytes] = OrderedDict()

    async def png(self, face: PassFace) -> bytes:
        """The pass as PNG. Raises `PortError` when busy."""
        known = self._kept.get(face)
        if known is not None:
            self._kept.move_to_end(face)
            return known
        picture = await self._pool.run(lambda: painted(face))
        self._kept[face] = picture
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return picture

    def close(self) -> None:
        """Let the pictures being drawn end."""
        self._pool.close()


def painted(face: PassFace) -> bytes:
    """The picture of a pass."""
    image = Image.new("L", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, 96), fill=ACCENT)
    _text(draw, (EDGE, 26), face.title, 34, PAPER)
    _text(draw, (EDGE, 124), _cut(face.visitor, 12), 52, INK)
    top = _lines(draw, face, 210)
    code = code_card(face.code)
    image.paste(code, ((WIDTH - code.width) // 2, top))
    _centred(draw, top + code.height - 34, face.code, 26, GREY)
    _sketch(draw, face.gates, top + code.height + 18)
    _centred(draw, HEIGHT - 48, face.note, 24, GREY)
    image.putpalette(_palette())
    content = io.BytesIO()
    image.save(content, format="PNG", compress_level=LEVEL)
    return content.getvalue()


def _lines(draw: ImageDraw.ImageDraw, face: PassFace, top: int) -> int:
    """What and its words, line by line; returns where the next thing may stand."""
    for what, words in face.lines:
        _text(draw, (EDGE, top), what, 26, GREY)
        _text(draw, (EDGE + 120, top), _cut(words, 20), 26, INK)
        top += 44
    return top + 8


def code_card(text: str) -> Image.Image:
    """A code in its white card."""
    code = qrcode.QRCode(
        error_correction=ERROR_CORRECT_M, box_size=1, border=QUIET_ZONE, mask_pattern=MASK
    )
    code.add_data(text)
    code.make()
    modules = code.get_matrix()
    side = len(modules)
    cells = bytes(INK if dark else PAPER for row in modules for dark in row)
    small = Image.frombytes("L", (side, side), cells)
    return small.resize((side * MODULE, side * MODULE), Image.Resampling.NEAREST)


def _sketch(draw: ImageDraw.ImageDraw, gates: tuple[SketchedGate, ...], top: int) -> None:
    """The campus as a block, with its gates on their sides; those the pass is for stand out."""
    left, right, bottom = 220, WIDTH - 220, HEIGHT - 108
    if bottom - top < 60 or not gates:
        return
    draw.rounded_rectangle((left, top + 24, right, bottom - 24), 14, fill=PALE)
    middle = (left + right) // 2, (top + bottom) // 2
    _text(draw, (middle[0], middle[1]), "园区", 24, GREY, anchor="mm")
    places = {
        "north": ((middle[0], top + 24), "mb"), "south": ((middle[0], bottom - 24), "mt"),
        "west": ((left, middle[1]), "rm"), "east": ((right, middle[1]), "lm"),
    }  # fmt: skip
    for side, (spot, anchor) in places.items():
        here = [gate for gate in gates if gate.side == side]
        if here:
            _gate(draw, here, spot, anchor)


def _gate(
    draw: ImageDraw.ImageDraw, here: list[SketchedGate], spot: tuple[int, int], anchor: str
) -> None:
    good = [gate for gate in here if gate.good] or here
    fill, size = (ACCENT, 11) if good[0].good else (GREY, 7)
    x, y = spot
    draw.ellipse((x - size, y - size, x + size, y + size), fill=fill)
    away = {"mb": (0, -16), "mt": (0, 14), "rm": (-18, 0), "lm": (18, 0)}[anchor]
    name = _cut("、".join(gate.name for gate in good), 8)
    _text(draw, (x + away[0], y + away[1]), name, 24, fill, anchor=anchor)


def _centred(draw: ImageDraw.ImageDraw, top: int, text: str, size: int, fill: int) -> None:
    _text(draw, (WIDTH // 2, top), text, size, fill, anchor="ma")


def _text(
    draw: ImageDraw.ImageDraw,
    spot: tuple[int, int],
    text: str,
    size: int,
    fill: int,
    anchor: str = "la",
) -> None:
    draw.text(spot, text, fill=fill, font=_font(size), anchor=anchor)


def _cut(text: str, most: int) -> str:
    """What fits on a line; Latin letters are half as wide."""
    width, kept = 0.0, ""
    for character in text:
        width += 0.56 if character.isascii() else 1
        if width > most:
            return f"{kept}…"
        kept += character
    return kept


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    path = str(pylopdf_fonts_zh_cn.sans_path())
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _palette() -> bytes:
    """From ink by the accent to paper, so that grey edges of letters stay soft."""
    ramp = bytearray()
    for level in range(256):
        if level <= ACCENT:
            low, high, part = DARK_RGB, ACCENT_RGB, level / ACCENT
        else:
            low, high, part = ACCENT_RGB, PAPER_RGB, (level - ACCENT) / (PAPER - ACCENT)
        ramp += bytes(
            round(one + (other - one) * part) for one, other in zip(low, high, strict=True)
        )
    return bytes(ramp)
