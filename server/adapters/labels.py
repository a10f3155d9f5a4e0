"""Labels on A4 sheets as PDF, drawn off the event loop.

The grid is that of the usual sheets of 3 × 8 labels of 70 × 37 mm. Chinese is set in STSong-Light,
which PDF readers for Chinese bring along, so that no font file is needed here. Codes are drawn as
bars, not as pictures: they are sharp at any size, and the file stays small.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas

from models.base.ports import Label
from server.adapters.pool import BoundedPool

FONT: Final = "STSong-Light"
COLUMNS, ROWS = 3, 8
WIDTH, HEIGHT = 70 * mm, 37 * mm  # of a label
TOP: Final = (A4[1] - ROWS * HEIGHT) / 2
CODE: Final = 27 * mm  # a side of the code
MARGIN: Final = 4 * mm
TITLE, TEXT = 11, 9  # points
TITLE_LINES: Final = 3
MASK: Final = 2  # every mask can be read; to look for the best of the eight takes ten times as long

registerFont(UnicodeCIDFont(FONT))


class LabelSheets:
    """Implements `models.base.ports.LabelPrinter`; the same labels always give the same bytes."""

    def __init__(self) -> None:
        self._pool = BoundedPool("labels", threads=1, waiting=8)

    async def sheet(self, labels: Sequence[Label]) -> bytes:
        """A PDF of as many A4 pages as the labels need. Raises `PortError` when busy."""
        return await self._pool.run(lambda: _drawn(labels))

    def close(self) -> None:
        """Let the sheet being drawn end."""
        self._pool.close()


def _drawn(labels: Sequence[Label]) -> bytes:
    content = io.BytesIO()
    canvas = Canvas(content, pagesize=A4, pageCompression=1, invariant=1)
    for number, label in enumerate(labels):
        place = number % (COLUMNS * ROWS)
        if number and not place:
            canvas.showPage()
        row, column = divmod(place, COLUMNS)
        canvas.saveState()
        canvas.translate(column * WIDTH, A4[1] - TOP - (row + 1) * HEIGHT)
        _draw(canvas, label)
        canvas.restoreState()
    canvas.save()
    return content.getvalue()


def _draw(canvas: Any, label: Label) -> None:
    """One label: the code on the left, title and lines beside it."""
    _draw_code(canvas, label.content, MARGIN, (HEIGHT - CODE) / 2)
    left = MARGIN + CODE + 3 * mm
    room = WIDTH - left - MARGIN
    height = HEIGHT - 8 * mm
    canvas.setFont(FONT, TITLE)
    for line in list(_broken(label.title, TITLE, room))[:TITLE_LINES]:
        canvas.drawString(left, height, line)
        height -= TITLE * 1.25
    canvas.setFont(FONT, TEXT)
    for text in label.lines:
        for line in list(_broken(text, TEXT, room))[:2]:
            height -= TEXT * 1.25
            canvas.drawString(left, height, line)


def _draw_code(canvas: Any, text: str, left: float, bottom: float) -> None:
    """The code, each run of dark modules as one bar; the label around it is its quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK)
    code.add_data(text)
    code.make()
    modules = code.get_matrix()
    canvas.saveState()
    canvas.translate(left, bottom)
    canvas.scale(CODE / len(modules), CODE / len(modules))
    path = canvas.beginPath()
    for row, cells in enumerate(reversed(modules)):
        for start, length in _runs(cells):
            path.rect(start, row, length, 1)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def _runs(cells: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """(start, length) of each run of dark modules."""
    start = None
    for place, dark in enumerate([*cells, False]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place - start
            start = None


def _broken(text: str, size: int, room: float) -> Iterator[str]:
    """The text in lines that fit; Chinese may be broken anywhere."""
    line = ""
    for character in text:
        if line and stringWidth(line + character, FONT, size) > room:
            yield line
            line = ""
        line += character
    if line:
        yield line
