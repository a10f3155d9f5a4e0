"""SMS codes for signing in and for binding a WeChat account."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from models import people
from models.base import sms_codes
from models.base.context import Context
from models.base.errors import BadRequest, Unprocessable
from models.base.shapes import EmployeeNo, Input, Phone, Struct
from models.base.signing import BadToken
from models.base.sms_codes import Proof

BindingToken = Annotated[str, Meta(min_length=16, max_length=1024)]


class BindingExpired(BadRequest):
    """The binding token is not ours or older than ten minutes."""

    code = "binding-expired"
    zh = "绑定已超时，请重新打开小程序。"
    en = "Binding took too long; open the mini-program again."


class ReceiverUnclear(Unprocessable):
    """Neither a phone nor a binding, or both at once."""

    code = "receiver-unclear"
    zh = "请提供手机号，或绑定凭证和工号，二者选一。"
    en = "Send either a phone, or a binding_token with an employee_no."


class CodeRequest(Input):
    """Either the `phone` to sign in with, or a `binding_token` and the `employee_no` to bind to."""

    phone: Phone | UnsetType = UNSET
    binding_token: BindingToken | UnsetType = UNSET
    employee_no: EmployeeNo | UnsetType = UNSET

    def __post_init__(self) -> None:
        binds = self.binding_token is not UNSET and self.employee_no is not UNSET
        alone = self.binding_token is UNSET and self.employee_no is UNSET
        if not (binds if self.phone is UNSET else alone):
            raise ReceiverUnclear


class CodeRequested(Struct):
    """Nothing: whether there is such a person is not told."""


def sign_in_proof(phone: str) -> Proof:
    """That somebody who wants to sign in holds `phone`."""
    return Proof("sign-in", phone)


def binding_proof(openid: str, phone: str) -> Proof:
    """That whoever uses one WeChat account, and no other, holds `phone`."""
    return Proof(f"bind {openid}", phone)


def openid_in(ctx: Context, binding_token: str) -> str:
    """The WeChat account of a binding token. Raises `BindingExpired`."""
    try:
        return ctx.house.keys.read_binding(binding_token, ctx.now)
    except BadToken as fault:
        raise BindingExpired from fault


async def request_code(ctx: Context, body: CodeRequest) -> CodeRequested:
    """Send an SMS code, if there is such a person; the answer is the same and as fast if not.

    Raises `TooMany`, `BindingExpired`.
    """
    if isinstance(body.phone, str):
        await sms_codes.limit(ctx, body.phone)
        ctx.house.errands.start("sms code", _send_sign_in_code(ctx, body.phone))
    else:
        openid, number = openid_in(ctx, str(body.binding_token)), str(body.employee_no)
        await sms_codes.limit(ctx, number.upper(), openid)
        ctx.house.errands.start("sms code", _send_binding_code(ctx, openid, number))
    return CodeRequested()


async def _send_sign_in_code(ctx: Context, phone: str) -> None:
    if await people.by_phone(ctx, phone) is not None:
        await sms_codes.send(ctx, sign_in_proof(phone))


async def _send_binding_code(ctx: Context, openid: str, employee_no: str) -> None:
    person = await people.by_number(ctx, employee_no)
    phone = person.get("phone") if person else None
    if phone and await sms_codes.limit_phone(ctx, phone):
        await sms_codes.send(ctx, binding_proof(openid, phone))
