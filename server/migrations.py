"""Numbered changes of what older versions stored; each runs once per database, in order.

A migration must bear being run again from its start, since a process may die in the middle of it.
Numbers are never reused; a database of a higher number than the last one here is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from models.base import marks, outbox
from models.base.orders import ORDERS
from models.base.store import Document, Store
from models.base.workflow import workflows
from models.repairs import parties
from models.visitors import log, retention
from models.visitors.parties import KIND as VISIT
from models.visitors.parties import OPEN

MEND: Final = "models.visitors.log.mend"
PASSAGES: Final = ("admit", "leave")
AT_ONCE: Final = 500  # orders that are read together
UNREAD: Final = {"timeline": 0, "private": 0, "outbox": 0}
OWN_INDEXES: Final = (
    "data.subject_1", "data.location.building_1_data.location.room_1_state_1",
    "data.disputed_1_created_at_-1", "data.invited.id_1_due_at_1", "data.room_day_1",
    "data.sitting_id_1", "data.rating.vendor_1_data.rating.at_1",
    "data.vendor.id_1_data.accepted_at_1", "data.repeat_of_1", "seen_by_1_state_1_due_at_1",
    "seen_by_1_due_at_1", "seen_by_1_state_1", "kind_1_owner_1_created_at_-1",
)  # fmt: skip


class Migration(NamedTuple):
    """`run` changes what `store` holds; `name` says to what end.

    A process of an older version may go on beside this one for a while: for a day, what it has
    written since a moment is brought along by `again`. Then `finish` does what it could not bear.
    """

    number: int
    name: str
    run: Callable[[Store], Awaitable[None]]
    again: Callable[[Store, datetime], Awaitable[None]] | None = None
    finish: Callable[[Store], Awaitable[None]] | None = None


async def _files_in_chunks(store: Store) -> None:
    """The bytes of a file stood in its document, which holds 16 MiB at most."""
    for each in await store.find("files", {"content": {"$exists": True}}, fields={"_id": 1}):
        file = await store.get("files", each["_id"])
        if file is None:
            continue
        await store.drop_content(file["_id"])  # half of it, where an earlier run ended
        await store.put_content(file["_id"], file["content"])
        moved = {"$set": {"size": len(file["content"])}, "$unset": {"content": ""}}
        await store.update("files", {"_id": file["_id"]}, moved)


async def _tickets_seen_anew(store: Store) -> None:
    """A technician saw his tickets as a person, and took them along to another vendor; deputies saw
    none.
    """
    tickets = {"seen_by": parties.OFFICE, "kind": parties.KIND}
    for order in await store.find(ORDERS, tickets, fields={"timeline": 0}):
        stands = order["owner"], order["data"], order["state"], order.get("assignee")
        tokens = {"seen_by": parties.seen_by(*stands), "waits_for": parties.waits_for(*stands)}
        same = {"_id": order["_id"], "version": order["version"]}
        await store.update(ORDERS, same, {"$set": tokens})


async def _ratings_of_vendors(store: Store) -> None:
    """A rating went with its ticket, to whichever vendor had it last."""
    rated = {"seen_by": parties.OFFICE, "kind": parties.KIND, "data.rating": {"$exists": True}}
    rated |= {"data.rating.vendor": {"$exists": False}}
    for order in await store.find(ORDERS, rated, fields={"data.vendor": 1, "version": 1}):
        same = {"_id": order["_id"], "version": order["version"]}
        vendor = {"data.rating.vendor": order["data"]["vendor"]["id"]}
        await store.update(ORDERS, same, {"$set": vendor})


async def _visits_that_are_over(store: Store, since: datetime | None = None) -> None:
    """What is to be scrubbed was looked for among all orders."""
    while await retention.date_undated(store):  # again, where one moved on meanwhile
        pass


async def _visits_that_ended_early(store: Store) -> None:
    """The details of a pass that was called off were kept until long after its last day."""
    over = {"kind": VISIT, "private": {"$exists": True}, "state": {"$nin": list(OPEN)}}
    for order in await store.find(ORDERS, over, fields={"updated_at": 1}):
        since = order["updated_at"]  # of its last step
        late = {"_id": order["_id"], "private.over_at": {"$gt": since}}
        await store.update(ORDERS, late, {"$set": {"private.over_at": since}})


async def _passages_in_the_log(store: Store) -> None:
    """A reaction wrote what was missing in the log of scans; passages promise their lines now."""
    promised = {"outbox_at": {"$exists": True}, "outbox.reaction": MEND}
    for order in await store.find(ORDERS, promised, fields={"timeline": 1}):
        passages = [entry for entry in order["timeline"] if entry["transition"] in PASSAGES]
        lines = [log.passed(order, passage) for passage in passages]
        await store.insert_missing(log.SCANS, *lines)
        here = {"_id": order["_id"]}
        await store.update(ORDERS, here, {"$pull": {"outbox": {"reaction": MEND}}})
    nothing_left: Document = {"$unset": dict.fromkeys(outbox.FIELDS, "")}
    await store.update_all(ORDERS, {"outbox_at": {"$exists": True}, "outbox": []}, nothing_left)


async def _orders_marked(store: Store, since: datetime | None = None) -> None:
    """Each service looked for its orders by indexes of its own, for which every order paid."""
    kinds = [each.kind for each in workflows() if each.found_by is not None]
    wanted: Document = {"kind": {"$in": kinds}}
    if since is not None:
        wanted["updated_at"] = {"$gte": since}
    last = ""
    while found := await store.find(
        ORDERS, {"_id": {"$gt": last}, **wanted}, sort=[("_id", 1)], limit=AT_ONCE, fields=UNREAD
    ):
        last = found[-1]["_id"]
        await _mark(store, found)


async def _mark(store: Store, found: Sequence[Document]) -> None:
    """Have orders bear their marks, also those that move on meanwhile."""
    while changes := [change for order in found if (change := _marking(order)) is not None]:
        if await store.update_each(ORDERS, changes) == len(changes):
            break
        ids = [where["_id"] for where, _ in changes]
        found = await store.find(ORDERS, {"_id": {"$in": ids}}, fields=UNREAD)


def _marking(order: Document) -> tuple[Document, Document] | None:
    borne = marks.borne(order)
    if borne == order.get("found_by", []):
        return None
    change = {"$set": {"found_by": borne}} if borne else {"$unset": {"found_by": ""}}
    return {"_id": order["_id"], "version": order["version"]}, change


async def _own_indexes_gone(store: Store) -> None:
    for name in OWN_INDEXES:
        await store.drop_index(ORDERS, name)


MIGRATIONS: Final[tuple[Migration, ...]] = (
    Migration(1, "files are kept in chunks", _files_in_chunks),
    Migration(2, "tickets are seen by hands of a vendor, and by deputies", _tickets_seen_anew),
    Migration(3, "a rating names the vendor whose fix it was", _ratings_of_vendors),
    Migration(
        4, "a visit's details say when it is over", _visits_that_are_over,
        again=_visits_that_are_over,
    ),
    Migration(5, "a visit that ended early is over since then", _visits_that_ended_early),
    Migration(6, "no visit promises to mend the log of scans", _passages_in_the_log),
    Migration(
        7, "orders are found by marks, with one index", _orders_marked,
        again=_orders_marked, finish=_own_indexes_gone,
    ),
)  # fmt: skip
