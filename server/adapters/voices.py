"""What a recording is, told by its content: its type, and how long it says it lasts.

Nothing is decoded. Every part of the file must be what its container says there is, so that neither
a page nor a film passes for a voice.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from models.base.ports import VoiceError
from server.adapters import webm

_MP3_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MP3_KBITS: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBITS_LOW: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_AAC_RATES: Final = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip
_AAC_SAMPLES: Final = 1024  # of a block
_OPUS_RATE: Final = 48000  # of its clock, whatever it was recorded at
_BROKEN: Final = (IndexError, KeyError, ValueError, struct.error, ZeroDivisionError)

Frame = Callable[[bytes, int], tuple[int, float]]  # its bytes and seconds, at a place


def heard(path: Path, longest: float) -> tuple[bytes, str]:
    """The recording at `path` and its media type. Raises `VoiceError`."""
    content = path.read_bytes()
    try:
        media_type, seconds = told(content)
    except _BROKEN as fault:
        raise VoiceError("not-a-recording") from fault
    if seconds > longest:
        raise VoiceError("too-long")
    return content, media_type


def told(content: bytes) -> tuple[str, float]:
    """The media type, and the seconds the container tells of. Raises ValueError and its like."""
    if content[4:8] == b"ftyp":
        return "audio/mp4", _mp4(content)
    if content[:4] == b"OggS":
        return "audio/ogg", _ogg(content)
    if content[:4] == webm.MAGIC:
        return "audio/webm", webm.seconds(content)
    start = _after_tag(content)
    if content[start] == 0xFF and content[start + 1] & 0xF6 == 0xF0:
        return "audio/aac", _frames(content, start, _adts)
    return "audio/mpeg", _frames(content, start, _mp3)


def _after_tag(content: bytes) -> int:
    """Where the sound begins behind what may stand about it."""
    if content[:3] != b"ID3":
        return 0
    size = content[6:10]
    return 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])


def _frames(content: bytes, start: int, frame: Frame) -> float:
    """The seconds of frame after frame to the end, where the last one may be cut off."""
    end = len(content) - 128 if content[-128:-125] == b"TAG" else len(content)
    total, count = 0.0, 0
    while start < end:
        length, seconds = frame(content, start)
        start, total, count = start + length, total + seconds, count + 1
    if count < 2:
        raise ValueError("one frame is no recording")
    return total


def _mp3(content: bytes, start: int) -> tuple[int, float]:
    sync, second, third = content[start], content[start + 1], content[start + 2]
    if sync != 0xFF or second & 0xE6 != 0xE2:
        raise ValueError("not a frame of layer III")
    version = second >> 3 & 3  # 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
    rate = _MP3_RATES[version][third >> 2 & 3]
    kbits = (_MP3_KBITS if version == 3 else _MP3_KBITS_LOW)[(third >> 4) - 1]
    if not 0 < third >> 4 < 15:
        raise ValueError("no such bit rate")
    samples = 1152 if version == 3 else 576
    return samples // 8 * kbits * 1000 // rate + (third >> 1 & 1), samples / rate


def _adts(content: bytes, start: int) -> tuple[int, float]:
    head = int.from_bytes(content[start : start + 7].ljust(7, b"\0"))
    if head >> 40 & 0xFFF6 != 0xFFF0:
        raise ValueError("not a frame of ADTS")
    length, blocks = head >> 13 & 0x1FFF, 1 + (head & 3)
    if length < 7:
        raise ValueError("a frame without content")
    return length, blocks * _AAC_SAMPLES / _AAC_RATES[head >> 34 & 15]


def _ogg(content: bytes) -> float:
    """One stream of Opus or Vorbis; the last page says where it ends."""
    start, last, first = 0, 0, b""
    while start < len(content):
        if content[start : start + 4] != b"OggS":
            raise ValueError("not a page")
        granule, serial = struct.unpack_from("<qI", content, start + 6)
        table = start + 27
        body = table + content[table - 1]
        if not first:
            first, own = content[body : body + 28], serial
        if serial != own:
            raise ValueError("more than one stream")
        last = max(last, granule)
        start = body + sum(content[table:body])
    return _granules(first, last)


def _granules(first: bytes, last: int) -> float:
    if first.startswith(b"OpusHead"):
        return max(0, last - int.from_bytes(first[10:12], "little")) / _OPUS_RATE
    if first.startswith(b"\x01vorbis"):
        return last / int.from_bytes(first[12:16], "little")
    raise ValueError("neither Opus nor Vorbis")


def _mp4(content: bytes) -> float:
    """One movie box without a picture track."""
    boxes = dict(_boxes(content, 0, len(content)))
    start, end = boxes[b"moov"]
    movie = list(_boxes(content, start, end))
    if not boxes.keys() <= _MP4_BOXES or b"mdat" not in boxes:
        raise ValueError("more than a recording")
    kinds = {_handler(content, *place) for name, place in movie if name == b"trak"}
    if kinds != {b"soun"}:
        raise ValueError("not of sound alone")
    head = dict(movie)[b"mvhd"][0]
    layout = ">QQIQ" if content[head] else ">IIII"
    _, _, scale, length = struct.unpack_from(layout, content, head + 4)
    return float(length / scale)


_MP4_BOXES: Final = frozenset(
    {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"udta", b"uuid", b"moof", b"mfra"}
    | {b"styp", b"sidx", b"meta"}
)


def _handler(content: bytes, start: int, end: int) -> bytes:
    """What a track is of: `soun` or `vide`."""
    media = dict(_boxes(content, start, end))[b"mdia"]
    place = dict(_boxes(content, *media))[b"hdlr"][0]
    return content[place + 8 : place + 12]


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Each box from `start` to `end`: its name, and from where to where its content is."""
    while start < end:
        size, name = struct.unpack_from(">I4s", content, start)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", content, start + 8)[0], 16
        stop = end if size == 0 else start + size
        if (size and size < head) or stop > end:
            raise ValueError("a box that does not fit")
        yield name, (start + head, stop)
        start = stop
