"""Pictures people upload."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from pymongo import MongoClient

from models.base.clock import system_clock
from models.base.ports import ImageError
from models.base.store import Store
from server.adapters.files import StoredFiles

ORIENTATION = 0x0112
ROTATED = 6  # the camera was held upright: the picture is shown turned by 90 degrees
GPS = 0x8825


@pytest.fixture
async def files(store: Store) -> AsyncIterator[StoredFiles]:
    opened = StoredFiles(store, system_clock)
    yield opened
    opened.close()


async def kept(files: StoredFiles, path: Path, max_side: int = 800) -> Image.Image:
    """The picture as it is served after storing `path`."""
    found = await files.read(await files.store_image(path, max_side, ["p:per_1"]))
    assert found is not None
    assert found.media_type == "image/jpeg"
    assert found.seen_by == ["p:per_1"]
    content = b"".join([piece async for piece in found.content])
    assert found.size == len(content)
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "JPEG"
    return picture


async def refused(files: StoredFiles, path: Path) -> str:
    with pytest.raises(ImageError) as caught:
        await files.store_image(path, 800, [])
    return str(caught.value)


async def test_a_photo_is_kept_upright_small_and_without_metadata(
    files: StoredFiles, tmp_path: Path
) -> None:
    photo = Image.new("RGB", (2000, 1000), "red")
    photo.paste("blue", (0, 0, 1000, 1000))
    exif = Image.Exif()
    exif[ORIENTATION] = ROTATED
    exif.get_ifd(GPS)[1] = "N"
    path = tmp_path / "photo"
    photo.save(path, "JPEG", exif=exif, comment=b"secret")
    picture = await kept(files, path)
    assert picture.size == (400, 800)
    top, bottom = picture.getpixel((200, 100)), picture.getpixel((200, 700))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 200 > 60 > top[0]  # blue, which was at the left
    assert bottom[0] > 200 > 60 > bottom[2]
    assert dict(picture.getexif()) == {}
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


async def test_of_a_photo_with_a_second_one_behind_it_the_first_is_kept(
    files: StoredFiles, tmp_path: Path
) -> None:
    path = tmp_path / "photo.jpg"
    first, second = Image.new("RGB", (40, 30), "blue"), Image.new("RGB", (40, 30), "red")
    first.save(path, "MPO", save_all=True, append_images=[second])
    picture = await kept(files, path)
    assert picture.size == (40, 30)
    red, _, blue = picture.getpixel((5, 5))  # type: ignore[misc]
    assert blue > 200 > 60 > red


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_transparent_parts_become_white(
    files: StoredFiles, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "picture.jpg"  # the name says nothing
    Image.new("RGBA", (40, 30), (255, 0, 0, 0)).save(path, kind)
    picture = await kept(files, path)
    assert picture.size == (40, 30)
    assert picture.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content", [b"", b"<svg/>", b"GIF89a", b"\xff\xd8\xff\xe0 broken", b"\x89PNG\r\n\x1a\n"]
)
async def test_what_is_not_a_picture_is_refused(
    files: StoredFiles, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    assert await refused(files, path) == "not-a-picture"


async def test_a_format_nobody_needs_is_refused(files: StoredFiles, tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    Image.new("RGB", (4, 4)).save(path, "TIFF")
    assert await refused(files, path) == "not-a-picture"


async def test_half_a_picture_is_refused(files: StoredFiles, tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    Image.effect_noise((300, 300), 80).save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:5000])
    assert await refused(files, path) == "not-a-picture"


async def test_a_picture_that_unpacks_to_too_much_is_refused(
    files: StoredFiles, tmp_path: Path, driver: MongoClient[Any], database_name: str
) -> None:
    path = tmp_path / "picture.png"
    Image.new("1", (5000, 5000)).save(path, "PNG")
    assert path.stat().st_size < 10_000
    assert await refused(files, path) == "too-large"
    Image.new("1", (20_000, 20_000)).save(path, "PNG")
    assert await refused(files, path) == "too-large"  # Pillow itself refuses to open it
    assert driver[database_name]["files"].count_documents({}) == 0


async def test_a_text_chunk_that_unpacks_to_too_much_is_refused(
    files: StoredFiles, tmp_path: Path
) -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text("note", "x" * 80_000_000, zip=True)
    path = tmp_path / "picture.png"
    Image.new("RGB", (4, 4)).save(path, "PNG", pnginfo=note)
    assert await refused(files, path) == "not-a-picture"


async def test_what_is_hidden_in_or_behind_a_picture_is_gone(
    files: StoredFiles, tmp_path: Path
) -> None:
    path = tmp_path / "picture.jpg"
    Image.new("RGB", (40, 30), "blue").save(path, "JPEG", comment=b"<script>alert(1)</script>")
    path.write_bytes(path.read_bytes() + b"<html><script>alert(2)</script></html>")
    found = await files.read(await files.store_image(path, 800, []))
    assert found is not None
    content = b"".join([piece async for piece in found.content])
    assert b"script" not in content
    assert content.endswith(b"\xff\xd9")


async def test_a_jpeg_that_asks_for_endless_passes_is_refused(
    files: StoredFiles, tmp_path: Path
) -> None:
    path = tmp_path / "picture.jpg"
    Image.new("RGB", (40, 30)).save(path, "JPEG", progressive=True)
    content = path.read_bytes()
    scan = content[content.rindex(b"\xff\xda") : -2]
    path.write_bytes(content[:-2] + scan * 200 + content[-2:])
    assert await refused(files, path) == "too-large"


async def test_twenty_uploads_at_once_all_succeed(files: StoredFiles, tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    Image.new("RGB", (400, 300), "blue").save(path, "JPEG")
    ids = await asyncio.gather(*(files.store_image(path, 200, []) for _ in range(20)))
    assert len(set(ids)) == 20


async def test_a_deleted_file_leaves_nothing(
    files: StoredFiles, tmp_path: Path, driver: MongoClient[Any], database_name: str
) -> None:
    path = tmp_path / "picture.jpg"
    Image.new("RGB", (40, 30)).save(path, "JPEG")
    file_id = await files.store_image(path, 800, [])
    for _ in range(2):  # the second time there is nothing to delete
        await files.delete(file_id)
        assert await files.read(file_id) is None
    for collection in ("files", "contents.files", "contents.chunks"):
        assert driver[database_name][collection].count_documents({}) == 0


async def test_a_file_nobody_stored_is_not_there(files: StoredFiles) -> None:
    assert await files.read("img_0000000000000000") is None
