"""Signing in, the roster, the rules and what everybody has: messages, the day, the privacy text."""

from __future__ import annotations

from typing import Any

from handlers.base.content import XLSX
from models.people import PRIVACY_VERSION
from tests.contract_house import Campus, Wish
from tests.meals_house import BOB, CAT

NAMES: dict[str, Any] = {
    "person_id": "per_dan",
    "version": PRIVACY_VERSION,
    "up_to": "msg_none",
    "q": "S0",
    "roles": ["staff", "clerk"],
    "valid_from": "2026-11-24",
}
HEADER = ["工号", "姓名", "手机", "单位", "角色"]
NOBODYS = "demo-S0999"  # the code of a WeChat account that nobody has bound


async def _code(campus: Campus) -> Wish:
    return Wish(body={"code": "demo-S0005"})


async def _refresh(campus: Campus) -> Wish:
    granted = await campus.ask(campus.endpoint("sessions_start"), await _code(campus), None)
    return Wish(names={"refresh_token": campus.json(granted)["refresh_token"]})


async def _sms(campus: Campus) -> Wish:
    campus.clock.forward(minutes=2)
    return Wish(body={"phone": campus.person(CAT)["phone"]})


async def _binding(campus: Campus) -> Wish:
    campus.clock.forward(minutes=2)
    start, send = campus.endpoint("sessions_start"), campus.endpoint("sessions_send_code")
    token = campus.json(await campus.ask(start, Wish(body={"code": NOBODYS}), None))
    whom = {"binding_token": token["binding_token"], "employee_no": "S0004"}
    await campus.ask(send, Wish(body=whom), None)
    await campus.house.errands.drain()
    message = campus.simulator.sent(kind="sms", phone=campus.person(BOB)["phone"])[0]
    return Wish(body=whom | {"sms_code": message["params"]["code"]})


async def _roster(campus: Campus) -> Wish:
    rows = [["S0777", "新同事", "13900000777", "1处", "职工"]]
    sheet = await campus.house.ports.sheets.write("花名册", HEADER, rows)
    return Wish(body=sheet, media_type=XLSX, query={"dry_run": "false"})


async def _policy(campus: Campus) -> Wish:
    return Wish(names={"name": "meals"})


ASKS = {
    "policies_decide": _policy,
    "sessions_start": _code,
    "sessions_refresh": _refresh,
    "sessions_send_code": _sms,
    "sessions_bind": _binding,
    "people_import_roster": _roster,
}
