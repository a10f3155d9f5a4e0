"""One-time codes by SMS: who types the code holds the phone.

Six digits, five minutes, five tries, once. Only an HMAC bound to phone and purpose is stored; tries
and use are conditional writes, so that no race gives a sixth try or a second use.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from msgspec import Meta

from models.base import quotas
from models.base.addresses import counted_as
from models.base.context import Context, House
from models.base.errors import TooMany, Unprocessable
from models.base.expiry import expires
from models.base.ids import new_id
from models.base.ports import PortError
from models.base.quotas import Rate
from models.base.store import Document, Duplicate

log = logging.getLogger(__name__)

SMS_CODES: Final = "sms_codes"
TEMPLATE: Final = "code"  # its name in the setting SMS_TEMPLATES; the parameter is `code`
LIFE: Final = timedelta(minutes=5)
MAX_TRIES: Final = 5
PER_NUMBER: Final = (
    Rate(1, timedelta(seconds=60)),
    Rate(5, timedelta(hours=1)),
    Rate(10, timedelta(days=1)),
)
PER_ADDRESS: Final = (Rate(100, timedelta(hours=1)),)  # a campus shares addresses
PER_ACCOUNT: Final = (Rate(5, timedelta(hours=1)), Rate(10, timedelta(days=1)))
PER_DAY: Final = 5_000  # of all, against a flood that is paid by the message

expires(SMS_CODES, "expires_at")

SmsCode = Annotated[str, Meta(min_length=6, max_length=6, pattern=r"^[0-9]{6}$")]


class SmsCodeWrong(Unprocessable):
    """The code is wrong, used, expired or tried too often: which of these is not told."""

    code = "sms-code-wrong"
    zh = "验证码错误或已失效，请重新获取。"
    en = "The code is wrong or no longer valid; ask for a new one."


@dataclass(frozen=True, slots=True)
class Proof:
    """What a code proves: that whoever acts for `purpose` holds `phone`."""

    purpose: str  # such as "sign-in"
    phone: str

    def key(self, house: House) -> str:
        return _mac(house, self.purpose, self.phone)

    def digest(self, house: House, code: str) -> str:
        return _mac(house, self.purpose, self.phone, code)


async def limit(ctx: Context, number: str, account: str = "") -> None:
    """Count a request for a code by the caller's address and account, and to `number`.

    The caller's own limits come first, so that nobody uses up the codes of more numbers than that.
    Raises `TooMany`.
    """
    if ctx.house.exempts(ctx.address):
        return
    if ctx.address:
        address = f"sms:address:{counted_as(ctx.address)}"
        await quotas.spend(ctx.store, address, PER_ADDRESS, ctx.now)
    if account:
        key = f"sms:account:{_mac(ctx.house, 'account', account)}"
        await quotas.spend(ctx.store, key, PER_ACCOUNT, ctx.now)
    await quotas.spend(ctx.store, _number(ctx.house, number), PER_NUMBER, ctx.now)


async def limit_phone(ctx: Context, phone: str) -> bool:
    """Count a code to a phone that was found rather than typed; whether it may be sent.

    Told to nobody but the log: the answer would tell whose phone it is.
    """
    if ctx.house.exempts(ctx.address):
        return True
    try:
        await quotas.spend(ctx.store, _number(ctx.house, phone), PER_NUMBER, ctx.now)
    except TooMany:
        log.warning("no SMS code sent: its number has had too many")
        return False
    return True


async def send(ctx: Context, proof: Proof) -> None:
    """Make a code, remember it instead of an earlier one, and send it once.

    What goes wrong is logged: the person sees no code come, and asks again.
    """
    template = ctx.house.sms_templates.get(TEMPLATE)
    if template is None:
        log.error("no SMS code sent: SMS_TEMPLATES names no template %r", TEMPLATE)
        return
    try:
        if not ctx.house.exempts(ctx.address):
            await quotas.draw(ctx.store, "sms:day", PER_DAY, ctx.now)
    except TooMany:
        log.error("no SMS code sent: the day's %d are used up", PER_DAY)
        return
    code = f"{secrets.randbelow(10**6):06}"
    await _remember(ctx, proof, code)
    try:
        await ctx.house.ports.sms.send(proof.phone, template, {"code": code}, new_id("sms"))
    except PortError as fault:
        log.warning("an SMS code may not arrive (%s): %s", fault.fate, fault)


async def redeem(ctx: Context, proof: Proof, code: str) -> None:
    """Use up the code. Raises `SmsCodeWrong`; a wrong one costs one of the tries."""
    key = proof.key(ctx.house)
    open_ = {"_id": key, "tries": {"$lt": MAX_TRIES}, "expires_at": {"$gt": ctx.now}}
    known = await ctx.store.change(SMS_CODES, open_, {"$inc": {"tries": 1}})
    digest = proof.digest(ctx.house, code)
    if known is None or not hmac.compare_digest(known["digest"], digest):
        raise SmsCodeWrong(errors=(("/sms_code", "验证码错误或已失效"),))
    if not await ctx.store.delete(SMS_CODES, {"_id": key, "digest": digest}):
        raise SmsCodeWrong(errors=(("/sms_code", "验证码错误或已失效"),))


async def _remember(ctx: Context, proof: Proof, code: str) -> None:
    key = proof.key(ctx.house)
    fields: Document = {
        "digest": proof.digest(ctx.house, code),
        "tries": 0,
        "expires_at": ctx.house.clock() + LIFE,
    }
    try:
        if not await ctx.store.update(SMS_CODES, {"_id": key}, {"$set": fields}):
            await ctx.store.insert(SMS_CODES, {"_id": key, **fields})
    except Duplicate:  # another one was asked for at the same moment; the later one counts
        await ctx.store.update(SMS_CODES, {"_id": key}, {"$set": fields})


def _number(house: House, typed: str) -> str:
    return f"sms:number:{_mac(house, 'number', typed)}"


def _mac(house: House, *parts: str) -> str:
    secret = house.keys.derive("sms-code")
    return hmac.digest(secret, "\0".join(parts).encode(), hashlib.sha256).hex()
