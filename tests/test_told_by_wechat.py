"""From a yes on the phone to a message in WeChat, through the real adapter and the simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pymongo import MongoClient

from models.base.consents import Answer, ConsentReport, listed, report
from models.base.context import House
from models.base.delivery import hand_over, push
from models.base.store import Document
from scripts.simulator.accounts import openid_of
from tests import samples
from tests.contract_house import Campus, open_campus
from tests.meals_house import ANN
from tests.samples.meals import booked
from tests.simulated import Simulator

TEMPLATE = "T-booked"
OPENID = openid_of("S0003")


@pytest.fixture
async def campus(
    database_uri: str,
    database_name: str,
    driver: MongoClient[Document],
    simulator: Simulator,
) -> AsyncIterator[Campus]:
    async with open_campus(database_uri, driver[database_name], simulator) as opened:
        await samples.set_up(opened)
        await opened.house.store.delete("deliveries", {})
        await hand_over(opened.house)
        await opened.house.store.delete("deliveries", {})
        yield opened


@pytest.fixture
def house(campus: Campus) -> House:
    return replace(campus.house, wechat_templates={"meal-booked-for-you": TEMPLATE})


async def says_yes(campus: Campus, house: House) -> None:
    """Ann accepts on her phone, which WeChat knows and the phone reports."""
    body = ConsentReport(results={TEMPLATE: Answer.ACCEPT})
    await report(campus.context(ANN, house), body)


async def remaining(campus: Campus, house: House) -> int:
    [view] = (await listed(campus.context(ANN, house))).templates
    return view.remaining


async def told(campus: Campus, house: House) -> list[str]:
    """What became of all messages, in the order they were made."""
    await hand_over(house)
    await push(house)
    found = await house.store.find("deliveries", {}, sort=[("at", 1)])
    return [message["wechat_fate"] for message in found]


async def test_one_yes_is_one_message_in_wechat_and_the_next_stays_in_the_app(
    campus: Campus, house: House, simulator: Simulator
) -> None:
    simulator.consents(OPENID, 1, TEMPLATE)
    await says_yes(campus, house)
    first = await booked(campus)
    assert await told(campus, house) == ["sent"]
    campus.clock.forward(minutes=1)
    await booked(campus)
    assert sorted(await told(campus, house)) == ["no-consent", "sent"]
    [message] = simulator.sent(kind="message")
    assert (message["openid"], message["template_id"]) == (OPENID, TEMPLATE)
    assert message["page"] == f"pages/orders/detail?id={first['_id']}"
    assert message["data"]["thing3"] == "东食堂"
    assert simulator.calls("subscribe_send") == 1


async def test_what_wechat_says_stands_above_what_the_phone_said(
    campus: Campus, house: House, simulator: Simulator
) -> None:
    simulator.consents(OPENID, 0, TEMPLATE)  # taken back in WeChat's own settings
    await says_yes(campus, house)
    await says_yes(campus, house)
    await booked(campus)
    assert await told(campus, house) == ["refused:43101"]
    assert await remaining(campus, house) == 0
    await booked(campus)
    assert sorted(await told(campus, house)) == ["no-consent", "refused:43101"]
    assert simulator.calls("subscribe_send") == 1
    assert simulator.sent(kind="message") == []
