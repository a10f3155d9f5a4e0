"""Menus as spreadsheets: written and read back alike, mistakes named by line, nothing by halves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base.errors import Forbidden, VersionNeeded
from models.base.store import Store
from models.meals import closing_days, menu_sheets, menus
from models.meals.canteens import Serving
from models.meals.closing_days import ClosingDay
from models.meals.menu_sheets import HEADER
from models.meals.menus import MenuDay, MenuMeal
from models.meals.refusals import SheetUnusable, SheetWrong
from server.adapters.sheets import Workbooks
from tests.canteen_house import (
    FRIDAY,
    KEPT,
    MONDAY,
    REF,
    TUESDAY,
    Canteen,
    lunch,
    noon,
    open_canteen,
)
from tests.meals_house import DESK, WEST_DESK

TUE = ["2026-11-24", "午餐", "11:30", "12:00", "10", "否", "15.00"]


async def opened(store: Store) -> Canteen:
    """The canteen, with the real reader and writer of workbooks."""
    house = await open_canteen(store)
    object.__setattr__(house.house.ports, "sheets", Workbooks())
    return house


async def upload(
    house: Canteen, tmp_path: Path, rows: Sequence[Sequence[Any]], version: int | None = None
) -> menus.MenuView:
    """Import what an office program would have saved."""
    sheet = tmp_path / "menu.xlsx"
    sheet.write_bytes(await Workbooks().write("菜单", HEADER, [list(row) for row in rows]))
    return await menu_sheets.imported(house.ctx(DESK, if_match=version), REF, sheet)


async def test_a_sheet_becomes_a_draft(store: Store, tmp_path: Path) -> None:
    house = await opened(store)
    menu = await upload(
        house,
        tmp_path,
        [
            [*TUE, "红烧肉、清炒时蔬", "有新菜"],
            ["2026/11/24", "lunch", "12：00", "12:30", "5", "是", "15", "", ""],
            [FRIDAY, "晚餐", "17:30", "18:00", 8, "", "", "清炒时蔬", ""],
            ["2026-11-25", "停餐", "", "", "", "", "", "", "盘点"],
        ],
    )
    assert menu.days == [
        MenuDay(
            date=TUESDAY,
            note="有新菜",
            meals=[
                MenuMeal(
                    meal="lunch",
                    price=1500,
                    dishes=[house.pork, house.greens],
                    sittings=[
                        noon(),
                        Serving(starts="12:00", ends="12:30", capacity=5, walk_ins=True),
                    ],
                )
            ],
        ),
        MenuDay(date=TUESDAY.replace(day=25), closed=True, note="盘点"),
        MenuDay(
            date=FRIDAY,
            meals=[
                MenuMeal(
                    meal="dinner",
                    price=1200,
                    dishes=[house.greens],
                    sittings=[Serving(starts="17:30", ends="18:00", capacity=8)],
                )
            ],
        ),
    ]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (["2026-12-01", *TUE[1:]], "2026-12-01 不在 2026-11-23 至 2026-11-29 这一周内"),
        (["明天", *TUE[1:]], "日期“明天”应写作 2026-11-23"),
        ([TUE[0], "夜宵", *TUE[2:]], "餐次“夜宵”应为 午餐、晚餐 或 停餐"),
        ([*TUE[:2], "25:00", *TUE[3:]], "时间“25:00”应写作 11:30"),
        ([*TUE[:2], "12:30", *TUE[3:]], "结束时间须晚于开始时间"),
        ([*TUE[:4], "很多", *TUE[5:]], "名额“很多”应为整数"),
        ([*TUE[:4], "-1", *TUE[5:]], "名额“-1”应为整数"),
        ([*TUE[:4], "٣", *TUE[5:]], "名额“٣”应为整数"),
        ([*TUE[:4], "100001", *TUE[5:]], "名额不能超过 100000"),
        ([*TUE[:5], "也许", TUE[6]], "散客“也许”应为 是 或 否"),
        ([*TUE[:6], "十元"], "价格“十元”应写作 12.50"),
        ([*TUE, "龙虾"], "没有名为“龙虾”的菜品"),
    ],
)
async def test_a_line_that_cannot_be_meant_is_named(
    store: Store, tmp_path: Path, row: list[str], sentence: str
) -> None:
    house = await opened(store)
    good = ["2026-11-27", *TUE[1:]]
    refusal = await house.refused(upload(house, tmp_path, [good, row]))
    assert isinstance(refusal, SheetWrong)
    assert refusal.errors == (("/rows/3", sentence),)


async def test_every_wrong_line_is_named_at_once(store: Store, tmp_path: Path) -> None:
    house = await opened(store)
    rows = [
        [*TUE, "红烧肉"],
        [*TUE, "红烧肉"],
        [*TUE[:2], "12:00", "12:30", "5", "", "16"],
        [*TUE[:2], "12:00", "12:30", "5", "", "15", "清炒时蔬"],
        [TUE[0], "停餐"],
    ]
    refusal = await house.refused(upload(house, tmp_path, rows))
    assert dict(refusal.errors) == {
        "/rows/3": "同一天午餐有两个场次在 11:30 开始",
        "/rows/4": "与同一天午餐其他行的价格不一致",
        "/rows/5": "与同一天午餐其他行的菜品不一致",
        "/rows/6": "停餐日不能同时安排餐次",
    }
    assert refusal.facts == {"count": 4}


async def test_a_sheet_with_other_columns_is_turned_away(store: Store, tmp_path: Path) -> None:
    house = await opened(store)
    sheet = tmp_path / "menu.xlsx"
    sheet.write_bytes(await Workbooks().write("菜单", ["姓名"], [["张三"]]))
    act = menu_sheets.imported(house.ctx(DESK), REF, sheet)
    assert [pointer for pointer, _ in (await house.refused(act)).errors] == ["/rows/1"]
    sheet.write_bytes(b"no workbook")
    act = menu_sheets.imported(house.ctx(DESK), REF, sheet)
    assert isinstance(await house.refused(act), SheetUnusable)


async def test_a_sheet_replaces_only_the_version_it_names(store: Store, tmp_path: Path) -> None:
    house = await opened(store)
    await house.save(lunch())
    refusal = await house.refused(upload(house, tmp_path, [TUE]))
    assert isinstance(refusal, VersionNeeded)
    assert (await upload(house, tmp_path, [TUE], version=1)).version == 2


async def test_sheets_are_for_the_own_canteen(store: Store, tmp_path: Path) -> None:
    house = await opened(store)
    act = menu_sheets.written(house.ctx(WEST_DESK), REF)
    assert isinstance(await house.refused(act), Forbidden)
    sheet = menu_sheets.imported(house.ctx(WEST_DESK), REF, tmp_path / "none.xlsx")
    assert isinstance(await house.refused(sheet), Forbidden)


async def test_the_suggestion_of_an_empty_week_can_be_written(store: Store, tmp_path: Path) -> None:
    house = await opened(store)
    shut = ClosingDay(canteen="ctn_1", date=MONDAY, note="检修")
    await closing_days.add(house.ctx(DESK), shut)
    sheet = tmp_path / "menu.xlsx"
    sheet.write_bytes(await menu_sheets.written(house.ctx(DESK), REF))
    rows = await Workbooks().read(sheet, 100)
    assert rows[0] == HEADER
    assert rows[1] == ["2026-11-23", "停餐", "", "", "", "", "", "", "检修"]
    assert rows[2] == ["2026-11-24", "午餐", "11:30", "12:00", "10", "否", "15.00", "", ""]


def meals(dishes: Sequence[str]) -> st.SearchStrategy[list[MenuMeal]]:
    serving = st.builds(
        Serving,
        starts=st.sampled_from(["00:00", "07:05", "11:30", "17:00"]),
        ends=st.sampled_from(["17:30", "23:59"]),
        capacity=st.integers(0, 100_000),
        walk_ins=st.booleans(),
    )
    meal = st.builds(
        MenuMeal,
        meal=st.sampled_from(["lunch", "dinner"]),
        price=st.integers(0, 10**8 - 1),
        sittings=st.lists(serving, max_size=3, unique_by=lambda each: each.starts),
        dishes=st.lists(st.sampled_from(dishes), unique=True, max_size=2),
    )
    return st.lists(meal, max_size=2, unique_by=lambda each: each.meal)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_is_read_back(
    store: Store, runner: asyncio.Runner, tmp_path: Path, data: st.DataObject
) -> None:
    async def story(draw: Callable[..., Any]) -> None:
        for name in ("people", *KEPT):
            await store.delete(name, {})
        house = await opened(store)
        notes = st.text("今日新菜 a1-", max_size=8).map(str.strip)
        days = [
            MenuDay(date=day, note=draw(notes), meals=draw(meals([house.pork, house.greens])))
            for day in (MONDAY, TUESDAY)
        ]
        days.append(MenuDay(date=FRIDAY, closed=True, note=draw(notes)))
        saved = await house.save(*days)
        sheet = tmp_path / "menu.xlsx"
        sheet.write_bytes(await menu_sheets.written(house.ctx(DESK), REF))
        read = await menu_sheets.imported(house.ctx(DESK, if_match=1), REF, sheet)
        assert read.days == saved.days

    runner.run(story(data.draw))
