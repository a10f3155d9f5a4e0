"""An SMS of unknown fate: looked up first, sent once more at most."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.base.delivery import LEASE
from models.base.ports import Fate, PortError, SmsReceipt
from models.base.store import Store
from tests.base.stumbling import Stumble, stumbling
from tests.base.told import Scene
from tests.machinery import FakeSms

SMS_DOWN = PortError("sms", "isp.SYSTEM_ERROR", Fate.FAILED)
SMS_LOST = PortError("sms", "no-answer", Fate.UNKNOWN)


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


async def test_an_sms_of_unknown_fate_that_arrived_is_not_sent_again(scene: Scene) -> None:
    scene.sms.faults = [SMS_LOST]
    await scene.offered()
    await scene.turn()
    await scene.turn(hours=1)
    await scene.turn(hours=1)
    assert len(scene.sms.sent) == 1
    message = await scene.message()
    assert (message["sms_fate"], message["tries"]) == ("delivered", 2)


class LosingSms(FakeSms):
    """Neither answers nor delivers, for as many messages as it is told."""

    blind = 0  # times it does not answer what became of a message
    status = ""  # what it answers then, whatever it has sent

    async def send(self, phone: str, template: str, params: dict[str, str], out_id: str) -> str:
        if self.faults and self.faults[0].fate is Fate.UNKNOWN:
            LOST.append(out_id)
            raise self.faults.pop(0)
        return await super().send(phone, template, params, out_id)

    async def look_up(self, phone: str, out_id: str, day: str) -> SmsReceipt:
        LOOKED_UP.append(day)
        if self.blind:
            self.blind -= 1
            raise SMS_DOWN
        if self.status:
            return SmsReceipt(self.status)
        return await super().look_up(phone, out_id, day)


LOST: list[str] = []
LOOKED_UP: list[str] = []


def losing(scene: Scene, *faults: PortError) -> LosingSms:
    LOST.clear()
    LOOKED_UP.clear()
    sms = LosingSms(faults=list(faults))
    scene.sms = sms
    scene.house = replace(scene.house, ports=replace(scene.house.ports, sms=sms))
    return sms


async def test_an_sms_of_unknown_fate_that_did_not_arrive_is_sent_once_more(scene: Scene) -> None:
    losing(scene, SMS_LOST)
    await scene.offered()
    await scene.turn()
    await scene.turn(hours=24)
    assert LOOKED_UP == ["20261123"]  # the day it was sent, not the day of the question
    assert len(LOST) == len(scene.sms.sent) == 1
    assert (await scene.message())["sms_fate"] == "sent"


async def test_an_sms_lost_twice_is_never_sent_a_third_time(scene: Scene) -> None:
    losing(scene, SMS_LOST, SMS_LOST)
    await scene.offered()
    for _ in range(4):
        await scene.turn(hours=1)
    assert len(LOST) == 2
    assert scene.sms.sent == []
    assert (await scene.message())["sms_fate"] == "unknown:no-answer"


async def test_a_failure_between_does_not_allow_a_second_repeat(scene: Scene) -> None:
    losing(scene, SMS_LOST, SMS_DOWN, SMS_LOST)
    await scene.offered()
    for _ in range(6):
        await scene.turn(hours=1)
    assert len(LOST) == 2
    assert scene.sms.sent == []
    assert (await scene.message())["sms_fate"] == "unknown:no-answer"


async def test_an_sms_the_operator_is_still_sending_is_not_sent_again(scene: Scene) -> None:
    losing(scene, SMS_LOST).status = "waiting"
    await scene.offered()
    await scene.turn()
    await scene.turn(hours=1)
    await scene.turn(hours=1)
    assert (len(LOST), len(LOOKED_UP), scene.sms.sent) == (1, 1, [])
    assert (await scene.message())["sms_fate"] == "waiting"


async def test_an_sms_is_not_sent_again_while_its_fate_cannot_be_looked_up(scene: Scene) -> None:
    losing(scene, SMS_LOST).blind = 2
    await scene.offered()
    await scene.turn()
    for _ in range(2):
        await scene.turn(hours=1)
        assert (len(LOST), scene.sms.sent) == (1, [])
    await scene.turn(hours=1)
    assert (len(LOST), len(scene.sms.sent)) == (1, 1)
    assert (await scene.message())["sms_fate"] == "sent"


async def test_an_sms_that_may_have_gone_out_before_a_crash_is_looked_up(scene: Scene) -> None:
    losing(scene)
    await scene.offered()
    with pytest.raises(Stumble):
        await scene.turn(stumbling(scene.house, "push.sent"))
    await scene.turn(seconds=LEASE.total_seconds())
    assert (len(LOOKED_UP), len(scene.sms.sent)) == (1, 1)
    assert (await scene.message())["sms_fate"] == "delivered"
