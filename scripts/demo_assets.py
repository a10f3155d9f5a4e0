"""The demo's assets: three hundred in six buildings, parts for them, and plans to look after them.

Assets are inserted as models/repairs/assets.py describes them, all at once; everything else is made
by the same functions that the handlers call. What is there already is left as people have changed
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from models.base.clock import campus_date
from models.base.context import House
from models.repairs import assets, parts, plans, stock
from models.repairs.assets import AssetInput
from models.repairs.parts import PartInput
from models.repairs.plan_dates import Every
from models.repairs.plans import PlanInput
from models.repairs.reporting import ASSETS
from models.repairs.stock import Handing
from scripts.demo_people import id_of
from scripts.demo_repairs import CATALOGUE, CREW, DISPATCHERS, MANAGER
from scripts.demo_turns import acting, house_at

BACK: Final = timedelta(days=45)  # since when technicians have had their parts
BUILDINGS: Final = 6
FLOORS: Final = 5
ROOMS: Final = 7  # with an air conditioner, on each floor

# id: name, unit, low, high (fen), category
PARTS: Final[dict[str, tuple[str, str, int, int, str]]] = {
    "prt_valve": ("角阀", "个", 1800, 3500, "cat_water"),
    "prt_faucet": ("水龙头", "个", 4500, 12000, "cat_water"),
    "prt_hose": ("软管", "根", 1200, 2500, "cat_water"),
    "prt_lamp": ("灯管", "支", 900, 2000, "cat_light"),
    "prt_switch": ("开关面板", "个", 800, 2200, "cat_light"),
    "prt_breaker": ("空气开关", "个", 3500, 8000, "cat_light"),
    "prt_filter": ("空调滤网", "张", 2000, 4500, "cat_air"),
    "prt_capacitor": ("启动电容", "个", 2500, 6000, "cat_air"),
    "prt_button": ("楼层按钮", "个", 5000, 9500, "cat_lift"),
    "prt_hinge": ("合页", "副", 600, 1800, "cat_door"),
    "prt_lock": ("执手锁", "把", 6000, 15000, "cat_door"),
}
EACH: Final = 60  # of a part that a technician has been handed

LIFT_CHECKS: Final = ["曳引机无异响", "制动器动作正常", "轿门与层门联锁有效", "应急照明与通话正常"]
PUMP_CHECKS: Final = ["机械密封无渗漏", "轴承温度正常", "控制柜指示正常"]


async def seed(house: House) -> None:
    """Have assets, parts and plans; vendors and categories are there already."""
    if await house.store.first(ASSETS, {}) is None:
        await house.store.insert(ASSETS, *_assets())
        await _stock(house)
        await _plans(house)


def _assets() -> list[dict[str, Any]]:
    """Fifty assets in each building."""
    return [
        assets.changed(assets.new(f"ast_{body.code.lower().replace('-', '_')}"), body)
        for building in range(1, BUILDINGS + 1)
        for body in _of_building(building)
    ]


def _of_building(b: int) -> Iterator[AssetInput]:
    for n in (1, 2):
        yield _asset(
            b, f"LIFT-{b}-{n:02}", f"{n}号客梯", "cat_lift", ("1", "电梯厅"), 286_000, "次"
        )
        yield _asset(
            b, f"PUMP-{b}-{n:02}", f"{n}号生活水泵", "cat_water", ("B1", "水泵房"), 9_800, "小时"
        )
    yield _asset(b, f"GATE-{b}-01", "自动感应门", "cat_door", ("1", "大厅"), 18_600)
    for floor in range(1, FLOORS + 1):
        yield _asset(
            b, f"BOX-{b}-{floor:02}", f"{floor}层配电箱", "cat_light", (str(floor), "强电间"), 4_200
        )
        yield _asset(
            b,
            f"BOIL-{b}-{floor:02}",
            f"{floor}层开水器",
            "cat_water",
            (str(floor), "茶水间"),
            3_600,
        )
        for n in range(1, ROOMS + 1):
            room = f"{floor}{n:02}"
            yield _asset(
                b, f"FCU-{b}-{room}", f"{room} 风机盘管", "cat_air", (str(floor), room), 2_400
            )


def _asset(
    b: int, code: str, name: str, category: str, where: tuple[str, str], *more: Any
) -> AssetInput:
    """`more` is what it cost, in yuan, and what its meter counts."""
    cost, *unit = more
    body = {
        "code": code, "name": name, "category": category, "cost": cost * 100,
        "location": {"building": f"{b}号楼", "floor": where[0], "room": where[1]},
        "installed": date(2014 + b, 1 + len(code) % 12, 1), "meter_unit": unit[0] if unit else None,
    }  # fmt: skip
    return msgspec.convert(body, AssetInput)


async def _stock(house: House) -> None:
    """Parts, and what the technicians were handed some weeks ago."""
    manager = await acting(house, MANAGER)
    for part, (name, unit, low, high, _) in PARTS.items():
        await parts.put(manager, part, PartInput(name=name, unit=unit, low=low, high=high))
    then = house_at(house, house.clock() - BACK)
    for number, vendor in CREW.items():
        for part, (*_, category) in PARTS.items():
            if vendor in CATALOGUE[category]["vendors"]:
                dispatcher = await acting(then, DISPATCHERS[vendor], f"demo-stock-{number}-{part}")
                handing = Handing(person=id_of(number), part=part, count=EACH)
                await stock.check_out(dispatcher, handing)


async def _plans(house: House) -> None:
    """Lifts twice a month, doors every quarter, pumps by their hours."""
    manager = await acting(house, MANAGER)
    today = campus_date(house.clock())
    for b in range(1, BUILDINGS + 1):
        for n in (1, 2):
            day = today + timedelta(days=2 * b + n)
            lift = PlanInput(
                asset=f"ast_lift_{b}_{n:02}", title="电梯半月维保", every=Every(days=15),
                next_on=day, lead_days=1, checklist=LIFT_CHECKS, photos=True,
            )  # fmt: skip
            await plans.put(manager, f"mnt_lift_{b}_{n:02}", lift)
            pump = PlanInput(
                asset=f"ast_pump_{b}_{n:02}", title="水泵 500 小时保养", every=Every(meter=500),
                based_on="completed", checklist=PUMP_CHECKS,
            )  # fmt: skip
            await plans.put(manager, f"mnt_pump_{b}_{n:02}", pump)
        gate = PlanInput(
            asset=f"ast_gate_{b}_01", title="感应门季度检查", every=Every(months=3),
            next_on=today + timedelta(days=7 * b), lead_days=3, signature=True,
        )  # fmt: skip
        await plans.put(manager, f"mnt_gate_{b}", gate)
