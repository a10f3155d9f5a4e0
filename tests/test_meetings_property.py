"""Whatever people do at once, in two processes: no two meetings of a room overlap, with their
buffers, and what is taken, what orders hold, who waits and what quotas have left always agree.

Read from the database after every round. `HYPOTHESIS_PROFILE=long` takes 2,000 steps, not 300.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count, permutations
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from models.base import clockwork, orders
from models.base.chores import chores
from models.base.clock import campus_date
from models.base.context import House
from models.base.errors import Refusal
from models.base.store import Document, Store
from models.base.transitions import transition
from models.base.waiting import promote
from models.meetings import blocks, closures, emergencies, rivals, series, swaps
from models.meetings.blocks import NewBlock
from models.meetings.changes import Change, Move
from models.meetings.closures import Closure
from models.meetings.days import ROOM_DAYS, is_block
from models.meetings.emergencies import EmergencyInput
from models.meetings.lifecycle import Approval, Parting, Reason
from models.meetings.quotas import ROOM_QUOTAS
from models.meetings.recurrence import Repeat
from models.meetings.rooms import ROOMS
from models.meetings.schedules import BLOCKS
from models.meetings.series_booking import SeriesInput
from models.meetings.series_steps import SeriesCancel
from models.meetings.swaps import SwapInput
from tests.machinery import MONDAY, MovingClock, a_house
from tests.meetings_house import (
    ANN,
    BOB,
    BOSS,
    CAT,
    DAY,
    DESK,
    KEPT,
    Meetings,
    a_room,
    balance,
    everybody,
    guarded,
    on_approval,
)

_PROFILE = settings.get_profile(settings.get_current_profile_name())
STEPS: Final = max(300, _PROFILE.max_examples)
ROUNDS, AT_ONCE = 5, 6
PEOPLE = (ANN, BOB, CAT)
_worlds = count()


@dataclass(frozen=True)
class Act:
    """One thing somebody does: `which` picks people, orders and rooms, `number` times."""

    name: str
    which: int
    number: int


BY_PEOPLE = (
    "book", "wait", "series", "change", "cancel", "check_in", "finish", "accept", "swap",
    "emergency",
)  # fmt: skip
BY_DESK = ("approve", "refuse", "move", "call_off", "block", "lift", "disable", "enable")
ACTS = st.builds(
    Act,
    st.sampled_from(("book", "book", "book", "wait", "wait", "change", *BY_PEOPLE, *BY_DESK)),
    st.integers(0, 59),
    st.integers(0, 15),
)
STORIES = st.lists(
    st.lists(ACTS, min_size=AT_ONCE, max_size=AT_ONCE), min_size=ROUNDS, max_size=ROUNDS
)


@dataclass
class World:
    """Two processes on one database, with three rooms of their own in each story."""

    number: int
    meetings: list[Meetings]
    keys: count[int] = field(default_factory=count)

    @property
    def store(self) -> Store:
        return self.meetings[0].store

    @property
    def rooms(self) -> list[str]:
        return [f"room_{self.number}{letter}" for letter in "abc"]

    async def begin(self) -> None:
        """An empty campus with three rooms, and a quota of two hours a day in their building."""
        for collection in KEPT:
            await self.store.delete(collection, {})
        plain, checked, approved = self.rooms
        building = f"{self.number}号楼"
        await self.store.insert(
            ROOMS,
            a_room(plain, building=building, setup_minutes=5, cleanup_minutes=10),
            guarded(checked, building=building, cleanup_minutes=5),
            on_approval(approved, building=building),
        )
        quota = {"per": "person", "counts": "hours", "limit": 2, "period": "day"}
        value = {"quotas": [quota | {"building": building}]}
        await self.store.delete("policies", {})
        policies = self.meetings[0].house.policies
        await policies.decide("meetings", "", value, date(2026, 11, 23), "per_boss")
        for meetings in self.meetings:
            meetings.clock.now = MONDAY

    async def round(self, acts: list[Act]) -> None:
        """Everybody at once; then time passes, and what is due happens in both processes."""
        clock = self.meetings[0].clock
        await asyncio.gather(*(refusable(self.do(act, n)) for n, act in enumerate(acts)))
        await self.check()
        clock.now += timedelta(minutes=7 * (1 + acts[0].number % 4))
        await asyncio.gather(*(self.work(meetings.house) for meetings in self.meetings))
        await self.check()

    async def work(self, house: House) -> None:
        await clockwork.tick(house)
        await promote(house)
        for chore in chores():
            await chore(house)

    async def do(self, act: Act, place: int) -> None:
        step: Callable[[Act, Meetings], Awaitable[Any]] = getattr(self, act.name)
        await step(act, self.meetings[place % 2])

    # --- what people do

    def when(self, act: Act) -> tuple[datetime, datetime]:
        """Some time soon, today or tomorrow, that many others want, too."""
        quarter, now = timedelta(minutes=15), self.meetings[0].clock()
        soon = now - (now - MONDAY) % quarter + quarter
        starts_at = soon + (act.which % 2) * DAY + (act.number % 8) * quarter
        return starts_at, starts_at + (1 + act.which % 4) * quarter

    def wanted(self, act: Act) -> dict[str, Any]:
        starts_at, ends_at = self.when(act)
        room = self.rooms[act.which % 3]
        return {"room_id": room, "starts_at": starts_at, "ends_at": ends_at}

    async def book(self, act: Act, meetings: Meetings, **body: Any) -> None:
        who = PEOPLE[act.which % 3]
        await meetings.book(who, f"{self.number}-{next(self.keys)}-", **self.wanted(act), **body)

    async def wait(self, act: Act, meetings: Meetings) -> None:
        await self.book(act, meetings, wait=True)

    async def series(self, act: Act, meetings: Meetings) -> None:
        body = SeriesInput(
            subject="周会",
            attendees=5,
            repeat=Repeat(frequency="daily", count=3),
            wait=act.number % 2 == 0,
            **self.wanted(act),
        )
        key = f"{self.number}-{next(self.keys)}-"
        await series.book(meetings.ctx(PEOPLE[act.which % 3], key), body)

    async def step(self, act: Act, meetings: Meetings, who: str, body: Any = None) -> None:
        """A step of an order in a state that allows it; by its owner where `who` is empty."""
        found = await self.store.find("orders", {}, sort=[("created_at", 1), ("_id", 1)])
        able = [order for order in found if _may(order, act.name)]
        if able:
            order = able[act.which % len(able)]
            party = who or (order["assignee"] if order["state"] == "asked" else order["owner"])
            ctx = meetings.ctx(party, if_match=order["version"])
            if act.name == "cancel" and order["kind"] == "meeting_series":
                body = SeriesCancel()
            await transition(ctx, order["_id"], act.name, body)

    async def change(self, act: Act, meetings: Meetings) -> None:
        await self.step(act, meetings, "", Change(**self.wanted(act)))

    async def cancel(self, act: Act, meetings: Meetings) -> None:
        await self.step(act, meetings, "", Parting())

    async def check_in(self, act: Act, meetings: Meetings) -> None:
        await self.step(act, meetings, "")

    async def finish(self, act: Act, meetings: Meetings) -> None:
        await self.step(act, meetings, "")

    async def accept(self, act: Act, meetings: Meetings) -> None:
        await self.step(act, meetings, "")

    async def swap(self, act: Act, meetings: Meetings) -> None:
        """Somebody asks for another room of the same day, and the holder gives it."""
        booked = await self.store.find("orders", {"state": "booked"}, sort=[("_id", 1)])
        pairs = [
            (mine, theirs)
            for mine, theirs in permutations(booked, 2)
            if mine["data"]["date"] == theirs["data"]["date"]
            and mine["data"]["room"] != theirs["data"]["room"]
        ]
        if pairs:
            mine, theirs = pairs[(act.which * 16 + act.number) % len(pairs)]
            key = f"{self.number}-{next(self.keys)}-"
            body = SwapInput(mine=mine["_id"], theirs=theirs["_id"])
            asked = await orders.place(meetings.ctx(mine["owner"], key), swaps.KIND, body)
            if act.number % 4:  # else some time later, or never
                await transition(meetings.ctx(theirs["owner"]), asked["_id"], "accept")

    async def emergency(self, act: Act, meetings: Meetings) -> None:
        body = EmergencyInput(subject="抢险", attendees=5, reason="汛情", **self.wanted(act))
        key = f"{self.number}-{next(self.keys)}-"
        await emergencies.declare(meetings.ctx(BOSS, key), body)

    # --- what meeting services do

    async def approve(self, act: Act, meetings: Meetings) -> None:
        asked = await self.store.find("orders", {"state": "requested"}, sort=[("_id", 1)])
        if asked:
            order = asked[act.which % len(asked)]
            shown = [each["_id"] for each in await rivals.of(meetings.ctx(DESK), order)]
            ctx = meetings.ctx(DESK, if_match=order["version"])
            await transition(ctx, order["_id"], "approve", Approval(refuses=shown))

    async def refuse(self, act: Act, meetings: Meetings) -> None:
        await self.step(act, meetings, DESK, Reason(reason="接待"))

    async def move(self, act: Act, meetings: Meetings) -> None:
        await self.step(act, meetings, DESK, Move(room_id=self.rooms[act.number % 3]))

    async def call_off(self, act: Act, meetings: Meetings) -> None:
        await self.step(act, meetings, DESK, Reason(reason="停电"))

    async def block(self, act: Act, meetings: Meetings) -> None:
        starts_at, ends_at = self.when(act)
        room = self.rooms[act.which % 3]
        body = NewBlock(rooms=[room], starts_at=starts_at, ends_at=ends_at, reason="检修")
        await blocks.add(meetings.ctx(DESK), body)

    async def lift(self, act: Act, meetings: Meetings) -> None:
        active = await self.store.find(BLOCKS, {"state": "active"}, sort=[("_id", 1)])
        if active:
            await blocks.lift(meetings.ctx(DESK), active[act.which % len(active)]["_id"])

    async def disable(self, act: Act, meetings: Meetings) -> None:
        choices: Any = (None, "keep", "cancel", "move")
        body = Closure(reason="装修", affected=choices[act.number % 4])
        await closures.disable(meetings.ctx(DESK), self.rooms[act.which % 3], body)

    async def enable(self, act: Act, meetings: Meetings) -> None:
        for room in self.rooms:
            await closures.enable(meetings.ctx(DESK), room)

    # --- what must be so

    async def check(self) -> None:
        await balance(self.store)
        rooms = {room["_id"]: room for room in await self.store.find(ROOMS, {})}
        today = campus_date(self.meetings[0].clock()).isoformat()
        stand = set()
        for day in await self.store.find(ROOM_DAYS, {}):
            if day["date"] >= today:
                assert day["enabled"] == rooms[day["room"]]["enabled"], day["_id"]
            stand |= {
                (day["_id"], each["order"], each["from"], each["to"])
                for each in day["taken"]
                if is_block(each)
            }
        assert stand == {
            (hold.thing, block["_id"], hold.start, hold.end)
            for block in await self.store.find(BLOCKS, {"state": "active"})
            for room in block["rooms"]
            for hold in blocks.holds(block, room)
        }
        for quota in await self.store.find(ROOM_QUOTAS, {}):
            assert quota["left"] >= 0


def _may(order: Document, step: str) -> bool:
    """Whether an order's state allows a step, so that most tries come to something."""
    sources = {
        "change": ("requested", "booked"),
        "cancel": ("requested", "booked", "waiting", "offered", "running", "asked"),
        "check_in": ("booked",),
        "finish": ("booked", "in_use"),
        "accept": ("offered", "asked"),
        "refuse": ("requested",),
        "move": ("booked",),
        "call_off": ("booked", "waiting", "offered"),
    }
    only = {"meeting_series": ("cancel",), "meeting_swap": ("accept", "cancel")}
    return order["state"] in sources[step] and step in only.get(order["kind"], sources)


async def refusable(attempt: Awaitable[Any]) -> None:
    """Let it happen or be refused; any other fault fails the test."""
    try:
        await attempt
    except Refusal:
        return


@settings(
    max_examples=STEPS // (ROUNDS * AT_ONCE),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a lost race is not found a second time
)
@given(story=STORIES)
def test_no_two_meetings_ever_meet_whatever_people_do_at_once(
    runner: asyncio.Runner, store: Store, story: list[list[Act]]
) -> None:
    async def told() -> None:
        persons = {person["_id"]: person for person in everybody()}
        clock = MovingClock()
        houses = (a_house(store, clock), a_house(store, clock))
        world = World(next(_worlds), [Meetings(house, clock, persons) for house in houses])
        await world.begin()
        for acts in story:
            await world.round(acts)

    runner.run(told())
