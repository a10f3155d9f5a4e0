"""Revoking the pass of somebody who is inside: known until they are out, and not let in again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from models.base import messages
from models.base.shapes import PageQuery
from models.base.store import Store
from models.base.transitions import StaleVersion
from models.visitors import desk, evacuation, links, offline
from models.visitors.deciding import Reason
from models.visitors.desk import DeskQuery
from models.visitors.devices import Signed
from models.visitors.passing import Passing
from models.visitors.shapes import Repeat
from tests.machinery import MONDAY
from tests.test_visitor_devices import a_desk, kept, signed, upload
from tests.visits_house import ANN, BOB, DAY, EAST, GUARD, NOON, TEN, WEST, Visits, open_house

WHY = Reason(reason="核查")
BY_HAND = Passing(gate="gate_1")


async def somebody_inside(store: Store, **body: Any) -> tuple[Visits, Any]:
    """A visitor who came in at ten by their static code, a minute ago."""
    visits = await open_house(store)
    order = await visits.invite(**body)
    visits.clock.now = TEN
    await visits.scan(visits.static(order))
    visits.clock.forward(minutes=1)
    return visits, await visits.order(order)


async def inside(visits: Visits) -> list[str]:
    """Who is called when everybody has to get out."""
    listed = await evacuation.listed(visits.ctx(GUARD))
    return [person.visit for zone in listed.zones for person in zone.people]


async def test_who_is_revoked_inside_is_known_as_inside_until_they_are_out(store: Store) -> None:
    visits, order = await somebody_inside(store)
    assert "revoke" in await visits.can(GUARD, order)
    revoked = await visits.step(GUARD, order, "revoke", WHY)
    assert (revoked["state"], revoked["data"]["revoked_at"]) == ("inside", visits.clock())
    assert await inside(visits) == [order["_id"]]
    out = await visits.by_hand(EAST, revoked, "out")
    assert (out["state"], out["data"]["out_at"]) == ("revoked", visits.clock())
    assert await inside(visits) == []
    assert await visits.can(GUARD, out) == []


async def test_their_code_lets_them_out_and_nowhere_in(store: Store) -> None:
    visits, order = await somebody_inside(store)
    await visits.step(GUARD, order, "revoke", WHY)
    refused = await visits.scan(visits.rotating(order))
    assert (refused.decision, refused.reason, refused.text) == ("refuse", "revoked", "凭证已失效")
    out = await visits.scan(visits.static(order), "out", WEST, "gate_2")
    assert (out.decision, out.text) == ("admit", "请慢走")
    assert await visits.state(order) == "revoked"
    visits.clock.forward(minutes=1)
    for way in ("in", "out"):
        assert (await visits.scan(visits.rotating(order), way)).reason == "revoked"
    assert [line for line in await visits.log() if line[1] == "admit"] == [
        ("in", "admit", "ok"), ("out", "admit", "ok"),
    ]  # fmt: skip


async def test_revoked_within_the_seconds_of_a_repeated_scan_lets_nobody_in(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    code = visits.static(order)
    await visits.scan(code)
    visits.clock.forward(seconds=1)
    assert (await visits.scan(code)).repeated
    await visits.step(GUARD, await visits.order(order), "revoke", WHY)
    visits.clock.forward(seconds=1)
    again = await visits.scan(code)
    assert (again.decision, again.reason) == ("refuse", "revoked")
    await visits.scan(code, "out")
    visits.clock.forward(seconds=1)
    twice = await visits.scan(code, "out")
    assert (twice.decision, twice.repeated) == ("admit", True)


async def test_a_scan_sent_again_after_that_lets_nobody_in_either(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    code = visits.static(order)
    first = await visits.scan(code, scan_id="scan-0001")
    again = await visits.scan(code, scan_id="scan-0001")
    assert (first.repeated, again.decision, again.repeated) == (False, "admit", True)
    revoked = await visits.step(GUARD, await visits.order(order), "revoke", WHY)
    for minutes in (0, 10):
        visits.clock.forward(minutes=minutes)
        late = await visits.scan(code, scan_id="scan-0001")
        assert (late.decision, late.reason, late.text) == ("refuse", "revoked", "凭证已失效")
    assert (await visits.order(order))["version"] == revoked["version"]
    assert await visits.log() == [
        ("in", "admit", "ok"), ("in", "refuse", "revoked"), ("in", "refuse", "revoked"),
    ]  # fmt: skip
    for repeated in (False, True):
        out = await visits.scan(code, "out", scan_id="scan-0002")
        assert (out.decision, out.text, out.repeated) == ("admit", "请慢走", repeated)


async def test_host_and_desks_are_told_to_see_them_out(store: Store) -> None:
    visits, order = await somebody_inside(store)
    await visits.step(GUARD, order, "revoke", WHY)
    for who in (ANN, EAST, WEST):
        assert (await visits.told(who)).count("visit-to-leave") == 1
    assert "visit-revoked" not in await visits.told(ANN)
    words = [told.text for told in (await messages.listed(visits.ctx(EAST), PageQuery())).items]
    assert words == ["安保撤销了喆玥䶮的凭证，访客仍在园区内，请其从出入口离开。原因：核查"]
    assert await store.count("deliveries", {"template": "visit-cancelled"}) == 0


async def test_a_pass_is_revoked_once_and_by_security_alone(store: Store) -> None:
    visits, order = await somebody_inside(store)
    for who in (ANN, EAST):
        act = visits.step(who, order, "revoke", WHY)
        assert (await visits.refused(act)).code == "forbidden"
    revoked = await visits.step(GUARD, order, "revoke", WHY)
    assert "revoke" not in await visits.can(GUARD, order)
    again = visits.step(GUARD, revoked, "revoke", WHY)
    assert (await visits.refused(again)).code == "visit-revoked-already"
    lost_reply = await visits.step(GUARD, order, "revoke", WHY)
    assert lost_reply["version"] == revoked["version"]
    stranger = visits.step(BOB, order, "revoke", WHY)
    assert (await visits.refused(stranger)).code == "not-found"


@pytest.mark.parametrize("leaves_first", [True, False])
async def test_revoked_and_let_out_at_the_same_instant_it_ends_revoked(
    store: Store, leaves_first: bool
) -> None:
    visits, order = await somebody_inside(store)
    leave = visits.step(EAST, order, "leave", BY_HAND, if_match=None)
    revoke = visits.step(GUARD, order, "revoke", WHY, if_match=None)
    race = [leave, revoke] if leaves_first else [revoke, leave]
    await asyncio.gather(*race)
    after = await visits.order(order)
    steps = sorted(entry["transition"] for entry in after["timeline"][-2:])
    assert (after["state"], after["version"], steps) == (
        "revoked", order["version"] + 2, ["leave", "revoke"],
    )  # fmt: skip
    assert await inside(visits) == []


async def test_of_two_who_act_on_the_same_version_one_is_told_to_look_again(store: Store) -> None:
    visits, order = await somebody_inside(store)
    results = await asyncio.gather(
        visits.step(EAST, order, "leave", BY_HAND),
        visits.step(GUARD, order, "revoke", WHY),
        return_exceptions=True,
    )
    assert sum(isinstance(each, StaleVersion) for each in results) == 1
    after = await visits.order(order)
    assert after["version"] == order["version"] + 1
    assert after["state"] in ("inside", "left")


async def test_a_long_term_pass_that_was_revoked_has_no_next_day(store: Store) -> None:
    repeat = Repeat(until=(MONDAY + 9 * DAY).date())
    visits, order = await somebody_inside(store, type="vty_long", repeat=repeat)
    await visits.step(GUARD, order, "revoke", WHY)
    visits.clock.now = NOON
    await visits.scan(visits.rotating(order), "out")
    visits.clock.forward(days=1)
    await visits.work()
    visits.clock.now = TEN + DAY
    assert (await visits.scan(visits.static(order))).reason == "revoked"
    assert await visits.state(order) == "revoked"


async def test_who_overstays_after_that_is_still_reported(store: Store) -> None:
    visits, order = await somebody_inside(store)
    await visits.step(GUARD, order, "revoke", WHY)
    visits.clock.now = NOON + DAY
    await visits.work()
    assert "visit-overstayed" in await visits.told(EAST)
    assert await inside(visits) == [order["_id"]]
    out = await visits.scan(visits.static(order), "out")
    assert (out.decision, await visits.state(order)) == ("admit", "revoked")


async def test_the_desk_and_the_visitor_see_what_will_come_of_it(store: Store) -> None:
    visits, order = await somebody_inside(store)
    query = DeskQuery(gate="gate_1", list="inside")
    [before] = (await desk.listed(visits.ctx(EAST), query)).items
    assert before.once_out == "left"
    await visits.step(GUARD, order, "revoke", WHY)
    [line] = (await desk.listed(visits.ctx(EAST), query)).items
    assert (line.state, line.once_out, line.can) == ("inside", "revoked", ["leave"])
    shown = await links.show(visits.ctx(EAST), visits.link(order))
    assert (shown.state, shown.once_out) == ("inside", "revoked")
    assert shown.code == visits.static(order)
    await visits.scan(visits.static(order), "out")
    left = await desk.listed(visits.ctx(EAST), DeskQuery(gate="gate_1", list="left"))
    assert [(each.id, each.state) for each in left.items] == [(order["_id"], "revoked")]
    assert (await links.show(visits.ctx(EAST), visits.link(order))).state == "revoked"


async def test_a_desk_without_network_knows_them_as_inside_and_not_to_come_back(
    store: Store,
) -> None:
    visits, order = await somebody_inside(store)
    device = await a_desk(visits)
    await visits.step(GUARD, order, "revoke", WHY)
    copy = await offline.copy(visits.ctx(EAST), Signed(**signed(visits, device, "copy")))
    [copied] = copy.visits
    assert (copied.state, copied.once_out) == ("inside", "revoked")
    gone = kept(visits, order, "out", digest=copied.digest)
    visits.clock.forward(minutes=1)
    back = kept(visits, order, digest=copied.digest)  # by a copy from before it was revoked
    assert await upload(visits, device, gone, back) == [
        ("recorded", "ok"), ("conflict", "revoked"),
    ]  # fmt: skip
    assert await visits.state(order) == "revoked"


async def test_who_went_out_without_network_before_it_was_revoked_stays_out(store: Store) -> None:
    visits, order = await somebody_inside(store)
    device = await a_desk(visits)
    gone = kept(visits, order, "out")
    visits.clock.forward(minutes=5)
    await visits.step(GUARD, order, "revoke", WHY)
    assert await upload(visits, device, gone) == [("recorded", "ok")]
    after = await visits.order(order)
    assert (after["state"], after["data"]["out_at"]) == ("revoked", gone.at)
