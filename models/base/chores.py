"""Chores: what a worker looks after again and again, besides timers and the outbox.

A chore finds what is unfinished and brings it on by transitions, so that running it twice, in
several processes or after a crash changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from models.base.context import House

Chore = Callable[[House], Awaitable[int]]  # returns how much there was to do

_CHORES: Final[list[Chore]] = []
_SELDOM: Final[list[Chore]] = []


def chore(function: Chore) -> Chore:
    """Have the workers of every process run `function` every second."""
    _CHORES.append(function)
    return function


def seldom(function: Chore) -> Chore:
    """Have them run it every ten seconds, and at once where there is more: nobody waits for it."""
    _SELDOM.append(function)
    return function


def chores() -> list[Chore]:
    return list(_CHORES)


def seldom_chores() -> list[Chore]:
    return list(_SELDOM)
