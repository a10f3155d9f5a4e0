"""A life-cycle that can never work is refused when it is declared."""

from __future__ import annotations

from typing import Any

import pytest

from models.base import workflow as wf
from models.base.context import CLOCK, Actor
from models.base.roles import Role
from models.base.workflow import Transition, Workflow, declare
from tests.base.toys import TOYS, ToyBody, draft


def a_step(name: str, source: tuple[str, ...], target: str) -> Transition:
    return Transition(name=name, source=source, target=target, by=(wf.owner,), summary=name)


def a_workflow(*steps: Transition, **changes: Any) -> Workflow:
    """A kind that starts `open` and ends `closed`."""
    given: dict[str, Any] = {
        "kind": "toy-draft",
        "service": "toys",
        "title": "草稿",
        "starts": ("open",),
        "finals": ("closed",),
        "transitions": steps,
        "draft": draft,
        "body": ToyBody,
        "show": lambda ctx, order: {},
    }
    return Workflow(**given | changes)


@pytest.mark.parametrize(
    ("workflow", "words"),
    [
        (
            a_workflow(a_step("close", ("open",), "closed"), a_step("close", ("open",), "open")),
            "a transition is named twice",
        ),
        (a_workflow(a_step("close", ("opne",), "closed")), "nothing leads to"),
        (
            a_workflow(a_step("close", ("open",), "closed"), a_step("go", ("b",), "b")),
            "nothing leads to",
        ),
        (a_workflow(a_step("lose", ("open",), "lost")), "no way out of lost"),
        (a_workflow(a_step("close", ("open",), "closed"), kind="toy"), "declared twice"),
    ],
)
def test_what_can_never_work_is_refused_and_not_registered(workflow: Workflow, words: str) -> None:
    before = wf.workflows()
    with pytest.raises(ValueError, match=words):
        declare(workflow)
    assert wf.workflows() == before


def test_a_declared_kind_is_found_by_name() -> None:
    assert wf.of_kind("toy") is TOYS
    assert TOYS in wf.workflows()
    with pytest.raises(KeyError):
        wf.of_kind("toy-draft")


def test_a_kind_knows_its_states_and_steps() -> None:
    assert {"booked", "waiting", "offered", "used", "lapsed"} <= TOYS.states
    cancel = TOYS.transition("cancel")
    assert cancel is not None
    assert cancel.target == "cancelled"
    assert TOYS.transition("fly") is None


@pytest.mark.parametrize(
    ("source", "target", "stays"),
    [(("a",), "a", True), (("a", "b"), "a", True), (("a", "b"), "c", False)],
)
def test_a_step_that_may_end_where_it_began_cannot_tell_a_repeat(
    source: tuple[str, ...], target: str, stays: bool
) -> None:
    assert a_step("go", source, target).stays is stays


def test_who_stands_where_to_an_order() -> None:
    order = {"owner": "per_1", "actor": "per_2", "assignee": "per_3"}
    people = [Actor(f"per_{number}") for number in (1, 2, 3)]
    assert [wf.owner(order, each) for each in people] == [True, False, False]
    assert [wf.placer(order, each) for each in people] == [False, True, False]
    assert [wf.assignee(order, each) for each in people] == [False, False, True]
    assert not wf.assignee({"owner": "per_1"}, people[0])
    assert [wf.clock(order, each) for each in (CLOCK, people[0])] == [True, False]


def test_a_role_counts_only_where_one_serves() -> None:
    by = wf.at(Role.CANTEEN, lambda order: f"desk:{order['canteen']}")
    order = {"canteen": "one"}
    here, there = frozenset({"desk:one"}), frozenset({"desk:two"})
    assert by(order, Actor("a", roles=frozenset({Role.CANTEEN}), tokens=here))
    assert not by(order, Actor("b", roles=frozenset({Role.CANTEEN}), tokens=there))
    assert not by(order, Actor("c", roles=frozenset({Role.STAFF}), tokens=here))
