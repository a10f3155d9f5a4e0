"""Who takes part in a ticket: its owner with deputies and watchers, the pool, the vendor's people,
the office.

Who may see a ticket and whose turn it is follows from where it stands (`seen_by`, `waits_for`).
While it is in the pool, every vendor of its category sees it; once it is taken, one vendor alone.
Its technician sees it as somebody who works for that vendor: who works for another one sees nothing
of it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from models.base import workflow as wf
from models.base.context import Actor
from models.base.errors import NotFound
from models.base.marks import mark, month
from models.base.roles import Role
from models.base.store import Document
from models.base.visibility import deputy, hand, office, person, pool, vendor
from models.base.workflow import Order

OFFICE: Final = office("repairs")
KIND: Final = "repair"
REPORTED, TAKEN, STARTED = ("reported",), ("taken",), ("started",)
PAUSED, FIXED, ACCEPTED = ("paused",), ("fixed",), ("accepted",)
WORK: Final = TAKEN + STARTED + PAUSED  # somebody has it on hand
OPEN: Final = REPORTED + WORK + FIXED
DONE: Final = (*ACCEPTED, "rated")


def vendors_of(data: Document) -> list[str]:
    """The vendor that has the ticket, or all that might."""
    return [data["vendor"]["id"]] if data["vendor"] else list(data["vendors"])


def pools(data: Document) -> list[str]:
    """The pools in which a ticket of this data is offered; none where a dispatcher decides."""
    return [pool(data["category"]["id"], each) for each in vendors_of(data) if data["pooled"]]


def seen_by(owner: str, data: Document, state: str, assignee: str | None) -> list[str]:
    """Who sees a ticket: its people, the dispatchers, the office, and the pool it is offered in."""
    tokens = [person(owner), deputy(owner), *(person(each) for each in data["watchers"])]
    tokens += [vendor(each, Role.DISPATCHER) for each in vendors_of(data)]
    if state == "reported":
        tokens += pools(data)
    if assignee is not None:
        tokens.append(hand(data["vendor"]["id"], assignee))
    return list(dict.fromkeys([*tokens, OFFICE]))


def waits_for(owner: str, data: Document, state: str, assignee: str | None) -> list[str]:
    """Whose turn it is."""
    if state == "reported":
        return pools(data) or dispatchers(data)
    if state == "fixed" or (state == "paused" and data["pause"]["reason"] == "requester"):
        return [person(owner), deputy(owner)]
    if state in WORK and assignee:
        return [hand(data["vendor"]["id"], assignee)]
    return []


def dispatchers(data: Document) -> list[str]:
    """The tokens of those who decide who does it; of the office where no vendor is left."""
    return [vendor(each, Role.DISPATCHER) for each in vendors_of(data)] or [OFFICE]


def serves(actor: Actor, role: Role) -> list[str]:
    """The vendors for which the actor works in this role."""
    if role not in actor.roles:
        return []
    end = f":{role}"
    found = (token for token in actor.tokens if token.startswith("v:") and token.endswith(end))
    return sorted(token.removeprefix("v:").removesuffix(end) for token in found)


def own_hands(actor: Actor) -> list[str]:
    """The tokens by which a technician sees what he has on hand."""
    return [hand(each, actor.id) for each in serves(actor, Role.TECHNICIAN)]


def own_pools(actor: Actor) -> list[str]:
    """The tokens of the pools that a technician sees."""
    if Role.TECHNICIAN not in actor.roles:
        return []
    return sorted(token for token in actor.tokens if token.startswith("pool:"))


def boards(actor: Actor) -> list[str]:
    """By what the actor sees the tickets of a board: a technician his own and his pools, a
    dispatcher those of the vendor, a manager all. Raises NotFound for anybody else.
    """
    if Role.MANAGER in actor.roles and OFFICE in actor.tokens:
        return [OFFICE]
    found = [vendor(each, Role.DISPATCHER) for each in serves(actor, Role.DISPATCHER)]
    if Role.TECHNICIAN in actor.roles:
        found += [*own_hands(actor), *own_pools(actor)]
    if not found:
        raise NotFound
    return sorted(found)


def technician(order: Order, actor: Actor) -> bool:
    """A technician in whose pool the ticket is."""
    return not set(own_pools(actor)).isdisjoint(order["seen_by"])


def dispatcher(order: Order, actor: Actor) -> bool:
    """A dispatcher of the vendor that has the ticket, or of one that might."""
    return not set(serves(actor, Role.DISPATCHER)).isdisjoint(vendors_of(order["data"]))


manager = wf.at(Role.MANAGER, lambda order: OFFICE)


def found_by(order: Order) -> Iterator[str]:
    """The marks of a ticket: what it is about and where, who has to do with it while it is open,
    and the months that it counts in.
    """
    data, state = order["data"], order["state"]
    yield about(data["subject"])
    if data["repeat_of"]:
        yield repeats(data["repeat_of"])
    if "disputed" in data:
        yield disputed(data["disputed"])
    if state in OPEN:
        yield OPEN_MARK
        yield open_at(data["location"]["building"], data["location"]["room"])
    if state in REPORTED + WORK:
        yield from map(open_for, vendors_of(data))
    if state in WORK and order.get("assignee"):
        yield on_hand(data["vendor"]["id"], order["assignee"])
    if state in DONE:
        yield accepted(data["vendor"]["id"], month(data["accepted_at"]))
    if "vendor" in (rating := data.get("rating", {})):
        yield rated(rating["vendor"], month(rating["at"]))


OPEN_MARK: Final = mark(KIND, "open")


def about(subject: str) -> str:
    """Tickets of the same asset, or else place and category."""
    return mark(KIND, "about", subject)


def open_at(building: str, room: str) -> str:
    """Open tickets of a room."""
    return mark(KIND, "open_at", building, room)


def open_for(vendor_id: str) -> str:
    """Tickets that a vendor has to repair, or might."""
    return mark(KIND, "open_for", vendor_id)


def on_hand(vendor_id: str, person_id: str) -> str:
    """What a technician of a vendor works on."""
    return mark(KIND, "on_hand", vendor_id, person_id)


def repeats(order_id: str) -> str:
    """Tickets of a fault that had been repaired as that order."""
    return mark(KIND, "repeats", order_id)


def disputed(waits: bool) -> str:
    """Tickets of which a dispute waits for its decision, or of which all are settled."""
    return mark(KIND, "disputed", "open" if waits else "settled")


def accepted(vendor_id: str, month: str) -> str:
    """Tickets of a vendor that were accepted in a month."""
    return mark(KIND, "accepted", vendor_id, month)


def rated(vendor_id: str, month: str) -> str:
    """Tickets whose fix by that vendor was rated in a month."""
    return mark(KIND, "rated", vendor_id, month)


def others(persons: Iterable[str | None], order: Order) -> list[str]:
    """Those of `persons` who did not do the last step themselves."""
    by = order["timeline"][-1]["by"]
    return [each for each in dict.fromkeys(persons) if each and each != by]


def reporters(order: Order) -> list[str]:
    """The owner and those who watch along."""
    return others([order["owner"], *order["data"]["watchers"]], order)


def worker(order: Order) -> list[str]:
    return others([order.get("assignee")], order)
