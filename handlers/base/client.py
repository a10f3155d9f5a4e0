"""The built phone client at `/`, held in memory: strict policy, compressed, cached well."""

from __future__ import annotations

import gzip
import mimetypes
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from tornado.web import RequestHandler

from handlers.base.replies import matches

POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SHORT: Final = r"/p/([0-9A-Z]{26})"
PASS_PAGE: Final = "/#/pages/visitors/pass?link={}"
MIN_GZIP: Final = 1024  # bytes; below, compression costs more than it saves
_HASHED: Final = re.compile(r"[-.][A-Za-z0-9_-]{8}\.[a-z0-9]+$")
_TEXT: Final = re.compile(r"text/|application/(javascript|json|wasm)|image/svg")
_TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}

NOT_BUILT: Final = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>勤e家</title>
<style>body{font:16px/1.7 system-ui,sans-serif;max-width:32em;margin:20vh auto;padding:0 1.5em;
color:#222}code{background:#f2f4f7;padding:.1em .4em;border-radius:4px}</style>
<h1>勤e家</h1><p>服务已启动，手机端页面尚未构建。请运行 <code>make run</code> 后重新打开本页。</p>
<p>The service is up, but the phone client has not been built. Run <code>make run</code>, then
reload this page. The API is described at <a href="/api/openapi.json">/api/openapi.json</a>.</p>
</html>"""

ICON: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">'
    b'<rect width="8" height="8" rx="2" fill="#1f6feb"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the client, ready to send."""

    content: bytes
    compressed: bytes | None  # gzip, where that is smaller
    media_type: str
    etag: str
    cache: str


Assets = Mapping[str, Asset]


def load(directory: Path | None) -> Assets:
    """Every file under `directory` by its address; without a build, the page that says so."""
    assets = dict(_read(directory)) if directory and directory.is_dir() else {}
    if "/index.html" not in assets:
        assets = {"/index.html": _asset("index.html", NOT_BUILT.encode())}
    assets["/"] = assets["/index.html"]
    # Browsers ask for it wherever they are, also at /api/docs.
    assets["/favicon.ico"] = assets.get("/static/favicon.svg") or _asset("x.svg", ICON)
    return assets


def _read(directory: Path) -> Iterator[tuple[str, Asset]]:
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink():
            address = "/" + path.relative_to(directory).as_posix()
            yield address, _asset(path.name, path.read_bytes())


def _asset(name: str, content: bytes) -> Asset:
    kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
    kind = kind or "application/octet-stream"
    smaller = None
    if len(content) >= MIN_GZIP and _TEXT.match(kind):
        smaller = gzip.compress(content, 9, mtime=0)
    return Asset(
        content=content,
        compressed=smaller if smaller and len(smaller) < len(content) else None,
        media_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        etag=f'"{blake2b(content, digest_size=12).hexdigest()}"',
        cache=_cache(name, kind),
    )


def _cache(name: str, kind: str) -> str:
    """Pictures are kept for an hour: a phone without a network still draws its tabs."""
    if _HASHED.search(name):
        return "public, max-age=31536000, immutable"
    return "public, max-age=3600" if kind.startswith("image/") else "no-cache"


class ShortAddress(RequestHandler):
    """An address short enough for an SMS: sends on to a page of the client, and does nothing else.

    What it names stands behind the `#` from then on, so it reaches no server, log or referrer.
    """

    SUPPORTED_METHODS = ("GET", "HEAD")
    route = "/p/{link}"

    def set_default_headers(self) -> None:
        self.set_header("Server", "qinejia")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Robots-Tag", "noindex, nofollow")

    def get(self, link: str) -> None:
        """The page of a pass."""
        self.redirect(PASS_PAGE.format(link), status=302)

    head = get


class Client(RequestHandler):
    """Answers every address outside the API."""

    SUPPORTED_METHODS = ("GET", "HEAD")
    route = "(client)"

    def initialize(self, assets: Assets) -> None:
        self._assets = assets

    def set_default_headers(self) -> None:
        self.set_header("Server", "qinejia")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Permissions-Policy", "camera=(self), geolocation=(), microphone=(self)")

    def get(self) -> None:
        """The file at this address; what the client does not have is 404."""
        asset = self._assets.get(self.request.path)
        if asset is None:
            self._plain(404, "没有这个页面。 There is no such page.")
            return
        self.set_header("Cache-Control", asset.cache)
        self.set_header("ETag", asset.etag)
        self.set_header("Vary", "Accept-Encoding")
        if matches(self.request.headers.get("If-None-Match", ""), asset.etag):
            self.set_status(304)
            self.finish()
            return
        self.set_header("Content-Type", asset.media_type)
        if asset.compressed and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(asset.compressed)
        else:
            self.finish(asset.content)

    head = get

    def compute_etag(self) -> str | None:
        """None: each asset brings its own."""
        return None

    def write_error(self, status_code: int, **kwargs: object) -> None:
        """A plain sentence: nothing here has a body a person would read."""
        if status_code == 405:
            self.set_header("Allow", "GET, HEAD")
        self._plain(status_code, self._reason)

    def _plain(self, status: int, text: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(text)
