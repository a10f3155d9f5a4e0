"""How long a WebM recording lasts, as browsers make it: parts of it may have no length yet."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

MAGIC: Final = b"\x1a\x45\xdf\xa3"

_DOCUMENT: Final = 0x4282
_SCALE: Final = 0x2AD7B1  # nanoseconds of a tick
_DURATION: Final = 0x4489
_TRACK_TYPE: Final = 0x83
_CLUSTER_TIME: Final = 0xE7
_BLOCKS: Final = {0xA3, 0xA1}  # SimpleBlock, Block
_SOUND: Final = 2
_ENTERED: Final = {  # elements whose members are read in turn; all others are whole
    0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675, 0xA0,
}  # fmt: skip


def seconds(content: bytes) -> float:
    """The later of what it says and what its last block says. Raises ValueError and its like."""
    document, scale, duration, cluster, last = b"", 1_000_000, 0.0, 0, 0
    tracks: set[int] = set()
    for name, value in _elements(content):
        if name == _DOCUMENT:
            document = value.rstrip(b"\0")
        elif name == _SCALE:
            scale = int.from_bytes(value)
        elif name == _DURATION:
            duration = struct.unpack(">f" if len(value) == 4 else ">d", value)[0]
        elif name == _TRACK_TYPE:
            tracks.add(int.from_bytes(value))
        elif name == _CLUSTER_TIME:
            cluster = int.from_bytes(value)
        elif name in _BLOCKS:
            _, at = _number(value, 0, marked=False)
            last = max(last, cluster + struct.unpack_from(">h", value, at)[0])
    if document != b"webm" or tracks != {_SOUND}:
        raise ValueError("not a WebM of sound alone")
    return max(duration, last) * scale / 1e9


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Every element that holds a value, in order; those that hold others are gone into."""
    at = 0
    while at < len(content):
        name, at = _number(content, at, marked=True)
        size, at = _number(content, at, marked=False)
        if name in _ENTERED:
            continue
        if at + size > len(content):
            raise ValueError("an element that does not fit")
        yield name, content[at : at + size]
        at += size


def _number(content: bytes, at: int, *, marked: bool) -> tuple[int, int]:
    """A number of one to eight bytes, as its first one says, and where it ends."""
    length = 9 - content[at].bit_length()
    if length > 8 or at + length > len(content):
        raise ValueError("not a number")
    value = int.from_bytes(content[at : at + length])
    return value if marked else value & (1 << 7 * length) - 1, at + length
