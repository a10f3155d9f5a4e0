"""Recordings people upload, told by their content."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.base.clock import system_clock
from models.base.ports import VoiceError
from models.base.store import Store
from server.adapters.files import StoredFiles
from server.adapters.voices import told
from tests.recordings import RECORDINGS, aac, box, element, m4a, mp3, ogg, page, webm

PAGE = b"<html><script>alert(1)</script></html>"


@pytest.fixture
async def files(store: Store) -> AsyncIterator[StoredFiles]:
    opened = StoredFiles(store, system_clock)
    yield opened
    opened.close()


@pytest.mark.parametrize("media_type", sorted(RECORDINGS))
@pytest.mark.parametrize("seconds", [3, 59])
def test_a_recording_is_known_by_its_content(media_type: str, seconds: int) -> None:
    kind, length = told(RECORDINGS[media_type](seconds))
    assert kind == media_type
    assert length == pytest.approx(seconds, abs=0.1)


async def test_a_recording_is_kept_as_it_came(files: StoredFiles, tmp_path: Path) -> None:
    path = tmp_path / "voice"
    path.write_bytes(m4a(3))
    found = await files.read(await files.store_voice(path, 60, ["p:per_1"]))
    assert found is not None
    assert (found.media_type, found.size, found.seen_by) == ("audio/mp4", len(m4a(3)), ["p:per_1"])
    assert b"".join([piece async for piece in found.content]) == m4a(3)


@pytest.mark.parametrize("media_type", sorted(RECORDINGS))
async def test_a_recording_that_lasts_too_long_is_refused(
    files: StoredFiles, tmp_path: Path, store: Store, media_type: str
) -> None:
    path = tmp_path / "voice"
    path.write_bytes(RECORDINGS[media_type](62))
    with pytest.raises(VoiceError, match="too-long"):
        await files.store_voice(path, 60, [])
    assert await store.find("files", {}) == []


NOT_RECORDINGS = {
    "nothing": b"",
    "a page": PAGE,
    "a picture": b"\xff\xd8\xff\xe0" + bytes(100),
    "a page behind an mp3": mp3(1) + PAGE,
    "a page behind an aac": aac(1) + PAGE,
    "a page behind an ogg": ogg(1) + PAGE,
    "a page behind an m4a": m4a(1) + PAGE,
    "a page behind a webm": webm(1) + PAGE,
    "a page after a tag": b"ID3\x04\0\0\0\0\0\0" + PAGE,
    "one frame": mp3(1)[:208],
    "half an m4a": m4a(1)[:-40],
    "half a webm": webm(1)[:-3],
    "a film": m4a(1, kind=b"vide"),
    "a film with sound": webm(1, track=1),
    "a matroska": webm(1, document=b"matroska"),
    "an ogg of something else": page(0, 0, b"\x80theora") + page(9, 1, b"x"),
    "two streams": ogg(1) + ogg(1, serial=9),
    "an m4a without sound": box(b"ftyp", b"M4A ") + box(b"mdat", b""),
    "a box that leads out": struct.pack(">I4s", 8, b"ftyp") + struct.pack(">I4s", 4, b"moov"),
    "an element that leads out": element(b"\x1a\x45\xdf\xa3", b"") + b"\x42\x82\x88ab",
    "no number": b"\x1a\x45\xdf\xa3\0" + bytes(9),
}


@pytest.mark.parametrize("content", NOT_RECORDINGS.values(), ids=list(NOT_RECORDINGS))
async def test_what_is_no_recording_is_refused(
    files: StoredFiles, tmp_path: Path, store: Store, content: bytes
) -> None:
    path = tmp_path / "voice.m4a"  # the name says nothing
    path.write_bytes(content)
    with pytest.raises(VoiceError, match="not-a-recording"):
        await files.store_voice(path, 60, [])
    assert await store.find("files", {}) == []
