"""Changing one person by hand: their roles, or that they have left."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from models import people
from models.base import audit
from models.base.context import Context
from models.base.errors import Conflict, Unprocessable
from models.base.leavings import LEAVINGS, leaving, moving
from models.base.roles import Role
from models.base.shapes import Input
from models.base.store import Document
from models.people import Alteration, PersonLine, Post


class OwnRecord(Conflict):
    """Managers do not change their own roles, nor let themselves leave: another one does."""

    code = "own-record"
    zh = "不能修改自己的角色或状态，请由其他管理员办理。"
    en = "Another manager has to change your own roles or status."


class PersonLeft(Conflict):
    """Somebody who has left holds no role; an import takes them up again."""

    code = "person-left"
    zh = "该人员已离职。"
    en = "This person has left."


class PostWithoutRole(Unprocessable):
    """A place is given for a role that is not."""

    code = "post-without-role"
    zh = "岗位对应的角色“{role}”未选择。"
    en = "A post names the role {role}, which is not given."


class RolesInput(Input):
    """All the roles a person has from now on, and where they serve in them."""

    roles: Annotated[list[Role], Meta(min_length=1, max_length=16)]
    posts: Annotated[list[Post], Meta(max_length=32)] = []


async def change_roles(ctx: Context, person_id: str, body: RolesInput) -> PersonLine:
    """Give a person these roles instead of theirs; in force everywhere within a second.

    Raises `OwnRecord`, `PersonLeft`, `PostWithoutRole`, `PersonChanged`.
    """
    person = await _to_change(ctx, person_id)
    if not person["active"]:
        raise PersonLeft
    for post in body.posts:
        if post.role not in body.roles:
            raise PostWithoutRole(role=post.role.value)
    sets: Document = {
        "roles": [role.value for role in Role if role in body.roles],
        "posts": [{"role": post.role.value, "at": post.at} for post in body.posts],
    }
    before = {name: person[name] for name in sets}
    if sets == before:
        return await people.line(ctx, person)
    entry = audit.entry(ctx, "person.roles", person_id, before, sets)
    inserts = [(audit.AUDIT, entry), moving_of(ctx, person)]
    await people.alter(ctx, [Alteration(person=person, sets=sets)], inserts)
    return await people.line(ctx, await people.by_id(ctx, person_id))


async def let_leave(ctx: Context, person_id: str) -> PersonLine:
    """A person belongs here no longer: signed out within a second, their orders called off soon.

    A second time changes nothing. Raises `OwnRecord`, `PersonChanged`.
    """
    person = await _to_change(ctx, person_id)
    if not person["active"]:
        return await people.line(ctx, person)
    await people.alter(ctx, [departure(person, ctx.now)], leaving_of(ctx, person))
    return await people.line(ctx, await people.by_id(ctx, person_id))


async def _to_change(ctx: Context, person_id: str) -> Document:
    if person_id == ctx.actor.id:
        raise OwnRecord
    return await people.by_id(ctx, person_id)


def departure(person: Document, now: datetime) -> Alteration:
    """What changes of somebody who leaves: phone and WeChat account are free for others again."""
    return Alteration(
        person=person,
        sets={"active": False, "left_at": now},
        unsets=[name for name in ("phone", "openid") if name in person],
        ends_sessions=True,
    )


def moving_of(ctx: Context, person: Document) -> tuple[str, Document]:
    """What is inserted when the roles or posts of `person` change: the workers' errand."""
    return LEAVINGS, moving(person["_id"], person["version"] + 1, ctx.now)


def leaving_of(ctx: Context, person: Document) -> list[tuple[str, Document]]:
    """What is inserted when `person` leaves: the workers' errand, and the record."""
    entry = audit.entry(ctx, "person.leave", person["_id"], {"active": True}, {"active": False})
    return [
        (LEAVINGS, leaving(person["_id"], person["version"] + 1, ctx.now)),
        (audit.AUDIT, entry),
    ]
