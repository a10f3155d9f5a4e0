"""A house in which somebody is to be told something, with fakes of WeChat and the SMS operator."""

from __future__ import annotations

from dataclasses import replace

from models.base import messages, waiting
from models.base.consents import Answer, Ledger
from models.base.context import House
from models.base.delivery import hand_over, push
from models.base.ports import Fate, PortError
from models.base.shapes import PageQuery
from models.base.store import Document, Store
from models.base.transitions import transition
from tests.base.toys import ToyBody, a_show, book
from tests.machinery import FakeSms, FakeWeChat, MovingClock, a_context, a_house

DOWN = PortError("wechat", "-1", Fate.FAILED)


class Scene:
    """A house with one person, their order with a message to hand over, and both fakes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = MovingClock()
        self.wechat, self.sms = FakeWeChat(), FakeSms()
        plain = a_house(store, self.clock)
        self.house = replace(
            plain,
            ports=replace(plain.ports, wechat=self.wechat, sms=self.sms),
            wechat_templates={
                "toy-offered": "tmpl-1",
                "toy-cancelled": "tmpl-2",
                "toy-urgent": "tmpl-3",
            },
            sms_templates={"toy-offered": "SMS_1"},
        )

    async def offered(self) -> Document:
        """An order that has just been offered a seat, which is told by WeChat and SMS."""
        await a_show(self.store, 1)
        full = await book(self.house, 0)
        order: Document = await book(self.house, 1, ToyBody(wait=True))
        await transition(a_context(self.house, "per_0"), full["_id"], "cancel")
        await self.store.update("orders", {"_id": full["_id"]}, {"$unset": {"outbox_at": ""}})
        await self.store.insert("people", a_person(1))
        await self.consents()
        await waiting.promote(self.house)
        found = await self.store.get("orders", order["_id"])
        assert found is not None
        assert found["state"] == "offered"
        return found

    async def consents(self, count: int = 1) -> None:
        """Person 1 has agreed to be told of offers by WeChat, so many times."""
        ledger = Ledger(self.house, "openid-1", "tmpl-1")
        for _ in range(count):
            await ledger.record("per_1", Answer.ACCEPT, self.clock())

    async def message(self) -> Document:
        """The one message there is."""
        [message] = await self.store.find("deliveries", {})
        return message

    async def turn(self, house: House | None = None, **later: float) -> None:
        """What a worker does, so much later."""
        self.clock.forward(**later)
        await hand_over(house or self.house)
        await push(house or self.house)

    async def listed(self) -> list[messages.MessageView]:
        ctx = a_context(self.house, "per_1")
        return (await messages.listed(ctx, PageQuery())).items


def a_person(number: int) -> Document:
    return {
        "_id": f"per_{number}",
        "employee_no": f"S{number:04}",
        "name": "安然",
        "active": True,
        "openid": f"openid-{number}",
        "phone": f"1380000{number:04}",
    }
