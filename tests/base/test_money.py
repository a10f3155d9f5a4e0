"""Fen are counted, yuan are read."""

from __future__ import annotations

import pytest

from models.base.money import total, yuan


@pytest.mark.parametrize(
    ("fen", "words"),
    [(1250, "¥12.50"), (0, "¥0.00"), (5, "¥0.05"), (-5, "-¥0.05"), (100_000_00, "¥100000.00")],
)
def test_fen_are_read_as_yuan_with_two_places(fen: int, words: str) -> None:
    assert yuan(fen) == words


def test_lines_add_up_exactly() -> None:
    assert total([(1250, 3), (5, 1)]) == 3755
    assert total([]) == 0
