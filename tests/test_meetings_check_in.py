"""Checking in: at the door, in time, by whoever takes part; a room nobody comes to is free."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from models.base import clockwork
from models.base.errors import Forbidden, NotFound
from models.base.store import Document, Store
from models.meetings import check_ins, doors
from models.meetings.doors import DoorQuery
from tests.machinery import a_house
from tests.meetings_house import (
    ANN,
    BOB,
    CAT,
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
    open_house,
)


async def at_door(meetings: Meetings, who: str, room: str = "room_b") -> Document:
    """The order that somebody has checked in to at the door of a room."""
    ctx = meetings.ctx(who)
    found = await meetings.store.get("rooms", room)
    assert found is not None
    return await check_ins.check_in(ctx, DoorQuery(door=doors.code_of(ctx, found)))


async def a_house_with_a_door(store: Store, **fields: Any) -> Meetings:
    """Room B, in which one checks in, with a display."""
    meetings = await open_house(store, guarded(**fields), a_room())
    await doors.make_display(meetings.ctx(DESK), "room_b")
    return meetings


async def test_check_in_opens_some_minutes_before_and_ends_some_after(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    order = await meetings.book(ANN, room_id="room_b")
    meetings.clock.now = TEN - 16 * MINUTE
    refusal = await meetings.refused(meetings.step(ANN, order, "check_in"))
    assert (refusal.code, refusal.facts) == ("check-in-ahead", {"from": "11-23 09:45"})
    assert "check_in" not in await meetings.can(ANN, order)
    meetings.clock.now = TEN - 15 * MINUTE
    assert "check_in" in await meetings.can(ANN, order)
    meetings.clock.now = TEN + 10 * MINUTE
    refusal = await meetings.refused(meetings.step(ANN, order, "check_in"))
    assert (refusal.code, refusal.facts) == ("check-in-over", {"until": "11-23 10:10"})


async def test_who_checks_in_keeps_the_room_until_the_end(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    order = await meetings.book(ANN, room_id="room_b")
    meetings.clock.now = TEN
    order = await meetings.step(ANN, order, "check_in")
    assert (order["state"], order["data"]["checked_in_at"]) == ("in_use", TEN)
    assert order["timers"] == [{"at": ELEVEN, "transition": "finish"}]
    meetings.clock.now = TEN + 30 * MINUTE
    await meetings.work()
    assert await meetings.state(order) == "in_use"
    meetings.clock.now = ELEVEN
    await meetings.work()
    assert await meetings.state(order) == "finished"
    assert await meetings.taken("room_b") == [(600, 660)]


async def test_only_the_meeting_to_which_nobody_came_is_released(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    first = await meetings.book(ANN, room_id="room_b", invite=["S0004"])
    second = await meetings.book(ANN, "second", room_id="room_b", starts_at=ELEVEN)
    third = await meetings.book(ANN, "third", room_id="room_a")
    meetings.clock.now = TEN + 10 * MINUTE
    await meetings.work()
    released = await meetings.order(first["_id"])
    assert (released["state"], released["holds"]) == ("released", [])
    assert [await meetings.state(each) for each in (second, third)] == ["booked", "booked"]
    assert await meetings.taken("room_b") == [(660, 720)]
    assert (await meetings.told(ANN)).count("meeting-released") == 1
    assert (await meetings.told(BOB)).count("meeting-released") == 1
    await meetings.book(CAT, room_id="room_b", starts_at=TEN + 10 * MINUTE, ends_at=ELEVEN)


async def test_two_clocks_release_once(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    order = await meetings.book(ANN, room_id="room_b")
    meetings.clock.now = TEN + 10 * MINUTE
    other = a_house(store, meetings.clock)
    await asyncio.gather(clockwork.tick(meetings.house), clockwork.tick(other))
    steps = [entry["transition"] for entry in (await meetings.order(order["_id"]))["timeline"]]
    assert steps.count("release") == 1
    assert await meetings.taken("room_b") == []


async def test_check_in_and_release_at_the_same_moment_are_one_or_the_other(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    order = await meetings.book(ANN, room_id="room_b")
    meetings.clock.now = TEN + 10 * MINUTE - MINUTE
    late = meetings.ctx(ANN)
    meetings.clock.now = TEN + 10 * MINUTE
    found = await store.get("rooms", "room_b")
    assert found is not None
    door = DoorQuery(door=doors.code_of(late, found))
    race = (check_ins.check_in(late, door), clockwork.tick(meetings.house))
    await asyncio.gather(*race, return_exceptions=True)
    state = await meetings.state(order)
    held = [(600, 660)] if state == "in_use" else []
    assert state in ("in_use", "released")
    assert await meetings.taken("room_b") == held


async def test_whoever_takes_part_checks_in_at_the_door(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    await meetings.book(ANN, room_id="room_b", invite=["S0004"])
    meetings.clock.now = TEN
    order = await at_door(meetings, BOB)
    assert order["state"] == "in_use"
    assert order["timeline"][-1]["by"] == BOB
    assert (await at_door(meetings, ANN))["version"] == order["version"]


async def test_a_deputy_checks_in(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    await meetings.book(ANN, room_id="room_b")
    away = {"id": "dep_1", "for": ANN, "from": TODAY, "to": TODAY}
    meetings.persons[CAT] = meetings.persons[CAT] | {"stands_in": [away]}
    meetings.clock.now = TEN
    assert (await at_door(meetings, CAT))["state"] == "in_use"


async def test_at_the_door_of_another_room_there_is_nothing_to_check_in_to(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    await meetings.book(ANN, room_id="room_a")
    meetings.clock.now = TEN
    refusal = await meetings.refused(at_door(meetings, ANN))
    assert (refusal.code, refusal.facts) == ("nothing-to-check-in", {})


async def test_who_comes_too_early_is_told_when_check_in_opens(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    await meetings.book(ANN, room_id="room_b", starts_at=NOON)
    await meetings.book(ANN, "second", room_id="room_b", starts_at=NOON + HOUR)
    refusal = await meetings.refused(at_door(meetings, ANN))
    assert (refusal.code, refusal.facts) == ("nothing-to-check-in", {"from": "11-23 11:45"})


async def test_who_takes_no_part_checks_in_nowhere(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    order = await meetings.book(ANN, room_id="room_b")
    meetings.clock.now = TEN
    assert (await meetings.refused(at_door(meetings, DESK))).code == "nothing-to-check-in"
    assert (await meetings.refused(at_door(meetings, CAT))).code == "nothing-to-check-in"
    assert isinstance(await meetings.refused(meetings.step(DESK, order, "check_in")), Forbidden)
    with pytest.raises(NotFound):
        await meetings.step(CAT, order, "check_in")


async def test_a_code_that_no_door_shows_is_unknown(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    for door in ("qj:door:room_b:0000", "qj:door:room_a:0000", "qj:door:room_none:0", "x"):
        act = check_ins.check_in(meetings.ctx(ANN), DoorQuery(door=door))
        assert (await meetings.refused(act)).code == "door-unknown"


async def test_a_room_without_check_in_wants_none(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN)
    meetings.clock.now = TEN
    refusal = await meetings.refused(meetings.step(ANN, order, "check_in"))
    assert refusal.code == "no-check-in"
    assert await meetings.can(ANN, order) == ["cancel", "finish"]


async def test_what_was_checked_in_to_ends_early_and_gives_the_rest_back(store: Store) -> None:
    meetings = await a_house_with_a_door(store, cleanup_minutes=5)
    order = await meetings.book(ANN, room_id="room_b")
    meetings.clock.now = TEN
    refusal = await meetings.refused(meetings.step(ANN, order, "finish"))
    assert refusal.code == "not-checked-in"
    order = await meetings.step(ANN, order, "check_in")
    meetings.clock.now = TEN + 25 * MINUTE
    await meetings.step(ANN, order, "finish")
    assert await meetings.taken("room_b") == [(600, 630)]


async def test_who_checks_in_and_leaves_before_the_start_gives_all_of_it_back(
    store: Store,
) -> None:
    meetings = await a_house_with_a_door(store)
    order = await meetings.book(ANN, room_id="room_b")
    meetings.clock.now = TEN - 10 * MINUTE
    order = await meetings.step(ANN, order, "check_in")
    await meetings.step(ANN, order, "finish")
    assert await meetings.taken("room_b") == []


async def test_a_window_never_outlasts_the_meeting(store: Store) -> None:
    meetings = await a_house_with_a_door(store)
    order = await meetings.book(ANN, room_id="room_b", ends_at=TEN + 5 * MINUTE)
    assert order["data"]["check_in"]["until"] == TEN + 5 * MINUTE
