"""Deputies: who stands in for a person who is away, on which days.

A deputy sees what waits for the absent person and acts in it wherever a life-cycle allows `deputy`;
the timeline names who did it. A dispatcher's deputy of the same vendor dispatches meanwhile
(models/people/standing.py). A deputyship stands in the deputy's own record (`stands_in` in
models/people.py), so that an access token tells of it without a read: naming or ending one raises
the person's version, and is in force everywhere within a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType

from models import people
from models.base import audit
from models.base.clock import campus_date
from models.base.context import Context
from models.base.errors import Conflict, NotFound, Unprocessable
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.leavings import on_leaving, on_moving
from models.base.messages import DELIVERIES, Template, notice
from models.base.messages import declare as template
from models.base.shapes import Day, EmployeeNo, Input, Struct
from models.base.store import Document
from models.people import PEOPLE, Alteration, Post
from models.people.standing import lent

LONGEST: Final = 90  # days
AT_ONCE: Final = 3  # deputies of one person on the same day
TAKEN_ON: Final = 20  # deputyships one colleague may have, now and to come

index(PEOPLE, [("stands_in.for", 1)], sparse=True)

_WECHAT: Final = {"thing1": "title", "time2": "time", "thing3": "note"}
NAMED: Final = template(
    Template("deputy-named", "代办安排", "{period}由{deputy}代{name}办理事项。", wechat=_WECHAT)
)
ENDED: Final = template(
    Template(
        "deputy-ended", "代办结束", "{deputy}代{name}办理事项（{period}）已结束。", wechat=_WECHAT
    )
)


class DeputyUnknown(Unprocessable):
    """Nobody who still belongs here has this number."""

    code = "colleague-unknown"
    zh = "没有找到工号为 {employee_no} 的同事。"
    en = "There is no colleague with the number {employee_no}."


class OwnDeputy(Unprocessable):
    """A person cannot stand in for themselves."""

    code = "own-deputy"
    zh = "不能指定自己为代办人。"
    en = "Name somebody other than yourself."


class DaysWrong(Unprocessable):
    """The days run backwards, are over, or are too many."""

    code = "deputy-days-wrong"
    zh = "代办日期应从今天或以后开始，最多 {days} 天。"
    en = "The days must start today or later and be at most {days}."


class DeputiesEnough(Conflict):
    """There are as many deputies as may be on one of the days."""

    code = "deputies-enough"
    zh = "同一天最多指定 {limit} 位代办人。"
    en = "There may be at most {limit} deputies on the same day."


class DeputyBusy(Conflict):
    """The colleague stands in for as many as one can."""

    code = "deputy-busy"
    zh = "{name} 已为多位同事代办，请另选他人。"
    en = "{name} stands in for many already; choose somebody else."


class DeputyAlready(Conflict):
    """The colleague stands in for the same person on some of these days."""

    code = "deputy-already"
    zh = "{name} 在这段时间已是您的代办人。"
    en = "{name} is your deputy on some of these days already."


class Absence(Input, rename={"from_": "from"}):
    """Who stands in for me, from the first to the last of these days."""

    employee_no: EmployeeNo
    from_: Day
    to: Day
    note: Annotated[str, Meta(max_length=200)] = ""


class Party(Struct):
    """As much of a person as every colleague may know; `unit` is its name."""

    id: str
    employee_no: str
    name: str
    unit: str


class Deputyship(Struct, kw_only=True, rename={"from_": "from"}):
    """`deputy` stands in for `person` on these days, both included, also at these posts."""

    id: str
    person: Party
    deputy: Party
    from_: str
    to: str
    note: str | UnsetType = UNSET
    posts: list[Post] | UnsetType = UNSET


class DeputyPage(Struct):
    """Those who stand in for me and those I stand in for, now or later, by first day."""

    items: list[Deputyship]
    next: str | None = None


async def listed(ctx: Context) -> DeputyPage:
    """My deputies, and whose deputy I am."""
    me = ctx.actor.id
    found = await ctx.store.find(PEOPLE, {"stands_in.for": me})
    mine = await ctx.store.get(PEOPLE, me)
    pairs = [(person, each) for person in found for each in _of(ctx, person) if each["for"] == me]
    pairs += [(mine, each) for each in _of(ctx, mine)] if mine else []
    return DeputyPage(items=await _views(ctx, sorted(pairs, key=lambda pair: pair[1]["from"])))


async def name(ctx: Context, body: Absence) -> Deputyship:
    """Have a colleague stand in for me; both are told. The same again changes nothing.

    Raises `DeputyUnknown`, `OwnDeputy`, `DaysWrong`, `DeputiesEnough`, `DeputyBusy`,
    `DeputyAlready`, `PersonChanged`.
    """
    _check_days(campus_date(ctx.now), body)
    deputy = await people.by_number(ctx, body.employee_no)
    if deputy is None:
        raise DeputyUnknown(employee_no=body.employee_no)
    if deputy["_id"] == ctx.actor.id:
        raise OwnDeputy
    absent = await people.by_id(ctx, ctx.actor.id)
    entry = _entry(ctx, body) | _lent(absent, deputy)
    repeated = _refuse_second(ctx, deputy, entry)
    if repeated is not None:
        return (await _views(ctx, [(deputy, repeated)]))[0]
    await _refuse_many(ctx, entry)
    # The absent person's version is raised as well: two requests cannot both be the third.
    changes = [_with(ctx, deputy, [*_of(ctx, deputy), entry]), Alteration(person=absent)]
    record = audit.entry(ctx, "deputy.name", entry["id"], None, entry | {"deputy": deputy["_id"]})
    told = _notices(ctx, NAMED.name, (absent, deputy), entry)
    await people.alter(ctx, changes, [(audit.AUDIT, record), *told])
    return (await _views(ctx, [(deputy, entry)]))[0]


async def end(ctx: Context, deputyship: str) -> None:
    """End a deputyship early, by either of the two; both are told.

    Raises `NotFound`, `PersonChanged`.
    """
    deputy = await ctx.store.first(PEOPLE, {"_id": ctx.actor.id, "stands_in.id": deputyship})
    if deputy is None:
        mine = {"stands_in": {"$elemMatch": {"id": deputyship, "for": ctx.actor.id}}}
        deputy = await ctx.store.first(PEOPLE, {"stands_in.for": ctx.actor.id, **mine})
    entry = next((each for each in _of(ctx, deputy or {}) if each["id"] == deputyship), None)
    if deputy is None or entry is None:
        raise NotFound
    await _end(ctx, deputy, [entry])


@on_leaving
async def end_all(ctx: Context, person: str) -> None:
    """Whoever has left neither has deputies nor is one."""
    for deputy in await ctx.store.find(PEOPLE, {"stands_in.for": person}):
        theirs = [each for each in _of(ctx, deputy) if each["for"] == person]
        if theirs:
            await _end(ctx, deputy, theirs)
    left = await people.by_id(ctx, person)
    own = _of(ctx, left)
    if own:
        await _end(ctx, left, own)


@on_moving
async def lend_anew(ctx: Context, person: str) -> None:
    """Whoever serves elsewhere from now on lends other posts, or none."""
    absent = await people.by_id(ctx, person)
    for deputy in await ctx.store.find(PEOPLE, {"stands_in.for": person}):
        before = _of(ctx, deputy)
        after = [
            {name: value for name, value in each.items() if name != "posts"} | _lent(absent, deputy)
            if each["for"] == person
            else each
            for each in before
        ]
        if after != before:
            await people.alter(ctx, [_with(ctx, deputy, after)])


def _lent(absent: Document, deputy: Document) -> Document:
    posts = lent(absent, deputy)
    return {"posts": posts} if posts else {}


async def _end(ctx: Context, deputy: Document, entries: Sequence[Document]) -> None:
    absent = await _by_id(ctx, (each["for"] for each in entries))
    inserts: list[tuple[str, Document]] = []
    for each in entries:
        before = each | {"deputy": deputy["_id"]}
        inserts.append((audit.AUDIT, audit.entry(ctx, "deputy.end", each["id"], before)))
        inserts += _notices(ctx, ENDED.name, (absent[each["for"]], deputy), each)
    ended = {each["id"] for each in entries}
    rest = [each for each in _of(ctx, deputy) if each["id"] not in ended]
    await people.alter(ctx, [_with(ctx, deputy, rest)], inserts)


def _check_days(today: date, body: Absence) -> None:
    last = body.from_ + timedelta(days=LONGEST - 1)
    if body.from_ < today or not body.from_ <= body.to <= last:
        raise DaysWrong(days=LONGEST, errors=(("/from", "请选择正确的日期"),))


def _refuse_second(ctx: Context, deputy: Document, entry: Document) -> Document | None:
    """The same deputyship, if it was named before. Raises where another one overlaps it."""
    known = _of(ctx, deputy)
    same = {name: value for name, value in entry.items() if name != "id"}
    for each in known:
        if same == {name: value for name, value in each.items() if name != "id"}:
            return each
        if each["for"] == entry["for"] and _meet(each, entry):
            raise DeputyAlready(name=deputy["name"])
    if len(known) >= TAKEN_ON:
        raise DeputyBusy(name=deputy["name"])
    return None


async def _refuse_many(ctx: Context, entry: Document) -> None:
    """Refuse a deputy too many on any of the days."""
    absent = entry["for"]
    found = await ctx.store.find(PEOPLE, {"stands_in.for": absent})
    mine = [each for other in found for each in other["stands_in"] if each["for"] == absent]
    meeting = [each for each in mine if _meet(each, entry)]
    starts = {max(each["from"], entry["from"]) for each in meeting}
    for day in starts:
        if sum(each["from"] <= day <= each["to"] for each in meeting) >= AT_ONCE:
            raise DeputiesEnough(limit=AT_ONCE)


def _meet(one: Document, other: Document) -> bool:
    return bool(one["from"] <= other["to"] and other["from"] <= one["to"])


def _entry(ctx: Context, body: Absence) -> Document:
    entry = {"id": new_id("dep"), "for": ctx.actor.id}
    entry |= {"from": body.from_.isoformat(), "to": body.to.isoformat()}
    return entry | ({"note": body.note} if body.note else {})


def _of(ctx: Context, person: Document) -> list[Document]:
    """The deputyships of a person that are not over."""
    today = campus_date(ctx.now).isoformat()
    return [each for each in person.get("stands_in", ()) if each["to"] >= today]


def _with(ctx: Context, deputy: Document, entries: list[Document]) -> Alteration:
    if entries:
        return Alteration(person=deputy, sets={"stands_in": entries})
    return Alteration(person=deputy, unsets=["stands_in"])


def _notices(
    ctx: Context, name: str, pair: tuple[Document, Document], entry: Document
) -> list[tuple[str, Document]]:
    """What tells the absent person and the deputy, as far as they still belong here."""
    absent, deputy = pair
    first, last = date.fromisoformat(entry["from"]), date.fromisoformat(entry["to"])
    facts = {
        "name": absent["name"],
        "deputy": deputy["name"],
        "period": f"{first:%m月%d日}至{last:%m月%d日}",
        "title": "代办安排",
        "time": f"{first:%Y年%m月%d日}",
        "note": f"{deputy['name']}代{absent['name']}"[:20],
    }
    told = [person["_id"] for person in pair if person["active"]]
    return [(DELIVERIES, notice(person, name, facts, ctx.now)) for person in told]


async def _by_id(ctx: Context, ids: Iterable[str]) -> dict[str, Document]:
    found = await ctx.store.find(PEOPLE, {"_id": {"$in": sorted(set(ids))}})
    return {person["_id"]: person for person in found}


async def _views(ctx: Context, pairs: Sequence[tuple[Document, Document]]) -> list[Deputyship]:
    absent = await _by_id(ctx, (entry["for"] for _, entry in pairs))
    persons = [*absent.values(), *(deputy for deputy, _ in pairs)]
    units = await people.unit_names(ctx, (person["unit"] for person in persons))
    return [
        Deputyship(
            id=entry["id"],
            person=_party(absent[entry["for"]], units),
            deputy=_party(deputy, units),
            from_=entry["from"],
            to=entry["to"],
            note=entry.get("note", UNSET),
            posts=[Post(**post) for post in entry["posts"]] if "posts" in entry else UNSET,
        )
        for deputy, entry in pairs
    ]


def _party(person: Document, units: dict[str, Any]) -> Party:
    return Party(
        id=person["_id"],
        employee_no=person["employee_no"],
        name=person["name"],
        unit=units[person["unit"]],
    )
