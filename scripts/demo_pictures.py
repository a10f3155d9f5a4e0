"""Pictures of the demo's dishes: flat drawings in warm colours, the same at every start."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

SIZE: Final = (480, 360)
FINER: Final = 2  # drawn so much larger, then made smaller, for smooth edges
CENTRE: Final = (240, 150)
FONTS: Final = (
    Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc"),
)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Look:
    """How a dish looks: what it is served in, and the colours of table and food."""

    style: str  # pieces, soup, noodles, buns or rice
    table: str
    food: tuple[str, ...]


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | None:
    """A font with Chinese characters; without one the pictures go without names."""
    for path in FONTS:
        if path.exists():
            return ImageFont.truetype(str(path), size)
    return None


def draw(name: str, look: Look) -> Image.Image:
    """The picture of a dish."""
    picture = Image.new("RGB", (SIZE[0] * FINER, SIZE[1] * FINER), look.table)
    brush = _Brush(ImageDraw.Draw(picture), random.Random(name))
    brush.table(look.table)
    brush.dish(look.table, deep=look.style in ("soup", "noodles", "rice"))
    {
        "pieces": brush.pieces,
        "soup": brush.soup,
        "noodles": brush.noodles,
        "buns": brush.buns,
        "rice": brush.rice,
    }[look.style](look.food)
    small = picture.reduce(FINER)
    _write(small, name)
    return small


def _write(picture: Image.Image, name: str) -> None:
    font = _font(34)
    if font is None:
        return
    brush = ImageDraw.Draw(picture)
    brush.rounded_rectangle((120, 300, 360, 348), 24, fill="#fffaf2")
    brush.text((240, 324), name, font=font, fill="#4a2f1d", anchor="mm")


def _shade(colour: str, factor: float) -> str:
    """A colour made lighter or darker."""
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{min(255, round(part * factor)):02x}" for part in parts)


class _Brush:
    """Draws in the picture's own pixels, whatever they are drawn at."""

    def __init__(self, brush: ImageDraw.ImageDraw, chance: random.Random) -> None:
        self._brush = brush
        self._chance = chance

    def _round(self, centre: tuple[float, float], radii: tuple[float, float], fill: str) -> None:
        (x, y), (a, b) = centre, radii
        box: Box = (x - a, y - b, x + a, y + b)
        self._brush.ellipse([edge * FINER for edge in box], fill=fill)

    def _spot(self, spread: float) -> tuple[float, float]:
        """A place in the dish, evenly spread."""
        angle = self._chance.uniform(0, 2 * math.pi)
        away = spread * math.sqrt(self._chance.random())
        return CENTRE[0] + 1.25 * away * math.cos(angle), CENTRE[1] + away * math.sin(angle)

    def table(self, colour: str) -> None:
        """A cloth with broad stripes, a little lighter."""
        for left in range(0, SIZE[0] * FINER, 160):
            box = (left, 0, left + 80, SIZE[1] * FINER)
            self._brush.rectangle(box, fill=_shade(colour, 1.04))

    def dish(self, table: str, deep: bool) -> None:
        """A plate, or a bowl where it is deep, and its shadow on the table."""
        x, y = CENTRE
        self._round((x + 4, y + 10), (174, 130), _shade(table, 0.72))
        self._round((x, y), (172, 128), "#fffdf8" if not deep else "#f3e3cf")
        self._round((x, y), (140, 102), "#f6efe3" if not deep else "#fffaf2")

    def pieces(self, food: tuple[str, ...]) -> None:
        """Bite-sized pieces, heaped."""
        for number in range(46):
            radius = self._chance.uniform(14, 24)
            colour = food[number % len(food)]
            self._round(self._spot(76), (radius * 1.2, radius * 0.8), colour)
        self._garnish()

    def soup(self, food: tuple[str, ...]) -> None:
        """A clear surface with something swimming in it."""
        self._round(CENTRE, (128, 92), food[0])
        for number in range(18):
            radius = self._chance.uniform(8, 17)
            self._round(self._spot(68), (radius * 1.4, radius), food[1 + number % (len(food) - 1)])
        self._garnish()

    def noodles(self, food: tuple[str, ...]) -> None:
        """Strands, and something on top."""
        self._round(CENTRE, (128, 92), food[1])
        for _ in range(60):
            x, y = self._spot(52)
            a, b = self._chance.uniform(24, 46), self._chance.uniform(16, 30)
            start = self._chance.uniform(0, 360)
            box = [edge * FINER for edge in (x - a, y - b, x + a, y + b)]
            self._brush.arc(box, start, start + 150, fill=food[0], width=5 * FINER)
        for colour in food[2:]:
            for _ in range(6):
                self._round(self._spot(40), (17, 11), colour)
        self._garnish()

    def buns(self, food: tuple[str, ...]) -> None:
        """Round things side by side."""
        for x, y in ((170, 130), (240, 116), (310, 130), (205, 178), (275, 178)):
            self._round((x, y + 4), (40, 32), food[1])
            self._round((x, y), (38, 30), food[0])
            self._round((x, y - 10), (9, 5), food[1])

    def rice(self, food: tuple[str, ...]) -> None:
        """A bowl of grains with some colour in it."""
        self._round(CENTRE, (126, 90), food[0])
        for number in range(240):
            colour = food[number % len(food)]
            self._round(self._spot(80), (6, 3.5), colour)
        self._garnish()

    def _garnish(self) -> None:
        for _ in range(9):
            self._round(self._spot(62), (5, 3), "#6f9e3f")
