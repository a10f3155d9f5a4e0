"""Whether a reply is what the OpenAPI document promises: status, media type, body, headers."""

from __future__ import annotations

import json
from typing import Any

from openapi_schema_validator import OAS31Validator
from tornado.httpclient import HTTPResponse

PROBLEM = "application/problem+json"


class Conformance:
    """The promises of one OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._operations = {
            (method.upper(), path): operation
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        components = document["components"]
        self._responses = components["responses"]
        schemas = {name: _closed(name, one) for name, one in components["schemas"].items()}
        self._components = {"schemas": schemas}
        self._validators: dict[str, OAS31Validator] = {}

    def check(self, method: str, route: str, reply: HTTPResponse) -> None:
        """Fail unless `reply` is one that the document describes for this operation."""
        where = f"{method} {route} -> {reply.code}"
        responses = self._operations[method, route]["responses"]
        assert str(reply.code) in responses, f"{where} is not documented: {reply.body!r}"
        described = responses[str(reply.code)]
        if "$ref" in described:
            described = self._responses[described["$ref"].rpartition("/")[2]]
        if "content" not in described:
            assert reply.body == b"", where
            return
        media, content = next(iter(described["content"].items()))
        if media != "*/*":
            assert reply.headers["Content-Type"].partition(";")[0] == media, where
            self._validate(where, content["schema"], json.loads(reply.body))
        if media == PROBLEM:
            assert json.loads(reply.body)["status"] == reply.code, where
            assert json.loads(reply.body)["request_id"] == reply.headers["X-Request-Id"], where

    def _validate(self, where: str, schema: dict[str, Any], value: Any) -> None:
        key = json.dumps(schema)
        if key not in self._validators:
            whole = schema | {"components": self._components}
            self._validators[key] = OAS31Validator(whole)
        found = self._validators[key].iter_errors(value)
        faults = [f"{fault.json_path}: {fault.message}" for fault in found]
        assert not faults, f"{where}: {faults}"


def _closed(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with no further members, so that what is sent but not described is noticed."""
    if name == "Problem" or "properties" not in schema:
        return schema
    return {"additionalProperties": False, **schema}
