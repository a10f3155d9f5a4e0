"""The desk: today's lists, finding somebody, walk-ins, by hand, notes, and seeing in full."""

from __future__ import annotations

from datetime import date

import pytest

from models.base.store import Store
from models.base.transitions import WrongState
from models.visitors import desk, notes, scans, unmasking
from models.visitors.deciding import Reason
from models.visitors.desk import DeskQuery
from models.visitors.notes import NoteInput, NoteQuery
from models.visitors.passing import Passing
from models.visitors.shapes import Repeat, Visitor
from models.visitors.unmasking import Unmask
from tests.visits_house import (
    ANN,
    BOB,
    DAY,
    EAST,
    GUARD,
    LEADER,
    MINUTE,
    OTHER_PHONE,
    PHONE,
    SENTINEL,
    TEN,
    WEST,
    Visits,
    open_house,
)


async def lists(visits: Visits, q: str = "", who: str = EAST) -> dict[str, str]:
    """Who stands where today, by masked name."""
    found = await desk.listed(visits.ctx(who), DeskQuery(gate="gate_1", q=q))
    return {line.visitor.name: line.state for line in found.items}


async def test_the_lists_of_the_day_move_with_the_visitors(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    await visits.invite(key="tomorrow", starts_at=TEN + DAY, ends_at=TEN + DAY + 60 * MINUTE)
    query = DeskQuery(gate="gate_1", list="expected")
    today = await desk.listed(visits.ctx(EAST), query)
    assert [(line.visitor.name, line.visitor.phone) for line in today.items] == [
        ("喆**", "139****1234")
    ]
    assert "admit" not in today.items[0].can  # it is an hour too early
    visits.clock.now = TEN
    assert "admit" in (await desk.listed(visits.ctx(EAST), query)).items[0].can
    await visits.scan(visits.static(order))
    counts = (await desk.listed(visits.ctx(EAST), query)).counts
    assert (counts.expected, counts.inside, counts.left, counts.no_show) == (0, 1, 0, 0)


async def test_whoever_does_not_come_is_a_no_show_at_the_end_of_the_day(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN + 3 * 60 * MINUTE  # its time is over
    query = DeskQuery(gate="gate_1", list="no_show")
    assert [line.id for line in (await desk.listed(visits.ctx(EAST), query)).items] == [
        order["_id"]
    ]
    visits.clock.now = TEN + 14 * 60 * MINUTE + MINUTE
    await visits.work()
    assert await visits.state(order) == "missed"
    monday = DeskQuery(gate="gate_1", list="no_show", date=date(2026, 11, 23))
    assert (await desk.listed(visits.ctx(EAST), monday)).counts.no_show == 1
    assert "visit-missed" in await visits.told(ANN)


@pytest.mark.parametrize("ended_by", ["the clock", "security"])
async def test_who_came_on_a_former_day_of_a_pass_has_not_left_today(
    store: Store, ended_by: str
) -> None:
    visits = await open_house(store)
    repeat = Repeat(until=date(2026, 11, 24))
    order = await visits.invite(type="vty_long", repeat=repeat)
    visits.clock.now = TEN
    await visits.scan(visits.static(order))
    visits.clock.forward(minutes=30)
    await visits.scan(visits.static(order), "out")
    query = DeskQuery(gate="gate_1", list="left", date=date(2026, 11, 23))
    assert [line.state for line in (await desk.listed(visits.ctx(EAST), query)).items] == ["left"]
    visits.clock.forward(days=1)  # to the last of its days, on which they do not come
    await visits.work()
    if ended_by == "security":
        await visits.step(GUARD, await visits.order(order), "revoke", Reason(reason="核查"))
    else:
        visits.clock.forward(days=1)
        await visits.work()
    assert await visits.state(order) == ("revoked" if ended_by == "security" else "ended")
    query = DeskQuery(gate="gate_1", list="left", date=date(2026, 11, 24))
    found = await desk.listed(visits.ctx(EAST), query)
    assert (found.items, found.counts.left) == ([], 0)


async def test_who_leaves_after_midnight_has_left_on_the_day_they_came(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    await visits.scan(visits.static(order))
    visits.clock.forward(hours=15)
    await visits.scan(visits.static(order), "out")
    query = DeskQuery(gate="gate_1", list="left", date=date(2026, 11, 23))
    assert (await desk.listed(visits.ctx(EAST), query)).counts.left == 1


async def test_somebody_is_found_by_name_phone_and_plate(store: Store) -> None:
    visits = await open_house(store)
    await visits.invite(visitor={"plate": "苏A12345"})
    await visits.invite(BOB, key="other", visitor={"name": "王来", "phone": OTHER_PHONE})
    assert await lists(visits, "玥") == {"喆**": "expected"}
    assert await lists(visits, "1234") == {"喆**": "expected"}
    assert await lists(visits, "a123") == {"喆**": "expected"}
    assert await lists(visits, "王") == {"王*": "expected"}
    assert await lists(visits, "无") == {}


async def test_a_desk_sees_nothing_of_a_gate_where_it_does_not_serve(store: Store) -> None:
    visits = await open_house(store)
    act = desk.listed(visits.ctx(WEST), DeskQuery(gate="gate_1"))
    assert (await visits.refused(act)).code == "not-your-gate"


async def test_the_desk_admits_by_hand_and_it_is_in_the_log(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    await visits.by_hand(EAST, order, note="身份证核对")
    assert await visits.log() == [("in", "admit", "ok")]
    [line] = await store.find("scans", {})
    assert (line["how"], line["note"], line["by"]) == ("manual", "身份证核对", EAST)


async def test_what_is_refused_by_hand_is_in_the_log_too(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    with pytest.raises(WrongState):
        await visits.by_hand(EAST, order, "out", note="没有登记")
    visits.clock.forward(minutes=1)
    await visits.by_hand(EAST, order)
    visits.clock.forward(minutes=1)
    with pytest.raises(WrongState):
        await visits.by_hand(EAST, order)
    visits.clock.forward(minutes=1)
    await visits.step(GUARD, await visits.order(order), "revoke", Reason(reason="核查"))
    with pytest.raises(WrongState):
        await visits.by_hand(EAST, order)
    assert await visits.log() == [
        ("out", "refuse", "not-inside"), ("in", "admit", "ok"),
        ("in", "refuse", "already-in"), ("in", "refuse", "revoked"),
    ]  # fmt: skip
    [first, *_] = await store.find("scans", {"decision": "refuse"}, sort=[("at", 1)])
    assert (first["how"], first["note"], first["by"]) == ("manual", "没有登记", EAST)
    assert await visits.state(order) == "inside"


async def test_by_hand_nothing_is_written_of_a_gate_where_one_does_not_serve(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    act = scans.by_hand(visits.ctx(EAST), order["_id"], "out", Passing(gate="gate_2"))
    assert (await visits.refused(act)).code == "not-your-gate"


async def test_a_walk_in_waits_for_the_host(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.walk_in()
    assert (order["state"], order["waits_for"]) == ("announced", ["p:per_ann", "d:per_ann"])
    assert await visits.told(ANN) == ["visit-announced"]
    assert await visits.can(EAST, order) == []
    order = await visits.step(ANN, order, "confirm")
    assert order["state"] == "expected"
    assert "admit" in await visits.can(EAST, order)


async def test_a_silent_host_is_helped_by_the_leader(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.walk_in()
    visits.clock.forward(minutes=5)
    await visits.work()
    assert await visits.told(LEADER) == ["visit-announced"]
    order = await visits.order(order)
    order = await visits.step(LEADER, order, "decline", Reason(reason="改日再来"))
    assert order["state"] == "refused"


async def test_where_nobody_answers_the_visitor_is_turned_away(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.walk_in()
    refusal = await visits.refused(visits.step(EAST, order, "turn_away"))
    assert refusal.code == "visit-still-waiting"
    visits.clock.forward(minutes=20)
    await visits.work()
    assert await visits.state(order) == "refused"
    assert "visit-turned-away" in await visits.told(ANN)


async def test_seeing_a_visitor_in_full_is_on_record(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    shown = await unmasking.unmask(visits.ctx(EAST), order["_id"], Unmask(reason="车辆挡道"))
    assert shown.visitor == {"name": SENTINEL, "phone": PHONE}
    [record] = await store.find("audit", {"act": "visitors.unmask"})
    assert (record["object"], record["after"]) == (order["_id"], {"reason": "车辆挡道"})


async def test_notes_wait_for_the_next_shift(store: Store) -> None:
    visits = await open_house(store)
    await notes.add(visits.ctx(EAST), NoteInput(gate="gate_1", text="钥匙在抽屉"))
    visits.clock.forward(hours=1)
    await notes.add(visits.ctx(EAST), NoteInput(gate="gate_1", text="已取走"))
    found = await notes.listed(visits.ctx(EAST), NoteQuery(gate="gate_1"))
    assert [note.text for note in found.items] == ["已取走", "钥匙在抽屉"]


async def test_a_walk_in_needs_a_host_and_a_gate_of_ones_own(store: Store) -> None:
    visits = await open_house(store)
    assert (await visits.refused(visits.walk_in(host="S9999"))).code == "visit-host-unknown"
    assert (await visits.refused(visits.walk_in(gate="gate_2"))).code == "not-your-gate"
    order = await visits.walk_in(visitor=Visitor(name="无名", phone=PHONE))
    assert order["private"]["visitor"]["phone"] == PHONE
