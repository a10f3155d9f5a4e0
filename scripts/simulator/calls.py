"""Aliyun's number privacy: two numbers behind a third of the pool, for a while (AXB)."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from models.base.clock import CAMPUS
from scripts.simulator.rpc import BusinessRefusal
from scripts.simulator.world import Binding, World

NUMBERS: Final = tuple(f"1700000{n:04}" for n in range(1, 51))  # in the pool
SHORTEST: Final = timedelta(minutes=1)

# A mobile number, or a fixed one with its area code and without a hyphen.
_PHONE: Final = re.compile(r"1[3-9][0-9]{9}|0[0-9]{9,11}", re.ASCII)


def bind(world: World, params: dict[str, str]) -> dict[str, Any]:
    """Put two people behind a number where neither is in another binding."""
    _check_pool(world, params)
    one, other = params.get("PhoneNoA", ""), params.get("PhoneNoB", "")
    if not _PHONE.fullmatch(one) or not _PHONE.fullmatch(other):
        raise BusinessRefusal("isv.MOBILE_NUMBER_ILLEGAL")
    if one == other:
        raise BusinessRefusal("isv.ILLEGAL_ARGUMENT")
    until = _expiration(world, params.get("Expiration", ""))
    taken = {each.number for each in world.bindings() if {one, other} & {each.one, each.other}}
    number = next((each for each in NUMBERS if each not in taken), None)
    if number is None:
        raise BusinessRefusal("isv.NO_AVAILABLE_NUMBER")
    subs_id = f"1{secrets.randbelow(10**15):015d}"
    out_id = params.get("OutId", "")
    world.sent.append(Binding(world.now(), one, other, number, subs_id, until, out_id))
    return {"SecretBindDTO": {"Extension": "", "SecretNo": number, "SubsId": subs_id}}


def unbind(world: World, params: dict[str, str]) -> dict[str, Any]:
    """End a binding before its time."""
    _check_pool(world, params)
    named = params.get("SecretNo"), params.get("SubsId")
    for each in world.bindings():
        if (each.number, each.subs_id) == named:
            each.ended = world.now()
            return {"ChargeId": ""}
    raise BusinessRefusal("isv.SUBS_NOT_EXIST")


def _check_pool(world: World, params: dict[str, str]) -> None:
    if params.get("PoolKey") != world.credentials.pool_key:
        raise BusinessRefusal("isv.POOLKEY_NOT_EXISTS")


def _expiration(world: World, text: str) -> datetime:
    """Until when, as it is written in the operator's zone."""
    try:
        until = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CAMPUS)
    except ValueError:
        raise BusinessRefusal("isv.EXPIRE_DATE_ILLEGAL") from None
    if until < world.now() + SHORTEST:
        raise BusinessRefusal("isv.EXPIRE_DATE_ILLEGAL")
    return until.astimezone(UTC)
