"""Visits, each with a visitor of its own, and everything that may become of one."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from itertools import count
from typing import Any

from models.base import orders
from models.base.context import CLOCK
from models.base.signing import fingerprint
from models.base.store import Document
from models.base.transitions import transition
from models.visitors import blacklist, codes, devices, groups, notes, scans, vehicles, walk_ins
from models.visitors.blacklist import BlockInput
from models.visitors.changing import Parting
from models.visitors.deciding import Reason
from models.visitors.devices import DeviceInput
from models.visitors.gates import GATES
from models.visitors.groups import GroupInput
from models.visitors.notes import NoteInput
from models.visitors.passing import Passing
from models.visitors.scans import Scan
from models.visitors.shapes import GroupMember, Invitation, Repeat, Visitor
from models.visitors.types import TYPES
from models.visitors.vehicles import VehicleInput
from models.visitors.walk_ins import WalkIn
from tests.contract_house import Campus, Wish
from tests.machinery import MONDAY
from tests.meals_house import BOSS
from tests.samples import Sample
from tests.visits_house import NOON, TEN, a_gate, a_type

HOST, LEADER, DESK, GUARD = "per_operator", "per_leader", "per_front_desk", "per_security"
MIDNIGHT = MONDAY + timedelta(hours=15)  # of Monday
NEXT_DAY = MIDNIGHT + timedelta(minutes=1)
NAMES: dict[str, Any] = {
    "gate": "gate_1",
    "gate_id": "gate_9",
    "type_id": "vty_9",
    "starts_at": TEN.isoformat(),
    "ends_at": NOON.isoformat(),
    "visitor": {"name": "李来"},
    "members": [{"name": "李来"}],
    "host": "X0009",
    "direction": "in",
    "zone": "主楼区",
    "agree": True,
}
_visitors = count(1)


async def set_up(campus: Campus) -> None:
    """A gate, and a type of each kind."""
    store = campus.house.store
    await store.insert(GATES, a_gate())
    leader, long = a_type("vty_leader", approval=["leader"]), a_type("vty_long", long_term=True)
    await store.insert(TYPES, a_type(), leader, long, a_type("vty_service", long_term=True))
    host = campus.person(HOST)
    campus.names["host"] = host["employee_no"]
    campus.names["link"] = link_of(campus, await expected(campus))


def link_of(campus: Campus, order: Document) -> str:
    return codes.link_of(campus.house.keys, order["_id"], order["data"])


async def invited(campus: Campus, **more: Any) -> Document:
    campus.clock.now = MONDAY
    visitor = Visitor(name=f"李{next(_visitors)}", phone=f"139{next(_visitors):08}")
    usual: dict[str, Any] = {"starts_at": TEN, "ends_at": NOON, "purpose": "洽谈"}
    body = Invitation(**{**usual, "visitor": visitor, **more})
    ctx = campus.context(HOST, idempotency_key=campus.key())
    order: Document = await orders.place(ctx, "visit", body)
    return order


async def expected(campus: Campus) -> Document:
    return await invited(campus)


async def lasting(campus: Campus) -> Document:
    repeat = Repeat(until=(MONDAY + timedelta(days=9)).date())
    return await invited(campus, type="vty_long", repeat=repeat)


async def requested(campus: Campus) -> Document:
    """A request that nobody has decided in time: everybody who may at all may decide."""
    order = await invited(campus, type="vty_leader")
    return await _step(campus, CLOCK.id, order, "pass_on")


async def announced(campus: Campus) -> Document:
    campus.clock.now = MONDAY
    number = campus.person(HOST)["employee_no"]
    visitor = Visitor(name=f"李{next(_visitors)}")
    body = WalkIn(visitor=visitor, host=number, gate="gate_1", purpose="送文件")
    order = await walk_ins.announce(campus.context(DESK, idempotency_key=campus.key()), body)
    return await _step(campus, CLOCK.id, order, "call")


async def inside(campus: Campus) -> Document:
    order = await expected(campus)
    campus.clock.now = TEN
    return await _step(campus, DESK, order, "admit", Passing(gate="gate_1"))


async def left(campus: Campus) -> Document:
    return await _step(campus, DESK, await inside(campus), "leave", Passing(gate="gate_1"))


async def refused(campus: Campus) -> Document:
    return await _step(campus, LEADER, await requested(campus), "refuse", Reason(reason="改期"))


async def lapsed(campus: Campus) -> Document:
    order = await requested(campus)
    campus.clock.now = NOON
    return await _step(campus, CLOCK.id, order, "lapse")


async def cancelled(campus: Campus) -> Document:
    return await _step(campus, HOST, await expected(campus), "cancel", Parting())


async def revoked(campus: Campus) -> Document:
    return await _step(campus, GUARD, await expected(campus), "revoke", Reason(reason="核查"))


async def missed(campus: Campus) -> Document:
    order = await expected(campus)
    campus.clock.now = NEXT_DAY
    return await _step(campus, CLOCK.id, order, "miss")


async def ended(campus: Campus) -> Document:
    return await _step(campus, CLOCK.id, await expected(campus), "end")


async def _step(campus: Campus, who: str, order: Document, name: str, body: Any = None) -> Document:
    ctx = campus.context(who, if_match=order["version"])
    return await transition(ctx, order["_id"], name, body)


async def grouped(campus: Campus) -> Document:
    campus.clock.now = MONDAY
    body = GroupInput(
        starts_at=TEN,
        ends_at=NOON,
        purpose="参观",
        members=[GroupMember(name="李一"), GroupMember(name="李二")],
    )
    ctx = campus.context(HOST, idempotency_key=campus.key())
    made = await groups.invite(ctx, body)
    found = await campus.house.store.get("orders", made.order.id)
    assert found is not None
    return found


async def called_off(campus: Campus) -> Document:
    return await _step(campus, HOST, await grouped(campus), "cancel", Parting())


ORDERS = {
    "visit": Sample(
        states={
            "expected": expected, "requested": requested, "announced": announced,
            "inside": inside, "left": left, "refused": refused, "lapsed": lapsed,
            "cancelled": cancelled, "revoked": revoked, "missed": missed, "ended": ended,
        },
        ways={"renew": lasting},
        moments={
            "lapse": NOON, "admit": TEN, "leave": TEN, "overstay": NOON + timedelta(hours=1),
            "renew": NEXT_DAY, "miss": NEXT_DAY, "close": NEXT_DAY,
            "turn_away": MONDAY + timedelta(minutes=21),
        },
        staff={
            "leads": LEADER, "stands_in": "", "deputy": "", "security": GUARD, "manager": BOSS,
            "front_desk": DESK, "device": "per_device",
        },
    ),
    "visit_group": Sample(
        states={"placed": grouped, "cancelled": called_off}, staff={"deputy": ""}
    ),
}  # fmt: skip


async def _mine(campus: Campus) -> Wish:
    return Wish(who=HOST, names={"order_id": (await expected(campus))["_id"]})


async def _my_group(campus: Campus) -> Wish:
    return Wish(who=HOST, names={"order_id": (await grouped(campus))["_id"]})


async def _at_desk(campus: Campus) -> Wish:
    await inside(campus)
    return Wish(who=DESK, query={"gate": "gate_1"})


async def _in_full(campus: Campus) -> Wish:
    order = await expected(campus)
    return Wish(who=DESK, names={"order_id": order["_id"]}, body={"reason": "核对证件"})


async def _for_desk(campus: Campus) -> Wish:
    return Wish(who=DESK, names={"order_id": (await expected(campus))["_id"]})


async def _scanned(campus: Campus) -> Wish:
    order = await expected(campus)
    campus.clock.now = TEN
    code = codes.static(campus.house.keys, order["_id"], order["data"])
    return Wish(who=DESK, body={"code": code, "gate": "gate_1", "direction": "in"})


async def _a_note(campus: Campus) -> Wish:
    await notes.add(campus.context(DESK), NoteInput(gate="gate_1", text="钥匙在抽屉"))
    return Wish(who=DESK, query={"gate": "gate_1"})


async def _a_block(campus: Campus) -> Wish:
    body = BlockInput(name="王某", reason="闹事", phone="13911112222")
    block = await blacklist.add(campus.context(GUARD), body)
    return Wish(who=GUARD, names={"block_id": block.id})


async def _to_block(campus: Campus) -> Wish:
    body = {"name": "王某", "reason": "闹事", "phone": "13911113333"}
    return Wish(who=GUARD, body=body)


async def _a_sheet(campus: Campus) -> Wish:
    rows = [["李来", "13911112222", ""]]
    content = await campus.house.ports.sheets.write("名单", ["姓名", "手机号", "车牌号"], rows)
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Wish(who=HOST, body=content, media_type=media)


async def _the_link(campus: Campus) -> Wish:
    return Wish(names={"link": link_of(campus, await expected(campus))})


async def _device(campus: Campus, act: str, who: str = GUARD, kind: str = "desk") -> Document:
    """What a new device signs."""
    body = DeviceInput(name="电脑", gate="gate_1", kind=kind)  # type: ignore[arg-type]
    device = await devices.add(campus.context(who), body)
    said = {"device": device.id, "at": campus.clock().isoformat(), "nonce": campus.key()}
    content = "\n".join((act, said["device"], said["at"], said["nonce"])).encode()
    mac = hmac.new(device.key.encode(), content, hashlib.sha256).hexdigest()
    return {**said, "signature": mac}


async def _to_register(campus: Campus) -> Wish:
    return Wish(who=GUARD, body={"name": "电脑", "gate": "gate_1", "kind": "desk"})


async def _to_revoke(campus: Campus) -> Wish:
    return Wish(who=GUARD, names={"device_id": (await _device(campus, "copy"))["device"]})


async def _turnstile(campus: Campus) -> Wish:
    return Wish(body=await _device(campus, "session", kind="gate"))


async def _copied(campus: Campus) -> Wish:
    await expected(campus)
    return Wish(who=DESK, body=await _device(campus, "copy"))


async def _uploaded(campus: Campus) -> Wish:
    order = await expected(campus)
    campus.clock.now = TEN
    code = codes.static(campus.house.keys, order["_id"], order["data"])
    kept = {"scan_id": campus.key(), "at": TEN.isoformat(), "direction": "in", "how": "static"}
    kept |= {"digest": fingerprint(code[3:]), "decision": "admit"}
    return Wish(who=DESK, body={**await _device(campus, "scans"), "scans": [kept]})


async def _some_inside(campus: Campus) -> Wish:
    await inside(campus)
    return Wish(who=GUARD)


async def _the_log(campus: Campus) -> Wish:
    await left(campus)
    return Wish(who=GUARD, query={"gate": "gate_1"})


async def _a_vehicle(campus: Campus) -> Wish:
    return Wish(who=GUARD, names={"plate": "苏A12345"}, body={"label": "公务用车"})


async def _no_vehicle(campus: Campus) -> Wish:
    await vehicles.put(campus.context(GUARD), "苏A54321", VehicleInput(label="旧车"))
    return Wish(who=GUARD, names={"plate": "苏A54321"})


async def _passages(campus: Campus) -> Wish:
    body = Scan(code=campus.person(HOST)["employee_no"], gate="gate_1", direction="in")
    await scans.scan(campus.context(DESK), body)
    return Wish(who=GUARD, query={"gate": "gate_1"})


ASKS = {
    "visitors_picture": _mine,
    "visitor_passes_picture": _the_link,
    "visitor_desk_badge": _for_desk,
    "visitor_desk_copy": _copied,
    "visitor_desk_reconcile": _uploaded,
    "visitor_desk_evacuate": _some_inside,
    "visitor_devices_add_device": _to_register,
    "visitor_devices_revoke_device": _to_revoke,
    "visitor_devices_sign_in": _turnstile,
    "visitor_records_show_log": _the_log,
    "visitor_records_export_log": _the_log,
    "visitor_records_list_events": _passages,
    "visitor_records_set_vehicle": _a_vehicle,
    "visitor_records_drop_vehicle": _no_vehicle,
    "visitors_again": _mine,
    "visitors_codes": _mine,
    "visitors_show_group": _my_group,
    "visitors_read_sheet": _a_sheet,
    "visitors_scan": _scanned,
    "visitor_desk_visits": _at_desk,
    "visitor_desk_unmask": _in_full,
    "visitor_desk_list_notes": _a_note,
    "visitor_passes_show": _the_link,
    "visitor_passes_codes": _the_link,
    "visitor_passes_fill_in": _the_link,
    "visitor_rules_add_block": _to_block,
    "visitor_rules_lift_block": _a_block,
}
