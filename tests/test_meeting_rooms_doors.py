"""Doors: their codes, who may check in there, and the displays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models.base.context import NOBODY, Context
from models.base.signing import fingerprint
from models.base.store import Document, Store
from models.meetings import blocks, doors, rooms
from models.meetings.blocks import NewBlock
from models.meetings.doors import Display, DisplayUnknown, DoorQuery, DoorUnknown, Scanned
from models.meetings.rooms import ROOMS
from tests.machinery import MONDAY, a_context
from tests.meals_house import ANN, BOB, CAT
from tests.meetings_house import (
    DESK,
    ELEVEN,
    HOUR,
    MINUTE,
    NOON,
    TEN,
    Meetings,
    guarded,
    open_house,
)

DOOR = {"kid": "k1", "version": 1}
CLOSES = MONDAY + 12 * HOUR


def nobody(m: Meetings) -> Context:
    return a_context(m.house, actor=NOBODY)


async def a_house_with_a_door(store: Store, **fields: Any) -> Meetings:
    return await open_house(store, guarded("room_a", door=DOOR, **fields), guarded(door=DOOR))


async def code(m: Meetings, room: str = "room_a") -> str:
    ctx = m.ctx(DESK)
    return doors.code_of(ctx, await rooms.find(ctx, room))


async def scan(m: Meetings, who: str) -> Scanned:
    return await doors.scanned(m.ctx(who), DoorQuery(door=await code(m)))


async def display(m: Meetings, key: str) -> Display:
    return await doors.show(nobody(m), key)


# --- codes


async def test_a_code_leads_to_its_room_however_it_is_typed(store: Store) -> None:
    m = await a_house_with_a_door(store)
    for room in ("room_a", "room_b"):
        prefix, _, secret = (await code(m, room)).rpartition(":")
        for typed in (secret, secret.lower(), f"{secret[:4]}-{secret[4:]} "):
            found = await doors.room_at(m.ctx(ANN), f"{prefix}:{typed}")
            assert found["_id"] == room


async def test_a_code_of_another_room_or_none_is_refused(store: Store) -> None:
    m = await a_house_with_a_door(store)
    secret = (await code(m, "room_b")).rpartition(":")[2]
    wrong = (f"qj:door:room_a:{secret}", f"qj:door:room_x:{secret}", "qj:door:room_a:")
    for door in (*wrong, "", ":", "qj:door:", "room_a", f"qj:gate:room_b:{secret}"):
        with pytest.raises(DoorUnknown):
            await doors.room_at(m.ctx(ANN), door)


async def test_a_code_ends_with_the_key_that_made_it(store: Store) -> None:
    m = await a_house_with_a_door(store)
    door = (await code(m)).replace("room_a", "room_b")
    await store.update(ROOMS, {"_id": "room_b"}, {"$set": {"door.kid": "k0"}})
    with pytest.raises(DoorUnknown):
        await doors.room_at(m.ctx(ANN), door)


async def test_whoever_scans_sees_what_is_on_and_whether_to_check_in(store: Store) -> None:
    m = await a_house_with_a_door(store)
    await m.book(ANN, invite=["S0005"])
    early = await scan(m, ANN)
    assert (early.now, early.can_check_in) == (None, False)
    m.clock.now = TEN - 15 * MINUTE
    assert [(await scan(m, who)).can_check_in for who in (ANN, CAT, BOB)] == [True, True, False]
    order = (await store.find("orders", {}))[0]
    await m.step(ANN, order, "check_in")
    m.clock.now = TEN
    on = await scan(m, BOB)
    assert on.now is not None
    assert (on.now.subject, on.now.state, on.can_check_in) == ("周会", "in_use", False)


# --- displays


async def test_a_display_shows_now_next_and_until_when_the_room_is_free(store: Store) -> None:
    m = await a_house_with_a_door(store, setup_minutes=10, cleanup_minutes=5)
    key = (await doors.make_display(m.ctx(DESK), "room_a")).key
    await m.book(ANN, subject="周会")
    await m.book(BOB, "secret", starts_at=NOON, private=True, subject="谈话")
    shown = await display(m, key)
    assert (shown.now, shown.next and shown.next.subject) == (None, "周会")
    assert shown.free_until == TEN - 15 * MINUTE
    m.clock.now = TEN
    shown = await display(m, key)
    assert (shown.now and shown.now.subject, shown.free_until) == ("周会", None)
    assert shown.next is not None
    assert (shown.next.starts_at, shown.next.busy) == (NOON, True)
    assert "谈话" not in str(shown)
    m.clock.now = NOON + HOUR
    shown = await display(m, key)
    assert (shown.now, shown.next, shown.free_until) == (None, None, CLOSES)
    assert shown.at == NOON + HOUR
    assert (await doors.room_at(m.ctx(ANN), shown.door))["_id"] == "room_a"


async def test_a_display_shows_a_block(store: Store) -> None:
    m = await a_house_with_a_door(store)
    key = (await doors.make_display(m.ctx(DESK), "room_a")).key
    body = NewBlock(rooms=["room_a"], starts_at=MONDAY, ends_at=ELEVEN, reason="检修")
    await blocks.add(m.ctx(DESK), body)
    shown = await display(m, key)
    assert (shown.now and shown.now.block, shown.free_until) == ("检修", None)


async def test_a_closed_room_is_not_shown_as_free(store: Store) -> None:
    m = await a_house_with_a_door(store, enabled=False, disabled_reason="维修")
    key = (await doors.make_display(m.ctx(DESK), "room_a")).key
    assert (await display(m, key)).free_until is None
    m.clock.now = CLOSES + timedelta(minutes=1)
    assert (await display(m, key)).free_until is None


async def test_only_a_keys_fingerprint_is_stored_and_a_new_key_ends_the_old_one(
    store: Store,
) -> None:
    m = await a_house_with_a_door(store)
    before = await code(m)
    made = await doors.make_display(m.ctx(DESK), "room_a")
    assert made.url == f"/#/pages/door/display?key={made.key}"
    stored: list[Document] = await store.find(ROOMS, {}) + await store.find("audit", {})
    assert made.key not in str(stored)
    assert stored[0]["display"] == fingerprint(made.key)
    with pytest.raises(DoorUnknown):
        await doors.room_at(m.ctx(ANN), before)
    again = await doors.make_display(m.ctx(DESK), "room_a")
    assert again.key != made.key
    with pytest.raises(DisplayUnknown):
        await display(m, made.key)
    await doors.end_display(m.ctx(DESK), "room_a")
    await doors.end_display(m.ctx(DESK), "room_a")
    with pytest.raises(DisplayUnknown):
        await display(m, again.key)
