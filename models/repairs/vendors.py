"""Vendors: the companies whose technicians repair things, and the end of their contracts.

A document of `vendors`:
    _id, name, phone         "ven_1"
    enabled                  whether it may be chosen; read in every transaction that gives it work
    contract_until           the last day of its contract, or None
    ended                    its contract is over: what it had open goes to others, see `resolve`

What disables a vendor writes its technicians too, so that whoever is taking work just now reads
the vendor again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final

from msgspec import Meta

from models.base import audit
from models.base.audit import AUDIT
from models.base.clock import campus_date
from models.base.context import Context, House
from models.base.decisions import Found, Lookup
from models.base.errors import Conflict, Refusal
from models.base.indexes import declare as index
from models.base.roles import Role
from models.base.shapes import Input, Name, Phone, Struct
from models.base.store import Contended, Document, Transaction
from models.repairs.parties import serves
from models.repairs.refusals import VendorDisabled, VendorUnknown

VENDORS: Final = "vendors"
HANDS: Final = "repair_hands"  # see models/repairs/hands.py

index(VENDORS, [("ended", 1), ("contract_until", 1)])
index(HANDS, [("vendor", 1)])

VendorId = Annotated[str, Meta(min_length=5, max_length=32, pattern=r"^ven_[a-z0-9_]+$")]


class VendorInput(Input):
    """A vendor as the administration sets it up; the contract may have no end yet."""

    name: Name
    phone: Phone | None = None
    enabled: bool = True
    contract_until: date | None = None


class EndInput(Input):
    """The last day of the contract; missing: it has ended by now."""

    on: date | None = None


class Vendor(Struct, kw_only=True):
    """A vendor. `ended`: its contract is over, and its open work goes to others."""

    id: str
    name: str
    phone: str | None
    enabled: bool
    contract_until: date | None
    ended: bool


class VendorList(Struct):
    """All vendors."""

    items: list[Vendor]


def view(vendor: Document) -> Vendor:
    until = vendor["contract_until"]
    return Vendor(
        id=vendor["_id"],
        name=vendor["name"],
        phone=vendor["phone"],
        enabled=vendor["enabled"],
        contract_until=date.fromisoformat(until) if until else None,
        ended=vendor["ended"],
    )


def works(vendor: Document | None, day: date) -> bool:
    """Whether the vendor may be given work on `day`."""
    if vendor is None or not vendor["enabled"] or vendor["ended"]:
        return False
    return vendor["contract_until"] is None or vendor["contract_until"] >= day.isoformat()


def lookups(vendors: Iterable[str]) -> list[Lookup]:
    return [Lookup(VENDORS, vendor) for vendor in vendors]


def refuse_idle(found: Found, vendor_id: str, day: date) -> Document:
    """The vendor, if it may be given work. Raises VendorDisabled."""
    vendor = found.one(VENDORS, vendor_id)
    if vendor is None or not works(vendor, day):
        raise VendorDisabled(name=vendor["name"] if vendor else vendor_id)
    return vendor


async def find(ctx: Context, vendor_id: str) -> Document:
    """The vendor. Raises VendorUnknown."""
    vendor = await ctx.store.get(VENDORS, vendor_id)
    if vendor is None:
        raise VendorUnknown
    return vendor


async def dispatched(ctx: Context) -> list[str]:
    """The vendors for which the actor dispatches, by id."""
    posts = serves(ctx.actor, Role.DISPATCHER)
    found = await ctx.store.find(VENDORS, {"_id": {"$in": posts}}) if posts else []
    return sorted(vendor["_id"] for vendor in found)


async def own(ctx: Context, vendor: str | None) -> str:
    """The vendor asked for, or the actor's own. Raises VendorUnknown where he serves none."""
    mine = await dispatched(ctx)
    if not mine or (vendor is not None and vendor not in mine):
        raise VendorUnknown
    return vendor or mine[0]


async def listed(ctx: Context) -> VendorList:
    found = await ctx.store.find(VENDORS, {}, sort=[("_id", 1)])
    return VendorList(items=[view(vendor) for vendor in found])


async def put(ctx: Context, vendor_id: str, body: VendorInput) -> Vendor:
    """Set a vendor up, or change it. A vendor whose contract is extended may be chosen again."""
    if vendor_id != vendor_id.strip():  # the `$` of a pattern lets a final newline pass
        raise VendorUnknown
    until = body.contract_until.isoformat() if body.contract_until else None
    said: Document = {"name": body.name, "phone": body.phone, "enabled": body.enabled}
    said |= {"contract_until": until, "ended": False}
    before = await ctx.store.get(VENDORS, vendor_id)
    if before is not None and said.items() <= before.items():
        return view(before)
    after = {"_id": vendor_id, **(before or {}), **said}
    await _write(ctx, before, after)
    return view(after)


async def end(ctx: Context, vendor_id: str, body: EndInput) -> Vendor:
    """End a contract on a day. Once it is over, what is open goes to others. Raises
    VendorUnknown.
    """
    before = await find(ctx, vendor_id)
    today = campus_date(ctx.now)
    after = {**before, "contract_until": (body.on or today).isoformat()}
    if body.on is None or body.on < today:
        after |= {"enabled": False, "ended": True}
    await _write(ctx, before, after)
    return view(after)


async def over(house: House) -> list[Document]:
    """The vendors whose contracts are over, after noting it for those whose last day has passed."""
    today = campus_date(house.clock()).isoformat()
    lapsed = {"ended": False, "contract_until": {"$gt": "", "$lt": today}}
    for vendor in await house.store.find(VENDORS, lapsed):
        gone = {"$set": {"enabled": False, "ended": True}}
        same = {"_id": vendor["_id"], "contract_until": vendor["contract_until"]}
        await house.store.update(VENDORS, same, gone)
    return await house.store.find(VENDORS, {"ended": True})


async def _write(ctx: Context, before: Document | None, after: Document) -> None:
    """The vendor as it is now, with the record of who decided so."""
    record = audit.entry(ctx, "repairs.vendor", after["_id"], before, after)
    members = {name: value for name, value in after.items() if name != "_id"}

    def work(transaction: Transaction) -> Refusal | None:
        if before is None:
            transaction.insert(VENDORS, [after])
        elif not transaction.update(VENDORS, [(before, {"$set": members})]):
            return Conflict()
        busy = transaction.find_in(HANDS, "vendor", [after["_id"]])
        if busy:
            turn = {"$inc": {"turns": 1}}
            transaction.update(HANDS, [({"_id": hand["_id"]}, turn) for hand in busy])
        transaction.insert(AUDIT, [record])
        return None

    try:
        refusal = await ctx.store.transaction(work)
    except Contended as fault:
        raise Conflict from fault
    if refusal is not None:
        raise refusal
