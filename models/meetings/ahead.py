"""What a decision found, as it will be once its own parts decided so far are carried out.

The dates of a series are judged one after another, each also against those before it: what one
takes is gone for the next, and what the same decision gives back can be taken again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any

from models.base.decisions import Found, Hold, Lookup
from models.base.spans import span
from models.base.store import Document


class Ahead(Found):
    """A `Found` of its own over another one, which it leaves as it is."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self._found = found
        self._changed: dict[tuple[str, Any], Document] = {}
        self.claimed = dict(found.claimed)

    def one(self, collection: str, key: Any) -> Document | None:
        changed = self._changed.get((collection, key))
        return changed or self._found.one(collection, key)

    def all(self, lookup: Lookup) -> list[Document]:
        changed = self._changed
        found = self._found.all(lookup)
        return [changed.get((lookup.collection, each["_id"]), each) for each in found]

    def give(self, order_id: str, holds: Iterable[Hold]) -> None:
        """Let what an order gives back be free."""
        for hold in holds:
            thing = self._own(hold.collection, hold.thing)
            if thing is None:
                continue
            if hold.start is None:
                thing["left"] += hold.n
            else:
                thing["taken"] = [each for each in thing["taken"] if each != span(hold, order_id)]

    def take(self, order_id: str, holds: Iterable[Hold]) -> None:
        """Let what an order takes be gone."""
        for hold in holds:
            thing = self._own(hold.collection, hold.thing)
            if thing is None:
                continue
            if hold.start is None:
                thing["left"] -= hold.n
            else:
                thing["taken"].append(span(hold, order_id))

    def move(self, order_id: str, before: Sequence[Hold], after: Sequence[Hold]) -> None:
        """Let an order have `after` instead of `before`."""
        self.give(order_id, before)
        self.take(order_id, after)

    def clear(self, collection: str, key: str, but: Callable[[Document], bool]) -> None:
        """Let everything in a thing be free `but` some entries, and nobody wait for it."""
        thing = self._own(collection, key)
        if thing is not None:
            thing["taken"] = [each for each in thing["taken"] if but(each)]
            thing["queue"] = []

    def _own(self, collection: str, key: str) -> Document | None:
        """A copy of the thing, made when it is first changed."""
        which = collection, key
        if which not in self._changed:
            thing = self._found.one(*which)
            if thing is None:
                return None
            self._changed[which] = deepcopy(thing)
        return self._changed[which]
