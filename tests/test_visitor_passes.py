"""The visitor's page: what stands behind the link, and what the visitor says there."""

from __future__ import annotations

import msgspec
import pytest

from models.base.context import NOBODY, Context
from models.base.delivery import push
from models.base.store import Store
from models.visitors import links
from models.visitors.changing import Change
from models.visitors.deciding import Reason
from models.visitors.lifecycle import show
from models.visitors.links import FillIn
from models.visitors.refusals import AgreementNeeded, PassOver, PassUnknown
from models.visitors.shapes import Visitor
from server.logs import masked
from tests.visits_house import (
    ANN,
    GUARD,
    OTHER_PHONE,
    PHONE,
    SENTINEL,
    TEN,
    Visits,
    open_house,
)


def visitor(visits: Visits) -> Context:
    """A request of somebody without an account."""
    return visits.ctx(ANN).acting_as(NOBODY)


async def test_a_text_message_brings_the_link_and_the_link_the_pass(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    await visits.work()
    [(phone, template, params, _)] = visits.sms.sent
    assert (phone, template) == (PHONE, "SMS_1002")
    assert params == {
        "name": SENTINEL, "host": "ann", "time": "11月23日 10:00", "token": visits.link(order),
    }  # fmt: skip
    shown = await links.show(visitor(visits), params["token"])
    assert (shown.state, shown.visitor.name, shown.visitor.phone) == (
        "expected", SENTINEL, "139****1234",
    )  # fmt: skip
    assert shown.gates[0].way == "地铁口出"
    assert shown.code == visits.static(order)


async def test_no_phone_stands_outside_of_the_private_part(store: Store) -> None:
    visits = await open_house(store)
    await visits.invite()
    await visits.work()
    stored = await visits.everything()
    for order in stored["orders"]:
        order.pop("private", None)
    assert PHONE not in str(stored)
    assert SENTINEL not in str(stored)


async def test_looking_changes_nothing(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    before = await visits.everything()
    for _ in range(3):
        await links.show(visitor(visits), visits.link(order))
        await links.shown_codes(visitor(visits), visits.link(order))
    assert await visits.everything() == before


async def test_the_codes_of_two_minutes_turn_every_thirty_seconds(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    view = await links.shown_codes(visitor(visits), visits.link(order))
    assert len({each.code for each in view.codes}) == 4
    assert [(each.ends_at - each.starts_at).seconds for each in view.codes] == [30] * 4
    assert view.codes[0].starts_at <= TEN < view.codes[0].ends_at
    visits.clock.now = view.codes[2].starts_at
    assert (await visits.scan(view.codes[2].code)).decision == "admit"


async def test_the_visitor_says_the_rest_and_agrees(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    link = visits.link(order)
    refusal = await visits.refused(links.fill_in(visitor(visits), link, FillIn(agree=False)))
    assert isinstance(refusal, AgreementNeeded)
    body = FillIn(agree=True, plate="苏A12345", companions=2, belongings="笔记本电脑")
    shown = await links.fill_in(visitor(visits), link, body)
    assert (shown.agreed, shown.companions, shown.belongings) == (True, 2, "笔记本电脑")
    after = await visits.order(order)
    assert after["private"]["visitor"]["plate"] == "苏A12345"
    assert after["data"]["visitor"]["plate"] == "苏A***45"
    assert after["state"] == "expected"
    assert after["timeline"][-1]["facts"] == {"by": "visitor"}


async def test_wrong_links_are_all_alike(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    link = visits.link(order)
    fresh = await visits.step(ANN, order, "reissue")
    for wrong in (link, "0" * 26, visits.static(order)):
        refusal = await visits.refused(links.show(visitor(visits), wrong))
        assert isinstance(refusal, PassUnknown)
    assert (await links.show(visitor(visits), visits.link(fresh))).state == "expected"


async def test_whoever_is_revoked_can_still_read_why_nothing_opens(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    link, code = visits.link(order), visits.static(order)
    revoked = await visits.step(GUARD, order, "revoke", Reason(reason="核查"))
    shown = await links.show(visitor(visits), link)
    assert (shown.state, shown.can) == ("revoked", [])
    assert "code" not in vars_of(shown)
    assert visits.static(revoked) != code


def vars_of(shown: links.PassView) -> dict[str, object]:
    """What is sent of a pass."""
    return dict(msgspec.to_builtins(shown))


async def test_another_visitor_gets_a_link_of_their_own(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    await visits.work()
    body = Change(visitor=Visitor(name="赵堃", phone=OTHER_PHONE))
    changed = await visits.step(ANN, order, "change", body)
    await visits.work()
    assert visits.sms.sent[-1][0] == OTHER_PHONE
    assert visits.sms.sent[-1][2]["token"] == visits.link(changed) != visits.link(order)
    visits.clock.now = TEN
    assert (await visits.scan(visits.static(order))).reason == "revoked"


async def test_what_is_over_cannot_be_filled_in(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    visits.clock.now = TEN
    await visits.scan(visits.static(order))
    act = links.fill_in(visitor(visits), visits.link(order), FillIn(agree=True))
    assert isinstance(await visits.refused(act), PassOver)


async def test_who_is_not_the_host_sees_no_code(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    assert "code" in show(visits.ctx(ANN), order)
    assert "code" not in show(visits.ctx(GUARD), order)


async def test_the_host_passes_the_link_on_and_nobody_else_sees_it(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite(type="vty_leader")
    assert order["state"] == "requested"
    assert show(visits.ctx(ANN), order)["link"] == f"/p/{visits.link(order)}"
    assert "link" not in show(visits.ctx(GUARD), order)
    assert "link" not in show(visits.ctx(ANN), {**order, "state": "cancelled"})


async def test_a_visitor_whose_details_are_gone_is_sent_nothing(store: Store) -> None:
    visits = await open_house(store)
    order = await visits.invite()
    await store.update("orders", {"_id": order["_id"]}, {"$unset": {"private": ""}})
    await visits.work()
    await push(visits.house)
    assert visits.sms.sent == []
    with pytest.raises(PassUnknown):
        await links.show(visitor(visits), visits.link(order))


def test_links_are_masked_in_logs() -> None:
    key = "84Z8B8Y34JJ72K8404E3XSHGCF"
    assert masked(f"GET /p/{key}") == "GET /p/***"
    assert masked(f"/api/v1/visitors/passes/{key}/codes") == "/api/v1/visitors/passes/***/codes"
