"""Another vendor's ticket does not exist: not by its address, on the board, or in a count."""

from __future__ import annotations

import msgspec
import pytest

from models.base import orders, views
from models.base.errors import NotFound
from models.base.store import Store
from models.repairs import board, duty, hands
from models.repairs.board import BoardQuery
from models.repairs.duty import DutyQuery
from models.repairs.parties import boards
from models.repairs.refusals import VendorUnknown
from tests.repairs_house import (
    ANN,
    BOB,
    BOSS,
    DORA,
    DREW,
    LEE,
    TIM,
    TOM,
    WATER,
    Repairs,
    into,
    open_house,
)


@pytest.fixture
async def repairs(store: Store) -> Repairs:
    return await open_house(store)


async def counts(repairs: Repairs, who: str, query: BoardQuery | None = None) -> dict[str, int]:
    """What the board of somebody says, without empty columns."""
    tokens = boards((await repairs.ctx(who)).actor)
    shown = await board.board(repairs.house, tokens, query or BoardQuery())
    assert all(len(column.items) == column.count for column in shown.columns)
    return {column.state: column.count for column in shown.columns if column.count}


async def test_everybody_has_a_board_of_their_own(repairs: Repairs) -> None:
    await repairs.report(key="pool")
    await repairs.started(TOM, key="toms")
    await repairs.taken(LEE, key="lees")
    assert await counts(repairs, TOM) == {"reported": 1, "started": 1}
    assert await counts(repairs, TIM) == {"reported": 1}
    assert await counts(repairs, DORA) == {"reported": 1, "started": 1}
    assert await counts(repairs, DREW) == {"reported": 1, "taken": 1}
    assert await counts(repairs, BOSS) == {"reported": 1, "taken": 1, "started": 1}
    with pytest.raises(NotFound):
        await counts(repairs, ANN)


async def test_who_is_due_first_stands_first_and_a_column_goes_on(repairs: Repairs) -> None:
    for number in range(3):
        repairs.clock.forward(minutes=10)
        await repairs.report(key=f"ticket{number}")
    tokens = boards((await repairs.ctx(DORA)).actor)
    query = BoardQuery(state="reported", category=WATER)
    column = (await board.board(repairs.house, tokens, query)).columns[0]
    assert [row.due_at for row in column.items] == sorted(row.due_at for row in column.items)
    assert (column.count, column.next) == (3, None)


async def test_a_board_is_asked_for_one_vendor(repairs: Repairs) -> None:
    await repairs.taken(TOM, key="toms")
    await repairs.taken(LEE, key="lees")
    await repairs.report(key="pool")
    assert await counts(repairs, BOSS, BoardQuery(vendor="ven_2")) == {"taken": 1}
    assert await counts(repairs, DORA, BoardQuery(vendor="ven_2")) == {}


async def test_a_long_column_goes_on_where_it_ended_whatever_became_of_the_last_ticket(
    repairs: Repairs,
) -> None:
    first = await repairs.report()
    copies = [{**first, "_id": f"ord_copy{number:03}"} for number in range(board.MOST_ROWS)]
    await repairs.store.insert("orders", *copies)
    tokens = boards((await repairs.ctx(DORA)).actor)
    column = (await board.board(repairs.house, tokens, BoardQuery(state="reported"))).columns[0]
    assert (len(column.items), column.count) == (100, 101)
    assert column.next is not None
    await repairs.take(TOM, {"_id": column.items[-1].id})
    rest = BoardQuery(state="reported", after=column.next)
    after = (await board.board(repairs.house, tokens, rest)).columns[0]
    shown = {row.id for row in (*column.items, *after.items)}
    assert shown == {first["_id"], *(copy["_id"] for copy in copies)}
    assert (len(after.items), after.count, after.next) == (1, 100, None)


def test_a_column_cannot_be_asked_about_a_ticket_one_does_not_see() -> None:
    """Where it goes on is said by the page itself, not looked up by the id of any ticket."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"after": "ord_0123456789abcdef"}, BoardQuery)


async def test_a_row_says_nothing_of_the_rules_own(repairs: Repairs) -> None:
    await repairs.report()
    tokens = boards((await repairs.ctx(TOM)).actor)
    row = (
        (await board.board(repairs.house, tokens, BoardQuery(state="reported"))).columns[0].items[0]
    )
    assert not {"terms", "vendors", "pooled", "subject", "rating"} & set(row.data)
    assert row.data["warn_minutes"] == 60


async def test_another_vendors_ticket_does_not_exist(repairs: Repairs) -> None:
    order = await repairs.started(TOM)
    for who in (LEE, DREW, BOB, TIM):
        ctx = await repairs.ctx(who)
        with pytest.raises(NotFound):
            await orders.seen(ctx, order["_id"])
        with pytest.raises(NotFound):
            await board.ledger(ctx, order["_id"])
    for who in (ANN, TOM, DORA, BOSS):
        shown = await board.ledger(await repairs.ctx(who), order["_id"])
        assert shown.solution.target == 240


async def test_a_dispatcher_decides_for_the_own_vendor_alone(repairs: Repairs) -> None:
    dora = await repairs.ctx(DORA)
    assert [hand.id for hand in (await hands.listed(dora)).items] == [TOM, TIM]
    assert [load.id for load in (await hands.loads(dora)).items] == [TIM, TOM]
    with pytest.raises(NotFound):
        await repairs.hand(DORA, LEE)
    with pytest.raises(NotFound):
        await repairs.hand(DORA, ANN)
    with pytest.raises(VendorUnknown):
        await duty.listed(dora, DutyQuery(vendor="ven_2"))


async def test_a_ticket_names_no_other_one_that_its_reader_does_not_see(repairs: Repairs) -> None:
    await repairs.accepted(TOM, key="first", symptom="leak")
    again = await repairs.report(BOB, key="again", symptom="leak")
    assert again["data"]["repeat_of"]
    for who, sees in ((BOSS, True), (DORA, True), (DREW, False), (BOB, False)):
        ctx = await repairs.ctx(who)
        data = (await views.full(ctx, again)).data
        assert data["repeat"] is True
        assert ("repeat_of" in data) is sees, who


async def test_a_merged_ticket_says_where_it_went_to_those_who_see_that(repairs: Repairs) -> None:
    one = await repairs.taken(TOM, key="one")
    other = await repairs.report(BOB, key="other")
    merged = await repairs.step(DORA, other, "merge", into(one))
    for who, sees in ((BOB, True), (DORA, True), (DREW, False)):
        shown = await views.full(await repairs.ctx(who), merged)
        assert ("merged_into" in shown.data) is sees, who
        assert one["_id"] not in msgspec.json.encode(shown).decode() or sees
