"""A campus with two canteens, the people who eat and work there, and a clock moved by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from models import people
from models.base import orders
from models.base.context import House
from models.base.store import Document, Store
from models.meals import batches, counter
from models.meals.booking import Booking
from models.meals.lifecycle import Change, HandOver
from models.meals.sittings import SITTINGS
from tests.machinery import MONDAY, MovingClock, a_house
from tests.service_house import StaffedService

HOUR = timedelta(hours=1)
CLOSES = MONDAY + HOUR  # 10:00 on the campus
STARTS = MONDAY + timedelta(hours=2, minutes=30)  # 11:30
ENDS = STARTS + timedelta(minutes=30)
OVER = ENDS + timedelta(minutes=30)  # who has not come by now was missed

EAST = {"id": "ctn_1", "name": "东食堂"}
WEST = {"id": "ctn_2", "name": "西食堂"}
LUNCH = {"id": "lunch", "name": "午餐"}
DINNER = {"id": "dinner", "name": "晚餐"}
HALL = {"id": "plc_1", "name": "一楼大厅", "building": "1号楼"}

ANN, BOB, CAT, DAN = "per_ann", "per_bob", "per_cat", "per_dan"
CLERK, DESK, WEST_DESK, BOSS = "per_clerk", "per_desk", "per_west", "per_boss"
_EAST_POST = [{"role": "canteen", "at": "ctn_1"}]
_WEST_POST = [{"role": "canteen", "at": "ctn_2"}]

KEPT = ("orders", "claims", SITTINGS, "strikes", "audit", "deliveries")


def a_person(person: str, employee_no: str, *roles: str, **fields: Any) -> Document:
    """A member of staff of unit 1, with further roles; `fields` are put over that."""
    document = people.new(employee_no, person.removeprefix("per_"), "unt_1")
    return document | {"_id": person, "roles": ["staff", *roles]} | fields


def everybody() -> list[Document]:
    return [
        a_person(ANN, "S0003"),
        a_person(BOB, "S0004"),
        a_person(CAT, "S0005"),
        a_person(DAN, "S0103", unit="unt_2"),
        a_person(CLERK, "S0002", "clerk"),
        a_person(DESK, "C0001", "canteen", posts=_EAST_POST),
        a_person(WEST_DESK, "C0002", "canteen", posts=_WEST_POST),
        a_person(BOSS, "A0001", "manager"),
    ]


def a_dish(number: int, name: str, price: int, **fields: Any) -> Document:
    dish: Document = {"id": f"dsh_{number}", "name": name, "category": "热菜", "price": price}
    dish |= {"allergens": [], "allergen_free": True, "picture": None}
    return dish | {"limit_per_order": 0, "sold_out": False} | fields


def a_sitting(name: str = "sit_1", places: int = 10, **fields: Any) -> Document:
    """Monday's lunch in the east canteen at 11:30, as publishing a menu makes it."""
    sitting: Document = {"_id": name, "canteen": EAST, "meal": LUNCH, "date": "2026-11-23"}
    sitting |= {"starts_at": STARTS, "ends_at": ENDS, "closes_at": CLOSES, "capacity": places}
    sitting |= {"left": places, "enabled": True, "state": "open", "queue": [], "ranks": 0}
    sitting |= {"walk_ins": True, "price": 1500, "max_portions": 4, "early": 15, "terms": 1}
    sitting |= {"dishes": [a_dish(1, "红烧肉", 800), a_dish(2, "青菜", 300, limit_per_order=2)]}
    sitting |= {"delivery_places": [HALL]}
    return sitting | {"no_show": {"limit": 2, "days": 30, "pause": 7, "appeal": 7}} | fields


def west(name: str = "sit_2", places: int = 10, **fields: Any) -> Document:
    """The same lunch in the west canteen."""
    return a_sitting(name, places, **{"canteen": WEST, **fields})


def dinner(name: str = "sit_3", places: int = 10, **fields: Any) -> Document:
    """Dinner in the east canteen, six hours after lunch; orders close an hour after lunch's."""
    times = {"starts_at": STARTS + 6 * HOUR, "ends_at": ENDS + 6 * HOUR, "closes_at": CLOSES + HOUR}
    return a_sitting(name, places, **{"meal": DINNER, **times, **fields})


@dataclass
class Meals(StaffedService):
    """The running service, and short words for what people do with it."""

    kept = KEPT

    async def book(self, who: str, key: str = "lunch", **body: Any) -> Any:
        """The order, after ordering what `body` says of sitting 1."""
        booking = Booking(**{"sitting_id": "sit_1", **body})
        return await orders.place(self.ctx(who, key), "meal", booking)

    async def change(self, who: str, order: Document, **body: Any) -> Any:
        return await self.step(who, order, "change", Change(**body))

    async def give(self, who: str, order: Document, to: str) -> Any:
        """The order after handing it over to somebody."""
        number = self.persons[to]["employee_no"]
        return await self.step(who, order, "hand_over", HandOver(employee_no=number))

    async def scan(self, code: str, who: str = DESK, scan_id: str | None = None) -> Any:
        body = counter.Scan(code=code, scan_id=scan_id)
        return await counter.redeem(self.ctx(who), body)

    async def walk_in(self, who: str, key: str = "walk", desk: str = DESK, **body: Any) -> Any:
        number = self.persons[who]["employee_no"]
        body = {"sitting_id": "sit_1", "employee_no": number, **body}
        return await counter.walk_in(self.ctx(desk, key), counter.WalkIn(**body))

    async def batch(self, *members: Any, who: str = CLERK, key: str = "batch", **body: Any) -> Any:
        """The answer to a clerk who orders for `members`, given as ids or Member."""
        wanted = [self._member(member) for member in members]
        request = batches.Batch(**{"sitting_id": "sit_1", "members": wanted, **body})
        return await batches.book(self.ctx(who, key), request)

    def _member(self, member: Any) -> batches.Member:
        if isinstance(member, batches.Member):
            return member
        number = self.persons[member]["employee_no"] if member in self.persons else member
        return batches.Member(employee_no=number)

    async def left(self, sitting: str = "sit_1") -> int:
        """Places left, after making sure that the books balance."""
        await self.balance()
        found = await self.store.get(SITTINGS, sitting)
        assert found is not None
        return int(found["left"])

    async def balance(self) -> None:
        """Places sold and orders agree exactly, and so do claims and those who wait."""
        found = await self.store.find("orders", {})
        for sitting in await self.store.find(SITTINGS, {}):
            key = sitting["_id"]
            held = sum(h["n"] for order in found for h in order["holds"] if h["thing"] == key)
            assert sitting["left"] + held == sitting["capacity"]
            assert sitting["left"] >= 0
            waits = [order["waits"] for order in found if "waits" in order]
            ranks = sorted(wait["rank"] for wait in waits if wait["thing"] == key)
            assert sitting["queue"] == ranks
        claims = {claim["_id"]: claim["order"] for claim in await self.store.find("claims", {})}
        assert claims == {key: order["_id"] for order in found for key in order["claims"]}


async def open_house(store: Store, *sittings: Document, house: House | None = None) -> Meals:
    """The service with these sittings; without any, sitting 1 of ten places."""
    clock = MovingClock()
    persons = everybody()
    await store.insert("people", *persons)
    await store.insert(SITTINGS, *(sittings or (a_sitting(),)))
    return Meals(house or a_house(store, clock), clock, {p["_id"]: p for p in persons})


async def more_people(meals: Meals, number: int) -> list[str]:
    """So many further members of staff, by id."""
    persons = [a_person(f"per_{n}", f"S1{n:03}") for n in range(number)]
    await meals.store.insert("people", *persons)
    meals.persons |= {person["_id"]: person for person in persons}
    return [person["_id"] for person in persons]


def code_of(meals: Meals, order: Document) -> str:
    """The code that redeems an order as it is now."""
    data = order["data"]
    return meals.house.keys.code(order["_id"], data["code_version"], data["kid"])
