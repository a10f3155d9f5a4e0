"""Whatever happens to a ticket, in whatever order: its figures are the business time that has run.

Random people take random steps at random moments through the service itself. Beside it a stop-watch
looks at the ticket before each of them and adds the minutes to whoever has them, one by one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base.clock import CAMPUS
from models.base.context import CLOCK
from models.base.store import Document, Store
from models.base.views import RatingInput
from models.repairs import board
from models.repairs.ledger import PARTIES
from models.repairs.working import Pause, Revisit
from tests.machinery import MONDAY
from tests.repairs_house import (
    ANN,
    BOSS,
    DONE,
    DORA,
    LEVELS,
    TIM,
    TOM,
    Repairs,
    answer,
    back,
    balance,
    because,
    open_house,
    question,
    remark,
    to,
)

MINUTE: Final = timedelta(minutes=1)
PEOPLE: Final = (ANN, TOM, TIM, DORA, BOSS, CLOCK.id)
APART: Final = {"merge", "join", "change_category", "dispute", "settle", "rotate", "cancel"}
OF_STATE: Final = {"reported": "vendor", "taken": "vendor", "started": "vendor"}
OF_PAUSE: Final = {
    "parts": "parts", "requester": "requester", "access": "access", "third_party": "access",
}  # fmt: skip
STORIES = st.lists(
    st.tuples(st.integers(0, 99), st.integers(0, 1500)), min_size=1, max_size=25
)  # (which of the possible steps, minutes until then)
_numbers = count()


def is_business(moment: datetime) -> bool:
    """By the clock on the wall: 8:30 to 12:00, 14:00 to 17:30, Monday to Friday."""
    local = moment.astimezone(CAMPUS)
    minute = 60 * local.hour + local.minute
    return local.weekday() < 5 and (510 <= minute < 720 or 840 <= minute < 1050)


class StopWatch:
    """Minutes by party, and those until somebody took the ticket."""

    def __init__(self) -> None:
        self.minutes: Counter[str] = Counter()
        self.response = 0
        self.taken = False

    def run(self, order: Document, start: datetime, minutes: int) -> None:
        """Nobody does anything for so many minutes."""
        party = OF_STATE.get(order["state"])
        if order["state"] == "paused":
            party = OF_PAUSE[order["data"]["pause"]["reason"]]
        elif order["state"] == "fixed":
            party = "requester"
        self.taken |= order["state"] != "reported"
        if party is None:
            return
        counted = sum(is_business(start + n * MINUTE) for n in range(minutes))
        self.minutes[party] += counted
        if not self.taken:
            self.response += counted


def body_of(name: str, which: int, now: datetime) -> Any:
    """What goes with a step."""
    reasons: tuple[Any, ...] = ("parts", "requester", "third_party")  # `revisit` is for access
    until = now + (which + 1) * 37 * MINUTE
    return {
        "pause": Pause(reason=reasons[which % 3], note="等", until=until),
        "revisit": Revisit(at=until),
        "ask": question(),
        "answer": answer(),
        "finish": DONE,
        "assign": to(TIM),
        "hand_over": to(TIM if which % 2 else TOM),
        "give_back": back(),
        "refuse": because(),
        "reopen": because(),
        "rate": RatingInput(stars=which % 5 + 1),
        "remark": remark("进展如何"),
    }.get(name)


async def live(repairs: Repairs, story: list[tuple[int, int]]) -> None:
    """One ticket's life, and what the stop-watch says at its end."""
    repairs.clock.now = MONDAY
    await repairs.store.delete("orders", {})
    for person in (TOM, TIM):
        free = {"$set": {"left": 3}}
        await repairs.store.update("repair_hands", {"_id": person}, free)
    order = await repairs.report(key=f"story{next(_numbers)}")
    watch = StopWatch()
    for which, minutes in story:
        watch.run(order, repairs.clock.now, minutes)
        repairs.clock.forward(minutes=minutes)
        order = await act(repairs, order, which)
        if order["timeline"][-1]["at"] == repairs.clock.now:
            kept = order["data"]["ledger"]["minutes"]
            assert kept == {party: watch.minutes[party] for party in PARTIES}
    shown = await board.ledger(await repairs.ctx(BOSS), order["_id"])
    assert shown.minutes == {party: watch.minutes[party] for party in PARTIES}
    assert shown.solution.used == watch.minutes["vendor"]
    assert shown.response.used == watch.response
    assert sum(each.minutes for each in shown.intervals) == sum(watch.minutes.values())
    await balance(repairs.store)


async def act(repairs: Repairs, order: Document, which: int) -> Document:
    """Somebody does one of the things that are possible now, or the workers do what is due."""
    possible = [
        (who, name)
        for who in PEOPLE
        for name in sorted(await repairs.can(who, order) - APART)
        if who != CLOCK.id
    ]
    if which % 7 == 0 or not possible:
        await repairs.work()
    else:
        who, name = possible[which % len(possible)]
        await repairs.step(who, order, name, body_of(name, which, repairs.clock.now))
    return await repairs.order(order["_id"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORIES)
def test_every_minute_is_counted_once_and_to_whom_it_belongs(
    runner: asyncio.Runner, store: Store, story: list[tuple[int, int]]
) -> None:
    async def told() -> None:
        if not await store.count("people", {}):
            _houses[store.database.name] = await open_house(store, levels=LEVELS)
        await live(_houses[store.database.name], story)

    runner.run(told())


_houses: dict[str, Repairs] = {}
