"""What the contract test cannot guess of a service, one file each; they are found by themselves.

A file may say:
    NAMES    what a path name or a field of that name may be: {"sitting_id": "sit_1"}
    set_up   brings the campus into being, once
    ASKS     {endpoint name: function}, for an endpoint whose request cannot be made from its types
    ORDERS   {kind: Sample}, how an order of that kind comes into each of its states
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType

from handlers.base.endpoint import Endpoint
from models.base.context import CLOCK
from models.base.store import Document
from models.base.workflow import Transition, Workflow
from tests.contract_house import Campus, Wish, steps

Ask = Callable[[Campus], Awaitable[Wish]]
Make = Callable[[Campus], Awaitable[Document]]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How to have an order in each state, each time a new one, at the moment that makes it so.

    `ways` are for transitions that want a particular order. `staff` says who stands behind the
    names in `by` other than owner, placer and assignee.
    """

    states: Mapping[str, Make]
    ways: Mapping[str, Make] = field(default_factory=dict)
    moments: Mapping[str, datetime] = field(default_factory=dict)  # when a transition is possible
    staff: Mapping[str, str] = field(default_factory=dict)  # by -> person
    check: Callable[[Campus], Awaitable[None]] | None = None  # that the books still agree


def _modules() -> list[ModuleType]:
    found = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}") for name in found]


async def set_up(campus: Campus) -> None:
    """Have everything in place that samples stand on."""
    for module in _modules():
        campus.names.update(getattr(module, "NAMES", {}))
        if hasattr(module, "set_up"):
            await module.set_up(campus)


def asks() -> dict[str, Ask]:
    """Requests by endpoint name."""
    return {name: ask for module in _modules() for name, ask in getattr(module, "ASKS", {}).items()}


def orders() -> dict[str, Sample]:
    """Samples by kind of order."""
    return {kind: s for module in _modules() for kind, s in getattr(module, "ORDERS", {}).items()}


async def wish(campus: Campus, endpoint: Endpoint) -> Wish:
    """A request that should succeed."""
    ask = asks().get(endpoint.name)
    if ask is not None:
        return await ask(campus)
    for kind, step in steps():
        if endpoint == campus.way_to(kind, step):
            order, who = await ready(campus, kind, step, step.source[0])
            match = order["version"] if step.stays else None
            return Wish(who=who, names={"order_id": order["_id"]}, if_match=match)
    return Wish()


async def ready(
    campus: Campus, kind: Workflow, step: Transition, state: str
) -> tuple[Document, str]:
    """An order in `state` at a moment when `step` is possible, and who may take it."""
    sample = orders()[kind.kind]
    make = sample.ways.get(step.name) if state == step.source[0] else None
    order = await an_order(campus, kind, state, make)
    campus.clock.now = sample.moments.get(step.name, campus.clock.now)
    return order, next(iter(parties(kind, step, order)))


async def an_order(
    campus: Campus, kind: Workflow, state: str, make: Make | None = None
) -> Document:
    """A new order in `state`, made the usual way or by `make`."""
    order = await (make or orders()[kind.kind].states[state])(campus)
    assert (order["kind"], order["state"]) == (kind.kind, state)
    return order


def parties(kind: Workflow, step: Transition, order: Document) -> dict[str, None]:
    """Who may take `step` with this order, by the names in `by`; people before the clock."""
    known = {"owner": order["owner"], "placer": order["actor"], CLOCK.id: CLOCK.id}
    known |= {"assignee": order.get("assignee"), **orders()[kind.kind].staff}
    return dict.fromkeys(who for by in step.by if (who := known[by.__name__]))
