"""One consent, one message: what the phone reports, what sending takes, and what comes back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from handlers import orders as endpoints  # noqa: F401 - declares the addresses asked for here
from handlers.base.endpoint import registry
from models.base import messages
from models.base.consents import (
    CONSENTS,
    MOST,
    Answer,
    ConsentReport,
    Ledger,
    NoWeChat,
    TemplateUnknown,
    forget_consents,
    listed,
    report,
)
from models.base.context import CLOCK, House
from models.base.delivery import LEASE, MAX_TRIES, push
from models.base.ports import Fate, PortError
from models.base.shapes import PageQuery
from models.base.store import Document, Store, Unreachable
from scripts import demo_consents, demo_people
from tests.base.stumbling import Stumble, stepping, stumbling
from tests.base.toys import TOYS  # noqa: F401 - declares the messages told here
from tests.base.web import problem, serving
from tests.machinery import FakeWeChat, MovingClock, a_context, a_house

ANN: Document = {"_id": "per_ann", "employee_no": "S1", "active": True, "openid": "openid-ann"}
DOWN = PortError("wechat", "-1", Fate.FAILED)
LOST = PortError("wechat", "timeout", Fate.UNKNOWN)
REFUSED = PortError("wechat", "47003", Fate.REFUSED)
NO_CONSENT = PortError("wechat", "43101", Fate.REFUSED)


class Scene:
    """A house in which Ann can be told `toy-offered` by WeChat."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock, self.wechat = store, MovingClock(), FakeWeChat()
        plain = a_house(store, self.clock)
        ports = replace(plain.ports, wechat=self.wechat)
        self.house = replace(plain, ports=ports, wechat_templates={"toy-offered": "tmpl-1"})
        self.ledger = Ledger(self.house, "openid-ann", "tmpl-1")

    async def answers(self, *answers: Answer) -> None:
        for answer in answers:
            body = ConsentReport(results={"tmpl-1": answer})
            await report(a_context(self.house, "per_ann"), body)

    async def told(self, count: int = 1) -> None:
        for number in range(count):
            await messages.notify(self.house, "per_ann", "toy-offered", {"show": str(number)})

    async def turn(self, house: House | None = None, **later: float) -> None:
        self.clock.forward(**later)
        await push(house or self.house)

    async def left(self) -> tuple[int, int]:
        """Unspent consents, and those held by messages on their way."""
        entry = await self.store.get(CONSENTS, self.ledger.key)
        return (entry["left"], len(entry["held"])) if entry else (0, 0)

    async def fates(self) -> list[str | None]:
        found = await self.store.find("deliveries", {}, sort=[("_id", 1)])
        return sorted(each.get("wechat_fate") or "open" for each in found)


@pytest.fixture
async def scene(store: Store) -> Scene:
    await store.insert("people", dict(ANN))
    return Scene(store)


async def test_each_yes_adds_one_and_every_answer_is_remembered(scene: Scene) -> None:
    await scene.answers(Answer.ACCEPT, Answer.ACCEPT, Answer.REJECT)
    [view] = (await listed(a_context(scene.house, "per_ann"))).templates
    assert (view.name, view.template_id, view.title) == ("toy-offered", "tmpl-1", "有票了")
    assert (view.remaining, view.answer) == (2, Answer.REJECT)
    await scene.answers(Answer.BAN)
    [view] = (await listed(a_context(scene.house, "per_ann"))).templates
    assert (view.remaining, view.answer) == (2, Answer.BAN)


async def test_no_more_consents_are_counted_than_could_be_true(scene: Scene) -> None:
    await scene.answers(*[Answer.ACCEPT] * (MOST + 3))
    assert await scene.left() == (MOST, 0)


async def test_reports_at_the_same_moment_are_all_counted(scene: Scene) -> None:
    await asyncio.gather(*(scene.answers(Answer.ACCEPT) for _ in range(8)))
    assert await scene.left() == (8, 0)


async def test_an_unknown_template_is_refused_and_nothing_is_counted(scene: Scene) -> None:
    body = ConsentReport(results={"tmpl-1": Answer.ACCEPT, "tmpl-9": Answer.ACCEPT})
    with pytest.raises(TemplateUnknown) as refused:
        await report(a_context(scene.house, "per_ann"), body)
    assert refused.value.errors[0][0] == "/results/tmpl-9"
    assert await scene.store.find(CONSENTS, {}) == []


async def test_without_a_wechat_account_there_is_nothing_to_consent_with(scene: Scene) -> None:
    await scene.store.update("people", {"_id": "per_ann"}, {"$unset": {"openid": ""}})
    with pytest.raises(NoWeChat):
        await scene.answers(Answer.ACCEPT)
    [view] = (await listed(a_context(scene.house, "per_ann"))).templates
    assert view.remaining == 0
    assert await scene.store.find(CONSENTS, {}) == []


async def test_one_consent_carries_one_message_and_the_rest_stay_in_the_app(scene: Scene) -> None:
    await scene.answers(Answer.ACCEPT, Answer.ACCEPT)
    await scene.told(5)
    await asyncio.gather(*(push(scene.house) for _ in range(3)))
    assert len(scene.wechat.sent) == 2
    assert await scene.fates() == ["no-consent"] * 3 + ["sent"] * 2
    assert await scene.left() == (0, 0)
    page = await messages.listed(a_context(scene.house, "per_ann"), PageQuery())
    assert len(page.items) == 5


async def test_consents_belong_to_the_wechat_account_that_gave_them(scene: Scene) -> None:
    await scene.answers(Answer.ACCEPT)
    await scene.store.update("people", {"_id": "per_ann"}, {"$set": {"openid": "openid-new"}})
    await scene.told()
    await scene.turn()
    assert await scene.fates() == ["no-consent"]
    assert scene.wechat.sent == []
    assert await scene.left() == (1, 0)


async def test_a_message_that_is_tried_again_keeps_its_consent(scene: Scene) -> None:
    scene.wechat.faults = [DOWN, DOWN]
    await scene.answers(Answer.ACCEPT)
    await scene.told()
    await scene.turn()
    assert await scene.left() == (0, 1)
    await scene.told()  # which cannot have what the first one holds
    await scene.turn(hours=1)
    await scene.turn(hours=1)
    assert await scene.fates() == ["no-consent", "sent"]
    assert await scene.left() == (0, 0)


async def test_a_message_that_is_given_up_gives_its_consent_back(scene: Scene) -> None:
    scene.wechat.faults = [DOWN] * MAX_TRIES
    await scene.answers(Answer.ACCEPT)
    await scene.told()
    for _ in range(MAX_TRIES):
        await scene.turn(minutes=30)
    assert await scene.fates() == ["failed:-1"]
    assert await scene.left() == (1, 0)


async def test_a_refusal_that_is_not_about_consent_gives_it_back(scene: Scene) -> None:
    scene.wechat.faults = [REFUSED]
    await scene.answers(Answer.ACCEPT)
    await scene.told()
    await scene.turn()
    assert await scene.fates() == ["refused:47003"]
    assert await scene.left() == (1, 0)


async def test_43101_is_final_and_empties_the_entry(scene: Scene) -> None:
    scene.wechat.faults = [NO_CONSENT]
    await scene.answers(*[Answer.ACCEPT] * 5)
    await scene.told()
    await scene.turn()
    assert await scene.fates() == ["refused:43101"]
    assert await scene.left() == (0, 0)
    await scene.told()
    await scene.turn()
    assert await scene.fates() == ["no-consent", "refused:43101"]
    assert scene.wechat.sent == []


async def test_a_message_of_unknown_fate_has_used_its_consent_and_is_not_repeated(
    scene: Scene,
) -> None:
    scene.wechat.faults = [LOST]
    await scene.answers(Answer.ACCEPT, Answer.ACCEPT)
    await scene.told()
    await scene.turn()
    await scene.turn(hours=1)
    assert await scene.fates() == ["unknown:timeout"]
    assert scene.wechat.sent == []
    assert await scene.left() == (1, 0)


async def test_an_unknown_fate_is_not_forgotten_in_a_crash(scene: Scene) -> None:
    scene.wechat.faults = [LOST]
    await scene.answers(Answer.ACCEPT, Answer.ACCEPT)
    await scene.told()
    with pytest.raises(Stumble):
        await scene.turn(stumbling(scene.house, "push.sent"))
    await scene.turn(seconds=LEASE.total_seconds())
    assert await scene.fates() == ["unknown:restart"]
    assert scene.wechat.sent == []
    assert await scene.left() == (1, 0)


def cut_off(house: House, at: str) -> House:
    """`house`, which loses its database once, at the step `at`."""
    passed: list[str] = []

    def step(name: str) -> None:
        if name == at and not passed:
            passed.append(name)
            raise Unreachable(name)

    return stepping(house, step)


@pytest.mark.parametrize("at", ["push.claimed", "push.consented", "push.sent"])
async def test_a_crash_costs_no_consent_and_sends_nothing_twice(scene: Scene, at: str) -> None:
    await scene.answers(Answer.ACCEPT, Answer.ACCEPT)
    await scene.told()
    with pytest.raises(Unreachable):
        await scene.turn(cut_off(scene.house, at))
    await scene.turn(seconds=LEASE.total_seconds())
    await scene.turn(hours=1)
    assert len(scene.wechat.sent) == 1
    assert await scene.left() == (1, 0)


async def test_who_leaves_leaves_no_consents(scene: Scene) -> None:
    await scene.answers(Answer.ACCEPT)
    await forget_consents(a_context(scene.house, actor=CLOCK), "per_ann")
    assert await scene.store.find(CONSENTS, {}) == []


async def test_the_phone_reports_over_http(scene: Scene) -> None:
    async with serving(registry, store=scene.store) as site:
        empty = await site.fetch("GET", "/api/v1/messages/consents")
        assert (empty.code, empty.body) == (200, b'{"templates":[]}')
        sent: Any = {"results": {"tmpl-1": "accept"}}
        reply = await site.fetch("POST", "/api/v1/messages/consents", sent)
        assert problem(reply)["code"] == "template-unknown"
        sent = {"results": {"tmpl-1": "perhaps"}}
        reply = await site.fetch("POST", "/api/v1/messages/consents", sent)
        assert (reply.code, problem(reply)["code"]) == (422, "fields-wrong")
        nothing = await site.fetch("POST", "/api/v1/messages/consents", {"results": {}})
        assert (nothing.code, nothing.body) == (200, b'{"templates":[]}')


async def test_the_demos_people_have_consented_a_few_times(scene: Scene) -> None:
    await demo_people.seed(scene.store, scene.clock)
    await demo_consents.seed(scene.house)
    ann = await scene.store.first("people", {"employee_no": "S0042"})
    assert ann is not None
    ledger = Ledger(scene.house, ann["openid"], "tmpl-1")
    assert await ledger.take("msg_1")
    count = await scene.store.count(CONSENTS, {})
    assert count == len(demo_consents.PEOPLE_OF_THE_TOUR)
    await demo_consents.seed(scene.house)
    entry = await scene.store.get(CONSENTS, ledger.key)
    assert entry is not None
    assert (entry["left"], await scene.store.count(CONSENTS, {})) == (demo_consents.EACH - 1, count)
