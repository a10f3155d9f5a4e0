"""A few people of a campus, as the roster would have them, and turns in their name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models import people
from models.base.context import NOBODY, Context, House
from models.base.store import Document, Store
from models.people import PEOPLE, UNITS
from tests.machinery import FakeSms, MovingClock, a_house

CODES = {"code": "SMS_1001", "wechat_rebound": "SMS_1003"}


def a_person(employee_no: str, name: str = "张伟", **fields: Any) -> Document:
    """A member of staff of unit 1; `fields` are put over that."""
    person = people.new(employee_no, name, "unt_1") | {"_id": f"per_{employee_no}"}
    person |= {"roles": ["staff"], "phone": f"1380000{employee_no[-4:]}"}
    return person | fields


async def settle(store: Store, *persons: Document) -> None:
    """Have them and their unit in the database."""
    await store.insert(UNITS, {"_id": "unt_1", "name": "办公室"})
    await store.insert(PEOPLE, *persons)


def a_campus(store: Store, clock: MovingClock | None = None, **changes: Any) -> House:
    """A house that may send SMS codes."""
    return replace(a_house(store, clock), sms_templates=CODES, **changes)


def turn_of(house: House, person: Document | None = None, session: str = "ses_1") -> Context:
    """A request of `person`, or of nobody in particular."""
    ctx = Context(house=house, actor=NOBODY, now=house.clock(), address="192.0.2.7")
    if person is None:
        return ctx
    return ctx.acting_as(replace(people.actor(person), session=session))


async def refused(house: House, claims: Mapping[str, Any]) -> bool:
    """Whether this process refuses an access token with `claims`."""
    answer = house.revocations.is_revoked(claims)
    return answer if isinstance(answer, bool) else await answer


def claims_of(house: House, access_token: str) -> dict[str, Any]:
    return house.keys.read_access(access_token, house.clock())


async def last_code(house: House) -> str:
    """The code in the last SMS, once all errands are done."""
    await house.errands.drain()
    assert isinstance(house.ports.sms, FakeSms)
    return house.ports.sms.sent[-1][2]["code"]


async def everything(store: Store) -> dict[str, list[Document]]:
    """All that is stored about people, to see that nothing changed."""
    kept = ("people", "units", "sessions", "audit", "leavings", "revocations", "deliveries")
    return {name: await store.find(name, {}, sort=[("_id", 1)]) for name in kept}
