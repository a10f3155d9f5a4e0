"""Sheets of labels: as many pages as needed, and names that fit."""

from __future__ import annotations

from models.base.ports import Label
from server.adapters.labels import LabelSheets


def a_label(number: int = 1, title: str = "一层风机盘管") -> Label:
    code = f"AC-1-{number:04}"
    return Label(content=f"qj:asset:{code}", title=title, lines=(code, "1号楼 1层 101"))


async def test_a_sheet_has_24_labels_and_is_the_same_each_time() -> None:
    printer = LabelSheets()
    labels = [a_label(number) for number in range(25)]
    first, again = await printer.sheet(labels), await printer.sheet(labels)
    one_page = await printer.sheet(labels[:24])
    printer.close()
    assert first == again
    assert first.startswith(b"%PDF-")
    assert (one_page.count(b"/Type /Page\n"), first.count(b"/Type /Page\n")) == (1, 2)
    assert b"STSong-Light" in first


async def test_a_name_that_is_too_long_ends_after_three_lines() -> None:
    printer = LabelSheets()
    long, longer = [await printer.sheet([a_label(title="风" * length)]) for length in (60, 64)]
    printer.close()
    assert long == longer
