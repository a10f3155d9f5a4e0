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
_AT_START: Final[list[Chore]] = []


def chore(function: Chore) -> Chore:
    """Have the workers of every process run `function` every second."""
    _CHORES.append(function)
    return function


def seldom(function: Chore) -> Chore:
    """Have them run it every ten seconds, where nobody waits for it: looking costs, too."""
    _SELDOM.append(function)
    return function


def at_start(function: Chore) -> Chore:
    """Have every process run `function` when it starts, until there is nothing left to do: for what
    is too much to look for each turn.
    """
    _AT_START.append(function)
    return function


def first_chores() -> list[Chore]:
    return list(_AT_START)


def chores() -> list[Chore]:
    return list(_CHORES)


def seldom_chores() -> list[Chore]:
    return list(_SELDOM)
