"""A house that fails where a crash could come: at the named step port."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from models.base.context import House
from models.base.holds import Queues


class Stumble(Exception):
    """What the step port raised."""


def stumbling(house: House, at: str, passing: int = 1) -> House:
    """`house`, but raising `Stumble` once, at the `passing`-th time the step `at` is reached."""
    return stepping(house, _once(at, passing))


def stepping(house: House, step: Callable[[str], None]) -> House:
    """`house` with its step port replaced, and queues of its own."""
    return replace(house, step=step, queues=Queues(house.store, house.clock, step))


def _once(at: str, passing: int) -> Callable[[str], None]:
    passed = 0

    def step(name: str) -> None:
        nonlocal passed
        passed += name == at
        if name == at and passed == passing:
            raise Stumble(name)

    return step
