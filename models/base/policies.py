"""Policies: what the administration decides in numbers, each with the day it starts and its
history.

A service declares a policy as a msgspec struct whose defaults are the rule until somebody decides
otherwise. A decision is never changed; a newer one takes its place from its first day on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeVar

import msgspec

from models.base.clock import Clock, campus_date
from models.base.errors import Conflict, NotFound, Unprocessable
from models.base.recent import Recent
from models.base.store import Document, Duplicate, Store

T = TypeVar("T", bound=msgspec.Struct)

FRESH: Final = timedelta(seconds=1)  # how old a policy read by this process may be
COLLECTION: Final = "policies"


class PolicyDecided(Conflict):
    """Somebody else decided on the same policy at the same moment."""

    code = "policy-decided"
    zh = "该规则刚被他人修改，请刷新后再试。"
    en = "Somebody has just changed this policy; reload it."


class PolicyWrong(Unprocessable):
    """The value does not fit the policy's shape."""

    code = "policy-wrong"
    zh = "规则内容有误：{reason}"
    en = "The policy does not fit its form: {reason}"


class PolicyInPast(Unprocessable):
    """A decision may not start before today: what was done under the old rule stands."""

    code = "policy-in-past"
    zh = "生效日期不能早于今天。"
    en = "A policy cannot start before today."


@dataclass(frozen=True, slots=True)
class Policy:
    """A declared policy: `model`'s fields and bounds are its form; `scoped` says per what."""

    name: str
    title: str
    model: type[msgspec.Struct]
    scoped: str = ""  # "", or the noun a decision is about, such as "canteen"


_DECLARED: dict[str, Policy] = {}


def declare(name: str, title: str, model: type[msgspec.Struct], scoped: str = "") -> Policy:
    """Register a policy at import. A second one of the same name is a mistake."""
    if name in _DECLARED:
        raise ValueError(f"policy {name} is declared twice")
    _DECLARED[name] = Policy(name, title, model, scoped)
    return _DECLARED[name]


def declared() -> list[Policy]:
    return [_DECLARED[name] for name in sorted(_DECLARED)]


class Policies:
    """Reads policies at most a second old, and records decisions."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._decisions = Recent(self._read, clock, FRESH)

    async def value(self, model: type[T], scope: str = "", day: date | None = None) -> T:
        """The policy declared with `model`, as it stands for `scope` on `day` (default today)."""
        decisions = await self._decisions.get()
        name = next(policy.name for policy in _DECLARED.values() if policy.model is model)
        on = (day or campus_date(self._clock())).isoformat()
        for wanted in (scope, ""):
            newest = max(
                (d for d in decisions if _applies(d, name, wanted, on)),
                key=lambda d: (d["valid_from"], d["number"]),
                default=None,
            )
            if newest is not None:
                return msgspec.convert(newest["value"], model)
        return model()

    async def _read(self) -> list[Document]:
        return await self._store.find(COLLECTION, {}, sort=[("_id", 1)])

    async def history(self, name: str) -> list[Document]:
        """Every decision on a policy, newest first: {number, scope, value, valid_from, by, at}."""
        return await self._store.find(COLLECTION, {"name": name}, sort=[("number", -1)])

    async def decide(
        self, name: str, scope: str, value: dict[str, Any], valid_from: date, by: str
    ) -> Document:
        """Record a decision. Raises NotFound, PolicyWrong, PolicyInPast, PolicyDecided."""
        policy = _DECLARED.get(name)
        if policy is None:
            raise NotFound
        now = self._clock()
        if valid_from < campus_date(now):
            raise PolicyInPast(errors=(("/valid_from", "不能早于今天"),))
        try:
            checked = msgspec.to_builtins(msgspec.convert(value, policy.model))
        except msgspec.ValidationError as fault:
            raise PolicyWrong(reason=str(fault)) from fault
        number = await self._store.count(COLLECTION, {"name": name}) + 1
        decision = {
            "_id": f"{name}:{number:06}", "name": name, "number": number, "scope": scope,
            "value": checked, "valid_from": valid_from.isoformat(), "by": by, "at": now,
        }  # fmt: skip
        try:
            await self._store.insert(COLLECTION, decision)
        except Duplicate as fault:
            raise PolicyDecided from fault
        self._decisions.forget()
        return decision


def _applies(decision: Document, name: str, scope: str, on: str) -> bool:
    same = decision["name"] == name and decision["scope"] == scope
    return bool(same and decision["valid_from"] <= on)
