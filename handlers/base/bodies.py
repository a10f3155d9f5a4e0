"""Takes a request's body while it arrives, so that one too large is never held."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol, get_args

from handlers.base.content import Raw, RawBody, Upload, Uploaded
from handlers.base.decode import BodyDecoder, NoFields
from handlers.base.endpoint import DeclarationError
from handlers.base.problems import WrongMediaType
from models.base.errors import TooLarge

MAX_JSON: Final = 64 * 1024  # bytes
JSON: Final = "application/json"


class Taker(Protocol):
    """One body on its way in."""

    def take(self, chunk: bytes) -> None:
        """The next bytes. Raises `TooLarge`."""

    def value(self, language: str) -> tuple[Any, bytes]:
        """What the endpoint is given, and the bytes that identify it for `request_hash`."""

    def discard(self) -> None:
        """Forget it; called once, whatever happened."""


class Intake:
    """How one endpoint takes its body, decided when the process starts."""

    def __init__(self, annotation: Any) -> None:
        self.marker = _marker(annotation)
        self.max_bytes = self.marker.max_bytes if self.marker else MAX_JSON
        self._decoder = BodyDecoder(annotation or NoFields) if self.marker is None else None

    def open(self, headers: Mapping[str, str], length: int | None) -> Taker:
        """Begin. Raises `TooLarge` or `WrongMediaType` by the headers alone."""
        if length is not None and length > self.max_bytes:
            raise TooLarge(max_bytes=self.max_bytes)
        if isinstance(self.marker, Upload):
            kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind not in self.marker.kinds:
                raise WrongMediaType(accepted=", ".join(self.marker.kinds))
            return _FileTaker(self.max_bytes, kind)
        if isinstance(self.marker, Raw):
            return _RawTaker(self.max_bytes, headers)
        assert self._decoder is not None  # JSON whatever it is called: curl -d says it is a form
        return _JsonTaker(self.max_bytes, self._decoder)


def _marker(annotation: Any) -> Upload | Raw | None:
    for extra in get_args(annotation)[1:]:
        if isinstance(extra, Upload | Raw):
            return extra
    if annotation in (Uploaded, RawBody):
        raise DeclarationError(
            f"{annotation.__name__} needs its limits: Annotated[..., Upload(...)]"
        )
    return None


class _Memory:
    """Collects at most `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.content = b""

    def take(self, chunk: bytes) -> None:
        if len(self.content) + len(chunk) > self._max_bytes:
            raise TooLarge(max_bytes=self._max_bytes)
        self.content += chunk

    def discard(self) -> None:
        self.content = b""


class _JsonTaker(_Memory):
    def __init__(self, max_bytes: int, decoder: BodyDecoder) -> None:
        super().__init__(max_bytes)
        self._decoder = decoder

    def value(self, language: str) -> tuple[Any, bytes]:
        return self._decoder(self.content, language), b""


class _RawTaker(_Memory):
    def __init__(self, max_bytes: int, headers: Mapping[str, str]) -> None:
        super().__init__(max_bytes)
        self._headers = {name.lower(): text for name, text in headers.items()}

    def value(self, language: str) -> tuple[Any, bytes]:
        return RawBody(self.content, self._headers), self.content


class _FileTaker:
    """Writes to a temporary file of random name; a write of one chunk goes to the page cache."""

    def __init__(self, max_bytes: int, media_type: str) -> None:
        handle, name = tempfile.mkstemp(prefix="upload-")
        self._file, self._path = open(handle, "wb"), Path(name)  # noqa: SIM115 - closed in discard
        self._max_bytes = max_bytes
        self._media_type = media_type
        self._size = 0
        self._digest = hashlib.sha256()

    def take(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._max_bytes:
            raise TooLarge(max_bytes=self._max_bytes)
        self._digest.update(chunk)
        self._file.write(chunk)

    def value(self, language: str) -> tuple[Any, bytes]:
        self._file.close()
        uploaded = Uploaded(self._path, self._size, self._media_type)
        return uploaded, self._digest.digest()

    def discard(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)
