"""More of the demo's visitors: a week gone by, who is inside now, and ten working days ahead.

Names are invented, phones belong to nobody, and nobody is sent anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from models.base import orders
from models.base.calendar import Calendar
from models.base.clock import campus_date, campus_time
from models.base.context import House
from models.base.store import Document
from models.base.transitions import transition
from models.visitors import groups
from models.visitors.groups import GroupInput
from models.visitors.parties import KIND
from models.visitors.passing import Passing
from models.visitors.shapes import GroupMember, Invitation, Repeat, Visitor
from models.visitors.vehicles import VEHICLES
from scripts.demo_turns import acting, house_at

PAST_DAYS: Final = 5
AHEAD: Final = 10  # working days
DESKS: Final = {"gate_1": "F0001", "gate_2": "F0002"}

PLATES: Final = {"苏D00001": "公务用车", "苏D00002": "班车", "苏DF12345": "职工车辆"}
NAMES: Final = (
    "王喆", "李玥", "陈昇", "刘堃", "张䶮", "赵敏", "孙立新", "周书瑶", "吴景行", "郑安然",
    "冯知行", "褚云帆",
)  # fmt: skip
PURPOSES: Final = ("项目洽谈", "材料报送", "设备巡检", "业务培训", "合同签订", "座谈交流")
HOSTS: Final = tuple(f"S{number:04}" for number in range(42, 54))
HOURS: Final = (("09:00", "11:00"), ("10:00", "12:00"), ("14:00", "16:00"), ("15:30", "17:30"))


@dataclass(frozen=True)
class Story:
    """A visit of the demo: a day and a number from which everything else follows."""

    day: date
    lot: int

    @property
    def key(self) -> str:
        return f"demo-visit-{self.day}-{self.lot:02}"

    @property
    def host(self) -> str:
        return HOSTS[(self.day.toordinal() + self.lot * 5) % len(HOSTS)]

    @property
    def hours(self) -> tuple[datetime, datetime]:
        start, end = HOURS[self.lot % len(HOURS)]
        return campus_time(self.day, start), campus_time(self.day, end)

    def invitation(self, **more: Any) -> Invitation:
        number = self.day.toordinal() * 7 + self.lot
        name = NAMES[number % len(NAMES)]
        visitor = Visitor(name=name, phone=f"199{number % 10**8:08}")
        start, end = self.hours
        usual: dict[str, Any] = {
            "visitor": visitor, "starts_at": start, "ends_at": end, "notify": False,
            "purpose": PURPOSES[number % len(PURPOSES)], "companions": number % 3,
        }  # fmt: skip
        return Invitation(**{**usual, **more})


async def seed(house: House) -> None:
    """Vehicles where there are none yet, and visits up to today and beyond."""
    await _furnish(house)
    calendar, today = Calendar(), campus_date(house.clock())
    for back in range(1, PAST_DAYS + 1):
        day = calendar.minus_workdays(today, back)
        for lot in range(4):
            await _past(house, Story(day, lot))
    await _now(house, today)
    for ahead in range(1, AHEAD + 1):
        day = calendar.plus_workdays(today, ahead)
        for lot in range(3):
            await _invite(house, house.clock(), Story(day, lot))
    await _group(house, calendar.plus_workdays(today, 1))


async def _furnish(house: House) -> None:
    store, now = house.store, house.clock()
    for plate, label in PLATES.items():
        if await store.get(VEHICLES, plate) is None:
            said = {"_id": plate, "label": label, "by": "安保", "at": now}
            await store.insert(VEHICLES, said)


async def _invite(house: House, at: datetime, story: Story, **more: Any) -> Document:
    ctx = await acting(house_at(house, at), story.host, story.key)
    order: Document = await orders.place(ctx, KIND, story.invitation(**more))
    return order


async def _past(house: House, story: Story) -> None:
    """Invited the day before; in and out on the day, but for those who did not come."""
    start, end = story.hours
    order = await _invite(house, start - timedelta(hours=20), story)
    if story.lot == 3 or order["version"] > 1:
        return  # the clock finds that nobody came
    gate = list(DESKS)[story.lot % len(DESKS)]
    arrived = start + timedelta(minutes=4 + story.lot)
    order = await _pass(house, order, "admit", gate, arrived)
    await _pass(house, order, "leave", gate, end - timedelta(minutes=10 + story.lot))


async def _pass(house: House, order: Document, step: str, gate: str, at: datetime) -> Document:
    desk = await acting(house_at(house, at), DESKS[gate])
    moved: Document = await transition(desk, order["_id"], step, Passing(gate=gate))
    return moved


async def _now(house: House, today: date) -> None:
    """Some inside, some expected, some asked for; whatever the hour the demo is looked at."""
    now = house.clock()
    around: dict[str, Any] = {
        "starts_at": now - timedelta(minutes=40),
        "ends_at": now + timedelta(hours=3),
    }
    for lot in range(4):
        story = Story(today, 10 + lot)
        order = await _invite(house, now - timedelta(hours=2), story, **around)
        if lot < 2 and order["version"] == 1:
            gate = list(DESKS)[lot]
            await _pass(house, order, "admit", gate, now - timedelta(minutes=30))
    later: dict[str, Any] = {
        "starts_at": now + timedelta(hours=2),
        "ends_at": now + timedelta(hours=4),
    }
    for lot, kind in ((20, "vty_project"), (21, "vty_builder")):
        await _invite(house, now, Story(today, lot), type=kind, **later)
    week = Calendar().plus_workdays(today, 1)
    repeat = Repeat(until=week + timedelta(days=60))
    await _invite(house, now, Story(week, 30), type="vty_service", repeat=repeat)


async def _group(house: House, day: date) -> None:
    story = Story(day, 40)
    start, end = story.hours
    members = [GroupMember(name=name) for name in NAMES[:6]]
    body = GroupInput(
        starts_at=start, ends_at=end, purpose="参观学习", members=members, notify=False
    )
    ctx = await acting(house, story.host, story.key)
    await groups.invite(ctx, body)
