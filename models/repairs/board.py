"""The board: open tickets by state, those that are due first. And one ticket's ledger.

Who sees the same tickets is shown the same board, at most a second old: a page depends on the
tokens it was made for and on nothing else of the reader. It is made from the open tickets that each
process keeps (models/base/kept.py, docs/adr/0011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from models.base import orders
from models.base.context import Context, House
from models.base.errors import NotFound
from models.base.indexes import declare as index
from models.base.kept import Kind
from models.base.orders import ORDERS
from models.base.shapes import Input, Struct
from models.base.store import Document
from models.base.workflow import Order
from models.repairs.catalogue import CategoryId
from models.repairs.clocks import MINUTE, figures, reckon
from models.repairs.parties import KIND, OPEN, OPEN_MARK
from models.repairs.vendors import VendorId

MOST_ROWS: Final = 100
_SHOWN: Final = (
    "category", "location", "fault", "symptom", "priority", "urgency", "asset", "vendor", "hand",
    "pause", "round", "urged", "escalated", "ledger", "dispatch", "disputes",
)  # fmt: skip

index(ORDERS, [("updated_at", 1)], partial={"kind": KIND})

After = Annotated[str, Meta(max_length=64, pattern=r"^[0-9]{1,15}\.[A-Za-z0-9_.]{3,40}$")]


class BoardQuery(Input):
    """One state or all that are open, one category or all, of one vendor or of all; `after` goes on
    where a column ended.
    """

    state: Literal["reported", "taken", "started", "paused", "fixed"] | None = None
    category: CategoryId | None = None
    vendor: VendorId | None = None
    after: After | None = None


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


@dataclass(frozen=True, slots=True)
class _Ticket:
    """An open ticket with who sees it, and where it stands among others: when it is due, its id."""

    row: Row
    seen_by: frozenset[str]
    place: tuple[int, str]


def _ticket(order: Order) -> _Ticket | None:
    if order["state"] not in OPEN:
        return None
    place = round(order["due_at"].timestamp() * 1000), order["_id"]
    return _Ticket(_row(order), frozenset(order["seen_by"]), place)


OPEN_TICKETS: Final = Kind(
    ORDERS,
    where={"found_by": OPEN_MARK},
    moved={"kind": KIND},
    made=_ticket,
)


async def board(house: House, tokens: Sequence[str], query: BoardQuery) -> Board:
    """The columns that are asked for, as the holders of `tokens` see them."""
    known = await house.kept(OPEN_TICKETS).now()
    seen = [each for each in known.values() if not each.seen_by.isdisjoint(tokens)]
    for name, wanted in (("category", query.category), ("vendor", query.vendor)):
        if wanted is not None:
            seen = [each for each in seen if each.row.data.get(name, {}).get("id") == wanted]
    seen.sort(key=lambda each: each.place)
    states = [query.state] if query.state else OPEN
    return Board(columns=[_column(seen, state, query.after) for state in states])


def _column(seen: Sequence[_Ticket], state: str, after: str | None) -> Column:
    """`seen` is in order."""
    whole = [each for each in seen if each.row.state == state]
    rest = [each for each in whole if each.place > _place(after)] if after else whole
    shown = rest[:MOST_ROWS]
    following = "{}.{}".format(*shown[-1].place) if len(rest) > MOST_ROWS else None
    return Column(state=state, count=len(whole), items=[each.row for each in shown], next=following)


def _place(after: str) -> tuple[int, str]:
    due, _, order_id = after.partition(".")
    return int(due), order_id


def _row(order: Order) -> Row:
    known = order["data"]
    data = {name: known[name] for name in _SHOWN if known.get(name) is not None}
    data["repeat"] = known["repeat_of"] is not None
    data["warn_minutes"] = known["terms"]["warn_minutes"]
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
