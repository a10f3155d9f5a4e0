"""A ticket about which two people talk."""

from __future__ import annotations

from tests.contract_house import Campus, Wish
from tests.meals_house import CAT
from tests.samples.repairs import taken


async def _mine(campus: Campus) -> Wish:
    return Wish(who=CAT, names={"order_id": (await taken(campus))["_id"]})


ASKS = {"repair_calls_call": _mine}
