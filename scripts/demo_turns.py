"""Turns of the demo's people, now or on a day gone by."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from models import people
from models.base.context import NOBODY, Context, House
from models.base.holds import Queues
from models.base.policies import Policies


def house_at(house: House, now: datetime) -> House:
    """The same house at another time."""

    def clock() -> datetime:
        return now

    queues, policies = Queues(house.store, clock), Policies(house.store, clock)
    return replace(house, clock=clock, queues=queues, policies=policies)


async def acting(house: House, employee_no: str, key: str = "") -> Context:
    """A turn of a person; `key` makes what it places the same at every start."""
    now = house.clock()
    found = (await people.by_numbers(_nobody(house), [employee_no]))[employee_no]
    return Context(
        house=house,
        actor=people.actor(found),
        now=now,
        idempotency_key=key,
        request_hash=sha256(key.encode()).digest(),
    )


def _nobody(house: House) -> Context:
    return Context(house=house, actor=NOBODY, now=house.clock())
