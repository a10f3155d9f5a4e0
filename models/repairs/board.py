"""The board: open tickets by state, those that are due first. And one ticket's ledger.

Who sees the same tickets is shown the same board, at most a second old: a page depends on the
tokens it was made for and on nothing else of the reader.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import UNSET, UnsetType

from models.base import orders
from models.base.context import Context, House
from models.base.errors import NotFound
from models.base.indexes import declare as index
from models.base.orders import ORDERS
from models.base.roles import Role
from models.base.shapes import Id, Input, Struct
from models.base.store import Document
from models.base.visibility import person, vendor
from models.base.workflow import Order
from models.repairs.catalogue import CategoryId
from models.repairs.clocks import MINUTE, figures, reckon
from models.repairs.parties import KIND, OFFICE, OPEN, own_pools, serves

MOST_ROWS: Final = 100
_FIELDS: Final = dict.fromkeys(
    (
        "state", "version", "owner", "assignee", "due_at", "created_at", "updated_at",
        *(
            f"data.{name}"
            for name in (
                "category", "location", "fault", "symptom", "priority", "urgency", "asset",
                "vendor", "hand", "pause", "round", "repeat_of", "urged", "escalated", "ledger",
                "dispatch", "disputes", "terms.warn_minutes",
            )
        ),
    ),
    1,
)  # fmt: skip

index(
    ORDERS,
    [("seen_by", 1), ("state", 1), ("due_at", 1)],
    partial={"kind": KIND},
)  # fmt: skip


class BoardQuery(Input):
    """One state or all that are open, one category or all; `after` goes on where a column ended."""

    state: Literal["reported", "taken", "started", "paused", "fixed"] | None = None
    category: CategoryId | None = None
    after: Id | None = None


class Row(Struct, kw_only=True):
    """A ticket as the board shows it; `data` is part of the ticket's."""

    id: str
    state: str
    version: int
    owner: str
    assignee: str | UnsetType = UNSET
    due_at: datetime
    created_at: datetime
    updated_at: datetime
    data: dict[str, Any]


class Column(Struct):
    """The tickets of a state: how many there are, and the first hundred by when they are due."""

    state: str
    count: int
    items: list[Row]
    next: str | None = None


class Board(Struct):
    """The open tickets."""

    columns: list[Column]


class IntervalView(Struct, rename={"from_": "from"}):
    """A stretch of a ticket's life and whose time it was; `minutes` is business time."""

    from_: datetime
    to: datetime
    state: str
    party: str
    minutes: int
    transition: str
    settled: bool


class ClockView(Struct):
    """A clock in business minutes; `due_at` is when it ran out, or will if nothing stops it."""

    target: int
    used: int
    runs: bool
    met: bool
    due_at: datetime | None = None


class DisputeView(Struct, rename={"from_": "from"}):
    """An interval that somebody disputes; `party` is null until a manager has settled it."""

    from_: datetime
    to: datetime
    by: str
    at: datetime
    reason: str
    party: str | None


class LedgerView(Struct):
    """Whose every minute of a ticket was, and how far its clocks have run by now."""

    intervals: list[IntervalView]
    response: ClockView
    solution: ClockView
    minutes: dict[str, int]
    disputes: list[DisputeView]


def tokens_of(ctx: Context) -> tuple[str, ...]:
    """By what the reader sees the tickets of the board: a technician his own and his pools, a
    dispatcher those of the vendor, a manager all. Raises NotFound for anybody else.
    """
    actor = ctx.actor
    if Role.MANAGER in actor.roles and OFFICE in actor.tokens:
        return (OFFICE,)
    found = [vendor(each, Role.DISPATCHER) for each in serves(actor, Role.DISPATCHER)]
    if Role.TECHNICIAN in actor.roles:
        found += [person(actor.id), *own_pools(actor)]
    if not found:
        raise NotFound
    return tuple(sorted(found))


async def board(house: House, tokens: tuple[str, ...], query: BoardQuery) -> Board:
    """The columns that are asked for, as the holders of `tokens` see them."""
    states = [query.state] if query.state else list(OPEN)
    columns = await asyncio.gather(*(_column(house, tokens, query, state) for state in states))
    return Board(columns=list(columns))


async def _column(house: House, tokens: tuple[str, ...], query: BoardQuery, state: str) -> Column:
    seen = tokens[0] if len(tokens) == 1 else {"$in": list(tokens)}
    where: Document = {"seen_by": seen, "state": state, "kind": KIND}
    if query.category is not None:
        where["data.category.id"] = query.category
    page = await _page_from(house, where, query.after)
    sort = [("due_at", 1), ("_id", 1)]
    found = await house.store.find(ORDERS, page, sort=sort, limit=MOST_ROWS + 1, fields=_FIELDS)
    shown = found[:MOST_ROWS]
    following = shown[-1]["_id"] if len(found) > MOST_ROWS else None
    whole = following is None and page is where
    count = len(shown) if whole else await house.store.count(ORDERS, where)
    return Column(state=state, count=count, items=[_row(order) for order in shown], next=following)


async def _page_from(house: House, where: Document, after: str | None) -> Document:
    """The filter of the tickets that come after `after`."""
    last = await house.store.get(ORDERS, after) if after else None
    if last is None:
        return where
    later = {"due_at": {"$gt": last["due_at"]}}
    beside = {"due_at": last["due_at"], "_id": {"$gt": last["_id"]}}
    return {**where, "$or": [later, beside]}


def _row(order: Order) -> Row:
    data = {name: value for name, value in order["data"].items() if value is not None}
    data["warn_minutes"] = data.pop("terms")["warn_minutes"]
    return Row(
        id=order["_id"],
        state=order["state"],
        version=order["version"],
        owner=order["owner"],
        assignee=order.get("assignee") or UNSET,
        due_at=order["due_at"],
        created_at=order["created_at"],
        updated_at=order["updated_at"],
        data=data,
    )


async def ledger(ctx: Context, order_id: str) -> LedgerView:
    """Whose every minute of a ticket was. Raises NotFound."""
    order = await orders.seen(ctx, order_id)
    if order["kind"] != KIND:
        raise NotFound
    calendar = await ctx.house.calendars.current()
    account = reckon(order["timeline"], order["data"]["terms"], calendar, ctx.now)
    begins = {entry["at"]: entry["transition"] for entry in reversed(order["timeline"])}
    shown = figures(account.ledger)
    return LedgerView(
        intervals=[
            IntervalView(
                from_=each.start,
                to=each.end,
                state=each.state,
                party=each.party,
                minutes=each.used // MINUTE,
                transition=begins.get(each.start, "settle"),
                settled=each.settled,
            )
            for each in account.ledger.intervals
        ],
        response=ClockView(**shown["response"]),
        solution=ClockView(**shown["solution"]),
        minutes=shown["minutes"],
        disputes=[_dispute(each) for each in order["data"].get("disputes", ())],
    )


def _dispute(dispute: Document) -> DisputeView:
    same = {name: dispute[name] for name in ("by", "at", "reason", "party")}
    return DisputeView(from_=dispute["start"], to=dispute["end"], **same)
