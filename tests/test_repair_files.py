"""Photos and voice notes of repairs over HTTP: what is taken, what is refused, how it is served."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from pymongo import MongoClient
from tornado.httpclient import HTTPResponse

from models.base.store import Document
from tests.contract_house import Campus, Wish, open_campus
from tests.meals_house import ANN, BOB
from tests.recordings import m4a, mp3, webm
from tests.simulated import Simulator

PAGE = b"<html><script>alert(1)</script></html>"


@pytest.fixture
async def campus(
    database_uri: str,
    database_name: str,
    driver: MongoClient[Document],
    simulator: Simulator,
) -> AsyncIterator[Campus]:
    async with open_campus(database_uri, driver[database_name], simulator) as opened:
        yield opened


async def sent(campus: Campus, name: str, body: bytes, media_type: str) -> HTTPResponse:
    endpoint = campus.endpoint(f"repair_files_add_{name}")
    return await campus.ask(endpoint, Wish(body=body, media_type=media_type), ANN)


async def got(campus: Campus, file_id: str, who: str = ANN) -> HTTPResponse:
    return await campus.ask(campus.endpoint("files_show"), Wish(names={"file_id": file_id}), who)


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    content = BytesIO()
    Image.new("RGB", size, "blue").save(content, kind, **options)
    return content.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is as large as this."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(3 * width + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


async def test_a_photo_is_served_small_and_clean_to_who_uploaded_it(campus: Campus) -> None:
    photo = picture(size=(2000, 1000), comment=PAGE) + PAGE
    reply = await sent(campus, "photo", photo, "image/jpeg")
    uploaded = campus.json(reply)
    assert reply.code == 201
    assert uploaded["url"] == f"/api/v1/files/{uploaded['id']}"
    shown = await got(campus, uploaded["id"])
    assert (shown.code, shown.headers["Content-Type"]) == (200, "image/jpeg")
    assert shown.headers["Content-Length"] == str(len(shown.body))
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "no-store"
    assert Image.open(BytesIO(shown.body)).size == (1600, 800)
    assert b"script" not in shown.body
    assert (await got(campus, uploaded["id"], BOB)).code == 404


@pytest.mark.parametrize(
    ("content", "media_type", "served_as"),
    [
        (m4a(3), "audio/x-m4a", "audio/mp4"),
        (mp3(3), "audio/mp3", "audio/mpeg"),
        (webm(3), "audio/webm;codecs=opus", "audio/webm"),
        (mp3(3), "audio/webm", "audio/mpeg"),  # the content decides
    ],
)
async def test_a_voice_note_is_served_as_it_came_to_be_kept_and_not_opened(
    campus: Campus, content: bytes, media_type: str, served_as: str
) -> None:
    reply = await sent(campus, "voice", content, media_type)
    assert reply.code == 201
    heard = await got(campus, campus.json(reply)["id"])
    assert (heard.code, heard.headers["Content-Type"]) == (200, served_as)
    assert heard.body == content
    assert heard.headers["Content-Disposition"] == "attachment"
    assert heard.headers["X-Content-Type-Options"] == "nosniff"
    assert heard.headers["Content-Security-Policy"].startswith("default-src 'none'")


REFUSED: dict[str, tuple[str, Callable[[], bytes], str, int, str]] = {
    "a page": ("photo", lambda: PAGE, "image/jpeg", 422, "not-a-picture"),
    "a page that begins as a picture": (
        "photo", lambda: b"\xff\xd8\xff\xe0" + PAGE, "image/jpeg", 422, "not-a-picture",
    ),
    "a drawing": ("photo", lambda: b"<svg/>", "image/png", 422, "not-a-picture"),
    "a drawing under its name": (
        "photo", lambda: b"<svg/>", "image/svg+xml", 415, "wrong-media-type",
    ),
    "half a photo": (
        "photo", lambda: picture(size=(400, 300))[:-300], "image/jpeg", 422, "not-a-picture",
    ),
    "another format": ("photo", lambda: picture("GIF"), "image/jpeg", 422, "not-a-picture"),
    "a bomb": ("photo", lambda: bomb(8000, 8000), "image/png", 422, "picture-too-large"),
    "a huge bomb": ("photo", lambda: bomb(60_000, 60_000), "image/png", 422, "picture-too-large"),
    "a line": ("photo", lambda: bomb(30_000_000, 1), "image/png", 422, "picture-too-large"),
    "too many bytes": ("photo", lambda: bytes(8 * 2**20 + 1), "image/jpeg", 413, "too-large"),
    "no voice": ("voice", lambda: PAGE, "audio/mpeg", 422, "not-a-recording"),
    "a page behind a voice": (
        "voice", lambda: mp3(3) + PAGE, "audio/mpeg", 422, "not-a-recording",
    ),
    "a film": ("voice", lambda: m4a(3, b"vide"), "audio/mp4", 422, "not-a-recording"),
    "a page under its name": ("voice", lambda: PAGE, "text/html", 415, "wrong-media-type"),
    "a speech": ("voice", lambda: m4a(61), "audio/mp4", 422, "recording-too-long"),
    "a voice too large": ("voice", lambda: bytes(2 * 2**20 + 1), "audio/mpeg", 413, "too-large"),
}  # fmt: skip


async def test_what_is_not_what_it_should_be_is_refused_and_nothing_is_kept(
    campus: Campus,
) -> None:
    for what, (name, content, media_type, status, code) in REFUSED.items():
        reply = await sent(campus, name, content(), media_type)
        assert (reply.code, campus.json(reply)["code"]) == (status, code), what
    for collection in ("files", "contents.files", "contents.chunks"):
        assert campus.database[collection].count_documents({}) == 0
