"""Swapping rooms: both meetings move or neither does, whatever happens at the same moment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from models.base import orders
from models.base.errors import Forbidden, NotFound, Refusal
from models.base.store import Document, Store
from models.meetings.lifecycle import Parting
from models.meetings.swaps import Answer, SwapInput
from tests.meals_house import ANN, BOB, CAT
from tests.meetings_house import (
    DAY,
    ELEVEN,
    HOUR,
    MINUTE,
    NOON,
    TEN,
    Meetings,
    a_room,
    on_approval,
    open_house,
)

TUESDAY = "2026-11-24"


async def two_meetings(
    store: Store, *rooms: Document, theirs: Any = TEN
) -> tuple[Meetings, Document, Document]:
    """Ann's meeting in room A from ten to eleven, and Bob's in room B."""
    meetings = await open_house(store, *(rooms or (a_room(), a_room("room_b"))))
    mine = await meetings.book(ANN)
    return meetings, mine, await meetings.book(BOB, room_id="room_b", starts_at=theirs)


async def ask(
    meetings: Meetings, mine: Document, theirs: Document, who: str = ANN, key: str = "swap"
) -> Any:
    body = SwapInput(mine=mine["_id"], theirs=theirs["_id"], message="我们人多")
    return await orders.place(meetings.ctx(who, key), "meeting_swap", body)


async def room_of(meetings: Meetings, meeting: Document) -> str:
    return str((await meetings.order(meeting["_id"]))["data"]["room"]["id"])


async def test_the_holder_accepts_and_both_meetings_change_rooms(store: Store) -> None:
    meetings, mine, theirs = await two_meetings(store)
    swap = await ask(meetings, mine, theirs)
    assert (swap["state"], swap["owner"], swap["assignee"]) == ("asked", ANN, BOB)
    assert swap["waits_for"] == [f"p:{BOB}", f"d:{BOB}"]
    assert await meetings.can(BOB, swap) == ["accept", "decline"]
    assert await meetings.can(ANN, swap) == ["cancel"]
    assert await meetings.told(BOB) == ["swap-asked"]
    done = await meetings.step(BOB, swap, "accept")
    assert (done["state"], done["waits_for"], done["claims"]) == ("swapped", [], [])
    assert await room_of(meetings, mine) == "room_b"
    assert await room_of(meetings, theirs) == "room_a"
    for each in (mine, theirs):
        after = await meetings.order(each["_id"])
        assert after["timeline"][-1]["transition"] == "swap"
        assert after["data"]["sequence"] == each["data"]["sequence"] + 1
    assert await meetings.taken("room_a") == [(600, 660)]
    assert await meetings.taken("room_b") == [(600, 660)]
    assert await meetings.told(ANN) == ["meeting-moved"]


async def test_each_keeps_its_time_in_the_others_room_with_that_rooms_buffers(
    store: Store,
) -> None:
    rooms = a_room(), a_room("room_b", cleanup_minutes=15)
    meetings, mine, theirs = await two_meetings(store, *rooms, theirs=ELEVEN + DAY)
    await meetings.step(BOB, await ask(meetings, mine, theirs), "accept")
    assert await meetings.taken("room_b") == [(600, 675)]
    assert await meetings.taken("room_a", TUESDAY) == [(660, 720)]
    assert await meetings.taken("room_a") == []
    assert await meetings.taken("room_b", TUESDAY) == []


async def test_meetings_that_overlap_in_time_can_swap(store: Store) -> None:
    meetings, mine, theirs = await two_meetings(store, theirs=TEN + 30 * MINUTE)
    await meetings.step(BOB, await ask(meetings, mine, theirs), "accept")
    assert await meetings.taken("room_a") == [(630, 690)]
    assert await meetings.taken("room_b") == [(600, 660)]


@pytest.mark.parametrize(
    ("room", "code"),
    [
        (a_room("room_b", seats=4), "room-too-small"),
        (a_room("room_b", opens="10:30", closes="22:00"), "outside-hours"),
        (on_approval("room_b"), "swap-on-approval"),
    ],
)
async def test_a_room_that_does_not_suit_is_not_asked_for(
    store: Store, room: Document, code: str
) -> None:
    meetings = await open_house(store, a_room(), room)
    mine = await meetings.book(ANN)
    theirs = await meetings.book("per_meetings", room_id="room_b", starts_at=NOON, attendees=2)
    refusal = await meetings.refused(ask(meetings, mine, theirs))
    assert refusal.code == code


async def test_a_third_meeting_in_the_way_refuses_the_swap(store: Store) -> None:
    meetings, mine, theirs = await two_meetings(store, theirs=NOON)
    swap = await ask(meetings, mine, theirs)
    await meetings.book(CAT, room_id="room_b", starts_at=TEN + 30 * MINUTE)
    refusal = await meetings.refused(meetings.step(BOB, swap, "accept"))
    assert refusal.code == "room-taken"


async def test_only_my_own_meeting_can_be_offered_and_only_another_room_asked_for(
    store: Store,
) -> None:
    meetings, mine, theirs = await two_meetings(store)
    assert type(await meetings.refused(ask(meetings, theirs, mine))) is NotFound
    invited = await meetings.book(BOB, "party", starts_at=NOON, invite=["S0003"])
    assert type(await meetings.refused(ask(meetings, invited, theirs))) is Forbidden
    same_room = await meetings.book(CAT, "same", starts_at=NOON + HOUR)
    refusal = await meetings.refused(ask(meetings, mine, same_room))
    assert refusal.code == "swap-not-a-pair"


async def test_the_same_swap_is_asked_once_until_it_is_answered(store: Store) -> None:
    meetings, mine, theirs = await two_meetings(store)
    swap = await ask(meetings, mine, theirs)
    refusal = await meetings.refused(ask(meetings, mine, theirs, key="again"))
    assert refusal.code == "swap-asked"
    declined = await meetings.step(BOB, swap, "decline", Answer(reason="要用投影"))
    assert (declined["state"], declined["timeline"][-1]["note"]) == ("declined", "要用投影")
    assert await meetings.told(ANN) == ["swap-declined"]
    assert (await ask(meetings, mine, theirs, key="again"))["state"] == "asked"


async def test_what_changed_since_it_was_asked_refuses_the_swap(store: Store) -> None:
    meetings, mine, theirs = await two_meetings(store)
    swap = await ask(meetings, mine, theirs)
    await meetings.change(ANN, mine, starts_at=NOON, ends_at=NOON + HOUR)
    refusal = await meetings.refused(meetings.step(BOB, swap, "accept"))
    assert (refusal.status, refusal.code) == (409, "swap-stale")


async def test_a_request_is_withdrawn_or_lapses_when_the_first_meeting_begins(
    store: Store,
) -> None:
    meetings, mine, theirs = await two_meetings(store, theirs=NOON)
    swap = await ask(meetings, mine, theirs)
    assert (await meetings.step(ANN, swap, "cancel", Parting()))["state"] == "withdrawn"
    assert await meetings.told(BOB) == ["swap-asked", "swap-withdrawn"]
    again = await ask(meetings, mine, theirs, key="again")
    meetings.clock.now = TEN
    late = meetings.step(BOB, again, "accept")
    assert (await meetings.refused(late)).code == "time-has-come"
    await meetings.work()
    assert await meetings.state(again) == "lapsed"


# --- races


async def race(*acts: Any) -> list[Any]:
    """What each act came to; every fault is a refusal."""
    results = await asyncio.gather(*acts, return_exceptions=True)
    faults = [each for each in results if isinstance(each, BaseException)]
    assert all(isinstance(fault, Refusal) for fault in faults), faults
    return results


async def test_two_swaps_over_the_same_meeting_leave_one_of_them_done(store: Store) -> None:
    rooms = [a_room(), a_room("room_b"), a_room("room_d")]
    meetings, mine, theirs = await two_meetings(store, *rooms)
    third = await meetings.book(CAT, room_id="room_d")
    first = await ask(meetings, mine, theirs)
    second = await ask(meetings, mine, third, key="other")
    await race(meetings.step(BOB, first, "accept"), meetings.step(CAT, second, "accept"))
    states = sorted([await meetings.state(first), await meetings.state(second)])
    assert states == ["asked", "swapped"]
    rooms_now = [await room_of(meetings, each) for each in (mine, theirs, third)]
    assert sorted(rooms_now) == ["room_a", "room_b", "room_d"]
    assert rooms_now[0] != "room_a"
    await meetings.balance()


async def test_a_swap_and_a_cancellation_at_once_leave_whole_meetings(store: Store) -> None:
    meetings, mine, theirs = await two_meetings(store)
    swap = await ask(meetings, mine, theirs)
    await race(
        meetings.step(BOB, swap, "accept"),
        meetings.step(ANN, mine, "cancel", Parting(), if_match=None),
    )
    assert await meetings.state(mine) == "cancelled"
    swapped = await meetings.state(swap) == "swapped"
    assert await room_of(meetings, theirs) == ("room_a" if swapped else "room_b")
    assert await meetings.taken("room_b" if swapped else "room_a") == []


async def test_a_swap_and_a_change_at_once_are_one_after_the_other(store: Store) -> None:
    meetings, mine, theirs = await two_meetings(store)
    swap = await ask(meetings, mine, theirs)
    changed, done = await race(
        meetings.change(ANN, mine, starts_at=NOON, ends_at=NOON + HOUR),
        meetings.step(BOB, swap, "accept"),
    )
    assert sum(isinstance(each, Refusal) for each in (changed, done)) == 1
    rooms = (await room_of(meetings, mine), await room_of(meetings, theirs))
    swapped = await meetings.state(swap) == "swapped"
    assert rooms == (("room_b", "room_a") if swapped else ("room_a", "room_b"))
    await meetings.balance()
