"""A month of the demo's tickets, all of them over.

To take every step in the database would take minutes. So each is decided by the life-cycle's own
rules in memory, and the ticket inserted as it is at its end; what it used is taken from stock.
Nobody is told of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec

from models import people
from models.base import orders, outbox
from models.base.clock import campus_date, campus_time
from models.base.context import Actor, Context, House
from models.base.decisions import Found
from models.base.moves import change
from models.base.orders import ORDERS
from models.base.placements import family
from models.base.store import Document
from models.base.views import RatingInput
from models.repairs.catalogue import CATEGORIES
from models.repairs.closing import Reason
from models.repairs.dispatching import Assignment
from models.repairs.lifecycle import REPAIRS
from models.repairs.parties import KIND
from models.repairs.parts import PARTS
from models.repairs.reporting import ASSETS, Report, draft_for
from models.repairs.stock import PART_MOVES, PART_STOCK
from models.repairs.vendors import HANDS, VENDORS
from models.repairs.working import Answer, Finish, Pause, Question
from scripts import demo_assets
from scripts.demo_people import id_of
from scripts.demo_repairs import CATALOGUE, CREW, DISPATCHERS

DAYS: Final = 22  # working days gone by
SINCE: Final = 7  # working days ago the last of them was
A_DAY: Final = 8  # tickets
BEFORE: Final = timedelta(days=21)  # the other tickets of the demo are younger
OWNERS: Final = tuple(f"S{number:04}" for number in range(300, 340))
RATINGS: Final = (
    (5, "来得快，修得好。"),
    (5, ""),
    (4, ""),
    (4, "态度很好。"),
    (3, "等得有点久。"),
    (2, "又坏了。"),
)
MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Story:
    """A ticket of the demo: a number from which everything else follows."""

    day: date
    lot: int
    asset: Document
    symptom: Document

    @property
    def key(self) -> str:
        return f"demo-ticket-{self.day}-{self.lot}"

    @property
    def owner(self) -> str:
        return OWNERS[self.lot % len(OWNERS)]

    @property
    def at(self) -> datetime:
        return campus_time(self.day, "08:40") + self.lot % 440 * MINUTE

    @property
    def vendor(self) -> str:
        its: list[str] = CATALOGUE[self.asset["category"]]["vendors"]
        return its[self.lot % len(its)]

    @property
    def technician(self) -> str:
        numbers = [number for number, vendor in CREW.items() if vendor == self.vendor]
        return numbers[self.lot % len(numbers)]

    def report(self) -> Report:
        body: dict[str, Any] = {
            "category": self.asset["category"], "location": self.asset["location"],
            "fault": f"{self.asset['name']}{self.symptom['name']}", "urgency": 1 + self.lot % 3,
            "symptom": self.symptom["id"], "asset_id": self.asset["_id"],
        }  # fmt: skip
        return msgspec.convert(body, Report)

    def finish(self) -> Finish:
        wanted = [
            part for part, kind in demo_assets.PARTS.items() if kind[4] == self.asset["category"]
        ]
        part = wanted[self.lot % len(wanted)]
        material = {"part": part, "count": 1, "price": demo_assets.PARTS[part][2]}
        used = [material] if self.lot % 3 else []
        body = {
            "note": "已修复，试运行正常",
            "labour_minutes": 20 + self.lot % 50,
            "materials": used,
        }
        return msgspec.convert(body, Finish)

    def steps(self) -> Iterator[tuple[int, str, str, Any]]:
        """(minutes since the last one, who, transition, body) from the report to the end."""
        if self.lot % 13 == 0:
            yield 10, self.owner, "cancel", None
            return
        worker = self.technician
        if CATALOGUE[self.asset["category"]]["dispatch"] == "grab":
            yield 3 + self.lot % 50, worker, "take", None
        else:
            body = Assignment(person=id_of(worker))
            yield 5 + self.lot % 40, DISPATCHERS[self.vendor], "assign", body
        yield 15 + self.lot % 60, worker, "start", None
        if self.lot % 5 == 0:
            yield 20, worker, "pause", Pause(reason="parts", note="配件在途，明日到货")
            yield 60 * 20, worker, "resume", None
        elif self.lot % 7 == 0:
            yield 10, worker, "ask", Question(question="房间何时有人？")
            yield 45, self.owner, "answer", Answer(note="下午都在")
        yield 30 + self.lot % 90, worker, "finish", self.finish()
        yield 40, self.owner, "accept", None
        if self.lot % 17 == 0:
            yield 60, self.owner, "reopen", Reason(reason="用了一会儿又坏了")
            yield 30, worker, "start", None
            yield 40, worker, "finish", self.finish()
            yield 30, self.owner, "accept", None
        if self.lot % 4:
            stars, comment = RATINGS[self.lot % len(RATINGS)]
            yield 20, self.owner, "rate", RatingInput(stars=stars, comment=comment or None)


async def seed(house: House) -> None:
    """Have a month of tickets, once; assets and their parts are there already."""
    old = {"$lt": house.clock() - BEFORE}
    if await house.store.first(ORDERS, {"kind": KIND, "created_at": old}) is not None:
        return
    numbers = [*OWNERS, *DISPATCHERS.values(), *CREW]
    ids = [id_of(number) for number in numbers]
    found = await house.store.find(people.PEOPLE, {"_id": {"$in": ids}})
    actors = {person["employee_no"]: people.actor(person) for person in found}
    calendar = await house.calendars.current()
    today = campus_date(house.clock())
    days = [calendar.minus_workdays(today, n) for n in range(SINCE, SINCE + DAYS)]
    book = await _opened_book(house)
    for day in reversed(days):
        stories = _stories(book, day, A_DAY)
        lives = [_lived(house, actors, book, story) for story in stories]
        await house.store.insert(ORDERS, *await asyncio.gather(*lives))
    await _kept(house, book)


@dataclass
class _Book:
    """All that the rules look up, and what they used of it."""

    found: Found
    assets: dict[str, list[Document]]  # by category
    symptoms: dict[str, list[Document]]
    stock: list[Document]
    moves: list[Document] = field(default_factory=list)


async def _opened_book(house: House) -> _Book:
    found, read = Found(), {}
    for name in (ASSETS, CATEGORIES, VENDORS, HANDS, PARTS, PART_STOCK):
        read[name] = await house.store.find(name, {}, sort=[("_id", 1)])
        found.put(name, "_id", read[name])
    symptoms = {each["_id"]: each["symptoms"] for each in read[CATEGORIES]}
    by_category: dict[str, list[Document]] = {}
    for asset in read[ASSETS]:
        by_category.setdefault(asset["category"], []).append(asset)
    return _Book(found, by_category, symptoms, read[PART_STOCK])


def _stories(book: _Book, day: date, count: int) -> Iterator[Story]:
    """What breaks on a day, in the order in which it does."""
    stories = []
    for n in range(count):
        lot = int.from_bytes(sha256(f"{day} {n}".encode()).digest()[:4])
        category = sorted(book.assets)[lot // 3 % len(book.assets)]
        its = book.assets[category]
        asset, known = its[lot // 11 % len(its)], book.symptoms[category]
        stories.append(Story(day, lot, asset, known[lot // 7 % len(known)]))
    yield from sorted(stories, key=lambda story: story.at)


async def _lived(house: House, actors: dict[str, Actor], book: _Book, story: Story) -> Document:
    """A ticket from its report to its end, decided in memory."""
    ctx = _turn(house, actors[story.owner], story.at, story.key)
    draft = await draft_for(ctx, story.report(), ctx.actor.id, ctx.actor.unit)
    placement = draft.decide(book.found, story.at)
    order = family(ctx, KIND, placement, orders.id_of(ctx), story.at)[0][0]
    moment = story.at
    for minutes, who, name, body in story.steps():
        moment += minutes * MINUTE
        turn = _turn(house, actors[who], moment)
        order = await _stepped(turn, book, order, name, body)
    for promised in outbox.FIELDS:
        order.pop(promised, None)
    return order


async def _stepped(ctx: Context, book: _Book, order: Document, name: str, body: Any) -> Document:
    """The ticket after a step, as the life-cycle decides it."""
    step = REPAIRS.transition(name)
    assert step is not None
    assert step.rule is not None
    effect = await step.rule(ctx, order, body)
    if effect.settle is not None:
        effect = effect.settle(book.found, order, ctx.now)
    for collection, move in effect.inserts:
        if collection == PART_MOVES:
            held = book.found.one(PART_STOCK, f"{move['person']}:{move['part']}")
            assert held is not None
            held["left"] += move["count"]
            book.moves.append(move)
    return change(ctx, step, order, effect, ctx.now)[0]


async def _kept(house: House, book: _Book) -> None:
    """What the month used, gone from the technicians' stock."""
    await house.store.insert(PART_MOVES, *book.moves)
    for held in book.stock:
        await house.store.update(PART_STOCK, {"_id": held["_id"]}, {"$set": {"left": held["left"]}})


def _turn(house: House, actor: Actor, now: datetime, key: str = "") -> Context:
    return Context(
        house=house,
        actor=actor,
        now=now,
        idempotency_key=key,
        request_hash=sha256(key.encode()).digest(),
    )
