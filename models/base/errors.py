"""Refusals: what the product says when it turns a request down.

    Refusal
    ├── BadRequest 400       not JSON, a header is missing
    ├── SignInNeeded 401     no session, or one that has ended
    ├── Forbidden 403        seen, but not yours to do
    ├── NotFound 404         not there, or not yours to see
    ├── Conflict 409         the state of things, or a race, says no
    ├── TooLarge 413         more bytes than this endpoint takes
    ├── Unprocessable 422    well-formed, but makes no sense
    ├── VersionNeeded 428    the transition cannot tell a repeat without If-Match
    ├── TooMany 429          a limit; `retry_after` seconds
    └── Unavailable 503      overloaded, or an outside system is down

A service subclasses one of these, names what is so (`SittingFull`), and writes the sentence once
per language. Facts given to the constructor fill the sentence and travel in the reply.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """A request turned down: HTTP status, stable code, and a sentence a person can act on.

    `facts` fill the placeholders of `zh` and `en` and are sent as extra members of the RFC 9457
    body, so they must be JSON values and must be safe for the reader to see.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    zh: ClassVar[str] = "请求未被接受。"
    en: ClassVar[str] = "The request was not accepted."

    def __init__(
        self,
        *,
        errors: tuple[tuple[str, str], ...] = (),
        retry_after: int | None = None,
        **facts: Any,
    ) -> None:
        self.errors = errors  # (JSON pointer, sentence) for each field that is wrong
        self.retry_after = retry_after  # seconds
        self.facts = facts
        super().__init__(self.code)

    def detail(self, language: str = "zh") -> str:
        """The sentence in `zh` or `en`."""
        return (self.en if language == "en" else self.zh).format_map(self.facts)


class BadRequest(Refusal):
    status = 400
    code = "bad-request"
    zh = "请求格式不正确。"
    en = "The request is malformed."


class SignInNeeded(Refusal):
    status = 401
    code = "sign-in-needed"
    zh = "登录已失效，请重新登录。"
    en = "Please sign in again."


class Forbidden(Refusal):
    status = 403
    code = "forbidden"
    zh = "您没有权限进行此操作。"
    en = "You may not do this."


class NotFound(Refusal):
    status = 404
    code = "not-found"
    zh = "没有找到相关内容。"
    en = "There is no such thing."


class Conflict(Refusal):
    status = 409
    code = "conflict"
    zh = "内容已发生变化，请刷新后重试。"
    en = "Things have changed; reload and try again."


class TooLarge(Refusal):
    status = 413
    code = "too-large"
    zh = "提交的内容过大，最多 {max_bytes} 字节。"
    en = "The body is larger than {max_bytes} bytes."


class Unprocessable(Refusal):
    status = 422
    code = "unprocessable"
    zh = "提交的内容有误，请检查后重试。"
    en = "The request does not make sense as it stands."


class VersionNeeded(Refusal):
    status = 428
    code = "version-needed"
    zh = "请刷新页面后再操作。"
    en = 'Send If-Match: "<version>" with this request.'


class TooMany(Refusal):
    status = 429
    code = "too-many-requests"
    zh = "操作过于频繁，请稍后再试。"
    en = "Too many requests; wait a little."


class Unavailable(Refusal):
    status = 503
    code = "unavailable"
    zh = "系统繁忙，请稍后重试。"
    en = "The service is busy; try again shortly."
