"""Policies: the product's rule until somebody decides, then what was decided for the day."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from models.base import policies
from models.base.errors import NotFound
from models.base.policies import (
    COLLECTION,
    Policies,
    PolicyDecided,
    PolicyInPast,
    PolicyWrong,
    declare,
)
from models.base.store import Store
from tests.machinery import MovingClock

TODAY = date(2026, 11, 23)


class Patience(msgspec.Struct, forbid_unknown_fields=True):
    days: Annotated[int, Meta(ge=1, le=30)] = 7


@pytest.fixture
def policy() -> Iterator[str]:
    declare("toy.patience", "耐心", Patience, scoped="canteen")
    yield "toy.patience"
    del policies._DECLARED["toy.patience"]


async def test_without_a_decision_the_defaults_hold(store: Store, policy: str) -> None:
    assert await Policies(store, MovingClock()).value(Patience, "ctn_1") == Patience(days=7)


async def test_a_decision_holds_from_its_day_on(store: Store, policy: str) -> None:
    clock = MovingClock()
    rules = Policies(store, clock)
    await rules.decide(policy, "", {"days": 3}, TODAY + timedelta(days=2), "per_a")

    assert (await rules.value(Patience)).days == 7
    assert (await rules.value(Patience, day=TODAY + timedelta(days=2))).days == 3
    clock.forward(days=2)
    assert (await rules.value(Patience)).days == 3


async def test_a_scope_has_its_own_decisions_before_the_general_one(
    store: Store, policy: str
) -> None:
    rules = Policies(store, MovingClock())
    await rules.decide(policy, "", {"days": 3}, TODAY, "per_a")
    await rules.decide(policy, "ctn_1", {"days": 5}, TODAY, "per_a")

    assert (await rules.value(Patience, "ctn_1")).days == 5
    assert (await rules.value(Patience, "ctn_2")).days == 3


async def test_the_later_of_two_decisions_for_a_day_counts_and_both_are_kept(
    store: Store, policy: str
) -> None:
    rules = Policies(store, MovingClock())
    await rules.decide(policy, "", {"days": 3}, TODAY, "per_a")
    await rules.decide(policy, "", {"days": 4}, TODAY, "per_b")

    assert (await rules.value(Patience)).days == 4
    assert [(d["value"], d["by"]) for d in await rules.history(policy)] == [
        ({"days": 4}, "per_b"),
        ({"days": 3}, "per_a"),
    ]


@pytest.mark.parametrize("value", [{"days": 0}, {"days": "3"}, {"day": 3}, {"days": 2**70}])
async def test_a_value_that_does_not_fit_is_refused(
    store: Store, policy: str, value: dict[str, object]
) -> None:
    with pytest.raises(PolicyWrong):
        await Policies(store, MovingClock()).decide(policy, "", value, TODAY, "per_a")
    assert await store.count(COLLECTION, {}) == 0


async def test_the_past_and_the_unknown_cannot_be_decided_on(store: Store, policy: str) -> None:
    rules = Policies(store, MovingClock())
    with pytest.raises(PolicyInPast):
        await rules.decide(policy, "", {"days": 3}, TODAY - timedelta(days=1), "per_a")
    with pytest.raises(NotFound):
        await rules.decide("toy.unknown", "", {}, TODAY, "per_a")
    assert await store.count(COLLECTION, {}) == 0


async def test_of_decisions_at_the_same_moment_none_is_lost_silently(
    store: Store, policy: str
) -> None:
    rules = Policies(store, MovingClock())

    answers = await asyncio.gather(
        *(rules.decide(policy, "", {"days": n}, TODAY, f"per_{n}") for n in range(1, 9)),
        return_exceptions=True,
    )

    made = [answer for answer in answers if not isinstance(answer, BaseException)]
    refused = [answer for answer in answers if isinstance(answer, PolicyDecided)]
    assert len(made) + len(refused) == 8
    assert await store.count(COLLECTION, {}) == len(made) >= 1


async def test_another_process_knows_a_decision_within_a_second(store: Store, policy: str) -> None:
    clock = MovingClock()
    here, there = Policies(store, clock), Policies(store, clock)
    assert (await there.value(Patience)).days == 7
    await here.decide(policy, "", {"days": 3}, TODAY, "per_a")

    clock.forward(seconds=1)

    assert (await there.value(Patience)).days == 3


def test_a_name_is_declared_once(policy: str) -> None:
    with pytest.raises(ValueError, match="declared twice"):
        declare(policy, "耐心", Patience)
