"""Short messages through Aliyun, with its Python SDK.

The SDK blocks and is not promised to be safe between threads: each thread of a small pool has a
client of its own. Its retries are off, since a repeat would send a message twice, and so are its
logs, which hold phone numbers and codes.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

import msgspec
from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from models.base.clock import Clock, campus_date, campus_time
from models.base.ports import Fate, PortError, SmsReceipt
from server.adapters.pool import BoundedPool

VERSION: Final = "2017-05-25"
CONNECT_TIMEOUT: Final = 3  # seconds
READ_TIMEOUT: Final = 5  # seconds
THREADS: Final = 4
WAITING: Final = 64
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

# All the SDK keeps of a fault in the network is its text. Without a connection nothing was sent.
_NOT_SENT: Final = re.compile(r"\(Caused by (NewConnection|ConnectTimeout|SSL|Proxy)Error")
_LOGGERS: Final = ("aliyunsdkcore", "aliyunsdkcore.http.http_response")


@dataclass(frozen=True)
class SmsAccess:
    """How to reach the operator as this customer."""

    domain: str  # such as dysmsapi.aliyuncs.com
    key_id: str
    key_secret: str
    sign_name: str
    protocol: Literal["http", "https"] = "https"


class AliyunSms:
    """Implements `models.base.ports.Sms`."""

    def __init__(self, access: SmsAccess, clock: Clock, read_timeout: int = READ_TIMEOUT) -> None:
        self._access = access
        self._clock = clock
        self._read_timeout = read_timeout
        self._pool = BoundedPool("sms", THREADS, WAITING)
        self._own = threading.local()
        self._clients: list[AcsClient] = []
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

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
        reply = await self._pool.run(lambda: self._call("SendSms", asked))
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
        self._pool.close()
        for client in self._clients:
            client.session.close()

    async def _page(self, phone: str, day: str, page: int) -> tuple[list[dict[str, Any]], bool]:
        """One page of the records of that number and day, and whether it is the last."""
        asked = {
            "PhoneNumber": phone,
            "SendDate": day,
            "PageSize": str(PAGE_SIZE),
            "CurrentPage": str(page),
        }
        reply = await self._pool.run(lambda: self._call("QuerySendDetails", asked))
        self._check(reply)
        found = (reply.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
        return found, page * PAGE_SIZE >= int(reply.get("TotalCount") or 0)

    def _client(self) -> AcsClient:
        """This thread's client. No proxy of the environment: it would also take loopback calls."""
        if not hasattr(self._own, "client"):
            self._own.client = AcsClient(
                self._access.key_id,
                self._access.key_secret,
                auto_retry=False,
                connect_timeout=CONNECT_TIMEOUT,
                timeout=self._read_timeout,
                proxy={"none": ""},
            )
            self._clients.append(self._own.client)
        return self._own.client

    def _call(self, action: str, asked: dict[str, str]) -> dict[str, Any]:
        """The operator's reply to one request, made once. Runs in a thread of the pool."""
        request = CommonRequest(domain=self._access.domain, version=VERSION, action_name=action)
        request.set_method("POST")
        request.set_protocol_type(self._access.protocol)
        request.set_accept_format("json")
        for name, value in asked.items():
            request.add_query_param(name, value)
        lost = Fate.UNKNOWN if action == "SendSms" else Fate.FAILED
        try:
            body = self._client().do_action_with_exception(request)
            return msgspec.json.decode(body, type=dict[str, Any])
        except ServerException as fault:
            raise _server_error(fault, lost) from None
        except ClientException as fault:
            fate = Fate.FAILED if _NOT_SENT.search(str(fault)) else lost
            raise PortError("sms", "no-answer", fate) from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise PortError("sms", "not-json", lost) from None

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


def _server_error(fault: ServerException, lost: Fate) -> PortError:
    """An answer other than HTTP 200: throttled, misconfigured, or broken on their side."""
    code, status = fault.get_error_code(), fault.get_http_status()
    turned_away = status < 500 or status == 503 or code.startswith("Throttling")
    return PortError("sms", code, Fate.FAILED if turned_away else lost)


def _fitted(value: str) -> str:
    return value if len(value) <= VALUE_LENGTH else value[: VALUE_LENGTH - 1] + "…"
