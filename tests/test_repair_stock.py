"""Parts: handed out to technicians, used on tickets, brought back; every move is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from models.base.decisions import Found, Outcome
from models.base.errors import Refusal
from models.base.holds import Unit
from models.base.orders import KeyReused
from models.base.store import Document, Store
from models.repairs import parts, stock
from models.repairs.parts import PARTS, PartInput, PartUnknown, PartWrong
from models.repairs.stock import (
    PART_MOVES,
    PART_STOCK,
    Handing,
    HolderUnknown,
    MoveQuery,
    PartDisabled,
    PriceOutside,
    StockShort,
)
from models.repairs.working import Material
from tests.repairs_house import ANN, BOSS, DORA, DREW, LEE, TIM, TOM, Repairs, open_house

VALVE, LAMP = "prt_valve", "prt_lamp"
KEPT = (PARTS, PART_STOCK, PART_MOVES, "audit")


async def a_store_room(store: Store) -> Repairs:
    """Two parts that may be handed out: valves at 10 to 20 yuan, lamps at 5."""
    repairs = await open_house(store)
    boss = await repairs.ctx(BOSS)
    await parts.put(boss, VALVE, PartInput(name="角阀", low=1000, high=2000))
    await parts.put(boss, LAMP, PartInput(name="灯管", unit="支", low=500, high=500))
    return repairs


async def hand_out(
    repairs: Repairs, who: str = DORA, person: str = TOM, key: str = "out", **said: Any
) -> int:
    """What the technician has, after being handed three valves, or as `said`."""
    body = Handing(**{"person": person, "part": VALVE, "count": 3, **said})
    ctx = await repairs.ctx(who, key, request_hash=repr(body).encode())
    return (await stock.check_out(ctx, body)).left


async def bring_back(repairs: Repairs, count: int, who: str = DORA, key: str = "back") -> int:
    body = Handing(person=TOM, part=VALVE, count=count)
    return (await stock.bring_back(await repairs.ctx(who, key), body)).left


async def use(repairs: Repairs, *materials: Material, order_id: str = "ord_1") -> stock.Used:
    """What Tom uses on a ticket, taken as finishing the ticket takes it."""
    order: Document = {"_id": order_id, "version": 4, "assignee": TOM}
    order["data"] = {"vendor": {"id": "ven_1"}}

    def decide(found: Found, now: datetime) -> Outcome:
        used = stock.used(found, order, materials, now)
        takes = [(order_id, hold) for hold in used.holds]
        return Outcome(answer=used, takes=takes, inserts=used.inserts)

    unit = Unit(stock.lookups(TOM, materials), decide)
    used: stock.Used = await repairs.house.queues.of("repairs").submit(unit)
    return used


async def everything(store: Store) -> dict[str, list[Document]]:
    return {name: await store.find(name, {}, sort=[("_id", 1)]) for name in KEPT}


async def refused(repairs: Repairs, act: Awaitable[Any]) -> Refusal:
    before = await everything(repairs.store)
    with pytest.raises(Refusal) as refusal:
        await act
    assert await everything(repairs.store) == before
    return refusal.value


async def left(repairs: Repairs, person: str = TOM, part: str = VALVE) -> int:
    """What somebody has of a part, after making sure that the ledger adds up to it."""
    held = await repairs.store.get(PART_STOCK, f"{person}:{part}")
    found = await repairs.store.find(PART_MOVES, {"person": person, "part": part})
    assert held is not None
    assert held["left"] == sum(move["count"] for move in found)
    return int(held["left"])


async def test_what_is_handed_out_and_brought_back_is_written_down(store: Store) -> None:
    repairs = await a_store_room(store)
    assert await hand_out(repairs) == 3
    repairs.clock.forward(minutes=1)
    assert await hand_out(repairs, key="more", count=2) == 5
    repairs.clock.forward(minutes=1)
    assert await bring_back(repairs, 4) == 1
    assert await left(repairs) == 1
    page = await stock.moves(await repairs.ctx(DORA), MoveQuery(limit=2))
    assert [(move.kind, move.count, move.by) for move in page.items] == [
        ("return", -4, DORA),
        ("checkout", 2, DORA),
    ]
    rest = await stock.moves(await repairs.ctx(DORA), MoveQuery(after=page.next))
    assert [(move.kind, move.count) for move in rest.items] == [("checkout", 3)]


async def test_the_same_key_hands_out_once_however_often_it_is_sent(store: Store) -> None:
    repairs = await a_store_room(store)
    assert await hand_out(repairs) == 3
    assert await asyncio.gather(*(hand_out(repairs) for _ in range(3))) == [3, 3, 3]
    assert isinstance(await refused(repairs, hand_out(repairs, count=4)), KeyReused)
    assert await left(repairs) == 3


async def test_many_hands_at_once_lose_nothing(store: Store) -> None:
    repairs = await a_store_room(store)
    await asyncio.gather(*(hand_out(repairs, key=f"out{n}", count=2) for n in range(6)))
    assert await left(repairs) == 12


async def test_a_dispatcher_hands_out_to_the_vendors_own_technicians_alone(store: Store) -> None:
    repairs = await a_store_room(store)
    for who, person in ((DORA, LEE), (DREW, TOM), (DORA, ANN)):
        refusal = await refused(repairs, hand_out(repairs, who, person))
        assert isinstance(refusal, HolderUnknown)
    await hand_out(repairs)
    assert isinstance(await refused(repairs, bring_back(repairs, 1, DREW)), HolderUnknown)


async def test_nobody_brings_back_more_than_he_has(store: Store) -> None:
    repairs = await a_store_room(store)
    await hand_out(repairs)
    refusal = await refused(repairs, bring_back(repairs, 4))
    assert isinstance(refusal, StockShort)
    assert refusal.detail() == "角阀 库存不足（剩余 3个），请先申领。"


async def test_of_a_disabled_part_nothing_more_is_handed_out_but_what_is_out_is_used(
    store: Store,
) -> None:
    repairs = await a_store_room(store)
    await hand_out(repairs)
    body = PartInput(name="角阀", low=1000, high=2000, enabled=False)
    await parts.put(await repairs.ctx(BOSS), VALVE, body)
    assert isinstance(await refused(repairs, hand_out(repairs, key="more")), PartDisabled)
    await use(repairs, Material(part=VALVE, count=1, price=1500))
    assert await left(repairs) == 2


async def test_an_unknown_part_is_refused(store: Store) -> None:
    repairs = await a_store_room(store)
    refusal = await refused(repairs, hand_out(repairs, part="prt_none"))
    assert isinstance(refusal, PartUnknown)
    none = use(repairs, Material(part="prt_none", count=1))
    assert isinstance(await refused(repairs, none), PartUnknown)


async def test_a_fix_takes_what_it_used_from_the_technicians_own_stock(store: Store) -> None:
    repairs = await a_store_room(store)
    await hand_out(repairs)
    await hand_out(repairs, key="lamps", part=LAMP, count=5)
    used = await use(
        repairs,
        Material(part=VALVE, count=1, price=1500),
        Material(part=LAMP, count=2, price=500),
        Material(part=VALVE, count=1, price=2000),
    )
    assert used.cost == 1500 + 2 * 500 + 2000
    assert [(each["name"], each["unit"], each["count"]) for each in used.materials] == [
        ("角阀", "个", 1),
        ("灯管", "支", 2),
        ("角阀", "个", 1),
    ]
    assert (await left(repairs), await left(repairs, part=LAMP)) == (1, 3)
    moves = await store.find(PART_MOVES, {"order": "ord_1"}, sort=[("_id", 1)])
    assert [(move["part"], move["count"]) for move in moves] == [(LAMP, -2), (VALVE, -2)]


async def test_what_the_technician_does_not_have_cannot_be_used(store: Store) -> None:
    repairs = await a_store_room(store)
    await hand_out(repairs)
    await hand_out(repairs, person=TIM, key="tim", count=9)
    valve = partial(Material, part=VALVE, price=1500)
    refusal = await refused(repairs, use(repairs, valve(count=2), valve(count=2)))
    assert isinstance(refusal, StockShort)
    assert refusal.facts == {"part": "角阀", "left": 3, "unit": "个"}


async def test_two_fixes_at_once_never_use_the_same_part_twice(store: Store) -> None:
    repairs = await a_store_room(store)
    await hand_out(repairs)
    wanted = [
        use(repairs, Material(part=VALVE, count=2, price=1500), order_id=f"ord_{n}")
        for n in range(3)
    ]
    answers = await asyncio.gather(*wanted, return_exceptions=True)
    assert sum(isinstance(answer, stock.Used) for answer in answers) == 1
    assert sum(isinstance(answer, StockShort) for answer in answers) == 2
    assert await left(repairs) == 1


@pytest.mark.parametrize("price", [999, 2001])
async def test_a_price_lies_between_the_lowest_and_the_highest(store: Store, price: int) -> None:
    repairs = await a_store_room(store)
    await hand_out(repairs)
    refusal = await refused(repairs, use(repairs, Material(part=VALVE, count=1, price=price)))
    assert isinstance(refusal, PriceOutside)
    assert refusal.detail() == "角阀 的单价须在 10.00 至 20.00 元之间。"
    assert refusal.errors == (("/materials/0/price", "须在 10.00 至 20.00 元之间"),)


async def test_technicians_see_their_own_and_dispatchers_their_vendors(store: Store) -> None:
    repairs = await a_store_room(store)
    await hand_out(repairs)
    await hand_out(repairs, person=TIM, key="tim")
    await hand_out(repairs, DREW, LEE, key="lee")
    seen = {}
    for who in (TOM, DORA, DREW):
        found = await stock.stock(await repairs.ctx(who))
        seen[who] = [each.person for each in found.items]
    assert seen == {TOM: [TOM], DORA: [TIM, TOM], DREW: [LEE]}
    moves = await stock.moves(await repairs.ctx(TOM), MoveQuery(person=LEE))
    assert [move.person for move in moves.items] == [TOM]


async def test_a_part_cheaper_at_most_than_at_least_is_refused(store: Store) -> None:
    repairs = await a_store_room(store)
    act = parts.put(await repairs.ctx(BOSS), VALVE, PartInput(name="角阀", low=2, high=1))
    assert isinstance(await refused(repairs, act), PartWrong)


async def test_what_one_has_left_behind_can_be_brought_back(store: Store) -> None:
    repairs = await a_store_room(store)
    await hand_out(repairs)
    await store.update("people", {"_id": TOM}, {"$set": {"active": False}})
    assert isinstance(await refused(repairs, hand_out(repairs, key="more")), HolderUnknown)
    assert await bring_back(repairs, 3) == 0
