"""Agreeing to the privacy text: to the one in force, once."""

from __future__ import annotations

import pytest

from models.base.store import Store
from models.people import PEOPLE, PRIVACY_VERSION
from models.privacy import ConsentInput, ConsentOutdated, agree, current
from models.sessions.tokens import open_session
from tests.campus import a_campus, a_person, settle, turn_of
from tests.machinery import MovingClock

ANN = a_person("S0042")


def test_the_text_names_its_version() -> None:
    assert current().version == PRIVACY_VERSION
    assert "openid" in current().text


def test_the_text_names_everybody_who_is_told_a_number() -> None:
    for told in ("阿里云短信服务", "阿里云号码隐私保护服务", "微信内容安全检查"):
        assert told in current().text


async def test_agreeing_is_recorded_once_and_not_asked_for_again(store: Store) -> None:
    clock = MovingClock()
    await settle(store, ANN)
    house = a_campus(store, clock)
    assert (await open_session(turn_of(house), ANN)).consent_needed
    agreed_at = clock()

    await agree(turn_of(house, ANN), ConsentInput(version=PRIVACY_VERSION))
    clock.forward(days=1)
    me = await agree(turn_of(house, ANN), ConsentInput(version=PRIVACY_VERSION))

    assert me.consent is not None
    assert (me.consent.version, me.consent.at) == (PRIVACY_VERSION, agreed_at)
    person = await store.get(PEOPLE, ANN["_id"])
    assert person is not None
    assert not (await open_session(turn_of(house), person)).consent_needed


async def test_a_text_that_is_not_in_force_cannot_be_agreed_to(store: Store) -> None:
    await settle(store, ANN)
    house = a_campus(store)

    with pytest.raises(ConsentOutdated):
        await agree(turn_of(house, ANN), ConsentInput(version="2020-01"))

    assert await store.find(PEOPLE, {}) == [ANN]


async def test_another_text_later_is_asked_for_again(store: Store) -> None:
    old = {"version": "2020-01", "at": MovingClock()()}
    await settle(store, ANN | {"consent": old})
    house = a_campus(store)

    assert (await open_session(turn_of(house), ANN | {"consent": old})).consent_needed
