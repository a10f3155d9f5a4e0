"""Aliyun SMS: what is sent, and what became of it."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Any, Final

import msgspec

from models.base.clock import CAMPUS
from scripts.simulator.rpc import BusinessRefusal
from scripts.simulator.templates import filled, names_in
from scripts.simulator.world import Sms, World

PHONES_AT_ONCE: Final = 1000
VALUE_LENGTH: Final = 35
SEND_STATUS: Final = {"waiting": 1, "failed": 2, "delivered": 3}

_PHONE: Final = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_LINK: Final = re.compile(r"https?://|www\.", re.IGNORECASE)


def send(world: World, params: dict[str, str]) -> dict[str, Any]:
    """Have messages delivered."""
    phones = _phones(params)
    if params.get("SignName") != world.credentials.sign_name:
        raise BusinessRefusal("isv.SMS_SIGNATURE_ILLEGAL")
    template = params.get("TemplateCode", "")
    if (text := world.credentials.templates.get(template)) is None:
        raise BusinessRefusal("isv.SMS_TEMPLATE_ILLEGAL")
    values = _template_params(params.get("TemplateParam", ""), names_in(text))
    if len(out_id := params.get("OutId", "")) > 256:
        raise BusinessRefusal("isv.INVALID_PARAMETERS")
    biz_id = f"{secrets.randbelow(10**18):018d}^0"
    sign = world.credentials.sign_name
    for phone in phones:
        shown = filled(text, values)
        at = world.now()
        world.sent.append(Sms(at, phone, sign, template, values, shown, out_id, biz_id))
    return {"BizId": biz_id}


def details(world: World, params: dict[str, str]) -> dict[str, Any]:
    """What became of the messages to a number on a day."""
    phone, day = params.get("PhoneNumber", ""), params.get("SendDate", "")
    if not _PHONE.fullmatch(phone):
        raise BusinessRefusal("isv.MOBILE_NUMBER_ILLEGAL")
    size, page = _number(params, "PageSize", 50), _number(params, "CurrentPage", 10_000)
    found = [
        one
        for one in world.newest_sms()
        if one.phone == phone
        and _day(one.at) == day
        and one.status != "absent"
        and params.get("BizId") in (None, "", one.biz_id)
    ]
    shown = [_detail(one) for one in found[(page - 1) * size : page * size]]
    return {"TotalCount": len(found), "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown}}


def _phones(params: dict[str, str]) -> list[str]:
    phones = params.get("PhoneNumbers", "").split(",")
    if len(phones) > PHONES_AT_ONCE:
        raise BusinessRefusal("isv.MOBILE_COUNT_OVER_LIMIT")
    if not all(_PHONE.fullmatch(phone) for phone in phones):
        raise BusinessRefusal("isv.MOBILE_NUMBER_ILLEGAL")
    return phones


def _template_params(text: str, names: set[str]) -> dict[str, str]:
    """The values by name, all of them strings, as the operator wants them."""
    try:
        values = msgspec.json.decode(text or "{}", type=dict[str, str])
    except msgspec.MsgspecError:
        raise BusinessRefusal("isv.INVALID_JSON_PARAM") from None
    if not names <= values.keys():
        raise BusinessRefusal("isv.TEMPLATE_MISSING_PARAMETERS")
    if any(not value or len(value) > VALUE_LENGTH for value in values.values()):
        raise BusinessRefusal("isv.PARAM_LENGTH_LIMIT")
    if any(_LINK.search(value) for value in values.values()):
        raise BusinessRefusal("isv.PARAM_NOT_SUPPORT_URL")
    return values


def _number(params: dict[str, str], name: str, most: int) -> int:
    value = params.get(name, "")
    if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= most:
        raise BusinessRefusal("isv.INVALID_PARAMETERS")
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
