"""The register: found by what people know, imported as a whole or not at all, and its history."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.base.errors import Refusal
from models.base.ports import Label, SheetError
from models.base.store import Document, Store
from models.repairs import asset_history, asset_labels, asset_sheets, assets
from models.repairs.asset_history import mtbf, mttr
from models.repairs.asset_labels import LabelQuery, NoLabels
from models.repairs.asset_sheets import (
    HEADER,
    AssetsUnreadable,
    AssetsWrong,
    ImportQuery,
    ImportReport,
)
from models.repairs.assets import (
    AssetCodeTaken,
    AssetInput,
    AssetQuery,
    AssetUnknown,
    AssetWrong,
    Place,
)
from models.repairs.refusals import AssetRetired
from models.repairs.reporting import ASSETS
from server.adapters.sheets import Workbooks
from tests.repairs_house import ANN, BOSS, DAY, DORA, DREW, HOUR, LIFT, TOM, WATER, Repairs
from tests.repairs_house import open_house as a_house_of_repairs

KEPT = (ASSETS, "audit", "orders")
WRITTEN = ("编号", "名称", "类别", "楼栋", "楼层", "房间", "启用日期", "价格（元）", "状态")
PUMP_LINE = ("PUMP-1", "水泵", "水暖", "1号楼", "B1", "泵房", "2021-06-01", "3200.5", "在用")
START = datetime(2026, 11, 2, tzinfo=UTC)


def an_asset(code: str = "PUMP-1", **said: Any) -> AssetInput:
    usual: dict[str, Any] = {"code": code, "name": "水泵", "category": WATER}
    usual |= {"location": Place(building="1号楼", floor="B1", room="泵房")}
    return AssetInput(**usual | said)


async def put(repairs: Repairs, asset_id: str = "ast_pump", **said: Any) -> assets.Asset:
    return await assets.put(await repairs.ctx(BOSS), asset_id, an_asset(**said))


async def codes(repairs: Repairs, **query: Any) -> list[str]:
    page = await assets.listed(await repairs.ctx(ANN), AssetQuery(**query))
    return [each.code for each in page.items]


async def everything(store: Store) -> dict[str, list[Document]]:
    return {name: await store.find(name, {}, sort=[("_id", 1)]) for name in KEPT}


async def refused(repairs: Repairs, act: Awaitable[Any]) -> Refusal:
    before = await everything(repairs.store)
    with pytest.raises(Refusal) as refusal:
        await act
    assert await everything(repairs.store) == before
    return refusal.value


class _Sheet:
    """Reads what it was given, as the adapter would."""

    def __init__(self, rows: Sequence[Sequence[str]] | None) -> None:
        self._rows = rows

    async def read(self, path: Path, max_rows: int) -> list[list[str]]:
        if self._rows is None:
            raise SheetError("not-a-workbook")
        return [list(row) for row in self._rows]

    async def write(self, title: str, header: list[str], rows: list[list[Any]]) -> bytes:
        return b""


async def read_sheet(
    repairs: Repairs, rows: Sequence[Sequence[str]] | None, dry_run: bool = False
) -> ImportReport:
    """What an import of these rows reports."""
    ctx = await repairs.ctx(BOSS)
    house = replace(ctx.house, ports=replace(ctx.house.ports, sheets=_Sheet(rows)))
    turn = replace(ctx, house=house)
    return await asset_sheets.imported(turn, Path("sheet"), ImportQuery(dry_run=dry_run))


def faults(refusal: Refusal) -> list[tuple[str, str]]:
    assert isinstance(refusal, AssetsWrong)
    return list(refusal.errors)


async def test_an_asset_is_registered_as_it_was_said(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    made = await put(repairs, installed=date(2021, 6, 1), cost=320050, meter_unit="小时")
    assert made == await assets.one(await repairs.ctx(BOSS), "ast_pump")
    assert (made.installed, made.cost, made.enabled) == (date(2021, 6, 1), 320050, True)
    assert made.meter == assets.Meter(unit="小时", reading=0, total=0, read_at=None)
    await put(repairs, installed=date(2021, 6, 1), cost=320050, meter_unit="小时")
    acts = await store.find("audit", {"object": "ast_pump"})
    assert [act["act"] for act in acts] == ["repairs.asset"]


async def test_a_scan_begins_a_report_of_the_asset(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    await put(repairs)
    found = await assets.by_code(await repairs.ctx(ANN), "PUMP-1")
    assert (found.id, found.category, found.category_name) == ("ast_pump", WATER, "水暖")
    assert found.location == Place(building="1号楼", floor="B1", room="泵房")
    assert isinstance(
        await refused(repairs, assets.by_code(await repairs.ctx(ANN), "PUMP-2")), AssetUnknown
    )


async def test_nothing_more_is_reported_of_what_is_out_of_use(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    await put(repairs)
    await repairs.report(asset_id="ast_pump")
    await put(repairs, enabled=False)
    again = repairs.report(key="again", asset_id="ast_pump")
    assert isinstance(await refused(repairs, again), AssetRetired)


async def test_a_code_is_one_assets_alone(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    await put(repairs)
    refusal = await refused(repairs, put(repairs, "ast_other"))
    assert isinstance(refusal, AssetCodeTaken)
    assert refusal.detail() == "编号 PUMP-1 已被使用。"


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"category": "cat_none"}, "/category"),
        ({"name": " "}, "/name"),
        ({"parent": "ast_none"}, "/parent"),
        ({"parent": "ast_pump"}, "/parent"),
        ({"parent": "ast_valve"}, "/parent"),
    ],
)
async def test_an_asset_that_contradicts_the_register_is_refused(
    store: Store, said: dict[str, Any], pointer: str
) -> None:
    repairs = await a_house_of_repairs(store)
    await put(repairs)
    await put(repairs, "ast_valve", code="VALVE-1", parent="ast_pump")
    refusal = await refused(repairs, put(repairs, **said))
    assert isinstance(refusal, AssetWrong)
    assert [at for at, _ in refusal.errors] == [pointer]


async def test_an_asset_shows_what_it_is_part_of_and_its_parts(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    await put(repairs)
    valve = await put(repairs, "ast_valve", code="VALVE-1", parent="ast_pump")
    pump = await assets.one(await repairs.ctx(TOM), "ast_pump")
    assert ([each.code for each in pump.parts], pump.parent) == (["VALVE-1"], None)
    assert valve.parent is not None
    assert valve.parent.code == "PUMP-1"


async def test_assets_are_found_by_what_people_know_of_them(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    hall = Place(building="2号楼", floor="1", room="大厅")
    for asset_id, code, said in (
        ("ast_1", "AC-1", {"name": "风机盘管（A.B）"}),
        ("ast_2", "LIFT-1", {"name": "客梯", "category": LIFT, "location": hall}),
        ("ast_3", "PUMP-1", {}),
    ):
        await put(repairs, asset_id, code=code, **said)
    assert await codes(repairs) == ["AC-1", "LIFT-1", "PUMP-1"]
    assert await codes(repairs, q="lift") == ["LIFT-1"]
    assert await codes(repairs, q="盘管") == ["AC-1"]
    assert await codes(repairs, q="a.b") == ["AC-1"]
    assert await codes(repairs, q="a*b") == []
    assert await codes(repairs, q="大厅") == ["LIFT-1"]
    assert await codes(repairs, building="1号楼") == ["AC-1", "PUMP-1"]
    assert await codes(repairs, category=LIFT) == ["LIFT-1"]
    first = await assets.listed(await repairs.ctx(ANN), AssetQuery(limit=2))
    assert await codes(repairs, limit=2, after=first.next) == ["PUMP-1"]


async def test_places_go_from_the_bottom_up(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    for number, (floor, room) in enumerate([("2", "201"), ("B1", ""), ("10", "1001"), ("2", "")]):
        where = Place(building="1号楼", floor=floor, room=room)
        await put(repairs, f"ast_{number}", code=f"X-{number}", location=where)
    await put(repairs, "ast_yard", code="Y-1", location=Place(building="院内"))
    tree = await assets.places(repairs.house)
    found = [
        (each.building, [(floor.floor, floor.rooms) for floor in each.floors])
        for each in tree.items
    ]
    inside = [("B1", []), ("2", ["201"]), ("10", ["1001"])]
    assert found == [("1号楼", inside), ("院内", [])]


async def test_a_sheet_is_tried_first_and_then_brought_into_force(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    await put(repairs, name="旧水泵", note="勿动")
    rows = [WRITTEN, PUMP_LINE, (), ("AC-1", "风机盘管", LIFT, "2号楼", "3")]
    before = await everything(store)
    report = await read_sheet(repairs, rows, dry_run=True)
    assert await everything(store) == before
    assert [(each.line, each.code) for each in report.add] == [(4, "AC-1")]
    (change,) = report.change
    assert (change.line, change.fields) == (2, ["名称", "启用日期", "价格（元）"])
    assert (await read_sheet(repairs, rows)).add == report.add
    pump = await assets.one(await repairs.ctx(BOSS), "ast_pump")
    assert (pump.name, pump.cost, pump.note) == ("水泵", 320050, "勿动")
    assert await codes(repairs) == ["AC-1", "PUMP-1"]
    again = await read_sheet(repairs, rows)
    assert (again.add, again.change) == ([], [])


async def test_a_line_may_name_a_parent_that_stands_below_it(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    header = ("编号", "名称", "类别", "楼栋", "楼层", "上级编号")
    rows = [
        header,
        ("V-1", "阀", "水暖", "1号楼", "1", "p-1"),
        ("P-1", "泵", "水暖", "1号楼", "1", ""),
    ]
    await read_sheet(repairs, rows)
    valve = await store.first(ASSETS, {"code": "V-1"})
    pump = await store.first(ASSETS, {"code": "P-1"})
    assert valve is not None
    assert pump is not None
    assert valve["parent"] == pump["_id"]


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"编号": "泵 1"}, "编号填写不正确"),
        ({"名称": ""}, "名称填写不正确"),
        ({"类别": "水电"}, "没有“水电”这个报修类别"),
        ({"楼栋": ""}, "楼栋、楼层或房间填写不正确"),
        ({"启用日期": "去年"}, "启用日期填写不正确"),
        ({"价格（元）": "三千"}, "价格“三千”应写作 3200 或 3200.50"),
        ({"状态": "坏"}, "状态只能是在用或停用，不能是“坏”"),
        ({"编号": "AC-1"}, "编号与第 2 行重复"),
    ],
)
async def test_a_wrong_line_is_named_and_nothing_is_imported(
    store: Store, changes: dict[str, str], detail: str
) -> None:
    repairs = await a_house_of_repairs(store)
    line = dict(zip(WRITTEN, PUMP_LINE, strict=True)) | changes
    rows = [WRITTEN, ("AC-1", "风机盘管", "水暖", "2号楼", "3"), list(line.values())]
    refusal = await refused(repairs, read_sheet(repairs, rows))
    assert faults(refusal) == [("/rows/3", detail)]
    report = await read_sheet(repairs, rows, dry_run=True)
    assert [(each.line, each.detail) for each in report.errors] == [(3, detail)]


async def test_parents_in_a_circle_are_refused(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    header = ("编号", "名称", "类别", "楼栋", "楼层", "上级编号")
    rows = [
        header,
        ("A-1", "甲", "水暖", "1号楼", "1", "B-1"),
        ("B-1", "乙", "水暖", "1号楼", "1", "A-1"),
    ]
    refusal = await refused(repairs, read_sheet(repairs, rows))
    assert [at for at, _ in faults(refusal)] == ["/rows/2", "/rows/3"]


async def test_a_sheet_without_its_columns_or_no_sheet_at_all_is_refused(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    refusal = await refused(repairs, read_sheet(repairs, [("编号", "名称")]))
    assert faults(refusal) == [("/rows/1", "缺少列：类别、楼栋、楼层")]
    assert isinstance(await refused(repairs, read_sheet(repairs, None)), AssetsUnreadable)


async def test_the_template_can_be_read_back(store: Store, tmp_path: Path) -> None:
    repairs = await a_house_of_repairs(store)
    workbooks = Workbooks()
    ctx = await repairs.ctx(BOSS)
    house = replace(ctx.house, ports=replace(ctx.house.ports, sheets=workbooks))
    path = tmp_path / "template.xlsx"
    path.write_bytes(await asset_sheets.template(replace(ctx, house=house)))
    rows = await workbooks.read(path, 10)
    workbooks.close()
    assert (tuple(rows[0]), len(rows)) == (HEADER, 3)
    report = await read_sheet(repairs, rows, dry_run=True)
    assert [each.detail for each in report.errors] == ["没有“空调”这个报修类别"]
    assert [each.code for each in report.add] == ["LIFT-1-01"]


async def test_labels_are_printed_by_code_and_at_most_two_hundred(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    for number in (3, 1, 2):
        await put(repairs, f"ast_{number}", code=f"X-{number}")
    boss = await repairs.ctx(BOSS)
    printed = await asset_labels.sheet(boss, LabelQuery(ids="ast_3,ast_1"))
    assert printed.decode().split() == ["qj:asset:X-1", "qj:asset:X-3"]
    printed = await asset_labels.sheet(boss, LabelQuery(building="1号楼", after="X-1"))
    assert printed.decode().split() == ["qj:asset:X-2", "qj:asset:X-3"]
    for query in (LabelQuery(), LabelQuery(ids="ast_9"), LabelQuery(ids=",".join(["ast_1"] * 201))):
        assert isinstance(await refused(repairs, asset_labels.sheet(boss, query)), NoLabels)


def test_a_label_says_what_it_is_and_where_it_belongs() -> None:
    place = {"building": "1号楼", "floor": "3", "room": "301"}
    label = asset_labels.label({"code": "AC-1", "name": "风机盘管", "location": place})
    lines = ("AC-1", "1号楼 3层 301")
    assert label == Label(content="qj:asset:AC-1", title="风机盘管", lines=lines)


def test_times_to_repair_and_between_failures_are_means() -> None:
    failures = [
        (START, START + 2 * HOUR),
        (START + 3 * DAY, START + 3 * DAY + 4 * HOUR),
        (START + 3 * DAY + HOUR, None),
    ]
    assert mttr(failures) == 180
    assert mtbf(failures) == (3 * DAY - 2 * HOUR) // timedelta(minutes=1)
    assert (mttr([]), mtbf(failures[:1]), mttr(failures[2:])) == (None, None, None)


async def test_the_history_counts_failures_and_what_they_cost(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    await put(repairs)
    await repairs.fixed(asset_id="ast_pump")
    repairs.clock.forward(days=1)
    second = await repairs.report(key="second", asset_id="ast_pump")
    await repairs.step(ANN, second, "cancel")
    history = await asset_history.history(await repairs.ctx(BOSS), "ast_pump")
    assert [each.state for each in history.items] == ["cancelled", "fixed"]
    assert (history.failures, history.labour_minutes, history.cost) == (1, 20, 0)
    assert (history.mttr_minutes, history.mtbf_minutes) == (0, None)


async def test_another_vendors_tickets_are_not_in_the_history(store: Store) -> None:
    repairs = await a_house_of_repairs(store)
    await put(repairs)
    await repairs.taken(asset_id="ast_pump")
    seen = [
        len((await asset_history.history(await repairs.ctx(who), "ast_pump")).items)
        for who in (BOSS, DORA, TOM, DREW)
    ]
    assert seen == [1, 1, 1, 0]
