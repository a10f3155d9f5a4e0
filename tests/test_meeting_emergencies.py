"""An emergency takes a room: who was there is rehomed or displaced, and told, all at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from models.base.errors import Refusal
from models.base.messages import listed
from models.base.shapes import PageQuery
from models.base.store import Store
from models.meetings import blocks
from models.meetings.emergencies import EmergencyInput, declare
from models.meetings.lifecycle import Parting
from tests.meals_house import ANN, BOB, BOSS, CAT
from tests.meetings_house import (
    DESK,
    ELEVEN,
    HOUR,
    MINUTE,
    NOON,
    TEN,
    Meetings,
    a_room,
    guarded,
    on_approval,
    open_house,
)

WHY = "防汛应急指挥"


async def emergency(meetings: Meetings, key: str = "flood", who: str = BOSS, **body: Any) -> Any:
    """The answer to a manager who takes room A from ten to eleven, or as `body` says."""
    usual = {"room_id": "room_a", "starts_at": TEN, "subject": "防汛会商", "attendees": 10}
    wanted = {**usual, "reason": WHY, **body}
    wanted.setdefault("ends_at", wanted["starts_at"] + HOUR)
    return await declare(meetings.ctx(who, key), EmergencyInput(**wanted))


def outcomes(answer: Any) -> list[tuple[str, str | None]]:
    """(outcome, room) of each meeting in the way."""
    return [(each.outcome, each.room.id if each.room else None) for each in answer.displaced]


async def test_a_free_room_is_simply_taken_and_the_reason_is_on_record(store: Store) -> None:
    meetings = await open_house(store)
    answer = await emergency(meetings)
    assert (answer.order.state, answer.order.data["emergency"]) == ("booked", WHY)
    assert answer.displaced == []
    assert await meetings.taken() == [(600, 660)]
    [record] = await store.find("audit", {})
    assert (record["act"], record["object"]) == ("meetings.emergency", answer.order.id)
    assert (record["actor"]["id"], record["after"]["reason"]) == (BOSS, WHY)


async def test_the_meeting_there_moves_to_the_smallest_room_that_suits_it(store: Store) -> None:
    rooms = [
        a_room(),
        a_room("room_d", seats=4),  # too small for five
        a_room("room_e", seats=6, equipment=[]),  # no projector
        on_approval("room_f", seats=6),
        a_room("room_g", seats=6, opens="10:30"),
        a_room("room_h", seats=30),
        a_room("room_i", seats=8),
    ]
    meetings = await open_house(store, *rooms)
    theirs = await meetings.book(ANN, invite=["S0004"])
    answer = await emergency(meetings)
    assert outcomes(answer) == [("rehomed", "room_i")]
    after = await meetings.order(theirs["_id"])
    assert (after["state"], after["data"]["room"]["id"]) == ("booked", "room_i")
    step = after["timeline"][-1]
    assert (step["transition"], step["by"], step["note"]) == ("displace", BOSS, WHY)
    assert await meetings.told(ANN) == ["meeting-rehomed"]
    assert await meetings.told(BOB) == ["meeting-invited", "meeting-rehomed"]
    [line] = (await listed(meetings.ctx(ANN), PageQuery())).items
    assert line.text.partition("事由：")[2] == WHY
    assert await meetings.taken("room_i") == [(600, 660)]


async def test_without_a_suitable_room_the_meeting_is_displaced_and_gives_everything_back(
    store: Store,
) -> None:
    meetings = await open_house(store, a_room(), a_room("room_d", seats=4))
    theirs = await meetings.book(ANN)
    answer = await emergency(meetings)
    assert outcomes(answer) == [("displaced", None)]
    after = await meetings.order(theirs["_id"])
    assert (after["state"], after["holds"]) == ("displaced", [])
    assert await meetings.told(ANN) == ["meeting-displaced"]
    [line] = (await listed(meetings.ctx(ANN), PageQuery())).items
    assert line.text.partition("事由：")[2] == WHY
    assert await meetings.taken() == [(600, 660)]


async def test_several_meetings_in_the_way_get_rooms_of_their_own(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_d"), a_room("room_e"))
    for number, who in enumerate((ANN, BOB, CAT)):
        await meetings.book(who, starts_at=TEN + number * 20 * MINUTE,
                            ends_at=TEN + (number + 1) * 20 * MINUTE)  # fmt: skip
    answer = await emergency(meetings)
    assert outcomes(answer) == [("rehomed", "room_d")] * 3
    other = await emergency(meetings, "storm", room_id="room_d")
    assert outcomes(other) == [("rehomed", "room_e")] * 3
    await meetings.balance()


async def test_when_rooms_run_out_the_later_meetings_are_displaced(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_d"))
    for number, who in enumerate((ANN, BOB)):
        await meetings.book(who, starts_at=TEN + number * 30 * MINUTE,
                            ends_at=TEN + (number + 1) * 30 * MINUTE)  # fmt: skip
    await meetings.book(CAT, room_id="room_d", starts_at=TEN + 30 * MINUTE)
    answer = await emergency(meetings)
    assert outcomes(answer) == [("rehomed", "room_d"), ("displaced", None)]
    await meetings.balance()


async def test_a_neighbour_met_only_in_its_cleaning_time_stays(store: Store) -> None:
    meetings = await open_house(store, a_room(setup_minutes=15, cleanup_minutes=15))
    before = await meetings.book(ANN, starts_at=TEN - HOUR)
    after = await meetings.book(BOB, starts_at=ELEVEN + 15 * MINUTE)
    answer = await emergency(meetings)
    assert answer.displaced == []
    assert [await meetings.state(each) for each in (before, after)] == ["booked", "booked"]
    late = meetings.book(CAT, "late", starts_at=ELEVEN)
    assert (await meetings.refused(late)).code == "room-taken"


async def test_a_meeting_under_way_goes_on_in_another_room_without_a_second_check_in(
    store: Store,
) -> None:
    meetings = await open_house(store, guarded("room_a"), guarded("room_d"))
    theirs = await meetings.book(ANN)
    meetings.clock.now = TEN
    theirs = await meetings.step(ANN, theirs, "check_in")
    meetings.clock.now = TEN + 20 * MINUTE
    answer = await emergency(meetings, starts_at=TEN + 20 * MINUTE)
    assert outcomes(answer) == [("rehomed", "room_d")]
    moved = await meetings.order(theirs["_id"])
    assert (moved["state"], moved["timers"]) == (
        "in_use", [{"at": ELEVEN, "transition": "finish"}],
    )  # fmt: skip


async def test_whoever_was_offered_the_room_loses_the_offer(store: Store) -> None:
    meetings = await open_house(store)
    first = await meetings.book(ANN)
    waiting = await meetings.book(BOB, wait=True)
    further = await meetings.book(CAT, wait=True)
    await meetings.step(ANN, first, "cancel", Parting())
    await meetings.work()
    assert await meetings.state(waiting) == "offered"
    answer = await emergency(meetings)
    assert outcomes(answer) == [("displaced", None)]
    assert await meetings.state(waiting) == "lapsed"
    await meetings.work()
    assert await meetings.state(further) == "waiting"
    await meetings.balance()


async def test_hours_notice_and_approval_do_not_bind_an_emergency(store: Store) -> None:
    meetings = await open_house(store, on_approval("room_a", notice_minutes=600, closes="09:30"))
    assert (await emergency(meetings)).order.state == "booked"


async def test_a_block_a_closed_room_and_too_few_seats_are_not_overruled(store: Store) -> None:
    shut = a_room("room_d", enabled=False, disabled_reason="漏水")
    meetings = await open_house(store, a_room(), shut)
    body = blocks.NewBlock(rooms=["room_a"], starts_at=TEN, ends_at=NOON, reason="检修")
    await blocks.add(meetings.ctx(DESK), body)
    blocked = await meetings.refused(emergency(meetings))
    assert (blocked.code, blocked.facts["reason"]) == ("room-blocked", "检修")
    closed = await meetings.refused(emergency(meetings, room_id="room_d"))
    assert closed.code == "room-disabled"
    small = await meetings.refused(emergency(meetings, starts_at=NOON, attendees=21))
    assert small.code == "room-too-small"


async def test_an_emergency_declared_twice_is_one(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_d"))
    await meetings.book(ANN)
    first, again = await emergency(meetings), await emergency(meetings)
    assert first.order.id == again.order.id
    assert outcomes(first) == outcomes(again) == [("rehomed", "room_d")]
    assert await store.count("audit", {}) == 1


# --- races


async def race(*acts: Any) -> None:
    """Have all acts at once; every fault is a refusal."""
    results = await asyncio.gather(*acts, return_exceptions=True)
    faults = [each for each in results if isinstance(each, BaseException)]
    assert all(isinstance(fault, Refusal) for fault in faults), faults


@pytest.mark.parametrize("rival", ["book", "cancel", "change", "check_in"])
async def test_whatever_happens_meanwhile_nobody_shares_a_room(store: Store, rival: str) -> None:
    meetings = await open_house(store, guarded("room_a"), a_room("room_d"))
    theirs = await meetings.book(ANN)
    meetings.clock.now = TEN - 5 * MINUTE
    acts = {
        "book": meetings.book(BOB, "bob", room_id="room_d"),
        "cancel": meetings.step(ANN, theirs, "cancel", Parting()),
        "change": meetings.change(ANN, theirs, room_id="room_d"),
        "check_in": meetings.step(ANN, theirs, "check_in"),
    }
    chosen = acts.pop(rival)
    for other in acts.values():
        other.close()
    await race(chosen, emergency(meetings))
    assert await meetings.taken() == [(600, 660)]
    await meetings.balance()


async def test_two_emergencies_for_the_same_room_are_one_after_the_other(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_d"), a_room("room_e"))
    await meetings.book(ANN)
    await race(emergency(meetings), emergency(meetings, "storm"))
    found = await store.find("orders", {"state": "booked"})
    rooms = sorted(order["data"]["room"]["id"] for order in found)
    assert rooms == ["room_a", "room_d", "room_e"]
    await meetings.balance()
