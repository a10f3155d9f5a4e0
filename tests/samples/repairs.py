"""Tickets, each at a place of its own, and everything that may become of one."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from models import people
from models.base import orders
from models.base.store import Document
from models.base.transitions import transition
from models.base.views import RatingInput
from models.repairs import catalogue, dispatching, hands, vendors
from models.repairs.catalogue import CategoryInput
from models.repairs.closing import Merging
from models.repairs.hands import HandInput
from models.repairs.reporting import Location, Report
from models.repairs.vendors import VendorInput
from models.repairs.working import Finish, Pause, Question
from scripts.simulator.accounts import openid_of
from tests.contract_house import Campus, Wish
from tests.machinery import MONDAY
from tests.meals_house import BOB, BOSS, CAT
from tests.repairs_house import balance
from tests.samples import Sample
from tests.samples.deputies import DEPUTY, has_a_deputy

TECHNICIAN, DISPATCHER, COLLEAGUE = "per_technician", "per_dispatcher", "per_colleague"
GRAB, ROTATE, SPARE = "cat_grab", "cat_rotate", "cat_spare"
HOUR = timedelta(hours=1)
LATER = MONDAY + 3 * HOUR
NAMES: dict[str, Any] = {
    "reason": "parts",  # of a pause: one that needs no photo
    "category": GRAB,
    "category_id": SPARE,
    "vendor_id": "ven_9",
    "person": COLLEAGUE,
    "interval": {"from": MONDAY.isoformat(), "to": (MONDAY + HOUR).isoformat()},
}
_rooms = count(1)


async def set_up(campus: Campus) -> None:
    """A vendor with two technicians, and a category of each kind."""
    colleague = people.new("V0909", "同事", "unt_9") | {"_id": COLLEAGUE, "roles": ["technician"]}
    colleague |= {"posts": [{"role": "technician", "at": "ven_1"}], "phone": "13800990909"}
    await campus.house.store.insert("people", colleague | {"openid": openid_of("V0909")})
    boss = campus.context(BOSS)
    await vendors.put(boss, "ven_1", VendorInput(name="安居物业"))
    for category, dispatch in ((GRAB, "grab"), (ROTATE, "rotate"), (SPARE, "assign")):
        body = CategoryInput(name=category, dispatch=dispatch, vendors=["ven_1"])  # type: ignore[arg-type]
        await catalogue.put(boss, category, body)
    await _hand(campus, TECHNICIAN)
    await _hand(campus, COLLEAGUE)
    await has_a_deputy(campus, CAT)
    campus.names["into"] = (await reported(campus))["_id"]


async def _hand(campus: Campus, person: str) -> None:
    body = HandInput(limit=500, categories=[GRAB, ROTATE])
    await hands.put(campus.context(DISPATCHER), person, body)


async def reported(campus: Campus, category: str = GRAB) -> Document:
    campus.clock.now = MONDAY
    room = Location(building="1号楼", floor="1", room=f"{next(_rooms)}")
    body = Report(category=category, location=room, fault="漏水")
    ctx = campus.context(CAT, idempotency_key=campus.key())
    order: Document = await orders.place(ctx, "repair", body)
    return order


async def in_turn(campus: Campus) -> Document:
    return await reported(campus, ROTATE)


async def taken(campus: Campus) -> Document:
    order = await reported(campus)
    return await dispatching.take_first(campus.context(TECHNICIAN), order["_id"])


async def started(campus: Campus) -> Document:
    return await _step(campus, TECHNICIAN, await taken(campus), "start")


async def paused(campus: Campus) -> Document:
    body = Pause(reason="parts", note="等配件")
    return await _step(campus, TECHNICIAN, await started(campus), "pause", body)


async def asked(campus: Campus) -> Document:
    body = Question(question="几点方便？")
    return await _step(campus, TECHNICIAN, await started(campus), "ask", body)


async def fixed(campus: Campus) -> Document:
    return await _step(campus, TECHNICIAN, await started(campus), "finish", Finish(note="已换阀芯"))


async def accepted(campus: Campus) -> Document:
    return await _step(campus, CAT, await fixed(campus), "accept")


async def rated(campus: Campus) -> Document:
    return await _step(campus, CAT, await accepted(campus), "rate", RatingInput(stars=5))


async def cancelled(campus: Campus) -> Document:
    return await _step(campus, CAT, await reported(campus), "cancel")


async def merged(campus: Campus) -> Document:
    body = Merging(into=campus.names["into"])
    return await _step(campus, DISPATCHER, await reported(campus), "merge", body)


async def _step(campus: Campus, who: str, order: Document, name: str, body: Any = None) -> Document:
    return await transition(campus.context(who), order["_id"], name, body)


async def _books_balance(campus: Campus) -> None:
    await balance(campus.house.store)


ORDERS = {
    "repair": Sample(
        states={
            "reported": reported, "taken": taken, "started": started, "paused": paused,
            "fixed": fixed, "accepted": accepted, "rated": rated, "cancelled": cancelled,
            "merged": merged,
        },
        ways={"rotate": in_turn, "answer": asked},
        moments={
            "escalate": MONDAY + timedelta(days=20), "dispute": LATER, "settle": LATER,
        },
        staff={
            "technician": TECHNICIAN, "dispatcher": DISPATCHER, "manager": BOSS,
            "deputy": DEPUTY,
        },
        check=_books_balance,
    ),
}  # fmt: skip


async def _a_colleague(campus: Campus) -> Wish:
    body = {"limit": 500, "categories": [GRAB, ROTATE]}
    return Wish(who=DISPATCHER, names={"person_id": COLLEAGUE}, body=body)


async def _anothers(campus: Campus) -> Wish:
    return Wish(who=BOB, names={"order_id": (await reported(campus))["_id"]})


async def _mine(campus: Campus) -> Wish:
    return Wish(who=CAT, names={"order_id": (await fixed(campus))["_id"]})


async def _same_place(campus: Campus) -> Wish:
    order = await reported(campus)
    place = order["data"]["location"]
    query = {"building": place["building"], "floor": place["floor"], "room": place["room"]}
    return Wish(who=CAT, query=query)


async def _a_vendor(campus: Campus) -> Wish:
    await vendors.put(campus.context(BOSS), "ven_8", VendorInput(name="临时"))
    return Wish(who=BOSS, names={"vendor_id": "ven_8"})


async def _opinions(campus: Campus) -> Wish:
    await rated(campus)
    return Wish(who=BOSS, query={"vendor": "ven_1"})


ASKS = {
    "repairs_set_hand": _a_colleague,
    "repairs_join": _anothers,
    "repairs_show_ledger": _mine,
    "repairs_similar": _same_place,
    "repairs_end_contract": _a_vendor,
    "repairs_show_ratings": _opinions,
}
