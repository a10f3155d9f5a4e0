"""Who people are: how they are found by sound, what they may see, and how they change."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from handlers import people as endpoints  # noqa: F401 - declares the addresses asked for here
from handlers.base.endpoint import registry
from models import people
from models.base.audit import AUDIT, entry
from models.base.errors import NotFound
from models.base.revocations import REVOCATIONS
from models.base.store import Document, Duplicate, Store
from models.people import Alteration, PersonChanged
from models.people.spelling import spelled
from tests.base.web import problem, serving
from tests.campus import a_campus, a_person, everything, settle, turn_of

ANN = a_person("S0042", "单雨", openid="o-ann")
BOB = a_person("S0043", "李强")
CHIEF = a_person("A0001", "王芳", roles=["manager"])


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("张伟", "zhangwei", "zw"),
        ("单雨", "shanyu", "sy"),
        ("曾国强", "zengguoqiang", "zgq"),
        ("欧阳娜", "ouyangna", "oyn"),
        ("万俟伟", "moqiwei", "mqw"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("任嘉", "renjia", "rj"),
        ("Ann Lee", "annlee", "al"),
        ("吕布", "lvbu", "lb"),
        ("阿依·古丽", "ayiguli", "aygl"),
    ],
)
def test_a_name_is_spelled_as_the_person_says_it(name: str, pinyin: str, initials: str) -> None:
    assert spelled(name) == (pinyin, initials)


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({}, []),
        ({"roles": ["staff", "leader"]}, ["u:unt_1:leader"]),
        ({"roles": ["staff", "clerk"]}, ["u:unt_1:clerk"]),
        (
            {
                "roles": ["canteen"],
                "posts": [{"role": "canteen", "at": "ctn_1"}, {"role": "canteen", "at": "ctn_2"}],
            },
            ["desk:ctn_1", "desk:ctn_2"],
        ),
        (
            {"roles": ["technician"], "posts": [{"role": "technician", "at": "ven_1"}]},
            ["h:ven_1:per_S0042", "v:ven_1:technician"],
        ),
        ({"roles": ["staff"], "posts": [{"role": "canteen", "at": "ctn_1"}]}, []),
        (
            {"roles": ["manager"], "posts": [{"role": "manager", "at": "meals"}]},
            ["office:meals"],
        ),
    ],
)
def test_what_a_person_may_see_follows_from_roles_and_posts(
    fields: Document, tokens: list[str]
) -> None:
    assert people.tokens(ANN | fields) == sorted(["p:per_S0042", *tokens])


def test_a_manager_of_no_service_in_particular_is_in_every_office() -> None:
    assert "office:people" in people.tokens(CHIEF)


async def test_people_are_found_by_what_identifies_them_while_they_belong_here(
    store: Store,
) -> None:
    gone = a_person("S0044", "陈静", active=False, openid="o-gone")
    await settle(store, ANN, BOB, gone)
    ctx = turn_of(a_campus(store))

    assert await people.by_number(ctx, "s0042") == ANN
    assert await people.by_phone(ctx, BOB["phone"]) == BOB
    assert await people.by_openid(ctx, "o-ann") == ANN
    assert await people.by_numbers(ctx, ["s0042", "S0043", "S0044", "S9999"]) == {
        "s0042": ANN,
        "S0043": BOB,
    }
    for nobody in (
        await people.by_number(ctx, "S0044"),
        await people.by_phone(ctx, gone["phone"]),
        await people.by_openid(ctx, "o-gone"),
    ):
        assert nobody is None
    assert await people.by_id(ctx, "per_S0044") == gone
    with pytest.raises(NotFound):
        await people.by_id(ctx, "per_NOBODY")


async def test_an_alteration_of_an_old_version_changes_nothing(store: Store) -> None:
    await settle(store, ANN, BOB)
    ctx = turn_of(a_campus(store), CHIEF)
    before = await everything(store)
    stale = Alteration(person=ANN | {"version": 7}, sets={"roles": ["leader"]})
    fine = Alteration(person=BOB, sets={"roles": ["leader"]})

    with pytest.raises(PersonChanged):
        await people.alter(ctx, [fine, stale], [(AUDIT, entry(ctx, "act", "thing"))])

    assert await everything(store) == before


async def test_of_ten_alterations_at_once_one_is_made(store: Store) -> None:
    await settle(store, ANN)
    ctx = turn_of(a_campus(store), CHIEF)

    answers = await asyncio.gather(
        *(
            people.alter(ctx, [Alteration(person=ANN, sets={"name": f"单雨{number}"})])
            for number in range(10)
        ),
        return_exceptions=True,
    )

    assert sum(answer is None for answer in answers) == 1
    assert sum(isinstance(answer, PersonChanged) for answer in answers) == 9
    person = await people.by_id(ctx, ANN["_id"])
    assert person["version"] == 2
    assert await store.count(REVOCATIONS, {}) == 1


async def test_a_phone_of_somebody_else_is_refused_but_two_may_swap(store: Store) -> None:
    await settle(store, ANN, BOB)
    ctx = turn_of(a_campus(store), CHIEF)
    taken = Alteration(person=ANN, sets={"phone": BOB["phone"]})
    with pytest.raises(Duplicate):
        await people.alter(ctx, [taken])

    await people.alter(ctx, [taken, Alteration(person=BOB, sets={"phone": ANN["phone"]})])

    assert (await people.by_id(ctx, ANN["_id"]))["phone"] == BOB["phone"]
    assert (await people.by_id(ctx, BOB["_id"]))["phone"] == ANN["phone"]


async def ask(store: Store, method: str, path: str, role: str, **more: Any) -> tuple[int, Any]:
    """One request over HTTP by somebody with `role`."""
    person = {"manager": CHIEF, "staff": ANN}[role]
    async with serving(registry, store=store) as site:
        token = site.token(person["_id"], (role,), no=person["employee_no"], ver=1)
        reply = await site.fetch(method, path, token=token, **more)
        return reply.code, json.loads(reply.body) if reply.body else None


async def test_me_is_the_person_signed_in(store: Store) -> None:
    await settle(store, ANN, CHIEF)

    assert await ask(store, "GET", "/api/v1/me", "staff") == (
        200,
        {
            "id": "per_S0042",
            "employee_no": "S0042",
            "name": "单雨",
            "unit": {"id": "unt_1", "name": "办公室"},
            "roles": ["staff"],
            "posts": [],
            "phone_masked": "138****0042",
            "wechat_bound": True,
            "consent": None,
        },
    )


async def test_only_managers_see_and_change_people(store: Store) -> None:
    await settle(store, ANN, BOB, CHIEF)
    before = await everything(store)
    for method, path, body in (
        ("GET", "/api/v1/people", None),
        ("PUT", "/api/v1/people/per_S0043/roles", {"roles": ["staff", "leader"]}),
        ("POST", "/api/v1/people/per_S0043/leave", {}),
    ):
        status, answer = await ask(store, method, path, "staff", body=body)
        assert (status, answer["code"]) == (403, "forbidden")
    assert await everything(store) == before

    status, answer = await ask(store, "GET", "/api/v1/people?limit=2", "manager")
    assert status == 200
    assert [item["employee_no"] for item in answer["items"]] == ["A0001", "S0042"]
    assert answer["next"] == "S0042"
    path = "/api/v1/people/per_S0043/roles"
    status, answer = await ask(store, "PUT", path, "manager", body={"roles": ["staff", "leader"]})
    assert (status, answer["roles"]) == (200, ["staff", "leader"])
    status, answer = await ask(store, "POST", "/api/v1/people/per_S0043/leave", "manager", body={})
    assert (status, answer["active"], answer["phone_masked"]) == (200, False, "")


async def test_the_privacy_text_is_for_everyone(store: Store) -> None:
    async with serving(registry, store=store) as site:
        reply = await site.fetch("GET", "/api/v1/privacy", token=None)
        assert reply.code == 200
        assert json.loads(reply.body)["version"] == people.PRIVACY_VERSION
        assert problem(await site.fetch("GET", "/api/v1/me", token=None))["status"] == 401
