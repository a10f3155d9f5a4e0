"""No-shows: who orders and does not come so often in so many days cannot order for a while.

A strike is a document of `strikes` with the id of the missed order, so that it counts once however
often the clock runs, and is gone as soon as a manager pardons it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from models.base.clock import campus_date
from models.base.decisions import Found, Lookup
from models.base.indexes import declare as index
from models.base.store import Document
from models.base.workflow import Order
from models.meals.refusals import Suspended

STRIKES: Final = "strikes"

index(STRIKES, [("who", 1)])


def strikes_of(person: str) -> Lookup:
    """What a booking must read to know whether the person may order."""
    return Lookup(STRIKES, person, "who")


def strike(order: Order) -> Document:
    """The strike a missed order leaves."""
    data = order["data"]
    return {
        "_id": order["_id"],
        "who": order["owner"],
        "canteen": data["canteen"]["id"],
        "date": data["date"],
    }


def refuse_suspended(sitting: Document, found: Found, person: str, now: datetime) -> None:
    """Refuse a person whose strikes at this canteen have reached its limit."""
    until = suspended_until(sitting, found.all(strikes_of(person)))
    if until is not None and campus_date(now) <= until:
        raise Suspended(until=until.isoformat())


def suspended_until(sitting: Document, strikes: list[Document]) -> date | None:
    """The last day of the latest suspension, or None where there never was one.

    The rule of a canteen: `limit` strikes within `days` suspend for `pause` days after the last of
    them. A limit of 0 means that strikes have no effect.
    """
    rule = sitting["no_show"]
    canteen = sitting["canteen"]["id"]
    days = sorted(date.fromisoformat(s["date"]) for s in strikes if s["canteen"] == canteen)
    limit, within = rule["limit"], timedelta(days=rule["days"])
    pairs = zip(days, days[limit - 1 :] if limit else [], strict=False)
    reached = [last for first, last in pairs if last - first < within]
    return max(reached) + timedelta(days=rule["pause"]) if reached else None
