"""The people of the campus: who they are, where they serve, and what they may therefore see.

A document of `people` (absent where empty):
    _id, employee_no, name, unit    `per_…`; the number people know each other by; `unt_…`
    pinyin, initials                for finding them: "zhangwei", "zw"
    phone, openid                   of one person at most; taken away from those who leave
    roles, posts                    what they do; where: [{role, at}], a canteen, gate or vendor
    pools                           whose open work a technician sees: "<category>:<vendor>"
    stands_in                       for whom and when: [{id, for, from, to, posts?, note?}], dates
                                    inclusive; `posts`: of theirs that are lent meanwhile
    active, left_at                 whether they still belong here
    consent                         {version, at} of the privacy text they agreed to
    version                         counts changes: an access token tells from which one it was made
    epoch                           counts the times all their sessions were ended
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from msgspec import UNSET, UnsetType

from models.base import visibility
from models.base.audit import masked
from models.base.clock import campus_date
from models.base.context import Actor, Context
from models.base.errors import Conflict, NotFound, SignInNeeded
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.revocations import REVOCATIONS, person_changed
from models.base.roles import Role
from models.base.shapes import Id, Input, Struct
from models.base.store import Contended, Document, Transaction
from models.base.workflow import workflows
from models.people.spelling import spelled
from models.people.standing import AT_VENDOR, LENT, posts_on, roles_on, standing_in

PEOPLE: Final = "people"
UNITS: Final = "units"  # {_id, name}
PRIVACY_VERSION: Final = "2026-12"  # of the text in models/privacy.py
TOKEN_FIELDS: Final = {"name", "unit", "roles", "posts", "pools", "active", "stands_in"}
OWN_OFFICES: Final = ("people",)  # decided by managers although nobody orders it

index(PEOPLE, [("employee_no", 1)], unique=True)
index(PEOPLE, [("phone", 1)], unique=True, sparse=True)
index(PEOPLE, [("openid", 1)], unique=True, sparse=True)
index(PEOPLE, [("unit", 1), ("employee_no", 1)])
index(PEOPLE, [("posts", 1)], sparse=True)
index(PEOPLE, [("name", 1)])
index(PEOPLE, [("pinyin", 1)])
index(PEOPLE, [("initials", 1)])
index(UNITS, [("name", 1)], unique=True)


class PersonChanged(Conflict):
    """Somebody else has changed the same person meanwhile."""

    code = "person-changed"
    zh = "人员信息刚被更新，请刷新后重试。"
    en = "This person was changed by somebody else; reload and try again."


class UnitView(Struct):
    """A unit of the campus."""

    id: str
    name: str


class Post(Input):
    """Where somebody serves in a role: a canteen, a gate, a vendor; for a manager, a service."""

    role: Role
    at: Id


class PersonView(Struct):
    """A person as they see themselves when they sign in."""

    id: str
    employee_no: str
    name: str
    unit: UnitView
    roles: list[Role]
    posts: list[Post]


class Consent(Struct):
    """Which privacy text was agreed to, and when."""

    version: str
    at: datetime


class Me(PersonView):
    """The person who is signed in."""

    phone_masked: str
    wechat_bound: bool
    consent: Consent | None


class PersonLine(PersonView):
    """A person in the manager's list."""

    phone_masked: str
    wechat_bound: bool
    active: bool
    left_at: datetime | UnsetType = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """A change of one person: guarded by the version that `person` was read in."""

    person: Document
    sets: Document = field(default_factory=dict)
    unsets: Sequence[str] = ()
    ends_sessions: bool = False

    @property
    def version(self) -> int:
        """The person's version afterwards."""
        return int(self.person["version"]) + 1

    @property
    def refuses_tokens(self) -> bool:
        """Whether an access token made before would tell something untrue."""
        return self.ends_sessions or not TOKEN_FIELDS.isdisjoint({*self.sets, *self.unsets})

    def revocation(self, now: datetime) -> Document:
        return person_changed(self.person["_id"], self.version, now)

    def update(self) -> Document:
        change: Document = {"$inc": {"version": 1, "epoch": int(self.ends_sessions)}}
        if self.sets:
            change["$set"] = self.sets
        if self.unsets:
            change["$unset"] = dict.fromkeys(self.unsets, "")
        return change


def new(employee_no: str, name: str, unit: str) -> Document:
    """The document of somebody who joins, with no role yet."""
    pinyin, initials = spelled(name)
    return {
        "_id": new_id("per"), "employee_no": employee_no, "name": name, "unit": unit,
        "pinyin": pinyin, "initials": initials, "roles": [], "posts": [],
        "active": True, "version": 1, "epoch": 0,
    }  # fmt: skip


async def alter(
    ctx: Context,
    alterations: Sequence[Alteration],
    inserts: Iterable[tuple[str, Document]] = (),
) -> None:
    """Change people, and insert what goes with it, all or nothing. Their old tokens are refused.

    Raises `PersonChanged`, or `Duplicate` where a number, phone or account is somebody else's.
    """
    now = ctx.house.clock()
    revocations = [each.revocation(now) for each in alterations if each.refuses_tokens]
    documents: dict[str, list[Document]] = defaultdict(list)
    for collection, document in inserts:
        documents[collection].append(document)
    documents[REVOCATIONS] += revocations

    def work(transaction: Transaction) -> None:
        _update(transaction, alterations)
        for collection, many in documents.items():
            if many:
                transaction.insert(collection, many)

    try:
        await ctx.store.transaction(work)
    except Contended as fault:
        raise PersonChanged from fault
    for revocation in revocations:
        ctx.house.revocations.add(revocation)
    ctx.house.post()


def _update(transaction: Transaction, alterations: Sequence[Alteration]) -> None:
    # A number may go from one person to another in one import, so they are all let go first.
    released = [each.person["_id"] for each in alterations if "phone" in each.sets]
    if released:
        free = [({"_id": key}, {"$unset": {"phone": ""}}) for key in released]
        transaction.update(PEOPLE, free)
    changes = [
        ({"_id": each.person["_id"], "version": each.person["version"]}, each.update())
        for each in alterations
    ]
    if changes and transaction.update(PEOPLE, changes) != len(changes):
        raise PersonChanged


async def by_id(ctx: Context, person_id: str) -> Document:
    """The person, also one who left. Raises `NotFound`."""
    person = await ctx.store.get(PEOPLE, person_id)
    if person is None:
        raise NotFound
    return person


async def by_number(ctx: Context, employee_no: str) -> Document | None:
    """Whoever has this employee number and still belongs here."""
    where = {"employee_no": employee_no.upper(), "active": True}
    return await ctx.store.first(PEOPLE, where)


async def by_numbers(ctx: Context, numbers: Iterable[str]) -> dict[str, Document]:
    """Those with these employee numbers who still belong here, by the number as it was given."""
    wanted = {number: number.upper() for number in numbers}
    found = await ctx.store.find(PEOPLE, {"employee_no": {"$in": sorted(set(wanted.values()))}})
    active = {person["employee_no"]: person for person in found if person["active"]}
    return {given: active[number] for given, number in wanted.items() if number in active}


async def by_phone(ctx: Context, phone: str) -> Document | None:
    """Whoever has this phone and still belongs here."""
    return await ctx.store.first(PEOPLE, {"phone": phone, "active": True})


async def by_openid(ctx: Context, openid: str) -> Document | None:
    """Whoever this WeChat account is bound to and still belongs here."""
    return await ctx.store.first(PEOPLE, {"openid": openid, "active": True})


async def serving(ctx: Context, role: Role, at: str) -> list[Document]:
    """Those who serve at a place in this role now, and who stands in for them there today."""
    post = {"role": role.value, "at": at}  # found as a whole, its members in this order
    found = await ctx.store.find(PEOPLE, {"posts": post, "active": True, "roles": role.value})
    if role not in LENT or not found:
        return found
    absent = {"$in": [person["_id"] for person in found]}
    deputies = await ctx.store.find(PEOPLE, {"stands_in.for": absent, "active": True})
    today = campus_date(ctx.now)
    return found + [
        each for each in deputies if each not in found and post in posts_on(each, today)
    ]


def tokens(person: Document, day: date | None = None) -> list[str]:
    """The visibility tokens of a person: their own, their unit's, and those of where they serve.

    With a campus `day` also those of the people they stand in for on it.
    """
    roles = set(map(Role, roles_on(person, day)))
    held = {visibility.person(person["_id"])}
    held.update(visibility.deputy(each["for"]) for each in standing_in(person, day))
    if Role.LEADER in roles:
        held.add(visibility.leader(person["unit"]))
    if Role.CLERK in roles:
        held.add(visibility.clerk(person["unit"]))
    places: dict[Role, list[str]] = defaultdict(list)
    for post in posts_on(person, day):
        places[Role(post["role"])].append(post["at"])
    if Role.MANAGER in roles:
        every = {*OWN_OFFICES, *(workflow.service for workflow in workflows())}
        held.update(visibility.office(each) for each in places[Role.MANAGER] or every)
    for role in roles - {Role.MANAGER}:
        held.update(_serving(role, at) for at in places[role])
    if Role.TECHNICIAN in roles:
        held.update(visibility.hand(at, person["_id"]) for at in places[Role.TECHNICIAN])
        held.update(_pools(person, places[Role.TECHNICIAN]))
    return sorted(held)


def _pools(person: Document, vendors: Sequence[str]) -> Iterator[str]:
    """The pools of those vendors for which the person still works."""
    split = (each.split(":") for each in person.get("pools", ()))
    return (visibility.pool(category, at) for category, at in split if at in vendors)


def _serving(role: Role, at: str) -> str:
    return visibility.vendor(at, role) if role in AT_VENDOR else visibility.desk(at)


def claims(person: Document, day: date | None = None) -> dict[str, Any]:
    """What an access token of `day` tells of a person, so that no request has to read them."""
    return {
        "sub": person["_id"],
        "no": person["employee_no"],
        "name": person["name"],
        "unit": person["unit"],
        "roles": roles_on(person, day),
        "tokens": tokens(person, day),
        "ver": person["version"],
    }


def actor(person: Document, day: date | None = None) -> Actor:
    """A person as the one who acts on `day`, before a session names them."""
    roles = frozenset(map(Role, roles_on(person, day)))
    return Actor(
        id=person["_id"],
        employee_no=person["employee_no"],
        name=person["name"],
        unit=person["unit"],
        roles=roles,
        tokens=frozenset(tokens(person, day)),
    )


async def view(ctx: Context, person: Document) -> PersonView:
    """A person as a session shows them."""
    names = await unit_names(ctx, [person["unit"]])
    return PersonView(**_shown(person, names, campus_date(ctx.now)))


async def me(ctx: Context) -> Me:
    """The person who is signed in, as they are now. Raises `SignInNeeded` if they have left."""
    person = await ctx.store.get(PEOPLE, ctx.actor.id)
    if person is None or not person["active"]:
        raise SignInNeeded
    names = await unit_names(ctx, [person["unit"]])
    consent = person.get("consent")
    return Me(
        **_shown(person, names, campus_date(ctx.now)),
        phone_masked=masked(person.get("phone", "")),
        wechat_bound="openid" in person,
        consent=Consent(**consent) if consent else None,
    )


async def unit_names(ctx: Context, ids: Iterable[str]) -> dict[str, str]:
    """The names of units by id; an unknown one is called by its id."""
    wanted = sorted(set(ids))
    found = await ctx.store.find(UNITS, {"_id": {"$in": wanted}}) if wanted else []
    return {key: key for key in wanted} | {unit["_id"]: unit["name"] for unit in found}


async def names(ctx: Context, ids: Iterable[str]) -> dict[str, str]:
    """The names of people by id, also of those who left."""
    wanted = sorted(set(ids))
    where = {"_id": {"$in": wanted}}
    found = await ctx.store.find(PEOPLE, where, fields={"name": 1}) if wanted else []
    return {person["_id"]: person["name"] for person in found}


async def line(ctx: Context, person: Document) -> PersonLine:
    """A person as the manager sees them."""
    return (await lines(ctx, [person]))[0]


async def lines(ctx: Context, found: Sequence[Document]) -> list[PersonLine]:
    """People as the manager sees them: phones masked."""
    names = await unit_names(ctx, (person["unit"] for person in found))
    return [
        PersonLine(
            **_shown(person, names),
            phone_masked=masked(person.get("phone", "")),
            wechat_bound="openid" in person,
            active=person["active"],
            left_at=person.get("left_at", UNSET),
        )
        for person in found
    ]


def _shown(person: Document, names: dict[str, str], day: date | None = None) -> dict[str, Any]:
    """With a `day` also with what they are lent on it."""
    return {
        "id": person["_id"],
        "employee_no": person["employee_no"],
        "name": person["name"],
        "unit": UnitView(id=person["unit"], name=names[person["unit"]]),
        "roles": [Role(role) for role in roles_on(person, day)],
        "posts": [Post(role=Role(post["role"]), at=post["at"]) for post in posts_on(person, day)],
    }
