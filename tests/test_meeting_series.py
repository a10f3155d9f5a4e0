"""A series of meetings: placed date by date, changed, cut short and continued."""

from __future__ import annotations

from datetime import date, datetime

from models.base.messages import listed
from models.base.shapes import PageQuery
from models.base.store import Store
from models.meetings import blocks
from models.meetings.lifecycle import Parting
from models.meetings.recurrence import Repeat
from models.meetings.series_booking import preview
from models.meetings.series_refusals import NothingAhead, SeriesRefused
from models.meetings.series_steps import SeriesCancel, SeriesChange, SeriesDate
from models.meetings.wishes import ServiceWish
from tests.meals_house import ANN, BOB, CAT
from tests.meetings_house import (
    DESK,
    ELEVEN,
    HOUR,
    MINUTE,
    TEN,
    a_room,
    open_house,
)
from tests.series_house import MONDAYS, WEEK, asked, book, children, outcomes, parent, states


async def test_a_series_is_a_parent_with_an_ordinary_meeting_for_every_date(store: Store) -> None:
    meetings = await open_house(store)
    answer = await book(meetings, invite=["S0004"])
    assert outcomes(answer) == ["booked"] * 4
    assert [result.date for result in answer.results] == MONDAYS
    assert (answer.order.kind, answer.order.state) == ("meeting_series", "running")
    found = await children(meetings, answer.order.id)
    assert [each["_id"] for each in found] == [result.order_id for result in answer.results]
    assert [each["data"]["date"] for each in found] == MONDAYS
    assert [each["data"]["series"]["n"] for each in found] == [1, 2, 3, 4]
    for day in MONDAYS:
        assert await meetings.taken(day=day) == [(600, 660)]
    assert await meetings.told(BOB) == ["series-invited"]
    assert await meetings.told(ANN) == []


async def test_a_date_that_cannot_be_had_is_reported_and_the_others_are_booked(
    store: Store,
) -> None:
    meetings = await open_house(store, a_room(horizon_days=20))
    other = await meetings.book(BOB, starts_at=TEN + WEEK)
    answer = await book(meetings, skip=[date(2026, 12, 7)])
    assert outcomes(answer) == ["booked", "room-taken", "left-out", "beyond-horizon"]
    assert [each["_id"] for each in await children(meetings, answer.order.id)] == [
        answer.results[0].order_id
    ]
    assert await meetings.state(other) == "booked"
    assert str(answer.results[1].detail).startswith("该时段会议室已被预订")


async def test_all_or_nothing_books_nothing_and_says_what_is_in_the_way(store: Store) -> None:
    meetings = await open_house(store)
    await meetings.book(BOB, starts_at=TEN + WEEK)
    refusal = await meetings.refused(book(meetings, on_conflict="all_or_nothing"))
    assert (refusal.code, refusal.facts["refused"]) == ("series-refused", 1)
    outcome = [result["outcome"] for result in refusal.facts["results"]]
    assert outcome == ["booked", "refused", "booked", "booked"]
    nothing = await meetings.refused(book(meetings, attendees=21))
    assert type(nothing) is SeriesRefused


async def test_a_series_asked_for_twice_is_one_series(store: Store) -> None:
    meetings = await open_house(store)
    first, again = await book(meetings), await book(meetings)
    assert (first.order.id, outcomes(first)) == (again.order.id, outcomes(again))
    assert await store.count("orders", {"kind": "meeting"}) == 4


async def test_days_off_are_left_out_on_request_and_make_up_saturdays_kept(store: Store) -> None:
    meetings = await open_house(store)
    meetings.clock.now = datetime.fromisoformat("2026-09-28T01:00:00+00:00")
    wednesday = datetime.fromisoformat("2026-09-30T02:00:00+00:00")
    daily = Repeat(frequency="daily", until=date(2026, 10, 10))
    answer = await book(meetings, starts_at=wednesday, repeat=daily, holidays="skip")
    booked = [result.date for result in answer.results if result.outcome == "booked"]
    assert booked == ["2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10"]
    assert {result.code for result in answer.results if result.outcome == "skipped"} == {"day-off"}


async def test_each_date_counts_against_the_quota_for_those_after_it(store: Store) -> None:
    meetings = await open_house(store)
    quota = {"per": "person", "counts": "meetings", "limit": 3, "period": "month"}
    decided = meetings.house.policies.decide
    await decided("meetings", "", {"quotas": [quota]}, date(2026, 11, 23), "per_boss")
    daily = Repeat(frequency="daily", until=date(2026, 12, 2))
    answer = await book(meetings, repeat=daily, holidays="skip")
    assert outcomes(answer) == [
        *["booked"] * 3, *["quota-exceeded"] * 2, "day-off", "day-off", "quota-exceeded",
        "booked", "booked",
    ]  # fmt: skip
    assert await meetings.left("person-meetings-month:per_ann:2026-11") == 0
    assert await meetings.left("person-meetings-month:per_ann:2026-12") == 1
    await meetings.balance()


async def test_a_preview_says_the_same_and_writes_nothing(store: Store) -> None:
    meetings = await open_house(store, a_room(horizon_days=20))
    await meetings.book(BOB, starts_at=TEN + WEEK)
    before = await meetings.everything()
    seen = await preview(meetings.ctx(ANN), asked(skip=[date(2026, 12, 7)]))
    assert await meetings.everything() == before
    answer = await book(meetings, skip=[date(2026, 12, 7)])
    said = [(each.date, each.outcome, each.code) for each in seen.results]
    assert said == [(each.date, each.outcome, each.code) for each in answer.results]
    taken = await preview(meetings.ctx(CAT), asked())
    assert [each.code for each in taken.results[:2]] == ["room-taken", "room-taken"]


async def test_a_month_without_the_day_is_said(store: Store) -> None:
    meetings = await open_house(store, a_room(horizon_days=200))
    monthly = Repeat(frequency="monthly_date", count=3)
    last = datetime.fromisoformat("2026-12-31T02:00:00+00:00")
    answer = await book(meetings, starts_at=last, repeat=monthly)
    assert [(each.date, each.code or each.outcome) for each in answer.results] == [
        ("2026-12-31", "booked"),
        ("2027-01-31", "weekend-closed"),
        ("2027-02-28", "no-such-day"),
        ("2027-03-31", "booked"),
    ]


# --- change


async def test_this_and_following_move_and_the_ones_before_stay(store: Store) -> None:
    meetings = await open_house(store)
    answer = await book(meetings, invite=["S0004"])
    body = SeriesChange(from_=date(2026, 12, 7), starts_at=ELEVEN, ends_at=ELEVEN + HOUR)
    changed = await meetings.step(ANN, await parent(meetings, answer), "change", body)
    assert outcomes(changed) == ["booked", "booked", "changed", "changed"]
    for day, taken in zip(MONDAYS, [(600, 660)] * 2 + [(660, 720)] * 2, strict=True):
        assert await meetings.taken(day=day) == [taken]
    found = await children(meetings, answer.order.id)
    assert [each["version"] for each in found] == [1, 1, 2, 2]
    assert [each["data"]["sequence"] for each in found] == [0, 0, 1, 1]
    assert found[2]["timeline"][-1]["transition"] == "change"
    assert await meetings.told(BOB) == ["series-invited", "series-changed"]


async def test_a_meeting_that_cannot_move_is_kept_as_it_is_and_reported(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_b"))
    answer = await book(meetings)
    await meetings.book(BOB, room_id="room_b", starts_at=TEN + WEEK)
    order = await parent(meetings, answer)
    strict = SeriesChange(room_id="room_b", on_conflict="all_or_nothing")
    refusal = await meetings.refused(meetings.step(ANN, order, "change", strict))
    assert (refusal.code, refusal.facts["refused"]) == ("series-refused", 1)
    changed = await meetings.step(ANN, order, "change", SeriesChange(room_id="room_b"))
    assert outcomes(changed) == ["changed", "room-taken", "changed", "changed"]
    assert changed["data"]["results"][1]["outcome"] == "kept"
    rooms = [each["data"]["room"]["id"] for each in await children(meetings, answer.order.id)]
    assert rooms == ["room_b", "room_a", "room_b", "room_b"]
    assert changed["data"]["room"]["id"] == "room_b"
    await meetings.balance()


async def test_the_past_is_never_touched(store: Store) -> None:
    meetings = await open_house(store)
    answer = await book(meetings)
    meetings.clock.now = TEN + WEEK + MINUTE  # the second has begun
    before = [await meetings.order(str(each.order_id)) for each in answer.results[:2]]
    order = await parent(meetings, answer)
    changed = await meetings.step(ANN, order, "change", SeriesChange(subject="新例会"))
    assert outcomes(changed) == ["booked", "booked", "changed", "changed"]
    gone = await meetings.step(ANN, changed, "cancel", SeriesCancel())
    assert (gone["state"], outcomes(gone)) == (
        "cancelled", ["booked", "booked", "cancelled", "cancelled"],
    )  # fmt: skip
    assert [await meetings.order(each["_id"]) for each in before] == before


async def test_a_change_made_on_an_older_version_changes_nothing(store: Store) -> None:
    meetings = await open_house(store)
    order = await parent(meetings, await book(meetings))
    await meetings.step(ANN, order, "change", SeriesChange(subject="新例会"))
    stale = meetings.step(ANN, order, "change", SeriesChange(subject="旧例会"), if_match=0)
    assert (await meetings.refused(stale)).code == "stale-version"


async def test_a_longer_time_within_the_own_interval_is_no_conflict_with_oneself(
    store: Store,
) -> None:
    meetings = await open_house(store)
    order = await parent(meetings, await book(meetings))
    half_past = SeriesChange(starts_at=TEN + 30 * MINUTE, ends_at=ELEVEN + 30 * MINUTE)
    assert outcomes(await meetings.step(ANN, order, "change", half_past)) == ["changed"] * 4
    assert await meetings.taken(day=MONDAYS[3]) == [(630, 690)]


# --- cancel, add again, continue


async def test_cancelling_from_a_day_on_leaves_what_comes_before_running(store: Store) -> None:
    meetings = await open_house(store)
    answer = await book(meetings, invite=["S0004"])
    body = SeriesCancel(from_=date(2026, 12, 7), note="改为线上")
    cut = await meetings.step(ANN, await parent(meetings, answer), "cancel", body)
    assert cut["state"] == "running"
    assert await states(meetings, answer.order.id) == ["booked"] * 2 + ["cancelled"] * 2
    assert cut["timers"] == [{"at": TEN + WEEK + HOUR, "transition": "end"}]
    assert await meetings.taken(day=MONDAYS[2]) == []
    assert await meetings.told(BOB) == ["series-invited", "series-cancelled"]
    gone = await meetings.step(ANN, cut, "cancel", SeriesCancel())
    assert gone["state"] == "cancelled"
    assert await meetings.taken(day=MONDAYS[0]) == []


async def test_nothing_is_cancelled_from_a_day_after_the_last(store: Store) -> None:
    meetings = await open_house(store)
    order = await parent(meetings, await book(meetings))
    late = meetings.step(ANN, order, "cancel", SeriesCancel(from_=date(2027, 1, 1)))
    assert type(await meetings.refused(late)) is NothingAhead


async def test_a_date_left_out_is_added_again_once_it_is_free(store: Store) -> None:
    meetings = await open_house(store)
    other = await meetings.book(BOB, starts_at=TEN + 2 * WEEK)
    answer = await book(meetings, skip=[date(2026, 11, 30)])
    assert outcomes(answer) == ["booked", "left-out", "room-taken", "booked"]
    order = await parent(meetings, answer)
    order = await meetings.step(ANN, order, "re_add", SeriesDate(date=date(2026, 11, 30)))
    assert outcomes(order) == ["booked", "booked", "room-taken", "booked"]
    third = await meetings.order(f"{order['_id']}.3")
    assert (third["data"]["date"], third["data"]["series"]["n"]) == ("2026-11-30", 3)
    again = SeriesDate(date=date(2026, 12, 7))
    taken = meetings.step(ANN, order, "re_add", again)
    assert (await meetings.refused(taken)).code == "room-taken"
    await meetings.step(BOB, other, "cancel", Parting())
    order = await meetings.step(ANN, order, "re_add", again)
    assert outcomes(order) == ["booked"] * 4
    twice = meetings.step(ANN, order, "re_add", again, if_match=order["version"])
    assert (await meetings.refused(twice)).code == "series-date-booked"
    unknown = meetings.step(ANN, order, "re_add", SeriesDate(date=date(2026, 12, 8)))
    assert (await meetings.refused(unknown)).code == "series-date-unknown"


async def test_a_date_added_again_is_as_the_dates_around_it(store: Store) -> None:
    meetings = await open_house(store)
    answer = await book(meetings, skip=[date(2026, 11, 30), date(2026, 12, 14)])
    order = await parent(meetings, answer)
    body = SeriesChange(from_=date(2026, 12, 7), starts_at=ELEVEN, ends_at=ELEVEN + HOUR)
    order = await meetings.step(ANN, order, "change", body)
    for day, taken in ((date(2026, 11, 30), (600, 660)), (date(2026, 12, 14), (660, 720))):
        order = await meetings.step(ANN, order, "re_add", SeriesDate(date=day))
        assert await meetings.taken(day=f"{day}") == [taken]


async def test_those_who_need_not_come_any_more_are_told_once_and_so_are_the_new(
    store: Store,
) -> None:
    meetings = await open_house(store)
    order = await parent(meetings, await book(meetings, invite=["S0004"]))
    body = SeriesChange(from_=date(2026, 12, 7), invite=["S0005"])
    await meetings.step(ANN, order, "change", body)
    assert sorted(await meetings.told(BOB)) == ["series-invited", "series-uninvited"]
    assert await meetings.told(CAT) == ["series-invited"]
    lines = (await listed(meetings.ctx(BOB), PageQuery())).items
    assert "您无需再参加12月07日 10:00起的系列会议：例会。" in [line.text for line in lines]


async def test_another_pattern_continues_a_series_in_one_transaction(store: Store) -> None:
    meetings = await open_house(store)
    old = await book(meetings)
    meetings.clock.now = TEN + WEEK + HOUR
    starts_at = TEN + 2 * WEEK + 30 * MINUTE  # overlaps what the old one has there
    twice_a_week = Repeat(frequency="weekly", weekdays=[1, 3], count=4)
    body = {"starts_at": starts_at, "repeat": twice_a_week, "continues": old.order.id}
    new = await book(meetings, key="new", **body)
    assert outcomes(new) == ["booked"] * 4
    assert await states(meetings, old.order.id) == ["booked"] * 2 + ["cancelled"] * 2
    before = await meetings.order(old.order.id)
    assert (before["state"], before["data"]["continued_by"]) == ("ended", new.order.id)
    assert new.order.data["continues"] == old.order.id
    assert await meetings.taken(day=MONDAYS[2]) == [(630, 690)]
    assert await meetings.taken(day="2026-12-09") == [(630, 690)]


async def test_a_series_that_cannot_be_continued_stands_as_it_was(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_b", enabled=False))
    old = await book(meetings)
    away = book(meetings, key="new", room_id="room_b", continues=old.order.id)
    assert (await meetings.refused(away)).code == "series-refused"
    theirs = book(meetings, BOB, "bobs", continues=old.order.id)
    assert (await meetings.refused(theirs)).code == "not-found"
    assert await states(meetings, old.order.id) == ["booked"] * 4


async def test_meetings_before_the_day_stay_with_the_series_that_is_continued(
    store: Store,
) -> None:
    meetings = await open_house(store)
    old = await book(meetings)
    later = Repeat(frequency="weekly", count=2)
    starts_at = TEN + 3 * WEEK
    new = await book(meetings, key="new", starts_at=starts_at, repeat=later,
                     continues=old.order.id, from_=date(2026, 12, 7))  # fmt: skip
    assert outcomes(new) == ["booked"] * 2
    before = await meetings.order(old.order.id)
    assert before["state"] == "running"
    assert await states(meetings, old.order.id) == ["booked"] * 2 + ["cancelled"] * 2
    assert before["timers"] == [{"at": TEN + WEEK + HOUR, "transition": "end"}]


async def test_a_blocked_date_says_why(store: Store) -> None:
    meetings = await open_house(store)
    times = {"starts_at": TEN + WEEK, "ends_at": ELEVEN + WEEK}
    block = blocks.NewBlock(rooms=["room_a"], reason="检修", **times)
    await blocks.add(meetings.ctx(DESK), block)
    answer = await book(meetings)
    assert outcomes(answer) == ["booked", "room-blocked", "booked", "booked"]
    assert "检修" in str(answer.results[1].detail)


async def test_every_meeting_of_a_series_has_its_services(store: Store) -> None:
    meetings = await open_house(store)
    tea = [ServiceWish(service="tea")]
    answer = await book(meetings, services=tea, skip=[date(2026, 11, 30)])
    served = await store.find("orders", {"kind": "meeting_service"}, sort=[("_id", 1)])
    series_id = answer.order.id
    assert [each["_id"] for each in served] == [f"{series_id}.{n}.1" for n in (1, 2, 3)]
    order = await parent(meetings, answer)
    await meetings.step(ANN, order, "re_add", SeriesDate(date=date(2026, 11, 30)))
    assert (await meetings.order(f"{series_id}.4.1"))["data"]["date"] == "2026-11-30"


async def test_who_waits_joins_the_waiting_list_of_each_date_that_is_taken(store: Store) -> None:
    meetings = await open_house(store)
    other = await meetings.book(BOB, starts_at=TEN + WEEK)
    answer = await book(meetings, wait=True)
    assert outcomes(answer) == ["booked", "waiting", "booked", "booked"]
    await meetings.step(BOB, other, "cancel", Parting())
    await meetings.work()
    assert await states(meetings, answer.order.id) == ["booked", "offered", "booked", "booked"]
    gone = await meetings.step(ANN, await parent(meetings, answer), "cancel", SeriesCancel())
    assert gone["state"] == "cancelled"
    assert (await states(meetings, gone["_id"]))[1] == "left"
    await meetings.balance()


async def test_a_deputy_acts_for_the_owner_and_the_history_names_the_deputy(store: Store) -> None:
    meetings = await open_house(store)
    order = await parent(meetings, await book(meetings))
    assert await meetings.can(CAT, order) == []
    meetings.persons[CAT]["stands_in"] = [{"for": ANN, "from": "2026-11-23", "to": "2026-11-29"}]
    assert await meetings.can(CAT, order) == ["change", "re_add", "cancel"]
    gone = await meetings.step(CAT, order, "cancel", SeriesCancel(note="代为取消"))
    assert (gone["timeline"][-1]["by"], gone["owner"]) == (CAT, ANN)
    assert await meetings.told(ANN) == ["series-cancelled"]
