"""The document is computed from the declarations, and is valid OpenAPI 3.1."""

from __future__ import annotations

import json
from typing import Annotated, Any

from openapi_spec_validator import validate

from handlers.base.content import PNG, XLSX, Empty, File, Raw, RawBody, Shared, Upload, Uploaded
from handlers.base.endpoint import Registry
from handlers.base.openapi import document
from models.base.context import Context
from models.base.roles import EVERYONE, PUBLIC, Role
from models.base.shapes import Day, Id, Input, PageQuery, Struct
from tests.base.web import serving


class Tea(Input):
    kind: Id
    note: str | None = None


class Note(Input):
    note: str = ""


class Pot(Struct):
    id: str
    teas: list[Tea]


class Pots(Struct):
    items: list[Pot]
    next: str | None = None


class PotQuery(PageQuery, kw_only=True):
    day: Day


def teahouse() -> Registry:
    registry = Registry()

    @registry.post("/api/v1/pots", allow=EVERYONE, once=True)
    async def brew(ctx: Context, body: Tea) -> Pot:
        """Brew a pot."""
        raise NotImplementedError

    @registry.get("/api/v1/pots", allow={Role.CANTEEN, Role.MANAGER})
    async def pots(ctx: Context, query: PotQuery) -> Pots:
        """The pots of a day."""
        raise NotImplementedError

    @registry.get("/api/v1/menu", allow=PUBLIC)
    async def menu(ctx: Context) -> Shared[list[Tea]]:
        """What there is."""
        raise NotImplementedError

    @registry.post("/api/v1/pots/{pot_id}/cancel", allow=EVERYONE, versioned=True)
    async def cancel(ctx: Context, pot_id: Id, body: Note) -> Pot:
        """Cancel a pot."""
        raise NotImplementedError

    add_files(registry)
    return registry


def add_files(registry: Registry) -> None:
    @registry.post("/api/v1/pots/{pot_id}/picture", allow=EVERYONE)
    async def picture(
        ctx: Context, pot_id: Id, body: Annotated[Uploaded, Upload(1000, (PNG, XLSX))]
    ) -> Empty:
        """Show a pot."""

    @registry.post("/api/v1/notices", allow=PUBLIC)
    async def notice(ctx: Context, body: Annotated[RawBody, Raw(1000)]) -> File:
        """Take a call-back."""
        raise NotImplementedError


def operation(path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = document(tuple(teahouse()), "t", "1")["paths"][path][method]
    return found


def test_the_document_is_valid() -> None:
    made = json.loads(json.dumps(document(tuple(teahouse()), "勤e家", "1")))
    assert made["openapi"] == "3.1.0"
    validate(made)


def test_a_creating_post_shows_its_key_body_and_reply() -> None:
    brew = operation("/api/v1/pots", "post")
    assert [each["name"] for each in brew["parameters"]] == ["Idempotency-Key"]
    tea = {"$ref": "#/components/schemas/Tea"}
    assert brew["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": tea}},
    }
    pot = {"$ref": "#/components/schemas/Pot"}
    assert brew["responses"]["201"]["content"]["application/json"]["schema"] == pot
    assert {"400", "401", "403", "409", "413", "422", "429", "503"} < set(brew["responses"])
    assert (brew["security"], brew["tags"], brew["summary"]) == (
        [{"bearer": []}],
        ["pots"],
        "Brew a pot.",
    )


def test_a_query_shows_each_field_with_bound_and_default() -> None:
    parameters = {each["name"]: each for each in operation("/api/v1/pots", "get")["parameters"]}
    assert list(parameters) == ["after", "limit", "day"]
    assert parameters["limit"]["schema"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 50,
    }
    assert parameters["day"] == {
        "name": "day",
        "in": "query",
        "required": True,
        "schema": {"type": "string", "format": "date"},
    }


def test_roles_are_shown_only_where_not_everyone_may() -> None:
    assert operation("/api/v1/pots", "get")["x-roles"] == ["canteen", "manager"]
    assert "x-roles" not in operation("/api/v1/pots", "post")
    assert operation("/api/v1/menu", "get")["security"] == []


def test_a_shared_page_shows_its_content_and_that_it_may_be_unchanged() -> None:
    responses = operation("/api/v1/menu", "get")["responses"]
    schema = responses["200"]["content"]["application/json"]["schema"]
    assert schema == {"type": "array", "items": {"$ref": "#/components/schemas/Tea"}}
    assert "304" in responses


def test_a_transition_shows_if_match_and_that_its_body_may_be_left_out() -> None:
    cancel = operation("/api/v1/pots/{pot_id}/cancel", "post")
    assert [each["name"] for each in cancel["parameters"]] == ["pot_id", "If-Match"]
    assert cancel["requestBody"]["required"] is False
    assert "428" in cancel["responses"]


def test_uploads_call_backs_and_files_show_their_media_types() -> None:
    upload = operation("/api/v1/pots/{pot_id}/picture", "post")
    assert list(upload["requestBody"]["content"]) == [PNG, XLSX]
    assert "content" not in upload["responses"]["204"]
    notice = operation("/api/v1/notices", "post")
    assert list(notice["requestBody"]["content"]) == ["application/octet-stream"]
    assert list(notice["responses"]["200"]["content"]) == ["*/*"]


async def test_the_document_is_served_with_the_health_addresses() -> None:
    async with serving(teahouse()) as site:
        reply = await site.fetch("GET", "/api/openapi.json", token=None)
        served = json.loads(reply.body)
        assert reply.headers["Content-Type"] == "application/json"
        assert {"/healthz", "/readyz", "/api/v1/pots"} < set(served["paths"])
        validate(served)
        for word in ("Idempotency-Key", "If-Match", "RFC 9457", "fen", "UTC", "/api/v1/live"):
            assert word in served["info"]["description"]
        assert served["info"]["x-live"]["first_frame"] == {"token": "<access token>"}
        assert (await site.fetch("GET", "/api/docs", token=None)).code == 404


async def test_the_reader_is_a_setting_and_loads_nothing_from_elsewhere() -> None:
    async with serving(teahouse(), docs_enabled=True) as site:
        for path, kind in {
            "/api/docs": "text/html",
            "/api/docs/reference.js": "text/javascript",
            "/api/docs/reference.css": "text/css",
        }.items():
            reply = await site.fetch("GET", path, token=None)
            assert (reply.code, reply.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
            assert "script-src 'self'" in reply.headers["Content-Security-Policy"]
            assert b"http://" not in reply.body
            assert b"https://" not in reply.body
            assert b"<style" not in reply.body
