"""The record: everything in order, nothing secret."""

from __future__ import annotations

from models.base import audit
from models.base.audit import AUDIT
from models.base.shapes import PageQuery
from models.base.store import Store
from tests.machinery import MovingClock, a_context, a_house


async def test_an_act_is_recorded_with_who_when_and_what(store: Store) -> None:
    house = a_house(store)
    ctx = a_context(house)

    await audit.record(ctx, "person.roles", "per_bob", {"roles": ["staff"]}, {"roles": ["leader"]})

    (item,) = (await audit.listed(ctx, PageQuery())).items
    assert (item.at, item.actor.id, item.act, item.object) == (
        ctx.now,
        "per_ann",
        "person.roles",
        "per_bob",
    )
    assert (item.before, item.after) == ({"roles": ["staff"]}, {"roles": ["leader"]})


async def test_pages_go_back_in_time_without_gap_or_repeat(store: Store) -> None:
    clock = MovingClock()
    house = a_house(store, clock)
    for number in range(7):
        await audit.record(a_context(house), f"act.{number}", "thing")
        clock.forward(milliseconds=number % 2)  # some of the same moment

    seen, after = [], None
    while True:
        page = await audit.listed(a_context(house), PageQuery(after=after, limit=3))
        seen += [item.act for item in page.items]
        after = page.next
        if after is None:
            break

    assert sorted(seen) == [f"act.{number}" for number in range(7)]
    assert seen[0] == "act.6"


async def test_neither_secrets_nor_whole_phone_numbers_are_written(store: Store) -> None:
    ctx = a_context(a_house(store))

    await audit.record(
        ctx,
        "person.change",
        "per_bob",
        {"phone": "13812345678", "openid": "oSecret", "list": [{"token": "t0ken"}]},
        {"text": "电话 13812345678，工号 138123456789"},
    )

    (document,) = await store.find(AUDIT, {})
    assert document["before"] == {
        "phone": "138****5678",
        "openid": "***",
        "list": [{"token": "***"}],
    }
    assert document["after"] == {"text": "电话 138****5678，工号 138123456789"}
