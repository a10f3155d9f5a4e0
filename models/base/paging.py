"""Long lists in pages, newest first; things of the same moment are neither lost nor shown twice."""

from __future__ import annotations

from dataclasses import dataclass

from models.base.shapes import PageQuery
from models.base.store import Document, Store, Where


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed: the documents of `collection` by the time in their field `moment`."""

    collection: str
    moment: str
    without: tuple[str, ...] = ()  # fields that a list does not need


async def page(
    store: Store, listing: Listing, where: Where, query: PageQuery
) -> tuple[list[Document], str | None]:
    """The documents that match `where` after `query.after`, and the `after` of the next page."""
    wanted = query.limit + 1
    if query.after is None:
        found = await _newest(store, listing, where, wanted)
    else:
        found = await _older(store, listing, where, query.after, wanted)
    shown = found[: query.limit]
    return shown, shown[-1]["_id"] if len(found) > query.limit else None


async def _older(
    store: Store, listing: Listing, where: Where, after: str, wanted: int
) -> list[Document]:
    last = await store.get(listing.collection, after)
    if last is None:
        return []
    moment = last[listing.moment]
    same = await _newest(store, listing, {**where, listing.moment: moment}, 0)
    rest = [document for document in same if document["_id"] < after][:wanted]
    if len(rest) < wanted:
        older = {**where, listing.moment: {"$lt": moment}}
        rest += await _newest(store, listing, older, wanted - len(rest))
    return rest


async def _newest(store: Store, listing: Listing, where: Where, limit: int) -> list[Document]:
    sort = [(listing.moment, -1), ("_id", -1)]
    fields = dict.fromkeys(listing.without, 0) or None
    return await store.find(listing.collection, where, sort=sort, limit=limit, fields=fields)
