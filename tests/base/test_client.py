"""The built phone client is served strictly and cached well; without it, a page says so."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tornado.httpclient import HTTPResponse

from handlers.base.client import ICON, POLICY
from handlers.base.endpoint import Registry
from tests.base.web import Site, serving

PAGE = b"<!doctype html><title>\xe5\x8b\xa4e\xe5\xae\xb6</title>"
SCRIPT = b"export const x = 1\n" * 200


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "assets" / "index-Ab3_x9Zq.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "zxing.wasm").write_bytes(b"\0asm" * 500)
    (tmp_path / "static.png").write_bytes(b"png")
    return tmp_path


async def get(site: Site, path: str, **headers: str) -> HTTPResponse:
    return await site.fetch("GET", path, token=None, **headers)


async def test_the_page_is_asked_for_again_and_hashed_files_never(built: Path) -> None:
    async with serving(Registry(), client_dir=built) as site:
        for path in ("/", "/index.html", "/?from=qr"):
            page = await get(site, path)
            assert (page.code, page.body) == (200, PAGE)
            assert page.headers["Cache-Control"] == "no-cache"
            assert page.headers["Content-Security-Policy"] == POLICY
            assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        script = await get(site, "/assets/index-Ab3_x9Zq.js")
        assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert (await get(site, "/static.png")).headers["Cache-Control"] == "public, max-age=3600"


async def test_text_is_compressed_for_those_who_can_read_it(built: Path) -> None:
    async with serving(Registry(), client_dir=built) as site:
        path = "/assets/index-Ab3_x9Zq.js"
        small = await get(site, path, Accept_Encoding="gzip, br")
        assert small.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(small.body) == SCRIPT
        assert (await get(site, path, Accept_Encoding="identity")).body == SCRIPT
        picture = await get(site, "/static.png", Accept_Encoding="gzip")
        assert "Content-Encoding" not in picture.headers


async def test_wasm_has_its_type_or_browsers_will_not_stream_it(built: Path) -> None:
    async with serving(Registry(), client_dir=built) as site:
        reply = await get(site, "/assets/zxing.wasm")
        assert reply.headers["Content-Type"] == "application/wasm"


async def test_what_is_unchanged_is_not_sent_again(built: Path) -> None:
    async with serving(Registry(), client_dir=built) as site:
        etag = (await get(site, "/")).headers["ETag"]
        again = await get(site, "/", If_None_Match=etag)
        assert (again.code, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/../web.py", "/%2e%2e/web.py", "/assets/..%2findex.html", "/assets", "/.env", "/apix"]
)
async def test_only_files_of_the_build_are_served(built: Path, path: str) -> None:
    async with serving(Registry(), client_dir=built) as site:
        assert (await get(site, path)).code == 404


async def test_a_browser_finds_an_icon_wherever_it_is(built: Path) -> None:
    (built / "static").mkdir()
    (built / "static" / "favicon.svg").write_bytes(b"<svg>ours</svg>")
    for directory, content in ((built, b"<svg>ours</svg>"), (None, ICON)):
        async with serving(Registry(), client_dir=directory) as site:
            icon = await get(site, "/favicon.ico")
            assert (icon.code, icon.body) == (200, content)
            assert icon.headers["Content-Type"] == "image/svg+xml"


async def test_other_verbs_are_refused(built: Path) -> None:
    async with serving(Registry(), client_dir=built) as site:
        reply = await site.fetch("POST", "/", b"x", token=None)
        assert (reply.code, reply.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("directory", [None, Path("/nonexistent")])
async def test_without_a_build_a_page_says_what_to_do(directory: Path | None) -> None:
    async with serving(Registry(), client_dir=directory) as site:
        page = await get(site, "/")
        assert page.code == 200
        assert "make run" in page.body.decode()
