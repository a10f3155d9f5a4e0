"""The night, to the minute, on the campus."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from models.base import messages
from models.base.clock import CAMPUS, campus_date
from models.base.consents import Answer, Ledger
from models.base.quiet_hours import Messages, quiet_until
from models.base.store import Store
from tests.base.told import DOWN, Scene, a_person
from tests.machinery import MONDAY

NIGHT = Messages()
NOON = Messages(quiet_from="12:00", quiet_until="13:30")
NEVER = Messages(quiet_from="00:00", quiet_until="00:00")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CAMPUS)


@pytest.mark.parametrize(
    ("policy", "now", "ends"),
    [
        (NIGHT, at(23, 21, 59), None),
        (NIGHT, at(23, 22), at(24, 7)),
        (NIGHT, at(23, 23, 59), at(24, 7)),
        (NIGHT, at(24, 0), at(24, 7)),
        (NIGHT, at(24, 6, 59), at(24, 7)),
        (NIGHT, at(24, 7), None),
        (NOON, at(23, 11, 59), None),
        (NOON, at(23, 12), at(23, 13, 30)),
        (NOON, at(23, 13, 30), None),
        (NEVER, at(23, 0), None),
        (NEVER, at(23, 12), None),
    ],
)
def test_what_may_wait_is_held_until_the_quiet_hours_end(
    policy: Messages, now: datetime, ends: datetime | None
) -> None:
    assert quiet_until(policy, now) == ends


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def at_night(scene: Scene) -> None:
    """It is 23:30 on the campus."""
    scene.clock.now = MONDAY + timedelta(hours=14, minutes=30)


async def test_what_may_wait_is_pushed_when_the_quiet_hours_end(scene: Scene) -> None:
    at_night(scene)
    await scene.offered()
    await scene.turn()
    await scene.turn(hours=7, minutes=29)
    assert (scene.wechat.sent, scene.sms.sent) == ([], [])
    assert len(await scene.listed()) == 1  # the list has it all the same
    await scene.turn(minutes=1)
    assert (len(scene.wechat.sent), len(scene.sms.sent)) == (1, 1)
    assert (await scene.message())["tries"] == 1


async def test_a_repetition_waits_for_the_morning_too(scene: Scene) -> None:
    scene.clock.now = MONDAY + timedelta(hours=12, minutes=59, seconds=58)
    scene.wechat.faults = [DOWN]
    await scene.offered()
    await scene.turn()
    await scene.turn(hours=9)
    assert scene.wechat.sent == []
    await scene.turn(seconds=2)
    assert len(scene.wechat.sent) == 1


async def test_what_is_urgent_is_pushed_at_once_at_any_hour(scene: Scene) -> None:
    at_night(scene)
    await scene.store.insert("people", a_person(1))
    ledger = Ledger(scene.house, "openid-1", "tmpl-3")
    await ledger.record("per_1", Answer.ACCEPT, scene.clock())
    await messages.notify(scene.house, "per_1", "toy-urgent", {"show": "一"})
    await scene.turn()
    assert [entry[3] for entry in scene.wechat.sent] == [{"thing1": "一"}]


async def test_the_administration_may_set_other_quiet_hours(scene: Scene) -> None:
    value = {"quiet_from": "09:00", "quiet_until": "09:10"}
    today = campus_date(scene.clock())
    await scene.house.policies.decide("messages", "", value, today, "per_9")
    await scene.offered()
    await scene.turn()
    assert scene.wechat.sent == []
    await scene.turn(minutes=10)
    assert len(scene.wechat.sent) == 1
