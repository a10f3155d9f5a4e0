"""Inviting one or many, approval that never gets stuck, changing, long-term passes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from models.base.context import CLOCK
from models.base.leavings import say_farewell
from models.base.orders import id_of
from models.base.store import Store
from models.people import PEOPLE
from models.visitors import faces, groups, own
from models.visitors.changing import Change, Parting
from models.visitors.deciding import Reason
from models.visitors.groups import GroupInput
from models.visitors.own import MineQuery
from models.visitors.shapes import Companion, GroupMember, Repeat
from models.visitors.sheets import Pasted, pasted
from tests.visits_house import (
    ANN,
    BOB,
    BOSS,
    DAN,
    DAY,
    EAST,
    GUARD,
    HOUR,
    LEADER,
    MINUTE,
    NOON,
    PHONE,
    SENTINEL,
    TEN,
    Visits,
    open_house,
)


async def test_a_visitor_is_expected_and_the_host_may_show_the_code(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(companions=[Companion(name="随从")], belongings="相机")
    assert (order["state"], order["owner"], order["data"]["companions"]) == ("expected", ANN, 1)
    assert order["private"]["companions"] == [{"name": "随从", "phone": None}]
    page = await own.mine(visits.ctx(ANN), MineQuery(when="coming"))
    [line] = page.items
    assert line.data["visitor"] == {"name": SENTINEL, "phone": PHONE}
    assert line.data["code"] == visits.static(order)
    assert (await own.mine(visits.ctx(BOB), MineQuery())).items == []


async def test_times_that_make_no_sense_are_refused(store: Store) -> None:
    visits = await open_house(store)
    for times in (
        {"starts_at": NOON, "ends_at": TEN},
        {"starts_at": TEN - 5 * HOUR, "ends_at": TEN - 4 * HOUR},
        {"starts_at": TEN, "ends_at": TEN + 25 * HOUR},
        {"starts_at": TEN + 200 * DAY, "ends_at": NOON + 200 * DAY},
    ):
        body: Any = times
        assert (await visits.refused(visits.invite(**body))).code == "visit-times-wrong"


async def test_the_same_key_means_the_same_visit(store: Store) -> None:
    visits = await open_house(store)
    first, again = await visits.invite(), await visits.invite()
    assert first["_id"] == again["_id"] == id_of(visits.ctx(ANN, "visit"))
    assert await store.count("orders", {}) == 1


async def test_a_leader_approves_and_then_security(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(type="vty_both")
    assert order["state"] == "requested"
    assert await visits.told(LEADER) == ["visit-asked"]
    assert await visits.can(GUARD, order) == ["revoke"]
    order = await visits.step(LEADER, order, "approve")
    assert (order["state"], order["waits_for"]) == ("requested", ["desk:security"])
    assert await visits.told(GUARD) == ["visit-asked"]
    order = await visits.step(GUARD, order, "approve")
    assert (order["state"], order["waits_for"]) == ("expected", [])
    await visits.work()
    assert "visit-approved" in await visits.told(ANN)
    assert visits.sms.sent[-1][0] == PHONE


async def test_a_leader_is_not_asked_for_their_own_visitors(store: Store) -> None:
    visits = await open_house(store)
    assert (await visits.invite(LEADER, type="vty_leader"))["state"] == "expected"


async def test_the_deputy_of_a_leader_who_is_away_approves(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(type="vty_leader")
    away = [{"id": "dep_1", "for": LEADER, "from": "2026-11-23", "to": "2026-11-24"}]
    visits.persons[BOB]["stands_in"] = away
    assert "approve" in await visits.can(BOB, order)
    assert (await visits.step(BOB, order, "approve"))["state"] == "expected"


async def test_a_unit_without_a_leader_asks_security_and_the_office(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(DAN, type="vty_leader")
    assert order["waits_for"] == ["desk:security", "office:visitors"]
    assert await visits.told(BOSS) == ["visit-asked"]
    assert (await visits.step(BOSS, order, "approve"))["state"] == "expected"


async def test_a_request_nobody_decides_goes_to_others_and_lapses_in_the_end(
    store: Store,
) -> None:
    visits = await open_house(store)
    order = await visits.invite(type="vty_leader")
    visits.clock.forward(minutes=5)
    await visits.work()
    order = await visits.order(order)
    assert {"u:unt_1:leader", "desk:security", "office:visitors"} <= set(order["waits_for"])
    assert "visit-asked" in await visits.told(GUARD)
    assert "approve" in await visits.can(BOSS, order)
    visits.clock.now = NOON
    await visits.work()
    assert await visits.state(order) == "lapsed"
    assert "visit-lapsed" in await visits.told(ANN)


async def test_a_refusal_has_a_reason(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(type="vty_leader")
    order = await visits.step(LEADER, order, "refuse", Reason(reason="请改下周"))
    assert (order["state"], order["timeline"][-1]["note"]) == ("refused", "请改下周")
    await visits.work()
    assert visits.sms.sent == []


async def test_another_time_is_asked_for_anew_and_the_code_stays(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(type="vty_leader")
    order = await visits.step(LEADER, order, "approve")
    later = Change(starts_at=TEN + HOUR, ends_at=NOON + HOUR)
    changed = await visits.step(ANN, order, "change", later)
    assert changed["state"] == "requested"
    assert visits.static(changed) == visits.static(order)
    plain = await visits.invite(key="plain")
    plain = await visits.step(ANN, plain, "change", later)
    assert (plain["state"], plain["due_at"]) == ("expected", TEN + HOUR)
    await visits.work()
    assert sorted(s[1] for s in visits.sms.sent) == ["SMS_1002", "SMS_1002", "SMS_1003"]


async def test_cancelling_tells_the_visitor_and_the_desk_refuses(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    assert "cancel" not in await visits.can(BOB, order)
    await visits.step(ANN, order, "cancel", Parting(note="改期"))
    await visits.work()
    assert len(visits.sms.sent) == 2
    visits.clock.now = TEN
    assert (await visits.scan(visits.static(order))).reason == "cancelled"


async def test_a_long_term_pass_is_good_on_its_days_at_its_hours(store: Store) -> None:
    visits = await open_house(store)
    repeat = Repeat(until=(TEN + 4 * DAY).date(), weekdays=[1, 3])
    order = await visits.invite(type="vty_long", repeat=repeat)
    visits.clock.now = TEN
    assert (await visits.scan(visits.static(order))).decision == "admit"
    visits.clock.forward(minutes=30)
    assert (await visits.scan(visits.static(order), "out")).decision == "admit"
    visits.clock.now = TEN + DAY
    await visits.work()
    order = await visits.order(order)
    assert (order["state"], order["data"]["starts_at"]) == ("expected", TEN + 2 * DAY)
    assert (await visits.scan(visits.static(order))).reason == "too-early"
    visits.clock.now = TEN + 2 * DAY
    assert (await visits.scan(visits.static(order))).decision == "admit"
    await visits.scan(visits.rotating(order), "out")
    visits.clock.now = TEN + 3 * DAY
    await visits.work()
    assert await visits.state(order) == "ended"


async def test_a_long_term_pass_that_is_not_used_goes_on(store: Store) -> None:
    visits = await open_house(store)
    repeat = Repeat(until=(TEN + 2 * DAY).date())
    order = await visits.invite(type="vty_long", repeat=repeat)
    visits.clock.now = TEN + DAY
    await visits.work()
    assert (await visits.order(order))["due_at"] == TEN + DAY
    visits.clock.now = TEN + 3 * DAY
    await visits.work()
    visits.clock.forward(minutes=1)
    await visits.work()
    assert await visits.state(order) == "ended"


async def test_a_type_of_visitor_that_comes_once_gets_no_long_term_pass(store: Store) -> None:
    visits = await open_house(store)
    refusal = await visits.refused(visits.invite(repeat=Repeat(until=(TEN + DAY).date())))
    assert refusal.code == "visit-type-single"


async def test_a_group_is_invited_at_once_and_each_has_a_code(store: Store) -> None:
    visits = await open_house(store)
    members = [GroupMember(name=f"客{n}", phone=f"1391111{n:04}") for n in range(60)]
    body = GroupInput(starts_at=TEN, ends_at=NOON, purpose="参观", members=members)
    made = await groups.invite(visits.ctx(ANN, "group"), body)
    assert [result.outcome for result in made.results] == ["invited"] * 60
    found = await groups.members_of(visits.ctx(ANN), made.order.id)
    assert len({visits.static(order) for order in found}) == 60
    await visits.work()
    assert len(visits.sms.sent) == 60
    visits.clock.now = TEN
    assert (await visits.scan(visits.static(found[7]))).decision == "admit"
    group = await visits.order({"_id": made.order.id})
    await visits.step(ANN, group, "cancel", Parting())
    found = await groups.members_of(visits.ctx(ANN), made.order.id)
    states = [order["state"] for order in found]
    assert (states.count("cancelled"), states.count("inside")) == (59, 1)
    over = {(order["state"], order["private"]["over_at"]) for order in found}
    assert over == {("cancelled", TEN), ("inside", NOON)}


async def test_a_line_that_cannot_be_invited_is_named(store: Store) -> None:
    visits = await open_house(store)
    twice = [GroupMember(name="客一", phone=PHONE), GroupMember(name="客二", phone=PHONE)]
    body = GroupInput(starts_at=TEN, ends_at=NOON, purpose="参观", members=twice)
    made = await groups.invite(visits.ctx(ANN, "group"), body)
    assert [(r.row, r.outcome) for r in made.results] == [(1, "invited"), (2, "refused")]
    whole = GroupInput(
        starts_at=TEN, ends_at=NOON, purpose="参观", members=twice, on_conflict="all_or_nothing"
    )
    refusal = await visits.refused(groups.invite(visits.ctx(ANN, "whole"), whole))
    assert (refusal.code, refusal.facts["row"]) == ("visit-group-refused", 2)


def test_pasted_lines_are_read_however_they_are_separated() -> None:
    text = (
        "姓名\t手机号\n张三\t13900001111\t苏A12345\n李四,13900002222\n 王五 苏a·d12345 \n赵六 123"
    )
    read = pasted(Pasted(text=text))
    assert [(m.name, m.phone, m.plate) for m in read.members] == [
        ("张三", "13900001111", "苏A12345"), ("李四", "13900002222", None),
        ("王五", None, "苏AD12345"),
    ]  # fmt: skip
    assert [(e.row, e.detail) for e in read.errors] == [(5, "手机号应为 11 位")]


async def test_inviting_again_takes_one_body(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(purpose="年检", gate="gate_2")
    body = await own.again(visits.ctx(ANN), order["_id"])
    assert (body.visitor, body.purpose, body.gate) == (
        {"name": SENTINEL, "phone": PHONE}, "年检", "gate_2",
    )  # fmt: skip
    assert (await visits.refused(own.again(visits.ctx(BOB), order["_id"]))).code == "not-found"


async def test_the_host_hears_when_nobody_fetches_the_visitor(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    await visits.scan(visits.static(order))
    inside = await visits.order(order)
    await visits.step(ANN, inside, "fetch")
    visits.clock.now = TEN + 15 * MINUTE
    await visits.work()
    assert "visit-unfetched" not in await visits.told(LEADER)
    other = await visits.invite(key="other", ends_at=NOON + HOUR)
    await visits.scan(visits.static(other))
    visits.clock.forward(minutes=11)
    await visits.work()
    assert "visit-unfetched" in await visits.told(LEADER)


async def test_whoever_leaves_the_campus_receives_nobody(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    gone = {"_id": f"{ANN}:2", "person": ANN, "due_at": visits.clock(), "done": []}
    await store.insert("leavings", gone)
    await say_farewell(visits.house)
    assert await visits.state(order) == "cancelled"
    assert (await visits.order(order))["timeline"][-1]["note"] == "接待人已离开本单位"
    assert await store.count(PEOPLE, {"_id": ANN}) == 1


async def test_the_picture_has_everything_the_visitor_needs(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(companions=2)
    face = await faces.face(visits.ctx(ANN), order)
    assert face.visitor == f"{SENTINEL} 等3人"
    assert dict(face.lines)["时间"] == "11月23日 10:00–12:00"
    assert face.code == visits.static(order)
    assert await faces.of_host(visits.ctx(ANN), order["_id"]) == (
        f"{face.code} {face.visitor}".encode()
    )
    refusal = await visits.refused(faces.of_host(visits.ctx(EAST), order["_id"]))
    assert refusal.code == "forbidden"


async def test_the_clock_cancels_nothing_by_itself(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN + timedelta(minutes=5)
    await visits.work()
    assert await visits.state(order) == "expected"
    refusal = await visits.refused(visits.step(CLOCK.id, order, "miss"))
    assert refusal.code == "visit-not-its-time"


async def test_visits_of_others_do_not_exist(store: Store) -> None:
    visits: Visits = await open_house(store)
    order = await visits.invite()
    for act in (
        own.codes(visits.ctx(BOB), order["_id"]),
        faces.of_host(visits.ctx(BOB), order["_id"]),
        visits.step(BOB, order, "cancel", Parting()),
    ):
        assert (await visits.refused(act)).code == "not-found"
