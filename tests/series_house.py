"""Short words for what people do with series of meetings."""

from __future__ import annotations

from typing import Any

from models.base.store import Document
from models.meetings import series
from models.meetings.recurrence import Repeat
from models.meetings.series import SeriesBooked
from models.meetings.series_booking import SeriesInput
from tests.meals_house import ANN
from tests.meetings_house import DAY, HOUR, TEN, Meetings

WEEKLY = Repeat(frequency="weekly", count=4)
MONDAYS = ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14"]
WEEK = 7 * DAY


def asked(**body: Any) -> SeriesInput:
    """Room A every Monday from ten to eleven, four times, or as `body` says."""
    usual: dict[str, Any] = {"room_id": "room_a", "starts_at": TEN, "subject": "例会"}
    wanted = {**usual, "attendees": 5, "repeat": WEEKLY, **body}
    wanted.setdefault("ends_at", wanted["starts_at"] + HOUR)
    return SeriesInput(**wanted)


async def book(meetings: Meetings, who: str = ANN, key: str = "series", **body: Any) -> Any:
    return await series.book(meetings.ctx(who, key), asked(**body))


def outcomes(answer: Any) -> list[str]:
    """What became of each date: the outcome, or the code that explains it."""
    results = answer.results if isinstance(answer, SeriesBooked) else answer["data"]["results"]
    told = [each if isinstance(each, dict) else {"code": each.code or None, "outcome": each.outcome}
            for each in results]  # fmt: skip
    return [str(each.get("code") or each["outcome"]) for each in told]


async def parent(meetings: Meetings, answer: SeriesBooked) -> Document:
    return await meetings.order(answer.order.id)


async def children(meetings: Meetings, series_id: str) -> list[Document]:
    """The meetings of a series, by time."""
    where = {"parent": series_id}
    return await meetings.store.find("orders", where, sort=[("due_at", 1), ("_id", 1)])


async def states(meetings: Meetings, series_id: str) -> list[str]:
    return [each["state"] for each in await children(meetings, series_id)]
