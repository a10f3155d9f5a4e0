"""Meals over HTTP, as phones see them: the whole server, with the outside systems simulated."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec
import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from models.base.delivery import push
from models.base.store import Document
from scripts.simulator.accounts import openid_of
from server.app import App
from tests.canteen_house import EAST, WEEK
from tests.machinery import MovingClock
from tests.meals_house import HALL, OVER, STARTS, Meals, everybody
from tests.served import environment, serving
from tests.simulated import Simulator

SITTING = "sit_1_20261123_lunch_1130"
DAY = {"date": "2026-11-23"}


@dataclass
class Answer:
    """Status and JSON of a reply."""

    status: int
    body: Any


@dataclass
class Town:
    """The server, with everybody's phone."""

    app: App
    meals: Meals
    simulator: Simulator
    keys: Any

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One plain request; `_` in a header's name stands for `-`."""
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        request = HTTPRequest(
            f"http://127.0.0.1:{self.app.port}/api/v1{path}",
            method=method,
            headers={"Content-Type": "application/json", **sent},
            body=None if body is None else msgspec.json.encode(body),
            allow_nonstandard_methods=True,
        )
        reply = await AsyncHTTPClient().fetch(request, raise_error=False)
        return Answer(reply.code, msgspec.json.decode(reply.body) if reply.body else None)

    async def sign_in(self, number: str) -> Phone:
        answer = await self.send("POST", "/sessions", {"code": f"demo-{number}"})
        assert answer.status == 201
        return Phone(self, answer.body["access_token"])

    async def work(self) -> None:
        """What the workers do until nothing is due any more."""
        await self.meals.work()
        await push(self.app.house)


@dataclass
class Phone:
    """Somebody who is signed in."""

    town: Town
    token: str

    async def get(self, path: str) -> Any:
        answer = await self.town.send("GET", path, Authorization=f"Bearer {self.token}")
        assert answer.status == 200, answer
        return answer.body

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        headers.setdefault("Idempotency_Key", f"story-{next(self.town.keys):016}")
        headers["Authorization"] = f"Bearer {self.token}"
        return await self.town.send("POST", path, {} if body is None else body, **headers)

    async def put(self, path: str, body: Any) -> Any:
        bearer = f"Bearer {self.token}"
        answer = await self.town.send("PUT", path, body, Authorization=bearer)
        assert answer.status == 200, answer
        return answer.body

    async def done(self, path: str, body: Any = None, **headers: str) -> Any:
        """The body of a reply that says yes."""
        answer = await self.post(path, body, **headers)
        assert answer.status in (200, 201), answer
        return answer.body


@pytest.fixture
async def town(database_uri: str, database_name: str, simulator: Simulator) -> AsyncIterator[Town]:
    """A canteen with Monday's lunch on its menu; it is Monday, 09:00."""
    clock = MovingClock()
    env = environment(database_uri, database_name, simulator, WORKER="0")
    async with serving(env, clock=clock) as app:
        persons = [person | _reached(person["employee_no"]) for person in everybody()]
        await app.house.store.insert("people", *persons)
        await app.house.store.insert("units", {"_id": "unt_1", "name": "办公室"})
        meals = Meals(app.house, clock, {person["_id"]: person for person in persons})
        town = Town(app, meals, simulator, count())
        await _open_canteen(town)
        yield town


def _reached(number: str) -> Document:
    return {"openid": openid_of(number), "phone": f"138{ord(number[0]):04}{number[1:]}"}


async def _open_canteen(town: Town) -> None:
    """What the manager and the cook do before anybody can order."""
    boss, cook = await town.sign_in("A0001"), await town.sign_in("C0001")
    await boss.put("/meals/canteens/ctn_1", msgspec.to_builtins(EAST))
    dish = {"canteen": "ctn_1", "name": "红烧肉", "category": "热菜", "price": 800}
    pork = await cook.done("/meals/dishes", dish | {"allergens": ["soy"]})
    serving_ = {"starts": "11:30", "ends": "12:00", "capacity": 3, "walk_ins": True}
    lunch = {"meal": "lunch", "sittings": [serving_], "dishes": [pork["id"]]}
    week = {"canteen": "ctn_1", "week": WEEK}
    await cook.put("/meals/menus", week | {"days": [DAY | {"meals": [lunch]}]})
    assert (await cook.done("/meals/menus/publish", week))["state"] == "published"


async def test_a_meal_is_ordered_redeemed_and_rated(town: Town) -> None:
    ann = await town.sign_in("S0003")
    [sitting] = (await ann.get("/meals/sittings?date=2026-11-23"))["items"]
    assert (sitting["id"], sitting["remaining"]) == (SITTING, 3)
    [dish] = sitting["dishes"]
    body = {"sitting_id": SITTING, "portions": 2, "expected_price": 3800}
    body["dishes"] = [{"dish_id": dish["id"]}]
    answer = await ann.post("/meals", body, Idempotency_Key="annas-lunch-today")
    order = answer.body
    assert (answer.status, order["state"], order["price"]) == (201, "booked", 3800)
    assert order["can"] == ["change", "cancel"]
    again = await ann.post("/meals", body, Idempotency_Key="annas-lunch-today")
    assert (again.status, again.body) == (201, order)
    assert await ann.get(f"/orders/{order['id']}") == order

    town.meals.clock.now = STARTS
    cook = await town.sign_in("C0001")
    code = order["data"]["code"]
    typed = f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()
    handed_out = await cook.done("/meals/redemptions", {"code": typed})
    assert (handed_out["name"], handed_out["order"]["can"]) == ("ann", ["undo"])
    second = await cook.post("/meals/redemptions", {"code": code})
    assert (second.status, second.body["code"]) == (409, "already-redeemed")
    assert second.body["redeemed_at"] == "2026-11-23T03:30:00Z"

    ann = await town.sign_in("S0003")
    eaten = await ann.get(f"/orders/{order['id']}")
    assert (eaten["state"], eaten["can"]) == ("eaten", ["rate"])
    assert "code" not in eaten["data"]
    rated = await ann.done(f"/orders/{order['id']}/rating", {"stars": 5, "comment": "好吃"})
    assert (rated["state"], rated["rating"]) == ("rated", {"stars": 5, "comment": "好吃"})
    steps = [entry["transition"] for entry in rated["timeline"]]
    assert steps == ["place", "redeem", "rate"]
    assert (await ann.get("/meals/last"))["portions"] == 2


async def test_lists_show_what_is_mine_and_no_timeline(town: Town) -> None:
    ann, bob = await town.sign_in("S0003"), await town.sign_in("S0004")
    order = await ann.done("/meals", {"sitting_id": SITTING})
    [line] = (await ann.get("/orders?kind=meal&state=booked"))["items"]
    assert (line["id"], line["data"]["code"]) == (order["id"], order["data"]["code"])
    assert "timeline" not in line
    assert (await ann.get("/orders?state=eaten"))["items"] == []
    assert (await bob.get("/orders"))["items"] == []
    today = await ann.get("/today")
    assert (today["date"], [each["id"] for each in today["orders"]]) == (
        "2026-11-23",
        [order["id"]],
    )
    assert {"service": "meals", "name": "订餐", "ready": True} in today["services"]
    assert (await bob.get("/today"))["orders"] == []


async def test_others_get_404_and_the_canteen_no_code(town: Town) -> None:
    ann = await town.sign_in("S0003")
    order = await ann.done("/meals", {"sitting_id": SITTING})
    for number in ("S0004", "S0002", "C0002", "A0001"):
        stranger = await town.sign_in(number)
        for path in (f"/meals/{order['id']}/cancel", f"/orders/{order['id']}/rating"):
            answer = await stranger.post(path, {"stars": 5} if "rating" in path else None)
            assert (answer.status, answer.body["code"]) == (404, "not-found")
    cook = await town.sign_in("C0001")
    seen = await cook.get(f"/orders/{order['id']}")
    assert (seen["can"], "code" in seen["data"]) == (["call_off"], False)
    refused = await cook.post(f"/meals/{order['id']}/cancel")
    assert (refused.status, refused.body["code"]) == (403, "forbidden")
    assert (await ann.get(f"/orders/{order['id']}"))["version"] == 1


async def test_a_change_needs_the_version_that_was_read(town: Town) -> None:
    ann = await town.sign_in("S0003")
    order = await ann.done("/meals", {"sitting_id": SITTING})
    path = f"/meals/{order['id']}/change"
    without = await ann.post(path, {"portions": 2})
    assert (without.status, without.body["code"]) == (428, "version-needed")
    changed = await ann.done(path, {"portions": 2, "deliver_to": "plc_1"}, If_Match='"1"')
    assert (changed["price"], changed["data"]["deliver_to"]) == (3000, HALL)
    await ann.done(path, {"portions": 3}, If_Match='"2"')
    stale = await ann.post(f"/meals/{order['id']}/cancel", If_Match='"2"')
    assert (stale.status, stale.body["code"], stale.body["version"]) == (409, "stale-version", 3)


async def test_who_waits_reads_their_place_and_gets_the_offer_as_a_message(town: Town) -> None:
    ann, bob = await town.sign_in("S0003"), await town.sign_in("S0004")
    first = await ann.done("/meals", {"sitting_id": SITTING, "portions": 3})
    full = await bob.post("/meals", {"sitting_id": SITTING})
    assert (full.status, full.body["code"], full.body["queue"]) == (409, "sitting-full", 0)
    waiting = await bob.done("/meals", {"sitting_id": SITTING, "wait": True})
    assert (waiting["state"], waiting["data"]["place_in_queue"]) == ("waiting", 1)
    await ann.done(f"/meals/{first['id']}/cancel")
    await town.work()
    [offer] = (await bob.get("/inbox"))["items"]
    assert (offer["id"], offer["can"]) == (waiting["id"], ["cancel", "accept"])
    assert (await bob.get("/messages/unread")) == {"count": 1}
    [message] = (await bob.get("/messages"))["items"]
    assert message["text"] == "请在09:10前确认：东食堂11月23日 11:30的午餐有空位了。"
    [sms] = town.simulator.sent(kind="sms")
    assert message["text"] in sms["text"]
    assert (await bob.done(f"/meals/{waiting['id']}/accept"))["state"] == "booked"
    assert (await bob.get("/inbox"))["items"] == []
    await bob.post("/messages/read", {"up_to": message["id"]})
    assert (await bob.get("/messages/unread")) == {"count": 0}


async def test_a_clerk_orders_for_the_unit_and_each_is_told(town: Town) -> None:
    clerk = await town.sign_in("S0002")
    members = [{"employee_no": "S0003"}, {"employee_no": "S0103"}]
    batch = await clerk.done("/meals/batches", {"sitting_id": SITTING, "members": members})
    assert [result["outcome"] for result in batch["results"]] == ["booked", "refused"]
    assert batch["results"][1]["code"] == "not-your-unit"
    assert batch["order"]["can"] == ["cancel"]
    await town.work()
    ann = await town.sign_in("S0003")
    [message] = (await ann.get("/messages"))["items"]
    assert (message["kind"], message["order_id"]) == (
        "meal-booked-for-you",
        batch["results"][0]["order_id"],
    )
    refused = await ann.post("/meals/batches", {"sitting_id": SITTING, "members": members})
    assert (refused.status, refused.body["code"]) == (403, "forbidden")
    await clerk.done(f"/meals/{batch['order']['id']}/cancel")
    await town.work()
    [meal] = (await ann.get("/orders"))["items"]
    assert (meal["state"], meal["parent"]) == ("cancelled", batch["order"]["id"])


async def test_a_no_show_is_appealed_and_pardoned(town: Town) -> None:
    ann = await town.sign_in("S0003")
    order = await ann.done("/meals", {"sitting_id": SITTING})
    town.meals.clock.now = OVER
    await town.work()
    ann, boss = await town.sign_in("S0003"), await town.sign_in("A0001")
    await ann.done(f"/meals/{order['id']}/appeal", {"reason": "临时外出"})
    [open_appeal] = (await boss.get("/inbox"))["items"]
    assert (open_appeal["id"], open_appeal["can"]) == (order["id"], ["pardon", "uphold"])
    await boss.done(f"/meals/{order['id']}/pardon", {"note": "情况属实"})
    await town.work()
    kinds = [message["kind"] for message in (await ann.get("/messages"))["items"]]
    assert kinds == ["meal-pardoned", "meal-missed"]
    acts = [entry["act"] for entry in (await boss.get("/audit"))["items"]]
    assert acts[0] == "meals.pardon"


async def test_a_cancelled_sitting_reaches_people_though_sms_is_down(town: Town) -> None:
    ann = await town.sign_in("S0003")
    order = await ann.done("/meals", {"sitting_id": SITTING})
    cook = await town.sign_in("C0001")
    town.simulator.fault("SendSms", code="isp.SYSTEM_ERROR")
    await cook.done(f"/meals/sittings/{SITTING}/cancel", {"reason": "水管爆裂"})
    await town.work()
    [message] = (await ann.get("/messages"))["items"]
    assert message["text"] == "东食堂11月23日 11:30的午餐已取消。原因：水管爆裂"
    assert town.simulator.sent(kind="sms") == []
    town.meals.clock.forward(minutes=2)
    await town.work()
    [sms] = town.simulator.sent(kind="sms")
    assert "水管爆裂" in sms["text"]
    assert (await ann.get(f"/orders/{order['id']}"))["state"] == "called_off"
