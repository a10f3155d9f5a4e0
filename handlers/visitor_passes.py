"""The visitor's own page, without an account: whoever has the link."""

from __future__ import annotations

from handlers.base.content import PNG, File
from handlers.base.endpoint import get, post
from models.base.context import Context
from models.base.roles import PUBLIC
from models.visitors import faces, links


@get("/api/v1/visitors/passes/{link}", allow=PUBLIC, limit="120/minute")
async def show(ctx: Context, link: links.Link) -> links.PassView:
    """Show the pass behind a link; looking changes nothing."""
    return await links.show(ctx, link)


@get("/api/v1/visitors/passes/{link}/codes", allow=PUBLIC, limit="120/minute")
async def codes(ctx: Context, link: links.Link) -> links.CodeView:
    """Show the codes of the next two minutes."""
    return await links.shown_codes(ctx, link)


@get("/api/v1/visitors/passes/{link}/pass.png", allow=PUBLIC, limit="60/minute")
async def picture(ctx: Context, link: links.Link) -> File:
    """The pass as a picture with its static code, to be kept or printed."""
    return File(await faces.of_link(ctx, link), PNG, filename="访客通行证.png")


@post("/api/v1/visitors/passes/{link}/fill_in", allow=PUBLIC, limit="30/minute")
async def fill_in(ctx: Context, link: links.Link, body: links.FillIn) -> links.PassView:
    """Say what the host did not know, and agree to the notice."""
    return await links.fill_in(ctx, link, body)
