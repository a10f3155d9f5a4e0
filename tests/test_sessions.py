"""Staying signed in and signing out; and what ends a session from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.base.authenticate import Authenticator
from models import people
from models.base.context import House
from models.base.errors import SignInNeeded
from models.base.signing import Key, Keys
from models.base.store import Document, Store
from models.people import PEOPLE, Alteration
from models.sessions.sign_in import SignIn, sign_in
from models.sessions.tokens import (
    IDLE,
    SESSIONS,
    Granted,
    Refresh,
    SessionEnded,
    open_session,
    refresh,
    sign_out,
)
from tests.campus import (
    a_campus,
    a_person,
    claims_of,
    refused,
    settle,
    turn_of,
)
from tests.machinery import MovingClock

ANN = a_person("S0042", "单雨", openid="openid-ann")


async def by_code(house: House, code: str = "ann") -> Granted:
    return await sign_in(turn_of(house), SignIn(code=code))


async def again(house: House, granted: Granted) -> Granted:
    return await refresh(turn_of(house), Refresh(refresh_token=granted.refresh_token))


async def person_of(store: Store) -> Document:
    person = await store.get(PEOPLE, ANN["_id"])
    assert person is not None
    return person


async def test_refreshing_gives_a_new_pair_and_slides_the_end(store: Store) -> None:
    clock = MovingClock()
    await settle(store, ANN)
    house = a_campus(store, clock)
    first = await by_code(house)
    clock.forward(days=29)

    second = await again(house, first)

    assert second.refresh_token != first.refresh_token
    assert claims_of(house, second.access_token)["sub"] == "per_S0042"
    (session,) = await store.find(SESSIONS, {})
    assert (session["generation"], session["expires_at"]) == (2, clock() + IDLE)
    clock.forward(days=30)
    with pytest.raises(SessionEnded):
        await again(house, second)


async def test_twenty_refreshes_at_once_have_one_successor(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)
    first = await by_code(house)

    answers = await asyncio.gather(*(again(house, first) for _ in range(20)))

    assert len({answer.refresh_token for answer in answers}) == 1
    (session,) = await store.find(SESSIONS, {})
    assert session["generation"] == 2
    assert (await again(house, answers[0])).refresh_token != answers[0].refresh_token


async def test_the_token_before_gives_the_same_successor_for_ten_seconds(store: Store) -> None:
    clock = MovingClock()
    await settle(store, ANN)
    house = a_campus(store, clock)
    first = await by_code(house)
    second = await again(house, first)
    clock.forward(seconds=10)

    assert (await again(house, first)).refresh_token == second.refresh_token


@pytest.mark.parametrize(("generations", "seconds"), [(1, 10.001), (2, 0)])
async def test_a_refresh_token_used_again_later_ends_the_session(
    store: Store, expect_log: Callable[[str], None], generations: int, seconds: float
) -> None:
    expect_log("old refresh token of per_S0042")
    clock = MovingClock()
    await settle(store, ANN)
    house = a_campus(store, clock)
    await house.revocations.poll()
    first = latest = await by_code(house)
    for _ in range(generations):
        latest = await again(house, latest)
    clock.forward(seconds=seconds)

    with pytest.raises(SessionEnded):
        await again(house, first)

    with pytest.raises(SessionEnded):
        await again(house, latest)
    assert await store.count(SESSIONS, {}) == 0
    assert await refused(house, claims_of(house, latest.access_token))


async def test_another_session_of_the_same_person_goes_on(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)
    phone, browser = await by_code(house), await by_code(house)
    sid = claims_of(house, phone.access_token)["sid"]

    await sign_out(turn_of(house, ANN, sid))

    assert await refused(house, claims_of(house, phone.access_token))
    assert not await refused(house, claims_of(house, browser.access_token))
    with pytest.raises(SessionEnded):
        await again(house, phone)
    assert (await again(house, browser)).person.id == "per_S0042"


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: [parts[0], "2", *parts[2:]],
        lambda parts: ["ses_OTHER", *parts[1:]],
        lambda parts: [*parts[:2], "k9", parts[3]],
        lambda parts: [*parts[:3], "0" * 32],
        lambda parts: [*parts[:3], "é" * 32],
        lambda parts: [parts[0], "１", *parts[2:]],
        lambda parts: [parts[0], "9" * 40, *parts[2:]],
        lambda parts: parts[:2],
        lambda parts: ["."],
    ],
)
async def test_a_made_up_refresh_token_is_refused_and_ends_nothing(
    store: Store, change: Callable[[list[str]], list[str]]
) -> None:
    await settle(store, ANN)
    house = a_campus(store)
    granted = await by_code(house)
    token = ".".join(change(granted.refresh_token.split(".")))

    with pytest.raises(SessionEnded):
        await refresh(turn_of(house), Refresh(refresh_token=token))

    assert (await again(house, granted)).person.id == "per_S0042"


async def test_refresh_tokens_survive_a_new_key_until_the_old_one_goes(store: Store) -> None:
    clock = MovingClock()
    await settle(store, ANN)
    house = a_campus(store, clock)
    granted = await by_code(house)
    old = replace(house.keys.current, not_after=clock() + timedelta(days=1))
    rotated = replace(house, keys=Keys((Key("k2", b"2" * 32), old)))

    second = await again(rotated, granted)
    assert second.refresh_token.split(".")[2] == "k2"
    clock.forward(days=2)
    assert (await again(rotated, second)).person.id == "per_S0042"
    with pytest.raises(SessionEnded):
        await again(rotated, granted)


async def test_a_change_of_roles_refuses_old_tokens_and_the_refresh_tells_it(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)
    before = await by_code(house)

    change = Alteration(person=await person_of(store), sets={"roles": ["staff", "leader"]})
    await people.alter(turn_of(house), [change])

    assert await refused(house, claims_of(house, before.access_token))
    after = await again(house, before)
    assert not await refused(house, claims_of(house, after.access_token))
    assert claims_of(house, after.access_token)["tokens"] == ["p:per_S0042", "u:unt_1:leader"]


async def test_a_change_that_no_token_tells_refuses_none(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)
    granted = await by_code(house)

    change = Alteration(person=await person_of(store), sets={"phone": "13811112222"})
    await people.alter(turn_of(house), [change])

    assert not await refused(house, claims_of(house, granted.access_token))


@pytest.mark.parametrize("sets", [{"active": False}, {}])
async def test_a_person_who_left_or_whose_sessions_ended_refreshes_no_more(
    store: Store, sets: Document
) -> None:
    await settle(store, ANN)
    house = a_campus(store)
    granted = await by_code(house)

    change = Alteration(person=await person_of(store), sets=sets, ends_sessions=True)
    await people.alter(turn_of(house), [change])

    assert await refused(house, claims_of(house, granted.access_token))
    with pytest.raises(SessionEnded):
        await again(house, granted)
    assert await store.count(SESSIONS, {}) == 0


async def test_a_session_opened_while_all_are_being_ended_does_not_survive(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)
    as_read = await person_of(store)  # sign-in has read the person; now their sessions are ended
    change = Alteration(person=as_read, ends_sessions=True)
    await people.alter(turn_of(house), [change])

    granted = await open_session(turn_of(house), as_read)

    assert await refused(house, claims_of(house, granted.access_token))
    with pytest.raises(SessionEnded):
        await again(house, granted)


async def test_the_door_of_the_api_knows_these_tokens(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)
    door = Authenticator(house.keys, house.revocations)
    granted = await by_code(house)

    session = await door.session(f"Bearer {granted.access_token}", house.clock())
    assert session.actor == replace(people.actor(ANN), session=session.claims["sid"])

    await sign_out(turn_of(house).acting_as(session.actor))
    with pytest.raises(SignInNeeded):
        await door.session(f"Bearer {granted.access_token}", house.clock())
