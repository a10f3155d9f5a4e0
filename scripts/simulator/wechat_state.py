"""WeChat's side of the secrets it hands out: access tokens and login codes."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from scripts.simulator.accounts import employee_of, openid_of

TOKEN_LIFE: Final = timedelta(seconds=7200)
RENEWAL: Final = timedelta(seconds=300)  # a token this near its end is replaced, and outlives it so
FORCE_GAP: Final = timedelta(seconds=30)
CODE_LIFE: Final = timedelta(minutes=5)
CODES_KEPT: Final = 10_000


class WeChatRefusal(Exception):
    """An answer with an `errcode`."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.detail = detail


class Tokens:
    """The access token in force, as `stable_token` keeps it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._value = ""
        self._until = now()
        self._before = ("", now())
        self._dead: dict[str, int] = {}
        self._forced_at: datetime | None = None

    def issue(self, force: bool) -> tuple[str, int]:
        """The token and the seconds it has left."""
        now = self._now()
        if force:
            if self._forced_at and now - self._forced_at < FORCE_GAP:
                raise WeChatRefusal(45011)
            self._forced_at = now
            self.expire(40001)
        if self._until - now <= RENEWAL:
            self._before = (self._value, self._until)
            self._value = secrets.token_urlsafe(96)
            self._until = now + TOKEN_LIFE
        return self._value, int((self._until - now).total_seconds())

    def verify(self, token: str) -> None:
        """Refuse a token that is missing, unknown or past its end."""
        if not token:
            raise WeChatRefusal(41001)
        if token in self._dead:
            raise WeChatRefusal(self._dead[token])
        known = {self._value: self._until, self._before[0]: self._before[1]}
        if token not in known:
            raise WeChatRefusal(40001)
        if self._now() >= known[token]:
            raise WeChatRefusal(42001)

    def expire(self, errcode: int) -> None:
        """From now on the current token is answered with `errcode`, and the next one is new."""
        self._dead = {self._value: errcode}
        self._until = self._now()


class LoginCodes:
    """Codes of `wx.login`: five minutes, once; those of demo people always work."""

    def __init__(self, now: Callable[[], datetime], appid: str) -> None:
        self._now = now
        self._appid = appid
        self.people: dict[str, str] = {}  # openid -> employee number, as seen at sign-in
        self._open: dict[str, tuple[str, datetime]] = {}
        self._used: dict[str, datetime] = {}

    def issue(self, openid: str) -> str:
        """A new code for `openid`."""
        self._forget_old()
        code = secrets.token_urlsafe(24)
        self._open[code] = (openid, self._now() + CODE_LIFE)
        return code

    def redeem(self, code: str) -> str:
        """The openid behind `code`, which is then used."""
        if (employee_no := employee_of(code)) is not None:
            openid = openid_of(employee_no, self._appid)
            self.people[openid] = employee_no
            return openid
        if code in self._used:
            raise WeChatRefusal(40163)
        openid, until = self._open.pop(code, ("", self._now()))
        if self._now() >= until:
            raise WeChatRefusal(40029)
        self._used[code] = until
        return openid

    def _forget_old(self) -> None:
        now = self._now()
        self._open = {code: held for code, held in self._open.items() if now < held[1]}
        self._used = dict(list(self._used.items())[-CODES_KEPT:])
