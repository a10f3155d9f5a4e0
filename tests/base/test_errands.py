"""Errands run beside the request, and are waited for when the process stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from models.base.errands import Errands


async def test_draining_waits_for_all_that_was_started() -> None:
    errands, done = Errands(), []

    async def errand(name: str) -> None:
        await asyncio.sleep(0)
        done.append(name)
        if name == "first":
            errands.start("third", errand("third"))

    errands.start("first", errand("first"))
    errands.start("second", errand("second"))
    assert done == []
    await errands.drain()

    assert sorted(done) == ["first", "second", "third"]


async def test_a_fault_is_told_to_the_log_and_to_nobody_else(
    expect_log: Callable[[str], None],
) -> None:
    expect_log("errand sms failed")
    errands = Errands()

    async def errand() -> None:
        raise ValueError

    errands.start("sms", errand())
    await errands.drain()
