"""The worker's side of the outbox: hand over what orders promised, then push messages out.

First the entries of an order become messages in `deliveries` (insert, then remove: repeating it
changes nothing), so that people find them in the app at once. Then each message is claimed for a
minute and pushed by WeChat, and by SMS where it must not be missed. Whatever becomes of a push,
the order stands.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from models.base import outbox
from models.base.clock import campus_date
from models.base.context import CLOCK, Context, House
from models.base.messages import DELIVERIES, facts, template
from models.base.orders import ORDERS
from models.base.ports import Fate, PortError
from models.base.store import Document, Duplicate
from models.base.workflow import Order

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
FIRST_RETRY: Final = timedelta(seconds=5)
MAX_TRIES: Final = 8
BATCH: Final = 100
ANY: Final = "notice"  # the SMS template with {title} and {text}, for messages without their own


async def hand_over(house: House) -> int:
    """Carry out the due outbox entries of up to 100 orders; how many orders were due."""
    now = house.clock()
    due = await house.store.find(
        ORDERS, {"outbox_at": {"$lte": now}}, sort=[("outbox_at", 1)], limit=BATCH
    )
    for order in due:
        await _hand_over(house, order)
    return len(due)


async def _hand_over(house: House, order: Order) -> None:
    done: list[str] = []
    for entry in order.get("outbox", ()):
        if "reaction" in entry:
            if not await _react(house, order, entry):
                continue
        else:
            await _post(house, order, entry)
        done.append(entry["n"])
    house.step("outbox.posted")
    rest = [entry for entry in order.get("outbox", ()) if entry["n"] not in done]
    pull: Document = {"$pull": {"outbox": {"n": {"$in": done}}}}
    # While nothing was promised since, the due time goes with the last entry; else only the
    # entries go.
    settled = {"_id": order["_id"], "outbox_at": order["outbox_at"], "version": order["version"]}
    if rest:
        retry: Document = {"$set": {"outbox_at": house.clock() + FIRST_RETRY}}
    else:
        retry = {"$unset": {"outbox_at": ""}}
    if not await house.store.update(ORDERS, settled, pull | retry):
        await house.store.update(ORDERS, {"_id": order["_id"]}, pull)


async def _post(house: House, order: Order, entry: Document) -> None:
    """Put one message into the person's list. The id makes a second time harmless."""
    now = house.clock()
    message = {
        "_id": f"{order['_id']}:{entry['n'].replace('.', ':')}", "to": entry["to"],
        "template": entry["template"], "order": order["_id"], "at": now,
        "sms": entry["sms"], "push_at": now, "tries": 0,
    }  # fmt: skip
    try:
        await house.store.insert(DELIVERIES, message)
    except Duplicate:
        return


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
    now = house.clock()
    due = await house.store.find(
        DELIVERIES, {"push_at": {"$lte": now}}, sort=[("push_at", 1)], limit=BATCH
    )
    for message in due:
        claim = {"_id": message["_id"], "push_at": message["push_at"]}
        leased = {"$set": {"push_at": now + LEASE}, "$inc": {"tries": 1}}
        claimed = await house.store.change(DELIVERIES, claim, leased)
        if claimed is not None:
            house.step("push.claimed")
            await _push(house, claimed)
    return len(due)


async def _push(house: House, message: Document) -> None:
    person = await house.store.get("people", message["to"])
    order = await house.store.get(ORDERS, message["order"]) if "order" in message else None
    fates: Document = {}
    retry = None
    for channel in (_wechat, _sms):
        name = channel.__name__.strip("_")
        if person is None or message.get(name + "_fate") or not person.get("active"):
            continue
        try:
            fates[name + "_fate"] = await channel(house, message, person, order)
        except PortError as fault:
            if fault.fate is Fate.FAILED and message["tries"] < MAX_TRIES:
                retry = house.clock() + _pause(message["tries"], fault.retry_after)
            else:
                fates[name + "_fate"] = f"{fault.fate}:{fault.code}"
    house.step("push.sent")
    change: Document = {"$set": {**fates, **({"push_at": retry} if retry else {})}}
    if retry is None:
        change["$unset"] = {"push_at": ""}
    if not change["$set"]:
        del change["$set"]
    await house.store.update(DELIVERIES, {"_id": message["_id"]}, change)


def _pause(tries: int, asked: int | None) -> timedelta:
    doubled: timedelta = FIRST_RETRY * 2 ** min(tries - 1, 8)
    return max(doubled, timedelta(seconds=asked or 0))


async def _wechat(house: House, message: Document, person: Document, order: Order | None) -> str:
    """Send the subscribe message. One that may have gone out before a crash is not sent again."""
    kind = template(message["template"])
    template_id = house.wechat_templates.get(kind.name)
    if not template_id or not person.get("openid"):
        return "none"
    if message.get("wechat_try"):
        return f"{Fate.UNKNOWN}:restart"
    await house.store.update(DELIVERIES, {"_id": message["_id"]}, {"$set": {"wechat_try": True}})
    known = facts(message, order)
    data = {name: str(known[fact]) for name, fact in kind.wechat.items()}
    page = f"pages/orders/detail?id={order['_id']}" if order else "pages/inbox/index"
    try:
        await house.ports.wechat.send_subscribe_message(person["openid"], template_id, page, data)
    except PortError:
        await house.store.update(
            DELIVERIES, {"_id": message["_id"]}, {"$unset": {"wechat_try": ""}}
        )
        raise
    return "sent"


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
    known = facts(message, order)
    if kind.name in house.sms_templates:
        params = {name: str(known[fact]) for name, fact in kind.sms.items()}
    else:
        params = {"title": kind.title, "text": kind.text.format_map(known)}
    tried = {"sms_day": campus_date(house.clock()).strftime("%Y%m%d"), "sms_again": day is not None}
    await house.store.update(DELIVERIES, {"_id": message["_id"]}, {"$set": tried})
    try:
        await house.ports.sms.send(person["phone"], code, params, message["_id"])
    except PortError as fault:
        if fault.fate is not Fate.UNKNOWN:  # it did not go out, so there is nothing to look up
            forget = {"$unset": {"sms_day": "", "sms_again": ""}}
            await house.store.update(DELIVERIES, {"_id": message["_id"]}, forget)
        elif day is None:
            raise PortError("sms", fault.code, Fate.FAILED, fault.retry_after) from fault
        raise
    return "sent"
