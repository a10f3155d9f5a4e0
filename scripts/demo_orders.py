"""Meals of late, so that no page of the demo is empty: eaten, rated, delivered, missed, ordered.

Nobody of the staff has a meal ordered for the days to come, so that everyone can try it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from models.base import orders
from models.base.calendar import Calendar
from models.base.clock import campus_date, campus_time
from models.base.context import House
from models.base.transitions import transition
from models.base.views import RatingInput
from models.meals.booking import Booking, DishChoice
from models.meals.counter import WalkIn, walk_in
from models.meals.publishing import sitting_id
from models.meals.sittings import SITTINGS
from scripts.demo_turns import acting, house_at

COOK: Final = "C0001"
CANTEEN: Final = "ctn_1"
LUNCHES: Final = ("11:20", "11:40", "12:00")
RATINGS: Final = (
    (5, "红烧肉很香，排队不到五分钟。"),
    (4, ""),
    (5, "错峰之后不挤了。"),
    (3, "汤有点咸。"),
)
ABSENT: Final = {7, 18}  # of those who ordered, by their turn
WITH_MEALS_AHEAD: Final = ("F0001", "F0002", "G0001", "M0001", "L0001", "K0001", "B0001", "A0002")


async def seed(house: House, calendar: Calendar) -> None:
    """Two working days gone by, and the next one that can be ordered for."""
    today = campus_date(house.clock())
    for back, eaters in ((2, range(42, 48)), (1, range(42, 66))):
        day = calendar.minus_workdays(today, back)
        for turn, number in enumerate(eaters):
            await _eat(house, day, f"S{number:04}", turn)
    day = calendar.minus_workdays(today, 1)
    counter = await acting(house_at(house, campus_time(day, "12:45")), COOK, f"demo-walk-in-{day}")
    late = sitting_id(CANTEEN, day, "lunch", "12:40")
    await walk_in(counter, WalkIn(sitting_id=late, employee_no="S0071", portions=1))
    ahead = calendar.plus_workdays(today, 1)
    for turn, employee_no in enumerate(WITH_MEALS_AHEAD):
        await _order(house, house.clock(), ahead, employee_no, turn)


async def _eat(house: House, day: date, employee_no: str, turn: int) -> None:
    """One lunch from the order on the day before to what its eater thought of it."""
    ordered_at = campus_time(day - timedelta(days=1), "15:00") + timedelta(minutes=turn)
    order = await _order(house, ordered_at, day, employee_no, turn)
    if turn in ABSENT:
        return  # the clock will find that nobody came
    served_at = order["data"]["starts_at"] + timedelta(minutes=1 + turn % 15)
    act = "deliver" if order["data"]["deliver_to"] else "redeem"
    await transition(await acting(house_at(house, served_at), COOK), order["_id"], act)
    if turn % 3 == 0:
        stars, comment = RATINGS[turn // 3 % len(RATINGS)]
        rated_at = house_at(house, served_at + timedelta(hours=1))
        body = RatingInput(stars=stars, comment=comment or None)
        await transition(await acting(rated_at, employee_no), order["_id"], "rate", body)


async def _order(house: House, at: datetime, day: date, employee_no: str, turn: int) -> Any:
    """A lunch, with two of its dishes, every sixth of them brought to the office."""
    sitting = sitting_id(CANTEEN, day, "lunch", LUNCHES[turn % len(LUNCHES)])
    offered = (await house.store.get(SITTINGS, sitting) or {"dishes": []})["dishes"]
    chosen = {dish["id"]: dish for dish in (offered[turn % 4 :: 4])[:2]}
    body = Booking(
        sitting_id=sitting,
        dishes=[DishChoice(dish_id=dish) for dish in chosen],
        deliver_to="dlv_1a" if turn % 6 == 5 else None,
    )
    ctx = await acting(house_at(house, at), employee_no, f"demo-lunch-{day}-{employee_no}")
    return await orders.place(ctx, "meal", body)
