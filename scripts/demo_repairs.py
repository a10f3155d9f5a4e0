"""The demo's repairs: two vendors, eight categories, and tickets at every point of their lives.

Everything is made by the same functions that the handlers call, with a clock set to the day it is
said to have happened on. What is there already is left as people have changed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from models.base.calendar import Calendar
from models.base.clock import campus_date, campus_time
from models.base.context import House
from models.base.orders import ORDERS
from models.base.store import Document
from models.base.transitions import transition
from models.base.views import RatingInput
from models.repairs import catalogue, dispatching, hands, reporting, vendors
from models.repairs.catalogue import CATEGORIES, CategoryInput, Symptom
from models.repairs.dispatching import Assignment
from models.repairs.hands import HandInput
from models.repairs.parties import KIND
from models.repairs.reporting import Location, Report
from models.repairs.vendors import HANDS, VENDORS, VendorInput
from models.repairs.working import Finish, Pause, Question
from scripts.demo_people import id_of
from scripts.demo_turns import acting, house_at

MANAGER: Final = "A0001"
MINUTE: Final = timedelta(minutes=1)
VENDOR_NAMES: Final = {"ven_1": ("安居物业", "13800001001"), "ven_2": ("通达机电", "13800001002")}
DISPATCHERS: Final = {"ven_1": "V0100", "ven_2": "V0200"}
CREW: Final = {"V0101": "ven_1", "V0102": "ven_1", "V0201": "ven_2"}


def _category(name: str, icon: str, dispatch: str, whose: str, **more: Any) -> dict[str, Any]:
    symptoms = [Symptom(id=key, name=said) for key, said in more.pop("symptoms", {}).items()]
    said = {"name": name, "icon": icon, "dispatch": dispatch, "symptoms": symptoms, **more}
    return said | {"vendors": whose.split()}


WET: Final = {"leak": "漏水", "blocked": "堵塞", "no_water": "停水"}
POWER: Final = {"dark": "不亮", "flicker": "闪烁", "no_power": "没电"}
COLD: Final = {"no_cooling": "不制冷", "drip": "滴水", "noise": "异响"}
LIFT: Final = {"trapped": "困人", "stopped": "停运", "noise": "异响"}
DOORS: Final = {"lock": "锁坏", "loose": "松动", "broken": "破损"}
NET: Final = {"offline": "断网", "slow": "网速慢", "phone": "电话不通"}
CATALOGUE: Final[dict[str, dict[str, Any]]] = {
    "cat_water": _category(
        "水暖", "drop", "grab", "ven_1", symptoms=WET, impact=2,
        advice="请先关闭就近阀门（洗手间门后），并用容器接水，避免触碰附近插座。",
    ),
    "cat_light": _category(
        "照明电路", "bulb", "grab", "ven_1 ven_2", symptoms=POWER,
        advice="请勿自行拆卸灯具；如有焦糊味请先关闭本层照明开关并离开。",
    ),
    "cat_air": _category(
        "空调", "fan", "rotate", "ven_2", symptoms=COLD,
        advice="请先关机并断开电源，十分钟后再试；滴水时请移开下方设备。",
    ),
    "cat_lift": _category(
        "电梯", "lift", "assign", "ven_2", symptoms=LIFT, impact=3, hours="always",
        advice="被困时请按轿厢内呼叫按钮，保持镇静，切勿扒门。",
    ),
    "cat_door": _category("门窗家具", "door", "grab", "ven_1", symptoms=DOORS, impact=1),
    "cat_net": _category(
        "网络与电话", "wifi", "grab", "ven_2", symptoms=NET,
        advice="请先检查网线是否插牢，并重启桌面交换机。",
    ),
    "cat_fire": _category(
        "消防设施", "flame", "assign", "ven_1", impact=3, hours="always",
        advice="发现火情请先拨打 119，再通知值班室。",
    ),
    "cat_clean": _category("保洁", "broom", "rotate", "ven_1", impact=1, hours="extended"),
}  # fmt: skip


@dataclass(frozen=True)
class Ticket:
    """A ticket of the demo: reported so many working days ago, and how far it has come."""

    owner: str
    category: str
    fault: str
    room: str  # "1号楼/3/301"
    days: int
    at: str
    comes_to: str
    symptom: str | None = None
    urgency: int = 2
    stars: int = 5


TICKETS: Final = (
    Ticket("S0003", "cat_water", "洗手池水龙头关不紧，一直滴水", "1号楼/3/301", 6, "09:10",
           "rated", "leak"),
    Ticket("S0004", "cat_water", "洗手池又开始滴水，和上周一样", "1号楼/3/301", 1, "10:00",
           "started", "leak"),
    Ticket("S0010", "cat_light", "走廊东侧灯管闪烁", "2号楼/2/东走廊", 5, "14:20", "rated",
           "flicker", stars=4),
    Ticket("S0011", "cat_door", "会议室门锁打不开", "2号楼/4/402", 5, "15:00", "rated", "lock",
           stars=3),
    Ticket("S0012", "cat_door", "办公椅扶手松动", "2号楼/4/406", 4, "09:30", "accepted", "loose"),
    Ticket("S0020", "cat_net", "整个办公室断网", "3号楼/5/508", 3, "08:50", "rated", "offline", 3),
    Ticket("S0021", "cat_light", "工位上方灯不亮", "3号楼/5/510", 2, "11:00", "fixed", "dark"),
    Ticket("S0022", "cat_water", "女卫生间地漏堵塞", "3号楼/1/卫生间", 1, "14:30", "paused",
           "blocked"),
    Ticket("S0030", "cat_net", "座机没有拨号音", "4号楼/2/203", 1, "15:10", "asked", "phone", 1),
    Ticket("S0031", "cat_lift", "2 号电梯运行有异响", "4号楼/1/电梯厅", 1, "16:00", "taken",
           "noise", 3),
    Ticket("S0040", "cat_air", "会议室空调不制冷", "5号楼/3/305", 1, "16:20", "reported",
           "no_cooling"),
    Ticket("S0041", "cat_door", "窗户把手断了", "5号楼/6/601", 1, "16:40", "reported", "broken", 1),
    Ticket("S0042", "cat_water", "茶水间热水器漏水", "6号楼/2/茶水间", 1, "17:05", "reported",
           "leak", 3),
    Ticket("S0043", "cat_fire", "疏散指示灯不亮", "6号楼/1/大厅", 1, "17:10", "reported"),
)  # fmt: skip


async def seed(house: House) -> None:
    """Have vendors, categories, technicians and a few tickets, as of the house's clock."""
    boss = await acting(house, MANAGER)
    for vendor, (name, phone) in VENDOR_NAMES.items():
        if await house.store.get(VENDORS, vendor) is None:
            await vendors.put(boss, vendor, VendorInput(name=name, phone=phone))
    for category, said in CATALOGUE.items():
        if await house.store.get(CATEGORIES, category) is None:
            await catalogue.put(boss, category, CategoryInput(**said))
    for number, vendor in CREW.items():
        await _set_up(house, number, vendor)
    if await house.store.first(ORDERS, {"kind": KIND}) is None:
        calendar = await house.calendars.current()
        for ticket in TICKETS:
            await _live(house, ticket, calendar)


async def _set_up(house: House, number: str, vendor: str) -> None:
    """A technician who does everything that his vendor does."""
    if await house.store.get(HANDS, id_of(number)) is None:
        does = [key for key, said in CATALOGUE.items() if vendor in said["vendors"]]
        dispatcher = await acting(house, DISPATCHERS[vendor])
        await hands.put(dispatcher, id_of(number), HandInput(categories=does))


async def _live(house: House, ticket: Ticket, calendar: Calendar) -> None:
    """A ticket from its report to where it has come."""
    today = campus_date(house.clock())
    day = calendar.minus_workdays(today, ticket.days)
    moment = campus_time(day, ticket.at)
    at = house_at(house, moment)
    key = f"demo-repair-{ticket.owner}-{ticket.category}-{day:%Y%m%d}"
    building, floor, room = ticket.room.split("/")
    body = Report(
        category=ticket.category,
        location=Location(building=building, floor=floor, room=room),
        fault=ticket.fault,
        symptom=ticket.symptom,
        urgency=ticket.urgency,
    )
    order = await reporting.report(await acting(at, ticket.owner, key), body)
    if ticket.comes_to != "reported":
        await _work(house, ticket, order, moment)


async def _work(house: House, ticket: Ticket, order: Document, moment: datetime) -> None:
    """What the technician and the reporter do with it, some minutes apart."""
    worker = _worker(ticket.category, order)
    rest = _STORY[: _STORY.index(ticket.comes_to) + 1] if ticket.comes_to in _STORY else None
    for name in rest or ("taken", "started", ticket.comes_to):
        moment += 25 * MINUTE
        at = house_at(house, moment)
        await _step(at, ticket, order["_id"], worker, name)


_STORY: Final = ("taken", "started", "fixed", "accepted", "rated")


def _worker(category: str, order: Document) -> str:
    """Who takes it: of the first vendor's two technicians now one, now the other."""
    vendor = CATALOGUE[category]["vendors"][-1]
    crew = [number for number, works_for in CREW.items() if works_for == vendor]
    return crew[int(order["created_at"].timestamp() // 60) % len(crew)]


async def _step(house: House, ticket: Ticket, order_id: str, worker: str, to: str) -> None:
    technician, owner = await acting(house, worker), await acting(house, ticket.owner)
    if to == "taken" and CATALOGUE[ticket.category]["dispatch"] == "assign":
        dispatcher = await acting(house, DISPATCHERS[CREW[worker]])
        await transition(dispatcher, order_id, "assign", Assignment(person=id_of(worker)))
    elif to == "taken":
        await dispatching.take_first(technician, order_id)
    elif to == "started":
        await transition(technician, order_id, "start")
    elif to == "paused":
        body = Pause(reason="parts", note="需更换地漏芯，已申请配件")
        await transition(technician, order_id, "pause", body)
    elif to == "asked":
        question = Question(question="请问座机型号是多少？下午方便上门吗？")
        await transition(technician, order_id, "ask", question)
    elif to == "fixed":
        fix = Finish(note="已修复，试用正常", labour_minutes=25)
        await transition(technician, order_id, "finish", fix)
    elif to == "accepted":
        await transition(owner, order_id, "accept")
    elif to == "rated":
        await transition(owner, order_id, "rate", RatingInput(stars=ticket.stars))
