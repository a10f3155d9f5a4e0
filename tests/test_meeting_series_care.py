"""Series that are approved, to which nobody comes, that end; and races for them."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from prometheus_client import CollectorRegistry

from models.base import orders
from models.base.store import Document, Store
from models.meetings.lifecycle import Approval, Parting, Reason
from models.meetings.recurrence import Repeat
from models.meetings.series import SeriesBooked
from models.meetings.series_booking import KIND
from models.meetings.series_refusals import SeriesRefused
from models.meetings.series_steps import SeriesCancel, SeriesChange
from server.commands import CommandCounter
from server.database import connect, disconnect
from tests.machinery import MovingClock, a_house
from tests.meals_house import ANN, BOB, CAT
from tests.meetings_house import (
    DESK,
    ELEVEN,
    HOUR,
    MINUTE,
    TEN,
    Meetings,
    a_room,
    guarded,
    on_approval,
    open_house,
)
from tests.series_house import WEEK, asked, book, children, outcomes, parent, states

# --- approval


async def test_all_requests_of_a_series_are_approved_at_once(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    answer = await book(meetings, room_id="room_c", invite=["S0004"])
    assert outcomes(answer) == ["requested"] * 4
    order = await parent(meetings, answer)
    assert order["waits_for"] == ["desk:meetings"]
    rival = await meetings.book(CAT, room_id="room_c", starts_at=TEN + WEEK)
    unseen = meetings.step(DESK, order, "approve", Approval())
    assert (await meetings.refused(unseen)).facts["rivals"] == [rival["_id"]]
    shown = Approval(refuses=[rival["_id"]])
    approved = await meetings.step(DESK, order, "approve", shown)
    assert outcomes(approved) == ["booked"] * 4
    assert approved["waits_for"] == []
    assert await states(meetings, order["_id"]) == ["booked"] * 4
    assert await meetings.state(rival) == "refused"
    assert await meetings.told(ANN) == ["series-approved"]
    assert await meetings.told(BOB) == ["series-invited"]
    assert await meetings.told(CAT) == ["meeting-refused"]
    await meetings.balance()


async def test_requests_that_are_refused_end_a_series_that_has_nothing_else(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    order = await parent(meetings, await book(meetings, room_id="room_c"))
    refused = await meetings.step(DESK, order, "refuse", Reason(reason="装修"))
    assert (refused["state"], outcomes(refused)) == ("cancelled", ["refused"] * 4)
    assert await states(meetings, order["_id"]) == ["refused"] * 4
    assert await meetings.told(ANN) == ["series-refused"]


async def test_requests_settled_one_by_one_let_the_desk_forget_the_series(store: Store) -> None:
    meetings = await open_house(store, on_approval())
    answer = await book(meetings, room_id="room_c", repeat=Repeat(frequency="weekly", count=2))
    first, second = await children(meetings, answer.order.id)
    await meetings.step(DESK, first, "approve", Approval())
    await meetings.work()
    assert (await parent(meetings, answer))["waits_for"] == ["desk:meetings"]
    await meetings.step(DESK, second, "refuse", Reason(reason="装修"))
    await meetings.work()
    assert (await parent(meetings, answer))["waits_for"] == []


# --- the clock


async def nobody_comes(meetings: Meetings, times: int, first: int = 0) -> None:
    """So many weeks pass without a check-in."""
    for week in range(first, first + times):
        meetings.clock.now = TEN + week * WEEK + 11 * MINUTE
        await meetings.work()
        await meetings.work()


async def test_a_series_to_which_nobody_comes_is_proposed_for_release(store: Store) -> None:
    meetings = await open_house(store, guarded())
    answer = await book(meetings, room_id="room_b", repeat=Repeat(frequency="weekly", count=6))
    await nobody_comes(meetings, 2)
    assert await meetings.state(await parent(meetings, answer)) == "running"
    await nobody_comes(meetings, 1, first=2)
    order = await parent(meetings, answer)
    assert (order["state"], order["data"]["missed"]) == ("proposed", 3)
    assert order["waits_for"] == [f"p:{ANN}", f"d:{ANN}"]
    assert (await meetings.told(ANN))[-1] == "series-proposed"
    assert await states(meetings, order["_id"]) == ["released"] * 3 + ["booked"] * 3
    assert await meetings.can(ANN, order) == ["cancel", "keep", "release"]
    gone = await meetings.step(ANN, order, "release")
    assert gone["state"] == "cancelled"
    assert await states(meetings, order["_id"]) == ["released"] * 3 + ["cancelled"] * 3


async def test_who_keeps_a_series_is_asked_again_only_after_as_many_more(store: Store) -> None:
    meetings = await open_house(store, guarded())
    answer = await book(meetings, room_id="room_b", repeat=Repeat(frequency="weekly", count=8))
    await nobody_comes(meetings, 3)
    kept = await meetings.step(ANN, await parent(meetings, answer), "keep")
    assert (kept["state"], kept["waits_for"]) == ("running", [])
    await nobody_comes(meetings, 2, first=3)
    assert await meetings.state(kept) == "running"
    await nobody_comes(meetings, 1, first=5)
    assert await meetings.state(kept) == "proposed"


async def test_one_check_in_between_starts_the_count_anew(store: Store) -> None:
    meetings = await open_house(store, guarded())
    answer = await book(meetings, room_id="room_b", repeat=Repeat(frequency="weekly", count=6))
    await nobody_comes(meetings, 2)
    meetings.clock.now = TEN + 2 * WEEK
    await meetings.step(ANN, (await children(meetings, answer.order.id))[2], "check_in")
    await nobody_comes(meetings, 2, first=3)
    assert await meetings.state(await parent(meetings, answer)) == "running"


async def test_a_series_ends_with_its_last_meeting(store: Store) -> None:
    meetings = await open_house(store)
    answer = await book(meetings)
    last = (await children(meetings, answer.order.id))[-1]
    await meetings.change(ANN, last, starts_at=TEN + 4 * WEEK, ends_at=ELEVEN + 4 * WEEK)
    meetings.clock.now = ELEVEN + 3 * WEEK
    await meetings.work()
    order = await parent(meetings, answer)
    assert (order["state"], order["timers"][0]["at"]) == ("running", ELEVEN + 4 * WEEK)
    meetings.clock.now = ELEVEN + 4 * WEEK
    await meetings.work()
    await meetings.work()
    assert await meetings.state(order) == "ended"
    assert await states(meetings, answer.order.id) == ["finished"] * 4


async def test_a_series_ends_when_its_last_meeting_is_cancelled(store: Store) -> None:
    meetings = await open_house(store)
    answer = await book(meetings, repeat=Repeat(frequency="weekly", count=2))
    for meeting in await children(meetings, answer.order.id):
        await meetings.step(ANN, meeting, "cancel", Parting())
        await meetings.work()
    assert await meetings.state(await parent(meetings, answer)) == "ended"


# --- races


async def test_series_racing_for_the_same_dates_never_overlap(store: Store) -> None:
    meetings = await open_house(store)
    race = [
        book(meetings, who, f"race-{who}-{n}", starts_at=TEN + n * 20 * MINUTE)
        for who in (ANN, BOB, CAT)
        for n in range(3)
    ]
    answers = await asyncio.gather(*race, return_exceptions=True)
    assert all(isinstance(answer, SeriesBooked | SeriesRefused) for answer in answers)
    booked = [each for each in answers if isinstance(each, SeriesBooked)]
    assert 1 <= len(booked) <= 2
    await meetings.balance()


async def test_a_series_changed_and_cancelled_at_once_is_whole_either_way(store: Store) -> None:
    meetings = await open_house(store)
    answer = await book(meetings)
    order = await parent(meetings, answer)
    await asyncio.gather(
        meetings.step(ANN, order, "change", SeriesChange(starts_at=ELEVEN, ends_at=ELEVEN + HOUR)),
        meetings.step(ANN, order, "cancel", SeriesCancel(), if_match=None),
        return_exceptions=True,
    )
    assert len(set(await states(meetings, answer.order.id))) == 1
    await meetings.balance()


async def test_a_series_of_fifty_dates_is_one_transaction_of_six_round_trips(
    store: Store, database_uri: str
) -> None:
    registry = CollectorRegistry()
    counted = connect(database_uri, store.database.name, [CommandCounter(registry)])
    house = a_house(counted, MovingClock())
    meetings = await open_house(store, a_room(horizon_days=366), house=house)
    yearly = Repeat(frequency="weekly", weekdays=[1, 4], until=date(2027, 5, 14))
    morning = await place(meetings, ANN, repeat=yearly)  # which makes the days
    assert outcomes(morning) == ["booked"] * 50
    before = _sent(registry)
    afternoon = await place(meetings, BOB, repeat=yearly, starts_at=TEN + 4 * HOUR)
    assert outcomes(afternoon) == ["booked"] * 50
    assert _sent(registry) - before == 6
    disconnect(counted)


async def place(meetings: Meetings, who: str, **body: Any) -> Document:
    ctx = meetings.ctx(who, f"yearly-{who}")
    order: Document = await orders.place(ctx, KIND, asked(**body))
    return order


def _sent(registry: CollectorRegistry) -> float:
    """How many commands the database was sent."""
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    return sum(sample.value for sample in samples if sample.name.endswith("_total"))
