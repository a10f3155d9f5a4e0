"""Deputies: what they may see and do, on which days, and how it ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from models import deputies, people
from models.base import orders, views
from models.base import workflow as wf
from models.base.clock import campus_date
from models.base.context import Context, House
from models.base.errors import NotFound, Refusal
from models.base.leavings import say_farewell
from models.base.shapes import Input, PageQuery
from models.base.store import Document, Store
from models.base.transitions import transition
from models.base.visibility import absent, deputy, person
from models.base.workflow import Draft, Placement, Transition, Workflow, declare
from models.deputies import (
    Absence,
    DaysWrong,
    DeputiesEnough,
    DeputyAlready,
    DeputyBusy,
    Deputyship,
    DeputyUnknown,
    OwnDeputy,
)
from models.people import PersonChanged
from models.roster.changes import let_leave
from models.sessions.sign_in import SignIn, sign_in
from models.sessions.tokens import Granted, Refresh, refresh
from tests.campus import a_campus, a_person, claims_of, everything, refused, settle, turn_of
from tests.machinery import MovingClock

ANN = a_person("S0042", "单雨", openid="openid-ann")
BOB = a_person("S0043", "李强", openid="openid-bob")
CAT = a_person("S0044", "陈静")
CHIEF = a_person("A0001", "王芳", roles=["manager"])
MANY = [a_person(f"S01{n:02}", f"职员{n}") for n in range(30)]
MONDAY = date(2026, 11, 23)  # today


class Pen(Input):
    """A pen to borrow."""


async def _draft(ctx: Context, body: Pen) -> Draft:
    me = ctx.actor.id
    seen_by = [person(me), deputy(me)]
    placement = Placement(
        state="asked", owner=me, data={}, seen_by=seen_by, waits_for=[person(me), deputy(me)]
    )
    return Draft(decide=lambda found, now: placement)


declare(
    Workflow(
        kind="pen",
        service="pens",
        title="借笔",
        starts=("asked",),
        finals=("lent",),
        draft=_draft,
        body=Pen,
        show=lambda ctx, order: order["data"],
        transitions=(
            Transition(
                name="lend", source=("asked",), target="lent", by=(wf.owner, wf.deputy),
                summary="Lend it.",
            ),
            Transition(
                name="keep", source=("asked",), target="lent", by=(wf.owner,), summary="Keep it.",
            ),
        ),
    )
)  # fmt: skip


def away(who: Document = BOB, first: int = 0, days: int = 1, **more: Any) -> Absence:
    """A colleague for so many days, from so many days after today."""
    start = MONDAY + timedelta(days=first)
    last = start + timedelta(days=days - 1)
    return Absence(employee_no=who["employee_no"], from_=start, to=last, **more)


async def now_of(store: Store, who: Document) -> Document:
    return await people.by_id(turn_of(a_campus(store)), who["_id"])


async def as_of(house: House, who: Document) -> Context:
    """A turn of somebody as their next token would have it."""
    found = await now_of(house.store, who)
    ctx = turn_of(house)
    return ctx.acting_as(people.actor(found, campus_date(house.clock())))


async def again(house: House, granted: Granted) -> Granted:
    return await refresh(turn_of(house), Refresh(refresh_token=granted.refresh_token))


async def told(store: Store, who: Document) -> list[str]:
    found = await store.find("deliveries", {"to": who["_id"]}, sort=[("at", 1), ("_id", 1)])
    return [message["template"] for message in found]


async def test_a_deputys_token_says_so_from_the_moment_they_are_named_until_it_ends(
    store: Store,
) -> None:
    await settle(store, ANN, BOB)
    house = a_campus(store)
    await house.revocations.poll()
    first = await sign_in(turn_of(house), SignIn(code="bob"))

    named = await deputies.name(turn_of(house, ANN), away())

    assert await refused(house, claims_of(house, first.access_token))
    second = await again(house, first)
    assert claims_of(house, second.access_token)["tokens"] == ["d:per_S0042", "p:per_S0043"]
    await deputies.end(turn_of(house, ANN), named.id)
    assert await refused(house, claims_of(house, second.access_token))
    third = await again(house, second)
    assert claims_of(house, third.access_token)["tokens"] == ["p:per_S0043"]


async def test_a_deputy_stands_in_from_the_first_to_the_last_day(store: Store) -> None:
    await settle(store, ANN, BOB)
    clock = MovingClock()
    house = a_campus(store, clock)
    await deputies.name(turn_of(house, ANN), away(first=1, days=2))
    granted = await sign_in(turn_of(house), SignIn(code="bob"))
    seen = []
    for _ in range(4):
        granted = await again(house, granted)
        seen.append(absent(claims_of(house, granted.access_token)["tokens"]))
        clock.forward(days=1)
    assert seen == [[], ["per_S0042"], ["per_S0042"], []]


async def test_a_deputy_sees_what_waits_and_does_what_the_life_cycle_allows(store: Store) -> None:
    await settle(store, ANN, BOB, CAT)
    house = a_campus(store)
    ann = replace(turn_of(house, ANN), idempotency_key="k" * 16, request_hash=b"same")
    pen = await orders.place(ann, "pen", Pen())
    await deputies.name(ann, away())
    bob, cat = await as_of(house, BOB), await as_of(house, CAT)

    (waiting,) = (await views.inbox(bob, PageQuery())).items
    assert (waiting.id, waiting.can) == (pen["_id"], ["lend"])
    assert (await views.inbox(cat, PageQuery())).items == []
    with pytest.raises(NotFound):
        await transition(cat, pen["_id"], "lend")
    lent = await views.full(ann, await transition(bob, pen["_id"], "lend"))

    assert lent.state == "lent"
    assert isinstance(lent.timeline, list)
    assert lent.timeline[-1].by == "per_S0043"
    assert lent.names == {"per_S0042": "单雨", "per_S0043": "李强"}


async def test_both_see_a_deputyship_and_are_told_of_it(store: Store) -> None:
    await settle(store, ANN, BOB, CAT)
    house = a_campus(store)

    named = await deputies.name(turn_of(house, ANN), away(days=90, note="休假"))

    assert (named.person.name, named.deputy.name) == ("单雨", "李强")
    assert (named.from_, named.to, named.note) == ("2026-11-23", "2027-02-20", "休假")
    assert named.deputy.unit == "办公室"
    for who in (ANN, BOB):
        assert (await deputies.listed(turn_of(house, who))).items == [named]
        assert await told(store, who) == ["deputy-named"]
    assert (await deputies.listed(turn_of(house, CAT))).items == []
    acts = [entry["act"] for entry in await store.find("audit", {})]
    assert acts == ["deputy.name"]


@pytest.mark.parametrize("who", [ANN, BOB])
async def test_either_may_end_it_early_and_both_are_told(store: Store, who: Document) -> None:
    await settle(store, ANN, BOB)
    house = a_campus(store)
    named = await deputies.name(turn_of(house, ANN), away(days=5))

    await deputies.end(turn_of(house, who), named.id)

    assert (await deputies.listed(turn_of(house, ANN))).items == []
    assert "stands_in" not in await now_of(store, BOB)
    for each in (ANN, BOB):
        assert sorted(await told(store, each)) == ["deputy-ended", "deputy-named"]


async def test_nobody_else_ends_it_and_nothing_ends_twice(store: Store) -> None:
    await settle(store, ANN, BOB, CAT)
    house = a_campus(store)
    named = await deputies.name(turn_of(house, ANN), away())
    before = await everything(store)
    for wrong in (named.id, "dep_none"):
        with pytest.raises(NotFound):
            await deputies.end(turn_of(house, CAT), wrong)
    assert await everything(store) == before
    await deputies.end(turn_of(house, BOB), named.id)
    with pytest.raises(NotFound):
        await deputies.end(turn_of(house, BOB), named.id)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (away(ANN), OwnDeputy),
        (away(a_person("S0999")), DeputyUnknown),
        (away(a_person("S0045")), DeputyUnknown),  # has left
        (away(first=-1), DaysWrong),
        (away(days=0), DaysWrong),
        (away(days=91), DaysWrong),
        (away(CAT, first=3, days=9), DeputyAlready),
    ],
)
async def test_a_deputy_that_cannot_be_is_refused(
    store: Store, body: Absence, refusal: type[Refusal]
) -> None:
    await settle(store, ANN, BOB, CAT, a_person("S0045", active=False))
    house = a_campus(store)
    await deputies.name(turn_of(house, ANN), away(CAT, days=4))
    before = await everything(store)
    with pytest.raises(refusal):
        await deputies.name(turn_of(house, ANN), body)
    assert await everything(store) == before


async def test_the_same_again_changes_nothing(store: Store) -> None:
    await settle(store, ANN, BOB)
    house = a_campus(store)
    named = await deputies.name(turn_of(house, ANN), away(days=3))
    before = await everything(store)
    assert await deputies.name(turn_of(house, ANN), away(days=3)) == named
    assert await everything(store) == before


async def test_no_day_has_a_fourth_deputy(store: Store) -> None:
    await settle(store, ANN, *MANY)
    turn = turn_of(a_campus(store), ANN)
    for who, first, days in ((MANY[0], 0, 5), (MANY[1], 0, 5), (MANY[2], 4, 5)):
        await deputies.name(turn, away(who, first, days))
    before = await everything(store)
    with pytest.raises(DeputiesEnough):
        await deputies.name(turn, away(MANY[3], 3, 3))
    assert await everything(store) == before
    await deputies.name(turn, away(MANY[3], 0, 4))
    await deputies.name(turn, away(MANY[4], 5, 4))


async def test_of_ten_deputies_named_at_once_at_most_three_are(store: Store) -> None:
    await settle(store, ANN, *MANY)
    turn = turn_of(a_campus(store), ANN)
    race = [deputies.name(turn, away(who)) for who in MANY[:10]]

    answers = await asyncio.gather(*race, return_exceptions=True)

    named = [each.id for each in answers if isinstance(each, Deputyship)]
    refusals = [each for each in answers if not isinstance(each, Deputyship)]
    assert all(isinstance(each, DeputiesEnough | PersonChanged) for each in refusals)
    assert 1 <= len(named) <= 3
    assert {each.id for each in (await deputies.listed(turn)).items} == set(named)


async def test_a_colleague_stands_in_for_so_many_and_no_more(store: Store) -> None:
    await settle(store, ANN, BOB, *MANY)
    house = a_campus(store)
    for who in MANY[:20]:
        await deputies.name(turn_of(house, who), away())
    with pytest.raises(DeputyBusy):
        await deputies.name(turn_of(house, ANN), away())


async def test_what_is_over_counts_no_more_and_is_forgotten(store: Store) -> None:
    await settle(store, ANN, BOB, CAT)
    clock = MovingClock()
    house = a_campus(store, clock)
    await deputies.name(turn_of(house, ANN), away(days=2))
    clock.forward(days=2)
    assert (await deputies.listed(turn_of(house, ANN))).items == []
    assert (await deputies.listed(turn_of(house, BOB))).items == []
    await deputies.name(turn_of(house, CAT), away(first=5))
    assert [each["for"] for each in (await now_of(store, BOB))["stands_in"]] == ["per_S0044"]


@pytest.mark.parametrize("who", [ANN, BOB])
async def test_whoever_leaves_neither_has_a_deputy_nor_is_one(store: Store, who: Document) -> None:
    await settle(store, ANN, BOB, CHIEF)
    house = a_campus(store)
    await deputies.name(turn_of(house, ANN), away(days=9))
    await let_leave(turn_of(house, CHIEF), who["_id"])

    for _ in range(2):
        await say_farewell(house)

    assert "stands_in" not in await now_of(store, BOB)
    stays = BOB if who is ANN else ANN
    assert sorted(await told(store, stays)) == ["deputy-ended", "deputy-named"]
    assert await told(store, who) == ["deputy-named"]
    assert await store.find("leavings", {}) == []
