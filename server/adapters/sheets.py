"""Spreadsheets in and out, off the event loop.

A workbook of a few kilobytes can ask its reader for gigabytes (two cells at opposite corners, or
a zip bomb), and the reader then takes the whole process with it. So uploads are read by a process
of their own with limits on memory and time, `sheet_reader.py`.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import xlsxwriter

from models.base.clock import CAMPUS
from models.base.ports import SheetError
from server.adapters.pool import BoundedPool

READER: Final = Path(__file__).with_name("sheet_reader.py")
READ_SECONDS: Final = 30
MAX_ROWS: Final = 50_000  # written
MAX_TEXT: Final = 32_767  # characters in a cell, by the format
MAX_TITLE: Final = 31
EXACT: Final = 2**53  # a cell keeps integers up to this as they are
WIDEST: Final = 40  # characters
OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_NOT_IN_TITLES: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


class Workbooks:
    """Implements `models.base.ports.Sheets`."""

    def __init__(self) -> None:
        self._pool = BoundedPool("sheets", threads=2, waiting=8)

    async def read(self, path: Path, max_rows: int) -> list[list[str]]:
        """The first sheet's rows from its first line on, so that index + 1 is the line people see.

        Whole numbers come without a decimal point, dates as `2026-11-23`, times as `11:30`.
        Raises `SheetError` with `not-a-workbook`, `too-large` or `too-many-rows`.
        """
        return await self._pool.run(lambda: _read(path, max_rows))

    async def write(self, title: str, header: list[str], rows: list[list[Any]]) -> bytes:
        """An .xlsx with one sheet. Text stays text, also `=1+1`; times are shown on campus time.

        Raises `SheetError` `too-many-rows` above 50,000.
        """
        if len(rows) > MAX_ROWS:
            raise SheetError("too-many-rows")
        return await self._pool.run(lambda: _write(title, header, rows))

    def close(self) -> None:
        """Let the sheets under way end."""
        self._pool.close()


def _read(path: Path, max_rows: int) -> list[list[str]]:
    command = [sys.executable, "-I", str(READER), str(path), str(max_rows)]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command without a shell
            command, capture_output=True, timeout=READ_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise SheetError("too-large") from None
    if done.returncode:
        # Ended by a signal: one of its limits. Else the reader met what it could not take.
        raise SheetError("too-large" if done.returncode < 0 else "not-a-workbook")
    answer: str | list[list[str]] = msgspec.json.decode(done.stdout, type=str | list[list[str]])
    if isinstance(answer, str):
        raise SheetError(answer)
    return answer


def _write(title: str, header: list[str], rows: Iterable[list[Any]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, OPTIONS) as book:
        sheet = book.add_worksheet(title.translate(_NOT_IN_TITLES)[:MAX_TITLE].strip() or None)
        bold = book.add_format({"bold": True, "bg_color": "#E6F2F0", "bottom": 1})
        formats: dict[type, Any] = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for column, name in enumerate(header):
            # A Chinese character is as wide as two Latin ones.
            sheet.set_column(column, column, min(WIDEST, 6 + 2 * len(name)))
            sheet.write_string(0, column, name[:MAX_TEXT], bold)
        sheet.freeze_panes(1, 0)
        for line, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _put(sheet, (line, column), value, formats)
    return content.getvalue()


def _put(sheet: Any, place: tuple[int, int], value: Any, formats: dict[type, Any]) -> None:
    """Write `value` by its type; xlsxwriter's own guess would make formulas and links of text."""
    if isinstance(value, bool):
        sheet.write_boolean(*place, value)
    elif isinstance(value, int | float) and abs(value) <= EXACT:
        sheet.write_number(*place, value)
    elif isinstance(value, datetime):
        local = value.astimezone(CAMPUS).replace(tzinfo=None)
        sheet.write_datetime(*place, local, formats[datetime])
    elif isinstance(value, date):
        sheet.write_datetime(*place, value, formats[date])
    elif value is not None:
        sheet.write_string(*place, str(value)[:MAX_TEXT])
