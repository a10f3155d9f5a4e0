"""An asset, its plan, and a technician with some parts."""

from __future__ import annotations

import io
from datetime import date
from itertools import count
from typing import Any

import xlsxwriter

from models.repairs import assets, catalogue, parts, plans, stock
from models.repairs.asset_sheets import HEADER
from models.repairs.assets import AssetInput, Place
from models.repairs.catalogue import CategoryInput
from models.repairs.parts import PartInput
from models.repairs.plan_dates import Every
from models.repairs.plans import PlanInput, Skip
from models.repairs.stock import Handing
from tests.contract_house import Campus, Wish
from tests.machinery import MONDAY
from tests.meals_house import BOSS

ASSET, CATEGORY, CODE, PART = "ast_sample", "cat_sample", "SAMPLE-1", "prt_sample"
DISPATCHER, TECHNICIAN = "per_dispatcher", "per_technician"
NAMES: dict[str, Any] = {
    "asset_id": ASSET,
    "plan_id": "mnt_sample",
    "part_id": PART,
}
_numbers = count(1)
NEW_YEAR = date(2027, 1, 1)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def set_up(campus: Campus) -> None:
    """Something that stands somewhere, and is looked after."""
    campus.clock.now = MONDAY
    boss = campus.context(BOSS)
    await catalogue.put(boss, CATEGORY, CategoryInput(name="样例"))
    await assets.put(boss, ASSET, _asset())
    await plans.put(boss, "mnt_sample", _plan())
    await parts.put(boss, PART, PartInput(name="阀芯", low=0, high=10_000))


def _asset() -> AssetInput:
    place = Place(building="9号楼", floor="1")
    return AssetInput(code=CODE, name="水泵", category=CATEGORY, location=place, meter_unit="小时")


def _plan() -> PlanInput:
    return PlanInput(asset=ASSET, title="月检", every=Every(months=1), next_on=NEW_YEAR)


async def _a_code(campus: Campus) -> Wish:
    return Wish(names={"code": CODE})


async def _labels(campus: Campus) -> Wish:
    return Wish(query={"ids": ASSET})


async def _an_asset(campus: Campus) -> Wish:
    number = next(_numbers)
    place = {"building": "9号楼", "floor": "1"}
    body = {"code": f"NEW-{number}", "name": "水泵", "category": CATEGORY, "location": place}
    return Wish(names={"asset_id": f"ast_new_{number}"}, body=body)


async def _a_sheet(campus: Campus) -> Wish:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet().write_row(0, 0, HEADER)
    return Wish(query={"dry_run": "false"}, body=content.getvalue(), media_type=XLSX)


async def _a_reading(campus: Campus) -> Wish:
    return Wish(body={"value": 10**9})


async def _a_plan(campus: Campus) -> Wish:
    every = {"months": 1}
    return Wish(body={"asset": ASSET, "title": "月检", "every": every, "next_on": "2027-01-01"})


async def _what_is_due(campus: Campus) -> Wish:
    plan = await plans.put(campus.context(BOSS), "mnt_sample", _plan())
    skip = Skip(due=plan.due or "", reason="停用")
    return Wish(body={"due": skip.due, "reason": skip.reason})


async def _a_part(campus: Campus) -> Wish:
    name = {"part_id": f"prt_new_{next(_numbers)}"}
    return Wish(names=name, body={"name": "阀芯", "low": 0, "high": 10_000})


async def _parts(campus: Campus) -> Wish:
    return Wish(body={"person": TECHNICIAN, "part": PART, "count": 1})


async def _parts_out(campus: Campus) -> Wish:
    ctx = campus.context(DISPATCHER, idempotency_key=campus.key())
    await stock.check_out(ctx, Handing(person=TECHNICIAN, part=PART, count=1))
    return await _parts(campus)


ASKS = {
    "repair_assets_by_code": _a_code,
    "repair_assets_labels": _labels,
    "repair_assets_import_assets": _a_sheet,
    "repair_assets_register": _an_asset,
    "repair_assets_read_meter": _a_reading,
    "repair_assets_set_plan": _a_plan,
    "repair_assets_skip": _what_is_due,
    "repair_assets_set_part": _a_part,
    "repair_assets_check_out": _parts,
    "repair_assets_bring_back": _parts_out,
}
