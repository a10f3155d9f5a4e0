"""Series of meetings, swaps of rooms and emergencies, each in rooms of its own."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from models.base import orders
from models.base.context import CLOCK
from models.base.store import Document
from models.base.transitions import transition
from models.meetings.lifecycle import Parting
from models.meetings.recurrence import Repeat
from models.meetings.series_booking import SeriesInput
from models.meetings.series_steps import SeriesCancel
from models.meetings.swaps import Answer, SwapInput
from tests.contract_house import Campus, Wish
from tests.machinery import MONDAY
from tests.meals_house import ANN, BOB
from tests.meetings_house import DESK, balance
from tests.samples import Sample
from tests.samples.deputies import DEPUTY
from tests.samples.meetings import END, START, booking, place, room

OVER = MONDAY + timedelta(days=7)
TUESDAY = date(2026, 11, 24)


def _wanted(room_id: str, **said: Any) -> SeriesInput:
    """Every day until Thursday, but for Tuesday."""
    daily = Repeat(frequency="daily", until=date(2026, 11, 26))
    usual: dict[str, Any] = {"subject": "例会", "attendees": 5, "repeat": daily, "skip": [TUESDAY]}
    return SeriesInput(room_id=room_id, starts_at=START, ends_at=END, **usual | said)


async def _booked(campus: Campus, body: SeriesInput) -> Document:
    ctx = campus.context(ANN, idempotency_key=campus.key())
    order: Document = await orders.place(ctx, "meeting_series", body)
    return order


async def running(campus: Campus) -> Document:
    return await _booked(campus, _wanted(await room(campus)))


async def requested(campus: Campus) -> Document:
    """Running, and every meeting of it waits for approval."""
    return await _booked(campus, _wanted(await room(campus, approval=True)))


async def proposed(campus: Campus) -> Document:
    return await _step(campus, CLOCK.id, await running(campus), "propose_release")


async def cancelled(campus: Campus) -> Document:
    return await _step(campus, ANN, await running(campus), "cancel", SeriesCancel())


async def ended(campus: Campus) -> Document:
    order = await running(campus)
    campus.clock.now = OVER
    return await _step(campus, CLOCK.id, order, "end")


async def asked(campus: Campus) -> Document:
    """Bob would rather have the room in which Ann meets."""
    theirs = await place(campus, ANN, booking(await room(campus)))
    mine = await place(campus, BOB, booking(await room(campus), invite=[]))
    body = SwapInput(mine=mine["_id"], theirs=theirs["_id"])
    ctx = campus.context(BOB, idempotency_key=campus.key())
    order: Document = await orders.place(ctx, "meeting_swap", body)
    return order


async def swapped(campus: Campus) -> Document:
    return await _step(campus, ANN, await asked(campus), "accept")


async def declined(campus: Campus) -> Document:
    return await _step(campus, ANN, await asked(campus), "decline", Answer())


async def withdrawn(campus: Campus) -> Document:
    return await _step(campus, BOB, await asked(campus), "cancel", Parting())


async def lapsed(campus: Campus) -> Document:
    order = await asked(campus)
    campus.clock.now = START
    return await _step(campus, CLOCK.id, order, "lapse")


async def _step(campus: Campus, who: str, order: Document, name: str, body: Any = None) -> Document:
    return await transition(campus.context(who), order["_id"], name, body)


async def _books_balance(campus: Campus) -> None:
    await balance(campus.house.store)


ORDERS = {
    "meeting_series": Sample(
        states={
            "running": running, "proposed": proposed, "cancelled": cancelled, "ended": ended,
        },
        ways={"approve": requested, "refuse": requested},
        moments={"end": OVER},
        staff={"meetings": DESK, "deputy": DEPUTY},
        check=_books_balance,
    ),
    "meeting_swap": Sample(
        states={
            "asked": asked, "swapped": swapped, "declined": declined, "withdrawn": withdrawn,
            "lapsed": lapsed,
        },
        moments={"lapse": START},
        staff={"deputy": DEPUTY, "holders_deputy": DEPUTY},
        check=_books_balance,
    ),
}  # fmt: skip


async def _a_series_to_be(campus: Campus) -> Wish:
    body = _wanted(await room(campus))
    return Wish(who=ANN, body=msgspec.to_builtins(body))


async def _a_series(campus: Campus) -> Wish:
    return Wish(who=ANN, names={"series_id": (await running(campus))["_id"]})


async def _two_meetings(campus: Campus) -> Wish:
    theirs = await place(campus, ANN, booking(await room(campus)))
    mine = await place(campus, BOB, booking(await room(campus), invite=[]))
    return Wish(who=BOB, names={"mine": mine["_id"], "theirs": theirs["_id"]})


async def _somebodys_room(campus: Campus) -> Wish:
    meeting = await place(campus, ANN, booking(await room(campus)))
    times = {"starts_at": START.isoformat(), "ends_at": END.isoformat()}
    return Wish(names={"room_id": meeting["data"]["room"]["id"], **times})


ASKS = {
    "meeting_series_book": _a_series_to_be,
    "meeting_series_preview": _a_series_to_be,
    "meeting_series_show": _a_series,
    "meeting_series_ask_to_swap": _two_meetings,
    "meeting_series_declare": _somebodys_room,
}
