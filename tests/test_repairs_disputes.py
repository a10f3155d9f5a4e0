"""What is disputed is found by those who settle it, until it is settled."""

from __future__ import annotations

import pytest

from models.base.errors import NotFound
from models.base.store import Document, Store
from models.repairs import disputes
from models.repairs.disputes import Dispute, DisputeQuery, Settlement, Span
from models.repairs.refusals import DisputesEnough
from tests.machinery import MONDAY
from tests.repairs_house import ANN, BOSS, DONE, DORA, DREW, HOUR, TOM, Repairs, open_house

HER_HOUR = Span(from_=MONDAY, to=MONDAY + HOUR)
DISPUTED = Dispute(interval=HER_HOUR, reason="门锁着")


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    return await open_house(store)


async def listed(repairs: Repairs, who: str, *, settled: bool = False) -> list[str]:
    query = DisputeQuery(settled=settled)
    return [each.id for each in (await disputes.listed(await repairs.ctx(who), query)).items]


async def disputed(repairs: Repairs, key: str = "ticket") -> Document:
    order = await repairs.started(key=key)
    repairs.clock.now = max(repairs.clock.now, MONDAY + HOUR)
    return dict(await repairs.step(TOM, order, "dispute", DISPUTED))


async def test_those_who_settle_are_told_of_a_dispute(repairs: Repairs) -> None:
    await disputed(repairs)
    assert (await repairs.told(BOSS)).count("repair-disputed") == 1


async def test_a_disputed_ticket_is_listed_also_once_it_is_over_until_it_is_settled(
    repairs: Repairs,
) -> None:
    order = await disputed(repairs)
    order = await repairs.step(TOM, order, "finish", DONE)
    order = await repairs.step(ANN, order, "accept")
    assert await listed(repairs, BOSS) == await listed(repairs, DORA) == [order["_id"]]
    body = Settlement(interval=HER_HOUR, party="access", reason="属实")
    await repairs.step(BOSS, order, "settle", body)
    assert await listed(repairs, BOSS) == []
    assert await listed(repairs, BOSS, settled=True) == [order["_id"]]


async def test_part_of_a_disputed_interval_leaves_it_open(repairs: Repairs) -> None:
    order = await disputed(repairs)
    half = Span(from_=MONDAY, to=MONDAY + HOUR / 2)
    await repairs.step(BOSS, order, "settle", Settlement(interval=half, party="access", reason="-"))
    assert await listed(repairs, BOSS) == [order["_id"]]


async def test_what_was_never_disputed_is_in_neither_list(repairs: Repairs) -> None:
    order = await repairs.started()
    repairs.clock.forward(hours=1)
    body = Settlement(interval=HER_HOUR, party="access", reason="属实")
    await repairs.step(BOSS, order, "settle", body)
    assert await listed(repairs, BOSS) == await listed(repairs, BOSS, settled=True) == []


async def test_another_vendors_dispute_does_not_exist(repairs: Repairs) -> None:
    await disputed(repairs)
    assert await listed(repairs, DREW) == []
    with pytest.raises(NotFound):
        await listed(repairs, ANN)


async def test_a_ticket_has_so_many_disputes_and_no_more(repairs: Repairs) -> None:
    order = await disputed(repairs)
    for _ in range(disputes.MOST - 1):
        order = await repairs.step(ANN, order, "dispute", DISPUTED)
    refusal = await repairs.refused(repairs.step(ANN, order, "dispute", DISPUTED))
    assert isinstance(refusal, DisputesEnough)
