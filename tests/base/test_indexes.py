"""Declaring indexes: what a production MongoDB would refuse is refused at import."""

from __future__ import annotations

from typing import Any

import pytest

from models.base import indexes
from models.base.indexes import declare


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[indexes.Index]]:
    own: dict[str, list[indexes.Index]] = {}
    monkeypatch.setattr(indexes, "INDEXES", own)
    return own


def test_an_index_declared_twice_is_one_index(declared: dict[str, list[indexes.Index]]) -> None:
    declare("orders", [("kind", 1), ("at", -1)])
    declare("orders", [("kind", 1), ("at", -1)])
    assert [index.name for index in declared["orders"]] == ["kind_1_at_-1"]


def test_the_same_keys_with_other_options_are_refused() -> None:
    declare("orders", [("code", 1)])
    with pytest.raises(ValueError, match="declared before with other options"):
        declare("orders", [("code", 1)], unique=True)


@pytest.mark.parametrize(
    ("keys", "options", "why"),
    [
        ([("a", 1)], {"partial": {"a": {"$ne": 1}}}, r"cannot use \$ne"),
        ([("a", 1)], {"partial": {"$and": [{"a": {"$not": {"$gt": 1}}}]}}, r"cannot use \$not"),
        ([("a", 1)], {"partial": {"a": {"$exists": False}}}, r"only \$exists: true"),
        ([("a", 1)], {"partial": {"a": 1}, "sparse": True}, "exclude each other"),
        ([("a", 1), ("a", -1)], {}, "a field twice"),
        ([("a", 2)], {}, "1 or -1"),
    ],
)
def test_what_mongodb_refuses_is_refused_at_import(
    keys: list[tuple[str, int]],
    options: dict[str, Any],
    why: str,
    declared: dict[str, list[indexes.Index]],
) -> None:
    with pytest.raises(ValueError, match=why):
        declare("orders", keys, **options)
    assert declared == {"orders": []}


def test_partial_filters_may_use_what_mongodb_documents() -> None:
    allowed = {"$or": [{"a": {"$in": [1, 2]}}, {"b": {"$gte": 1, "$exists": True}}]}
    declare("orders", [("a", 1)], partial=allowed)
