"""Who takes part in a ticket: its owner with deputies and watchers, the pool, the vendor's people,
the office.

Who may see a ticket and whose turn it is follows from where it stands (`seen_by`, `waits_for`).
While it is in the pool, every vendor of its category sees it; once it is taken, one vendor alone.
Its technician sees it as somebody who works for that vendor: who works for another one sees nothing
of it any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from models.base import workflow as wf
from models.base.context import Actor
from models.base.errors import NotFound
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


def others(persons: Iterable[str | None], order: Order) -> list[str]:
    """Those of `persons` who did not do the last step themselves."""
    by = order["timeline"][-1]["by"]
    return [each for each in dict.fromkeys(persons) if each and each != by]


def reporters(order: Order) -> list[str]:
    """The owner and those who watch along."""
    return others([order["owner"], *order["data"]["watchers"]], order)


def worker(order: Order) -> list[str]:
    return others([order.get("assignee")], order)
