"""A campus on which things break, two vendors who repair them, and a clock moved by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models import people
from models.base import orders
from models.base.clock import campus_date
from models.base.context import CLOCK, Context, House
from models.base.store import Document, Store
from models.base.transitions import available, transition
from models.repairs import catalogue, dispatching, duty, hands, vendors
from models.repairs.catalogue import CategoryInput, Level, Symptom, Target
from models.repairs.closing import Merging, Reason, Remark
from models.repairs.dispatching import Assignment, GivingBack
from models.repairs.hands import HandInput
from models.repairs.parties import WORK
from models.repairs.reporting import Location, Report
from models.repairs.vendors import HANDS, VENDORS, VendorInput
from models.repairs.working import Answer, Finish, Pause, Question
from tests.machinery import MovingClock, a_context, a_house
from tests.meals_house import a_person
from tests.service_house import Service

ANN, BOB, CAT, BOSS = "per_ann", "per_bob", "per_cat", "per_boss"
TOM, TIM, LEE = "per_tom", "per_tim", "per_lee"  # technicians: Tom and Tim of vendor 1, Lee of 2
DORA, DREW = "per_dora", "per_drew"  # who dispatch for vendor 1 and 2
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WATER, LIGHT, LIFT = "cat_water", "cat_light", "cat_lift"  # grab, assign, rotate

KEPT = (
    "orders", "claims", VENDORS, HANDS, "repair_categories", "repair_duty", "deliveries", "audit",
)  # fmt: skip
DONE = Finish(note="已更换阀芯", labour_minutes=20)
PARTS = Pause(reason="parts", note="等配件")


def _post(role: str, vendor: str) -> list[dict[str, str]]:
    return [{"role": role, "at": vendor}]


def everybody() -> list[Document]:
    return [
        a_person(ANN, "S0003"),
        a_person(BOB, "S0004"),
        a_person(CAT, "S0005", unit="unt_2"),
        a_person(BOSS, "A0001", "manager"),
        _worker(DORA, "V0100", "dispatcher", "ven_1"),
        _worker(TOM, "V0101", "technician", "ven_1"),
        _worker(TIM, "V0102", "technician", "ven_1"),
        _worker(DREW, "V0200", "dispatcher", "ven_2"),
        _worker(LEE, "V0201", "technician", "ven_2"),
    ]


def _worker(person: str, number: str, role: str, vendor: str) -> Document:
    known = a_person(person, number, posts=_post(role, vendor))
    return known | {"roles": [role]}


def a_category(name: str, **fields: Any) -> CategoryInput:
    """A category of both vendors: an hour to respond, four business hours to repair."""
    targets = {str(n): Target(response=60, solution=240) for n in range(1, 6)}
    usual: dict[str, Any] = {"vendors": ["ven_1", "ven_2"], "targets": targets, "levels": []}
    usual |= {"symptoms": [Symptom(id="leak", name="漏水"), Symptom(id="noise", name="异响")]}
    return CategoryInput(name=name, **usual | fields)


LEVELS = [
    Level(on="response", minutes=0, notify="dispatcher"),
    Level(on="solution", minutes=-60, notify="assignee"),
    Level(on="solution", minutes=0, notify="dispatcher"),
    Level(on="solution", minutes=120, notify="manager"),
]


@dataclass
class Repairs(Service):
    """The running service, and short words for what people do with it."""

    kept = KEPT

    async def ctx(self, who: str, key: str = "", **changes: Any) -> Context:
        """A turn of a person as they are now, or of the clock."""
        if who == CLOCK.id:
            return a_context(self.house, key="", actor=CLOCK, **changes)
        person = await self.store.get("people", who)
        assert person is not None
        actor = people.actor(person, campus_date(self.clock()))
        return a_context(self.house, key=key and key.ljust(16, "0"), actor=actor, **changes)

    async def report(self, who: str = ANN, key: str = "ticket", **body: Any) -> Any:
        """The ticket, after reporting a leak in room 301 of building 1, or as `body` says."""
        usual: dict[str, Any] = {"category": WATER, "fault": "水龙头漏水"}
        usual |= {"location": Location(building="1号楼", floor="3", room="301")}
        ctx = await self.ctx(who, key)
        return await orders.place(ctx, "repair", Report(**usual | body))

    async def take(self, who: str, order: Document) -> Any:
        return await dispatching.take_first(await self.ctx(who), order["_id"])

    async def step(
        self, who: str, order: Document, name: str, body: Any = None, **more: Any
    ) -> Any:
        """The ticket after a step, taken on the version that it has now."""
        more.setdefault("if_match", (await self.order(order["_id"]))["version"])
        return await transition(await self.ctx(who, **more), order["_id"], name, body)

    async def taken(self, who: str = TOM, key: str = "ticket", **body: Any) -> Any:
        return await self.take(who, await self.report(key=key, **body))

    async def started(self, who: str = TOM, key: str = "ticket", **body: Any) -> Any:
        return await self.step(who, await self.taken(who, key, **body), "start")

    async def fixed(self, who: str = TOM, key: str = "ticket", **body: Any) -> Any:
        return await self.step(who, await self.started(who, key, **body), "finish", DONE)

    async def accepted(self, who: str = TOM, key: str = "ticket", **body: Any) -> Any:
        return await self.step(ANN, await self.fixed(who, key, **body), "accept")

    async def sees(self, who: str, order: Document) -> bool:
        ctx = await self.ctx(who)
        found = await self.order(order["_id"])
        return not ctx.actor.tokens.isdisjoint(found["seen_by"])

    async def can(self, who: str, order: Document) -> set[str]:
        """What a person may do with the ticket just now."""
        ctx = await self.ctx(who)
        return set(available(await self.order(order["_id"]), ctx.actor, self.clock()))

    async def left(self, person: str) -> int:
        """How many more tickets a technician may have, after making sure the books balance."""
        await balance(self.store)
        found = await self.store.get(HANDS, person)
        assert found is not None
        return int(found["left"])

    async def hand(self, who: str, person: str, **fields: Any) -> Any:
        usual: dict[str, Any] = {"categories": [WATER, LIGHT, LIFT], "limit": 3}
        return await hands.put(await self.ctx(who), person, HandInput(**usual | fields))


async def balance(store: Store) -> None:
    """Whoever has a ticket on hand is taken for it, and nobody else is."""
    found = await store.find("orders", {"kind": "repair"})
    for hand in await store.find(HANDS, {}):
        has = [h for o in found for h in o["holds"] if h["thing"] == hand["_id"]]
        assert hand["left"] + len(has) == hand["limit"], hand["_id"]
    for order in found:
        held = [hold["thing"] for hold in order["holds"] if hold["in"] == HANDS]
        on_hand = order["state"] in WORK
        assert held == ([order["assignee"]] if on_hand else []), order["_id"]


async def open_house(
    store: Store, *, house: House | None = None, clock: MovingClock | None = None, **fields: Any
) -> Repairs:
    """The service with two vendors, three technicians and a category of each way to dispatch.

    `fields` are said of every category.
    """
    moving = clock or MovingClock()
    await store.insert("people", *everybody())
    repairs = Repairs(house or a_house(store, moving), moving)
    boss = await repairs.ctx(BOSS)
    for vendor, name in (("ven_1", "安居物业"), ("ven_2", "通达机电")):
        await vendors.put(boss, vendor, VendorInput(name=name))
    for category, name, dispatch in (
        (WATER, "水暖", "grab"), (LIGHT, "照明", "assign"), (LIFT, "电梯", "rotate"),
    ):  # fmt: skip
        body = a_category(name, dispatch=dispatch, **fields)
        await catalogue.put(boss, category, body)
    await repairs.hand(DORA, TOM)
    await repairs.hand(DORA, TIM)
    await repairs.hand(DREW, LEE)
    return repairs


async def roster(repairs: Repairs, who: str, day: date, *persons: str) -> None:
    """Somebody's roster of a day."""
    await duty.put(await repairs.ctx(who), duty.DutyInput(date=day, on=list(persons)))


def answer(note: str = "下午在") -> Answer:
    return Answer(note=note)


def question(text: str = "几点方便？") -> Question:
    return Question(question=text)


def to(person: str) -> Assignment:
    return Assignment(person=person)


def back(note: str = "") -> GivingBack:
    return GivingBack(note=note)


def because(reason: str = "还在漏") -> Reason:
    return Reason(reason=reason)


def into(order: Document) -> Merging:
    return Merging(into=order["_id"])


def remark(text: str) -> Remark:
    return Remark(text=text)
