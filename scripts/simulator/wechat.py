"""WeChat's server API, four endpoints of it: HTTP 200 always, errors by `errcode`."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from typing import Any, Final

import msgspec

from scripts.simulator.exchange import Exchange, Reply
from scripts.simulator.wechat_rules import checked_data, verdict
from scripts.simulator.wechat_state import WeChatRefusal
from scripts.simulator.world import Api, Fault, Message, TextCheck

ERRMSG: Final = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40037: "invalid template_id",
    40097: "invalid args",
    40125: "invalid appsecret",
    40163: "code been used",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41008: "missing code",
    41030: "invalid page",
    42001: "access_token expired",
    43101: "user refuse to accept the msg",
    44002: "empty post data",
    45002: "content size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    47001: "data format error",
    47003: "argument invalid!",
}
_OPENID: Final = re.compile(r"[A-Za-z0-9_-]{28}", re.ASCII)
_TEMPLATE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class WeChatExchange(Exchange):
    """One WeChat endpoint."""

    grant_type = ""

    def failure(self, fault: Fault) -> Reply:
        if not fault.code:
            return Reply({}, fault.status or 500)
        return Reply(_error(int(fault.code), fault.message), fault.status or 200)

    async def answer(self, api: Api, act: Callable[[], dict[str, Any]]) -> None:
        """Answer with what `act` returns, or with the `errcode` it raises."""

        def reply() -> Reply:
            try:
                return Reply(act())
            except WeChatRefusal as refusal:
                return Reply(_error(refusal.errcode, refusal.detail))

        await self.exchange(api, reply)

    def body(self) -> dict[str, Any]:
        """The posted JSON object."""
        if not self.request.body:
            raise WeChatRefusal(44002)
        try:
            return msgspec.json.decode(self.request.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
            raise WeChatRefusal(47001) from fault

    def authorised_body(self) -> dict[str, Any]:
        """The posted JSON object of a caller with a valid access token."""
        self.world.tokens.verify(self.get_query_argument("access_token", ""))
        return self.body()

    def check_credentials(self, appid: object, secret: object, grant: object) -> None:
        """Refuse a caller who is not the mini-program's server."""
        ours = self.world.credentials
        wrong = {
            41002: not appid,
            40013: appid != ours.appid,
            41004: not secret,
            40125: secret != ours.app_secret,
            40002: grant != self.grant_type,
        }
        for errcode, holds in wrong.items():
            if holds:
                raise WeChatRefusal(errcode)


class CodeToSession(WeChatExchange):
    """GET /sns/jscode2session"""

    media_type = "text/plain"  # as the real one says
    grant_type = "authorization_code"

    async def get(self) -> None:
        await self.answer("code2session", self.sign_in)

    def sign_in(self) -> dict[str, Any]:
        told = self.get_query_argument
        self.check_credentials(told("appid", ""), told("secret", ""), told("grant_type", ""))
        if not (code := told("js_code", "")):
            raise WeChatRefusal(41008)
        openid = self.world.codes.redeem(code)
        return {"session_key": base64.b64encode(secrets.token_bytes(16)).decode(), "openid": openid}


class StableToken(WeChatExchange):
    """POST /cgi-bin/stable_token"""

    grant_type = "client_credential"

    async def post(self) -> None:
        await self.answer("stable_token", self.issue)

    def issue(self) -> dict[str, Any]:
        body = self.body()
        self.check_credentials(body.get("appid"), body.get("secret"), body.get("grant_type"))
        token, seconds = self.world.tokens.issue(body.get("force_refresh") is True)
        return {"access_token": token, "expires_in": seconds}


class SubscribeSend(WeChatExchange):
    """POST /cgi-bin/message/subscribe/send"""

    async def post(self) -> None:
        await self.answer("subscribe_send", self.send)

    def send(self) -> dict[str, Any]:
        message = self.checked(self.authorised_body())
        if not self.world.take_consent(message.openid, message.template_id):
            raise WeChatRefusal(43101)
        self.world.sent.append(message)
        return {"errcode": 0, "errmsg": "ok", "msgid": secrets.randbits(53)}

    def checked(self, body: dict[str, Any]) -> Message:
        openid, template_id = _text(body, "touser"), _text(body, "template_id")
        page, state = _text(body, "page"), _text(body, "miniprogram_state", "formal")
        wrong = {
            40003: not _OPENID.fullmatch(openid),
            40037: not _TEMPLATE.fullmatch(template_id),
            41030: page.startswith("/") or len(page) > 1024,
            40097: state not in ("developer", "trial", "formal")
            or _text(body, "lang", "zh_CN") not in ("zh_CN", "en_US", "zh_HK", "zh_TW"),
        }
        for errcode, holds in wrong.items():
            if holds:
                raise WeChatRefusal(errcode)
        data = checked_data(body.get("data"))
        person = self.world.codes.people.get(openid, "")
        return Message(self.world.now(), openid, person, template_id, page, data, state)


class TextSecurity(WeChatExchange):
    """POST /wxa/msg_sec_check, version 2"""

    async def post(self) -> None:
        await self.answer("msg_sec_check", self.check)

    def check(self) -> dict[str, Any]:
        body = self.authorised_body()
        openid, text = _text(body, "openid"), _text(body, "content")
        scene = body.get("scene")
        if not _OPENID.fullmatch(openid):
            raise WeChatRefusal(40003)
        if body.get("version") != 2 or not isinstance(scene, int) or not 1 <= scene <= 4:
            raise WeChatRefusal(40097)
        if not 1 <= len(text) <= 2500:
            raise WeChatRefusal(45002)
        suggest, label = verdict(text)
        person = self.world.codes.people.get(openid, "")
        self.world.sent.append(TextCheck(self.world.now(), openid, person, text, scene, suggest))
        finding = {"suggest": suggest, "label": label}
        detail = {"strategy": "content_model", "errcode": 0, **finding, "prob": 90}
        head = {"errcode": 0, "errmsg": "ok", "trace_id": secrets.token_hex(16)}
        return {**head, "result": finding, "detail": [detail]}


def _text(body: dict[str, Any], key: str, default: str = "") -> str:
    value = body.get(key, default)
    return value if isinstance(value, str) else ""


def _error(errcode: int, detail: str = "") -> dict[str, Any]:
    words = " ".join(filter(None, (ERRMSG.get(errcode, "error"), detail)))
    return {"errcode": errcode, "errmsg": f"{words} rid: {secrets.token_hex(12)}"}
