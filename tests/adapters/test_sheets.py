"""Spreadsheets in and out."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import load_workbook

from models.base.ports import SheetError
from server.adapters.sheets import Workbooks


@pytest.fixture
def sheets() -> Workbooks:
    return Workbooks()


def workbook(path: Path, cells: dict[tuple[int, int], Any]) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for place, value in cells.items():
            sheet.write(*place, value)
    return path


async def refused(sheets: Workbooks, path: Path, max_rows: int = 100) -> str:
    with pytest.raises(SheetError) as caught:
        await sheets.read(path, max_rows)
    sheets.close()
    return str(caught.value)


async def test_what_is_written_is_read_back(sheets: Workbooks, tmp_path: Path) -> None:
    rows = [
        ["S0042", "王小明", 13800000001, 12.5, True, date(2026, 11, 23), None],
        ["S0043", " 空格 ", "013", "", False, datetime(2026, 11, 23, 3, 30, tzinfo=UTC), 0],
    ]
    path = tmp_path / "roster"
    path.write_bytes(await sheets.write("名册: 2026/11", ["工号", "姓名", "手机"], rows))
    assert await sheets.read(path, 3) == [
        ["工号", "姓名", "手机", "", "", "", ""],
        ["S0042", "王小明", "13800000001", "12.5", "TRUE", "2026-11-23", ""],
        ["S0043", "空格", "013", "", "FALSE", "2026-11-23 11:30", "0"],
    ]
    sheets.close()


@pytest.mark.parametrize(
    "text", ["=1+1", "=cmd|'/C calc'!A0", "@SUM(A1)", "{=1}", "http://example.cn", "+86", "1e5"]
)
async def test_text_is_never_taken_for_anything_else(
    sheets: Workbooks, tmp_path: Path, text: str
) -> None:
    content = await sheets.write("x", [text], [[text]])
    sheet_xml = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet_xml
    assert b"hyperlink" not in sheet_xml
    assert load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python() == [[text], [text]]
    sheets.close()


async def test_a_line_number_counts_the_empty_lines_above(
    sheets: Workbooks, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "x.xlsx", {(3, 1): "third"})
    assert await sheets.read(path, 10) == [["", ""], ["", ""], ["", ""], ["", "third"]]
    sheets.close()


async def test_an_empty_sheet_has_no_rows(sheets: Workbooks, tmp_path: Path) -> None:
    assert await sheets.read(workbook(tmp_path / "x.xlsx", {}), 10) == []
    sheets.close()


async def test_more_rows_than_allowed_are_refused(sheets: Workbooks, tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", {(row, 0): row for row in range(11)})
    assert len(await sheets.read(path, 11)) == 11
    assert await refused(sheets, path, 10) == "too-many-rows"


@pytest.mark.parametrize(
    "content", [b"", b"not a workbook", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0"]
)
async def test_what_is_not_a_workbook_is_refused(
    sheets: Workbooks, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    assert await refused(sheets, path) == "not-a-workbook"


async def test_a_zip_without_a_workbook_is_refused(sheets: Workbooks, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert await refused(sheets, path) == "not-a-workbook"


def bomb(path: Path, megabytes: int) -> Path:
    """A workbook with one part that unpacks to that much."""
    workbook(path, {(0, 0): "x"})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(megabytes * 1024 * 1024))
    return path


async def test_a_zip_bomb_is_refused(sheets: Workbooks, tmp_path: Path) -> None:
    assert await refused(sheets, bomb(tmp_path / "x.xlsx", 20)) == "too-large"


async def test_a_part_that_lies_about_its_size_is_refused(
    sheets: Workbooks, tmp_path: Path
) -> None:
    honest = workbook(tmp_path / "honest.xlsx", {(0, 0): "x"})
    text = b"<t>" + b"x" * 110_000_000 + b"</t>"
    path = tmp_path / "x.xlsx"
    strings = "xl/sharedStrings.xml"
    with zipfile.ZipFile(honest) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as to:
        for part in source.namelist():
            content = source.read(part)
            to.writestr(part, content.replace(b"<t>x</t>", text), compresslevel=1)
        size = to.getinfo(strings).file_size.to_bytes(4, "little")
    forged = path.read_bytes()
    assert forged.count(size) == 2  # in the part's own header and in the directory
    path.write_bytes(forged.replace(size, (1000).to_bytes(4, "little")))
    assert await refused(sheets, path) == "not-a-workbook"


async def test_two_cells_at_opposite_corners_end_only_their_reader(
    sheets: Workbooks, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "x.xlsx", {(0, 0): "a", (1_048_575, 16_383): "z"})
    assert path.stat().st_size < 10_000
    assert await refused(sheets, path) == "too-large"


async def test_more_rows_than_a_sheet_should_have_are_not_written(sheets: Workbooks) -> None:
    with pytest.raises(SheetError, match="too-many-rows"):
        await sheets.write("x", ["a"], [[]] * 50_001)
    sheets.close()
