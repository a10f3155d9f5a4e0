"""The log of scans: every one, also a refused one, is added and nothing is ever changed.

What a gate did to a visit is written from the order's own timeline, by a reaction that the same
write has promised: an admission without its line in the log is not possible. Refusals are written
at once. A document of `scans` (no personal data: it points to the order):
    _id                      "<order>:<version>" of a passage, else "scn_…"
    at, gate, direction      when and where
    decision, reason, how    admit or refuse; a word of reasons.py; static, rotating, manual
    order, by                the visit, where one was found; who or which device scanned
    digest                   of the code
    note                     what was typed with it, or why it was a conflict
    scan                     what the device calls it
    recorded_at              of a scan that came later from a desk without network
"""

from __future__ import annotations

from typing import Any, Final

from models.base import outbox
from models.base.context import Context
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.store import Document, Duplicate
from models.base.workflow import Order
from models.visitors.parties import KIND

SCANS: Final = "scans"

index(SCANS, [("gate", 1), ("at", -1)])
index(SCANS, [("order", 1)], sparse=True)
index(SCANS, [("at", -1)])


@outbox.reacts(KIND, "admit")
@outbox.reacts(KIND, "leave")
async def keep(ctx: Context, order: Order, entry: Document) -> None:
    """Write the line of a passage; a second time changes nothing."""
    version = int(entry["n"].partition(".")[0])
    passage = next(e for e in order["timeline"] if e["version"] == version)
    facts = passage["facts"]
    line: Document = {
        "_id": f"{order['_id']}:{version}",
        "at": passage["at"],
        "gate": facts["gate"],
        "direction": facts["direction"],
        "decision": "admit",
        "reason": "ok",
        "how": facts["how"],
        "order": order["_id"],
        "by": passage["by"],
        "digest": facts.get("digest", ""),
        "note": passage.get("note", ""),
    }
    if "recorded_at" in facts:
        line["recorded_at"] = facts["recorded_at"]
    if "key" in passage:
        line["scan"] = passage["key"]
    try:
        await ctx.store.insert(SCANS, line)
    except Duplicate:
        return


async def refuse(ctx: Context, said: Document, order: str | None, **more: Any) -> Document:
    """Write the line of a scan that did not admit: {gate, direction, reason, how, digest}."""
    line: Document = {"_id": new_id("scn"), "at": ctx.now, "decision": "refuse", **said}
    line |= {"by": ctx.actor.id, "note": "", **more}
    if order is not None:
        line["order"] = order
    await ctx.store.insert(SCANS, line)
    return line
