"""Recordings of a given length without any sound in them, as containers write them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final


def mp3(seconds: float) -> bytes:
    """MPEG-2 layer III of 22,050 Hz and 64 kbit/s behind an empty tag."""
    frame = b"\xff\xf3\x80\xc0" + bytes(204)
    return b"ID3\x04\0\0\0\0\0\x02\0\0" + frame * round(seconds * 22050 / 576)


def aac(seconds: float) -> bytes:
    """ADTS frames of 16,000 Hz."""
    length = 40
    head = 0xFFF1 << 40 | 1 << 38 | 8 << 34 | length << 13 | 0x7FF << 2
    return (head.to_bytes(7) + bytes(length - 7)) * round(seconds * 16000 / 1024)


def box(name: bytes, *members: bytes) -> bytes:
    """A box of MPEG-4."""
    content = b"".join(members)
    return struct.pack(">I4s", 8 + len(content), name) + content


def m4a(seconds: float, kind: bytes = b"soun") -> bytes:
    """A movie box with one track."""
    head = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, round(seconds * 1000)))
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), kind, bytes(12))))
    return box(b"ftyp", b"M4A \0\0\0\0") + box(b"mdat", bytes(99)) + box(b"moov", head, track)


def page(granule: int, number: int, content: bytes, serial: int = 7) -> bytes:
    """A page of Ogg with one packet."""
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, 0, granule, serial, number, 0, 1)
    return head + bytes([len(content)]) + content


def ogg(seconds: float, serial: int = 7) -> bytes:
    """Opus."""
    first = b"OpusHead\1\1" + struct.pack("<HIhB", 312, 48000, 0, 0)
    last = round(seconds * 48000) + 312
    return page(0, 0, first, serial) + page(last, 1, bytes(50), serial)


def element(name: bytes, content: bytes) -> bytes:
    """An element of EBML with a length of four bytes."""
    return name + (0x10000000 | len(content)).to_bytes(4) + content


def webm(seconds: float, track: int = 2, document: bytes = b"webm") -> bytes:
    """As browsers make it: the length of the whole and of its parts is not known."""
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", document))
    tracks = element(b"\x16\x54\xae\x6b", element(b"\xae", element(b"\x83", bytes([track]))))
    info = element(b"\x15\x49\xa9\x66", element(b"\x2a\xd7\xb1", (1_000_000).to_bytes(3)))
    cluster = element(b"\xe7", round(seconds * 1000 - 500).to_bytes(4))
    block = element(b"\xa3", b"\x81" + struct.pack(">h", 500) + bytes(40))
    unknown = b"\x01" + b"\xff" * 7
    opened = b"\x18\x53\x80\x67" + unknown, b"\x1f\x43\xb6\x75" + unknown
    return head + opened[0] + info + tracks + opened[1] + cluster + block


RECORDINGS: Final[dict[str, Callable[[float], bytes]]] = {
    "audio/mpeg": mp3, "audio/aac": aac, "audio/mp4": m4a, "audio/ogg": ogg, "audio/webm": webm,
}  # fmt: skip
