"""Reporting: what is kept of it, what is known already, who joins, and what cannot be chosen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from models.base.errors import NotFound
from models.base.store import Document, Store
from models.repairs import catalogue, repeats
from models.repairs.refusals import (
    AssetRetired,
    AssetUnknown,
    CategoryDisabled,
    SymptomUnknown,
    TextRefused,
    TicketClosed,
    WatchingAlready,
)
from models.repairs.repeats import SimilarQuery
from models.repairs.reporting import Location
from tests.repairs_house import (
    ANN,
    BOB,
    BOSS,
    CAT,
    DONE,
    DORA,
    LIGHT,
    TOM,
    WATER,
    Repairs,
    a_category,
    into,
    open_house,
    remark,
)

ROOM = {"building": "1号楼", "floor": "3", "room": "301"}


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    return await open_house(store)


def an_asset(**fields: Any) -> Document:
    asset: Document = {"_id": "ast_pump", "name": "水泵", "code": "SB-0001", "category": WATER}
    return asset | {"location": ROOM, "building": "1号楼", "enabled": True} | fields


async def test_a_ticket_keeps_what_was_said_and_the_rules_of_the_day(repairs: Repairs) -> None:
    order = await repairs.report(urgency=3, symptom="leak")
    data = order["data"]
    assert data["category"] == {"id": WATER, "name": "水暖"}
    assert data["location"] == ROOM | {"text": ""}
    assert data["symptom"] == {"id": "leak", "name": "漏水"}
    assert (data["urgency"], data["impact"], data["priority"]) == (3, 2, 4)
    assert (order["owner"], order["version"], order["state"]) == (ANN, 1, "reported")
    assert data["terms"]["solution"] == 240


async def test_the_same_request_is_the_same_ticket(repairs: Repairs) -> None:
    first, again = await repairs.report(), await repairs.report()
    assert first["_id"] == again["_id"]
    assert await repairs.store.count("orders", {}) == 1


async def test_a_disabled_category_cannot_be_chosen(repairs: Repairs) -> None:
    body = a_category("水暖", enabled=False)
    await catalogue.put(await repairs.ctx(BOSS), WATER, body)
    assert isinstance(await repairs.refused(repairs.report()), CategoryDisabled)
    assert WATER not in {c.id for c in (await catalogue.listed(await repairs.ctx(ANN))).items}


async def test_reporting_and_disabling_at_once_has_one_answer(repairs: Repairs) -> None:
    body = a_category("水暖", enabled=False)
    boss = await repairs.ctx(BOSS)
    race = await asyncio.gather(
        *(repairs.report(key=f"ticket{n}") for n in range(8)),
        catalogue.put(boss, WATER, body),
        return_exceptions=True,
    )
    made = [each for each in race[:-1] if isinstance(each, dict)]
    refused = [each for each in race[:-1] if isinstance(each, CategoryDisabled)]
    assert len(made) + len(refused) == 8
    assert await repairs.store.count("orders", {}) == len(made)
    assert isinstance(await repairs.refused(repairs.report(key="later")), CategoryDisabled)


async def test_what_the_category_or_the_register_does_not_know_is_refused(repairs: Repairs) -> None:
    assert isinstance(await repairs.refused(repairs.report(symptom="fire")), SymptomUnknown)
    assert isinstance(await repairs.refused(repairs.report(asset_id="ast_none")), AssetUnknown)
    await repairs.store.insert("assets", an_asset(enabled=False))
    refusal = await repairs.refused(repairs.report(asset_id="ast_pump"))
    assert isinstance(refusal, AssetRetired)
    assert refusal.facts == {"code": "SB-0001"}


async def test_a_ticket_of_an_asset_names_it(repairs: Repairs) -> None:
    await repairs.store.insert("assets", an_asset())
    order = await repairs.report(asset_id="ast_pump")
    assert order["data"]["asset"] == {"id": "ast_pump", "name": "水泵", "code": "SB-0001"}


async def test_open_tickets_of_the_same_place_are_shown_without_names(repairs: Repairs) -> None:
    order = await repairs.report(fault="水龙头漏水，电话13812345678")
    await repairs.report(key="elsewhere", location=Location(building="1号楼", room="302"))
    query = SimilarQuery(category=WATER, building="1号楼", floor="3", room="301")
    found = (await repeats.similar(await repairs.ctx(BOB), query)).items
    assert [(each.order_id, each.fault, each.watchers) for each in found] == [
        (order["_id"], "水龙头漏水，电话138****5678", 0)
    ]
    assert not found[0].watching
    await repairs.step(ANN, order, "cancel")
    assert (await repeats.similar(await repairs.ctx(BOB), query)).items == []


async def test_whoever_joins_follows_the_ticket_live(repairs: Repairs) -> None:
    order = await repairs.report()
    joined = await repeats.join(await repairs.ctx(BOB), order["_id"])
    assert joined["data"]["watchers"] == [BOB]
    assert await repairs.sees(BOB, order)
    again = await repeats.join(await repairs.ctx(BOB), order["_id"])
    assert again["version"] == joined["version"]
    await repairs.take(TOM, order)
    assert await repairs.told(BOB) == ["repair-taken"]
    assert await repairs.can(BOB, order) == set()  # who watches decides nothing


async def test_one_does_not_join_what_one_sees_or_what_is_closed(repairs: Repairs) -> None:
    order = await repairs.report()
    act = repeats.join(await repairs.ctx(ANN), order["_id"])
    assert isinstance(await repairs.refused(act), WatchingAlready)
    await repairs.step(ANN, order, "cancel")
    act = repeats.join(await repairs.ctx(BOB), order["_id"])
    assert isinstance(await repairs.refused(act), NotFound)
    act = repeats.join(await repairs.ctx(ANN), order["_id"])
    assert isinstance(await repairs.refused(act), TicketClosed)


async def test_ten_who_join_at_once_all_do(repairs: Repairs) -> None:
    order = await repairs.report()
    turns = [await repairs.ctx(who) for who in (BOB, CAT) * 5]
    await asyncio.gather(*(repeats.join(turn, order["_id"]) for turn in turns))
    assert sorted((await repairs.order(order["_id"]))["data"]["watchers"]) == [BOB, CAT]


async def test_a_merged_ticket_brings_its_people_along(repairs: Repairs) -> None:
    one, other = await repairs.report(), await repairs.report(BOB, key="other")
    await repeats.join(await repairs.ctx(CAT), other["_id"])
    merged = await repairs.step(DORA, other, "merge", into(one))
    assert (merged["state"], merged["data"]["merged_into"]) == ("merged", one["_id"])
    kept = await repairs.order(one["_id"])
    assert kept["data"]["watchers"] == [BOB, CAT]
    assert await repairs.sees(CAT, one)
    assert await repairs.told(BOB) == ["repair-merged"]
    assert kept["state"] == "reported"


async def test_a_fault_that_comes_back_names_the_first_fix(repairs: Repairs) -> None:
    first = await repairs.accepted(symptom="leak")
    repairs.clock.forward(days=29)
    again = await repairs.report(BOB, key="again", symptom="leak")
    assert again["data"]["repeat_of"] == first["_id"]
    other = await repairs.report(BOB, key="other", symptom="noise")
    assert other["data"]["repeat_of"] is None
    repairs.clock.forward(days=2)
    late = await repairs.report(BOB, key="late", symptom="leak")
    assert late["data"]["repeat_of"] is None


async def test_the_days_of_a_fault_that_comes_back_count_from_its_fix(repairs: Repairs) -> None:
    first = await repairs.started(symptom="leak")
    repairs.clock.forward(days=25)
    await repairs.step(TOM, first, "finish", DONE)
    repairs.clock.forward(days=15)
    again = await repairs.report(BOB, key="again", symptom="leak")
    assert again["data"]["repeat_of"] == first["_id"]


async def test_text_that_wechat_refuses_reaches_nobody(repairs: Repairs) -> None:
    await repairs.store.update("people", {"_id": ANN}, {"$set": {"openid": "oAnn"}})
    refusal = await repairs.refused(repairs.report(fault="违规内容"))
    assert isinstance(refusal, TextRefused)
    order = await repairs.report()
    act = repairs.step(ANN, order, "remark", remark("违规内容"))
    assert isinstance(await repairs.refused(act), TextRefused)


async def test_what_is_assigned_is_not_in_the_pool(repairs: Repairs) -> None:
    order = await repairs.report(category=LIGHT)
    assert "take" not in await repairs.can(TOM, order)
    assert await repairs.can(DORA, order) == {
        "assign",
        "change_category",
        "merge",
        "remark",
        "dispute",
    }
