"""What must be shown: with a fix the checklist, photos and signature that a plan asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Protocol

from msgspec import Meta

from models.base.errors import Unprocessable
from models.base.shapes import Input, Line
from models.base.store import Document


class ProofMissing(Unprocessable):
    """The step cannot be taken without what `missing` names."""

    code = "proof-missing"
    zh = "请补齐：{missing}。"
    en = "It cannot be done yet; these are missing: {missing}."


class Checked(Input):
    """A line of the checklist, word for word, and what was found."""

    item: Line
    ok: bool = True
    note: Annotated[str, Meta(max_length=200)] = ""


class Shown(Protocol):
    """What comes with a fix."""

    @property
    def photos(self) -> Sequence[str]: ...
    @property
    def signature(self) -> str | None: ...
    @property
    def checklist(self) -> Sequence[Checked]: ...


def refuse_missing(data: Document, shown: Shown) -> None:
    """Raises ProofMissing where the ticket asked for more than is shown."""
    missing = list(_missing(data, shown))
    if missing:
        errors = tuple((pointer, f"缺少{name}") for pointer, name in missing)
        raise ProofMissing(missing="、".join(name for _, name in missing), errors=errors)


def _missing(data: Document, shown: Shown) -> Iterator[tuple[str, str]]:
    requires = data.get("requires", {})
    if requires.get("photos") and not shown.photos:
        yield "/photos", "修后照片"
    if requires.get("signature") and shown.signature is None:
        yield "/signature", "签字"
    done = {each.item for each in shown.checklist}
    for item in data.get("checklist", ()):
        if item not in done:
            yield "/checklist", f"检查项“{item}”"
