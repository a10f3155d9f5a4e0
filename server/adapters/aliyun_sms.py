"""Short messages through Aliyun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec

from models.base.clock import Clock, campus_date, campus_time
from models.base.ports import Fate, PortError, SmsReceipt
from server.adapters.aliyun_rpc import AliyunRpc, RpcAccess

VERSION: Final = "2017-05-25"
PAGE_SIZE: Final = 50
PAGES: Final = 4  # the operator lets 40 messages a day through to one number
VALUE_LENGTH: Final = 35  # of one template parameter
SEND_STATUS: Final = {1: "waiting", 2: "failed", 3: "delivered"}

# Said of limits that time or an administrator lifts; every other refusal is final.
LIMIT: Final = "isv.BUSINESS_LIMIT_CONTROL"
DAY_LIMIT: Final = "isv.DAY_LIMIT_CONTROL"
PASSING: Final = frozenset(
    {
        "isp.SYSTEM_ERROR",
        "isp.RAM_PERMISSION_DENY",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.OUT_OF_SERVICE",
        "isv.PRODUCT_UN_SUBSCRIPT",
    }
)
WINDOWS: Final = {"分钟级": 60, "小时级": 3600}  # in the message that comes with LIMIT; seconds


@dataclass(frozen=True, kw_only=True)
class SmsAccess(RpcAccess):
    """How to reach the operator, and the approved signature of this customer's messages."""

    sign_name: str


class AliyunSms:
    """Implements `models.base.ports.Sms`."""

    def __init__(self, access: SmsAccess, clock: Clock) -> None:
        self._access = access
        self._clock = clock
        self._rpc = AliyunRpc("sms", access, VERSION)

    async def send(self, phone: str, template: str, params: dict[str, str], out_id: str) -> str:
        """Send one message and return the operator's id of it; values too long are cut."""
        fitting = {name: _fitted(value) for name, value in params.items()}
        asked = {
            "PhoneNumbers": phone,
            "SignName": self._access.sign_name,
            "TemplateCode": template,
            "TemplateParam": msgspec.json.encode(fitting).decode(),
            "OutId": out_id,
        }
        reply = await self._rpc.call("SendSms", asked, Fate.UNKNOWN)
        self._check(reply)
        return str(reply.get("BizId", ""))

    async def look_up(self, phone: str, out_id: str, day: str) -> SmsReceipt:
        """The operator's record of our message, or `absent`: it keeps none of one not accepted."""
        for page in range(1, PAGES + 1):
            found, last = await self._page(phone, day, page)
            for detail in found:
                if detail.get("OutId") == out_id:
                    status = SEND_STATUS.get(detail.get("SendStatus", 1), "waiting")
                    return SmsReceipt(status, str(detail.get("ErrCode", "")))
            if last:
                break
        return SmsReceipt("absent")

    def close(self) -> None:
        """Let messages under way end and close the connections."""
        self._rpc.close()

    async def _page(self, phone: str, day: str, page: int) -> tuple[list[dict[str, Any]], bool]:
        """One page of the records of that number and day, and whether it is the last."""
        asked = {
            "PhoneNumber": phone,
            "SendDate": day,
            "PageSize": str(PAGE_SIZE),
            "CurrentPage": str(page),
        }
        reply = await self._rpc.call("QuerySendDetails", asked, Fate.FAILED)
        self._check(reply)
        found = (reply.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
        return found, page * PAGE_SIZE >= int(reply.get("TotalCount") or 0)

    def _check(self, reply: dict[str, Any]) -> None:
        """Raise the `PortError` a `Code` other than OK means."""
        code = str(reply.get("Code", ""))
        if code == "OK":
            return
        pause = self._pause(code, str(reply.get("Message", "")))
        passing = pause is not None or code in PASSING
        raise PortError("sms", code, Fate.FAILED if passing else Fate.REFUSED, pause)

    def _pause(self, code: str, message: str) -> int | None:
        """Seconds until a limit opens again."""
        if code not in (LIMIT, DAY_LIMIT):
            return None
        for word, seconds in WINDOWS.items():
            if word in message:
                return seconds
        now = self._clock()
        midnight = campus_time(campus_date(now) + timedelta(days=1), "00:00")
        return int((midnight - now).total_seconds()) + 1


def _fitted(value: str) -> str:
    return value if len(value) <= VALUE_LENGTH else value[: VALUE_LENGTH - 1] + "…"
