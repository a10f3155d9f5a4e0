"""My day: what I have ordered for today, by time, and nothing of anybody else's."""

from __future__ import annotations

from datetime import timedelta

from models import today
from models.base import orders
from models.base.messages import notify
from models.base.store import Store
from models.base.transitions import transition
from models.meals.lifecycle import MEALS
from tests.base.toys import ToyBody, a_show
from tests.machinery import MONDAY, a_context, a_house


async def test_my_day_has_todays_orders_by_time_and_counts_what_is_unread(store: Store) -> None:
    house = a_house(store)
    for name, hours in (("late", 8), ("soon", 2), ("tomorrow", 24)):
        await a_show(store, 5, name, starts_at=MONDAY + timedelta(hours=hours))
        for person in ("per_ann", "per_bob"):
            ctx = a_context(house, person, f"{name}-{person}".ljust(16, "0"))
            await orders.place(ctx, "toy", ToyBody(show=name))
    ann = a_context(house, "per_ann")
    await a_show(store, 5, "given-up", starts_at=MONDAY + timedelta(hours=3))
    key = a_context(house, "per_ann", "given-up-per_ann-0")
    order = await orders.place(key, "toy", ToyBody(show="given-up"))
    await transition(ann, order["_id"], "cancel")
    await notify(house, "per_ann", "toy-cancelled", {"show": "soon"})
    day = await today.of(ann)
    assert day.date == "2026-11-23"
    assert [order.data["show"] for order in day.orders] == ["soon", "late"]
    assert {order.owner for order in day.orders} == {"per_ann"}
    assert day.unread == 1


async def test_a_service_is_ready_once_it_has_orders(store: Store) -> None:
    day = await today.of(a_context(a_house(store)))
    ready = {line.service: line.ready for line in day.services}
    assert ready[MEALS.service] is True
    assert set(ready) == {"meals", "meetings", "repairs", "visitors", "library", "kitchen"}
