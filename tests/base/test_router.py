"""Addresses find their endpoint, literal words before names."""

from __future__ import annotations

import pytest

from handlers.base.problems import MethodNotAllowed
from handlers.base.router import Router
from models.base.errors import NotFound


@pytest.fixture
def router() -> Router[str]:
    made: Router[str] = Router()
    made.add("GET", "/api/v1/meals/{order_id}", "order")
    made.add("GET", "/api/v1/meals/sittings", "sittings")
    made.add("PUT", "/api/v1/meals/sittings/{sitting_id}", "change sitting")
    made.add("POST", "/api/v1/meals/{order_id}/cancel", "cancel")
    made.add("GET", "/api/v1/meals/menus/sheet", "sheet")
    made.add("POST", "/api/v1/meals/sittings/{id}/dishes/{dish}/sold-out", "sold out")
    return made


def test_a_literal_word_wins_over_a_name(router: Router[str]) -> None:
    assert router.find("GET", "/api/v1/meals/sittings") == ("sittings", ())
    assert router.find("GET", "/api/v1/meals/ord_1") == ("order", ("ord_1",))


def test_names_keep_their_order(router: Router[str]) -> None:
    found = router.find("POST", "/api/v1/meals/sittings/sit_1/dishes/dis_2/sold-out")
    assert found == ("sold out", ("sit_1", "dis_2"))


def test_a_literal_word_that_leads_nowhere_is_taken_for_a_name(router: Router[str]) -> None:
    found = router.find("POST", "/api/v1/meals/menus/cancel")
    assert found == ("cancel", ("menus",))


def test_values_are_unquoted_once(router: Router[str]) -> None:
    assert router.find("GET", "/api/v1/meals/%E9%A5%AD%2541")[1] == ("饭%41",)


@pytest.mark.parametrize(
    "path",
    ["/", "/api", "/api/v1/meals/", "/api/v1/meals//", "/api/v1/meals/a/b/c", "/api/v1/meals/%FF"],
)
def test_what_leads_nowhere_is_not_found(router: Router[str], path: str) -> None:
    with pytest.raises(NotFound):
        router.find("GET", path)


def test_a_wrong_verb_names_the_right_ones(router: Router[str]) -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        router.find("POST", "/api/v1/meals/sittings")
    assert refused.value.allow == "GET, HEAD"


def test_a_head_is_found_as_a_get(router: Router[str]) -> None:
    assert router.find("HEAD", "/api/v1/meals/sittings") == ("sittings", ())


def test_a_thousand_segments_are_not_followed(router: Router[str]) -> None:
    with pytest.raises(NotFound):
        router.find("GET", "/x" * 30_000)
