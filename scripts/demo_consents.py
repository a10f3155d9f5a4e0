"""Consents to WeChat messages, as if the demo's people had said yes on their phones a few times."""

from __future__ import annotations

from typing import Final

from models.base.consents import CONSENTS, Ledger
from models.base.context import House
from models.base.store import Document
from models.people import PEOPLE
from scripts.demo_people import POSTS

EACH: Final = 10  # messages of each template
PEOPLE_OF_THE_TOUR: Final = (*(f"S{number:04}" for number in range(1, 73)), *POSTS)


async def seed(house: House) -> None:
    """Have them for those people of the demo one signs in as; what is there already stays."""
    wanted = {"employee_no": {"$in": sorted(PEOPLE_OF_THE_TOUR)}}
    persons = await house.store.find(PEOPLE, wanted, fields={"openid": 1})
    known = {entry["_id"] for entry in await house.store.find(CONSENTS, {}, fields={"_id": 1})}
    missing = [entry for person in persons for entry in _of(house, person)]
    await house.store.insert(CONSENTS, *(each for each in missing if each["_id"] not in known))


def _of(house: House, person: Document) -> list[Document]:
    templates = sorted(set(house.wechat_templates.values())) if "openid" in person else []
    ledgers = [Ledger(house, person["openid"], template) for template in templates]
    return [ledger.fresh(person["_id"]) | {"left": EACH} for ledger in ledgers]
