"""The people of the demo campus, as docs and load tests name them; every name is invented."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from models.base.clock import Clock
from models.base.ids import base32
from models.base.roles import Role
from models.base.store import Document, Store
from models.people import PEOPLE, UNITS
from models.people.spelling import spelled
from scripts.simulator.accounts import openid_of

STAFF: Final = 2_000
PER_UNIT: Final = 50
OFFICE: Final = "unt_41"
VENDOR_1: Final = "unt_42"
VENDOR_2: Final = "unt_43"
BATCH: Final = 500

UNIT_NAMES: Final = (
    "办公室", "发展和改革局", "教育局", "科学技术局", "工业和信息化局", "民族宗教事务局", "公安局",
    "民政局", "司法局", "财政局", "人力资源和社会保障局", "自然资源和规划局", "生态环境局",
    "住房和城乡建设局", "城市管理局", "交通运输局", "水利局", "农业农村局", "商务局",
    "文化广电和旅游局", "卫生健康委员会", "退役军人事务局", "应急管理局", "审计局",
    "市场监督管理局", "体育局", "统计局", "医疗保障局", "信访局", "地方金融管理局",
    "政务服务办公室", "大数据管理局", "档案馆", "外事办公室", "国防动员办公室", "乡村振兴局",
    "妇女联合会", "总工会", "科学技术协会", "红十字会",
)  # fmt: skip
OTHER_UNITS: Final = {OFFICE: "机关事务管理局", VENDOR_1: "安居物业", VENDOR_2: "通达机电"}

# number -> role, and where they serve in it
POSTS: Final[dict[str, tuple[Role, tuple[str, ...]]]] = {
    "C0001": (Role.CANTEEN, ("ctn_1",)),
    "C0002": (Role.CANTEEN, ("ctn_2",)),
    "F0001": (Role.FRONT_DESK, ("gate_1",)),
    "F0002": (Role.FRONT_DESK, ("gate_2",)),
    "G0001": (Role.SECURITY, ("security", "gate_1", "gate_2", "gate_3")),
    "M0001": (Role.MEETINGS, ("meetings",)),
    "L0001": (Role.LIBRARIAN, ("lib_1",)),
    "K0001": (Role.PICKUP, ("pck_1",)),
    "V0100": (Role.DISPATCHER, ("ven_1",)),
    "V0101": (Role.TECHNICIAN, ("ven_1",)),
    "V0102": (Role.TECHNICIAN, ("ven_1",)),
    "V0200": (Role.DISPATCHER, ("ven_2",)),
    "V0201": (Role.TECHNICIAN, ("ven_2",)),
    "P0101": (Role.SUPPLIER, ("sup_1",)),
    "P0102": (Role.SUPPLIER, ("sup_2",)),
    "B0001": (Role.FINANCE, ()),
    "A0001": (Role.MANAGER, ()),
    "A0002": (Role.MANAGER, ()),
    "O0001": (Role.OPERATOR, ()),
}

_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
    "贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷"
)
_GIVEN: Final = (
    "明华建国志强文斌晓东海涛丽娟秀英雪梅春燕玉兰佳怡子涵思远浩然俊杰欣雨静怡慧敏振宇立新永康"
    "一诺嘉宁若溪书瑶景行知行安然清和云帆星辰长青世昌怀瑾予墨成林乐天启航守仁修文致远向荣"
)


async def seed(store: Store, clock: Clock) -> None:
    """Have everybody in place; who is there already stays as they are now."""
    known = {unit["_id"] for unit in await store.find(UNITS, {})}
    missing = [unit for unit in _units() if unit["_id"] not in known]
    await store.insert(UNITS, *missing)
    there = await store.find(PEOPLE, {}, fields={"employee_no": 1})
    numbers = {person["employee_no"] for person in there}
    joining = [person for person in people() if person["employee_no"] not in numbers]
    for start in range(0, len(joining), BATCH):
        await store.insert(PEOPLE, *joining[start : start + BATCH])


def id_of(employee_no: str) -> str:
    """The id of a demo person: the same at every start."""
    return f"per_{base32(_digest(employee_no), 16)}"


def people() -> Iterator[Document]:
    """Everybody, staff first."""
    for number in range(1, STAFF + 1):
        before, place = divmod(number - 1, PER_UNIT)
        extra = {0: [Role.LEADER], 1: [Role.CLERK]}.get(place, [])
        yield _person(f"S{number:04}", f"unt_{before + 1:02}", [Role.STAFF, *extra])
    for employee_no, (role, places) in POSTS.items():
        unit = {"V01": VENDOR_1, "V02": VENDOR_2}.get(employee_no[:3], OFFICE)
        person = _person(employee_no, unit, [role])
        person["posts"] = [{"role": role.value, "at": place} for place in places]
        yield person


def _person(employee_no: str, unit: str, roles: list[Role]) -> Document:
    name = name_of(employee_no)
    pinyin, initials = spelled(name)
    return {
        "_id": id_of(employee_no), "employee_no": employee_no, "name": name, "unit": unit,
        "pinyin": pinyin, "initials": initials, "phone": phone_of(employee_no),
        "openid": openid_of(employee_no), "roles": [role.value for role in roles], "posts": [],
        "active": True, "version": 1, "epoch": 0,
    }  # fmt: skip


def _units() -> Iterator[Document]:
    for number, name in enumerate(UNIT_NAMES, start=1):
        yield {"_id": f"unt_{number:02}", "name": name}
    for unit, name in OTHER_UNITS.items():
        yield {"_id": unit, "name": name}


def name_of(employee_no: str) -> str:
    """An invented name of two or three characters."""
    digest = _digest(employee_no)
    given = [_GIVEN[digest[1] % len(_GIVEN)], _GIVEN[digest[2] % len(_GIVEN)]]
    return _SURNAMES[digest[0] % len(_SURNAMES)] + "".join(given[: 1 + (digest[3] % 4 > 0)])


def phone_of(employee_no: str) -> str:
    """A number of valid form that only one of the demo's people has: 13800190042 for S0042."""
    letter = ord(employee_no[0]) - ord("A") + 1
    return f"138{letter:04}{employee_no[1:]}"


def _digest(employee_no: str) -> bytes:
    return hashlib.sha256(f"demo {employee_no}".encode()).digest()
