"""Rooms on approval: requests stand beside each other until one is approved and its rivals with it
refused.
"""

from __future__ import annotations

import asyncio
from typing import Any

from models.base.errors import Forbidden
from models.base.shapes import PageQuery
from models.base.store import Document, Store
from models.base.views import inbox
from models.meetings import rivals
from models.meetings.days import ROOM_DAYS
from models.meetings.lifecycle import Approval, Parting, Reason
from tests.machinery import a_house
from tests.meetings_house import (
    ANN,
    BOB,
    BOSS,
    CAT,
    DAN,
    DESK,
    ELEVEN,
    HOUR,
    MINUTE,
    NOON,
    TEN,
    TODAY,
    Meetings,
    a_room,
    moment,
    on_approval,
    open_house,
)


async def ask(meetings: Meetings, who: str, **body: Any) -> Document:
    """A request of somebody for room C."""
    order: Document = await meetings.book(who, **{"room_id": "room_c", **body})
    assert order["state"] == "requested"
    return order


async def approve(meetings: Meetings, order: Document, *refused: Document) -> Document:
    body = Approval(refuses=[each["_id"] for each in refused])
    done: Document = await meetings.step(DESK, order, "approve", body)
    return done


async def test_a_request_takes_nothing_and_waits_for_meeting_services(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    order = await ask(meetings, ANN, invite=["S0004"])
    assert await meetings.taken("room_c") == []
    assert order["timers"] == [{"at": TEN, "transition": "lapse"}]
    waiting = await inbox(meetings.ctx(DESK), PageQuery())
    assert [each.id for each in waiting.items] == [order["_id"]]
    assert waiting.items[0].can == ["approve", "refuse", "call_off"]
    assert await meetings.told(BOB) == []


async def test_several_may_ask_for_the_same_time(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    asked = [await ask(meetings, who) for who in (ANN, BOB, CAT)]
    assert [order["state"] for order in asked] == ["requested"] * 3
    assert await meetings.taken("room_c") == []


async def test_what_is_booked_is_not_to_be_asked_for(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    await approve(meetings, await ask(meetings, ANN))
    refusal = await meetings.refused(meetings.book(BOB, room_id="room_c"))
    assert refusal.code == "room-taken"


async def test_approving_takes_the_room_and_tells_everyone(store: Store) -> None:
    meetings = await open_house(store, on_approval(cleanup_minutes=10))
    order = await approve(meetings, await ask(meetings, ANN, invite=["S0004"]))
    assert (order["state"], order["waits_for"]) == ("booked", [])
    assert await meetings.taken("room_c") == [(600, 670)]
    assert order["timers"] == [
        {"at": ELEVEN, "transition": "finish"},
        {"at": TEN - 15 * MINUTE, "transition": "remind"},
    ]
    assert await meetings.told(ANN) == ["meeting-approved"]
    assert await meetings.told(BOB) == ["meeting-invited"]


async def test_the_desk_sees_the_rivals_before_it_refuses_them(store: Store) -> None:
    meetings = await open_house(store, on_approval(cleanup_minutes=10))
    wanted = await ask(meetings, ANN)
    meets = await ask(meetings, BOB, starts_at=ELEVEN + 9 * MINUTE, subject="评审")
    apart = await ask(meetings, CAT, starts_at=ELEVEN + 10 * MINUTE)
    other_day = await ask(meetings, DAN, starts_at=moment(1, 10))
    shown = await rivals.listed(meetings.ctx(DESK), wanted["_id"])
    assert [(each.order_id, each.subject, each.owner_name) for each in shown.items] == [
        (meets["_id"], "评审", "bob")
    ]
    await approve(meetings, wanted, meets)
    assert [await meetings.state(each) for each in (wanted, meets, apart, other_day)] == [
        "booked", "refused", "requested", "requested",
    ]  # fmt: skip
    assert await meetings.told(BOB) == ["meeting-refused"]
    refused = await meetings.order(meets["_id"])
    assert refused["timeline"][-1]["note"] == "该时段已安排给其他会议"
    assert refused["timeline"][-1]["by"] == DESK


async def test_other_rivals_than_were_shown_are_never_refused(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    wanted, shown = await ask(meetings, ANN), await ask(meetings, BOB)
    meetings.clock.forward(minutes=1)
    late = await ask(meetings, CAT)
    refusal = await meetings.refused(approve(meetings, wanted, shown))
    assert (refusal.code, refusal.facts) == (
        "rivals-changed",
        {"rivals": [shown["_id"], late["_id"]]},
    )
    await meetings.step(CAT, late, "cancel", Parting())
    await meetings.step(BOB, shown, "cancel", Parting())
    assert (await meetings.refused(approve(meetings, wanted, shown))).code == "rivals-changed"
    await approve(meetings, wanted)


async def test_two_rivals_are_never_both_approved(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    others = Meetings(a_house(store, meetings.clock), meetings.clock, meetings.persons)
    first, second = await ask(meetings, ANN), await ask(meetings, BOB, starts_at=TEN + MINUTE)
    race = (approve(meetings, first, second), approve(others, second, first))
    results = await asyncio.gather(*race, return_exceptions=True)
    assert sum(isinstance(result, dict) for result in results) == 1
    states = {await meetings.state(each) for each in (first, second)}
    assert states == {"booked", "refused"}
    assert len(await meetings.taken("room_c")) == 1


async def test_a_rival_that_is_cancelled_meanwhile_stops_the_approval(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    others = Meetings(a_house(store, meetings.clock), meetings.clock, meetings.persons)
    wanted, rival = await ask(meetings, ANN), await ask(meetings, BOB)
    race = (approve(meetings, wanted, rival), others.step(BOB, rival, "cancel", Parting()))
    done, left = await asyncio.gather(*race, return_exceptions=True)
    if isinstance(done, dict):
        assert await meetings.state(rival) == "refused"
    else:
        assert await meetings.state(rival) == "cancelled"
        assert await meetings.state(wanted) == "requested"
        assert isinstance(left, dict)
    await meetings.balance()


async def test_a_request_is_refused_with_a_reason(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    order = await ask(meetings, ANN)
    order = await meetings.step(DESK, order, "refuse", Reason(reason="当日有接待"))
    assert (order["state"], order["waits_for"]) == ("refused", [])
    assert order["timeline"][-1]["note"] == "当日有接待"
    assert await meetings.told(ANN) == ["meeting-refused"]


async def test_only_meeting_services_decide(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    order = await ask(meetings, ANN)
    refusal = await meetings.refused(meetings.step(ANN, order, "approve", Approval()))
    assert isinstance(refusal, Forbidden)
    refusal = await meetings.refused(meetings.step(BOSS, order, "approve", Approval()))
    assert refusal.code == "not-found"


async def test_a_request_nobody_decided_on_lapses_at_its_start(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    order = await ask(meetings, ANN)
    meetings.clock.now = TEN
    refusal = await meetings.refused(approve(meetings, order))
    assert refusal.code == "time-has-come"
    await meetings.work()
    lapsed = await meetings.order(order["_id"])
    assert (lapsed["state"], lapsed["waits_for"]) == ("lapsed", [])
    assert await meetings.told(ANN) == ["meeting-lapsed"]


async def test_a_room_that_was_disabled_since_is_not_to_be_approved(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    order = await ask(meetings, ANN)
    await store.update(ROOM_DAYS, {"_id": f"room_c:{TODAY}"}, {"$set": {"enabled": False}})
    assert (await meetings.refused(approve(meetings, order))).code == "room-disabled"


async def test_a_request_may_be_changed_and_cancelled(store: Store) -> None:
    meetings = await open_house(store, on_approval(), a_room())
    order = await ask(meetings, ANN)
    order = await meetings.change(ANN, order, starts_at=NOON, ends_at=NOON + HOUR)
    assert (order["state"], order["timers"]) == (
        "requested",
        [{"at": NOON, "transition": "lapse"}],
    )
    order = await meetings.change(ANN, order, subject="月会")
    assert order["state"] == "requested"
    assert order["waits_for"] == ["desk:meetings"]
    order = await meetings.step(ANN, order, "cancel", Parting())
    assert (order["state"], order["waits_for"]) == ("cancelled", [])


async def test_the_invited_hear_that_a_meeting_asked_for_anew_is_refused(store: Store) -> None:
    meetings = await open_house(store, a_room(), on_approval())
    order = await meetings.book(ANN, invite=["S0004"])
    order = await meetings.change(ANN, order, room_id="room_c")
    assert order["state"] == "requested"
    await meetings.step(DESK, order, "refuse", Reason(reason="另有安排"))
    assert await meetings.told(BOB) == ["meeting-invited", "meeting-changed", "meeting-cancelled"]
    assert await meetings.told(ANN) == ["meeting-refused"]
