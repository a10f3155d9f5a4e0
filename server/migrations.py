"""Numbered changes of what older versions stored; each runs once per database, in order.

A migration must bear being run again from its start, since a process may die in the middle of it.
Numbers are never reused; a database of a higher number than the last one here is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from models.base.store import Store


class Migration(NamedTuple):
    """`run` changes what `store` holds; `name` says to what end."""

    number: int
    name: str
    run: Callable[[Store], Awaitable[None]]


MIGRATIONS: Final[tuple[Migration, ...]] = ()
