"""Guessing codes: so many unknown ones, and a device is locked for a while and security is told.

Counted for each who scans and, more generously, for each address; the lock is a document, so that
every process honours it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from models.base import quotas
from models.base.addresses import counted_as
from models.base.context import Context, House
from models.base.errors import TooMany
from models.base.expiry import expires
from models.base.messages import notify
from models.base.quotas import Rate
from models.base.store import Duplicate
from models.visitors import parties

PER_DEVICE: Final = (Rate(20, timedelta(minutes=5)),)
PER_ADDRESS: Final = (Rate(60, timedelta(minutes=5)),)
LOCKED_FOR: Final = timedelta(minutes=5)
LOCKS: Final = "scan_locks"  # {_id: who scans or from where, expires_at}

expires(LOCKS, "expires_at")


class ScannerLocked(TooMany):
    code = "scanner-locked"
    zh = "无效的码过多，本设备已暂停扫码，安保已收到提醒。请稍后再试。"
    en = "Too many invalid codes; this device may scan again in a while. Security has been told."


async def refuse_locked(ctx: Context) -> None:
    """Raises ScannerLocked, also for a right code: else a guess that hits would still count."""
    locks = await ctx.house.recent(_every).get()
    for key in _keys(ctx):
        if key in locks and locks[key] > ctx.now:
            raise _locked(ctx, locks[key])


async def _every(house: House) -> dict[str, datetime]:
    """Who is locked until when: what every scan asks for, a second old at most."""
    found = await house.store.find(LOCKS, {})
    return {lock["_id"]: lock["expires_at"] for lock in found}


async def count(ctx: Context) -> None:
    """Count an unknown code. Raises ScannerLocked for the one too many."""
    for key, rates in zip(_keys(ctx), (PER_DEVICE, PER_ADDRESS), strict=False):
        try:
            await quotas.spend(ctx.store, key, rates, ctx.now)
        except TooMany:
            await _lock(ctx, key)


async def _lock(ctx: Context, key: str) -> None:
    """Lock, and tell security; once, however many fail at this moment."""
    until = ctx.now + LOCKED_FOR
    over = {"_id": key, "expires_at": {"$lte": ctx.now}}
    try:
        if not await ctx.store.update(LOCKS, over, {"$set": {"expires_at": until}}):
            await ctx.store.insert(LOCKS, {"_id": key, "expires_at": until})
    except Duplicate:  # locked and reported this very moment
        raise _locked(ctx, until) from None
    ctx.house.recent(_every).forget()
    facts = {"who": ctx.actor.name or ctx.actor.id, "title": "扫码异常", "place": "门岗"}
    for guard in await parties.guards(ctx):
        await notify(ctx.house, guard, "visit-guessing", facts)
    raise _locked(ctx, until)


def _locked(ctx: Context, until: datetime) -> ScannerLocked:
    wait = until - ctx.now
    return ScannerLocked(retry_after=max(1, int(wait.total_seconds())))


def _keys(ctx: Context) -> list[str]:
    """Who scans, and from where; the address not in a load test from this machine."""
    keys = [f"guess:{ctx.actor.id}"]
    if ctx.address and not ctx.house.exempts(ctx.address):
        keys.append(f"guess:{counted_as(ctx.address)}")
    return keys
