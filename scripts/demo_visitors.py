"""The demo's gates, the types of its visitors, and who is invited today and tomorrow.

Everything is made by the same functions that the handlers call. What is there already is left as
people have changed it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from models.base.clock import campus_date, campus_time
from models.base.context import House
from models.visitors import gates, inviting, types
from models.visitors.gates import GATES, GateInput
from models.visitors.shapes import Invitation, Visitor
from models.visitors.types import TYPES, TypeInput
from scripts.demo_turns import acting

SECURITY: Final = "G0001"
ALWAYS: Final[Any] = {"opens": "00:00", "closes": "23:59"}  # somebody sits there at night
GATE_INPUTS: Final = {
    "gate_1": GateInput(
        name="南门", zone="南区", buildings=["1号楼", "2号楼", "3号楼"], **ALWAYS, side="south",
        way="地铁 2 号线行政中心站 B 口出，沿政通路向东步行 200 米；访客车辆停南门外 P1 停车场。",
    ),
    "gate_2": GateInput(
        name="北门", zone="北区", buildings=["4号楼", "5号楼", "6号楼"], **ALWAYS, side="north",
        way="公交 36 路市民广场站下车即到；货运车辆由北门东侧车道进出。",
    ),
}  # fmt: skip
TYPE_INPUTS: Final = {
    "vty_guest": TypeInput(name="普通访客"),
    "vty_meeting": TypeInput(name="参会人员", fetch=False),
    "vty_delivery": TypeInput(name="送货车辆", plate=True, fetch=False),
    "vty_project": TypeInput(name="项目驻场", approval=["leader"], long_term=True, fetch=False),
    "vty_builder": TypeInput(name="施工人员", approval=["leader", "security"], long_term=True),
    "vty_service": TypeInput(name="维修人员", long_term=True, fetch=False),
}
# host, visitor, phone, plate, from, to, purpose, companions
VISITS: Final = (
    ("S0261", "王喆", "13900008801", None, "08:30", "10:00", "档案移交", 0),
    ("S0262", "李玥", "13900008802", "苏A6P218", "09:00", "11:30", "项目评审", 2),
    ("S0263", "欧阳静", "13900008803", None, "09:30", "10:30", "面试", 0),
    ("S0264", "陈昇", "13900008804", None, "10:00", "12:00", "系统巡检", 1),
    ("S0265", "周堃", "13900008805", "苏B28K66", "13:30", "15:00", "合同洽谈", 0),
    ("S0266", "吴䶮", "13900008806", None, "14:00", "16:00", "业务咨询", 0),
    ("S0267", "郑书瑶", "13900008807", None, "14:30", "17:00", "媒体采访", 3),
    ("S0268", "冯致远", "13900008808", None, "15:00", "16:30", "政策辅导", 0),
)


async def seed(house: House) -> None:
    """Have gates, types, and the visits of today and tomorrow."""
    guard = await acting(house, SECURITY)
    for gate, said in GATE_INPUTS.items():
        if await house.store.get(GATES, gate) is None:
            await gates.put(guard, gate, said)
    for kind, wanted in TYPE_INPUTS.items():
        if await house.store.get(TYPES, kind) is None:
            await types.put(guard, kind, wanted)
    today = campus_date(house.clock())
    for day in (today, today + timedelta(days=1)):
        for visit in VISITS:
            await _invite(house, day, *visit)


async def _invite(house: House, day: date, host: str, *said: Any) -> None:
    """One visit, unless it would be over already."""
    name, phone, plate, starts, ends, purpose, companions = said
    if campus_time(day, ends) <= house.clock():
        return
    body = Invitation(
        visitor=Visitor(name=name, phone=phone, plate=plate),
        starts_at=campus_time(day, starts),
        ends_at=campus_time(day, ends),
        purpose=purpose,
        companions=companions,
        notify=False,
    )
    await inviting.invite(await acting(house, host, f"demo-visit-{host}-{day:%Y%m%d}"), body)
