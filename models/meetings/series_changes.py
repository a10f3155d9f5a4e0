"""What a change from a day on leaves behind: how the dates before it are, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from models.base.calendar import ONE_DAY
from models.base.context import Context
from models.base.messages import DELIVERIES, notice
from models.base.store import Document
from models.base.workflow import Also, Effect, Order, Tell
from models.meetings.booking import invited
from models.meetings.texts import facts

Prepared = Sequence[tuple[Order, Effect]]  # meetings, and what is to become of each
_PATTERN: Final = (
    "room", "starts_at", "ends_at", "subject", "attendees", "private", "layout", "note",
)  # fmt: skip


def earlier(series: Order, since: date | None) -> list[Document]:
    """What the dates before a change from a day on are like: {until, ...}, by day."""
    data = series["data"]
    if since is None or f"{since}" <= data["date"]:
        return []
    kept = [each for each in data.get("earlier", ()) if each["until"] < f"{since}"]
    before = {name: like(data, since - ONE_DAY)[name] for name in _PATTERN}
    return [*kept, before | {"until": f"{since}"}]


def like(data: Document, day: date) -> Document:
    """What a series is like on a day."""
    earlier = (each for each in data.get("earlier", ()) if f"{day}" < each["until"])
    return {**data, **next(earlier, {})}


def told(
    ctx: Context, series: Order, prepared: Prepared, also: Sequence[Also], now: datetime
) -> dict[str, Any]:
    """Who is told once for all of the meetings: those who come now, those who come no more, and
    those for whom it is only different.
    """
    moved = {each.order_id for each in also}
    meetings = [meeting for meeting, _ in prepared if meeting["_id"] in moved]
    before = {person for meeting in meetings for person in invited(meeting)}
    after = {each["id"] for each in also[-1].effect.data["invited"]}
    both = {series["owner"], ctx.actor.id}
    gone, fresh = sorted(before - after - both), sorted(after - before - both)
    same = sorted(({series["owner"]} | (before & after)) - {ctx.actor.id})
    said = facts(meetings[0])
    return {
        "inserts": [(DELIVERIES, notice(each, "series-uninvited", said, now)) for each in gone],
        "tells": [
            Tell("series-invited", to=lambda order: fresh),
            Tell("series-changed", to=lambda order: same),
        ],
    }
