"""What others will read is shown to WeChat first; what it refuses is written nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from models.base.ports import Fate, PortError
from models.base.store import Store
from models.base.views import RatingInput
from models.repairs.closing import Reason, Remark
from models.repairs.dispatching import Assignment, GivingBack
from models.repairs.disputes import Dispute, Settlement, Span
from models.repairs.proofs import Checked
from models.repairs.refusals import TextRefused
from models.repairs.reporting import Location, Report
from models.repairs.working import Answer, Finish, Pause, Question, Revisit
from tests.machinery import MONDAY, FakeWeChat
from tests.repairs_house import (
    ANN,
    BOSS,
    DORA,
    HOUR,
    LIGHT,
    TIM,
    TOM,
    WATER,
    Repairs,
    open_house,
    question,
)

BAD = "违规内容"
FIRST_HOUR = Span(from_=MONDAY, to=MONDAY + HOUR)
STEPS: list[tuple[str, str, str, Any]] = [  # where the ticket is, who does what, and what is said
    ("in_hand", TOM, "pause", Pause(reason="parts", note=BAD)),
    ("in_hand", TOM, "ask", Question(question=BAD)),
    ("in_hand", TOM, "revisit", Revisit(at=MONDAY + 3 * HOUR, note=BAD)),
    ("in_hand", TOM, "hand_over", Assignment(person=TIM, note=BAD)),
    ("in_hand", TOM, "finish", Finish(note=BAD)),
    ("in_hand", TOM, "finish", Finish(note="好", checklist=[Checked(item=BAD)])),
    ("in_hand", TOM, "finish", Finish(note="好", checklist=[Checked(item="阀", note=BAD)])),
    ("in_hand", TOM, "dispute", Dispute(interval=FIRST_HOUR, reason=BAD)),
    ("in_hand", BOSS, "settle", Settlement(interval=FIRST_HOUR, party="access", reason=BAD)),
    ("in_hand", ANN, "remark", Remark(text=BAD)),
    ("taken", TOM, "give_back", GivingBack(note=BAD)),
    ("asked", ANN, "answer", Answer(note=BAD)),
    ("fixed", ANN, "refuse", Reason(reason=BAD)),
    ("accepted", ANN, "reopen", Reason(reason=BAD)),
    ("accepted", ANN, "rate", RatingInput(stars=1, comment=BAD)),
    ("assignable", DORA, "assign", Assignment(person=TOM, note=BAD)),
]
TEXTS: list[tuple[type[msgspec.Struct], dict[str, Any]]] = [
    (Report, {"category": WATER, "location": {"building": "1"}, "fault": "  "}),
    (Question, {"question": " \n"}),
    (Answer, {"note": " "}),
    (Reason, {"reason": " "}),
    (Remark, {"text": "\t"}),
]


class DeafWeChat(FakeWeChat):
    """WeChat, out of order."""

    async def check_text(self, openid: str, text: str, scene: int) -> bool:
        raise PortError("wechat", "down", Fate.FAILED)


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    """Everybody has bound an account."""
    repairs = await open_house(store)
    for person in await store.find("people", {}):
        openid = {"$set": {"openid": f"openid-{person['_id']}"}}
        await store.update("people", {"_id": person["_id"]}, openid)
    return repairs


async def a_ticket(repairs: Repairs, where: str) -> Any:
    """A ticket of Ann's in this place, an hour old."""
    if where == "assignable":
        order = await repairs.report(category=LIGHT)
    elif where == "asked":
        order = await repairs.step(TOM, await repairs.started(), "ask", question())
    else:
        bring = {"in_hand": repairs.started, "taken": repairs.taken, "fixed": repairs.fixed}
        order = await {**bring, "accepted": repairs.accepted}[where]()
    repairs.clock.forward(hours=1)
    return order


@pytest.mark.parametrize(("where", "who", "name", "body"), STEPS)
async def test_no_step_says_what_wechat_refuses(
    repairs: Repairs, where: str, who: str, name: str, body: Any
) -> None:
    order = await a_ticket(repairs, where)
    refusal = await repairs.refused(repairs.step(who, order, name, body))
    assert isinstance(refusal, TextRefused)


@pytest.mark.parametrize("field", ["building", "floor", "room", "text"])
async def test_a_place_is_read_by_others_too(repairs: Repairs, field: str) -> None:
    place = Location(**{"building": "1号楼", field: BAD})
    refusal = await repairs.refused(repairs.report(location=place))
    assert isinstance(refusal, TextRefused)


async def test_while_wechat_is_down_a_leak_is_reported_all_the_same(repairs: Repairs) -> None:
    down = replace(repairs.house.ports, wechat=DeafWeChat())
    house = replace(repairs.house, ports=down)
    order = await Repairs(house, repairs.clock).report(fault=BAD)
    assert (order["state"], order["data"]["fault"]) == ("reported", BAD)


@pytest.mark.parametrize(("kind", "body"), TEXTS)
def test_nobody_says_only_blanks(kind: type[msgspec.Struct], body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, kind)
