"""The OpenAPI 3.1 document, computed from the declarations, so that it cannot lag behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final, get_args, get_origin

import msgspec

from handlers.base.bodies import JSON, Intake
from handlers.base.content import File, Shared, Upload
from handlers.base.endpoint import Endpoint
from handlers.base.problems import MEDIA_TYPE, Problem
from models.base.errors import Refusal
from models.base.roles import EVERYONE

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"
_BEARER: Final[Json] = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
_REFUSALS: Final = (400, 401, 403, 404, 405, 409, 413, 415, 422, 428, 429, 503)
_ALWAYS: Final = (400, 404, 409, 422, 429, 503)
_IDEMPOTENCY_KEY: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Made once per intent and sent again with every repetition of it.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": 16, "maxLength": 64},
}
_IF_MATCH: Final[Json] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The quoted version this request was decided on.",
    "schema": {"type": "string", "pattern": '^"[1-9][0-9]{0,9}"$'},
    "example": '"3"',
}


class _Schemas:
    """Schemas of all types of the document, named once under components."""

    def __init__(self, types: Iterable[Any]) -> None:
        self.components: Json = {}
        self._schemas: list[tuple[Any, Json]] = []
        unique: list[Any] = []
        for kind in types:
            if kind is not None and not any(kind is known for known in unique):
                unique.append(kind)
        schemas, self.components = msgspec.json.schema_components(unique, ref_template=_REF)
        self._schemas = list(zip(unique, schemas, strict=True))

    def of(self, kind: Any) -> Json:
        return next(schema for known, schema in self._schemas if known is kind)


def document(endpoints: Sequence[Endpoint], title: str, version: str, **more: Any) -> Json:
    """The whole document as JSON values; `more` are further members of `info`."""
    schemas = _Schemas(_types(endpoints))
    paths: dict[str, Json] = {}
    for endpoint in endpoints:
        operations = paths.setdefault(endpoint.path, {})
        operations[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, **more},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {f"Refusal{status}": _refusal(status) for status in _REFUSALS},
            "securitySchemes": {"bearer": _BEARER},
        },
    }


def reply_type(endpoint: Endpoint) -> Any:
    """The JSON type an endpoint answers with; None where the reply is a file or empty."""
    reply = endpoint.reply
    if reply is File or endpoint.status == HTTPStatus.NO_CONTENT:
        return None
    if get_origin(reply) is Shared:
        return get_args(reply)[0]
    return Any if reply is Shared else reply


def tag(endpoint: Endpoint) -> str:
    """The group of an endpoint: its own, or the segment after `/api/v1/`."""
    segments = endpoint.path.split("/")
    return endpoint.tag or (segments[3] if len(segments) > 3 else "house")


def _types(endpoints: Iterable[Endpoint]) -> Iterable[Any]:
    yield Problem
    for endpoint in endpoints:
        yield reply_type(endpoint)
        yield from endpoint.path_types.values()
        if endpoint.query is not None:
            yield from (field.type for field in _fields(endpoint.query))
        if endpoint.body is not None and Intake(endpoint.body).marker is None:
            yield endpoint.body


def _operation(endpoint: Endpoint, schemas: _Schemas) -> Json:
    operation: Json = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [tag(endpoint)],
        "parameters": list(_parameters(endpoint, schemas)),
        "responses": _responses(endpoint, schemas),
        "security": [{"bearer": []}] if endpoint.allow else [],
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.allow and endpoint.allow != EVERYONE:
        operation["x-roles"] = sorted(endpoint.allow)
    if endpoint.body is not None:
        operation["requestBody"] = _request_body(endpoint.body, schemas)
    return operation


def _parameters(endpoint: Endpoint, schemas: _Schemas) -> Iterable[Json]:
    for name in re.findall(r"\{([a-z_]+)\}", endpoint.path):
        schema = schemas.of(endpoint.path_types[name])
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    for field in _fields(endpoint.query) if endpoint.query else ():
        schema = dict(schemas.of(field.type))
        if not field.required and field.default not in (msgspec.NODEFAULT, None):
            schema["default"] = msgspec.to_builtins(field.default)
        yield {
            "name": field.encode_name,
            "in": "query",
            "required": field.required,
            "schema": schema,
        }
    if endpoint.once:
        yield _IDEMPOTENCY_KEY
    if endpoint.versioned:
        yield _IF_MATCH


@cache
def _fields(query: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a query, read once: each reading makes their unions anew."""
    return msgspec.structs.fields(query)


def _request_body(annotation: Any, schemas: _Schemas) -> Json:
    marker = Intake(annotation).marker
    if marker is None:
        content: Json = {JSON: {"schema": schemas.of(annotation)}}
        return {"required": _has_required(annotation), "content": content}
    kinds = marker.kinds if isinstance(marker, Upload) else ("application/octet-stream",)
    return {
        "required": True,
        "description": f"At most {marker.max_bytes} bytes.",
        "content": {kind: {} for kind in kinds},
    }


def _has_required(annotation: Any) -> bool:
    """Whether the body may be left out: only where it could as well be `{}`."""
    try:
        msgspec.convert({}, annotation)
    except (msgspec.ValidationError, Refusal):  # a type may refuse in its own words
        return True
    return False


def _responses(endpoint: Endpoint, schemas: _Schemas) -> Json:
    good: Json = {"description": HTTPStatus(endpoint.status).phrase}
    kind = reply_type(endpoint)
    if endpoint.reply is File:
        good["content"] = {"*/*": {}}
    elif kind is not None:
        good["content"] = {JSON: {"schema": schemas.of(kind)}}
    responses: Json = {str(endpoint.status): good}
    if Shared in (endpoint.reply, get_origin(endpoint.reply)):
        responses["304"] = {"description": "Unchanged since the ETag in If-None-Match"}
    for status in sorted({*_ALWAYS, *_particular(endpoint)}):
        responses[str(status)] = {"$ref": f"#/components/responses/Refusal{status}"}
    return responses


def _particular(endpoint: Endpoint) -> Iterable[int]:
    if endpoint.allow:
        yield from (401, 403)
    elif endpoint.method == "POST":
        yield 401  # what is sent may itself be a session that has ended
    if endpoint.method in ("POST", "PUT"):
        yield from (413, 415)
    if endpoint.versioned:
        yield 428


def _refusal(status: int) -> Json:
    schema: Mapping[str, str] = {"$ref": _REF.format(name="Problem")}
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
