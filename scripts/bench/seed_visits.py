"""Visitors who are expected today, invited by the product itself, with codes that are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from models import people
from models.base import ids, outbox
from models.base.context import Context, House
from models.base.store import Document
from models.visitors import codes, inviting
from models.visitors.gates import GATES
from models.visitors.shapes import Invitation, Visitor
from models.visitors.types import NOTICE, TYPES
from scripts import demo_people
from server.app import build_app
from server.settings import Settings

HOST: Final = "S0042"
DESK: Final = "F0001"
GATE: Final = "gate_1"


def key_of(number: int) -> str:
    """The idempotency key of a visit, from which its id follows."""
    return f"bench-visit-{number:06}"


def code_of(settings: Settings, number: int) -> str:
    """The static code of a visit."""
    secret = settings.keys.derive("order-id")
    order_id = ids.order_id(secret, demo_people.id_of(HOST), key_of(number))
    data: Document = {"code_version": 1, "link_version": 1, "kid": settings.keys.current.kid}
    return codes.static(settings.keys, order_id, data)


async def fill(settings: Settings, count: int) -> None:
    """A gate that is always open, and so many visitors of one host."""
    app = await build_app(replace(settings, worker=False))
    await app.start()
    try:
        await _furnish(app.house)
        for number in range(count):
            await _invite(app.house, number)
        quiet: Document = {"$unset": dict.fromkeys(outbox.FIELDS, "")}
        await app.house.store.update_all("orders", {"kind": "visit"}, quiet)
    finally:
        await app.drain()


async def _furnish(house: House) -> None:
    gate: Document = {"_id": GATE, "name": "东门", "zone": "主楼区", "buildings": [], "way": ""}
    gate |= {"opens": "00:00", "closes": "23:59", "days": [1, 2, 3, 4, 5, 6, 7], "side": "east"}
    await house.store.insert(GATES, gate | {"enabled": True, "vehicles": True})
    kind: Document = {"_id": "vty_guest", "name": "访客", "enabled": True, "approval": []}
    kind |= {"zones": [], "long_term": False, "plate": False, "fetch": True, "notice": NOTICE}
    await house.store.insert(TYPES, kind)


async def _invite(house: House, number: int) -> None:
    host = await house.store.get(people.PEOPLE, demo_people.id_of(HOST))
    assert host is not None
    ctx = Context(
        house=house,
        actor=people.actor(host),
        now=house.clock(),
        idempotency_key=key_of(number),
        request_hash=b"bench",
    )
    usual: dict[str, Any] = {"purpose": "洽谈", "notify": False}
    usual |= {"starts_at": ctx.now, "ends_at": ctx.now + timedelta(hours=20)}
    visitor = Visitor(name=f"访客{number}", phone=f"139{number:08}")
    await inviting.invite(ctx, Invitation(visitor=visitor, **usual))
