"""Tickets: one of each state of an open ticket made by the product, or copied from those."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from itertools import cycle
from typing import Any, Final

from models import people
from models.base import orders, outbox
from models.base.context import Context
from models.base.ids import new_id
from models.base.orders import ORDERS
from models.base.store import Document
from models.base.transitions import transition
from models.repairs import catalogue, hands, vendors
from models.repairs.catalogue import CategoryInput
from models.repairs.hands import HandInput
from models.repairs.parties import KIND, OPEN
from models.repairs.reporting import Location, Report
from models.repairs.vendors import VendorInput
from models.repairs.working import Finish, Pause
from scripts import demo_people
from server.database import connected
from server.settings import Settings

VENDOR: Final = "ven_1"
CATEGORY: Final = "cat_water"
DISPATCHER: Final = "V0100"
TECHNICIAN: Final = "V0101"
BATCH: Final = 500
STRIDE: Final = timedelta(minutes=3)  # from when one ticket is due to the next
PATHS: Final = (  # what a technician does to bring a ticket into each state of a board
    (), ("take",), ("take", "start"), ("take", "start", "pause"), ("take", "start", "finish"),
)  # fmt: skip
BODIES: Final = {
    "pause": Pause(reason="parts", note="等配件"),
    "finish": Finish(note="已更换阀芯", labour_minutes=20),
}
OWNERS: Final = [person["_id"] for person in demo_people.people()][: demo_people.STAFF]

TO_DO: Final = ("timers", "wake_at", *outbox.FIELDS)

TurnOf = Callable[[str, str], Coroutine[Any, Any, Context]]


def report(fault: str = "水龙头漏水") -> Document:
    """What somebody reports, as the phone sends it."""
    place = {"building": "1号楼", "floor": "3", "room": "301"}
    return {"category": CATEGORY, "location": place, "fault": fault}


async def furnish(turn_of: TurnOf, manager: str, guest: str) -> None:
    """A vendor with a technician, and one ticket in each state that a board shows."""
    ctx = await turn_of(manager, "")
    await vendors.put(ctx, VENDOR, VendorInput(name="安居物业"))
    await catalogue.put(ctx, CATEGORY, CategoryInput(name="水暖", vendors=[VENDOR]))
    technician = await people.by_number(ctx, TECHNICIAN)
    assert technician is not None
    said = HandInput(categories=[CATEGORY], limit=100)
    await hands.put(await turn_of(DISPATCHER, ""), technician["_id"], said)
    place = Location(building="1号楼", floor="3", room="301")
    body = Report(category=CATEGORY, location=place, fault="水龙头漏水")
    for number, path in enumerate(PATHS):
        ctx = await turn_of(guest, f"sample-of-a-ticket-{number}")
        ticket = await orders.place(ctx, KIND, body)
        for step in path:
            await transition(await turn_of(TECHNICIAN, ""), ticket["_id"], step, BODIES.get(step))


def copied(ticket: Document, order_id: str, owner: str) -> Document:
    """A ticket as the product writes it, for somebody else."""
    seen_by = [f"p:{owner}", f"d:{owner}", *ticket["seen_by"][2:]]
    return ticket | {"_id": order_id, "owner": owner, "actor": owner, "seen_by": seen_by}


async def fill(settings: Settings, count: int) -> None:
    """So many open tickets, of every state alike, each due a little later than the one before."""
    async with connected(settings.mongodb_uri, settings.database) as store:
        samples = await store.find(ORDERS, {"kind": KIND, "state": {"$in": list(OPEN)}})
        assert {each["state"] for each in samples} == set(OPEN)
        tickets = list(_many(samples, count - len(samples)))
        for start in range(0, len(tickets), BATCH):
            await store.insert(ORDERS, *tickets[start : start + BATCH])


def _many(samples: list[Document], count: int) -> Iterator[Document]:
    """Half of them late; none has been touched in the last minutes."""
    for number, sample in zip(range(count), cycle(samples), strict=False):
        ticket = copied(sample, new_id("ord"), OWNERS[number % len(OWNERS)])
        age = STRIDE * (number + 1)
        times = {name: sample[name] - age for name in ("created_at", "updated_at")}
        times["due_at"] = sample["due_at"] + STRIDE * (number - count // 2)
        idle = {name: value for name, value in ticket.items() if name not in TO_DO}
        yield idle | times | {"holds": []}
