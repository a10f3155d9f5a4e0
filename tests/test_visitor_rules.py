"""What security sets up: gates, types, and who is kept out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models.base import messages
from models.base.shapes import PageQuery
from models.base.store import Store
from models.visitors import blacklist, gates, types
from models.visitors.blacklist import BlockInput
from models.visitors.gates import GateInput
from models.visitors.refusals import TurnedAway
from models.visitors.types import TypeInput
from tests.visits_house import ANN, DAY, EAST, GUARD, HOUR, PHONE, TEN, open_house


async def test_a_gate_lets_in_at_its_hours_and_out_at_any_time(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    await visits.scan(visits.rotating(order))
    body = GateInput(name="东门", zone="主楼区", opens="11:00", closes="12:00")
    await gates.put(visits.ctx(GUARD), "gate_1", body)
    other = await visits.invite(key="other")
    answer = await visits.scan(visits.static(other))
    assert (answer.reason, answer.text) == ("gate-closed", "本出入口已关闭，开放时间 11:00–12:00")
    visits.clock.forward(minutes=1)
    assert (await visits.scan(visits.rotating(order), "out")).decision == "admit"


async def test_a_type_out_of_use_cannot_be_chosen(store: Store) -> None:
    visits = await open_house(store)
    await types.put(visits.ctx(GUARD), "vty_guest", TypeInput(name="访客", enabled=False))
    assert (await visits.refused(visits.invite())).code == "visit-type-disabled"
    assert (await visits.refused(visits.invite(type="vty_none"))).code == "visit-type-unknown"


async def test_a_type_is_good_at_the_gates_of_its_zones(store: Store) -> None:
    visits = await open_house(store)
    back = GateInput(name="后门", zone="后勤区")
    await gates.put(visits.ctx(GUARD), "gate_2", back)
    await types.put(visits.ctx(GUARD), "vty_guest", TypeInput(name="送货", zones=["后勤区"]))
    order = await visits.invite()
    assert [gate["id"] for gate in order["data"]["gates"]] == ["gate_2"]
    refusal = await visits.refused(visits.invite(key="east", gate="gate_1"))
    assert refusal.code == "gate-closed"


async def test_whoever_is_on_the_blacklist_is_decided_by_security(store: Store) -> None:
    visits = await open_house(store)
    body = BlockInput(name="王某某", reason="寻衅滋事", phone=PHONE)
    block = await blacklist.add(visits.ctx(GUARD), body)
    assert block.label == "王** 139****1234"
    order = await visits.invite()
    assert (order["state"], order["data"]["stages"]) == ("requested", ["security"])
    assert PHONE not in str(await store.find("visit_blocks", {}))


async def test_a_blacklisted_visitor_is_asked_to_wait_and_security_is_told(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    body = BlockInput(name="王某某", reason="寻衅滋事", phone=PHONE)
    await blacklist.add(visits.ctx(GUARD), body)
    visits.clock.now = TEN
    answer = await visits.scan(visits.static(order))
    assert (answer.decision, answer.reason) == ("refuse", "blacklisted")
    assert answer.text == "请稍候，正在核实"
    assert await visits.told(GUARD) == ["visit-alarm"]
    assert "喆" not in str(await store.find("deliveries", {"template": "visit-alarm"}))
    [alarm] = (await messages.listed(visits.ctx(GUARD), PageQuery())).items
    assert alarm.order_id == order["_id"]
    assert alarm.text == "喆**在1号门出示凭证，系统已请其等候，请立即前往处置。"
    assert await visits.log() == [("in", "refuse", "blacklisted")]
    with pytest.raises(TurnedAway):
        await visits.by_hand(EAST, order)
    assert await visits.told(GUARD) == ["visit-alarm"] * 2
    assert await visits.log() == [("in", "refuse", "blacklisted")] * 2
    assert await visits.state(order) == "expected"


async def test_an_entry_ends_on_its_last_day_or_when_it_is_lifted(store: Store) -> None:
    visits = await open_house(store)
    body = BlockInput(name="王某某", reason="寻衅滋事", phone=PHONE, until=date(2026, 11, 23))
    block = await blacklist.add(visits.ctx(GUARD), body)
    assert (await visits.invite())["state"] == "requested"
    visits.clock.now += DAY
    again: Any = {"starts_at": TEN + DAY, "ends_at": TEN + DAY + HOUR}
    assert (await visits.invite(key="later", **again))["state"] == "expected"
    visits.clock.now -= DAY
    await blacklist.lift(visits.ctx(GUARD), block.id)
    assert (await visits.invite(key="lifted"))["state"] == "expected"
    acts = [each["act"] for each in await store.find("audit", {}, sort=[("place", 1)])]
    assert acts.count("visitors.block") == acts.count("visitors.unblock") == 1


async def test_a_block_needs_a_phone_or_a_plate(store: Store) -> None:
    visits = await open_house(store)
    act = blacklist.add(visits.ctx(GUARD), BlockInput(name="王某", reason="不明"))
    assert (await visits.refused(act)).code == "block-empty"
    assert ANN in visits.persons
