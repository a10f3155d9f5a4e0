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
from typing import TYPE_CHECKING, Any

from models.base.store import Document

if TYPE_CHECKING:
    from tests.contract_house import Campus


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What to send instead of what the types suggest; `names` go into path, query and body."""

    who: str = ""  # somebody of a role that is allowed
    names: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None  # bytes are sent as they are
    media_type: str = "application/json"
    if_match: int | None = None


Ask = Callable[["Campus"], Awaitable[Wish]]
Make = Callable[["Campus"], Awaitable[Document]]


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
