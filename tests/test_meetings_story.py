"""Meetings over HTTP, as phones see them: the whole server, with the outside systems simulated."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from models.base.delivery import push
from scripts.simulator.accounts import openid_of
from server.app import App
from tests.machinery import MovingClock
from tests.meetings_house import (
    BOB,
    ELEVEN,
    MINUTE,
    NOON,
    TEN,
    Meetings,
    everybody,
)
from tests.served import environment, serving
from tests.simulated import Simulator
from tests.test_meals_story import Answer, Phone
from tests.test_meals_story import Town as AnyTown

SAID = {"subject": "周会", "attendees": 5}


@dataclass
class Town(AnyTown):
    """The server, with everybody's phone."""

    meetings: Meetings

    async def work(self) -> None:
        await self.meetings.work()
        await push(self.app.house)


@pytest.fixture
async def town(database_uri: str, database_name: str, simulator: Simulator) -> AsyncIterator[Town]:
    """Three rooms, as meeting services have set them up; it is Monday, 09:00."""
    clock = MovingClock()
    env = environment(database_uri, database_name, simulator, WORKER="0")
    async with serving(env, clock=clock) as app:
        town = await _settled(app, clock, simulator)
        desk = await town.sign_in("M0001")
        usual = {"building": "1号楼", "floor": 1, "seats": 20}
        await desk.put("/meetings/rooms/room_a", {**usual, "name": "A室"})
        check_in = {"before": 15, "within": 10}
        await desk.put("/meetings/rooms/room_b", {**usual, "name": "B室", "check_in": check_in})
        await desk.put("/meetings/rooms/room_c", {**usual, "name": "C室", "approval": True})
        yield town


async def _settled(app: App, clock: MovingClock, simulator: Simulator) -> Town:
    persons = []
    for person in everybody():
        number = person["employee_no"]
        reached = {"openid": openid_of(number), "phone": f"138{ord(number[0]):04}{number[1:]}"}
        persons.append(person | reached)
    await app.house.store.insert("people", *persons)
    await app.house.store.insert("units", {"_id": "unt_1", "name": "办公室"})
    meetings = Meetings(app.house, clock, {person["_id"]: person for person in persons})
    nobody_eats: Any = None
    return Town(app, nobody_eats, simulator, count(), meetings)


def at(room: str, start: Any = TEN, end: Any = ELEVEN, **more: Any) -> dict[str, Any]:
    times = {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
    return {"room_id": room, **SAID, **times, **more}


async def test_a_meeting_is_booked_changed_held_and_rated(town: Town) -> None:
    ann, bob = await town.sign_in("S0003"), await town.sign_in("S0004")
    invited = {"invite": ["S0004"], "guests": [{"name": "李雷", "phone": "13812345678"}]}
    answer = await ann.post(
        "/meetings", at("room_b", **invited), Idempotency_Key="anns-first-meeting"
    )
    order = answer.body
    assert (answer.status, order["state"]) == (201, "booked")
    assert order["data"]["starts_at"] == "2026-11-23T02:00:00Z"
    again = await ann.post(
        "/meetings", at("room_b", **invited), Idempotency_Key="anns-first-meeting"
    )
    assert (again.status, again.body) == (201, order)

    path = f"/meetings/{order['id']}"
    needed = await ann.post(f"{path}/change", {"subject": "月会"})
    assert needed.status == 428
    order = await ann.done(f"{path}/change", {"subject": "月会"}, If_Match='"1"')
    assert (order["version"], order["data"]["sequence"]) == (2, 1)
    shown = await bob.get(f"/orders/{order['id']}")
    assert (shown["data"]["subject"], shown["can"]) == ("月会", [])
    assert shown["data"]["guests"] == 1
    assert "guest_list" not in shown["data"]
    await town.work()
    inbox = await bob.get("/messages")
    assert [message["kind"] for message in inbox["items"]] == ["meeting-changed", "meeting-invited"]

    await (await town.sign_in("M0001")).done("/meetings/rooms/room_b/display")
    town.meetings.clock.now = TEN
    ann, bob = await town.sign_in("S0003"), await town.sign_in("S0004")
    door = (await town.meetings.store.get("rooms", "room_b") or {})["door"]
    code = town.app.house.keys.code("qj:door:room_b", door["version"], door["kid"])
    inside = await bob.done("/meetings/check-ins", {"door": f"qj:door:room_b:{code}"})
    assert (inside["state"], inside["timeline"][-1]["by"]) == ("in_use", BOB)

    town.meetings.clock.now = TEN + 40 * MINUTE
    ann = await town.sign_in("S0003")
    order = await ann.done(f"{path}/finish")
    assert (order["state"], order["can"]) == ("finished", ["rate"])
    assert await town.meetings.taken("room_b") == [(600, 640)]
    order = await ann.done(f"{path}/rate", {"stars": 5})
    assert (order["state"], order["rating"]) == ("rated", {"stars": 5})


async def test_the_desk_sees_the_rivals_and_approves_one(town: Town) -> None:
    ann, bob, desk = [await town.sign_in(number) for number in ("S0003", "S0004", "M0001")]
    wanted = await ann.done("/meetings", at("room_c"))
    rival = await bob.done("/meetings", at("room_c", TEN + 30 * MINUTE, NOON))
    waiting = await desk.get("/inbox")
    assert {each["id"] for each in waiting["items"]} == {wanted["id"], rival["id"]}
    path = f"/meetings/{wanted['id']}"
    assert await desk.get(f"{path}/rivals") == {
        "items": [
            {
                "order_id": rival["id"], "subject": "周会", "owner_name": "bob",
                "starts_at": "2026-11-23T02:30:00Z", "ends_at": "2026-11-23T04:00:00Z",
                "state": "requested",
            }
        ]
    }  # fmt: skip
    refusal = await desk.post(f"{path}/approve", {})
    assert (refusal.status, refusal.body["code"]) == (409, "rivals-changed")
    assert refusal.body["rivals"] == [rival["id"]]
    approved = await desk.done(f"{path}/approve", {"refuses": [rival["id"]]})
    assert approved["state"] == "booked"
    assert (await bob.get(f"/orders/{rival['id']}"))["state"] == "refused"
    assert (await desk.get("/inbox"))["items"] == []


async def test_a_taken_room_is_waited_for_and_offered(town: Town) -> None:
    ann, bob = await town.sign_in("S0003"), await town.sign_in("S0004")
    order = await ann.done("/meetings", at("room_a"))
    refusal = await bob.post("/meetings", at("room_a", TEN + MINUTE))
    assert (refusal.status, refusal.body["code"], refusal.body["queue"]) == (409, "room-taken", 0)
    waiting = await bob.done("/meetings", at("room_a", TEN + MINUTE, wait=True))
    assert (waiting["state"], waiting["data"]["place_in_queue"]) == ("waiting", 1)
    await ann.done(f"/meetings/{order['id']}/cancel", {"note": "改期"})
    await town.work()
    offered = await bob.get(f"/orders/{waiting['id']}")
    assert (offered["state"], offered["can"]) == ("offered", ["cancel", "accept"])
    assert (await bob.done(f"/meetings/{waiting['id']}/accept"))["state"] == "booked"


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"starts_at": "9999-12-31T23:59:00Z", "ends_at": "9999-12-31T23:59:59Z"}, 422, "far-away"),
    ({"starts_at": "0001-01-01T00:00:00+08:00"}, 422, "far-away"),
    ({"room_id": "room_nowhere"}, 404, "room-unknown"),
    ({"attendees": 21}, 422, "room-too-small"),
    ({"subject": ""}, 422, "fields-wrong"),
]


@pytest.mark.parametrize(("said", "status", "code"), WRONG)
async def test_what_makes_no_sense_is_refused(
    town: Town, said: dict[str, Any], status: int, code: str
) -> None:
    ann: Phone = await town.sign_in("S0003")
    answer: Answer = await ann.post("/meetings", {**at("room_a"), **said})
    assert (answer.status, answer.body["code"]) == (status, code)
    assert await town.meetings.taken() == []
