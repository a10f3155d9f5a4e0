"""Somebody who stands in for others, for every life-cycle that lets a deputy act."""

from __future__ import annotations

from datetime import date
from typing import Any

from models import deputies
from models.deputies import Absence
from tests.contract_house import Campus, Wish
from tests.meals_house import ANN

DEPUTY = "per_finance"  # for `staff={"deputy": DEPUTY}` of a sample
NAMES: dict[str, Any] = {"from": "2026-11-24", "to": "2026-11-25"}


async def set_up(campus: Campus) -> None:
    """Ann's deputy."""
    await has_a_deputy(campus, ANN)


async def has_a_deputy(campus: Campus, absent: str) -> None:
    """Somebody's deputy, for as long as one may be named."""
    number = campus.person(DEPUTY)["employee_no"]
    body = Absence(employee_no=number, from_=date(2026, 11, 23), to=date(2027, 2, 20))
    await deputies.name(campus.context(absent), body)


async def _to_end(campus: Campus) -> Wish:
    body = Absence(employee_no="S0004", from_=date(2026, 11, 24), to=date(2026, 11, 24))
    named = await deputies.name(campus.context(ANN), body)
    return Wish(who=ANN, names={"deputy_id": named.id})


ASKS = {"deputies_end": _to_end}
