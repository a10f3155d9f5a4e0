"""The worker's side of the outbox: hand over what orders promised, then push messages out.

First the entries of an order become messages in `deliveries` and lines of logs (insert, then
remove: repeating it changes nothing), so that people find them in the app at once. Then each
message is claimed for a minute and pushed by WeChat where the person has consented to it, and by
SMS where it must not be missed; what may wait, waits for the end of the quiet hours. Whatever
becomes of a push, the order stands.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from models.base import outbox
from models.base.clock import campus_date
from models.base.consents import Ledger
from models.base.context import CLOCK, Context, House
from models.base.messages import (
    DELIVERIES,
    facts,
    is_urgent,
    recipient,
    spelled_out,
    template,
)
from models.base.orders import ORDERS
from models.base.ports import Fate, PortError
from models.base.quiet_hours import Messages, quiet_until
from models.base.store import Document, StoreError
from models.base.workflow import Order

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
FIRST_RETRY: Final = timedelta(seconds=5)
MAX_TRIES: Final = 8
BATCH: Final = 100
AT_ONCE: Final = 8  # messages under way, so that a slow system does not hold up all others
TOGETHER: Final = 3  # orders whose promises one update removes: whoever scans waits for it to end
NO_CONSENT: Final = "43101"  # WeChat: the person refuses, or their consent is used up
ANY: Final = "notice"  # the SMS template with {title} and {text}, for messages without their own


async def hand_over(house: House) -> int:
    """Carry out the due outbox entries of up to 100 orders; how many orders were due."""
    now = house.clock()
    due = await house.store.find(
        ORDERS, {"outbox_at": {"$lte": now}}, sort=[("outbox_at", 1)], limit=BATCH
    )
    if due:
        await _hand_over(house, due)
    return len(due)


async def _hand_over(house: House, due: Sequence[Order]) -> None:
    """Together what can be: at a busy gate, one command each would be most of the work."""
    documents, failed = _documents(house, due)
    for collection, together in documents.items():
        await house.store.insert_missing(collection, *together)
    if any("push_at" in message for message in documents.get(DELIVERIES, ())):
        house.post()
    for order in due:
        failed[order["_id"]] += await _failed_reactions(house, order)
    house.step("outbox.posted")
    done = [order for order in due if not failed[order["_id"]]]
    for start in range(0, len(done), TOGETHER):
        await _forget(house, done[start : start + TOGETHER])
    for order in due:
        if failed[order["_id"]]:
            await _try_again(house, order, failed[order["_id"]])


def _documents(
    house: House, due: Sequence[Order]
) -> tuple[dict[str, list[Document]], dict[str, list[Document]]]:
    """What is to be written, by collection; and of each order the entries that cannot be."""
    now = house.clock()
    documents: dict[str, list[Document]] = {}
    failed: dict[str, list[Document]] = {order["_id"]: [] for order in due}
    for order in due:
        for entry in order.get("outbox", ()):
            if "reaction" in entry:
                continue
            try:
                collection, document = _document(house, order, entry, now)
            except Exception:  # the entry stays and is retried; other orders must not wait for it
                log.exception("%s of %s cannot be written", entry.get("line"), order["_id"])
                failed[order["_id"]].append(entry | {"tries": entry["tries"] + 1})
            else:
                documents.setdefault(collection, []).append(document)
    return documents, failed


def _document(house: House, order: Order, entry: Document, now: datetime) -> tuple[str, Document]:
    if "line" in entry:
        return outbox.line_of(order, entry)
    return DELIVERIES, _message(house, order, entry, now)


async def _forget(house: House, done: Sequence[Order]) -> None:
    """Remove what is carried out; where something was promised since, only that."""
    where = {
        "_id": {"$in": [order["_id"] for order in done]},
        "outbox_key": {"$in": [order.get("outbox_key") for order in done]},
    }
    nothing_left: Document = {"$unset": dict.fromkeys(outbox.FIELDS, "")}
    if await house.store.update_all(ORDERS, where, nothing_left) < len(done):
        for order in done:
            await _remove(house, order, [entry["n"] for entry in order.get("outbox", ())])


async def _try_again(house: House, order: Order, rest: Sequence[Document]) -> None:
    """Keep what failed for later, unless another worker was faster."""
    again = house.clock() + _pause(min(entry["tries"] for entry in rest))
    unchanged = {"_id": order["_id"], "outbox_at": order["outbox_at"], "version": order["version"]}
    change = {"$set": {"outbox": list(rest), "outbox_at": again}}
    if not await house.store.update(ORDERS, unchanged, change):
        left = {entry["n"] for entry in rest}
        await _remove(house, order, [e["n"] for e in order.get("outbox", ()) if e["n"] not in left])


async def _remove(house: House, order: Order, done: Sequence[str]) -> None:
    pull = {"$pull": {"outbox": {"n": {"$in": list(done)}}}}
    await house.store.update(ORDERS, {"_id": order["_id"]}, pull)


def _message(house: House, order: Order, entry: Document, now: datetime) -> Document:
    """A message in the person's list; it is pushed where any channel can carry it.

    The id makes a second time harmless.
    """
    message: Document = {
        "_id": f"{order['_id']}:{entry['n'].replace('.', ':')}", "to": entry["to"],
        "template": entry["template"], "order": order["_id"], "at": now,
        "sms": entry["sms"], "tries": 0,
    }  # fmt: skip
    if _has_channel(house, entry):
        message["push_at"] = now
    return message


async def _failed_reactions(house: House, order: Order) -> list[Document]:
    """Run an order's reactions; those that must be tried again."""
    return [
        entry | {"tries": entry["tries"] + 1}
        for entry in order.get("outbox", ())
        if "reaction" in entry and not await _react(house, order, entry)
    ]


def _has_channel(house: House, entry: Document) -> bool:
    """Whether a message of this kind could be pushed at all, as this house is set up."""
    by_sms = entry["sms"] and (
        entry["template"] in house.sms_templates or ANY in house.sms_templates
    )
    return bool(by_sms or entry["template"] in house.wechat_templates)


async def _react(house: House, order: Order, entry: Document) -> bool:
    """Run one reaction; False where it must be tried again."""
    reaction = outbox.reaction(entry["reaction"])
    if reaction is None:
        log.error("reaction %s is not declared any more", entry["reaction"])
        return False
    key = f"{order['_id']}.{entry['n']}".replace(".", "-")
    ctx = Context(house=house, actor=CLOCK, now=house.clock(), idempotency_key=key)
    try:
        await reaction(ctx, order, entry)
    except Exception:  # the entry stays and is retried; other orders must not wait for it
        log.exception("reaction %s failed for %s", entry["reaction"], order["_id"])
        return False
    return True


async def push(house: House) -> int:
    """Push up to 100 due messages; how many were due."""
    due = await house.store.find(
        DELIVERIES, {"push_at": {"$lte": house.clock()}}, sort=[("push_at", 1)], limit=BATCH
    )
    for start in range(0, len(due), AT_ONCE):
        await asyncio.gather(*(_claim(house, each) for each in due[start : start + AT_ONCE]))
    return len(due)


async def _claim(house: House, message: Document) -> None:
    """Push the message unless another worker has it, or it waits for the morning."""
    due = {"_id": message["_id"], "push_at": message["push_at"]}
    morning = await _morning(house, message)
    if morning is not None:
        await house.store.update(DELIVERIES, due, {"$set": {"push_at": morning}})
        return
    leased = {"$set": {"push_at": house.clock() + LEASE}, "$inc": {"tries": 1}}
    claimed = await house.store.change(DELIVERIES, due, leased)
    if claimed is not None:
        house.step("push.claimed")
        await _push(house, claimed)


async def _morning(house: House, message: Document) -> datetime | None:
    """When the quiet hours end that this message has to wait for."""
    if is_urgent(message["template"]):
        return None
    return quiet_until(await house.policies.value(Messages), house.clock())


async def _push(house: House, message: Document) -> None:
    order = await house.store.get(ORDERS, message["order"]) if "order" in message else None
    person = await recipient(house, message, order)
    sets: Document = {}
    for name, channel in (("wechat", _wechat), ("sms", _sms)):
        if person is None or message.get(name + "_fate") or not person.get("active"):
            continue
        try:
            sets[name + "_fate"] = await channel(house, message, person, order)
        except PortError as fault:
            if fault.fate is Fate.FAILED and message["tries"] < MAX_TRIES:
                retry = house.clock() + _pause(message["tries"], fault.retry_after)
                sets["push_at"] = max(retry, sets.get("push_at", retry))
            else:
                sets[name + "_fate"] = f"{fault.fate}:{fault.code}"
        except StoreError:
            raise
        except Exception as fault:  # what cannot be worded now will not be the next time either
            log.exception("message %s cannot go out by %s", message["_id"], name)
            sets[name + "_fate"] = f"{Fate.REFUSED}:{type(fault).__name__}"
    house.step("push.sent")
    change: Document = {"$set": sets} if sets else {}
    if "push_at" not in sets:
        change["$unset"] = {"push_at": ""}
    await house.store.update(DELIVERIES, {"_id": message["_id"]}, change)


def _pause(tries: int, asked: int | None = None) -> timedelta:
    """How long to wait after the `tries`-th try, and as long as the other side asks."""
    doubled: timedelta = FIRST_RETRY * 2 ** min(tries - 1, 8)
    return max(doubled, timedelta(seconds=asked or 0))


async def _wechat(house: House, message: Document, person: Document, order: Order | None) -> str:
    """Send the subscribe message. One that may have gone out before a crash is not sent again."""
    kind = template(message["template"])
    template_id = house.wechat_templates.get(kind.name)
    if not template_id or not kind.wechat or not person.get("openid"):
        return "none"
    ledger = Ledger(house, person["openid"], template_id)
    if message.get("wechat_try"):
        await ledger.spend(message["_id"])
        return f"{Fate.UNKNOWN}:restart"
    known = facts(message, order)
    data = {name: str(known[fact]) for name, fact in kind.wechat.items()}
    if not await ledger.take(message["_id"]):
        return "no-consent"
    house.step("push.consented")
    await _note(house, message, {"$set": {"wechat_try": True}})
    page = f"pages/orders/detail?id={order['_id']}" if order else "pages/inbox/index"
    try:
        await house.ports.wechat.send_subscribe_message(person["openid"], template_id, page, data)
    except PortError as fault:
        await _unsent(house, message, ledger, fault)
        raise
    await ledger.spend(message["_id"])
    return "sent"


async def _unsent(house: House, message: Document, ledger: Ledger, fault: PortError) -> None:
    """What becomes of the consent: it is spent where the message may have gone out all the same,
    kept while the message is tried again, and given back where it is given up.
    """
    if fault.fate is Fate.UNKNOWN:
        await ledger.spend(message["_id"])
        return
    await _note(house, message, {"$unset": {"wechat_try": ""}})
    if fault.code == NO_CONSENT:
        await ledger.empty()
    elif fault.fate is Fate.REFUSED or message["tries"] >= MAX_TRIES:
        await ledger.give_back(message["_id"])


async def _sms(house: House, message: Document, person: Document, order: Order | None) -> str:
    """Send an SMS where the message must not be missed. One of unknown fate is looked up first."""
    kind = template(message["template"])
    code = house.sms_templates.get(kind.name) or house.sms_templates.get(ANY)
    if not message["sms"] or not code or not person.get("phone"):
        return "none"
    day = message.get("sms_day")
    if day is not None:
        receipt = await house.ports.sms.look_up(person["phone"], message["_id"], day)
        if receipt.status != "absent" or message.get("sms_again"):
            return receipt.status
    today = campus_date(house.clock()).strftime("%Y%m%d")
    params = _sms_params(house, message, order)
    await _note(house, message, {"$set": {"sms_day": today, "sms_again": day is not None}})
    try:
        await house.ports.sms.send(person["phone"], code, params, message["_id"])
    except PortError as fault:
        if fault.fate is not Fate.UNKNOWN:  # it did not go out: all is as before this try
            before = {"$set": {"sms_day": day, "sms_again": False}}
            await _note(house, message, before if day else {"$unset": {"sms_day": ""}})
        elif day is None:
            raise PortError("sms", fault.code, Fate.FAILED, fault.retry_after) from fault
        raise
    return "sent"


def _sms_params(house: House, message: Document, order: Order | None) -> dict[str, str]:
    kind, known = template(message["template"]), spelled_out(house, message, order)
    if kind.name in house.sms_templates:
        return {name: str(known[fact]) for name, fact in kind.sms.items()}
    return {"title": kind.title, "text": kind.text.format_map(known)}


async def _note(house: House, message: Document, change: Document) -> None:
    """Write down how far a push has come, for whoever goes on after a crash."""
    await house.store.update(DELIVERIES, {"_id": message["_id"]}, change)
