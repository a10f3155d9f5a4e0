"""What a body or a reply may be besides JSON: uploads, call-backs, files, nothing, shared pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeAlias, TypeVar

T = TypeVar("T")

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
WEBP: Final = "image/webp"
PICTURES: Final = (JPEG, PNG, WEBP)
RECORDINGS: Final = (  # as phones and browsers call them; the content decides
    "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/mpeg", "audio/mp3", "audio/aac", "audio/webm",
    "audio/ogg",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upload:
    """Declares a body kept in a file: `body: Annotated[Uploaded, Upload(2 * 2**20, (XLSX,))]`."""

    max_bytes: int
    kinds: tuple[str, ...]  # media types taken


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An upload in a temporary file that is deleted once the endpoint has answered."""

    path: Path
    size: int  # bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Raw:
    """Declares a body taken as it came: `body: Annotated[RawBody, Raw(64 * 1024)]`."""

    max_bytes: int


@dataclass(frozen=True, slots=True)
class RawBody:
    """Bytes and the headers (lower case) they came with, as a signature covers them."""

    content: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class File:
    """A reply that is a file. `cache` is the Cache-Control header, `filename` may be Chinese.

    Of content that is sent as it is read, `size` says how many bytes there are.
    """

    content: bytes | Path | AsyncIterator[bytes]
    media_type: str
    filename: str = ""
    inline: bool = True
    cache: str = "no-store"
    size: int | None = None


Empty: TypeAlias = None  # 204: `async def sign_out(ctx: Context) -> Empty`


@dataclass(frozen=True, slots=True)
class Shared(Generic[T]):
    """A reply that is the same for everyone who may ask, and may be up to `ttl` seconds old.

    `key` names everything the page depends on; the actor must not be part of it. `load` runs once
    per process and `ttl`, however many ask.
    """

    key: Hashable
    load: Callable[[], Awaitable[T]]
    ttl: float = 1.0
