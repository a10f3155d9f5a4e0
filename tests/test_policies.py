"""The administration reads and sets the rules, on the record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from handlers import policies as endpoints  # noqa: F401 - declares the addresses asked for here
from handlers.base.endpoint import registry
from models.base import policies as base
from models.base.audit import AUDIT
from models.base.store import Store
from models.policies import PolicyInput, ScopeUnknown, decide, listed
from tests.base.web import serving
from tests.campus import a_campus, a_person, settle, turn_of
from tests.machinery import MovingClock

CHIEF = a_person("A0001", "王芳", roles=["manager"])
TODAY = date(2026, 11, 23)


class Patience(msgspec.Struct, forbid_unknown_fields=True):
    days: Annotated[int, Meta(ge=1, le=30, title="天数")] = 7


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    base.declare("toy.patience", "耐心", Patience, scoped="canteen")
    base.declare("toy.strict", "严格", type("Strict", (Patience,), {}))
    yield
    del base._DECLARED["toy.patience"], base._DECLARED["toy.strict"]


async def test_an_undecided_policy_shows_the_rule_and_its_form(store: Store) -> None:
    page = await listed(turn_of(a_campus(store), CHIEF))

    item = next(item for item in page.items if item.name == "toy.patience")
    assert (item.title, item.scope, item.value, item.valid_from) == ("耐心", "", {"days": 7}, None)
    assert item.history == []
    assert item.schema["$defs"]["Patience"]["properties"]["days"]["title"] == "天数"


async def test_a_decision_is_in_force_told_with_its_author_and_recorded(store: Store) -> None:
    await settle(store, CHIEF)
    ctx = turn_of(a_campus(store), CHIEF)

    view = await decide(ctx, "toy.patience", PolicyInput(value={"days": 3}, valid_from=TODAY))

    assert (view.value, view.valid_from) == ({"days": 3}, TODAY)
    assert [(d.value, d.by) for d in view.history] == [({"days": 3}, "王芳")]
    (entry,) = await store.find(AUDIT, {})
    assert (entry["act"], entry["object"]) == ("policy.decide", "policy:toy.patience")
    assert entry["after"] == {"scope": "", "valid_from": "2026-11-23", "value": {"days": 3}}


async def test_each_scope_that_was_decided_on_is_an_item(store: Store) -> None:
    clock = MovingClock()
    await settle(store, CHIEF)
    ctx = turn_of(a_campus(store, clock), CHIEF)
    later = PolicyInput(value={"days": 5}, valid_from=date(2026, 12, 1), scope="ctn_1")

    view = await decide(ctx, "toy.patience", later)

    assert (view.scope, view.value, view.valid_from) == ("ctn_1", {"days": 7}, None)
    items = [item for item in (await listed(ctx)).items if item.name == "toy.patience"]
    assert [item.scope for item in items] == ["", "ctn_1"]


async def test_a_policy_without_scopes_takes_none(store: Store) -> None:
    await settle(store, CHIEF)
    ctx = turn_of(a_campus(store), CHIEF)
    scoped = PolicyInput(value={"days": 5}, valid_from=TODAY, scope="ctn_1")

    with pytest.raises(ScopeUnknown):
        await decide(ctx, "toy.strict", scoped)

    assert await store.count(base.COLLECTION, {}) == 0


async def test_policies_are_set_over_http(store: Store) -> None:
    await settle(store, CHIEF)
    async with serving(registry, store=store) as site:
        token = site.token(CHIEF["_id"], ("manager",), ver=1)
        body = {"value": {"days": 4}, "valid_from": "2026-11-23"}
        reply = await site.fetch("PUT", "/api/v1/policies/toy.patience", body, token)
        assert (reply.code, json.loads(reply.body)["value"]) == (200, {"days": 4})
        wrong = {"value": {"days": 0}, "valid_from": "2026-11-23"}
        reply = await site.fetch("PUT", "/api/v1/policies/toy.patience", wrong, token)
        assert (reply.code, json.loads(reply.body)["code"]) == (422, "policy-wrong")
        reply = await site.fetch("GET", "/api/v1/policies", token=token)
        assert "toy.patience" in [item["name"] for item in json.loads(reply.body)["items"]]
        reply = await site.fetch("PUT", "/api/v1/policies/toy.patience", body)
        assert reply.code == 403
