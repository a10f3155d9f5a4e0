"""Reads one uploaded workbook in a process of its own, under limits that only this process dies of.

Run as `python -I sheet_reader.py PATH MAX_ROWS`. Prints JSON: the rows, or the reason as one word.
Imports nothing of the product, so that it starts fast.
"""

from __future__ import annotations

import json
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from python_calamine import CalamineError, load_workbook

MEMORY: Final = 512 * 1024 * 1024  # bytes of address space
SECONDS: Final = 20  # of processor time
MAX_UNPACKED: Final = 100 * 1024 * 1024  # bytes
MAX_RATIO: Final = 100
MAX_COLUMNS: Final = 200
RATIO_COUNTS_FROM: Final = 1024 * 1024  # bytes; a small sheet may well pack better than 100:1


class NotTaken(Exception):
    """Why a file is turned away, as one word."""


def rows_of(path: str, max_rows: int) -> list[list[str]]:
    """The first sheet's rows as trimmed text, without the empty ones at its end."""
    check_size(path)
    with open(path, "rb") as upload:
        try:
            book = load_workbook(upload)
            sheet = book.get_sheet_by_index(0)
        except (CalamineError, IndexError) as fault:
            raise NotTaken("not-a-workbook") from fault
    last_row, last_column = sheet.end or (0, 0)  # counted from 0
    if last_row >= max_rows:
        raise NotTaken("too-many-rows")
    if last_column >= MAX_COLUMNS:
        raise NotTaken("too-large")
    rows = [[as_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


def check_size(path: str) -> None:
    """Refuse what is not an .xlsx or says itself that it unpacks to too much.

    What a file says may be a lie; the limits of the process hold all the same.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as fault:
        raise NotTaken("not-a-workbook") from fault
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise NotTaken("not-a-workbook")
    packed = sum(part.compress_size for part in parts)
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED:
        raise NotTaken("too-large")
    if unpacked > RATIO_COUNTS_FROM and unpacked > packed * MAX_RATIO:
        raise NotTaken("too-large")


def as_text(cell: Any) -> str:
    """A cell as a person would have typed it."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):  # every number comes as one: 13800000001.0
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.strftime("%H:%M")
    if isinstance(cell, timedelta):
        minutes = int(cell.total_seconds()) // 60
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    return str(cell).strip()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        answer: Any = rows_of(sys.argv[1], int(sys.argv[2]))
    except NotTaken as reason:
        answer = str(reason)
    except MemoryError:
        answer = "too-large"
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
