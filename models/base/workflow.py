"""A life-cycle as data: the states of a kind of order, and who may move it from one to the next.

    WORKFLOW = declare(Workflow(kind="meal", service="meals", starts=("booked",), transitions=(
        Transition("cancel", source=("booked",), target="cancelled", by=(owner,), frees=True),
        ...)))

Everything generic (routes, buttons, checks, clocks, the contract test) reads these records.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from models.base import visibility
from models.base.context import CLOCK, Actor, Context
from models.base.decisions import Clash, Found, Hold, Lookup, Rank
from models.base.errors import Refusal
from models.base.roles import Role
from models.base.store import Document, Where

Order = Document  # the fields of an order are listed in models/base/orders.py
By = Callable[[Order, Actor], bool]


@dataclass(frozen=True, slots=True)
class Timer:
    """A transition the clock takes at `at`, if the order still allows it then."""

    at: datetime
    transition: str


@dataclass(frozen=True, slots=True)
class Tell:
    """A message that goes out with a transition: to whom, and by which template of `messages`.

    `to` names persons by their relation (a field of the order holding a person id), or computes
    them; `messages.third_party` is one of the order's `private`. `sms` marks what must not be
    missed.
    """

    template: str
    to: str | Callable[[Order], Sequence[str]] = "owner"
    sms: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a rule adds to a transition. None leaves a field as it is.

    `holds` and `claims` are what the order has *afterwards*; the difference is taken and given
    back. `settle` decides again inside the transaction, on what `lookups` found there.
    """

    data: Mapping[str, Any] = field(default_factory=dict)  # members of order.data to set
    fields: Mapping[str, Any] = field(default_factory=dict)  # members of the order to set
    target: str | None = None  # a state other than the transition's own
    holds: Sequence[Hold] | None = None
    claims: Sequence[str] | None = None
    leaves: Rank | None = None
    promotes: bool = False
    timers: Sequence[Timer] = ()
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)  # what else the timeline says of it
    tells: Sequence[Tell] = ()
    quiet: bool = False  # without the transition's own tells: people are told in another way
    inserts: Sequence[tuple[str, Document]] = ()
    deletes: Sequence[tuple[str, Any]] = ()
    updates: Sequence[tuple[str, Where, Document]] = ()  # of documents; each must be there
    also: Sequence[Also] = ()  # other orders of the service that move in the same transaction
    children: Sequence[Placement] = ()  # orders placed below this one, numbered on
    lookups: Sequence[Lookup] = ()
    settle: Callable[[Found, Order, datetime], Effect] | None = None


@dataclass(frozen=True, slots=True)
class Also:
    """Another order of the same service moves along by its own transition, or nothing happens.

    The transition brings its target, tells, reactions and `frees`; `effect` is all the rest, for
    its `by`, `when` and rule are not asked: whoever names it answers for it. The order must be
    among the lookups (and what it takes, too), and be at `version` where one is given.
    """

    order_id: str
    transition: str
    effect: Effect = field(default_factory=Effect)
    version: int | None = None


Rule = Callable[[Context, Order, Any], Awaitable[Effect]]
Drafter = Callable[[Context, Any], Awaitable["Draft"]]
When = Callable[[Order, Actor, datetime], Refusal | None]


def _always(order: Order, actor: Actor, now: datetime) -> Refusal | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step of a life-cycle. `when` is pure; `rule` may read, and returns what else changes.

    `repeat` is what the same actor gets who does it again: "same" (the order, as for a lost reply)
    or "refuse" (where the second time means something else, as at a counter). With nobody in `by`
    it happens only along with another order's step (`Also`): no address, and in nobody's `can`.
    """

    name: str
    source: tuple[str, ...]
    target: str
    by: tuple[By, ...]
    summary: str
    needs: type[msgspec.Struct] | None = None
    when: When = _always
    rule: Rule | None = None
    tells: tuple[Tell, ...] = ()
    frees: bool = False
    repeat: str = "same"
    approves: bool = False  # somebody decides for another: the session is read, never remembered

    @property
    def stays(self) -> bool:
        """Whether the state cannot tell a repeat, so that If-Match is required."""
        return self.target in self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A kind of order. `draft` prepares a new one; `show` is its data as the actor may see it."""

    kind: str
    service: str
    title: str  # as people call it, in Chinese
    starts: tuple[str, ...]
    transitions: tuple[Transition, ...]
    draft: Drafter
    body: type[msgspec.Struct]
    show: Callable[[Context, Order], Mapping[str, Any]]
    clash: Callable[[Context, Clash], Awaitable[Refusal]] | None = None  # words a claimed key
    # What is read for an order shown alone (not in lists), such as its place in a queue.
    detail: Callable[[Context, Order], Awaitable[Mapping[str, Any]]] | None = None
    finals: tuple[str, ...] = ()
    # Members an order is given by whatever step brings it to an end at a moment.
    ended: Callable[[Order, datetime], Mapping[str, Any]] | None = None
    found_by: Callable[[Order], Iterable[str]] | None = None  # its marks: models/base/marks.py
    path: str = ""  # where its steps are taken, such as "meetings/series"; else the service's

    def transition(self, name: str) -> Transition | None:
        return next((t for t in self.transitions if t.name == name), None)

    @property
    def states(self) -> frozenset[str]:
        return (
            frozenset(self.starts) | {t.target for t in self.transitions} | frozenset(self.finals)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An order as it is to be placed, decided on what the group read."""

    state: str
    owner: str
    unit: str = ""
    data: Mapping[str, Any]
    private: Mapping[str, Any] | None = None
    price: int | None = None
    assignee: str | None = None
    seen_by: Sequence[str] = ()
    waits_for: Sequence[str] = ()
    due_at: datetime | None = None
    timers: Sequence[Timer] = ()
    tells: Sequence[Tell] = ()
    holds: Sequence[Hold] = ()
    claims: Sequence[str] = ()
    joins: Rank | None = None
    waits_n: int = 1  # how many of the thing it waits for
    kind: str = ""  # of a child that is not of its parent's kind, or of the parent itself
    children: Sequence[Placement] = ()  # with the ids `<parent>.<n>`, n from 1
    also: Sequence[Also] = ()  # other orders of the service that move in the same transaction
    inserts: Sequence[tuple[str, Document]] = ()
    updates: Sequence[tuple[str, Where, Document]] = ()  # of documents; each must be there
    promotes: bool = False  # takes although others wait
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request to place an order: what to read, and the pure decision over it."""

    lookups: Sequence[Lookup] = ()
    decide: Callable[[Found, datetime], Placement]


def owner(order: Order, actor: Actor) -> bool:
    """The person the order is for."""
    return bool(order["owner"] == actor.id)


def deputy(order: Order, actor: Actor) -> bool:
    """Whoever stands in for the owner while the owner is away."""
    return visibility.deputy(order["owner"]) in actor.tokens


def placer(order: Order, actor: Actor) -> bool:
    """Whoever placed it, such as a clerk."""
    return bool(order["actor"] == actor.id)


def assignee(order: Order, actor: Actor) -> bool:
    """Whoever has taken it on."""
    return bool(order.get("assignee") == actor.id)


def clock(order: Order, actor: Actor) -> bool:
    """The clock, when a timer is due."""
    return actor is CLOCK or actor.id == CLOCK.id


def at(role: Role, token: Callable[[Order], str]) -> By:
    """Somebody of `role` who serves where `token` says this order is served."""

    def by(order: Order, actor: Actor) -> bool:
        return role in actor.roles and token(order) in actor.tokens

    by.__name__ = role.value
    return by


_BY_KIND: Final[dict[str, Workflow]] = {}


def declare(workflow: Workflow) -> Workflow:
    """Check a workflow and register it. Raises ValueError for what can never work."""
    names = [transition.name for transition in workflow.transitions]
    if len(names) != len(set(names)):
        raise ValueError(f"{workflow.kind}: a transition is named twice")
    if workflow.kind in _BY_KIND:
        raise ValueError(f"{workflow.kind}: declared twice")
    reached = _reachable(workflow)
    for transition in workflow.transitions:
        unknown = set(transition.source) - reached
        if unknown:
            raise ValueError(
                f"{workflow.kind}.{transition.name}: nothing leads to {sorted(unknown)}"
            )
    sources = {state for transition in workflow.transitions for state in transition.source}
    for state in workflow.states - sources - set(workflow.finals):
        raise ValueError(f"{workflow.kind}: no way out of {state}, and it is not declared final")
    _BY_KIND[workflow.kind] = workflow
    return workflow


def _reachable(workflow: Workflow) -> set[str]:
    reached = set(workflow.starts)
    while True:
        more = {t.target for t in workflow.transitions if reached & set(t.source)} - reached
        if not more:
            return reached
        reached |= more


def of_kind(kind: str) -> Workflow:
    """The workflow of a kind. Raises KeyError where none is declared."""
    return _BY_KIND[kind]


def workflows() -> list[Workflow]:
    return [_BY_KIND[kind] for kind in sorted(_BY_KIND)]
