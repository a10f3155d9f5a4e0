"""The end of a ticket: accepted, refused, reopened, rated, cancelled; by whom and until when."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec import UNSET

from models.base.store import Store
from models.base.views import RatingInput
from models.repairs import figures, parts, ratings, stock
from models.repairs.figures import FiguresQuery, RatingFigures
from models.repairs.lifecycle import show
from models.repairs.parts import PartInput
from models.repairs.ratings import RatingQuery
from models.repairs.refusals import ReopenTooLate, TooFewRatings, VendorUnknown
from models.repairs.stock import PART_STOCK
from models.repairs.working import Finish, Material
from server.migrations import MIGRATIONS
from tests.machinery import MONDAY
from tests.repairs_house import (
    ANN,
    BOSS,
    DAY,
    DONE,
    DORA,
    DREW,
    HOUR,
    LEE,
    TIM,
    TOM,
    Repairs,
    back,
    because,
    open_house,
    to,
)


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    return await open_house(store)


async def test_a_fix_says_what_was_done_and_frees_the_technician(repairs: Repairs) -> None:
    order = await repairs.fixed()
    data = order["data"]
    assert (order["state"], order["waits_for"]) == ("fixed", [f"p:{ANN}", f"d:{ANN}"])
    assert (data["result"], data["labour_minutes"], data["cost"]) == ("已更换阀芯", 20, 0)
    assert await repairs.left(TOM) == 3
    assert "repair-fixed" in await repairs.told(ANN)


async def test_silence_is_consent_after_three_working_days(repairs: Repairs) -> None:
    order = await repairs.fixed()
    accept_at = MONDAY + 3 * DAY + 9 * HOUR  # Thursday, six in the evening
    assert order["data"]["accept_at"] == accept_at
    repairs.clock.now = accept_at - HOUR
    await repairs.work()
    assert await repairs.state(order) == "fixed"
    repairs.clock.now = accept_at
    await repairs.work()
    found = await repairs.order(order["_id"])
    assert (found["state"], found["timeline"][-1]["by"]) == ("accepted", "clock")


async def test_a_refused_fix_goes_back_to_the_same_hands(repairs: Repairs) -> None:
    order = await repairs.fixed()
    order = await repairs.step(ANN, order, "refuse", because("还在漏"))
    assert (order["state"], order["assignee"], order["data"]["refused"]) == ("taken", TOM, 1)
    assert await repairs.left(TOM) == 2
    assert await repairs.told(TOM) == ["repair-refused"]


async def test_the_dispatcher_hears_of_what_comes_back_to_nobody(repairs: Repairs) -> None:
    order = await repairs.accepted(TOM)
    await repairs.hand(DORA, TOM, enabled=False)
    order = await repairs.step(ANN, order, "reopen", because("又漏了"))
    assert (order["state"], order["assignee"]) == ("reported", None)
    assert await repairs.told(DORA) == ["repair-returned"]


async def test_hands_without_room_leave_it_to_the_dispatcher(repairs: Repairs) -> None:
    order = await repairs.fixed()
    await repairs.hand(DORA, TOM, enabled=False)
    order = await repairs.step(ANN, order, "refuse", because())
    assert (order["state"], order["assignee"]) == ("reported", None)
    assert order["waits_for"] == ["v:ven_1:dispatcher"]
    assert not await repairs.sees(LEE, order)
    order = await repairs.step(DORA, order, "assign", to(TIM))
    assert order["assignee"] == TIM


async def test_a_ticket_is_reopened_within_its_days(repairs: Repairs) -> None:
    order = await repairs.accepted()
    repairs.clock.now = MONDAY + 7 * DAY
    order = await repairs.step(ANN, order, "reopen", because("又漏了"))
    assert (order["state"], order["assignee"], order["data"]["round"]) == ("taken", TOM, 1)
    ledger = order["data"]["ledger"]
    assert ledger["response"]["used"] == 0  # it ran once
    assert ledger["solution"]["used"] == 0  # while it was accepted it was nobody's time


async def test_later_it_is_another_fault(repairs: Repairs) -> None:
    order = await repairs.accepted()
    repairs.clock.now = MONDAY + 7 * DAY + HOUR
    refusal = await repairs.refused(repairs.step(ANN, order, "reopen", because()))
    assert isinstance(refusal, ReopenTooLate)
    assert await repairs.can(ANN, order) == {"rate", "dispute"}


async def test_what_has_not_begun_can_be_cancelled(repairs: Repairs) -> None:
    order = await repairs.taken()
    order = await repairs.step(ANN, order, "cancel")
    assert order["state"] == "cancelled"
    assert await repairs.left(TOM) == 3
    assert await repairs.told(TOM) == ["repair-cancelled"]
    assert "cancel" not in await repairs.can(ANN, await repairs.started(key="other"))


async def rated(repairs: Repairs, key: str, stars: int, comment: str | None = None) -> None:
    order = await repairs.accepted(key=key)
    body = RatingInput(stars=stars, comment=comment)
    await repairs.step(ANN, order, "rate", body)


async def test_a_rating_is_shown_to_its_author_alone(repairs: Repairs) -> None:
    order = await repairs.accepted()
    order = await repairs.step(ANN, order, "rate", RatingInput(stars=2, comment="太慢"))
    assert "rating" not in order
    for who, shown in ((ANN, True), (TOM, False), (DORA, False), (BOSS, False)):
        data = show(await repairs.ctx(who), order)
        assert ("rating" in data) is shown, who


async def test_a_vendor_sees_opinions_without_names_from_three_on(repairs: Repairs) -> None:
    query = RatingQuery(from_=date(2026, 11, 1), to=date(2026, 11, 30))
    await rated(repairs, "one", 5, "很好")
    await rated(repairs, "two", 2, "太慢")
    dora = await repairs.ctx(DORA)
    assert isinstance(await repairs.refused(ratings.listed(dora, query)), TooFewRatings)
    await rated(repairs, "three", 4)
    shown = await ratings.listed(dora, query)
    assert (shown.count, shown.average) == (3, 3.67)
    assert [each.stars for each in shown.items] == [5, 4, 2]
    assert {each.by for each in shown.items} == {each.order_id for each in shown.items} == {UNSET}
    drew = await repairs.ctx(DREW)
    other = RatingQuery(vendor="ven_1")
    assert isinstance(await repairs.refused(ratings.listed(drew, other)), VendorUnknown)


async def test_from_two_looks_nobodys_single_opinion_follows(repairs: Repairs) -> None:
    for number in range(3):
        await rated(repairs, f"first{number}", 4)
    repairs.clock.forward(days=1)
    await rated(repairs, "single", 1, "太慢")
    dora = await repairs.ctx(DORA)
    today = date(2026, 11, 24)
    for query in (
        RatingQuery(),
        RatingQuery(from_=today, to=today),
        RatingQuery(from_=date(2026, 11, 1), to=today),
    ):
        shown = await ratings.listed(dora, query)
        assert [each.stars for each in shown.items] == [4, 4, 4]
    for number in range(2):
        await rated(repairs, f"second{number}", 5)
    shown = await ratings.listed(dora, RatingQuery())
    assert [each.stars for each in shown.items] == [5, 5, 4, 4, 4, 1]


async def test_another_month_does_not_help_to_tell_whose_it_was(repairs: Repairs) -> None:
    for number in range(3):
        await rated(repairs, f"november{number}", 4)
    repairs.clock.forward(days=10)
    await rated(repairs, "december", 1)
    dora = await repairs.ctx(DORA)
    both = RatingQuery(from_=date(2026, 11, 20), to=date(2026, 12, 3))
    assert (await ratings.listed(dora, both)).count == 3
    only = RatingQuery(from_=date(2026, 12, 1), to=date(2026, 12, 3))
    assert isinstance(await repairs.refused(ratings.listed(dora, only)), TooFewRatings)


async def test_the_administration_sees_names_and_that_is_on_record(repairs: Repairs) -> None:
    await rated(repairs, "one", 5)
    before = await repairs.store.count("audit", {})
    shown = await ratings.listed(await repairs.ctx(BOSS), RatingQuery(vendor="ven_1"))
    assert [each.by for each in shown.items] == ["ann"]
    assert await repairs.store.count("audit", {}) == before + 1


async def test_a_rating_stays_with_the_vendor_whose_fix_it_was(repairs: Repairs) -> None:
    order = await repairs.accepted(TOM)
    await repairs.step(ANN, order, "rate", RatingInput(stars=1))
    await repairs.step(ANN, order, "reopen", because())
    await repairs.step(TOM, order, "give_back", back("不会修"))
    await repairs.take(LEE, order)
    for who, name, body in ((LEE, "start", None), (LEE, "finish", DONE), (ANN, "accept", None)):
        await repairs.step(who, order, name, body)
    boss = await repairs.ctx(BOSS)
    assert (await ratings.listed(boss, RatingQuery(vendor="ven_1"))).count == 1
    assert (await ratings.listed(boss, RatingQuery(vendor="ven_2"))).count == 0
    found = await figures.figures(boss, FiguresQuery(vendor="ven_2"))
    assert found.items[0].tickets == 1
    assert found.items[0].ratings == RatingFigures(count=0, average=None)
    await repairs.step(ANN, order, "rate", RatingInput(stars=5))
    assert (await ratings.listed(boss, RatingQuery(vendor="ven_2"))).average == 5


async def test_a_rating_of_an_older_version_is_given_to_the_vendor_it_counted_for(
    repairs: Repairs,
) -> None:
    order = await repairs.accepted(TOM)
    await repairs.step(ANN, order, "rate", RatingInput(stars=4))
    unnamed = {"$unset": {"data.rating.vendor": ""}}
    await repairs.store.update("orders", {"_id": order["_id"]}, unnamed)
    [migration] = [each for each in MIGRATIONS if "a rating names" in each.name]
    for _ in range(2):
        await migration.run(repairs.store)
    shown = await ratings.listed(await repairs.ctx(BOSS), RatingQuery(vendor="ven_1"))
    assert (shown.count, shown.average) == (1, 4)


async def test_what_is_built_in_comes_from_the_technicians_own_stock(repairs: Repairs) -> None:
    await a_part(repairs, 2)
    order = await repairs.started()
    body = Finish(note="已换", materials=[Material(part="prt_valve", count=3, price=1200)])
    refusal = await repairs.refused(repairs.step(TOM, order, "finish", body))
    assert refusal.code == "stock-short"
    body = Finish(note="已换", materials=[Material(part="prt_valve", count=2, price=1200)])
    order = await repairs.step(TOM, order, "finish", body)
    assert order["data"]["cost"] == 2400
    held = await repairs.store.get(PART_STOCK, f"{TOM}:prt_valve")
    assert held is not None
    assert held["left"] == 0
    order = await repairs.step(ANN, order, "refuse", because())  # parts stay where they are
    assert await repairs.left(TOM) == 2
    order = await repairs.step(ANN, order, "cancel")
    held = await repairs.store.get(PART_STOCK, f"{TOM}:prt_valve")
    assert held is not None
    assert held["left"] == 0


async def a_part(repairs: Repairs, count: int) -> None:
    """So many valves in Tom's stock."""
    body = PartInput(name="阀芯", unit="个", low=1000, high=2000)
    await parts.put(await repairs.ctx(BOSS), "prt_valve", body)
    handing = stock.Handing(person=TOM, part="prt_valve", count=count)
    await stock.check_out(await repairs.ctx(DORA, "checkout"), handing)
