"""A house to test the machinery in: a real database, a clock that moves when told, fakes for
ports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from models.base.context import Actor, Context, House
from models.base.holds import Queues
from models.base.policies import Policies
from models.base.ports import (
    BoundNumber,
    Fate,
    Label,
    PassFace,
    PortError,
    Ports,
    SmsReceipt,
    StoredFile,
)
from models.base.roles import Role
from models.base.signing import Key, Keys
from models.base.store import Store

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 on the campus


@dataclass
class MovingClock:
    """Time that stands still until a test moves it."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class FakeWeChat:
    """Remembers what was sent; raises what it is told to."""

    sent: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)
    faults: list[PortError] = field(default_factory=list)

    async def code_to_openid(self, code: str) -> str:
        return f"openid-{code}"

    async def send_subscribe_message(
        self, openid: str, template_id: str, page: str, data: dict[str, str]
    ) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append((openid, template_id, page, data))

    async def check_text(self, openid: str, text: str, scene: int) -> bool:
        return "违规" not in text


@dataclass
class FakeSms:
    """Remembers what was sent; raises what it is told to; knows the fate of what it has seen."""

    sent: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    faults: list[PortError] = field(default_factory=list)

    async def send(self, phone: str, template: str, params: dict[str, str], out_id: str) -> str:
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or fault.fate is Fate.UNKNOWN:
            self.sent.append((phone, template, params, out_id))
        if fault is not None:
            raise fault
        return f"biz-{len(self.sent)}"

    async def look_up(self, phone: str, out_id: str, day: str) -> SmsReceipt:
        known = any(entry[3] == out_id for entry in self.sent)
        return SmsReceipt("delivered" if known else "absent")


class FakeQr:
    async def png(self, text: str) -> bytes:
        return text.encode()


class FakeSheets:
    async def read(self, path: Path, max_rows: int) -> list[list[str]]:
        return [line.split(",") for line in path.read_text().splitlines()]

    async def write(self, title: str, header: list[str], rows: list[list[Any]]) -> bytes:
        return "\n".join(",".join(map(str, row)) for row in [header, *rows]).encode()


class FakeFiles:
    async def store_image(
        self, path: Path, max_side: int, seen_by: Sequence[str], until: datetime | None = None
    ) -> str:
        return "fil_1"

    async def store_voice(
        self, path: Path, longest: float, seen_by: Sequence[str], until: datetime | None = None
    ) -> str:
        return "fil_2"

    async def read(self, file_id: str) -> StoredFile | None:
        return None

    async def delete(self, file_id: str) -> None: ...


class FakeLabels:
    async def sheet(self, labels: Sequence[Label]) -> bytes:
        return "\n".join(label.content for label in labels).encode()


class FakePasses:
    async def png(self, face: PassFace) -> bytes:
        return f"{face.code} {face.visitor}".encode()


@dataclass
class FakeCalls:
    """Remembers what is bound behind which number; raises what it is told to."""

    bound: dict[str, tuple[str, str, timedelta]] = field(default_factory=dict)
    made: int = 0
    faults: list[PortError] = field(default_factory=list)

    async def bind(self, one: str, other: str, lasts: timedelta, out_id: str) -> BoundNumber:
        if self.faults:
            raise self.faults.pop(0)
        self.made += 1
        self.bound[f"sub-{self.made}"] = (one, other, lasts)
        return BoundNumber(f"1700000{self.made:04}", f"sub-{self.made}")

    async def unbind(self, bound: BoundNumber) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.bound.pop(bound.binding, None)


KEYS = Keys((Key("k1", b"1" * 32),))


def fake_ports(**others: Any) -> Ports:
    """Outside systems that only remember; `others` are put in their place by name."""
    fakes: dict[str, Any] = {
        "wechat": FakeWeChat(), "sms": FakeSms(), "qr": FakeQr(), "sheets": FakeSheets(),
        "files": FakeFiles(), "labels": FakeLabels(), "calls": FakeCalls(),
        "passes": FakePasses(),
    }  # fmt: skip
    return Ports(**{**fakes, **others})


def a_house(store: Store, clock: MovingClock | None = None, ports: Ports | None = None) -> House:
    """Everything a rule needs, on `store`."""
    time = clock or MovingClock()
    given = ports or fake_ports()
    return House(store, time, KEYS, Queues(store, time), Policies(store, time), given)


def a_context(house: House, person: str = "per_ann", key: str = "", **changes: Any) -> Context:
    """A turn of `person`, with an idempotency key where something is placed."""
    actor = Actor(
        person, name=person, roles=frozenset({Role.STAFF}), tokens=frozenset({f"p:{person}"})
    )
    ctx = Context(
        house=house,
        actor=changes.pop("actor", actor),
        now=house.clock(),
        idempotency_key=key,
        request_hash=changes.pop("request_hash", b"same"),
    )
    return replace(ctx, **changes)
