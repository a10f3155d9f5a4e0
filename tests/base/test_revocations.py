"""Ended tokens are refused at once here, within a second elsewhere, and never by mistake."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from models.base.revocations import KEPT, REVOCATIONS, Revocations, person_changed
from models.base.store import Document, Store, Unreachable
from tests.machinery import MovingClock

CLAIMS = {"sub": "per_ann", "sid": "ses_1", "ver": 3}


async def refused(revocations: Revocations, claims: Mapping[str, Any] = CLAIMS) -> bool:
    answer = revocations.is_revoked(claims)
    return answer if isinstance(answer, bool) else await answer


async def test_the_process_that_ends_a_session_refuses_it_at_once(store: Store) -> None:
    revocations = Revocations(store, MovingClock())
    await revocations.poll()
    assert revocations.is_revoked(CLAIMS) is False

    await revocations.end_session("ses_1")

    assert revocations.is_revoked(CLAIMS) is True
    assert revocations.is_revoked(CLAIMS | {"sid": "ses_2"}) is False


async def test_ending_a_session_twice_is_ending_it_once(store: Store) -> None:
    revocations = Revocations(store, MovingClock())

    await revocations.end_session("ses_1")
    await revocations.end_session("ses_1")

    assert await store.count(REVOCATIONS, {}) == 1


async def test_a_change_of_a_person_refuses_tokens_made_before_it_alone(store: Store) -> None:
    clock = MovingClock()
    revocations = Revocations(store, clock)
    await revocations.poll()

    revocations.add(person_changed("per_ann", 4, clock()))
    revocations.add(person_changed("per_ann", 2, clock()))  # an older one that came late

    assert revocations.is_revoked(CLAIMS) is True
    assert revocations.is_revoked(CLAIMS | {"ver": 4}) is False  # of the same millisecond
    assert revocations.is_revoked(CLAIMS | {"sub": "per_bob"}) is False


async def test_another_process_hears_of_it_by_asking(store: Store) -> None:
    clock = MovingClock()
    here, there = Revocations(store, clock), Revocations(store, clock)
    await there.poll()

    await here.end_session("ses_1")
    clock.forward(seconds=1)
    await there.poll()

    assert there.is_revoked(CLAIMS) is True


async def test_another_process_keeps_asking_by_itself(store: Store) -> None:
    clock = MovingClock()
    here, there = Revocations(store, clock), Revocations(store, clock)
    await there.start()
    try:
        await here.end_session("ses_1")
        async with asyncio.timeout(5):
            while there.is_revoked(CLAIMS) is False:
                await asyncio.sleep(0.01)
    finally:
        await there.stop()
    assert await refused(there) is True


async def test_a_feed_older_than_two_seconds_falls_back_to_reading(store: Store) -> None:
    clock = MovingClock()
    here, there = Revocations(store, clock), Revocations(store, clock)
    await there.poll()
    await here.end_session("ses_1")
    await store.insert(REVOCATIONS, person_changed("per_bob", 9, clock()))

    clock.forward(seconds=2)
    assert there.is_revoked(CLAIMS) is False  # not heard of yet, and fresh enough to trust
    clock.forward(milliseconds=1)

    assert await refused(there) is True
    assert await refused(there, {"sub": "per_bob", "sid": "ses_2", "ver": 8}) is True
    assert await refused(there, {"sub": "per_bob", "sid": "ses_2", "ver": 9}) is False


async def test_a_process_that_just_started_knows_what_was_ended_before(store: Store) -> None:
    clock = MovingClock()
    await Revocations(store, clock).end_session("ses_1")
    clock.forward(minutes=14)

    late = Revocations(store, clock)
    await late.start()
    try:
        assert late.is_revoked(CLAIMS) is True
    finally:
        await late.stop()


async def test_a_revocation_committed_late_is_still_heard_of(store: Store) -> None:
    clock = MovingClock()
    revocations = Revocations(store, clock)
    slow = person_changed("per_ann", 4, clock())  # of a transaction that takes its time
    clock.forward(seconds=30)
    await revocations.poll()

    await store.insert(REVOCATIONS, slow)
    clock.forward(seconds=1)
    await revocations.poll()

    assert revocations.is_revoked(CLAIMS) is True


async def test_what_no_token_can_outlive_is_forgotten(store: Store) -> None:
    clock = MovingClock()
    revocations = Revocations(store, clock)
    await revocations.end_session("ses_1")
    revocations.add(person_changed("per_ann", 4, clock()))
    await store.delete(REVOCATIONS, {})

    clock.forward(seconds=KEPT.total_seconds() + 1)
    await revocations.poll()

    assert revocations.is_revoked(CLAIMS) is False


class Away(Store):
    """A database that cannot be reached just now."""

    async def find(self, collection: str, where: Any, **how: Any) -> list[Document]:
        raise Unreachable(collection)


async def test_without_the_database_nobody_is_taken_for_signed_in(store: Store) -> None:
    with pytest.raises(Unreachable):
        await refused(Revocations(Away(store.database), MovingClock()))
