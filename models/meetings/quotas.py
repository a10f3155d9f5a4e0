"""How much of the rooms a person or a unit may have: hours or meetings per day, week or month.

A quota is a countable thing (models/base/holds.py), so it is exact however many book at once, and
what is cancelled is given back. A document of `room_quotas`, made when it is first wanted:
    _id      "person-hours-week:per_1:2026-W48", or with "-<building>" after the rule
    limit    hours are counted in minutes
    left, enabled, queue, ranks      see models/base/holds.py
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Meta

from models.base import policies
from models.base.calendar import Week
from models.base.context import House
from models.base.decisions import Found, Hold, Lookup
from models.base.holds import ensure
from models.base.indexes import declare as index
from models.base.shapes import Name
from models.base.store import Document, Store
from models.meetings.refusals import QuotaExceeded

ROOM_QUOTAS: Final = "room_quotas"
REMEMBERED: Final = 20_000  # quotas known to exist, per database

index(ROOM_QUOTAS)


class Quota(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """So many hours or meetings per person or unit and period, everywhere or in one building."""

    per: Annotated[Literal["person", "unit"], Meta(title="限制对象")]
    counts: Annotated[Literal["hours", "meetings"], Meta(title="计算方式")]
    limit: Annotated[int, Meta(ge=0, le=10_000, title="上限")]
    period: Annotated[Literal["day", "week", "month"], Meta(title="周期")]
    building: Annotated[
        Name | None, Meta(title="楼栋", description="只限制该楼栋；不填则不分楼栋")
    ] = None

    @property
    def name(self) -> str:
        """What people and refusals call it, such as "person-hours-week"."""
        words = (self.per, self.counts, self.period, self.building)
        return "-".join(word for word in words if word)

    @property
    def title(self) -> str:
        """The same in Chinese: 每人每周会议时长（小时）."""
        where = f"在{self.building}" if self.building else ""
        return f"{_PER[self.per]}{_PERIOD[self.period]}{where}{_COUNTS[self.counts]}"

    @property
    def size(self) -> int:
        """One of what it counts, as it is stored: an hour is 60."""
        return 60 if self.counts == "hours" else 1

    def key(self, subject: str, day: date) -> str:
        """The document that counts for this person or unit in the period of `day`."""
        periods = {"day": f"{day}", "week": f"{Week.of(day)}", "month": f"{day:%Y-%m}"}
        return f"{self.name}:{subject}:{periods[self.period]}"


_PER: Final = {"person": "每人", "unit": "每个处室"}
_PERIOD: Final = {"day": "每天", "week": "每周", "month": "每月"}
_COUNTS: Final = {"hours": "会议时长（小时）", "meetings": "会议场次"}


class MeetingRules(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The rules of meetings. After `series_no_shows` meetings of a series in a row to which nobody
    came, the rest of it is proposed for release; 0: never. What is to be prepared for a meeting is
    ordered `service_notice_minutes` before it.
    """

    quotas: Annotated[
        list[Quota],
        Meta(max_length=20, title="预订限额", description="每人或每个处室在一段时间内最多可订"),
    ] = []
    series_no_shows: Annotated[
        int,
        Meta(
            ge=0,
            le=60,
            title="系列会议连续未到次数",
            description="达到该次数后询问是否释放其余场次；0 表示不询问",
        ),
    ] = 3
    service_notice_minutes: Annotated[
        int,
        Meta(
            ge=0,
            le=20_160,
            title="会议服务提前量（分钟）",
            description="茶水、座位等须在会议开始前多少分钟提出",
        ),
    ] = 60


policies.declare("meetings", "会议室规则", MeetingRules)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose quotas count: a person, and the unit the meeting is for."""

    person: str
    unit: str

    def of(self, quota: Quota) -> str:
        return self.person if quota.per == "person" else self.unit


_known: WeakKeyDictionary[Store, dict[str, int]] = WeakKeyDictionary()


async def prepare(
    house: House, quotas: Iterable[Quota], subject: Subject, days: Iterable[date]
) -> list[Lookup]:
    """Have the quotas of these days in place, with today's limits; and what a decision must read.

    Costs nothing for those this process has seen before.
    """
    wanted = {
        quota.key(subject.of(quota), day): quota.limit * quota.size
        for quota in quotas
        for day in days
    }
    known = _known.setdefault(house.store, {})
    for key, limit in wanted.items():
        if known.get(key) != limit:
            await _have(house.store, key, limit)
            if len(known) >= REMEMBERED:
                known.clear()
            known[key] = limit
    return [Lookup(ROOM_QUOTAS, key) for key in wanted]


async def _have(store: Store, key: str, limit: int) -> None:
    """The quota with this limit; where it had another one, what is spent stays spent."""
    fresh = {"_id": key, "limit": limit, "left": limit, "enabled": True, "queue": [], "ranks": 0}
    found = await store.get(ROOM_QUOTAS, key)
    if found is None:
        await ensure(store, ROOM_QUOTAS, fresh)
        return
    while found is not None and found["limit"] != limit:
        change = {"$set": {"limit": limit}, "$inc": {"left": limit - found["limit"]}}
        await store.update(ROOM_QUOTAS, {"_id": key, "limit": found["limit"]}, change)
        found = await store.get(ROOM_QUOTAS, key)


def draws(
    quotas: Iterable[Quota], subject: Subject, building: str, day: date, minutes: int
) -> list[tuple[Quota, Hold]]:
    """What a meeting of so many minutes spends of each quota."""
    return [
        (quota, Hold(ROOM_QUOTAS, quota.key(subject.of(quota), day), minutes if hours else 1))
        for quota in quotas
        for hours in (quota.counts == "hours",)
        if quota.building in (None, building)
    ]


def refuse_spent(
    found: Found, wanted: Iterable[tuple[Quota, Hold]], has: Iterable[Hold] = ()
) -> None:
    """Refuse what no quota has left; what the order `has` of it already, it may keep."""
    mine = {hold.thing: hold.n for hold in has}
    for quota, hold in wanted:
        own = mine.get(hold.thing, 0)
        left = _left(found.one(ROOM_QUOTAS, hold.thing), quota)
        if hold.n - own > max(left, 0):
            used = quota.limit - (left + own) / quota.size
            raise QuotaExceeded(
                rule=quota.name, name=quota.title, limit=quota.limit, used=_short(used)
            )


def _left(document: Document | None, quota: Quota) -> int:
    return int(document["left"]) if document else quota.limit * quota.size


def _short(number: float) -> float:
    """Hours to a tenth, and whole numbers as such."""
    return int(number) if number == int(number) else round(number, 1)


def kept(holds: Iterable[Hold]) -> list[Hold]:
    """What of `holds` is quota, not room: it stays spent when the room goes."""
    return [hold for hold in holds if hold.collection == ROOM_QUOTAS]
