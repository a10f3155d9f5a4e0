"""A declaration says all there is to know of an endpoint, and a wrong one fails at import."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import pytest

from handlers.base.content import Empty, Uploaded
from handlers.base.endpoint import DeclarationError, Endpoint, Registry
from handlers.base.plan import Plan
from models.base.context import Context
from models.base.quotas import Rate
from models.base.roles import EVERYONE, PUBLIC, Role
from models.base.shapes import Id, Input, Struct


class Cup(Struct):
    size: int


class Brew(Input):
    size: int


def declared(registry: Registry) -> Endpoint:
    (endpoint,) = registry
    return endpoint


def test_a_declaration_becomes_a_record() -> None:
    registry = Registry()

    @registry.post("/api/v1/pots/{pot_id}/cups", allow={Role.CANTEEN}, once=True, limit="5/minute")
    async def brew(ctx: Context, pot_id: Id, body: Brew) -> Cup:
        """Brew a cup.

        It may take a while.
        """
        return Cup(size=body.size)

    endpoint = declared(registry)
    assert (endpoint.method, endpoint.path) == ("POST", "/api/v1/pots/{pot_id}/cups")
    assert (endpoint.summary, endpoint.description) == ("Brew a cup.", "It may take a while.")
    assert endpoint.allow == {Role.CANTEEN}
    assert endpoint.path_types == {"pot_id": Id}
    assert (endpoint.body, endpoint.query, endpoint.reply) == (Brew, None, Cup)
    assert (endpoint.once, endpoint.status, endpoint.name) == (True, 201, "test_endpoint_brew")
    assert endpoint.limit == Rate(5, timedelta(minutes=1))
    assert endpoint.call is brew


def test_an_empty_reply_is_204_and_a_status_may_be_said() -> None:
    registry = Registry()

    @registry.delete("/api/v1/a", allow=EVERYONE)
    async def remove(ctx: Context) -> Empty:
        """Remove."""

    @registry.post("/api/v1/b", allow=PUBLIC, status=202)
    async def ask(ctx: Context) -> Cup:
        """Ask."""
        return Cup(size=1)

    assert [endpoint.status for endpoint in registry] == [204, 202]


async def no_docstring(ctx: Context) -> Cup:
    raise NotImplementedError


async def no_return(ctx: Context):  # type: ignore[no-untyped-def]
    """Nothing is promised."""


async def no_context(body: Brew) -> Cup:
    """Whose turn is it?"""
    raise NotImplementedError


async def untyped(ctx: Context, body) -> Cup:  # type: ignore[no-untyped-def]
    """What is in the body?"""
    raise NotImplementedError


async def good(ctx: Context, pot_id: Id) -> Cup:
    """A cup of a pot."""
    raise NotImplementedError


async def with_body(ctx: Context, body: Brew) -> Cup:
    """A cup."""
    raise NotImplementedError


async def bare(ctx: Context) -> Cup:
    """A cup."""
    raise NotImplementedError


WRONG: dict[str, tuple[str, str, Callable[..., Any], dict[str, Any]]] = {
    "no docstring": ("get", "/a", no_docstring, {}),
    "no return annotation": ("get", "/a", no_return, {}),
    "no context": ("post", "/a", no_context, {}),
    "no type": ("post", "/a", untyped, {}),
    "a name the function lacks": ("get", "/a/{cup_id}", good, {}),
    "a parameter the path lacks": ("get", "/a", good, {}),
    "a name twice": ("get", "/{pot_id}/{pot_id}", good, {}),
    "no address": ("get", "api/v1", bare, {}),
    "a trailing slash": ("get", "/api/", bare, {}),
    "a read with a body": ("get", "/a", with_body, {}),
    "a read that acts once": ("get", "/a", bare, {"once": True}),
    "an unknown role": ("get", "/a", bare, {"allow": {"emperor"}}),
}


@pytest.mark.parametrize(("verb", "path", "call", "more"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_declaration_fails(
    verb: str, path: str, call: Callable[..., Any], more: dict[str, Any]
) -> None:
    registry = Registry()
    with pytest.raises(DeclarationError):
        getattr(registry, verb)(path, **{"allow": EVERYONE} | more)(call)
    assert len(registry) == 0


def test_allow_must_be_written_out() -> None:
    with pytest.raises(TypeError, match="allow"):
        Registry().get("/a")  # type: ignore[call-arg]


def test_an_address_is_declared_once_whatever_its_names() -> None:
    registry = Registry()
    registry.get("/pots/{pot_id}", allow=EVERYONE)(good)

    async def other(ctx: Context, cup_id: Id) -> Cup:
        """Another."""
        raise NotImplementedError

    with pytest.raises(DeclarationError, match="twice"):
        registry.get("/pots/{cup_id}", allow=EVERYONE)(other)
    registry.put("/pots/{cup_id}", allow=EVERYONE)(other)
    assert len(registry) == 2


def test_a_generated_endpoint_is_checked_like_a_written_one() -> None:
    registry = Registry()
    generated = Endpoint(
        method="POST",
        path="/pots/{order_id}/cancel",
        call=good,
        allow=EVERYONE,
        summary="Cancel.",
        reply=Cup,
        name="pots_cancel",
        path_types={"order_id": Id},
    )
    assert registry.register(generated) is generated
    with pytest.raises(DeclarationError, match="twice"):
        registry.register(generated)


def test_an_upload_without_limits_is_refused_at_start() -> None:
    registry = Registry()

    @registry.post("/a", allow=EVERYONE)
    async def take(ctx: Context, body: Uploaded) -> Cup:
        """Take a file."""
        raise NotImplementedError

    with pytest.raises(DeclarationError, match="limits"):
        Plan(declared(registry))


def test_annotated_bodies_are_no_uploads() -> None:
    registry = Registry()

    @registry.post("/a", allow=EVERYONE)
    async def take(ctx: Context, body: Annotated[Brew, "a note"]) -> Cup:
        """Take a note."""
        raise NotImplementedError

    assert Plan(declared(registry)).intake.marker is None
