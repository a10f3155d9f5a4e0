"""Aliyun SMS: two actions at `/`. A business refusal is HTTP 200 with a `Code` other than OK."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4

import msgspec

from models.base.clock import CAMPUS
from scripts.simulator.exchange import Exchange, Reply
from scripts.simulator.rpc import RpcRefusal
from scripts.simulator.templates import filled, names_in
from scripts.simulator.world import Api, Fault, Sms

VERSION: Final = "2017-05-25"
ACTIONS: Final[dict[str, Api]] = {
    "SendSms": "SendSms",
    "QuerySendDetails": "QuerySendDetails",
}
PHONES_AT_ONCE: Final = 1000
VALUE_LENGTH: Final = 35
PAGE: Final = Path(__file__).with_name("page.html").read_bytes()
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)
SEND_STATUS: Final = {"waiting": 1, "failed": 2, "delivered": 3}

_PHONE: Final = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_LINK: Final = re.compile(r"https?://|www\.", re.IGNORECASE)


class SmsRefusal(Exception):
    """A `Code` other than OK."""


class SmsExchange(Exchange):
    """The RPC endpoint; `GET /` without an action is the page of what was sent."""

    def failure(self, fault: Fault) -> Reply:
        code = fault.code or "ServiceUnavailable"
        return Reply(_answer(code, fault.message), fault.status or 200)

    async def get(self) -> None:
        if not self.request.query:
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.set_header("Content-Security-Policy", PAGE_POLICY)
            await self.finish(PAGE)
            return
        await self.post()

    async def post(self) -> None:
        params = self.parameters()
        api = ACTIONS.get(params.get("Action", ""))
        if api is None:
            words = "Specified api is not found, please check your url and method."
            self.set_status(404)
            await self.finish(_answer("InvalidAction.NotFound", words))
            return
        await self.exchange(api, lambda: self.reply(api, params))

    def parameters(self) -> dict[str, str]:
        """Query and form together, with blank values, as they were signed."""
        form = self.request.body.decode("utf-8", "replace")
        pairs = parse_qsl(self.request.query, keep_blank_values=True)
        return dict(pairs + parse_qsl(form, keep_blank_values=True))

    def reply(self, api: Api, params: dict[str, str]) -> Reply:
        try:
            self.world.caller.verify(self.request.method or "", params)
            if params["Version"] != VERSION:
                raise RpcRefusal(404, "InvalidVersion", "Specified version is not valid.")
            act = self.send if api == "SendSms" else self.details
            return Reply(act(params))
        except RpcRefusal as refusal:
            return Reply(_answer(refusal.code, refusal.message), refusal.status)
        except SmsRefusal as refusal:
            return Reply(_answer(str(refusal)))

    def send(self, params: dict[str, str]) -> dict[str, Any]:
        phones = _phones(params)
        if params.get("SignName") != self.world.credentials.sign_name:
            raise SmsRefusal("isv.SMS_SIGNATURE_ILLEGAL")
        template = params.get("TemplateCode", "")
        if (text := self.world.credentials.templates.get(template)) is None:
            raise SmsRefusal("isv.SMS_TEMPLATE_ILLEGAL")
        values = _template_params(params.get("TemplateParam", ""), names_in(text))
        if len(out_id := params.get("OutId", "")) > 256:
            raise SmsRefusal("isv.INVALID_PARAMETERS")
        biz_id = f"{secrets.randbelow(10**18):018d}^0"
        sign = self.world.credentials.sign_name
        for phone in phones:
            shown = filled(text, values)
            at = self.world.now()
            self.world.sent.append(Sms(at, phone, sign, template, values, shown, out_id, biz_id))
        return {**_answer("OK"), "BizId": biz_id}

    def details(self, params: dict[str, str]) -> dict[str, Any]:
        phone, day = params.get("PhoneNumber", ""), params.get("SendDate", "")
        if not _PHONE.fullmatch(phone):
            raise SmsRefusal("isv.MOBILE_NUMBER_ILLEGAL")
        size, page = _number(params, "PageSize", 50), _number(params, "CurrentPage", 10_000)
        found = [
            one
            for one in self.world.newest_sms()
            if one.phone == phone
            and _day(one.at) == day
            and one.status != "absent"
            and params.get("BizId") in (None, "", one.biz_id)
        ]
        shown = [_detail(one) for one in found[(page - 1) * size : page * size]]
        details = {"SmsSendDetailDTO": shown}
        return {**_answer("OK"), "TotalCount": len(found), "SmsSendDetailDTOs": details}


def _answer(code: str, message: str = "") -> dict[str, Any]:
    return {"Code": code, "Message": message or code, "RequestId": str(uuid4()).upper()}


def _phones(params: dict[str, str]) -> list[str]:
    phones = params.get("PhoneNumbers", "").split(",")
    if len(phones) > PHONES_AT_ONCE:
        raise SmsRefusal("isv.MOBILE_COUNT_OVER_LIMIT")
    if not all(_PHONE.fullmatch(phone) for phone in phones):
        raise SmsRefusal("isv.MOBILE_NUMBER_ILLEGAL")
    return phones


def _template_params(text: str, names: set[str]) -> dict[str, str]:
    """The values by name, all of them strings, as the operator wants them."""
    try:
        values = msgspec.json.decode(text or "{}", type=dict[str, str])
    except msgspec.MsgspecError:
        raise SmsRefusal("isv.INVALID_JSON_PARAM") from None
    if not names <= values.keys():
        raise SmsRefusal("isv.TEMPLATE_MISSING_PARAMETERS")
    if any(not value or len(value) > VALUE_LENGTH for value in values.values()):
        raise SmsRefusal("isv.PARAM_LENGTH_LIMIT")
    if any(_LINK.search(value) for value in values.values()):
        raise SmsRefusal("isv.PARAM_NOT_SUPPORT_URL")
    return values


def _number(params: dict[str, str], name: str, most: int) -> int:
    value = params.get(name, "")
    if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= most:
        raise SmsRefusal("isv.INVALID_PARAMETERS")
    return int(value)


def _day(at: datetime) -> str:
    return at.astimezone(CAMPUS).strftime("%Y%m%d")


def _detail(one: Sms) -> dict[str, Any]:
    sent = one.at.astimezone(CAMPUS).strftime("%Y-%m-%d %H:%M:%S")
    detail = {
        "PhoneNum": one.phone,
        "SendStatus": SEND_STATUS[one.status],
        "ErrCode": one.code or ("DELIVERED" if one.status == "delivered" else ""),
        "TemplateCode": one.template,
        "Content": f"【{one.sign_name}】{one.text}",
        "SendDate": sent,
        "OutId": one.out_id,
    }
    if one.status != "waiting":
        detail["ReceiveDate"] = sent
    return detail
