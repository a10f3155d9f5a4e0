"""Files of orders: an upload is its uploader's alone until an order names it.

From then on it is seen by those who see that order, now and later. Naming happens inside the
transaction that places or moves the order, and only of what the actor has uploaded and no order has
named: nobody can attach what is another's, and nothing is attached twice.

Fields of a file (its bytes are kept by `Store.put_content` under the same id):
    _id, type, size, at     what it is, in bytes, since when
    seen_by                 visibility tokens; empty once an order has named it
    until                   when it goes, of an upload that no order has named
    order, by               the order that has named it, and who did
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from models.base.context import Context
from models.base.decisions import Found, Lookup
from models.base.errors import Unprocessable
from models.base.indexes import declare as index
from models.base.store import CONTENTS, Document, Where
from models.base.visibility import person
from models.base.workflow import Effect, Order

FILES: Final = "files"
MOST: Final = 9  # files of one person on one order, recordings not counted

Change = tuple[str, Where, Document]  # an entry of `updates` of an effect or a placement

index(FILES, [("until", 1)], sparse=True)
index(FILES, [("order", 1)], sparse=True)
index(f"{CONTENTS}.chunks", [("files_id", 1), ("n", 1)], unique=True)  # as the driver makes it, too


class FileUnknown(Unprocessable):
    """No upload of this person that is still to be had; it may have waited for too long."""

    code = "file-unknown"
    zh = "附件不存在或已过期，请重新上传。"
    en = "There is no such upload of yours any more; upload it again."


class TooManyFiles(Unprocessable):
    """An order takes only so many of one person."""

    code = "too-many-files"
    zh = "每单最多上传{most}张照片。"
    en = "An order takes at most {most} pictures of you."


@dataclass(frozen=True, slots=True)
class Attaching:
    """Uploads that the actor names with an order: read `lookups`, then write `updates`."""

    actor: str
    order_id: str
    pictures: Sequence[str] = ()
    voices: Sequence[str] = ()

    @property
    def lookups(self) -> list[Lookup]:
        """What the transaction must read; nothing where nothing is named."""
        named = [Lookup(FILES, file_id) for file_id in dict.fromkeys(self._ids)]
        return [Lookup(FILES, self.order_id, "order"), *named] if named else []

    @property
    def _ids(self) -> Sequence[str]:
        return (*self.pictures, *self.voices)

    def updates(self, found: Found, now: datetime) -> list[Change]:
        """The writes by which the order has these files; those it has already stay its own.

        Raises FileUnknown, TooManyFiles.
        """
        kinds = dict.fromkeys(self.pictures, "image") | dict.fromkeys(self.voices, "audio")
        fresh = [name for name in kinds if not self._is_here(found, name)]
        if not all(self._may_name(found.one(FILES, name), kinds[name], now) for name in fresh):
            raise FileUnknown
        already = found.all(Lookup(FILES, self.order_id, "order")) if fresh else []
        count = Counter(_kind(each) for each in already if each["by"] == self.actor)
        count.update(kinds[name] for name in fresh)
        if count["image"] > MOST:
            raise TooManyFiles(most=MOST)
        return [self._update(name, now) for name in fresh]

    def _is_here(self, found: Found, file_id: str) -> bool:
        file = found.one(FILES, file_id)
        return file is not None and file.get("order") == self.order_id

    def _may_name(self, file: Document | None, kind: str, now: datetime) -> bool:
        if file is None or _kind(file) != kind:
            return False
        return person(self.actor) in file["seen_by"] and "until" in file and file["until"] > now

    def _update(self, file_id: str, now: datetime) -> Change:
        free = {"_id": file_id, "seen_by": person(self.actor), "until": {"$gt": now}}
        named = {"order": self.order_id, "by": self.actor, "seen_by": []}
        return FILES, free, {"$set": named, "$unset": {"until": ""}}


def _kind(file: Document) -> str:
    return str(file["type"].partition("/")[0])


def with_files(
    ctx: Context, order: Order, effect: Effect, pictures: Sequence[str], voices: Sequence[str] = ()
) -> Effect:
    """The effect of a step that also names uploads of the actor; raises as `updates` does."""
    if not pictures and not voices:
        return effect
    naming = Attaching(ctx.actor.id, order["_id"], pictures, voices)

    def settle(found: Found, order: Order, now: datetime) -> Effect:
        decided = effect.settle(found, order, now) if effect.settle else effect
        return replace(decided, updates=[*decided.updates, *naming.updates(found, now)])

    return replace(effect, lookups=[*effect.lookups, *naming.lookups], settle=settle)
