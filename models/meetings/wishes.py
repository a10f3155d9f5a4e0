"""What somebody wants prepared for a meeting, and the orders that it becomes.

The life-cycle of those orders is in models/meetings/services.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from models.base.errors import Conflict, Unprocessable
from models.base.shapes import Input, Line
from models.base.store import Document
from models.base.visibility import deputy, desk, person
from models.base.workflow import Placement, Timer

KIND: Final = "meeting_service"
DESK: Final = desk("meetings")
UNDECIDED: Final = {"requested", "waiting", "offered"}  # states of a meeting
FOLLOWED: Final = ("room", "date", "starts_at", "ends_at", "subject", "attendees", "layout")

Service = Literal["tea", "meal", "seating", "equipment", "name_plates", "it"]


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of service: its name, its unit if it is counted, and how many a meeting may have."""

    name: str
    unit: str = ""
    per_person: bool = False  # as many as attend, if nothing is said; at most twice as many
    most: int = 200


SORTS: Final[Mapping[str, Sort]] = {
    "tea": Sort("茶水", "份", per_person=True),
    "meal": Sort("用餐", "份", per_person=True),
    "seating": Sort("座位布置"),
    "equipment": Sort("设备", "件"),
    "name_plates": Sort("桌签", "个", per_person=True),
    "it": Sort("技术支持"),
}


class ServiceTooLate(Unprocessable):
    """The meeting is too soon to prepare anything more."""

    code = "service-too-late"
    zh = "会议服务须至少提前 {minutes} 分钟提交。"
    en = "Services must be ordered {minutes} minutes before the meeting."


class TooManyAsked(Unprocessable):
    """More than such a meeting can need."""

    code = "service-too-many"
    zh = "{name}最多 {limit} {unit}。"
    en = "At most {limit} of this can be ordered."


class ServicesEnough(Conflict):
    """The meeting has as many services as one may have."""

    code = "services-enough"
    zh = "一个会议最多 {limit} 项服务。"
    en = "A meeting may have at most {limit} services."


class ServiceWish(Input):
    """What to prepare. `items` name single things, such as whose name plates."""

    service: Service
    quantity: Annotated[int, Meta(ge=1, le=2000)] | None = None
    note: Annotated[str, Meta(max_length=200)] = ""
    items: Annotated[list[Line], Meta(max_length=200)] = []


Wishes = Annotated[list[ServiceWish], Meta(max_length=12)]


def placements(
    wanted: Sequence[ServiceWish], data: Mapping[str, Any], owner: str, unit: str, state: str
) -> list[Placement]:
    """The services of a meeting in `state` with this data, as its children.

    Raises `TooManyAsked`.
    """
    return [placement(wish, data, owner, unit, state) for wish in wanted]


def refuse_late(
    wanted: Sequence[ServiceWish], starts_at: datetime, now: datetime, before: timedelta
) -> None:
    """Refuse what cannot be prepared in time. Raises `ServiceTooLate`."""
    if wanted and starts_at - now < before:
        raise ServiceTooLate(minutes=before // timedelta(minutes=1))


def placement(
    wish: ServiceWish, data: Mapping[str, Any], owner: str, unit: str, state: str
) -> Placement:
    """One service. Raises `TooManyAsked`."""
    asked: Document = {"service": wish.service}
    quantity = _quantity(wish, data["attendees"])
    if quantity:
        asked["quantity"] = quantity
    if wish.note:
        asked["note"] = wish.note
    if wish.items:
        asked["items"] = list(wish.items)
    return Placement(
        kind=KIND,
        state="ordered",
        owner=owner,
        unit=unit,
        data=of_meeting(data, state) | asked,
        seen_by=[person(owner), deputy(owner), DESK],
        waits_for=() if state in UNDECIDED else [DESK],
        due_at=data["starts_at"],
        timers=[Timer(data["ends_at"], "serve")],
    )


def _quantity(wish: ServiceWish, attendees: int) -> int:
    """How many, 0 where it is not counted."""
    sort = SORTS[wish.service]
    usual = attendees if sort.per_person else int(bool(sort.unit))
    limit = 2 * attendees if sort.per_person else sort.most
    quantity = wish.quantity or len(wish.items) or usual
    if max(quantity, len(wish.items)) > limit:
        raise TooManyAsked(name=sort.name, unit=sort.unit, limit=limit)
    return quantity


def of_meeting(data: Mapping[str, Any], state: str) -> Document:
    """What a service keeps of its meeting, to be compared with what the meeting says now."""
    return {name: data.get(name) for name in FOLLOWED} | {"tentative": state in UNDECIDED}
