"""Blocks: rooms kept for a period, whatever stands there, and what becomes of that."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from models.base.errors import NotFound, Refusal
from models.base.shapes import PageQuery
from models.base.store import Document, Store
from models.meetings import blocks
from models.meetings.blocks import (
    Block,
    BlockLifted,
    BlockUnknown,
    Keep,
    NewBlock,
    NotColliding,
)
from models.meetings.changes import Move
from models.meetings.days import ROOM_DAYS
from models.meetings.lifecycle import Reason
from models.meetings.periods import FarAway, PeriodWrong
from models.meetings.refusals import InThePast, NotWholeMinutes, RoomBlocked
from models.meetings.rooms import RoomUnknown
from server.database import connected
from tests.machinery import MONDAY, a_house
from tests.meals_house import ANN, BOB, BOSS
from tests.meetings_house import (
    DAY,
    DESK,
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


async def block(m: Meetings, *rooms: str, who: str = DESK, **said: Any) -> Block:
    """Rooms (room A) blocked from ten to noon."""
    usual: dict[str, Any] = {"starts_at": TEN, "ends_at": NOON, "reason": "布置会场"}
    body = NewBlock(rooms=list(rooms or ("room_a",)), **usual | said)
    return await blocks.add(m.ctx(who), body)


async def entries(m: Meetings, room: str = "room_a", day: str = "2026-11-23") -> list[Document]:
    found = await m.store.get(ROOM_DAYS, f"{room}:{day}")
    return found["taken"] if found else []


async def test_a_blocked_room_cannot_be_booked_and_the_refusal_says_why(store: Store) -> None:
    m = await open_house(store)
    await block(m)
    refusal = await m.refused(m.book(ANN))
    assert isinstance(refusal, RoomBlocked)
    assert refusal.facts == {"reason": "布置会场"}
    before, after = TEN - HOUR + MINUTE, NOON
    assert (await m.book(ANN, "one", starts_at=before, ends_at=TEN))["state"] == "booked"
    assert (await m.book(ANN, "two", starts_at=after))["state"] == "booked"


async def test_a_block_covers_its_part_of_every_day_and_room(store: Store) -> None:
    m = await open_house(store, a_room(), a_room("room_b"))
    made = await block(m, "room_b", "room_a", starts_at=TEN, ends_at=TEN + 2 * DAY)
    assert made.rooms == ["room_a", "room_b"]
    whole = {"order": made.id, "from": 0, "to": 1440}
    assert await entries(m) == [{"order": made.id, "from": 600, "to": 1440}]
    assert await entries(m, "room_b", "2026-11-24") == [whole]
    assert await entries(m, "room_b", "2026-11-25") == [{"order": made.id, "from": 0, "to": 600}]


async def test_a_block_until_midnight_takes_nothing_of_the_next_day(store: Store) -> None:
    m = await open_house(store)
    made = await block(m, ends_at=MONDAY + 15 * HOUR)
    assert await entries(m) == [{"order": made.id, "from": 600, "to": 1440}]
    assert await m.store.count(ROOM_DAYS, {}) == 1


async def test_what_a_block_meets_is_listed_with_rooms_that_are_free(store: Store) -> None:
    m = await open_house(
        store, a_room(), a_room("room_b", seats=6), a_room("room_c", seats=4), on_approval("room_d")
    )
    met = await m.book(ANN, "met", starts_at=ELEVEN, attendees=5)
    await m.book(BOB, "later", starts_at=NOON)
    await m.book(BOB, "busy", room_id="room_b", starts_at=ELEVEN - HOUR)
    asked = await m.book(BOB, "asked", room_id="room_d", attendees=20)
    found = await block(m, "room_a", "room_d")
    assert [(c.order_id, c.state, c.suggestions) for c in found.collisions] == [
        (asked["_id"], "requested", []),
        (met["_id"], "booked", ["room_b"]),
    ]
    assert found.collisions[1].owner_name == "ann"
    assert await m.state(met) == "booked"


async def test_collisions_are_settled_one_by_one(store: Store) -> None:
    m = await open_house(store, a_room(), a_room("room_b"))
    first, second, third = [
        await m.book(
            ANN, f"{n}", starts_at=TEN + n * 30 * MINUTE, ends_at=TEN + (n + 1) * 30 * MINUTE
        )
        for n in range(3)
    ]
    made = await block(m)
    assert len(made.collisions) == 3
    kept = await blocks.keep(m.ctx(DESK), made.id, Keep(order_id=first["_id"]))
    assert (kept.kept, len(kept.collisions)) == ([first["_id"]], 2)
    await m.step(DESK, second, "move", Move(room_id="room_b", note="布置会场"))
    await m.step(DESK, third, "call_off", Reason(reason="布置会场"))
    assert (await blocks.one(m.ctx(DESK), made.id)).collisions == []
    assert await m.taken("room_b") == [(630, 660)]
    again = await m.refused(blocks.keep(m.ctx(DESK), made.id, Keep(order_id=second["_id"])))
    assert isinstance(again, NotColliding)


async def test_the_same_block_said_twice_is_one(store: Store) -> None:
    m = await open_house(store)
    one, two = await block(m), await block(m)
    assert one == two
    assert await m.store.count("room_blocks", {}) == 1


async def test_a_lifted_block_gives_its_time_back_and_nothing_else(store: Store) -> None:
    m = await open_house(store)
    await m.book(ANN, starts_at=ELEVEN, ends_at=NOON)
    one, two = await block(m), await block(m, starts_at=TEN - 30 * MINUTE, reason="检修")
    await blocks.lift(m.ctx(DESK), one.id)
    await blocks.lift(m.ctx(DESK), one.id)
    assert [each["order"] for each in await entries(m) if each["order"] != two.id] == [
        (await m.store.find("orders", {}))[0]["_id"]
    ]
    listed = await blocks.listed(m.ctx(DESK), PageQuery())
    assert {each.id: each.state for each in listed.items} == {one.id: "lifted", two.id: "active"}
    assert {each.id: len(each.collisions) for each in listed.items} == {one.id: 0, two.id: 1}
    act = blocks.keep(m.ctx(DESK), one.id, Keep(order_id="ord_1"))
    assert isinstance(await m.refused(act), BlockLifted)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"ends_at": TEN}, PeriodWrong),
        ({"ends_at": TEN + 31 * DAY + MINUTE}, PeriodWrong),
        ({"starts_at": TEN - 3 * HOUR, "ends_at": MONDAY}, InThePast),
        ({"starts_at": TEN.replace(second=1)}, NotWholeMinutes),
        ({"starts_at": TEN.replace(year=1), "ends_at": NOON.replace(year=1)}, FarAway),
        ({"rooms": ["room_a", "room_x"]}, RoomUnknown),
    ],
)
async def test_a_block_that_makes_no_sense_is_refused(
    store: Store, said: dict[str, Any], kind: type[Refusal]
) -> None:
    m = await open_house(store)
    assert isinstance(await m.refused(block(m, *said.pop("rooms", ()), **said)), kind)


async def test_an_unknown_block_is_not_found(store: Store) -> None:
    m = await open_house(store)
    for act in (blocks.one, blocks.lift):
        assert isinstance(await m.refused(act(m.ctx(DESK), "blk_none")), BlockUnknown | NotFound)


async def test_what_a_private_meeting_is_about_is_the_desks_to_know_not_the_managers(
    store: Store,
) -> None:
    m = await open_house(store)
    await m.book(ANN, private=True, subject="谈话")
    made = await block(m)
    seen = {who: (await blocks.one(m.ctx(who), made.id)).collisions[0] for who in (DESK, BOSS)}
    assert (seen[DESK].subject, seen[BOSS].subject) == ("谈话", "")


async def test_a_block_that_a_crash_has_left_half_placed_is_finished_by_the_workers(
    store: Store,
) -> None:
    m = await open_house(store, a_room(), a_room("room_b"))
    made = await block(m)
    half = {"$set": {"rooms": ["room_a", "room_b"], "todo": ["room_b"], "unsettled": True}}
    await store.update("room_blocks", {"_id": made.id}, half)
    await m.work()
    assert await entries(m, "room_b") == [{"order": made.id, "from": 600, "to": 720}]
    assert len(await entries(m)) == 1
    await blocks.lift(m.ctx(DESK), made.id)
    await m.work()
    assert await entries(m) + await entries(m, "room_b") == []


async def test_bookings_that_race_a_block_in_two_processes_are_before_it_or_refused(
    store: Store, database_uri: str, database_name: str
) -> None:
    m = await open_house(store, *(a_room(f"room_{n}") for n in range(4)))
    async with connected(database_uri, database_name) as other:
        n = Meetings(a_house(other, m.clock), m.clock, m.persons)
        race = [
            at.book(who, f"{who}-{room}-{place}", room_id=f"room_{room}", starts_at=starts)
            for place, starts in enumerate((TEN, ELEVEN))
            for room in range(4)
            for at, who in ((m, ANN), (n, BOB))
        ]
        act = block(m, *(f"room_{room}" for room in range(4)))
        made, *answers = await asyncio.gather(act, *race, return_exceptions=True)
        assert isinstance(made, Block), made
        booked = {each["_id"] for each in answers if isinstance(each, dict)}
        faults = [each for each in answers if isinstance(each, BaseException)]
        assert all(isinstance(fault, Refusal) for fault in faults), faults
        found = await blocks.one(m.ctx(DESK), made.id)
        assert {each.order_id for each in found.collisions} == booked
        for room in range(4):
            with pytest.raises(RoomBlocked):
                await m.book(ANN, f"late-{room}", room_id=f"room_{room}", starts_at=TEN)
    await m.balance()
