"""Marks: by what else an order is looked up than by who owns it, sees it, or has to act.

A kind of order says which marks one of its orders bears as it stands (`Workflow.found_by`); each
placement and each step keeps them right. All kinds share the one index of `found_by`: an index of
its own for each question of a service would be a cost of every order of all services, and a
collection may have 64. A mark is looked up whole, so where a stretch of time is wanted it names the
day or the month. See docs/adr/0015.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from models.base.clock import campus_date
from models.base.store import Document
from models.base.workflow import Order, of_kind


def mark(*parts: str | date) -> str:
    """A mark of its parts, from the coarsest to the finest: the kind of order, what, which."""
    return ":".join(str(part) for part in parts)


def takes_part(person: str, month: str) -> str:
    """Marks what happens in that month and concerns somebody else than its owner, of any kind."""
    return mark("takes_part", person, month)


def month(moment: datetime) -> str:
    """The month of a moment on the campus, such as "2026-11"."""
    return f"{campus_date(moment):%Y-%m}"


def months(first: date, last: date) -> list[str]:
    """The months from the first day to the last."""
    found, day = [], first.replace(day=1)
    while day <= last:
        found.append(f"{day:%Y-%m}")
        day = (day + timedelta(days=31)).replace(day=1)
    return found


def any_of(marks: Iterable[str]) -> Document:
    """The filter that finds orders which bear at least one of these marks."""
    return {"found_by": {"$in": sorted(set(marks))}}


def borne(order: Order) -> list[str]:
    """The marks that an order has to bear as it stands, in order; none where its kind has none."""
    found_by = of_kind(order["kind"]).found_by
    return sorted(set(found_by(order))) if found_by else []
