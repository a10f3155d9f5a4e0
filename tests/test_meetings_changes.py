"""Changing, moving, cancelling, ending a meeting: what stays, what is given back, who is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from models.base.decisions import Hold
from models.base.errors import Forbidden
from models.base.leavings import LEAVINGS, leaving
from models.base.spans import Wanted
from models.base.store import Document, Store
from models.base.transitions import transition
from models.base.views import RatingInput
from models.meetings.booking import Guest
from models.meetings.changes import Move
from models.meetings.days import ROOM_DAYS
from models.meetings.lifecycle import Parting, Reason
from tests.machinery import a_house
from tests.meetings_house import (
    ANN,
    BOB,
    CAT,
    DAN,
    DAY,
    DESK,
    ELEVEN,
    HOUR,
    MINUTE,
    NOON,
    TEN,
    TODAY,
    Meetings,
    a_room,
    guarded,
    moment,
    on_approval,
    open_house,
)

CLOCK = "clock"


async def test_a_meeting_never_stands_in_its_own_way(store: Store) -> None:
    meetings = await open_house(store, a_room(cleanup_minutes=15))
    order = await meetings.book(ANN)
    for starts_at, ends_at, span in (
        (TEN + 5 * MINUTE, ELEVEN + 5 * MINUTE, (605, 680)),
        (TEN - 5 * MINUTE, ELEVEN, (595, 675)),
        (TEN, TEN + 30 * MINUTE, (600, 645)),
        (TEN, NOON, (600, 735)),
    ):
        order = await meetings.change(ANN, order, starts_at=starts_at, ends_at=ends_at)
        assert await meetings.taken() == [span]
    assert order["data"]["sequence"] == 4
    assert order["due_at"] == TEN
    assert order["timers"] == [
        {"at": NOON, "transition": "finish"},
        {"at": TEN - 15 * MINUTE, "transition": "remind"},
    ]


async def test_a_change_takes_the_new_day_and_gives_the_old_one_back(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_b", seats=6))
    order = await meetings.book(ANN)
    tomorrow = {"starts_at": TEN + DAY, "ends_at": ELEVEN + DAY, "room_id": "room_b"}
    order = await meetings.change(ANN, order, **tomorrow)
    assert await meetings.taken() == []
    assert await meetings.taken("room_b", "2026-11-24") == [(600, 660)]
    assert order["data"]["room"]["id"] == "room_b"
    assert order["data"]["room_day"] == "room_b:2026-11-24"
    assert order["data"]["date"] == "2026-11-24"


async def test_a_change_into_a_taken_time_changes_nothing(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN)
    await meetings.book(BOB, starts_at=ELEVEN)
    refusal = await meetings.refused(meetings.change(ANN, order, ends_at=ELEVEN + MINUTE))
    assert refusal.code == "room-taken"
    refusal = await meetings.refused(meetings.change(ANN, order, starts_at=moment(-1, 10)))
    assert refusal.code == "not-a-day"
    refusal = await meetings.refused(meetings.change(ANN, order, starts_at=moment(0, 8)))
    assert refusal.code == "in-the-past"


async def test_the_sequence_rises_with_time_room_or_subject_alone(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN)
    order = await meetings.change(ANN, order, attendees=9, note="带电脑", layout="board")
    assert order["data"]["sequence"] == 0
    order = await meetings.change(ANN, order, subject="月会")
    assert order["data"]["sequence"] == 1
    order = await meetings.change(ANN, order, subject="月会", starts_at=TEN, ends_at=ELEVEN)
    assert order["data"]["sequence"] == 1
    assert (order["data"]["attendees"], order["data"]["layout"]) == (9, "board")
    assert await meetings.taken() == [(600, 660)]


async def test_only_what_changes_is_judged(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, attendees=20, layout="board")
    smaller: Document = {"seats": 10, "layouts": [], "enabled": False}
    await store.update("rooms", {"_id": "room_a"}, {"$set": smaller})
    await store.update(ROOM_DAYS, {"_id": f"room_a:{TODAY}"}, {"$set": {"enabled": False}})
    order = await meetings.change(ANN, order, subject="月会", attendees=15)
    assert order["data"]["attendees"] == 15
    refusal = await meetings.refused(meetings.change(ANN, order, attendees=16))
    assert refusal.code == "room-too-small"
    refusal = await meetings.refused(meetings.change(ANN, order, layout="theatre"))
    assert refusal.code == "layout-unknown"
    refusal = await meetings.refused(meetings.change(ANN, order, ends_at=NOON))
    assert refusal.code == "room-disabled"


async def test_those_who_come_later_and_those_who_need_not_come_are_told(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, invite=["S0004", "S0005"])
    order = await meetings.change(ANN, order, invite=["S0005", "S0103"], starts_at=TEN + MINUTE)
    assert sorted(await meetings.told(BOB)) == ["meeting-invited", "meeting-uninvited"]
    assert await meetings.told(CAT) == ["meeting-invited", "meeting-changed"]
    assert await meetings.told(DAN) == ["meeting-invited"]
    assert await meetings.told(ANN) == []
    assert f"p:{DAN}" in order["seen_by"]
    assert f"p:{BOB}" not in order["seen_by"]


async def test_guests_are_replaced_and_counted(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, guests=[Guest(name="李雷", phone="13812345678")])
    order = await meetings.change(ANN, order, subject="月会")
    assert order["private"] == {"guests": [{"name": "李雷", "phone": "13812345678"}]}
    order = await meetings.change(ANN, order, guests=[])
    assert (order["private"], order["data"]["guests"]) == ({"guests": []}, 0)


async def test_another_time_in_a_room_on_approval_is_asked_for_anew(store: Store) -> None:
    meetings = await open_house(store, a_room(), on_approval())
    order = await meetings.book(ANN, invite=["S0004"])
    order = await meetings.change(ANN, order, room_id="room_c")
    assert order["state"] == "requested"
    assert order["waits_for"] == ["desk:meetings"]
    assert order["timers"] == [{"at": TEN, "transition": "lapse"}]
    assert await meetings.taken() == []
    assert await meetings.taken("room_c") == []
    assert await meetings.told(BOB) == ["meeting-invited", "meeting-changed"]
    order = await meetings.change(ANN, order, room_id="room_a")
    assert (order["state"], order["waits_for"]) == ("booked", [])
    assert await meetings.taken() == [(600, 660)]


async def test_its_subject_may_change_without_another_approval(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    order = await meetings.book(DESK, room_id="room_c")
    order = await meetings.change(DESK, order, subject="月会")
    assert order["state"] == "booked"
    order = await meetings.change(DESK, order, ends_at=NOON)
    assert order["state"] == "booked"


async def test_what_has_begun_is_changed_no_more(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN)
    meetings.clock.now = TEN
    refusal = await meetings.refused(meetings.change(ANN, order, ends_at=NOON))
    assert refusal.code == "time-has-come"


async def test_a_version_that_was_not_seen_is_refused(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_b"))
    order = await meetings.book(ANN)
    await meetings.step(DESK, order, "move", Move(room_id="room_b"))
    refusal = await meetings.refused(meetings.change(ANN, order, ends_at=NOON))
    assert refusal.code == "stale-version"


async def test_only_its_owner_changes_a_meeting(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, invite=["S0004"])
    for who in (BOB, DESK):
        refusal = await meetings.refused(meetings.change(who, order, ends_at=NOON))
        assert isinstance(refusal, Forbidden)


async def test_changes_that_race_for_one_time_never_meet(store: Store) -> None:
    meetings = await open_house(store)
    others = Meetings(a_house(store, meetings.clock), meetings.clock, meetings.persons)
    booked = [
        await meetings.book(who, starts_at=at)
        for who, at in ((ANN, TEN), (BOB, ELEVEN), (CAT, NOON))
    ]
    lunch = {"starts_at": NOON + 90 * MINUTE, "ends_at": NOON + 150 * MINUTE}
    results = await asyncio.gather(
        *(
            house.change(order["owner"], order, **lunch)
            for house, order in zip((meetings, others, meetings), booked, strict=True)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(result, dict) for result in results) == 1
    assert len(await meetings.taken()) == 3


async def test_meeting_services_move_a_meeting_and_everyone_is_told(store: Store) -> None:
    meetings = await open_house(store, a_room(), guarded(), on_approval(seats=4))
    order = await meetings.book(ANN, invite=["S0004"])
    order = await meetings.step(DESK, order, "move", Move(room_id="room_b", note="投影故障"))
    assert order["state"] == "booked"
    assert order["timeline"][-1]["note"] == "投影故障"
    assert order["data"]["check_in"] == {"from": TEN - 15 * MINUTE, "until": TEN + 10 * MINUTE}
    assert order["data"]["sequence"] == 1
    assert await meetings.taken() == []
    assert await meetings.taken("room_b") == [(600, 660)]
    assert await meetings.told(ANN) == ["meeting-moved"]
    assert await meetings.told(BOB) == ["meeting-invited", "meeting-moved"]
    move = meetings.step(DESK, order, "move", Move(room_id="room_c"))
    assert (await meetings.refused(move)).code == "room-too-small"


async def test_a_meeting_that_runs_may_be_moved_and_has_time_to_check_in(store: Store) -> None:
    meetings = await open_house(store, a_room(), guarded())
    order = await meetings.book(ANN)
    meetings.clock.now = TEN + 30 * MINUTE
    order = await meetings.step(DESK, order, "move", Move(room_id="room_b"))
    assert order["data"]["check_in"]["until"] == TEN + 40 * MINUTE
    await meetings.work()
    assert await meetings.state(order) == "booked"


async def test_a_move_into_a_taken_room_changes_nothing(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_b"))
    order = await meetings.book(ANN)
    await meetings.book(BOB, room_id="room_b", starts_at=TEN + 30 * MINUTE)
    move = meetings.step(DESK, order, "move", Move(room_id="room_b"))
    assert (await meetings.refused(move)).code == "room-taken"


async def test_a_cancelled_meeting_gives_its_room_back_and_its_people_are_told(
    store: Store,
) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, invite=["S0004"])
    order = await meetings.step(ANN, order, "cancel", Parting(note="改期"))
    assert (order["state"], order["holds"]) == ("cancelled", [])
    assert await meetings.taken() == []
    assert await meetings.told(BOB) == ["meeting-invited", "meeting-cancelled"]
    assert await meetings.told(ANN) == []
    await meetings.book(CAT)


async def test_a_meeting_is_cancelled_until_ten_minutes_after_its_start(store: Store) -> None:
    meetings = await open_house(store)
    first, second = await meetings.book(ANN), await meetings.book(BOB, starts_at=ELEVEN)
    meetings.clock.now = TEN + 10 * MINUTE
    assert (await meetings.step(ANN, first, "cancel", Parting()))["state"] == "cancelled"
    meetings.clock.now = ELEVEN + 10 * MINUTE + timedelta(milliseconds=1)
    refusal = await meetings.refused(meetings.step(BOB, second, "cancel", Parting()))
    assert (refusal.code, refusal.facts) == ("cancel-too-late", {"minutes": 10})


async def test_meeting_services_call_a_meeting_off_with_a_reason(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, invite=["S0004"])
    order = await meetings.step(DESK, order, "call_off", Reason(reason="停电"))
    assert order["state"] == "called_off"
    assert await meetings.taken() == []
    assert await meetings.told(ANN) == ["meeting-called-off"]
    assert await meetings.told(BOB) == ["meeting-invited", "meeting-called-off"]


async def test_an_early_end_gives_the_rest_back_to_the_minute(store: Store) -> None:
    meetings = await open_house(store, a_room(setup_minutes=5, cleanup_minutes=10))
    order = await meetings.book(ANN, ends_at=NOON)
    meetings.clock.now = TEN + 20 * MINUTE + timedelta(seconds=1)
    order = await meetings.step(ANN, order, "finish")
    assert order["state"] == "finished"
    assert order["data"]["finished_at"] == meetings.clock()
    assert await meetings.taken() == [(595, 631)]
    await meetings.book(BOB, starts_at=TEN + 36 * MINUTE)


async def test_an_early_end_is_possible_in_a_room_that_is_closed_by_now(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN)
    await store.update(ROOM_DAYS, {"_id": f"room_a:{TODAY}"}, {"$set": {"enabled": False}})
    meetings.clock.now = TEN + 20 * MINUTE
    await meetings.step(ANN, order, "finish")
    assert await meetings.taken() == [(600, 620)]


async def test_a_meeting_ends_by_itself_and_keeps_what_it_took(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN)
    refusal = await meetings.refused(meetings.step(ANN, order, "finish"))
    assert refusal.code == "not-yet-begun"
    meetings.clock.now = ELEVEN + 2 * MINUTE
    await meetings.work()
    ended = await meetings.order(order["_id"])
    assert (ended["state"], ended["data"]["finished_at"]) == ("finished", ELEVEN)
    assert await meetings.taken() == [(600, 660)]
    rated = await meetings.step(ANN, ended, "rate", RatingInput(stars=4, comment="安静"))
    assert (rated["state"], rated["rating"]) == ("rated", {"stars": 4, "comment": "安静"})


async def test_everyone_is_reminded_once_and_never_at_the_old_time(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, invite=["S0004"], starts_at=NOON)
    order = await meetings.change(ANN, order, starts_at=NOON + 2 * HOUR, ends_at=NOON + 3 * HOUR)
    meetings.clock.now = NOON - 10 * MINUTE
    await meetings.work()
    assert "meeting-reminder" not in await meetings.told(BOB)
    meetings.clock.now = NOON + 2 * HOUR - 15 * MINUTE
    await meetings.work()
    await meetings.work()
    assert (await meetings.told(BOB)).count("meeting-reminder") == 1
    assert await meetings.told(ANN) == ["meeting-reminder"]


async def test_a_change_to_very_soon_leaves_no_reminder_at_the_old_time(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, starts_at=NOON + 2 * HOUR)
    soon = meetings.clock() + 5 * MINUTE
    order = await meetings.change(ANN, order, starts_at=soon, ends_at=NOON + 4 * HOUR)
    meetings.clock.now = NOON + HOUR + 45 * MINUTE
    await meetings.work()
    assert await meetings.told(ANN) == []
    assert await meetings.state(order) == "booked"


async def test_a_deputy_changes_and_cancels_and_the_owner_is_told(store: Store) -> None:
    meetings = await open_house(store)
    away = {"id": "dep_1", "for": ANN, "from": TODAY, "to": TODAY}
    meetings.persons[BOB] = meetings.persons[BOB] | {"stands_in": [away]}
    order = await meetings.book(ANN)
    order = await meetings.change(BOB, order, ends_at=NOON)
    assert order["timeline"][-1]["by"] == BOB
    assert order["owner"] == ANN
    order = await transition(meetings.ctx(BOB), order["_id"], "cancel", Parting())
    assert order["state"] == "cancelled"
    assert await meetings.told(ANN) == ["meeting-changed", "meeting-cancelled"]


@pytest.mark.parametrize("there", [(570, 580), (650, 700), None])
async def test_a_guard_sees_what_stands_on_either_side(
    store: Store, there: tuple[int, int] | None
) -> None:
    own = {"order": "ord_1", "from": 600, "to": 640}
    others = [{"order": "ord_2", "from": there[0], "to": there[1]}] if there else []
    day: Document = {"_id": "room_a:1", "enabled": True, "queue": []}
    await store.insert(ROOM_DAYS, day | {"taken": [own, *others]})
    hold = Hold(ROOM_DAYS, "room_a:1", start=560, end=660)
    wanted = Wanted.of(hold, "ord_1", [own], promotes=False)
    assert wanted.fresh == [(560, 600), (640, 660)]
    mark = {"$set": {"seen": True}}
    assert await store.update(ROOM_DAYS, wanted.guard("room_a:1"), mark) == (there is None)


async def test_what_somebody_who_left_had_ahead_is_called_off(store: Store) -> None:
    meetings = await open_house(store, a_room(), on_approval())
    begun = await meetings.book(ANN, "begun")
    ahead = await meetings.book(ANN, "ahead", starts_at=NOON, invite=["S0004"])
    asked = await meetings.book(ANN, "asked", room_id="room_c", starts_at=NOON)
    other = await meetings.book(BOB, "other", starts_at=NOON + HOUR)
    meetings.clock.now = TEN + MINUTE
    await store.insert(LEAVINGS, leaving(ANN, 2, meetings.clock()))
    await meetings.work()
    await meetings.work()
    assert [await meetings.state(each) for each in (begun, ahead, asked, other)] == [
        "booked", "called_off", "called_off", "booked",
    ]  # fmt: skip
    assert await meetings.taken() == [(600, 660), (780, 840)]
    assert "meeting-called-off" in await meetings.told(BOB)
    called = await meetings.order(asked["_id"])
    assert (called["waits_for"], called["timeline"][-1]["by"]) == ([], CLOCK)
