"""Meals, their canteens, and everything that may become of an order."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from itertools import count
from typing import Any

import msgspec
from PIL import Image

from handlers.base.content import PNG, XLSX
from models.base.context import CLOCK
from models.base.store import Document
from models.base.transitions import transition
from models.base.views import RatingInput
from models.meals import canteens, menus
from models.meals.lifecycle import Decision
from models.meals.menus import MenuRef
from models.meals.sittings import SITTINGS, Reason, call_off
from tests.canteen_house import EAST, WEEK, WEST, Canteen, lunch
from tests.contract_house import Campus, Wish
from tests.machinery import MONDAY
from tests.meals_house import ANN, BOB, BOSS, CLERK, CLOSES, DESK, OVER, STARTS, a_sitting, code_of
from tests.samples import Sample

SITTING = "sit_1_20261124_lunch_1130"  # of the published menu
NAMES: dict[str, Any] = {
    "canteen": "ctn_1",
    "sitting_id": SITTING,
    "week": WEEK,
    "from_week": WEEK,
    "to_week": "2026-W49",
    "employee_no": "S0005",
}
NO_PAUSE = {"limit": 0, "days": 30, "pause": 7, "appeal": 7}  # samples miss many meals
_numbers = count(1)


def meals_of(campus: Campus) -> Canteen:
    """The service at work in the campus's own house."""
    persons = {who: campus.person(who) for who in campus.everyone()}
    return Canteen(campus.house, campus.clock, persons)


async def set_up(campus: Campus) -> None:
    """Two canteens, a published menu, and a booked meal for whoever wants an order."""
    meals = meals_of(campus)
    await canteens.put(meals.ctx(BOSS), "ctn_1", EAST)
    await canteens.put(meals.ctx(BOSS), "ctn_2", WEST)
    dish = await meals.dish("红烧肉")
    await meals.publish(lunch(dishes=[dish]))
    order = await booked(campus)
    campus.names |= {"dish_id": dish, "order_id": order["_id"]}


async def _sitting(campus: Campus, places: int = 10) -> str:
    """A sitting of a day of its own, so that everybody may eat there."""
    number = next(_numbers)
    day = date(2027, 1, 1) + timedelta(days=number)
    sitting = a_sitting(f"sit_{number}", places, date=day.isoformat(), no_show=NO_PAUSE)
    await campus.house.store.insert(SITTINGS, sitting)
    campus.clock.now = MONDAY
    return str(sitting["_id"])


async def booked(campus: Campus, **body: Any) -> Document:
    """Placed by the clerk, for somebody else."""
    meals, sitting = meals_of(campus), await _sitting(campus)
    batch = await meals.batch(ANN, key=campus.key(), sitting_id=sitting, **body)
    return await meals.order(str(batch.results[0].order_id))


async def delivery(campus: Campus) -> Document:
    return await booked(campus, deliver_to="plc_1")


async def waiting(campus: Campus) -> Document:
    meals, sitting = meals_of(campus), await _sitting(campus, 1)
    await meals.book(BOB, campus.key(), sitting_id=sitting)
    order: Document = await meals.book(ANN, campus.key(), sitting_id=sitting, wait=True)
    return order


async def next_in_line(campus: Campus) -> Document:
    """Waiting, and a place has just come free."""
    order = await waiting(campus)
    holder = campus.database["orders"].find_one({"holds.thing": order["waits"]["thing"]})
    assert holder is not None
    await _step(campus, BOB, holder, "cancel")
    return order


async def offered(campus: Campus) -> Document:
    return await _step(campus, CLOCK.id, await next_in_line(campus), "offer")


async def eaten(campus: Campus) -> Document:
    return await _later(campus, DESK, await booked(campus), "redeem")


async def rated(campus: Campus) -> Document:
    return await _step(campus, ANN, await eaten(campus), "rate", RatingInput(stars=5))


async def missed(campus: Campus) -> Document:
    return await _later(campus, CLOCK.id, await booked(campus), "miss")


async def appealed(campus: Campus) -> Document:
    return await _step(campus, ANN, await missed(campus), "appeal", Reason(reason="出差"))


async def pardoned(campus: Campus) -> Document:
    return await _step(campus, BOSS, await appealed(campus), "pardon", Decision())


async def upheld(campus: Campus) -> Document:
    return await _step(campus, BOSS, await appealed(campus), "uphold", Decision())


async def cancelled(campus: Campus) -> Document:
    return await _step(campus, ANN, await booked(campus), "cancel")


async def called_off(campus: Campus) -> Document:
    return await _step(campus, DESK, await booked(campus), "call_off", Reason(reason="停电"))


async def left(campus: Campus) -> Document:
    return await _step(campus, ANN, await waiting(campus), "cancel")


async def lapsed(campus: Campus) -> Document:
    return await _step(campus, CLOCK.id, await offered(campus), "lapse")


async def batch(campus: Campus) -> Document:
    found = campus.database["orders"].find_one({"_id": (await booked(campus))["parent"]})
    assert found is not None
    return found


async def cancelled_batch(campus: Campus) -> Document:
    return await _step(campus, CLERK, await batch(campus), "cancel")


async def _step(campus: Campus, who: str, order: Document, name: str, body: Any = None) -> Document:
    return await transition(campus.context(who), order["_id"], name, body)


async def _later(campus: Campus, who: str, order: Document, name: str) -> Document:
    """The order after a step, at the moment when that is possible."""
    campus.clock.now = MOMENTS[name]
    return await _step(campus, who, order, name)


async def _books_balance(campus: Campus) -> None:
    await meals_of(campus).balance()


MOMENTS = {
    "hand_over": CLOSES + timedelta(minutes=1),
    "redeem": STARTS,
    "deliver": STARTS,
    "miss": OVER,
}
ORDERS = {
    "meal": Sample(
        states={
            "booked": booked, "waiting": waiting, "offered": offered, "eaten": eaten,
            "rated": rated, "missed": missed, "appealed": appealed, "pardoned": pardoned,
            "upheld": upheld, "cancelled": cancelled, "called_off": called_off, "left": left,
            "lapsed": lapsed,
        },
        ways={"deliver": delivery, "offer": next_in_line},
        moments=MOMENTS,
        staff={"canteen": DESK, "manager": BOSS},
        check=_books_balance,
    ),
    "meal_batch": Sample(states={"placed": batch, "cancelled": cancelled_batch}),
}  # fmt: skip


async def _own_menu(campus: Campus) -> Wish:
    menu = await menus.read(campus.context(DESK), MenuRef(canteen="ctn_1", week=WEEK))
    return Wish(if_match=menu.version, names={"days": msgspec.to_builtins(menu.days)})


async def _menu_sheet(campus: Campus) -> Wish:
    endpoint = campus.endpoint("canteen_export_menu")
    sheet = await campus.ask(endpoint, Wish(), DESK)
    version = (await _own_menu(campus)).if_match
    return Wish(body=sheet.body, media_type=XLSX, if_match=version)


async def _picture(campus: Campus) -> Wish:
    content = BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")
    return Wish(body=content.getvalue(), media_type=PNG)


async def _scan(campus: Campus) -> Wish:
    order = await booked(campus)
    campus.clock.now = STARTS
    return Wish(names={"code": code_of(meals_of(campus), order)})


async def _walk_in(campus: Campus) -> Wish:
    sitting = await _sitting(campus)
    campus.clock.now = STARTS
    return Wish(names={"sitting_id": sitting})


async def _for_the_unit(campus: Campus) -> Wish:
    members = [{"employee_no": "S0005"}]
    return Wish(names={"sitting_id": await _sitting(campus), "members": members})


async def _new_sitting(campus: Campus) -> Wish:
    return Wish(names={"sitting_id": await _sitting(campus)})


async def _new_dish(campus: Campus) -> Wish:
    return Wish(names={"name": f"菜{next(_numbers)}", "allergen_free": True})


async def _new_canteen(campus: Campus) -> Wish:
    return Wish(names={"canteen": "ctn_3"})


async def _closing_day(campus: Campus) -> Wish:
    await call_off(campus.house)
    return Wish(names={"date": "2026-11-26"})


async def _shown_picture(campus: Campus) -> Wish:
    picture = await campus.ask(
        campus.endpoint("canteen_picture_dish"), await _picture(campus), DESK
    )
    return Wish(names={"file_id": campus.json(picture)["picture"].rpartition("/")[2]})


async def _eaten_meal(campus: Campus) -> Wish:
    return Wish(names={"order_id": (await eaten(campus))["_id"]})


ASKS = {
    "canteen_set_up": _new_canteen,
    "canteen_shut": _closing_day,
    "canteen_open_again": _closing_day,
    "canteen_add_dish": _new_dish,
    "canteen_change_dish": _new_dish,
    "canteen_save_menu": _own_menu,
    "canteen_import_menu": _menu_sheet,
    "canteen_picture_dish": _picture,
    "canteen_change_sitting": _new_sitting,
    "canteen_close_sitting": _new_sitting,
    "canteen_reopen_sitting": _new_sitting,
    "canteen_cancel_sitting": _new_sitting,
    "files_show": _shown_picture,
    "meals_book": _new_sitting,
    "meals_book_for_unit": _for_the_unit,
    "meals_redeem": _scan,
    "meals_walk_in": _walk_in,
    "orders_rate": _eaten_meal,
}
