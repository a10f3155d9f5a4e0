"""Aliyun's APIs, with its Python SDK: one customer's requests, each made once.

The SDK blocks and is not promised to be safe between threads: each thread of a small pool has a
client of its own. Its retries are off, since a repeat would do a thing twice, and so are its logs,
which hold phone numbers and codes.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from models.base.ports import Fate, PortError
from server.adapters.pool import BoundedPool

CONNECT_TIMEOUT: Final = 3  # seconds
READ_TIMEOUT: Final = 5  # seconds
THREADS: Final = 4
WAITING: Final = 64

# All the SDK keeps of a fault in the network is its text. Without a connection nothing was sent.
_NOT_SENT: Final = re.compile(r"\(Caused by (NewConnection|ConnectTimeout|SSL|Proxy)Error")
_LOGGERS: Final = ("aliyunsdkcore", "aliyunsdkcore.http.http_response")


@dataclass(frozen=True, kw_only=True)
class RpcAccess:
    """How to reach one of the operator's APIs as this customer."""

    domain: str  # such as dysmsapi.aliyuncs.com
    key_id: str
    key_secret: str
    region: str = "cn-hangzhou"
    protocol: Literal["http", "https"] = "https"
    read_timeout: int = READ_TIMEOUT


class AliyunRpc:
    """One API in one version. `system` is what faults name."""

    def __init__(self, system: str, access: RpcAccess, version: str) -> None:
        self._system = system
        self._access = access
        self._version = version
        self._pool = BoundedPool(system, THREADS, WAITING)
        self._own = threading.local()
        self._clients: list[AcsClient] = []
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    async def call(self, action: str, asked: dict[str, str], lost: Fate) -> dict[str, Any]:
        """The reply, whatever its `Code`. Raises `PortError`; `lost` is the fate of a request that
        was sent and never answered.
        """
        return await self._pool.run(lambda: self._call(action, asked, lost))

    def close(self) -> None:
        """Let requests under way end and close the connections."""
        self._pool.close()
        for client in self._clients:
            client.session.close()

    def _client(self) -> AcsClient:
        """This thread's client. No proxy of the environment: it would also take loopback calls."""
        if not hasattr(self._own, "client"):
            self._own.client = AcsClient(
                self._access.key_id,
                self._access.key_secret,
                self._access.region,
                auto_retry=False,
                connect_timeout=CONNECT_TIMEOUT,
                timeout=self._access.read_timeout,
                proxy={"none": ""},
            )
            self._clients.append(self._own.client)
        return self._own.client

    def _call(self, action: str, asked: dict[str, str], lost: Fate) -> dict[str, Any]:
        """Runs in a thread of the pool."""
        request = CommonRequest(
            domain=self._access.domain, version=self._version, action_name=action
        )
        request.set_method("POST")
        request.set_protocol_type(self._access.protocol)
        request.set_accept_format("json")
        for name, value in asked.items():
            request.add_query_param(name, value)
        try:
            body = self._client().do_action_with_exception(request)
            return msgspec.json.decode(body, type=dict[str, Any])
        except ServerException as fault:
            raise self._server_error(fault, lost) from None
        except ClientException as fault:
            fate = Fate.FAILED if _NOT_SENT.search(str(fault)) else lost
            raise PortError(self._system, "no-answer", fate) from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise PortError(self._system, "not-json", lost) from None

    def _server_error(self, fault: ServerException, lost: Fate) -> PortError:
        """An answer other than HTTP 200: throttled, misconfigured, or broken on their side."""
        code, status = fault.get_error_code(), fault.get_http_status()
        turned_away = status < 500 or status == 503 or code.startswith("Throttling")
        return PortError(self._system, code, Fate.FAILED if turned_away else lost)
