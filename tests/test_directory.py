"""Finding people by the beginning of what one knows of them."""

from __future__ import annotations

from typing import Any

import pytest

from models.base.context import Context
from models.base.shapes import PageQuery
from models.base.store import Store
from models.directory import ColleagueQuery, PeopleQuery, colleagues, listed, of_my_unit, units
from tests.campus import a_campus, a_person, settle, turn_of

ANN = a_person("S0042", "单雨", openid="o-ann")
PEOPLE = (
    ANN,
    a_person("S0043", "单于明"),
    a_person("S0044", "李强", unit="unt_2"),
    a_person("S0045", "李小强"),
    a_person("S0046", "李离", active=False),
)


async def campus(store: Store) -> Context:
    await settle(store, *PEOPLE)
    await store.insert("units", {"_id": "unt_2", "name": "财政局"})
    return turn_of(a_campus(store), ANN)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("单雨", ["S0042"]),
        ("shany", ["S0042"]),
        ("Shan Yu", ["S0042"]),
        ("chanyu", ["S0043"]),
        ("lxq", ["S0045"]),
        ("lq", ["S0044"]),
        ("李小", ["S0045"]),
        ("li", ["S0044", "S0045"]),
        ("s004", ["S0042", "S0043", "S0044", "S0045"]),
        ("S0044", ["S0044"]),
        ("李离", []),
        ("^l", []),
        (".*", []),
    ],
)
async def test_colleagues_are_found_while_they_belong_here(
    store: Store, typed: str, found: list[str]
) -> None:
    page = await colleagues(await campus(store), ColleagueQuery(q=typed))

    assert [item.employee_no for item in page.items] == found


async def test_a_unit_lists_who_belongs_to_it_page_by_page(store: Store) -> None:
    ctx = await campus(store)
    first = await of_my_unit(ctx, PageQuery(limit=2))
    rest = await of_my_unit(ctx, PageQuery(limit=2, after=first.next))

    assert [item.employee_no for item in first.items] == ["S0042", "S0043"]
    assert [item.employee_no for item in rest.items] == ["S0045"]  # not S0046, who has left
    assert rest.next is None


async def test_a_colleague_is_a_name_a_number_and_a_unit(store: Store) -> None:
    page = await colleagues(await campus(store), ColleagueQuery(q="李强"))

    (item,) = page.items
    assert (item.employee_no, item.name, item.unit) == ("S0044", "李强", "财政局")
    assert item.__struct_fields__ == ("employee_no", "name", "unit")


async def test_at_most_ten_colleagues_are_shown(store: Store) -> None:
    many = [a_person(f"S01{number:02}", "王一一") for number in range(15)]
    await settle(store, *many)

    page = await colleagues(turn_of(a_campus(store)), ColleagueQuery(q="wang"))

    assert [item.employee_no for item in page.items] == [f"S01{n:02}" for n in range(10)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, ["S0042", "S0043", "S0044", "S0045"]),
        ({"limit": 2}, ["S0042", "S0043"]),
        ({"after": "S0043"}, ["S0044", "S0045"]),
        ({"unit": "unt_2"}, ["S0044"]),
        ({"left": True}, ["S0046"]),
        ({"q": "李"}, ["S0044", "S0045"]),
    ],
)
async def test_the_manager_pages_through_people(
    store: Store, query: dict[str, Any], numbers: list[str]
) -> None:
    page = await listed(await campus(store), PeopleQuery(**query))

    assert [item.employee_no for item in page.items] == numbers
    assert page.next == ("S0043" if "limit" in query else None)


async def test_phones_are_masked_for_the_manager_too(store: Store) -> None:
    page = await listed(await campus(store), PeopleQuery(limit=1))

    (item,) = page.items
    assert (item.phone_masked, item.wechat_bound, item.active) == ("138****0042", True, True)


async def test_units_are_listed_by_name(store: Store) -> None:
    page = await units(await campus(store))

    assert sorted((unit.id, unit.name) for unit in page.items) == [
        ("unt_1", "办公室"),
        ("unt_2", "财政局"),
    ]
