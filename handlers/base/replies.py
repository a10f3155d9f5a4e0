"""How a file is named and sent, and when a reader already has what it asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from handlers.base.content import File

PIECE: Final = 256 * 1024  # bytes read at a time


def disposition(file: File) -> str:
    """The Content-Disposition header, with a Chinese name as RFC 6266 writes it."""
    how = "inline" if file.inline else "attachment"
    return f"{how}; filename*=UTF-8''{quote(file.filename, safe='')}" if file.filename else how


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """The content of a file, read outside the event loop."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def matches(if_none_match: str, etag: str) -> bool:
    """Whether `If-None-Match` names `etag`; weak and strong compare as equal (RFC 9110 §13.1.2)."""
    wanted = etag.removeprefix("W/")
    given = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return wanted in given or given == ["*"]
