"""Outside systems as this product needs them; `server/adapters` speaks their real protocols.

Every method may raise `PortError`. Its `fate` says whether the act may have happened all the same:
a message of unknown fate is looked up before it is ever sent again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


class Fate(StrEnum):
    """What became of an act that an outside system did not confirm."""

    REFUSED = "refused"  # final: trying again changes nothing
    FAILED = "failed"  # did not happen: may be tried again
    UNKNOWN = "unknown"  # may have happened: look before trying again


class PortError(Exception):
    """An outside system did not do what was asked."""

    def __init__(self, system: str, code: str, fate: Fate, retry_after: int | None = None) -> None:
        super().__init__(f"{system}: {code}")
        self.system = system  # "wechat", "sms" ...
        self.code = code  # the system's own code, such as "43101" or "isv.BUSINESS_LIMIT_CONTROL"
        self.fate = fate
        self.retry_after = retry_after  # seconds, where the system told


class WeChat(Protocol):
    """The mini-program's server API."""

    async def code_to_openid(self, code: str) -> str:
        """The openid behind a `wx.login` code. Refused: the code is invalid, expired or used."""

    async def send_subscribe_message(
        self, openid: str, template_id: str, page: str, data: dict[str, str]
    ) -> None:
        """Send one subscribe message. Refused with code 43101: no consent is left."""

    async def check_text(self, openid: str, text: str, scene: int) -> bool:
        """Whether WeChat lets `text` (at most 2,500 characters) be shown to others."""


@dataclass(frozen=True)
class SmsReceipt:
    """What the operator knows of one message: `status` is delivered, failed, waiting or absent."""

    status: str
    code: str = ""


class Sms(Protocol):
    """Short messages by template."""

    async def send(self, phone: str, template: str, params: dict[str, str], out_id: str) -> str:
        """Send one message and return the operator's id of it. `out_id` is ours, at most 64
        characters.
        """

    async def look_up(self, phone: str, out_id: str, day: str) -> SmsReceipt:
        """The receipt of the message sent to `phone` on `day` (yyyymmdd, campus) with our
        `out_id`.
        """


@dataclass(frozen=True, slots=True)
class BoundNumber:
    """A number behind which two others are bound; `binding` is the operator's id of that."""

    number: str
    binding: str


class Calls(Protocol):
    """Calls between two people of whom neither sees the other's number."""

    async def bind(self, one: str, other: str, lasts: timedelta, out_id: str) -> BoundNumber:
        """A number that rings `other` when `one` calls it, and `one` when `other` does, for some
        minutes (two at least). `out_id` is ours, at most 64 characters.
        """

    async def unbind(self, bound: BoundNumber) -> None:
        """End a binding; one that has ended already is well, too."""


class QrPainter(Protocol):
    """Pictures of codes."""

    async def png(self, text: str) -> bytes:
        """A QR code of `text`, level M, four modules of quiet zone, as PNG."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label to stick on: the content of its code, a title, and lines below that."""

    content: str
    title: str
    lines: Sequence[str] = ()


class LabelPrinter(Protocol):
    """Sheets of labels."""

    async def sheet(self, labels: Sequence[Label]) -> bytes:
        """A PDF of A4 pages with all labels in a grid; drawn outside the event loop."""


@dataclass(frozen=True, slots=True)
class SketchedGate:
    """A gate on the sketch of the campus: on which side it is, and whether the pass is for it."""

    name: str
    side: str  # north, east, south, west
    good: bool


@dataclass(frozen=True, slots=True)
class PassFace:
    """Everything that stands on the picture of a pass; the same face is the same picture."""

    code: str
    title: str
    visitor: str
    lines: tuple[tuple[str, str], ...]  # (what, and its words)
    gates: tuple[SketchedGate, ...] = ()
    note: str = ""


class PassPainter(Protocol):
    """Pictures of passes, for who has no account."""

    async def png(self, face: PassFace) -> bytes:
        """The pass as PNG, drawn outside the event loop; raises `PortError` when busy."""


class Sheets(Protocol):
    """Spreadsheets in and out; both run outside the event loop."""

    async def read(self, path: Path, max_rows: int) -> list[list[str]]:
        """The first sheet's rows as trimmed text. Raises `SheetError` for anything else."""

    async def write(self, title: str, header: list[str], rows: list[list[Any]]) -> bytes:
        """An .xlsx with one sheet; text is never taken for a formula."""


class SheetError(Exception):
    """The upload is not a readable .xlsx, or is larger than allowed."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A kept file: seen by those who see `order`; until an order names it, by `seen_by`."""

    content: AsyncIterator[bytes]  # in chunks, as they are read
    size: int  # bytes
    media_type: str
    seen_by: Sequence[str]
    order: str | None = None


class Files(Protocol):
    """Pictures and recordings people upload; models/base/attachments.py says whose they are.

    `seen_by` are the visibility tokens that may see the file. It goes after `until`, unless an
    order has named it by then; without `until` it stays.
    """

    async def store_image(
        self, path: Path, max_side: int, seen_by: Sequence[str], until: datetime | None = None
    ) -> str:
        """Keep a re-encoded, metadata-free copy and return its id. Raises `ImageError`."""

    async def store_voice(
        self, path: Path, longest: float, seen_by: Sequence[str], until: datetime | None = None
    ) -> str:
        """Keep a recording of at most `longest` seconds as it is and return its id.

        Raises `VoiceError`.
        """

    async def read(self, file_id: str) -> StoredFile | None:
        """The file, or None where there is none of that id."""

    async def delete(self, file_id: str) -> None:
        """Have no such file any more."""


class ImageError(Exception):
    """The upload is not a picture this product accepts: `not-a-picture` or `too-large`."""


class VoiceError(Exception):
    """The upload is not a recording this product accepts: `not-a-recording` or `too-long`."""


@dataclass(frozen=True)
class Ports:
    """Every outside system, as given by the composition root."""

    wechat: WeChat
    sms: Sms
    qr: QrPainter
    sheets: Sheets
    files: Files
    labels: LabelPrinter
    calls: Calls
    passes: PassPainter
