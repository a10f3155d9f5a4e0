"""Errors as RFC 9457 problems: a stable `code`, and a sentence a person can act on."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import msgspec

from models.base.errors import BadRequest, Refusal, Unavailable, Unprocessable
from models.base.ports import PortError
from models.base.store import Contended, FateUnknown, Unreachable

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER: Final = 2  # seconds, when the database is away or a race was lost


class Fault(msgspec.Struct, frozen=True):
    """One field that is wrong: its JSON pointer in the body or query, and why."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The error body as OpenAPI describes it; a refusal's facts are further members."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[Fault] = []


class MethodNotAllowed(Refusal):
    status = 405
    code = "method-not-allowed"
    zh = "此地址不支持该操作。"
    en = "This address does not take that method."

    def __init__(self, allow: str) -> None:
        super().__init__()
        self.allow = allow  # the Allow header


class WrongMediaType(Refusal):
    status = 415
    code = "wrong-media-type"
    zh = "不支持的文件类型，请提交 {accepted}。"
    en = "Send {accepted}."


class UpgradeNeeded(Refusal):
    status = 426
    code = "upgrade-needed"
    zh = "此地址仅支持 WebSocket。"
    en = "This address speaks WebSocket only."


class NotJson(BadRequest):
    code = "not-json"
    zh = "请求内容不是有效的 JSON。"
    en = "The body is not valid JSON."


class IdempotencyKeyNeeded(BadRequest):
    code = "idempotency-key-needed"
    zh = "缺少 Idempotency-Key（16 到 64 个字母、数字、下划线或连字符）。"
    en = "Send an Idempotency-Key of 16 to 64 letters, digits, underscores or hyphens."


class IdempotencyKeyMalformed(BadRequest):
    code = "idempotency-key-malformed"
    zh = "Idempotency-Key 应为 16 到 64 个字母、数字、下划线或连字符。"
    en = "An Idempotency-Key is 16 to 64 letters, digits, underscores or hyphens."


class IfMatchMalformed(BadRequest):
    code = "if-match-malformed"
    zh = "If-Match 应为带引号的版本号。"
    en = 'If-Match is a quoted version, such as "3".'


class FieldsWrong(Unprocessable):
    code = "fields-wrong"
    zh = "填写的内容有误，请检查后重试。"
    en = "Some fields are wrong."


class OutOfRange(Unprocessable):
    code = "out-of-range"
    zh = "数值或日期超出范围。"
    en = "A number or date is out of range."


class Internal(Refusal):
    status = 500
    code = "internal"
    zh = "系统出错，请稍后重试；如仍有问题，请提供请求编号 {request_id}。"
    en = "Something went wrong here. If it persists, report request {request_id}."


def is_of_the_database(fault: Exception) -> bool:
    """Whether the database was away, or did not say what became of a write."""
    return isinstance(fault, Unreachable | Contended | FateUnknown)


def as_refusal(fault: Exception, request_id: str) -> Refusal:
    """What to say for any exception. Nothing of an unexpected one reaches the reader."""
    if isinstance(fault, Refusal):
        return fault
    if is_of_the_database(fault):
        return Unavailable(retry_after=RETRY_AFTER)
    if isinstance(fault, PortError):
        return Unavailable(retry_after=fault.retry_after or RETRY_AFTER)
    if isinstance(fault, OverflowError):  # a date or integer no calendar or database can hold
        return OutOfRange()
    return Internal(request_id=request_id)


def problem(refusal: Refusal, language: str, request_id: str) -> bytes:
    """The body of the reply; the standard members win over facts of the same name."""
    body: dict[str, Any] = dict(refusal.facts)
    body |= {
        "type": "about:blank",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.detail(language),
        "request_id": request_id,
    }
    if refusal.errors:
        body["errors"] = [{"pointer": at, "detail": why} for at, why in refusal.errors]
    return msgspec.json.encode(body)


def headers(refusal: Refusal) -> dict[str, str]:
    """The headers that belong to a refusal: Retry-After, Allow, WWW-Authenticate."""
    found = {"Content-Type": MEDIA_TYPE}
    if refusal.retry_after is not None:
        found["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, MethodNotAllowed):
        found["Allow"] = refusal.allow
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        found["WWW-Authenticate"] = "Bearer"
    return found
