"""Signing in: with the WeChat account bound to a person, or by the phone the roster knows."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from models import people
from models.base import sms_codes
from models.base.context import Context
from models.base.errors import BadRequest, Conflict, Unprocessable
from models.base.expiry import expires
from models.base.ports import Fate, PortError
from models.base.shapes import Input, Phone
from models.base.signing import fingerprint
from models.base.sms_codes import SmsCode, SmsCodeWrong
from models.base.store import Duplicate
from models.sessions.codes import sign_in_proof
from models.sessions.tokens import Granted, open_session

LOGINS: Final = "logins"  # {_id: hash of a login code, openid, expires_at}: WeChat takes each once
SAME_CODE: Final = timedelta(minutes=1)
DOUBLE_TAP_PAUSES: Final = (0.05, 0.2, 0.5)  # seconds, while the first tap is being answered

expires(LOGINS, "expires_at")


class LoginCodeInvalid(BadRequest):
    """WeChat does not know the code, or it has been used."""

    code = "login-code-invalid"
    zh = "微信登录凭证已失效，请重试。"
    en = "The WeChat login code is no longer valid; try again."


class NotBound(Conflict):
    """Nobody has bound this WeChat account yet. `binding_token` is good for ten minutes."""

    code = "not-bound"
    zh = "该微信尚未绑定工号，请先绑定。"
    en = "This WeChat account is not bound to an employee yet."


class SignInUnclear(Unprocessable):
    """Neither way of signing in, or both at once."""

    code = "sign-in-unclear"
    zh = "请提供微信登录码，或手机号和短信验证码，二者选一。"
    en = "Send either a code, or a phone and its sms_code."


class SignIn(Input):
    """Either the `code` of `wx.login`, or a `phone` with the `sms_code` sent to it."""

    code: Annotated[str, Meta(min_length=1, max_length=128)] | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    sms_code: SmsCode | UnsetType = UNSET

    def __post_init__(self) -> None:
        by_phone = self.phone is not UNSET and self.sms_code is not UNSET
        alone = self.phone is UNSET and self.sms_code is UNSET
        if not (by_phone if self.code is UNSET else alone):
            raise SignInUnclear


async def sign_in(ctx: Context, body: SignIn) -> Granted:
    """A new session. Raises `LoginCodeInvalid`, `NotBound`, `SmsCodeWrong`."""
    if isinstance(body.code, str):
        openid = await _openid(ctx, body.code)
        person = await people.by_openid(ctx, openid)
        if person is None:
            raise NotBound(binding_token=ctx.house.keys.sign_binding(openid, ctx.now))
    else:
        await sms_codes.redeem(ctx, sign_in_proof(str(body.phone)), str(body.sms_code))
        person = await people.by_phone(ctx, str(body.phone))
        if person is None:
            raise SmsCodeWrong
    return await open_session(ctx, person)


async def _openid(ctx: Context, code: str) -> str:
    """The WeChat account behind a login code; for a minute the same answer to the same code.

    Raises `LoginCodeInvalid`, and `PortError` where WeChat does not answer.
    """
    key = fingerprint(code)
    known = await _known_login(ctx, key)
    if known is not None:
        return known
    try:
        openid = await ctx.house.ports.wechat.code_to_openid(code)
    except PortError as fault:
        if fault.fate is not Fate.REFUSED:
            raise
        return await _of_first_tap(ctx, key)
    login = {"_id": key, "openid": openid, "expires_at": ctx.now + SAME_CODE}
    try:
        await ctx.store.upsert(LOGINS, login)
    except Duplicate:
        pass  # the other tap has written the same
    return openid


async def _of_first_tap(ctx: Context, key: str) -> str:
    """What the same code gave to a request that is just being answered."""
    for pause in DOUBLE_TAP_PAUSES:
        known = await _known_login(ctx, key)
        if known is not None:
            return known
        await asyncio.sleep(pause)
    raise LoginCodeInvalid


async def _known_login(ctx: Context, key: str) -> str | None:
    login = await ctx.store.first(LOGINS, {"_id": key, "expires_at": {"$gt": ctx.now}})
    return login["openid"] if login else None
