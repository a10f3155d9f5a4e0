"""Oneself, colleagues, and the roster for the administration."""

from __future__ import annotations

from typing import Annotated

from handlers.base.content import XLSX, Empty, File, Upload, Uploaded
from handlers.base.endpoint import delete, get, post, put
from models import directory, people, privacy
from models.base.context import Context
from models.base.roles import EVERYONE, PUBLIC, Role
from models.base.shapes import Id, PageQuery
from models.directory import ColleaguePage, ColleagueQuery, PeopleQuery, PersonPage, UnitPage
from models.people import Me, PersonLine
from models.privacy import ConsentInput, PrivacyText
from models.roster import changes, imports
from models.roster.changes import RolesInput
from models.roster.imports import ImportQuery, ImportReport
from models.sessions import bindings

MANAGERS = [Role.MANAGER]
ROSTER_BYTES = 2 * 1024 * 1024


@get("/api/v1/privacy", allow=PUBLIC)
async def privacy_text(ctx: Context) -> PrivacyText:
    """The privacy text in force."""
    return privacy.current()


@get("/api/v1/me", allow=EVERYONE)
async def me(ctx: Context) -> Me:
    """Who is signed in."""
    return await people.me(ctx)


@put("/api/v1/me/consent", allow=EVERYONE)
async def agree(ctx: Context, body: ConsentInput) -> Me:
    """Agree to the privacy text."""
    return await privacy.agree(ctx, body)


@delete("/api/v1/me/wechat", allow=EVERYONE)
async def unbind(ctx: Context) -> Empty:
    """Let go of one's WeChat account and sign out everywhere."""
    await bindings.unbind(ctx)


@get("/api/v1/people/colleagues", allow=EVERYONE, limit="60/minute")
async def colleagues(ctx: Context, query: ColleagueQuery) -> ColleaguePage:
    """Find colleagues by the beginning of a name, pinyin, initials or number."""
    return await directory.colleagues(ctx, query)


@get("/api/v1/me/colleagues", allow=EVERYONE)
async def unit_colleagues(ctx: Context, query: PageQuery) -> ColleaguePage:
    """List the people of one's own unit."""
    return await directory.of_my_unit(ctx, query)


@get("/api/v1/units", allow=EVERYONE)
async def units(ctx: Context) -> UnitPage:
    """All units."""
    return await directory.units(ctx)


@get("/api/v1/people", allow=MANAGERS)
async def listed(ctx: Context, query: PeopleQuery) -> PersonPage:
    """People by employee number, phones masked."""
    return await directory.listed(ctx, query)


@get("/api/v1/people/imports/template", allow=MANAGERS)
async def roster_template(ctx: Context) -> File:
    """Download a roster sheet to fill in."""
    return File(await imports.template(ctx), XLSX, "花名册模板.xlsx", inline=False)


@post("/api/v1/people/imports", allow=MANAGERS, fresh=True)
async def import_roster(
    ctx: Context, body: Annotated[Uploaded, Upload(ROSTER_BYTES, (XLSX,))], query: ImportQuery
) -> ImportReport:
    """Import a roster sheet, or with dry_run=true list what it would do."""
    return await imports.import_roster(ctx, body.path, query)


@put("/api/v1/people/{person_id}/roles", allow=MANAGERS, fresh=True)
async def change_roles(ctx: Context, person_id: Id, body: RolesInput) -> PersonLine:
    """Give a person other roles; in force everywhere within a second."""
    return await changes.change_roles(ctx, person_id, body)


@post("/api/v1/people/{person_id}/leave", allow=MANAGERS, fresh=True)
async def leave(ctx: Context, person_id: Id) -> PersonLine:
    """A person has left: sign them out everywhere and free their phone and WeChat account."""
    return await changes.let_leave(ctx, person_id)
