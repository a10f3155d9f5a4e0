"""What an order promises with each step: to whom, by which template, and what reacts."""

from __future__ import annotations

from models.base import outbox
from models.base.workflow import Order, Tell
from tests.base.toys import note_cancelled

ORDER: Order = {"_id": "ord_1", "kind": "toy", "version": 3, "owner": "per_1", "assignee": None}
REACTION = "tests.base.toys.note_cancelled"


def test_a_message_names_template_and_person_and_no_words() -> None:
    [entry] = outbox.entries(ORDER, "use", [Tell("toy-soon", sms=True)])
    assert entry == {"template": "toy-soon", "to": "per_1", "sms": True, "n": "3.0", "tries": 0}


def test_persons_are_told_once_each_and_nobody_where_there_is_nobody() -> None:
    tells = [
        Tell("toy-soon", to=lambda order: ["per_2", "per_3", "per_2"]),
        Tell("toy-soon", to="assignee"),
        Tell("toy-soon", to="absent"),
    ]
    told = outbox.entries(ORDER, "use", tells)
    assert [(entry["to"], entry["n"]) for entry in told] == [("per_2", "3.0"), ("per_3", "3.1")]


def test_a_reaction_is_promised_after_its_step_and_no_other() -> None:
    assert outbox.entries(ORDER, "use", []) == []
    assert outbox.entries(ORDER | {"kind": "other"}, "cancel", []) == []
    [entry] = outbox.entries(ORDER, "cancel", [])
    assert entry == {"reaction": REACTION, "n": "3.0", "tries": 0}
    assert outbox.reaction(REACTION) is note_cancelled
    assert outbox.reaction("tests.base.toys.gone") is None


def test_a_line_of_a_log_is_made_of_the_order_and_its_step() -> None:
    [entry] = outbox.entries(ORDER, "pin", [])
    assert entry == {"line": "tests.base.toys.pinned", "n": "3.0", "tries": 0}
    order = ORDER | {"version": 4, "timeline": [{"version": 3, "by": "per_1"}, {"version": 4}]}
    assert outbox.line_of(order, entry) == ("toy_log", {"_id": "ord_1:3", "by": "per_1"})


def test_entries_of_one_step_are_numbered_through() -> None:
    told = outbox.entries(ORDER, "cancel", [Tell("toy-soon"), Tell("toy-offered")])
    assert [entry["n"] for entry in told] == ["3.0", "3.1", "3.2"]
