"""The benchmarks measure what they say, and notice a wrong answer."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from scripts.bench.__main__ import LEGS, bench, main
from scripts.bench.asking import STAFF
from scripts.bench.figures import AT_LEAST, AT_MOST, Line, Target, alternate, percentile
from scripts.bench.live import _check
from scripts.bench.load import Answer, Run
from scripts.bench.rooms import _booked as _rooms_booked
from scripts.bench.rooms import _overlapping
from scripts.bench.rush import WrongAnswer, _booked
from scripts.bench.seed_rooms import Slot
from scripts.bench.sockets import Seen
from scripts.bench.templates import Scale

TINY = Scale(
    people=24,
    places=16,
    at_once=8,
    reads=40,
    others=60,
    singles=4,
    sockets=6,
    moves=4,
    meetings=40,
    bookers=8,
    series=2,
    pages=20,
    cold=1,
    a_day=2,
    uploads=2,
    reports=16,
    reporters=4,
    tickets=30,
    boards=2,
    reckonings=3,
    visitors=8,
    rounds=1,
)


VERDICTS = [
    ("rush", "ratio_to_naive"),
    ("rush", "p99_ms"),
    ("rush", "round_trips_per_order"),
    ("rush", "server_cpu_ms_per_order"),
    ("rush", "server_memory_mb"),
    ("pair", "ratio_to_one_process"),
    ("reading", "ratio_to_bare_handler"),
    ("crowd", "time_against_empty"),
    ("live", "p50_ms"),
    ("live", "p99_ms"),
    ("rooms", "ratio_to_naive"),
    ("rooms", "round_trips_per_order"),
    ("rooms", "server_cpu_ms_per_order"),
    ("grid", "cold_p99_ms"),
    ("grid", "ratio_to_bare_handler"),
    ("photos", "loop_lag_p99_ms"),
    ("photos", "others_p99_ms"),
    ("reporting", "ratio_to_insert"),
    ("board", "p99_ms"),
    ("ledger", "p50_ms"),
    ("scans", "p99_ms"),
    ("scans", "server_cpu_ms_per_scan"),
    ("pass", "p50_cpu_ms"),
]


@pytest.mark.slow
def test_every_leg_runs_and_ends_in_its_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = bench(list(LEGS), TINY)
    assert [(each["leg"], each["figure"]) for each in verdicts] == VERDICTS
    assert all(each["median"] > 0 and each["rounds"] == 1 for each in verdicts)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["leg"], line.get("side", line.get("others"))) for line in lines] == [
        ("rush", "1 server process"),
        ("rush", "naive"),
        ("pair", "2 server processes"),
        ("pair", "1 server process"),
        ("reading", "server"),
        ("reading", "bare handler"),
        ("crowd", 0),
        ("crowd", 60),
        ("live", None),
        ("live", "2 server processes"),
        ("rooms", "1 server process"),
        ("rooms", "naive"),
        ("series", "days never wanted"),
        ("series", "days that are there"),
        ("grid", "cold"),
        ("grid", "server"),
        ("grid", "bare handler"),
        ("photos", "2 at once"),
        ("reporting", "1 server process"),
        ("reporting", "bare insert"),
        ("board", "30 open tickets"),
        ("ledger", None),
        ("scans", "50 a second"),
        ("scans", "16 desks at once"),
        ("pass", None),
    ]
    assert lines[0]["commands"]["commitTransaction"] >= 2


def test_who_is_not_told_or_told_of_others_is_noticed() -> None:
    right = Seen(answered=[2.0], told=[3.0], statuses=[200], strays=[])
    _check(right)
    for wrong in (
        replace(right, told=[-1.0]),
        replace(right, statuses=[409]),
        replace(right, strays=['{"order_id": "ord_2"}']),
    ):
        with pytest.raises(WrongAnswer):
            _check(wrong)


def test_a_leg_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["lunch"])
    assert "no such leg: lunch" in capsys.readouterr().err


def _run(*answers: tuple[int, dict[str, Any]]) -> Run:
    bodies = [json.dumps(body) for _, body in answers]
    return Run(1.0, 0.1, [Answer(status, 5.0, n) for n, (status, _) in enumerate(answers)], bodies)


def test_answers_are_checked_one_by_one() -> None:
    mine = {"id": "ord_1", "owner": STAFF[0]["_id"], "state": "booked"}
    full = {"code": "sitting-full"}
    assert list(_booked(_run((201, mine), (409, full)))) == [("ord_1", STAFF[0]["_id"])]
    for wrong in (
        (201, {**mine, "owner": STAFF[1]["_id"]}),  # somebody else's
        (201, {**mine, "state": "waiting"}),
        (409, {"code": "already-booked"}),
        (503, {"code": "overloaded"}),
    ):
        with pytest.raises(WrongAnswer):
            list(_booked(_run(wrong)))


def test_a_room_that_is_refused_or_another_one_is_noticed() -> None:
    slot = Slot("room_07", date(2026, 11, 23), 540)
    mine = {"id": "ord_1", "owner": STAFF[0]["_id"], "state": "booked"}
    right = {"room": {"id": slot.room}, "date": "2026-11-23"}
    assert list(_rooms_booked(_run((201, mine | {"data": right})), [slot])) == [
        ("ord_1", (STAFF[0]["_id"], slot))
    ]
    for wrong in (
        (201, mine | {"data": right | {"date": "2026-11-24"}}),
        (201, mine | {"data": right, "owner": STAFF[1]["_id"]}),
        (409, {"code": "room-taken"}),
    ):
        with pytest.raises(WrongAnswer):
            list(_rooms_booked(_run(wrong), [slot]))


def test_meetings_overlap_where_one_begins_before_the_one_before_ends() -> None:
    entries = [{"from": 540, "to": 570}, {"from": 570, "to": 600}, {"from": 599, "to": 630}]
    assert list(_overlapping(entries)) == [(entries[1], entries[2])]


def test_sides_are_measured_in_turns(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    def side(name: str) -> Line:
        seen.append(name)
        return {"side": name, "place": len(seen)}

    pairs = alternate(3, lambda: side("A"), lambda: side("B"))
    assert seen == ["A", "B", "B", "A", "A", "B"]
    assert [(one["place"], two["place"]) for one, two in pairs] == [(1, 2), (4, 3), (5, 6)]
    rounds = [json.loads(line)["round"] for line in capsys.readouterr().out.splitlines()]
    assert rounds == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    ("bound", "value", "reached"),
    [(AT_LEAST, 2.0, True), (AT_LEAST, 2.1, False), (AT_MOST, 2.0, True), (AT_MOST, 1.9, False)],
)
def test_a_verdict_is_the_median_with_its_spread(bound: str, value: float, reached: bool) -> None:
    assert Target("rush", "ratio", bound, value).judged([1.0, 4.0, 2.0]) == {
        "leg": "rush",
        "figure": "ratio",
        "median": 2.0,
        "lowest": 1.0,
        "highest": 4.0,
        "rounds": 3,
        "target": f"{bound} {value:g}",
        "reached": reached,
    }


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert [percentile(values, p) for p in (50, 99, 100)] == [50.0, 99.0, 100.0]
    assert percentile([7.0], 99) == 7.0
