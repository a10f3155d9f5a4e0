"""A canteen's week over HTTP: planned in a sheet, published, cooked, delivered, reported."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse

from handlers.base.content import PNG, XLSX
from models import people
from models.meals.menu_sheets import HEADER
from models.meals.sittings import SITTINGS
from server.adapters.sheets import Workbooks
from server.app import App
from tests.canteen_house import EAST, NOON
from tests.machinery import MovingClock
from tests.meals_house import ANN, BOSS, DESK, WEST_DESK, everybody
from tests.served import environment, serving
from tests.simulated import Simulator

WEEK = "canteen=ctn_1&week=2026-W48"


@dataclass
class Web:
    """The running server, and how its people ask it."""

    app: App
    clock: MovingClock

    async def ask(
        self, who: str, method: str, path: str, body: Any = None, **headers: str
    ) -> HTTPResponse:
        person = await self.app.house.store.get(people.PEOPLE, who)
        assert person is not None
        claims = people.claims(person) | {"sid": f"ses_{who}", "jti": "jti"}
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        token = self.app.house.keys.sign_access(claims, self.clock())
        sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = HTTPRequest(
            f"http://127.0.0.1:{self.app.port}/api/v1/meals{path}",
            method=method, headers=sent, body=body, allow_nonstandard_methods=True,
        )  # fmt: skip
        return await AsyncHTTPClient().fetch(request, raise_error=False)

    async def get(self, who: str, path: str) -> Any:
        return json.loads((await self.ask(who, "GET", path)).body)

    async def send(self, who: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        reply = await self.ask(who, method, path, body, Idempotency_Key="canteen-story-01")
        return reply.code, json.loads(reply.body or "{}")


@pytest.fixture
async def web(database_uri: str, database_name: str, simulator: Simulator) -> AsyncIterator[Web]:
    clock = MovingClock()
    env = environment(database_uri, database_name, simulator, WORKER="0")
    async with serving(env, clock=clock) as app:
        await app.house.store.insert(people.PEOPLE, *everybody())
        yield Web(app, clock)


async def workbook(*rows: list[Any]) -> bytes:
    return await Workbooks().write("菜单", HEADER, list(rows))


TUESDAY = ["2026-11-24", "午餐", "11:30", "12:00", 10, "是", "15.00", "红烧肉", "有新菜"]


async def test_a_week_from_the_sheet_to_the_report(web: Web, tmp_path: Path) -> None:
    set_up = msgspec.to_builtins(EAST)
    assert (await web.send(BOSS, "PUT", "/canteens/ctn_1", set_up))[0] == 200
    dish = {"canteen": "ctn_1", "name": "红烧肉", "category": "热菜", "allergens": ["soy"]}
    status, pork = await web.send(DESK, "POST", "/dishes", dish)
    assert (status, pork["ready"]) == (201, True)
    picture = await web.ask(
        DESK, "POST", f"/dishes/{pork['id']}/picture", a_picture(), Content_Type=PNG
    )
    assert json.loads(picture.body)["picture"].startswith("/api/v1/files/img_")
    sheet = await workbook(TUESDAY)
    draft = await web.ask(DESK, "POST", f"/menus/sheet?{WEEK}", sheet, Content_Type=XLSX)
    assert json.loads(draft.body)["state"] == "draft"
    week = {"canteen": "ctn_1", "week": "2026-W48"}
    assert (await web.send(DESK, "POST", "/menus/publish", week))[1]["state"] == "published"

    (sitting,) = (await web.get(ANN, "/sittings?date=2026-11-24"))["items"]
    assert (sitting["id"], sitting["dishes"][0]["name"]) == (NOON, "红烧肉")
    lunch = {"sitting_id": NOON, "dishes": [{"dish_id": pork["id"]}], "deliver_to": "plc_1"}
    assert (await web.send(ANN, "POST", "", lunch))[0] == 201

    status, printed = await web.send(DESK, "POST", f"/sittings/{NOON}/cook-list/prints")
    assert (status, printed["portions"], printed["print_number"]) == (201, 1, 1)
    (stop,) = (await web.get(DESK, f"/sittings/{NOON}/deliveries"))["items"]
    assert (stop["building"], len(stop["orders"])) == ("1号楼", 1)
    report = await web.get(DESK, "/reports?canteen=ctn_1&date=2026-11-24")
    assert report["totals"]["booked"] == 1
    days = (await web.get(ANN, "/days?from=2026-11-24&days=2"))["items"]
    assert [day["open"] for day in days] == [True, False]

    written = await web.ask(DESK, "GET", f"/menus/sheet?{WEEK}")
    assert written.headers["Content-Type"] == XLSX
    (tmp_path / "menu.xlsx").write_bytes(written.body)
    (_, line) = await Workbooks().read(tmp_path / "menu.xlsx", 10)
    assert line == [str(cell) for cell in TUESDAY]


async def test_a_sheet_with_mistakes_says_which_lines(web: Web) -> None:
    await web.send(BOSS, "PUT", "/canteens/ctn_1", msgspec.to_builtins(EAST))
    sheet = await workbook(TUESDAY, [*TUESDAY[:2], "noon"])
    reply = await web.ask(DESK, "POST", f"/menus/sheet?{WEEK}", sheet, Content_Type=XLSX)
    problem = json.loads(reply.body)
    assert (reply.code, problem["code"], problem["count"]) == (422, "sheet-wrong", 2)
    assert [error["pointer"] for error in problem["errors"]] == ["/rows/2", "/rows/3"]
    assert (await web.get(DESK, f"/menus?{WEEK}"))["version"] == 0


async def test_another_canteen_sees_none_of_it(web: Web) -> None:
    await web.send(BOSS, "PUT", "/canteens/ctn_1", msgspec.to_builtins(EAST))
    week = {"canteen": "ctn_1", "week": "2026-W48"}
    shut = {"canteen": "ctn_1", "date": "2026-11-24", "note": "检修"}
    for method, path, body in (
        ("GET", f"/menus?{WEEK}", None),
        ("PUT", "/menus", week | {"days": []}),
        ("POST", "/menus/publish", week),
        ("POST", "/closing-days", shut),
        ("GET", "/dishes?canteen=ctn_1", None),
        ("GET", "/reports?canteen=ctn_1&date=2026-11-24", None),
    ):
        reply = await web.ask(WEST_DESK, method, path, body)
        assert (reply.code, json.loads(reply.body)["code"]) == (403, "forbidden")
    assert await web.app.house.store.count(SITTINGS, {}) == 0


def a_picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#8c3b1e").save(content, "PNG")
    return content.getvalue()
