"""Scans at a gate: who is admitted, who is not, and why."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models.base.store import Store
from models.base.transitions import take
from models.visitors.changing import Parting
from models.visitors.codes import ROTATING, STATIC
from models.visitors.deciding import Reason
from models.visitors.guesses import ScannerLocked
from models.visitors.log import SCANS
from models.visitors.passing import Scanned
from models.visitors.refusals import TurnedAway
from tests.visits_house import (
    ANN,
    EAST,
    GUARD,
    HOUR,
    MINUTE,
    NOON,
    TEN,
    WEST,
    Visits,
    open_house,
)


async def at_ten(store: Store) -> tuple[Visits, Any]:
    """The house at ten, and a visitor who is expected then."""
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    return visits, order


async def test_a_visitor_goes_in_and_out_and_the_host_hears_of_it(store: Store) -> None:
    visits, order = await at_ten(store)
    answer = await visits.scan(visits.static(order))
    assert (answer.decision, answer.reason, answer.check_face) == ("admit", "ok", True)
    assert answer.visit is not None
    assert answer.visit.visitor.name == "喆玥䶮"
    assert answer.visit.visitor.phone == "139****1234"
    assert "visit-arrived" in await visits.told(ANN)
    visits.clock.forward(minutes=30)
    answer = await visits.scan(visits.static(order), "out")
    assert (answer.decision, answer.text) == ("admit", "请慢走")
    assert await visits.state(order) == "left"
    assert await visits.log() == [("in", "admit", "ok"), ("out", "admit", "ok")]


async def test_in_and_out_alternate(store: Store) -> None:
    visits, order = await at_ten(store)
    assert (await visits.scan(visits.static(order), "out")).reason == "not-inside"
    await visits.scan(visits.rotating(order))
    visits.clock.forward(minutes=2)
    answer = await visits.scan(visits.rotating(order))
    assert (answer.reason, answer.text) == ("already-in", "已于 10:00 入场")
    assert await visits.state(order) == "inside"


async def test_the_same_scan_within_seconds_gets_the_same_answer(store: Store) -> None:
    visits, order = await at_ten(store)
    code = visits.rotating(order)
    first = await visits.scan(code)
    visits.clock.forward(seconds=4)
    again = await visits.scan(code)
    assert (first.decision, again.decision, again.repeated) == ("admit", "admit", True)
    assert (await visits.order(order))["version"] == 2
    visits.clock.forward(seconds=6)
    assert (await visits.scan(code)).reason == "already-in"


async def test_a_scan_that_names_itself_is_one_scan_however_late_it_is_repeated(
    store: Store,
) -> None:
    visits, order = await at_ten(store)
    code = visits.rotating(order)
    await visits.scan(code, scan_id="scan-0001")
    visits.clock.forward(minutes=1)
    await visits.scan(visits.rotating(order), "out", scan_id="scan-0002")
    again = await visits.scan(code, scan_id="scan-0001")
    assert await visits.state(order) == "left"
    assert again.reason in ("ok", "stale-code")
    assert len((await visits.order(order))["timeline"]) == 3


async def test_two_desks_scan_at_the_same_instant_and_one_admits(store: Store) -> None:
    visits, order = await at_ten(store)
    code = visits.static(order)
    answers = await asyncio.gather(
        *(visits.scan(code, who=EAST) for _ in range(1)),
        *(visits.scan(code, who=WEST, gate="gate_2") for _ in range(1)),
        *(visits.scan(code, who=GUARD, gate="gate_2") for _ in range(1)),
    )
    assert sorted(answer.decision for answer in answers) == ["admit", "refuse", "refuse"]
    assert {a.reason for a in answers if a.decision == "refuse"} == {"already-in"}
    steps = [entry["transition"] for entry in (await visits.order(order))["timeline"]]
    assert steps == ["place", "admit"]
    assert len(await visits.log()) == 3


async def test_a_static_code_is_good_for_one_entry(store: Store) -> None:
    visits, order = await at_ten(store)
    await visits.scan(visits.static(order))
    visits.clock.forward(minutes=1)
    await visits.scan(visits.static(order), "out")
    visits.clock.forward(minutes=1)
    assert (await visits.scan(visits.static(order))).reason == "used"
    answer = await visits.scan(visits.rotating(order))
    assert answer.decision == "admit"


async def test_a_screenshot_of_a_rotating_code_fails_a_minute_later(store: Store) -> None:
    visits, order = await at_ten(store)
    code = visits.rotating(order)
    visits.clock.forward(minutes=2)
    assert (await visits.scan(code)).reason == "stale-code"
    assert await visits.state(order) == "expected"


async def test_a_replayed_rotating_code_fails(store: Store) -> None:
    visits, order = await at_ten(store)
    code = visits.rotating(order)
    await visits.scan(code)
    visits.clock.forward(seconds=10)
    answer = await visits.scan(code, "out")
    assert answer.reason == "replayed"
    assert await visits.state(order) == "inside"


async def test_a_rotating_code_does_not_tell_the_static_one(store: Store) -> None:
    visits, order = await at_ten(store)
    part = visits.rotating(order).removeprefix(ROTATING)[:12]
    assert (await visits.scan(STATIC + part)).reason == "unknown"
    assert (await visits.scan(part)).reason == "unknown"


async def test_forged_and_altered_codes_are_refused(store: Store) -> None:
    visits, order = await at_ten(store)
    rotating, static = visits.rotating(order), visits.static(order)
    for code, reason in (
        (static[:-1] + ("0" if static[-1] != "0" else "1"), "unknown"),
        (rotating[:-1] + ("0" if rotating[-1] != "0" else "1"), "stale-code"),
        ("QJS" + "0" * 12, "unknown"),
        ("https://example.cn/", "unknown"),
    ):
        answer = await visits.scan(code)
        assert (answer.decision, answer.reason) == ("refuse", reason)
    assert await visits.state(order) == "expected"


async def test_every_state_and_time_has_its_own_words(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    code = visits.static(order)
    early = await visits.scan(code)
    assert (early.reason, early.text) == ("too-early", "未到时间，09:30 起可入场")
    visits.clock.now = NOON
    assert (await visits.scan(code)).reason == "expired"
    visits.clock.now = TEN
    await visits.step(GUARD, order, "revoke", Reason(reason="核查"))
    assert (await visits.scan(code)).text == "凭证已失效"
    other = await visits.invite(key="other")
    await visits.step(ANN, other, "cancel", Parting())
    assert (await visits.scan(visits.static(other))).reason == "cancelled"
    asked = await visits.invite(key="asked", type="vty_leader", ends_at=NOON + HOUR)
    assert (await visits.scan(visits.static(asked))).reason == "not-approved"


async def test_a_pass_for_another_gate_is_sent_there(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(gate="gate_2")
    visits.clock.now = TEN
    answer = await visits.scan(visits.static(order))
    assert (answer.reason, answer.text, answer.visit) == ("wrong-gate", "请走2号门", None)
    both = await visits.scan(visits.static(order), who=GUARD)
    assert (both.reason, both.text) == ("wrong-gate", "请走2号门")
    assert await visits.state(order) == "expected"


async def test_a_host_who_keeps_another_gate_sends_the_visitor_on_and_it_is_in_the_log(
    store: Store,
) -> None:
    visits = await open_house(store)
    order = await visits.invite(EAST, gate="gate_2")
    visits.clock.now = TEN
    answer = await visits.scan(visits.static(order))
    assert (answer.reason, answer.text, answer.visit) == ("wrong-gate", "请走2号门", None)
    assert await visits.log() == [("in", "refuse", "wrong-gate")]
    assert await visits.state(order) == "expected"


async def test_nobody_scans_at_a_gate_where_they_do_not_serve(store: Store) -> None:
    visits, order = await at_ten(store)
    refusal = await visits.refused(visits.scan(visits.static(order), who=WEST))
    assert refusal.code == "not-your-gate"


async def test_a_new_code_makes_the_old_ones_void(store: Store) -> None:
    visits, order = await at_ten(store)
    old, old_turning = visits.static(order), visits.rotating(order)
    fresh = await visits.step(ANN, order, "reissue")
    assert (await visits.scan(old)).reason == "revoked"
    assert (await visits.scan(old_turning)).reason == "revoked"
    assert (await visits.scan(visits.static(fresh))).decision == "admit"


@pytest.mark.parametrize("reissued_first", [True, False])
async def test_a_code_that_is_replaced_at_the_instant_of_its_scan_admits_before_that_or_not_at_all(
    store: Store, reissued_first: bool
) -> None:
    visits, order = await at_ten(store)
    scanned = visits.scan(visits.static(order))
    reissued = visits.step(ANN, order, "reissue")
    race = [reissued, scanned] if reissued_first else [scanned, reissued]
    await asyncio.gather(*race, return_exceptions=True)
    after = await visits.order(order)
    steps = [entry["transition"] for entry in after["timeline"][1:]]
    assert (steps, await visits.log()) in (
        (["admit"], [("in", "admit", "ok")]),
        (["reissue"], [("in", "refuse", "revoked")]),
    )


@pytest.mark.parametrize("step", ["admit", "leave"])
async def test_a_code_judged_before_it_was_replaced_is_judged_again_where_the_step_is_taken(
    store: Store, step: str
) -> None:
    visits, read = await at_ten(store)
    await visits.step(ANN, read, "reissue")
    if step == "leave":
        read = await visits.by_hand(EAST, read)
    body = Scanned(gate="gate_1", how="static", digest="", code_version=1)
    act = take(visits.ctx(EAST), read["_id"], step, body, known=read)
    refusal = await visits.refused(act)
    assert isinstance(refusal, TurnedAway)
    assert refusal.reason == "revoked"


async def test_only_the_hashes_of_codes_are_stored(store: Store) -> None:
    visits, order = await at_ten(store)
    stored = str(await visits.everything())
    secrets = (visits.static(order)[3:], visits.rotating(order)[3:15], visits.link(order))
    assert not any(secret in stored for secret in secrets)


async def test_guessing_locks_the_device_and_security_is_told(store: Store) -> None:
    visits, order = await at_ten(store)
    for number in range(20):
        assert (await visits.scan(f"QJS{number:012}")).reason == "unknown"
    for code in ("QJS" + "Z" * 12, visits.static(order)):
        with pytest.raises(ScannerLocked):
            await visits.scan(code)
    assert await visits.told(GUARD) == ["visit-guessing"]
    assert await visits.state(order) == "expected"
    assert (await visits.scan(visits.static(order), who=WEST, gate="gate_2")).decision == "admit"
    visits.clock.forward(minutes=6)
    assert (await visits.scan(visits.static(order), "out")).decision == "admit"


async def test_the_line_of_a_passage_is_promised_by_the_write_that_admits(store: Store) -> None:
    visits, order = await at_ten(store)
    await visits.scan(visits.static(order))
    admitted = await visits.order(order)  # as a process leaves it that is killed at this moment
    line = {"line": "models.visitors.log.passed", "n": f"{admitted['version']}.1", "tries": 0}
    assert line in admitted["outbox"]
    assert await store.count(SCANS, {}) == 0
    assert await visits.log() == [("in", "admit", "ok")]
    assert await visits.log() == [("in", "admit", "ok")]


async def test_what_comes_of_the_day(store: Store) -> None:
    visits, order = await at_ten(store)
    await visits.scan(visits.static(order))
    visits.clock.now = TEN + 11 * MINUTE
    await visits.work()
    assert (await visits.told(ANN)).count("visit-unfetched") == 1
    visits.clock.now = NOON + timedelta(minutes=16)
    await visits.work()
    assert "visit-overstayed" in await visits.told(ANN)
    assert await visits.told(EAST) == ["visit-overstayed"]
