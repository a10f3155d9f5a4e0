"""The mini-program's server API, spoken over HTTPS as WeChat documents it.

Every answer is HTTP 200; it is an error where `errcode` is there and not 0. Tokens and the secret
travel in addresses and bodies, so nothing here is logged and no address is put into an exception.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.simple_httpclient import HTTPTimeoutError

from models.base.clock import Clock, campus_date, campus_time
from models.base.ports import Fate, PortError
from models.base.wechat_fields import fitted
from server.adapters.wechat_token import AccessToken

CONNECT_TIMEOUT: Final = 3.0  # seconds
REQUEST_TIMEOUT: Final = 5.0  # seconds, connecting included
CONNECTIONS: Final = 64
MAX_REPLY: Final = 256 * 1024  # bytes
BUSY_PAUSES: Final = (0.1, 0.3)  # seconds before the second and the third try

BUSY: Final = -1
STALE_TOKEN: Final = frozenset({40001, 40014, 42001})
MINUTE_QUOTA: Final = 45011
DAY_QUOTA: Final = 45009

# Another try of the same request gets the same answer. What is not named here (wrong credentials,
# an address not on the whitelist, quotas, codes not documented) is put right by people or time.
FINAL: Final = frozenset(
    {
        40003,  # openid
        40029,  # login code invalid or expired
        40037,  # template id
        40163,  # login code used
        40226,  # account blocked as high-risk
        41030,  # page
        43101,  # no consent left
        43107,  # template banned
        44002,  # empty body
        45002,  # text too long
        45168,  # sensitive words
        47001,  # malformed body
        47003,  # data does not fit the template
        61010,  # the person has not opened the mini-program lately
    }
)


@dataclass(frozen=True)
class WeChatAccess:
    """How to reach WeChat as this mini-program."""

    base_url: str  # such as https://api.weixin.qq.com
    appid: str
    secret: str
    state: str = "formal"  # the edition a message opens: developer, trial or formal


class WeChatApi:
    """Implements `models.base.ports.WeChat`. To be made inside the running event loop."""

    def __init__(
        self, access: WeChatAccess, clock: Clock, request_timeout: float = REQUEST_TIMEOUT
    ) -> None:
        self._access = access
        self._clock = clock
        self._request_timeout = request_timeout  # seconds
        self._token = AccessToken(self._fetch_token, clock)
        self._http = AsyncHTTPClient(
            force_instance=True, max_clients=CONNECTIONS, max_body_size=MAX_REPLY
        )

    async def code_to_openid(self, code: str) -> str:
        """The openid behind a `wx.login` code; the session key is not kept.

        Of unknown fate the code may be spent: the phone has to fetch another one.
        """
        query = {
            "appid": self._access.appid,
            "secret": self._access.secret,
            "js_code": code,
            "grant_type": "authorization_code",
        }
        reply = await self._ask("/sns/jscode2session", query, None, acts=True)
        return _text(self._checked(reply), "openid")

    async def send_subscribe_message(
        self, openid: str, template_id: str, page: str, data: dict[str, str]
    ) -> None:
        """Send one subscribe message; texts too long for their field are cut."""
        body = {
            "touser": openid,
            "template_id": template_id,
            "page": page,
            "data": {key: {"value": fitted(key, text)} for key, text in data.items()},
            "miniprogram_state": self._access.state,
            "lang": "zh_CN",
        }
        await self._ask_with_token("/cgi-bin/message/subscribe/send", body, acts=True)

    async def check_text(self, openid: str, text: str, scene: int) -> bool:
        """Whether WeChat passes `text`; what it wants reviewed by people does not pass.

        `scene`: 1 profile, 2 comment, 3 forum, 4 social log.
        """
        body = {"version": 2, "openid": openid, "scene": scene, "content": text}
        reply = await self._ask_with_token("/wxa/msg_sec_check", body, acts=False)
        result = reply.get("result")
        if not isinstance(result, dict):
            raise _error("no-verdict", Fate.FAILED)
        return result.get("suggest") == "pass"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    async def _fetch_token(self) -> tuple[str, int]:
        body = {
            "grant_type": "client_credential",
            "appid": self._access.appid,
            "secret": self._access.secret,
            "force_refresh": False,
        }
        reply = self._checked(await self._ask("/cgi-bin/stable_token", {}, body, acts=False))
        seconds = reply.get("expires_in")
        return _text(reply, "access_token"), seconds if isinstance(seconds, int) else 0

    async def _ask_with_token(
        self, path: str, body: dict[str, Any], *, acts: bool
    ) -> dict[str, Any]:
        """The checked reply; a token WeChat no longer takes is replaced, once."""
        token = await self._token.get()
        reply = await self._ask(path, {"access_token": token}, body, acts=acts)
        if reply.get("errcode") in STALE_TOKEN:
            self._token.drop(token)
            token = await self._token.get()
            reply = await self._ask(path, {"access_token": token}, body, acts=acts)
        return self._checked(reply)

    async def _ask(
        self, path: str, query: dict[str, str], body: dict[str, Any] | None, *, acts: bool
    ) -> dict[str, Any]:
        """The reply as it came, asked for again while WeChat says it is busy."""
        request = HTTPRequest(
            f"{self._access.base_url}{path}?{urlencode(query)}",
            method="GET" if body is None else "POST",
            body=None if body is None else msgspec.json.encode(body),
            headers={"Content-Type": "application/json"},
            connect_timeout=CONNECT_TIMEOUT,
            request_timeout=self._request_timeout,
            follow_redirects=False,
        )
        for pause in BUSY_PAUSES:
            reply = await self._exchange(request, acts)
            if reply.get("errcode") != BUSY:
                return reply
            await asyncio.sleep(pause)
        return await self._exchange(request, acts)

    async def _exchange(self, request: HTTPRequest, acts: bool) -> dict[str, Any]:
        """One request. `acts` says whether one without an answer may have changed something."""
        lost = Fate.UNKNOWN if acts else Fate.FAILED
        try:
            response = await self._http.fetch(request)
        except HTTPTimeoutError as fault:
            sent = "during request" in str(fault)  # else still queued or connecting
            raise _error("timeout", lost if sent else Fate.FAILED) from None
        except HTTPClientError as fault:
            if fault.code == 599:  # Tornado's word for a connection closed without an answer
                raise _error("connection-lost", lost) from None
            raise _error(f"http-{fault.code}", lost if fault.code >= 500 else Fate.FAILED) from None
        except OSError:
            raise _error("unreachable", Fate.FAILED) from None
        try:
            return msgspec.json.decode(response.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise _error("not-json", lost) from None

    def _checked(self, reply: dict[str, Any]) -> dict[str, Any]:
        """`reply`, or the `PortError` its errcode means."""
        errcode = reply.get("errcode", 0)
        if not errcode:
            return reply
        fate = Fate.REFUSED if errcode in FINAL else Fate.FAILED
        raise PortError("wechat", str(errcode), fate, self._pause(errcode))

    def _pause(self, errcode: int) -> int | None:
        """Seconds until a quota opens again."""
        if errcode == DAY_QUOTA:
            now = self._clock()
            midnight = campus_time(campus_date(now) + timedelta(days=1), "00:00")
            return int((midnight - now).total_seconds()) + 1
        return 60 if errcode == MINUTE_QUOTA else None


def _text(reply: dict[str, Any], key: str) -> str:
    value = reply.get(key)
    if not isinstance(value, str) or not value:
        raise _error(f"no-{key}", Fate.FAILED)
    return value


def _error(code: str, fate: Fate) -> PortError:
    return PortError("wechat", code, fate)
