"""Limited things: taking, moving and giving back, never more than there is.

A *countable* thing (places of a sitting, goods in stock) is a document with `left`, `enabled`,
`queue` (ranks of those who wait) and `ranks` (the next rank). An *exclusive* thing (a room on a
day) is a document with `enabled` and `taken: [{order, from, to}]`; where one can wait for it, also
with `queue: [{rank, from, to}]` and `ranks`. Who holds what stands in the orders. (`turns` counts
how often processes had to take turns; nobody reads it.)

Whoever wants something submits a `Unit`: what must be read, and a pure decision over it. A queue
per service runs waiting units in one transaction (a group): read, decide in order of arrival,
write with the guard in each write's own filter, commit. Contention is so settled before it reaches
the database.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from models.base.clock import Clock
from models.base.decisions import Found, Lookup, Outcome
from models.base.errors import Unavailable
from models.base.groups import Group
from models.base.store import (
    Contended,
    Duplicate,
    FateUnknown,
    Store,
    Transaction,
    Unreachable,
)

log = logging.getLogger(__name__)

GROUP_SIZE: Final = 32
QUEUE_SIZE: Final = 256
PATIENCE: Final = timedelta(seconds=5)  # how long a unit may wait for its group to start
MAX_LOSSES: Final = 400  # about two seconds
MAX_CLASHES: Final = 3  # of unique keys, before the members of a group run one by one
PAUSE: Final = 0.004  # seconds, with jitter, before one tries again
LONGEST: Final = 0.1  # seconds that another process is given for its turn

Decide = Callable[[Found, datetime], Outcome]
T = TypeVar("T")


class Overloaded(Unavailable):
    """Too many are waiting already; nothing was tried."""

    code = "overloaded"
    zh = "当前办理人数较多，请稍后再试。"
    en = "Too many people are asking at once; try again in a moment."


@dataclass(frozen=True, slots=True)
class Unit:
    """One member of a group. `decide` is pure: it may run again on newer documents."""

    lookups: Sequence[Lookup]
    decide: Decide


@dataclass(slots=True)
class _Waiting:
    unit: Unit
    since: datetime
    answer: asyncio.Future[Any]
    losses: int = 0  # rounds in which another process was faster

    def give(self, answer: Any) -> None:
        if self.answer.done():
            return  # the client has gone; what was committed stays
        if isinstance(answer, BaseException):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)


class Queue:
    """The groups of one service in this process, one at a time."""

    def __init__(self, store: Store, clock: Clock, step: Callable[[str], None]) -> None:
        self._store = store
        self._clock = clock
        self._step = step
        self._waiting: deque[_Waiting] = deque()
        self._wanted: set[tuple[str, str]] = set()  # what the last group was to change
        self._contended: set[tuple[str, str]] = set()  # where another process was faster
        self._took = 0.0  # seconds, by the last group: about what one of another process takes
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, unit: Unit) -> Any:
        """The unit's answer once its group is committed. Raises its `Refusal`, or `StoreError`."""
        if len(self._waiting) >= QUEUE_SIZE:
            raise Overloaded(retry_after=1)
        member = _Waiting(unit, self._clock(), asyncio.get_running_loop().create_future())
        self._waiting.append(member)
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        return await member.answer

    async def drain(self) -> None:
        """Return when everything submitted so far has its answer."""
        if self._runner is not None:
            await asyncio.shield(self._runner)

    async def _run(self) -> None:
        try:
            while self._waiting:
                members = self._next_members()
                if members:
                    await self._serve(members)
        finally:
            self._runner = None

    def _next_members(self) -> list[_Waiting]:
        members: list[_Waiting] = []
        oldest = self._clock() - PATIENCE
        while self._waiting and len(members) < GROUP_SIZE:
            member = self._waiting.popleft()
            if member.since < oldest:
                member.give(Overloaded(retry_after=2))
            elif not member.answer.cancelled():
                members.append(member)
        return members

    async def _serve(self, members: list[_Waiting]) -> None:
        """Give every member its answer; one member's fault never fails the others."""
        try:
            answers = await self._settle([member.unit for member in members])
        except Contended:
            await self._yield(members)
            return
        except Exception as fault:  # whatever it is belongs to the members, never to the runner
            if len(members) == 1:
                members[0].give(fault)
                return
            log.info("a group of %d failed (%r) and runs one by one", len(members), fault)
            for member in members:
                await self._serve([member])
            return
        if not any(member.losses for member in members):
            self._contended = set()  # until then, go on locking first
        again = []
        for member, answer in zip(members, answers, strict=True):
            if answer is Group.LATER:
                again.append(member)
            else:
                member.give(answer)
        self._waiting.extendleft(reversed(again))

    async def _yield(self, members: list[_Waiting]) -> None:
        """Let another process go first; who comes meanwhile joins the group that tries again."""
        self._contended = self._wanted
        for member in reversed(members):
            member.losses += 1
            if member.losses < MAX_LOSSES:
                self._waiting.appendleft(member)
            else:
                member.give(Overloaded(retry_after=1))
        if members[0].losses == 1:
            await asyncio.sleep(random.uniform(0.6, 0.9) * min(self._took, LONGEST))
        else:
            await _pause()

    async def _settle(self, units: list[Unit]) -> list[Any]:
        clashes = 0
        while True:
            try:
                return await self._attempt(units, careful=clashes > 0)
            except Duplicate:
                clashes += 1
                if clashes == MAX_CLASHES:
                    raise
            except (FateUnknown, Unreachable) as fault:
                return [fault] * len(units)

    async def _attempt(self, units: list[Unit], careful: bool) -> list[Any]:
        def work(transaction: Transaction) -> list[Any]:
            group = Group(transaction, self._clock())
            group.lock(self._contended)
            group.read(units, careful)
            self._step("group.read")
            group.decide(units)
            self._wanted = group.things
            group.write()
            self._step("group.written")
            return group.answers

        began = time.monotonic()
        answers = await self._store.transaction(work)
        self._took = time.monotonic() - began
        self._step("group.committed")
        return answers


class Queues:
    """The queue of each service, made on first use."""

    def __init__(
        self, store: Store, clock: Clock, step: Callable[[str], None] = lambda name: None
    ) -> None:
        self._machinery = (store, clock, step)
        self._queues: dict[str, Queue] = {}

    def of(self, service: str) -> Queue:
        if service not in self._queues:
            self._queues[service] = Queue(*self._machinery)
        return self._queues[service]

    async def drain(self) -> None:
        """Finish what has been submitted, in every queue; a stopping process waits for this."""
        for queue in list(self._queues.values()):
            await queue.drain()


async def undisturbed(store: Store, work: Callable[[Transaction], T]) -> T:
    """Run `work` in a transaction of its own, again while others are faster. Raises Overloaded.

    It must read in the transaction what its writes rest upon: also a duplicate is looked at anew.
    """
    for _ in range(MAX_LOSSES):
        try:
            return await store.transaction(work)
        except (Contended, Duplicate):
            await _pause()
    raise Overloaded(retry_after=1)


async def _pause() -> None:
    """Let the others go first."""
    await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE)


async def ensure(store: Store, collection: str, document: dict[str, Any]) -> None:
    """Have `document` in place before a take needs it: a plain insert; the first counts."""
    try:
        await store.insert(collection, document)
    except Duplicate:
        return
