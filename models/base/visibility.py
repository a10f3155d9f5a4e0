"""Visibility tokens: who may see an order is `seen_by`, what an actor may see is `actor.tokens`.

Lists, counts, files, live updates and 404 all come down to one question: do the two share a token?
No token is shared by a whole large role, so that an index on `seen_by` stays selective.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from models.base.context import CLOCK, Actor
from models.base.store import Document

EVERYBODY: Final = "all"  # of files that anybody signed in may see; never of an order


def person(person_id: str) -> str:
    return f"p:{person_id}"


def deputy(absent: str) -> str:
    """Whoever stands in for the absent person of this id, for as long as that lasts."""
    return f"d:{absent}"


def absent(tokens: Iterable[str]) -> list[str]:
    """The ids of those whom the holder of `tokens` stands in for."""
    return sorted(token.removeprefix("d:") for token in tokens if token.startswith("d:"))


def leader(unit: str) -> str:
    return f"u:{unit}:leader"


def clerk(unit: str) -> str:
    return f"u:{unit}:clerk"


def desk(place: str) -> str:
    """Those who serve at a place: a canteen, a gate, the library."""
    return f"desk:{place}"


def vendor(vendor_id: str, role: str) -> str:
    return f"v:{vendor_id}:{role}"


def hand(vendor_id: str, person_id: str) -> str:
    """A technician at work for a vendor, for as long as he serves it."""
    return f"h:{vendor_id}:{person_id}"


def pool(category: str, vendor_id: str) -> str:
    return f"pool:{category}:{vendor_id}"


def office(service: str) -> str:
    """The administration's few people who decide for a service."""
    return f"office:{service}"


def sees(actor: Actor, order: Document) -> bool:
    """Whether `order` exists for `actor`; for the clock, every order does."""
    return actor.id == CLOCK.id or not actor.tokens.isdisjoint(order["seen_by"])


def within(tokens: Iterable[str]) -> Document:
    """The filter value for a field that must share one of `tokens`."""
    wanted = sorted(tokens)
    return {"$in": wanted}
