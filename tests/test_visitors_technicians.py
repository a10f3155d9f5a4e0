"""Whoever accepts a repair ticket has a pass for that place, and it ends with the ticket."""

from __future__ import annotations

from datetime import timedelta

from models.base.store import Document, Store
from models.visitors import own
from models.visitors.deciding import Reason
from models.visitors.gates import GATES
from models.visitors.passing import Passing
from models.visitors.retention import scrub
from models.visitors.types import TYPES
from tests.meals_house import a_person
from tests.repairs_house import DONE, TIM, TOM, Repairs, open_house, to
from tests.visits_house import EAST, GUARD, a_gate, a_type

BY_HAND = Passing(gate="gate_1")
FOLLOW = "models.visitors.technicians.follow"


async def a_house(store: Store) -> Repairs:
    """Repairs, with a gate and the type of those who come for them."""
    repairs = await open_house(store)
    await store.insert(GATES, a_gate())
    await store.insert(TYPES, a_type("vty_service", long_term=True, fetch=False))
    post = [{"role": "front_desk", "at": "gate_1"}]
    await store.insert("people", a_person(EAST, "F0001", "front_desk", posts=post))
    return repairs


async def passes(repairs: Repairs) -> list[Document]:
    """Every pass, oldest first, after the workers have done what they do."""
    await repairs.work()
    found = await repairs.store.find("orders", {"kind": "visit"})
    return sorted(found, key=lambda order: (order["created_at"], order["_id"]))


async def test_accepting_a_ticket_issues_a_pass_and_finishing_ends_it(store: Store) -> None:
    repairs = await a_house(store)
    ticket = await repairs.started(TOM)
    [order] = await passes(repairs)
    assert (order["owner"], order["state"], order["parent"]) == (TOM, "expected", ticket["_id"])
    assert order["data"]["type"]["id"] == "vty_service"
    assert ticket["data"]["location"]["building"] in order["data"]["purpose"]
    shown = await own.codes(await repairs.ctx(TOM), order["_id"])
    assert shown.code.startswith("QJS")
    await repairs.step(TOM, ticket, "finish", DONE)
    [order] = await passes(repairs)
    assert order["state"] == "ended"


async def test_what_a_pass_says_of_a_technician_is_kept_so_long_after_the_ticket(
    store: Store,
) -> None:
    repairs = await a_house(store)
    ticket = await repairs.started(TOM)
    [order] = await passes(repairs)
    await repairs.step(TOM, ticket, "finish", DONE)
    ended = repairs.clock()
    [order] = await passes(repairs)
    assert order["private"]["over_at"] == ended
    repairs.clock.now = ended + timedelta(days=30)
    assert await scrub(repairs.house) == 0
    repairs.clock.forward(seconds=1)
    assert await scrub(repairs.house) == 1
    [order] = await store.find("orders", {"kind": "visit"})
    assert "private" not in order


async def test_a_pass_goes_with_the_ticket_from_hand_to_hand(store: Store) -> None:
    repairs = await a_house(store)
    ticket = await repairs.taken(TOM)
    await passes(repairs)
    await repairs.step(TOM, ticket, "hand_over", to(TIM))
    first, second = await passes(repairs)
    assert {(each["owner"], each["state"]) for each in (first, second)} == {
        (TOM, "ended"), (TIM, "expected"),
    }  # fmt: skip


async def test_who_is_inside_when_the_ticket_ends_gets_out_but_not_in_again(store: Store) -> None:
    repairs = await a_house(store)
    ticket = await repairs.started(TOM)
    [order] = await passes(repairs)
    await repairs.step(EAST, order, "admit", BY_HAND)
    await repairs.step(TOM, ticket, "finish", DONE)
    [order] = await passes(repairs)
    assert (order["state"], order["data"]["ending"]) == ("inside", True)
    order = await repairs.step(EAST, order, "leave", BY_HAND)
    assert order["state"] == "ended"


async def test_hearing_of_a_step_twice_issues_one_pass(store: Store) -> None:
    repairs = await a_house(store)
    ticket = await repairs.taken(TOM)
    [order] = await passes(repairs)
    again = {"outbox": [{"n": "2.9", "tries": 0, "reaction": FOLLOW}], "outbox_at": repairs.clock()}
    await store.update("orders", {"_id": ticket["_id"]}, {"$set": again})
    assert [each["_id"] for each in await passes(repairs)] == [order["_id"]]


async def test_without_a_type_for_them_technicians_come_like_anybody(store: Store) -> None:
    repairs = await open_house(store)
    await repairs.taken(TOM)
    assert await passes(repairs) == []


async def test_a_pass_that_security_revoked_comes_back_by_no_step_of_the_ticket(
    store: Store,
) -> None:
    repairs = await a_house(store)
    post = [{"role": "security", "at": "gate_1"}, {"role": "security", "at": "security"}]
    await store.insert("people", a_person(GUARD, "G0001", "security", posts=post))
    ticket = await repairs.taken(TOM)
    [order] = await passes(repairs)
    await repairs.step(EAST, order, "admit", BY_HAND)
    [order] = await passes(repairs)
    await repairs.step(GUARD, order, "revoke", Reason(reason="核查"))
    ticket = await repairs.step(TOM, ticket, "hand_over", to(TIM))
    await passes(repairs)
    await repairs.step(TIM, ticket, "hand_over", to(TOM))
    found = await passes(repairs)
    assert {(each["owner"], each["state"]) for each in found} == {(TOM, "inside"), (TIM, "ended")}
