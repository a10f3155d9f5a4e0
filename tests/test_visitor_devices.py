"""Devices with keys: registering, signing in, revoking; and the desk without network."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from models.base.context import NOBODY
from models.base.signing import fingerprint
from models.base.store import Store
from models.visitors import blacklist, devices, evacuation, offline
from models.visitors.blacklist import BlockInput
from models.visitors.deciding import Reason
from models.visitors.devices import DeviceInput, DeviceMade, Signed
from models.visitors.offline import KeptScan, Upload
from models.visitors.refusals import TurnedAway
from tests.visits_house import (
    ANN,
    EAST,
    GUARD,
    HOUR,
    MINUTE,
    PHONE,
    TEN,
    WEST,
    Visits,
    open_house,
)

_nonces = count(1)


def signed(visits: Visits, device: DeviceMade, act: str, **more: Any) -> dict[str, Any]:
    """What proves that a device says this now; `more` is put over it."""
    said = {"device": device.id, "at": visits.clock().isoformat(), "nonce": f"{next(_nonces):016}"}
    said |= more
    content = f"{act}\n{said['device']}\n{said['at']}\n{said['nonce']}"
    mac = hmac.new(device.key.encode(), content.encode(), hashlib.sha256).hexdigest()
    return {**said, "signature": more.get("signature", mac)}


async def a_desk(visits: Visits, who: str = EAST, gate: str = "gate_1") -> DeviceMade:
    return await devices.add(visits.ctx(who), DeviceInput(name="前台电脑", gate=gate))


async def test_the_key_is_shown_once_and_stored_nowhere(store: Store) -> None:
    visits = await open_house(store)
    device = await a_desk(visits)
    assert device.key not in str(await store.find("gate_devices", {}))
    assert device.key not in str(await store.find("audit", {}))
    [line] = (await devices.listed(visits.ctx(EAST))).items
    assert (line.id, line.enabled) == (device.id, True)
    assert (await devices.listed(visits.ctx(WEST))).items == []


async def test_only_security_registers_turnstiles(store: Store) -> None:
    visits = await open_house(store)
    turnstile = DeviceInput(name="闸机", gate="gate_1", kind="gate")
    act = devices.add(visits.ctx(EAST), turnstile)
    assert (await visits.refused(act)).code == "forbidden"
    assert (await devices.add(visits.ctx(GUARD), turnstile)).kind == "gate"


async def test_a_turnstile_signs_in_scans_and_is_revoked(store: Store) -> None:
    visits = await open_house(store)
    body = DeviceInput(name="闸机", gate="gate_1", kind="gate")
    device = await devices.add(visits.ctx(GUARD), body)
    nobody = visits.ctx(EAST).acting_as(NOBODY)
    session = await devices.sign_in(nobody, Signed(**signed(visits, device, "session")))
    claims = visits.house.keys.read_access(session.access_token, visits.clock())
    assert (claims["roles"], claims["tokens"]) == (["device"], ["desk:gate_1"])
    assert await visits.house.revocations.read(claims) is False
    await devices.revoke(visits.ctx(GUARD), device.id)
    assert await visits.house.revocations.read(claims) is True
    again = devices.sign_in(nobody, Signed(**signed(visits, device, "session")))
    assert (await visits.refused(again)).code == "device-unknown"


async def test_a_signature_counts_once_now_and_for_its_act(store: Store) -> None:
    visits = await open_house(store)
    device = await a_desk(visits)
    good = Signed(**signed(visits, device, "copy"))
    await offline.copy(visits.ctx(EAST), good)
    old = (visits.clock() - timedelta(minutes=3)).isoformat()
    for wrong in (
        good,
        Signed(**signed(visits, device, "scans")),
        Signed(**signed(visits, device, "copy", at=old)),
        Signed(**signed(visits, device, "copy", signature="0" * 64)),
    ):
        refusal = await visits.refused(offline.copy(visits.ctx(EAST), wrong))
        assert refusal.code == "device-signature-wrong"


async def test_the_copy_holds_fingerprints_and_masked_names(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(visitor={"plate": "苏A12345"})
    device = await a_desk(visits)
    copy = await offline.copy(visits.ctx(EAST), Signed(**signed(visits, device, "copy")))
    [visit] = copy.visits
    assert visit.digest == fingerprint(visits.static(order)[3:])
    assert visit.pass_digest == fingerprint(visits.rotating(order)[3:15])
    assert (visit.visitor.name, visit.visitor.plate) == ("喆**", "苏A***45")
    assert copy.expires_at - copy.as_of == timedelta(hours=24)
    for secret in (visits.static(order)[3:], visits.link(order), PHONE, "喆玥䶮", "苏A12345"):
        assert secret not in repr(copy)


async def test_of_a_visit_for_another_gate_the_copy_says_only_where(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(gate="gate_2")
    device = await a_desk(visits)
    copy = await offline.copy(visits.ctx(EAST), Signed(**signed(visits, device, "copy")))
    assert copy.visits == []
    [away] = copy.elsewhere
    assert away.digest == fingerprint(visits.static(order)[3:])
    assert away.pass_digest == fingerprint(visits.rotating(order)[3:15])
    assert away.gates == "、".join(gate["name"] for gate in order["data"]["gates"])


def kept(visits: Visits, order: Any, direction: str = "in", **more: Any) -> KeptScan:
    """A scan that a desk let through at this moment."""
    known: dict[str, Any] = {
        "scan_id": f"desk-{next(_nonces):06}", "at": visits.clock(), "direction": direction,
        "digest": fingerprint(visits.static(order)[3:]), "how": "static", "decision": "admit",
    }  # fmt: skip
    return KeptScan(**{**known, **more})


async def upload(visits: Visits, device: DeviceMade, *scans: KeptScan) -> list[tuple[str, str]]:
    body = Upload(**signed(visits, device, "scans"), scans=list(scans))
    results = (await offline.reconcile(visits.ctx(EAST), body)).results
    return [(each.outcome, each.reason) for each in results]


async def test_what_happened_without_network_is_recorded_when_it_happened(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    device = await a_desk(visits)
    visits.clock.now = TEN
    arrived = kept(visits, order)
    visits.clock.forward(minutes=40)
    gone = kept(visits, order, "out")
    visits.clock.now = TEN + 3 * HOUR
    assert await upload(visits, device, arrived, gone) == [("recorded", "ok")] * 2
    assert await upload(visits, device, arrived, gone) == [("repeated", "ok")] * 2
    after = await visits.order(order)
    assert (after["state"], after["data"]["in_at"]) == ("left", TEN)
    assert await visits.log() == [("in", "admit", "ok"), ("out", "admit", "ok")]
    [first, _] = await store.find("scans", {}, sort=[("at", 1)])
    assert (first["how"], first["at"], first["recorded_at"]) == ("offline", TEN, visits.clock())


async def test_what_does_not_fit_is_a_conflict_and_in_the_log(store: Store) -> None:
    visits = await open_house(store)
    revoked, twice = await visits.invite(), await visits.invite(key="twice")
    device = await a_desk(visits)
    visits.clock.now = TEN
    await visits.step(GUARD, revoked, "revoke", Reason(reason="核查"))
    await visits.scan(visits.static(twice), who=WEST, gate="gate_2")
    visits.clock.forward(minutes=1)
    scans = [kept(visits, revoked), kept(visits, twice), kept(visits, twice, digest="0" * 64)]
    assert await upload(visits, device, *scans) == [
        ("conflict", "revoked"), ("conflict", "already-in"), ("conflict", "unknown"),
    ]  # fmt: skip
    assert await visits.state(revoked) == "revoked"
    refused = [entry for entry in await visits.log() if entry[1] == "refuse"]
    assert len(refused) == 3
    before = await visits.everything()
    assert await upload(visits, device, *scans) == [  # the first reply may have been lost
        ("conflict", "revoked"), ("conflict", "already-in"), ("conflict", "unknown"),
    ]  # fmt: skip
    assert await visits.everything() == before


async def test_whom_a_desk_let_in_against_the_record_is_known_in_an_emergency(
    store: Store,
) -> None:
    visits = await open_house(store)
    revoked, twice = await visits.invite(companions=2), await visits.invite(key="twice")
    device = await a_desk(visits)
    visits.clock.now = TEN
    await visits.step(GUARD, revoked, "revoke", Reason(reason="核查"))
    await visits.scan(visits.static(twice), who=WEST, gate="gate_2")
    visits.clock.forward(minutes=1)
    unknown = kept(visits, twice, digest="0" * 64)
    scans = [kept(visits, revoked), kept(visits, twice), unknown]
    scans.append(kept(visits, twice, digest="1" * 64, decision="refuse", reason="unknown"))
    await upload(visits, device, *scans)
    await upload(visits, device, *scans)

    async def let_in(who: str) -> list[tuple[str, str, int]]:
        found = (await evacuation.listed(visits.ctx(who))).let_in
        return [(each.visitor, each.reason, each.companions) for each in found]

    assert await let_in(GUARD) == await let_in(EAST)
    assert sorted(await let_in(EAST)) == [("", "unknown", 0), ("喆玥䶮", "revoked", 2)]
    assert await let_in(WEST) == []
    visits.clock.forward(minutes=5)
    assert (await visits.scan(visits.static(revoked), "out")).decision == "refuse"
    assert await let_in(GUARD) == [("", "unknown", 0)]
    visits.clock.forward(hours=24)
    assert await let_in(GUARD) == []


async def test_a_code_replaced_while_a_desk_had_no_network_is_a_conflict(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    device = await a_desk(visits)
    visits.clock.now = TEN
    arrived = kept(visits, order)
    race = [upload(visits, device, arrived), visits.step(ANN, order, "reissue")]
    [outcome, _] = await asyncio.gather(*race, return_exceptions=True)
    steps = [entry["transition"] for entry in (await visits.order(order))["timeline"][1:]]
    assert (outcome, steps) in (
        ([("recorded", "ok")], ["admit"]), ([("conflict", "revoked")], ["reissue"]),
    )  # fmt: skip


async def test_a_passage_by_hand_whose_reply_was_lost_is_known_when_it_is_handed_in(
    store: Store,
) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    device = await a_desk(visits)
    visits.clock.now = TEN
    arrived = kept(visits, order, how="manual")
    admitted = await visits.by_hand(EAST, order, scan_id=arrived.scan_id)
    assert await upload(visits, device, arrived) == [("repeated", "ok")]
    again = await visits.by_hand(EAST, order, scan_id=arrived.scan_id)
    assert again["version"] == admitted["version"]
    assert await visits.log() == [("in", "admit", "ok")]
    await visits.step(GUARD, admitted, "revoke", Reason(reason="核查"))
    with pytest.raises(TurnedAway):
        await visits.by_hand(EAST, order, scan_id=arrived.scan_id)
    assert sorted(await visits.log()) == [("in", "admit", "ok"), ("in", "refuse", "revoked")]


async def test_a_refusal_without_network_is_only_logged(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    device = await a_desk(visits)
    early = kept(visits, order, decision="refuse", reason="too-early")
    assert await upload(visits, device, early, early) == [
        ("recorded", "too-early"), ("repeated", "too-early"),
    ]  # fmt: skip
    assert await visits.state(order) == "expected"


async def test_a_revoked_desk_gets_no_copy_and_uploads_nothing(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    device = await a_desk(visits)
    await devices.revoke(visits.ctx(GUARD), device.id)
    act = offline.copy(visits.ctx(EAST), Signed(**signed(visits, device, "copy")))
    assert (await visits.refused(act)).code == "device-unknown"
    visits.clock.now = TEN
    body = Upload(**signed(visits, device, "scans"), scans=[kept(visits, order)])
    assert (await visits.refused(offline.reconcile(visits.ctx(EAST), body))).code == (
        "device-unknown"
    )


async def test_whoever_is_blacklisted_is_held_by_a_desk_without_network(store: Store) -> None:
    visits = await open_house(store)
    await blacklist.add(visits.ctx(GUARD), BlockInput(name="王某", reason="滋事", phone=PHONE))
    await visits.invite()
    device = await a_desk(visits)
    copy = await offline.copy(visits.ctx(EAST), Signed(**signed(visits, device, "copy")))
    assert [(visit.state, visit.hold) for visit in copy.visits] == [("requested", True)]
    assert "滋事" not in repr(copy)


async def test_a_desk_clock_that_lies_cannot_reach_back_more_than_a_day(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    device = await a_desk(visits)
    visits.clock.now = TEN + MINUTE
    long_ago = kept(visits, order, at=datetime.fromisoformat("2020-01-01T00:00:00+00:00"))
    assert await upload(visits, device, long_ago) == [("conflict", "too-early")]
    assert await visits.state(order) == "expected"
