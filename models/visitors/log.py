"""The log of scans: every one, also a refused one, is added, and nothing is ever changed but that
what somebody typed goes with the visitor's details (models/visitors/retention.py).

What a gate did to a visit is promised by the same write as the passage itself, and the line is made
from the order's timeline; what was refused is written before the gate hears of it. A document of
`scans` (no personal data: it points to the order):
    _id                      "<order>:<version>" of a passage, else "scn_…"
    at, gate, direction      when and where
    decision, reason, how    admit or refuse; a word of reasons.py; static, rotating, manual
    order, by                the visit, where one was found; who or which device scanned
    digest                   of the code
    note                     what was typed with it, or why it was a conflict
    scan                     what the device calls it
    recorded_at              of a scan that came later from a desk without network
    let_in_at                `at` again, where that desk let somebody in against what is recorded
"""

from __future__ import annotations

from typing import Any, Final

from models.base import outbox
from models.base.context import Context
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.store import Document
from models.base.workflow import Order
from models.visitors.parties import KIND

SCANS: Final = "scans"

index(SCANS, [("gate", 1), ("at", -1)])
index(SCANS, [("order", 1)], sparse=True)
index(SCANS, [("at", -1)])
index(SCANS, [("let_in_at", 1)], sparse=True)


@outbox.logs(KIND, "admit", SCANS)
@outbox.logs(KIND, "leave", SCANS)
def passed(order: Order, passage: Document) -> Document:
    """The line of a passage, promised by the very write that let the visitor pass."""
    facts = passage["facts"]
    line: Document = {
        "_id": f"{order['_id']}:{passage['version']}",
        "at": passage["at"],
        "decision": "admit",
        "reason": "ok",
        "order": order["_id"],
        "by": passage["by"],
        "digest": facts.get("digest", ""),
        "note": passage.get("note", ""),
        **{name: facts[name] for name in ("gate", "direction", "how")},
    }
    if "recorded_at" in facts:
        line["recorded_at"] = facts["recorded_at"]
    if "key" in passage:
        line["scan"] = passage["key"]
    return line


async def refuse(ctx: Context, said: Document, order: str | None, **more: Any) -> Document:
    """Write the line of a scan that did not admit: {gate, direction, reason, how, digest}."""
    line: Document = {"_id": new_id("scn"), "at": ctx.now, "decision": "refuse", **said}
    line |= {"by": ctx.actor.id, "note": "", **more}
    if order is not None:
        line["order"] = order
    await ctx.store.insert(SCANS, line)
    return line
