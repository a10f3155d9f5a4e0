"""Calls behind a third number through Aliyun's number privacy (Dyplsapi, AXB bindings)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from models.base.clock import CAMPUS, Clock
from models.base.ports import BoundNumber, Fate, PortError
from server.adapters.aliyun_rpc import AliyunRpc, RpcAccess

VERSION: Final = "2017-05-25"
GONE: Final = "isv.SUBS_NOT_EXIST"  # ended by its own time, or by an earlier request

# What trying again does not change; every other refusal passes, or an administrator lifts it.
LASTING: Final = frozenset(
    {"isv.MOBILE_NUMBER_ILLEGAL", "isv.EXPIRE_DATE_ILLEGAL", "isv.ILLEGAL_ARGUMENT"}
)


@dataclass(frozen=True, kw_only=True)
class CallsAccess(RpcAccess):
    """How to reach the operator, and from which pool numbers come; without one calls are off."""

    pool_key: str


class AliyunCalls:
    """Implements `models.base.ports.Calls`."""

    def __init__(self, access: CallsAccess, clock: Clock) -> None:
        self._clock = clock
        self._pool_key = access.pool_key
        self._rpc = AliyunRpc("calls", access, VERSION)

    async def bind(self, one: str, other: str, lasts: timedelta, out_id: str) -> BoundNumber:
        """A number of the pool that connects the two for so long. A binding whose reply is lost
        ends by its own time.
        """
        until = self._clock() + lasts
        asked = {
            "PhoneNoA": one,
            "PhoneNoB": other,
            "Expiration": f"{until.astimezone(CAMPUS):%Y-%m-%d %H:%M:%S}",
            "OutId": out_id,
        }
        found = (await self._call("BindAxb", asked)).get("SecretBindDTO") or {}
        number, binding = str(found.get("SecretNo") or ""), str(found.get("SubsId") or "")
        if not number or not binding:
            raise PortError("calls", "no-number", Fate.UNKNOWN)
        return BoundNumber(number, binding)

    async def unbind(self, bound: BoundNumber) -> None:
        """End a binding; one that has ended already is well, too."""
        asked = {"SecretNo": bound.number, "SubsId": bound.binding}
        try:
            await self._call("UnbindSubscription", asked)
        except PortError as fault:
            if fault.code != GONE:
                raise

    def close(self) -> None:
        """Let requests under way end and close the connections."""
        self._rpc.close()

    async def _call(self, action: str, asked: dict[str, str]) -> dict[str, Any]:
        """The reply to one request. Raises the `PortError` a `Code` other than OK means."""
        if not self._pool_key:
            raise PortError("calls", "not-configured", Fate.REFUSED)
        reply = await self._rpc.call(action, {"PoolKey": self._pool_key, **asked}, Fate.UNKNOWN)
        code = str(reply.get("Code", ""))
        if code != "OK":
            raise PortError("calls", code, Fate.REFUSED if code in LASTING else Fate.FAILED)
        return reply
