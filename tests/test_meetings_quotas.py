"""Quotas: exact however many book at once, given back on cancel, each refusal names its rule."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from models.base.store import Store
from models.meetings.days import ROOM_DAYS
from models.meetings.lifecycle import Approval, Parting, Reason
from models.meetings.quotas import ROOM_QUOTAS, Quota
from models.meetings.refusals import QuotaExceeded
from tests.machinery import a_house
from tests.meetings_house import (
    ANN,
    BOB,
    CAT,
    DAN,
    DESK,
    ELEVEN,
    HOUR,
    MINUTE,
    NOON,
    TEN,
    Meetings,
    a_room,
    guarded,
    moment,
    on_approval,
    open_house,
)

WEEK = "2026-W48"


def quota(limit: int, **said: Any) -> dict[str, Any]:
    return {"per": "person", "counts": "hours", "limit": limit, "period": "week", **said}


async def decide(meetings: Meetings, *quotas: dict[str, Any]) -> None:
    """Have these quotas from now on."""
    today = date(2026, 11, 23)
    value = {"quotas": list(quotas)}
    await meetings.house.policies.decide("meetings", "", value, today, "per_boss")


async def test_hours_are_counted_to_the_minute_and_the_refusal_names_the_rule(
    store: Store,
) -> None:
    meetings = await open_house(store)
    await decide(meetings, quota(2))
    await meetings.book(ANN, "1", ends_at=TEN + 90 * MINUTE)
    late = {"starts_at": NOON, "ends_at": NOON + 31 * MINUTE}
    refusal = await meetings.refused(meetings.book(ANN, "2", **late))
    assert (refusal.code, refusal.facts) == (
        "quota-exceeded",
        {"rule": "person-hours-week", "name": "每人每周会议时长（小时）", "limit": 2, "used": 1.5},
    )
    assert refusal.detail("zh") == "超出预订额度：每人每周会议时长（小时）上限 2，已用 1.5。"
    await meetings.book(ANN, "3", starts_at=NOON, ends_at=NOON + 30 * MINUTE)
    await meetings.book(BOB, "4", starts_at=NOON + HOUR)
    assert await meetings.left(f"person-hours-week:{ANN}:{WEEK}") == 0
    assert await meetings.left(f"person-hours-week:{BOB}:{WEEK}") == 60


async def test_buffers_are_not_counted(store: Store) -> None:
    meetings = await open_house(store, a_room(setup_minutes=30, cleanup_minutes=30))
    await decide(meetings, quota(1))
    await meetings.book(ANN)
    assert await meetings.left(f"person-hours-week:{ANN}:{WEEK}") == 0


@pytest.mark.parametrize(
    ("period", "same", "after"),
    [
        ("day", moment(0, 14), moment(1, 10)),
        ("week", moment(4, 10), moment(7, 10)),
        ("month", moment(7, 10), moment(8, 10)),
    ],
)
async def test_a_period_is_a_day_a_week_or_a_month(
    store: Store, period: str, same: Any, after: Any
) -> None:
    meetings = await open_house(store)
    await decide(meetings, quota(1, counts="meetings", period=period))
    await meetings.book(ANN, "1")
    refusal = await meetings.refused(meetings.book(ANN, "2", starts_at=same))
    assert refusal.facts["rule"] == f"person-meetings-{period}"
    await meetings.book(ANN, "3", starts_at=after)


async def test_a_unit_shares_its_quota(store: Store) -> None:
    meetings = await open_house(store)
    await decide(meetings, quota(2, per="unit", counts="meetings"))
    await meetings.book(ANN, "1")
    await meetings.book(BOB, "2", starts_at=ELEVEN)
    refusal = await meetings.refused(meetings.book(CAT, "3", starts_at=NOON))
    assert (refusal.facts["rule"], refusal.facts["used"]) == ("unit-meetings-week", 2)
    await meetings.book(DAN, "4", starts_at=NOON)


async def test_a_quota_of_a_building_counts_there_alone(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_b", building="2号楼"))
    await decide(meetings, quota(1, counts="meetings", building="2号楼"))
    await meetings.book(ANN, "1")
    await meetings.book(ANN, "2", room_id="room_b")
    refusal = await meetings.refused(meetings.book(ANN, "3", room_id="room_b", starts_at=NOON))
    assert refusal.facts["rule"] == "person-meetings-week-2号楼"


async def test_what_is_cancelled_is_given_back_and_what_is_missed_is_not(store: Store) -> None:
    meetings = await open_house(store, a_room(), guarded())
    await decide(meetings, quota(2, counts="meetings"))
    key = f"person-meetings-week:{ANN}:{WEEK}"
    order = await meetings.book(ANN, "1")
    await meetings.step(ANN, order, "cancel", Parting())
    assert await meetings.left(key) == 2
    order = await meetings.book(ANN, "2", starts_at=NOON)
    await meetings.step(DESK, order, "call_off", Reason(reason="停电"))
    assert await meetings.left(key) == 2
    await meetings.book(ANN, "3", room_id="room_b")
    meetings.clock.now = TEN + 10 * MINUTE
    await meetings.work()
    assert await meetings.left(key) == 1
    await meetings.balance()


async def test_a_request_counts_until_it_is_refused(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    await decide(meetings, quota(1, counts="meetings"))
    first = await meetings.book(ANN, "1", room_id="room_c")
    other = await meetings.book(BOB, "2", room_id="room_c")
    refusal = await meetings.refused(meetings.book(ANN, "3", room_id="room_c", starts_at=NOON))
    assert refusal.code == "quota-exceeded"
    await meetings.step(DESK, other, "approve", Approval(refuses=[first["_id"]]))
    assert await meetings.left(f"person-meetings-week:{ANN}:{WEEK}") == 1
    assert await meetings.left(f"person-meetings-week:{BOB}:{WEEK}") == 0
    await meetings.balance()


async def test_a_change_counts_only_what_it_adds(store: Store) -> None:
    meetings = await open_house(store)
    await decide(meetings, quota(2))
    key = f"person-hours-week:{ANN}:{WEEK}"
    order = await meetings.book(ANN, ends_at=NOON)
    order = await meetings.change(ANN, order, starts_at=NOON, ends_at=NOON + 2 * HOUR)
    assert await meetings.left(key) == 0
    longer = meetings.change(ANN, order, ends_at=NOON + 2 * HOUR + MINUTE)
    refusal = await meetings.refused(longer)
    assert (refusal.facts["limit"], refusal.facts["used"]) == (2, 0)
    order = await meetings.change(ANN, order, ends_at=NOON + HOUR)
    assert await meetings.left(key) == 60
    next_week = {"starts_at": moment(7, 10), "ends_at": moment(7, 12)}
    await meetings.change(ANN, order, **next_week)
    assert await meetings.left(key) == 120
    assert await meetings.left(f"person-hours-week:{ANN}:2026-W49") == 0
    await meetings.balance()


async def test_a_lower_limit_leaves_what_is_booked_and_a_higher_one_gives_more(
    store: Store,
) -> None:
    meetings = await open_house(store)
    await decide(meetings, quota(3))
    order = await meetings.book(ANN, "1", ends_at=NOON)
    await decide(meetings, quota(1))
    with pytest.raises(QuotaExceeded) as refusal:
        await meetings.book(ANN, "2", starts_at=NOON)
    assert (refusal.value.facts["limit"], refusal.value.facts["used"]) == (1, 2)
    assert await meetings.left(f"person-hours-week:{ANN}:{WEEK}") == -60
    order = await meetings.change(ANN, order, starts_at=ELEVEN, ends_at=NOON + 30 * MINUTE)
    await decide(meetings, quota(4))
    await meetings.book(ANN, "3", starts_at=NOON + HOUR, ends_at=NOON + 3 * HOUR)
    await meetings.balance()


async def test_those_who_race_for_the_last_hour_never_exceed_it(store: Store) -> None:
    rooms = [a_room(f"room_{n}") for n in range(6)]
    meetings = await open_house(store, *rooms)
    others = Meetings(a_house(store, meetings.clock), meetings.clock, meetings.persons)
    await decide(meetings, quota(3, per="unit"))
    tries = [
        (meetings, others)[n % 2].book(who, f"race-{n}", room_id=f"room_{n}")
        for n, who in enumerate((ANN, BOB, CAT) * 2)
    ]
    results = await asyncio.gather(*tries, return_exceptions=True)
    placed = [result for result in results if isinstance(result, dict)]
    assert len(placed) == 3
    assert {getattr(each, "code", "") for each in results if each not in placed} == {
        "quota-exceeded"
    }
    assert await meetings.left(f"unit-hours-week:unt_1:{WEEK}") == 0
    await meetings.balance()


async def test_meeting_services_book_without_quota(store: Store) -> None:
    meetings = await open_house(store)
    await decide(meetings, quota(0))
    assert (await meetings.refused(meetings.book(ANN))).code == "quota-exceeded"
    await meetings.book(DESK)


async def test_a_refused_booking_spends_nothing(store: Store) -> None:
    meetings = await open_house(store)
    await decide(meetings, quota(2))
    await meetings.book(BOB)
    assert (await meetings.refused(meetings.book(ANN))).code == "room-taken"
    assert await meetings.left(f"person-hours-week:{ANN}:{WEEK}") == 120
    assert len(await store.find(ROOM_DAYS, {})) == 1
    assert len(await store.find(ROOM_QUOTAS, {})) == 2


def test_the_name_of_a_rule_says_what_it_counts() -> None:
    rule = Quota(per="unit", counts="meetings", limit=3, period="month", building="1号楼")
    assert (rule.name, rule.title) == (
        "unit-meetings-month-1号楼",
        "每个处室每月在1号楼会议场次",
    )
