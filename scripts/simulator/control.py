"""The control interface: what tests and the page ask of the simulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct
from tornado.web import RequestHandler

from scripts.simulator.world import Fault, Sent, Sms, Status, World

T = TypeVar("T")

OpenId = Annotated[str, Meta(min_length=28, max_length=28)]


class Expiry(Struct, forbid_unknown_fields=True):
    code: Literal[42001, 40001, 40014] = 42001


class Advance(Struct, forbid_unknown_fields=True):
    advance: Annotated[int, Meta(ge=0, le=10**8)]  # seconds


class CodeWish(Struct, forbid_unknown_fields=True):
    openid: OpenId


class Consent(Struct, forbid_unknown_fields=True):
    openid: OpenId
    left: Annotated[int, Meta(ge=0, le=10**6)] | None
    template_id: Annotated[str, Meta(max_length=64)] = (
        ""  # empty: all without an entry of their own
    )


class Receipt(Struct, forbid_unknown_fields=True):
    out_id: Annotated[str, Meta(min_length=1, max_length=256)]
    status: Status
    code: Annotated[str, Meta(max_length=64)] = ""


class SentFilter(Struct, forbid_unknown_fields=True):
    kind: Literal["sms", "message", "text", "call", ""] = ""
    phone: str = ""
    openid: str = ""
    limit: Annotated[int, Meta(ge=1, le=5000)] = 200

    def takes(self, one: Sent) -> bool:
        """Whether `one` is among those asked for."""
        return all(
            not wanted or getattr(one, name, None) == wanted
            for name, wanted in (("phone", self.phone), ("openid", self.openid))
        ) and self.kind in ("", one.__struct_config__.tag)


class Control(RequestHandler):
    """One act of control, named by the last part of the path."""

    def initialize(self, world: World) -> None:
        self.world = world

    def body(self, shape: type[T]) -> T:
        return msgspec.json.decode(self.request.body or b"{}", type=shape)

    def answer(self, value: Any) -> None:
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(value))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if not isinstance(value, msgspec.MsgspecError):
            super().log_exception(typ, value, tb)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        fault = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(fault, msgspec.MsgspecError):
            self.set_status(400)
        self.answer({"error": str(fault)})


class SentThings(Control):
    def get(self) -> None:
        told = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        wish = msgspec.convert(told, SentFilter, strict=False)
        found = [one for one in reversed(self.world.sent) if wish.takes(one)]
        self.answer({"items": found[: wish.limit]})

    def delete(self) -> None:
        self.world.sent.clear()
        self.set_status(204)


class Calls(Control):
    def get(self) -> None:
        self.answer(self.world.calls)


class Faults(Control):
    def post(self) -> None:
        self.world.faults.append(self.body(Fault))
        self.set_status(204)

    def delete(self) -> None:
        self.world.faults.clear()
        self.set_status(204)


class TokenExpiry(Control):
    def post(self) -> None:
        self.world.tokens.expire(self.body(Expiry).code)
        self.set_status(204)


class ClockAdvance(Control):
    def post(self) -> None:
        self.world.ahead += timedelta(seconds=self.body(Advance).advance)
        self.set_status(204)


class Codes(Control):
    def post(self) -> None:
        self.answer({"code": self.world.codes.issue(self.body(CodeWish).openid)})


class Consents(Control):
    def put(self) -> None:
        wish = self.body(Consent)
        key = wish.openid, wish.template_id
        if wish.left is None:
            self.world.consents.pop(key, None)
        else:
            self.world.consents[key] = wish.left
        self.set_status(204)


class Receipts(Control):
    def post(self) -> None:
        wish = self.body(Receipt)
        for one in self.world.sent:
            if isinstance(one, Sms) and one.out_id == wish.out_id:
                one.status, one.code = wish.status, wish.code
        self.set_status(204)


class Reset(Control):
    def post(self) -> None:
        self.world.reset()
        self.set_status(204)
