"""Who acts, when, and through which machinery: what every rule is given."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from models.base.calendar import Calendars
from models.base.clock import Clock
from models.base.errands import Errands
from models.base.holds import Queues
from models.base.kept import Kept, Kind
from models.base.policies import FRESH, Policies
from models.base.ports import Ports
from models.base.recent import Recent
from models.base.revocations import Revocations
from models.base.roles import Role
from models.base.signing import Keys
from models.base.store import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person (or the clock), as the access token tells it; no read is needed.

    `tokens` are the visibility tokens of models/base/visibility.py that this actor holds.
    """

    id: str
    employee_no: str = ""
    name: str = ""
    unit: str = ""
    roles: frozenset[Role] = frozenset()
    tokens: frozenset[str] = frozenset()
    session: str = ""


CLOCK: Final = Actor(id="clock", name="系统")  # acts when a timer is due
NOBODY: Final = Actor(id="")  # a request to a public endpoint


@dataclass(frozen=True, slots=True)
class House:
    """The machinery of one process, built once by server/app.py."""

    store: Store
    clock: Clock
    keys: Keys
    queues: Queues
    policies: Policies
    ports: Ports
    wake: Callable[[], None] = lambda: None  # tells the workers that something is due now
    post: Callable[[], None] = lambda: None  # tells them that a message may be pushed
    step: Callable[[str], None] = lambda name: None  # a crash test kills the process here
    wechat_templates: Mapping[str, str] = field(default_factory=dict)  # message -> template id
    sms_templates: Mapping[str, str] = field(default_factory=dict)  # message -> template code
    production: bool = False
    exempts: Callable[[str], bool] = lambda address: False  # from limits, in a load test
    errands: Errands = field(default_factory=Errands)
    calendars: Calendars = field(init=False)
    revocations: Revocations = field(init=False)
    _kept: dict[Kind[Any], Kept[Any]] = field(default_factory=dict)
    _recent: dict[Any, Recent[Any]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "calendars", Calendars(self.store, self.clock))
        object.__setattr__(self, "revocations", Revocations(self.store, self.clock))
        object.__setattr__(self, "_recent", {})

    def kept(self, kind: Kind[T]) -> Kept[T]:
        """The documents of a kind, as this process keeps them."""
        if kind not in self._kept:
            self._kept[kind] = Kept(self.store, self.clock, kind)
        return self._kept[kind]

    def recent(
        self, read: Callable[[House], Coroutine[Any, Any, T]], fresh: timedelta = FRESH
    ) -> Recent[T]:
        """What `read` returns, at most a second old (or `fresh`): what everybody asks for."""
        if read not in self._recent:
            self._recent[read] = Recent(partial(read, self), self.clock, fresh)
        return self._recent[read]


@dataclass(frozen=True, slots=True)
class Context:
    """One request or one turn of a worker."""

    house: House
    actor: Actor
    now: datetime
    request_id: str = ""
    address: str = ""  # of the client, for limits
    idempotency_key: str = ""
    if_match: int | None = None
    request_hash: bytes = b""
    language: str = "zh"
    notes: dict[str, str] = field(default_factory=dict)  # reply headers a rule may set

    @property
    def store(self) -> Store:
        return self.house.store

    def acting_as(self, actor: Actor) -> Context:
        """The same turn for another actor, as when a reaction acts for the clock."""
        return replace(self, actor=actor)
