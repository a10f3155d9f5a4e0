"""What each technician has of the parts: handed out, used on tickets, brought back.

A document of `part_stock`, one countable thing (models/base/holds.py) for each technician and part:
    _id, person, part, vendor   "per_1:prt_valve"
    left                        how many the technician has
    enabled, queue, ranks       as of every countable thing

A document of `part_moves`, the ledger; it is only added to, and its counts of a technician and part
add up to what is left:
    _id, at, by                 when, and whoever wrote it down
    person, part, vendor, count more (checked out), or fewer (returned, used): negative
    kind                        checkout, return or use
    order                       the ticket a part was used on
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Protocol

from msgspec import Meta

from models import people
from models.base import ids
from models.base.context import Context
from models.base.decisions import Found, Hold, Lookup
from models.base.errors import Conflict, Unprocessable
from models.base.holds import undisturbed
from models.base.indexes import declare as index
from models.base.orders import KeyMissing, KeyReused
from models.base.paging import Listing, page
from models.base.roles import Role
from models.base.shapes import Id, Input, PageQuery, Struct
from models.base.store import Contended, Document, Transaction
from models.base.workflow import Order
from models.repairs import parts
from models.repairs.parties import serves
from models.repairs.parts import PARTS, Part, PartId, PartUnknown

PART_STOCK: Final = "part_stock"
PART_MOVES: Final = "part_moves"

index(PART_STOCK, [("person", 1)])
index(PART_STOCK, [("vendor", 1)])
index(PART_MOVES, [("person", 1), ("at", -1)])
index(PART_MOVES, [("vendor", 1), ("at", -1)])
index(PART_MOVES, [("order", 1)], sparse=True)

Pieces = Annotated[int, Meta(ge=1, le=10_000)]


class PartDisabled(Conflict):
    code = "part-disabled"
    zh = "{part} 已停用，不能再申领。"
    en = "{part} is not handed out any more."


class StockShort(Conflict):
    """The technician has fewer of the part than are wanted."""

    code = "stock-short"
    zh = "{part} 库存不足（剩余 {left}{unit}），请先申领。"
    en = "Only {left} of {part} are left; have more handed out first."


class PriceOutside(Unprocessable):
    """What is charged for a part lies between its lowest and highest price (fen)."""

    code = "price-outside"
    zh = "{part} 的单价须在 {low_yuan} 至 {high_yuan} 元之间。"
    en = "{part} costs between {low_yuan} and {high_yuan} yuan."


class HolderUnknown(Unprocessable):
    """Nobody of the dispatcher's technicians."""

    code = "holder-unknown"
    zh = "只能为本单位的维修人员办理。"
    en = "This is for technicians of your own vendor alone."


class Handing(Input):
    """So many of a part change hands."""

    person: Id
    part: PartId
    count: Pieces


class Stock(Struct):
    """What a technician has of a part, and what may be charged for one."""

    person: str
    name: str
    part: Part
    left: int


class StockList(Struct):
    """A technician's own parts; for a dispatcher, those of the vendor."""

    items: list[Stock]


class MoveQuery(PageQuery):
    """Whose moves."""

    person: Id | None = None


class Move(Struct):
    """One line of the ledger: `count` is negative where parts went."""

    id: str
    at: datetime
    by: str
    person: str
    part: str
    count: int
    kind: Literal["checkout", "return", "use"]
    order: str | None


class MovePage(Struct):
    """The ledger, newest first."""

    items: list[Move]
    next: str | None = None


async def stock(ctx: Context) -> StockList:
    """What the actor has; for a dispatcher, what the vendor's technicians have."""
    of_vendors = serves(ctx.actor, Role.DISPATCHER)
    where: Document = {"vendor": {"$in": of_vendors}} if of_vendors else {"person": ctx.actor.id}
    found = await ctx.store.find(PART_STOCK, where, sort=[("_id", 1)])
    known = await _by_id(ctx, PARTS, {each["part"] for each in found})
    persons = await _by_id(ctx, people.PEOPLE, {each["person"] for each in found})
    return StockList(items=[_stock(each, known, persons) for each in found])


async def moves(ctx: Context, query: MoveQuery) -> MovePage:
    """The ledger: of the actor, or of everybody whose stock the actor looks after."""
    listing = Listing(PART_MOVES, "at")
    of_vendors = serves(ctx.actor, Role.DISPATCHER)
    where: Document = {"vendor": {"$in": of_vendors}} if of_vendors else {"person": ctx.actor.id}
    if query.person is not None and of_vendors:
        where = {"person": query.person, **where}
    found, after = await page(ctx.store, listing, where, query)
    return MovePage(items=[_move(each) for each in found], next=after)


async def check_out(ctx: Context, body: Handing) -> Stock:
    """Hand parts out to a technician. The same key always means the same one act.

    Raises PartUnknown, PartDisabled, HolderUnknown.
    """
    part = await parts.find(ctx, body.part)
    if not part["enabled"]:
        raise PartDisabled(part=part["name"])
    vendor = await _employer(ctx, body.person)
    held = await _handed(ctx, body, vendor, body.count)
    return await _shown(ctx, held, part)


async def bring_back(ctx: Context, body: Handing) -> Stock:
    """Take parts back, also from somebody who has left. Raises StockShort, HolderUnknown."""
    part = await parts.find(ctx, body.part)
    held = await ctx.store.get(PART_STOCK, _key(body.person, body.part))
    if held is None or held["vendor"] not in serves(ctx.actor, Role.DISPATCHER):
        raise HolderUnknown
    after = await _handed(ctx, body, held["vendor"], -body.count)
    return await _shown(ctx, after, part)


async def _handed(ctx: Context, body: Handing, vendor: str, count: int) -> Document:
    """The stock after `count` more, or fewer, written together with its line of the ledger."""
    if not ctx.idempotency_key:
        raise KeyMissing
    move_id = ids.order_id(ctx.house.keys.derive("part-move"), ctx.actor.id, ctx.idempotency_key)
    move: Document = {"_id": move_id.replace("ord_", "mov_"), "at": ctx.now, "by": ctx.actor.id}
    move |= {"person": body.person, "part": body.part, "vendor": vendor, "count": count}
    move |= {"kind": "checkout" if count > 0 else "return", "request_hash": ctx.request_hash}

    def work(transaction: Transaction) -> Document:
        return _written(transaction, move)

    return await undisturbed(ctx.store, work)


def _written(transaction: Transaction, move: Document) -> Document:
    """The stock as it is afterwards; as it is now where the move was written before."""
    key, count = _key(move["person"], move["part"]), move["count"]
    found = transaction.find_in(PART_STOCK, "_id", [key])
    held = found[0] if found else _empty(move)
    for same in transaction.find_in(PART_MOVES, "_id", [move["_id"]]):
        if same["request_hash"] != move["request_hash"]:
            raise KeyReused
        return held
    if held["left"] + count < 0:
        part = transaction.find_in(PARTS, "_id", [move["part"]])[0]
        raise _short(part, held["left"])
    after = held | {"left": held["left"] + count, "vendor": move["vendor"]}
    if not found:
        transaction.insert(PART_STOCK, [after])
    else:
        change = {"$inc": {"left": count}, "$set": {"vendor": move["vendor"]}}
        if not transaction.update(PART_STOCK, [({"_id": key, "left": held["left"]}, change)]):
            raise Contended("the stock has changed")
    transaction.insert(PART_MOVES, [move])
    return after


def _empty(move: Document) -> Document:
    held: Document = {"_id": _key(move["person"], move["part"]), "left": 0, "enabled": True}
    held |= {name: move[name] for name in ("person", "part", "vendor")}
    return held | {"queue": [], "ranks": 0}


class Material(Protocol):
    """So many of a part at so much (fen) each, as a technician writes it down."""

    @property
    def part(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def price(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Used:
    """What goes with a fix: to be held by the ticket besides what it holds, shown, and written."""

    holds: Sequence[Hold]
    materials: list[Document]  # [{part, name, unit, count, price}]
    cost: int  # fen
    inserts: Sequence[tuple[str, Document]]


def lookups(person: str, materials: Iterable[Material]) -> list[Lookup]:
    """What `used` has to find."""
    wanted = list(dict.fromkeys(each.part for each in materials))
    stocks = [Lookup(PART_STOCK, _key(person, part)) for part in wanted]
    return [*(Lookup(PARTS, part) for part in wanted), *stocks]


def used(found: Found, order: Order, materials: Sequence[Material], now: datetime) -> Used:
    """What the ticket's technician uses of his own stock. Part of a decision: pure.

    The ticket keeps what it took for good: parts that are built in are given back by nobody.
    Raises PartUnknown, PriceOutside, StockShort.
    """
    person = order["assignee"]
    shown = [_priced(found, at, each) for at, each in enumerate(materials)]
    counts: Counter[str] = Counter()
    for each in materials:
        counts[each.part] += each.count
    for part, count in counts.items():
        held = found.one(PART_STOCK, _key(person, part))
        if held is None or held["left"] < count:
            raise _short(found.one(PARTS, part) or {}, held["left"] if held else 0)
    return Used(
        holds=[Hold(PART_STOCK, _key(person, part), count) for part, count in counts.items()],
        materials=shown,
        cost=sum(each.price * each.count for each in materials),
        inserts=[
            (PART_MOVES, _use(order, part, count, now)) for part, count in sorted(counts.items())
        ],
    )


def _priced(found: Found, at: int, material: Material) -> Document:
    part = found.one(PARTS, material.part)
    if part is None:
        raise PartUnknown(errors=((f"/materials/{at}/part", "没有该配件"),))
    if not part["low"] <= material.price <= part["high"]:
        low, high = (f"{fen // 100}.{fen % 100:02}" for fen in (part["low"], part["high"]))
        errors = ((f"/materials/{at}/price", f"须在 {low} 至 {high} 元之间"),)
        raise PriceOutside(part=part["name"], low_yuan=low, high_yuan=high, errors=errors)
    line: Document = {"part": part["_id"], "name": part["name"], "unit": part["unit"]}
    return line | {"count": material.count, "price": material.price}


def _use(order: Order, part: str, count: int, now: datetime) -> Document:
    """The line of the ledger; its id tells this fix from a later one of the same ticket."""
    move_id = f"mov_{order['_id']}:{order['version'] + 1}:{part}"
    move: Document = {"_id": move_id, "at": now, "by": order["assignee"], "kind": "use"}
    move |= {"person": order["assignee"], "part": part, "vendor": order["data"]["vendor"]["id"]}
    return move | {"count": -count, "order": order["_id"]}


def _short(part: Document, left: int) -> StockShort:
    return StockShort(part=part.get("name", ""), left=left, unit=part.get("unit", ""))


def _key(person: str, part: str) -> str:
    return f"{person}:{part}"


async def _employer(ctx: Context, person: str) -> str:
    """The vendor for which the actor dispatches and the person works. Raises HolderUnknown."""
    for vendor in serves(ctx.actor, Role.DISPATCHER):
        if any(
            each["_id"] == person for each in await people.serving(ctx, Role.TECHNICIAN, vendor)
        ):
            return vendor
    raise HolderUnknown


async def _shown(ctx: Context, held: Document, part: Document) -> Stock:
    persons = await _by_id(ctx, people.PEOPLE, {held["person"]})
    return _stock(held, {part["_id"]: part}, persons)


async def _by_id(ctx: Context, collection: str, wanted: set[str]) -> dict[str, Document]:
    where = {"_id": {"$in": sorted(wanted)}}
    return {each["_id"]: each for each in await ctx.store.find(collection, where)} if wanted else {}


def _stock(held: Document, known: dict[str, Document], persons: dict[str, Document]) -> Stock:
    person = persons.get(held["person"], {})
    return Stock(
        person=held["person"],
        name=person.get("name", ""),
        part=parts.view(known[held["part"]]),
        left=held["left"],
    )


def _move(move: Document) -> Move:
    same = ("at", "by", "person", "part", "count", "kind")
    fields: Any = {name: move[name] for name in same}
    return Move(id=move["_id"], order=move.get("order"), **fields)
