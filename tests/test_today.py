"""My day: what I have ordered, am invited to and do for others, by time, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from models import today
from models.base import orders
from models.base.context import Context, House
from models.base.marks import takes_part
from models.base.messages import notify
from models.base.store import Document, Store
from models.base.transitions import transition
from models.meals.lifecycle import MEALS
from models.meetings.wishes import ServiceWish
from models.today import DayTooFar, TodayQuery
from tests import series_house
from tests.base.toys import ToyBody, a_show
from tests.machinery import MONDAY, a_context, a_house
from tests.meals_house import ANN, BOB
from tests.meetings_house import NOON, open_house

ANY = TodayQuery()


async def a_ticket(house: House, person: str, name: str, starts_at: datetime) -> Document:
    """An order of somebody for a show that is theirs alone."""
    show = f"{name}-{person}"
    await a_show(house.store, 5, show, starts_at=starts_at)
    return await orders.place(
        a_context(house, person, show.ljust(16, "0")), "toy", ToyBody(show=show)
    )


async def mark(store: Store, order: Document, **fields: Any) -> None:
    change = {"$set": {name.replace("__", "."): value for name, value in fields.items()}}
    await store.update("orders", {"_id": order["_id"]}, change)


def standing_in(ctx: Context, *absent: str) -> Context:
    tokens = ctx.actor.tokens | {f"d:{person}" for person in absent}
    return ctx.acting_as(replace(ctx.actor, tokens=tokens))


def shows(day: today.Today) -> list[str]:
    return [order.data["show"] for order in day.orders]


async def test_my_day_has_todays_orders_by_time_and_counts_what_is_unread(store: Store) -> None:
    house = a_house(store)
    for name, hours in (("late", 8), ("soon", 2), ("tomorrow", 24)):
        for person in ("per_ann", "per_bob"):
            await a_ticket(house, person, name, MONDAY + timedelta(hours=hours))
    ann = a_context(house, "per_ann")
    order = await a_ticket(house, "per_ann", "given-up", MONDAY + timedelta(hours=3))
    await transition(ann, order["_id"], "cancel")
    await notify(house, "per_ann", "toy-cancelled", {"show": "soon"})
    day = await today.of(ann, ANY)
    assert day.date == "2026-11-23"
    assert shows(day) == ["soon-per_ann", "late-per_ann"]
    assert day.unread == 1


async def test_another_day_is_shown_on_request(store: Store) -> None:
    house = a_house(store)
    ann = a_context(house, "per_ann")
    await a_ticket(house, "per_ann", "midnight", datetime.fromisoformat("2026-11-25T00:00+08:00"))
    await a_ticket(house, "per_ann", "late", datetime.fromisoformat("2026-11-25T23:59+08:00"))
    await a_ticket(house, "per_ann", "next", datetime.fromisoformat("2026-11-26T00:00+08:00"))
    day = await today.of(ann, TodayQuery(date=date(2026, 11, 25)))
    assert (day.date, shows(day)) == ("2026-11-25", ["midnight-per_ann", "late-per_ann"])
    assert (await today.of(ann, ANY)).orders == []


@pytest.mark.parametrize("far", [date(9999, 12, 31), date(1, 1, 1), date(2028, 1, 1)])
async def test_a_day_beyond_all_plans_is_refused(store: Store, far: date) -> None:
    with pytest.raises(DayTooFar):
        await today.of(a_context(a_house(store)), TodayQuery(date=far))


async def test_what_i_am_invited_to_is_there_with_the_name_of_whose_it_is(store: Store) -> None:
    house = a_house(store)
    await store.insert("people", {"_id": "per_bob", "name": "李强", "employee_no": "S0004"})
    theirs = await a_ticket(house, "per_bob", "theirs", MONDAY + timedelta(hours=1))
    hidden = await a_ticket(house, "per_bob", "hidden", MONDAY + timedelta(hours=2))
    mine = await a_ticket(house, "per_ann", "mine", MONDAY + timedelta(hours=3))
    seen_by = ["p:per_ann", "p:per_bob"]
    guests = [takes_part("per_ann", "2026-11")]
    await mark(store, theirs, found_by=guests, seen_by=seen_by)
    await mark(store, hidden, found_by=guests)
    await mark(store, mine, found_by=guests)

    day = await today.of(a_context(house, "per_ann"), ANY)

    assert shows(day) == ["theirs-per_bob", "mine-per_ann"]
    assert day.orders[0].names == {"per_bob": "李强"}
    assert [order.owner for order in day.orders] == ["per_bob", "per_ann"]


async def test_a_deputy_has_what_they_may_see_of_the_absent(store: Store) -> None:
    house = a_house(store)
    seen = await a_ticket(house, "per_bob", "seen", MONDAY + timedelta(hours=1))
    await a_ticket(house, "per_bob", "own", MONDAY + timedelta(hours=2))
    await mark(store, seen, seen_by=["p:per_bob", "d:per_bob"])
    ann = a_context(house, "per_ann")
    assert shows(await today.of(standing_in(ann, "per_bob"), ANY)) == ["seen-per_bob"]
    assert shows(await today.of(standing_in(ann, "per_cat"), ANY)) == []


async def test_what_belongs_to_another_line_of_the_day_is_not_shown_beside_it(
    store: Store,
) -> None:
    house = a_house(store)
    whole = await a_ticket(house, "per_ann", "whole", MONDAY + timedelta(hours=1))
    part = await a_ticket(house, "per_ann", "part", MONDAY + timedelta(hours=1))
    child = await a_ticket(house, "per_ann", "child", MONDAY + timedelta(hours=2))
    await mark(store, part, parent=whole["_id"])
    await mark(store, child, parent="ord_of_another_day")
    day = await today.of(a_context(house, "per_ann"), ANY)
    assert shows(day) == ["whole-per_ann", "child-per_ann"]


async def test_a_meeting_is_one_line_of_the_day_with_all_that_belongs_to_it(store: Store) -> None:
    meetings = await open_house(store)
    tea = ServiceWish(service="tea")
    await series_house.book(meetings, subject="周例会", services=[tea])
    single = await meetings.book(BOB, "single", starts_at=NOON, invite=["S0003"], private=True)
    day = await today.of(meetings.ctx(ANN), ANY)
    assert [(order.kind, order.data["subject"]) for order in day.orders] == [
        ("meeting", "周例会"),
        ("meeting", "周会"),
    ]
    assert (day.orders[1].id, day.orders[1].names) == (single["_id"], {BOB: "bob"})


async def test_a_service_is_ready_once_it_has_orders(store: Store) -> None:
    day = await today.of(a_context(a_house(store)), ANY)
    ready = {line.service: line.ready for line in day.services}
    assert ready[MEALS.service] is True
    assert set(ready) == {"meals", "meetings", "repairs", "visitors", "library", "kitchen"}
