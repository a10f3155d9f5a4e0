"""What is prepared for a meeting: asked for, prepared, and gone along with wherever it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from models import deputies
from models.base import orders, outbox
from models.base.delivery import hand_over
from models.base.errors import Forbidden, NotFound
from models.base.shapes import PageQuery
from models.base.store import Document, Store
from models.base.transitions import StaleVersion, WrongState
from models.base.views import RatingInput, inbox
from models.base.workflow import of_kind
from models.deputies import Absence
from models.meetings import services
from models.meetings.changes import Move
from models.meetings.lifecycle import Approval, Parting, Reason
from models.meetings.refusals import TimeHasCome
from models.meetings.services import MeetingClosed, MeetingUndecided
from models.meetings.swaps import SwapInput
from models.meetings.wishes import (
    ServicesEnough,
    ServiceTooLate,
    ServiceWish,
    TooManyAsked,
)
from tests.meals_house import ANN, BOB, CAT
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

TEA = ServiceWish(service="tea", note="少糖")
PLATES = ServiceWish(service="name_plates", items=["张伟", "李强"])
HELP = ServiceWish(service="it")


async def with_tea(meetings: Meetings, who: str = ANN, **body: Any) -> tuple[Document, Document]:
    """A meeting with tea: both orders."""
    meeting = await meetings.book(who, services=[TEA], **body)
    return meeting, await meetings.order(f"{meeting['_id']}.1")


async def again(meetings: Meetings, order: Document) -> Document:
    """The order as it is once everything promised is done."""
    await hand_over(meetings.house)
    return await meetings.order(order["_id"])


async def more(meetings: Meetings, who: str, meeting: Document, wish: ServiceWish = TEA) -> Any:
    key = f"more-{wish.service}-{await meetings.store.count('orders', {})}"
    return await services.order(meetings.ctx(who, key), meeting["_id"], wish)


async def waiting_for_desk(meetings: Meetings) -> list[str]:
    page = await inbox(meetings.ctx(DESK), PageQuery())
    return sorted(order.id for order in page.items)


async def test_each_wish_is_an_order_of_its_own_with_what_preparing_needs(store: Store) -> None:
    meetings = await open_house(store)
    meeting = await meetings.book(ANN, services=[TEA, PLATES, HELP], layout="board")
    tea, plates, help_ = [await meetings.order(f"{meeting['_id']}.{n}") for n in (1, 2, 3)]
    assert (tea["kind"], tea["state"], tea["parent"]) == (
        "meeting_service",
        "ordered",
        meeting["_id"],
    )
    assert tea["data"] == {
        "service": "tea",
        "quantity": 5,
        "note": "少糖",
        "room": {"id": "room_a", "name": "A室", "building": "1号楼", "floor": 1},
        "date": "2026-11-23",
        "starts_at": TEN,
        "ends_at": ELEVEN,
        "subject": "周会",
        "attendees": 5,
        "layout": "board",
        "tentative": False,
    }
    assert (plates["data"]["quantity"], plates["data"]["items"]) == (2, ["张伟", "李强"])
    assert "quantity" not in help_["data"]
    assert await waiting_for_desk(meetings) == [tea["_id"], plates["_id"], help_["_id"]]
    shown = await services.listed(meetings.ctx(ANN), meeting["_id"])
    assert [each.data["service_name"] for each in shown.items] == ["茶水", "桌签", "技术支持"]


async def test_it_is_prepared_served_and_rated(store: Store) -> None:
    meetings = await open_house(store)
    _, tea = await with_tea(meetings)
    ready = await meetings.step(DESK, tea, "prepare")
    assert ready["state"] == "ready"
    assert await waiting_for_desk(meetings) == []
    meetings.clock.now = TEN
    served = await meetings.step(DESK, ready, "serve")
    rated = await meetings.step(ANN, served, "rate", RatingInput(stars=4, comment="热"))
    assert (rated["state"], rated["rating"]) == ("rated", {"stars": 4, "comment": "热"})


async def test_at_the_end_of_the_meeting_it_counts_as_served(store: Store) -> None:
    meetings = await open_house(store)
    _, tea = await with_tea(meetings)
    meetings.clock.now = ELEVEN - MINUTE
    await meetings.work()
    assert await meetings.state(tea) == "ordered"
    meetings.clock.now = ELEVEN
    await meetings.work()
    served = await meetings.order(tea["_id"])
    assert (served["state"], served["waits_for"]) == ("served", [])


async def test_who_asked_reads_why_it_cannot_be(store: Store) -> None:
    meetings = await open_house(store)
    _, tea = await with_tea(meetings)
    refused = await meetings.step(DESK, tea, "refuse", Reason(reason="当天无人"))
    assert (refused["state"], refused["timeline"][-1]["note"]) == ("refused", "当天无人")
    assert await meetings.told(ANN) == ["meeting-service-refused"]


@pytest.mark.parametrize("end", ["cancel", "call_off"])
async def test_it_is_cancelled_with_the_meeting_and_the_desk_is_told_once(
    store: Store, end: str
) -> None:
    meetings = await open_house(store)
    meeting, tea = await with_tea(meetings)
    ready = await meetings.step(DESK, tea, "prepare")
    by, body = (ANN, Parting()) if end == "cancel" else (DESK, Reason(reason="检修"))
    await meetings.step(by, meeting, end, body)

    for _ in range(2):
        tea = await again(meetings, ready)

    assert (tea["state"], tea["timeline"][-1]["by"]) == ("cancelled", "clock")
    assert (await meetings.told(DESK)).count("meeting-service-cancelled") == 1


async def test_a_room_that_is_released_takes_no_tea(store: Store) -> None:
    meetings = await open_house(store, guarded("room_a"))
    _, tea = await with_tea(meetings)
    meetings.clock.now = TEN + 10 * MINUTE
    await meetings.work()
    assert await meetings.state(tea) == "cancelled"


async def test_another_time_moves_it_and_what_was_ready_is_prepared_anew(store: Store) -> None:
    meetings = await open_house(store)
    meeting, tea = await with_tea(meetings)
    await meetings.step(DESK, tea, "prepare")
    await meetings.change(ANN, meeting, starts_at=ELEVEN, ends_at=NOON)

    tea = await again(meetings, tea)

    assert (tea["state"], tea["due_at"], tea["waits_for"]) == ("ordered", ELEVEN, ["desk:meetings"])
    assert (tea["data"]["starts_at"], tea["data"]["ends_at"]) == (ELEVEN, NOON)
    assert tea["timers"] == [{"at": NOON, "transition": "serve"}]
    assert await meetings.told(DESK) == ["meeting-service-moved"]


async def test_another_room_moves_it_too(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_d"))
    meeting, tea = await with_tea(meetings)
    await meetings.step(DESK, meeting, "move", Move(room_id="room_d"))
    tea = await again(meetings, tea)
    assert (tea["state"], tea["data"]["room"]["id"]) == ("ordered", "room_d")
    assert await meetings.told(DESK) == ["meeting-service-moved"]


async def test_two_meetings_that_swap_their_rooms_take_what_is_theirs_along(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_d"))
    mine, tea = await with_tea(meetings)
    theirs = await meetings.book(BOB, "theirs", room_id="room_d", services=[HELP])
    wish = SwapInput(mine=mine["_id"], theirs=theirs["_id"])
    swap = await orders.place(meetings.ctx(ANN, "swap"), "meeting_swap", wish)
    await meetings.step(BOB, swap, "accept")
    await hand_over(meetings.house)
    help_ = await meetings.order(f"{theirs['_id']}.1")
    assert (await meetings.order(tea["_id"]))["data"]["room"]["id"] == "room_d"
    assert help_["data"]["room"]["id"] == "room_a"
    assert await meetings.told(DESK) == ["meeting-service-moved"] * 2


def test_services_follow_every_step_that_moves_or_ends_a_meeting() -> None:
    stays = {"check_in", "remind", "finish", "rate"}
    followed = {
        step.name
        for step in of_kind("meeting").transitions
        if outbox.entries({"kind": "meeting", "version": 1}, step.name, ())
    }
    assert followed == {step.name for step in of_kind("meeting").transitions} - stays


async def test_another_subject_is_followed_without_a_word(store: Store) -> None:
    meetings = await open_house(store)
    meeting, tea = await with_tea(meetings)
    await meetings.step(DESK, tea, "prepare")
    await meetings.change(ANN, meeting, subject="月会")
    tea = await again(meetings, tea)
    assert (tea["state"], tea["data"]["subject"], tea["waits_for"]) == ("ready", "月会", [])
    assert await meetings.told(DESK) == []


async def test_for_an_undecided_meeting_nothing_is_prepared_yet(store: Store) -> None:
    meetings = await open_house(store, on_approval("room_a"))
    meeting, tea = await with_tea(meetings)
    assert tea["data"]["tentative"] is True
    assert await waiting_for_desk(meetings) == [meeting["_id"]]
    assert isinstance(await meetings.refused(meetings.step(DESK, tea, "prepare")), MeetingUndecided)
    await meetings.step(DESK, meeting, "approve", Approval())
    tea = await again(meetings, tea)
    assert (tea["data"]["tentative"], tea["state"]) == (False, "ordered")
    assert await waiting_for_desk(meetings) == [tea["_id"]]
    assert await meetings.told(DESK) == []
    assert (await meetings.step(DESK, tea, "prepare"))["state"] == "ready"


async def test_of_a_refused_request_nothing_is_left_and_the_desk_hears_nothing(
    store: Store,
) -> None:
    meetings = await open_house(store, on_approval("room_a"))
    meeting, tea = await with_tea(meetings)
    await meetings.step(DESK, meeting, "refuse", Reason(reason="检修"))
    assert (await again(meetings, tea))["state"] == "cancelled"
    assert await meetings.told(DESK) == []


async def test_what_is_over_stays_as_it_is_whatever_the_meeting_does(store: Store) -> None:
    meetings = await open_house(store)
    meeting, tea = await with_tea(meetings)
    refused = await meetings.step(DESK, tea, "refuse", Reason(reason="当天无人"))
    await meetings.step(ANN, meeting, "cancel", Parting())
    assert (await again(meetings, refused))["version"] == refused["version"]


@pytest.mark.parametrize(
    ("wish", "facts"),
    [
        (ServiceWish(service="tea", quantity=11), {"name": "茶水", "limit": 10, "unit": "份"}),
        (
            ServiceWish(service="equipment", quantity=201),
            {"name": "设备", "limit": 200, "unit": "件"},
        ),
        (
            ServiceWish(service="name_plates", items=[f"第{n}位" for n in range(11)]),
            {"name": "桌签", "limit": 10, "unit": "个"},
        ),
    ],
)
async def test_more_than_a_meeting_can_need_is_refused_and_nothing_is_booked(
    store: Store, wish: ServiceWish, facts: Mapping[str, Any]
) -> None:
    meetings = await open_house(store)
    refusal = await meetings.refused(meetings.book(ANN, services=[TEA, wish]))
    assert isinstance(refusal, TooManyAsked)
    assert refusal.facts == facts
    meeting = await meetings.book(ANN)
    assert isinstance(await meetings.refused(more(meetings, ANN, meeting, wish)), TooManyAsked)


async def test_what_cannot_be_prepared_in_time_is_refused(store: Store) -> None:
    meetings = await open_house(store)
    meetings.clock.now = TEN - 59 * MINUTE
    refusal = await meetings.refused(meetings.book(ANN, services=[TEA]))
    assert isinstance(refusal, ServiceTooLate)
    assert refusal.facts == {"minutes": 60}
    meeting = await meetings.book(ANN)
    assert isinstance(await meetings.refused(more(meetings, ANN, meeting)), ServiceTooLate)
    meetings.clock.now = TEN - 60 * MINUTE
    assert (await more(meetings, ANN, meeting))["state"] == "ordered"


async def test_something_more_can_be_asked_for_and_a_repeat_is_the_same(store: Store) -> None:
    meetings = await open_house(store)
    meeting, tea = await with_tea(meetings, starts_at=ELEVEN)
    meetings.clock.forward(seconds=1)
    ctx = meetings.ctx(ANN, "plates")
    plates = await services.order(ctx, meeting["_id"], PLATES)
    assert await services.order(ctx, meeting["_id"], PLATES) == plates
    shown = await services.listed(meetings.ctx(DESK), meeting["_id"])
    assert [each.id for each in shown.items] == [tea["_id"], plates["_id"]]
    await meetings.step(ANN, meeting, "cancel", Parting())
    assert (await again(meetings, plates))["state"] == "cancelled"


async def test_only_the_owner_and_their_deputy_ask_for_more(store: Store) -> None:
    meetings = await open_house(store)
    meeting = await meetings.book(ANN, invite=["S0004"])
    assert isinstance(await meetings.refused(more(meetings, BOB, meeting)), Forbidden)
    assert isinstance(await meetings.refused(more(meetings, CAT, meeting)), NotFound)
    today = meetings.clock().date()
    cat = Absence(employee_no="S0005", from_=today, to=today)
    await deputies.name(meetings.ctx(ANN), cat)
    found = await store.get("people", CAT)
    assert found is not None
    meetings.persons[CAT] = found
    tea = await more(meetings, CAT, meeting)
    assert (tea["owner"], tea["actor"]) == (ANN, CAT)
    assert (await meetings.step(CAT, tea, "cancel", Parting()))["state"] == "cancelled"


async def test_those_invited_do_not_see_what_is_prepared(store: Store) -> None:
    meetings = await open_house(store)
    meeting, tea = await with_tea(meetings, invite=["S0004"])
    assert (await services.listed(meetings.ctx(BOB), meeting["_id"])).items == []
    with pytest.raises(NotFound):
        await orders.seen(meetings.ctx(BOB), tea["_id"])
    with pytest.raises(NotFound):
        await services.listed(meetings.ctx(CAT), meeting["_id"])
    with pytest.raises(NotFound):
        await services.listed(meetings.ctx(ANN), tea["_id"])


async def test_a_meeting_that_is_over_or_under_way_takes_nothing_more(store: Store) -> None:
    meetings = await open_house(store, guarded("room_a"))
    meeting = await meetings.book(ANN, starts_at=TEN)
    other = await meetings.book(BOB, "other", starts_at=NOON)
    await meetings.step(BOB, other, "cancel", Parting())
    assert isinstance(await meetings.refused(more(meetings, BOB, other)), MeetingClosed)
    meetings.clock.now = TEN - MINUTE
    await meetings.step(ANN, meeting, "check_in")
    assert isinstance(await meetings.refused(more(meetings, ANN, meeting)), MeetingClosed)


async def test_a_meeting_has_thirty_open_services_at_most(store: Store) -> None:
    meetings = await open_house(store)
    meeting = await meetings.book(ANN, services=[HELP] * 12)
    for _ in range(18):
        latest = await more(meetings, ANN, meeting, HELP)
    refusal = await meetings.refused(more(meetings, ANN, meeting, HELP))
    assert isinstance(refusal, ServicesEnough)
    assert refusal.facts == {"limit": 30}
    await meetings.step(ANN, latest, "cancel", Parting())
    await more(meetings, ANN, meeting, HELP)


async def test_tea_asked_for_while_the_meeting_is_cancelled_is_cancelled_too(store: Store) -> None:
    meetings = await open_house(store)
    meeting = await meetings.book(ANN)
    tea = await more(meetings, ANN, meeting)
    over = {"$set": {"state": "cancelled"}}  # as another process did just before
    await store.update("orders", {"_id": meeting["_id"]}, over)
    assert (await again(meetings, tea))["state"] == "cancelled"


async def test_a_change_that_is_carried_out_late_does_not_bring_it_back(store: Store) -> None:
    meetings = await open_house(store)
    meeting, tea = await with_tea(meetings)
    first = await meetings.change(ANN, meeting, starts_at=ELEVEN, ends_at=NOON)
    await meetings.change(ANN, first, starts_at=NOON, ends_at=NOON + HOUR)
    tea = await again(meetings, tea)
    await services.follow(meetings.ctx("clock"), first, {})
    assert (await meetings.order(tea["_id"])) == tea
    assert tea["data"]["starts_at"] == NOON


async def test_its_people_cancel_until_the_meeting_starts(store: Store) -> None:
    meetings = await open_house(store)
    _, tea = await with_tea(meetings)
    meetings.clock.now = TEN
    refusal = await meetings.refused(meetings.step(ANN, tea, "cancel", Parting()))
    assert isinstance(refusal, TimeHasCome)
    meetings.clock.now = TEN - MINUTE
    await meetings.step(ANN, tea, "cancel", Parting(note="人都到不了"))
    assert await meetings.told(DESK) == ["meeting-service-cancelled"]


async def test_a_step_of_the_desk_and_a_change_of_the_meeting_at_once_lose_nothing(
    store: Store,
) -> None:
    meetings = await open_house(store)
    meeting, tea = await with_tea(meetings)
    await meetings.change(ANN, meeting, starts_at=ELEVEN, ends_at=NOON)

    race: list[Any] = [hand_over(meetings.house), meetings.step(DESK, tea, "prepare")]
    answers = await asyncio.gather(*race, return_exceptions=True)
    faults = [each for each in answers if isinstance(each, BaseException)]
    assert all(isinstance(fault, StaleVersion | WrongState) for fault in faults)
    meetings.clock.now += 10 * MINUTE

    tea = await again(meetings, tea)
    assert (tea["state"], tea["data"]["starts_at"]) == ("ordered", ELEVEN)
