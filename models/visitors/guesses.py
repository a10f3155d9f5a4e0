"""Guessing codes: so many unknown ones, and a device is locked for a while and security is told.

Counted for each who scans and, more generously, for each address; the lock is a document, so that
every process honours it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from models.base import quotas
from models.base.addresses import counted_as
from models.base.context import Context
from models.base.errors import TooMany
from models.base.messages import notify
from models.base.quotas import QUOTAS, Rate
from models.base.store import Document, Duplicate
from models.visitors import parties

PER_DEVICE: Final = (Rate(20, timedelta(minutes=5)),)
PER_ADDRESS: Final = (Rate(60, timedelta(minutes=5)),)
LOCKED_FOR: Final = timedelta(minutes=5)


class ScannerLocked(TooMany):
    code = "scanner-locked"
    zh = "无效的码过多，本设备已暂停扫码，安保已收到提醒。请稍后再试。"
    en = "Too many invalid codes; this device may scan again in a while. Security has been told."


async def refuse_locked(ctx: Context) -> None:
    """Raises ScannerLocked, also for a right code: else a guess that hits would still count."""
    for key in _keys(ctx):
        lock = await ctx.store.get_together(QUOTAS, f"lock:{key}")
        if lock is not None and lock["expires_at"] > ctx.now:
            raise _locked(ctx, lock)


async def count(ctx: Context) -> None:
    """Count an unknown code. Raises ScannerLocked for the one too many."""
    for key, rates in zip(_keys(ctx), (PER_DEVICE, PER_ADDRESS), strict=False):
        try:
            await quotas.spend(ctx.store, key, rates, ctx.now)
        except TooMany:
            await _lock(ctx, key)


async def _lock(ctx: Context, key: str) -> None:
    lock = {"_id": f"lock:{key}", "hits": [], "expires_at": ctx.now + LOCKED_FOR}
    over = {"_id": lock["_id"], "expires_at": {"$lte": ctx.now}}
    try:
        if not await ctx.store.update(QUOTAS, over, {"$set": {"expires_at": lock["expires_at"]}}):
            await ctx.store.insert(QUOTAS, lock)
    except Duplicate:  # locked and reported this very moment
        raise _locked(ctx, lock) from None
    facts = {"who": ctx.actor.name or ctx.actor.id, "title": "扫码异常", "place": "门岗"}
    for guard in await parties.guards(ctx):
        await notify(ctx.house, guard, "visit-guessing", facts)
    raise _locked(ctx, lock)


def _locked(ctx: Context, lock: Document) -> ScannerLocked:
    wait = lock["expires_at"] - ctx.now
    return ScannerLocked(retry_after=max(1, int(wait.total_seconds())))


def _keys(ctx: Context) -> list[str]:
    """Who scans, and from where; the address not in a load test from this machine."""
    keys = [f"guess:{ctx.actor.id}"]
    if ctx.address and not ctx.house.exempts(ctx.address):
        keys.append(f"guess:{counted_as(ctx.address)}")
    return keys
