"""What an order promised reaches people: in the app at once, by WeChat and SMS as those allow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.base import clockwork, messages
from models.base.delivery import FIRST_RETRY, LEASE, MAX_TRIES, hand_over, push
from models.base.ports import Fate, PortError
from models.base.store import Document, Store
from models.base.transitions import transition
from tests.base.stumbling import Stumble, stumbling
from tests.base.told import DOWN, Scene, a_person
from tests.base.toys import CANCELLED, LINE_FAULTS, REACTION_FAULTS, Pin, a_show, book
from tests.machinery import FakeWeChat, MovingClock, a_context

NO_CONSENT = PortError("wechat", "43101", Fate.REFUSED)


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


async def test_a_message_is_in_the_app_before_anything_is_pushed(scene: Scene) -> None:
    order = await scene.offered()
    await hand_over(scene.house)
    [line] = await scene.listed()
    assert (line.kind, line.order_id, line.read) == ("toy-offered", order["_id"], False)
    assert scene.wechat.sent == []
    stored = await scene.store.get("orders", order["_id"])
    assert stored == {k: v for k, v in order.items() if not k.startswith("outbox")}


async def test_a_message_goes_out_by_wechat_and_sms_once(scene: Scene) -> None:
    order = await scene.offered()
    await scene.turn()
    await scene.turn(hours=1)
    page = f"pages/orders/detail?id={order['_id']}"
    assert scene.wechat.sent == [("openid-1", "tmpl-1", page, {"thing1": "…"})]
    assert scene.sms.sent == [("13800000001", "SMS_1", {"show": "…"}, f"{order['_id']}:2:0")]
    message = await scene.message()
    assert (message["wechat_fate"], message["sms_fate"], message["tries"]) == ("sent", "sent", 1)
    assert "push_at" not in message


async def test_wechat_down_is_tried_again_with_growing_pauses_and_then_sent(scene: Scene) -> None:
    scene.wechat.faults = [DOWN, DOWN]
    order = await scene.offered()
    await scene.turn()
    assert len(await scene.listed()) == 1
    await scene.turn(seconds=4.999)
    assert len(scene.wechat.faults) == 1
    await scene.turn(seconds=0.001)
    assert scene.wechat.faults == []
    await scene.turn(seconds=9.999)
    assert scene.wechat.sent == []
    await scene.turn(seconds=0.001)
    assert len(scene.wechat.sent) == 1
    assert len(scene.sms.sent) == 1
    stored = await scene.store.get("orders", order["_id"])
    assert stored is not None
    assert (stored["state"], stored["version"]) == ("offered", 2)


async def test_wechat_that_stays_down_is_given_up_and_the_message_stays_in_the_app(
    scene: Scene,
) -> None:
    scene.wechat.faults = [DOWN] * (MAX_TRIES + 5)
    await scene.offered()
    for _ in range(MAX_TRIES + 3):
        await scene.turn(hours=1)
    message = await scene.message()
    assert (message["wechat_fate"], message["sms_fate"]) == ("failed:-1", "sent")
    assert message["tries"] == MAX_TRIES
    assert "push_at" not in message
    assert len(scene.wechat.faults) == 5
    assert len(await scene.listed()) == 1


async def test_a_refusal_is_final_at_once(scene: Scene) -> None:
    scene.wechat.faults = [NO_CONSENT]
    await scene.offered()
    await scene.turn()
    await scene.turn(hours=1)
    message = await scene.message()
    assert (message["wechat_fate"], message["tries"]) == ("refused:43101", 1)
    assert scene.wechat.sent == []


async def test_a_limit_of_the_operator_is_waited_for(scene: Scene) -> None:
    scene.sms.faults = [PortError("sms", "isv.BUSINESS_LIMIT_CONTROL", Fate.FAILED, 3600)]
    await scene.offered()
    await scene.turn()
    await scene.turn(seconds=3599)
    assert scene.sms.sent == []
    await scene.turn(seconds=1)
    assert len(scene.sms.sent) == 1


async def test_a_reminder_is_a_message_that_the_clock_sends_once(scene: Scene) -> None:
    remind_at = scene.clock() + timedelta(hours=1)
    await a_show(scene.store, 1, remind_at=remind_at)
    order = await book(scene.house, 1)
    for _ in range(3):
        scene.clock.forward(minutes=30)
        await asyncio.gather(clockwork.tick(scene.house), clockwork.tick(scene.house))
        await scene.turn()
    assert [(line.kind, line.order_id) for line in await scene.listed()] == [
        ("toy-soon", order["_id"])
    ]
    stored = await scene.store.get("orders", order["_id"])
    assert stored is not None
    assert (stored["state"], stored["version"]) == ("booked", 2)


async def test_someone_who_has_left_or_has_no_wechat_and_phone_is_told_in_the_app_alone(
    scene: Scene,
) -> None:
    await scene.offered()
    await scene.store.update("people", {"_id": "per_1"}, {"$set": {"active": False}})
    await scene.turn()
    assert (scene.wechat.sent, scene.sms.sent) == ([], [])
    assert "push_at" not in await scene.message()
    assert len(await scene.listed()) == 1


@pytest.mark.parametrize("at", ["outbox.posted", "push.claimed", "push.sent"])
async def test_after_a_crash_there_is_exactly_one_message_and_one_push(
    scene: Scene, at: str
) -> None:
    await scene.offered()
    with pytest.raises(Stumble):
        await scene.turn(stumbling(scene.house, at))
    await scene.turn(seconds=LEASE.total_seconds())
    await scene.turn(hours=1)
    assert len(await scene.listed()) == 1
    assert (len(scene.wechat.sent), len(scene.sms.sent)) == (1, 1)
    message = await scene.message()
    assert "push_at" not in message
    assert message["sms_fate"] in ("sent", "delivered")
    assert message["wechat_fate"] in ("sent", "unknown:restart")


async def test_two_workers_at_once_hand_over_and_push_once(scene: Scene) -> None:
    await scene.offered()
    await asyncio.gather(*(hand_over(scene.house) for _ in range(4)))
    await asyncio.gather(*(push(scene.house) for _ in range(4)))
    assert len(await scene.listed()) == 1
    assert (len(scene.wechat.sent), len(scene.sms.sent)) == (1, 1)


class SlowWeChat(FakeWeChat):
    """Takes half a minute for each message."""

    clock: MovingClock

    async def send_subscribe_message(
        self, openid: str, template_id: str, page: str, data: dict[str, str]
    ) -> None:
        self.clock.forward(seconds=30)
        await super().send_subscribe_message(openid, template_id, page, data)


async def test_while_wechat_is_slow_no_other_worker_takes_the_same_message(scene: Scene) -> None:
    slow = SlowWeChat()
    slow.clock = scene.clock
    house = replace(scene.house, ports=replace(scene.house.ports, wechat=slow))
    await scene.store.insert("people", a_person(1))
    await scene.consents(12)
    for number in range(12):
        await messages.notify(house, "per_1", "toy-offered", {"show": str(number)})
    await asyncio.gather(push(house), push(house))
    assert sorted(entry[3]["thing1"] for entry in slow.sent) == sorted(map(str, range(12)))
    assert {each["tries"] for each in await scene.store.find("deliveries", {})} == {1}


async def test_a_step_between_a_crash_and_the_next_hand_over_loses_nothing(scene: Scene) -> None:
    order = await scene.offered()
    scene.clock.forward(minutes=10)
    with pytest.raises(Stumble):
        await hand_over(stumbling(scene.house, "outbox.posted"))
    await clockwork.tick(scene.house)  # the offer lapses
    await scene.turn()
    stored = await scene.store.get("orders", order["_id"])
    assert stored is not None
    assert stored["state"] == "lapsed"
    assert "outbox" not in stored
    assert len(await scene.listed()) == 1


async def test_a_step_between_reading_and_clearing_keeps_its_own_promises(scene: Scene) -> None:
    await a_show(scene.store, 1)
    order = await book(scene.house, 1)
    promised = [{"n": "1.0", "template": "toy-soon", "to": "per_1", "sms": False, "tries": 0}]
    await scene.store.update(
        "orders",
        {"_id": order["_id"]},
        {"$set": {"outbox": promised, "outbox_at": scene.clock.now}},
    )

    class Gate:
        """A store through which the owner cancels as soon as the message has been posted."""

        async def insert_missing(self, collection: str, *documents: Document) -> None:
            await scene.store.insert_missing(collection, *documents)
            await transition(a_context(scene.house, "per_1"), order["_id"], "cancel")

        def __getattr__(self, name: str) -> Any:
            return getattr(scene.store, name)

    gated: Any = Gate()
    await hand_over(replace(scene.house, store=gated))
    between = await scene.store.get("orders", order["_id"])
    assert between is not None
    assert [entry["n"] for entry in between["outbox"]] == ["2.0", "2.1"]
    assert between["outbox_at"] == scene.clock.now
    await scene.turn()
    assert sorted(line.kind for line in await scene.listed()) == ["toy-cancelled", "toy-soon"]


async def test_what_many_orders_promised_is_handed_over_together(scene: Scene) -> None:
    await a_show(scene.store, 12)
    for who in range(12):
        order = await book(scene.house, who)
        await transition(a_context(scene.house, f"per_{who}"), order["_id"], "cancel")
    asked: list[str] = []

    class Counting:
        """A store that notes what it was asked for."""

        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return getattr(scene.store, name)

    counting: Any = Counting()
    CANCELLED.clear()
    assert await hand_over(replace(scene.house, store=counting)) == 12
    assert asked == ["find", "insert_missing", *["update_all"] * 4]  # three at a time
    assert len(CANCELLED) == 12
    assert await scene.store.count("deliveries", {"template": "toy-cancelled"}) == 12
    assert await scene.store.count("orders", {"outbox_at": {"$exists": True}}) == 0


async def two_pinned(scene: Scene) -> list[str]:
    """Two orders, each of whose steps promises a line of the log; the ids of those lines."""
    await a_show(scene.store, 2)
    pinned = []
    for who in range(2):
        order = await book(scene.house, who)
        ctx = replace(a_context(scene.house, f"per_{who}"), if_match=order["version"])
        moved = await transition(ctx, order["_id"], "pin", Pin(key=f"pin_{who}"))
        pinned.append(f"{order['_id']}:{moved['version']}")
    return sorted(pinned)


async def lines(scene: Scene) -> list[str]:
    return [line["_id"] for line in await scene.store.find("toy_log", {}, sort=[("_id", 1)])]


async def test_lines_of_a_log_are_written_once_although_a_worker_is_killed(scene: Scene) -> None:
    pinned = await two_pinned(scene)
    with pytest.raises(Stumble):
        await hand_over(stumbling(scene.house, "outbox.posted"))
    assert await lines(scene) == pinned
    await scene.turn()
    assert await lines(scene) == pinned
    assert await scene.store.count("orders", {"outbox_at": {"$exists": True}}) == 0


async def test_a_line_that_cannot_be_made_waits_and_holds_up_no_other(
    scene: Scene, expect_log: Callable[[str], None]
) -> None:
    expect_log("pinned of ord_.* cannot be written")
    pinned = await two_pinned(scene)
    LINE_FAULTS.append(RuntimeError())
    await scene.turn()
    assert len(await lines(scene)) == 1
    await scene.turn(seconds=FIRST_RETRY.total_seconds())
    assert await lines(scene) == pinned


async def test_of_many_orders_one_that_goes_on_meanwhile_keeps_its_new_promises(
    scene: Scene,
) -> None:
    await a_show(scene.store, 3)
    await scene.store.insert("people", *(a_person(who) for who in range(3)))
    for who in range(3):
        order = await book(scene.house, who)
        old = {"n": "1.0", "template": "toy-soon", "to": f"per_{who}", "sms": False, "tries": 0}
        due = {"outbox": [old], "outbox_at": scene.clock.now, "outbox_key": f"{order['_id']}:1"}
        await scene.store.update("orders", {"_id": order["_id"]}, {"$set": due})

    async def go_on(collection: str, *documents: Document) -> None:
        await scene.store.insert_missing(collection, *documents)
        await transition(a_context(scene.house, "per_2"), order["_id"], "cancel")

    class Gate:
        def __getattr__(self, name: str) -> Any:
            return go_on if name == "insert_missing" else getattr(scene.store, name)

    gated: Any = Gate()
    await hand_over(replace(scene.house, store=gated))
    [left] = await scene.store.find("orders", {"outbox_at": {"$exists": True}})
    assert left["_id"] == order["_id"]
    assert [entry["n"] for entry in left["outbox"]] == ["2.0", "2.1"]


async def test_a_reaction_that_fails_is_repeated_with_pauses_until_it_succeeds(
    scene: Scene, expect_log: Callable[[str], None]
) -> None:
    expect_log("reaction .*note_cancelled failed")
    CANCELLED.clear()
    await a_show(scene.store, 1)
    order = await book(scene.house, 1)
    await transition(a_context(scene.house, "per_1"), order["_id"], "cancel")
    REACTION_FAULTS.extend([RuntimeError(), RuntimeError()])
    await scene.turn()
    assert len(await scene.listed()) == 1
    waits = FIRST_RETRY.total_seconds()
    await scene.turn(seconds=waits)
    await scene.turn(seconds=waits)
    assert CANCELLED == []
    await scene.turn(seconds=waits)
    assert list(CANCELLED) == [order["_id"]]
    stored = await scene.store.get("orders", order["_id"])
    assert stored is not None
    assert "outbox" not in stored
    assert "outbox_at" not in stored
    assert len(await scene.listed()) == 1


async def test_a_message_that_cannot_be_worded_does_not_hold_up_the_others(
    scene: Scene, expect_log: Callable[[str], None]
) -> None:
    expect_log("cannot go out by wechat")
    await scene.store.insert("people", a_person(1))
    await scene.consents()
    await messages.notify(scene.house, "per_1", "toy-offered", {"show": "一"})
    bad = {"template": "no-such-template", "at": scene.clock.now - timedelta(days=1)}
    await scene.store.update("deliveries", {"to": "per_1"}, {"$set": bad})
    await messages.notify(scene.house, "per_1", "toy-offered", {"show": "二"})
    expect_log("cannot go out by sms")
    await scene.turn()
    assert [entry[3] for entry in scene.wechat.sent] == [{"thing1": "二"}]
    assert await scene.store.count("deliveries", {"push_at": {"$gt": scene.clock.now}}) == 0
