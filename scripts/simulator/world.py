"""What the simulated systems remember: accounts, what was sent, and what is to go wrong next."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from scripts.simulator.accounts import DEMO_APPID
from scripts.simulator.rpc import Caller
from scripts.simulator.templates import DEMO_TEMPLATES
from scripts.simulator.wechat_state import LoginCodes, Tokens

KEPT: Final = 5000  # sent things remembered; the oldest go first
WECHAT: Final = ("code2session", "stable_token", "subscribe_send", "msg_sec_check")

Api = Literal[
    "code2session", "stable_token", "subscribe_send", "msg_sec_check",
    "SendSms", "QuerySendDetails", "BindAxb", "UnbindSubscription",
]  # fmt: skip
Status = Literal["delivered", "failed", "waiting", "absent"]


@dataclass(frozen=True)
class Credentials:
    """What the product must prove it knows."""

    appid: str = DEMO_APPID
    app_secret: str = "demo-app-secret"
    access_key_id: str = "demo-access-key"
    access_key_secret: str = "demo-access-key-secret"
    sign_name: str = "勤e家"
    pool_key: str = "demo-pool"
    templates: dict[str, str] = field(default_factory=lambda: dict(DEMO_TEMPLATES))


class Sms(Struct, tag="sms", tag_field="kind"):
    """A short message as the operator accepted it."""

    at: datetime
    phone: str
    sign_name: str
    template: str
    params: dict[str, str]
    text: str
    out_id: str
    biz_id: str
    status: Status = "delivered"
    code: str = ""


class Message(Struct, tag="message", tag_field="kind"):
    """A subscribe message as WeChat accepted it; `person` where the account is a demo one."""

    at: datetime
    openid: str
    person: str
    template_id: str
    page: str
    data: dict[str, str]
    state: str


class TextCheck(Struct, tag="text", tag_field="kind"):
    """A text put to the content check, and the verdict: pass, review or risky."""

    at: datetime
    openid: str
    person: str
    text: str
    scene: int
    suggest: str


class Binding(Struct, tag="call", tag_field="kind"):
    """Two numbers behind a third; whoever of them calls `number` reaches the other."""

    at: datetime
    one: str
    other: str
    number: str
    subs_id: str
    until: datetime
    out_id: str
    ended: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether a call would still be put through."""
        return self.ended is None and now < self.until


Sent = Sms | Message | TextCheck | Binding


class Fault(Struct, forbid_unknown_fields=True):
    """What is to happen to the next `times` calls of `api`."""

    api: Api
    times: Annotated[int, Meta(ge=1, le=100_000)] = 1
    code: Annotated[str, Meta(max_length=64)] = ""
    message: Annotated[str, Meta(max_length=200)] = ""
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    delay: Annotated[float, Meta(ge=0, le=60)] = 0.0
    lose_reply: bool = False

    def __post_init__(self) -> None:
        if self.api in WECHAT and self.code and not self.code.lstrip("-").isdecimal():
            raise ValueError("a WeChat code is a number")

    @property
    def refuses(self) -> bool:
        """Whether the call is answered with an error instead of being carried out."""
        return bool(self.code) or self.status is not None


class World:
    """All state of one simulator."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self.reset()

    def reset(self) -> None:
        """As after a start."""
        self.sent: deque[Sent] = deque(maxlen=KEPT)
        self.calls: Counter[Api] = Counter()
        self.faults: list[Fault] = []
        self.consents: dict[tuple[str, str], int] = {}  # (openid, template id, "" for all) -> left
        self.ahead = timedelta()
        ours = self.credentials
        self.caller = Caller(ours.access_key_id, ours.access_key_secret)
        self.tokens = Tokens(self.now)
        self.codes = LoginCodes(self.now, ours.appid)

    def now(self) -> datetime:
        """The simulated time, in UTC: the real one plus what tests have advanced it by."""
        return datetime.now(UTC) + self.ahead

    def take_consent(self, openid: str, template_id: str) -> bool:
        """Whether the account still allows a message of that template, which uses it up."""
        for key in ((openid, template_id), (openid, "")):
            if key in self.consents:
                self.consents[key] -= 1
                return self.consents[key] >= 0
        return True

    def take_fault(self, api: Api) -> Fault | None:
        """The fault this call runs into, counted down."""
        for fault in self.faults:
            if fault.api == api:
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
                return fault
        return None

    def newest_sms(self) -> Iterator[Sms]:
        """Every remembered short message, newest first."""
        return (one for one in reversed(self.sent) if isinstance(one, Sms))

    def bindings(self) -> list[Binding]:
        """Every binding that still holds."""
        now = self.now()
        return [one for one in self.sent if isinstance(one, Binding) and one.holds(now)]

    def save(self, path: Path) -> None:
        """Keep what was sent; the file appears whole or not at all."""
        draft = path.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(list(self.sent)))
        os.replace(draft, path)

    def load(self, path: Path) -> None:
        """Bring back what an earlier process kept; a file of another version is passed over."""
        try:
            self.sent.extend(msgspec.json.decode(path.read_bytes(), type=list[Sent]))
        except (FileNotFoundError, msgspec.MsgspecError):
            return
