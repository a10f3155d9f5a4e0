"""Inviting somebody: what is asked, and what a visit is made of.

Type and gates are read in the transaction that places the visit: what is out of use cannot be
chosen, whatever the page showed. Whoever decides is looked up before, stage by stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from models import people
from models.base import orders
from models.base.clock import campus_date
from models.base.context import Context
from models.base.decisions import Found, Lookup
from models.base.messages import third_party
from models.base.store import Document
from models.base.workflow import Draft, Order, Placement, Tell, Timer
from models.visitors import blacklist, codes, gates, parties, rules, types, windows
from models.visitors.gates import GATES
from models.visitors.parties import KIND, Deciders
from models.visitors.refusals import (
    GateClosed,
    GateUnknown,
    NoLongTerm,
    PlateNeeded,
    RepeatWrong,
    TimesWrong,
    TypeDisabled,
)
from models.visitors.rules import VisitRules
from models.visitors.shapes import Invitation, Occasion, Visitor, masked, named, stored
from models.visitors.types import TYPES

LONGEST: Final = timedelta(hours=24)
VISITOR: Final = third_party("visitor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Everything that decides over visits of one occasion, read before the transaction."""

    ctx: Context
    occasion: Occasion
    host: Document  # {id, name, employee_no, unit}
    rules: VisitRules
    gates: Sequence[str]  # ids of those in use
    deciders: Mapping[str, Deciders]  # by stage
    flagged: frozenset[str] = frozenset()  # phones and plates on the blacklist
    state: str = "expected"  # of who needs no approval
    more: Document = field(default_factory=dict)  # members of data that only some visits have

    @property
    def lookups(self) -> list[Lookup]:
        """What the transaction must read."""
        return [
            Lookup(TYPES, self.occasion.type),
            *(Lookup(GATES, gate) for gate in self.gates),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One visitor of an occasion."""

    order_id: str
    visitor: Visitor
    companions: int = 0
    names: Sequence[Document] = ()  # of companions
    belongings: str = ""


def host_of(person: Document) -> Document:
    """What a visit keeps of its host."""
    return {"id": person["_id"], "name": person["name"], "employee_no": person["employee_no"]}


async def prepare(
    ctx: Context, occasion: Occasion, host: Document, visitors: Sequence[Visitor]
) -> Setting:
    """Read what decides. Raises TypeUnknown, TypeDisabled, GateUnknown, TimesWrong ..."""
    kind = await types.find(ctx, occasion.type)
    stages = kind["approval"]
    flagged = await blacklist.flagged(ctx, visitors)
    wanted = [*stages, *(["security"] if flagged and "security" not in stages else [])]
    in_use = [gate["_id"] for gate in await gates.in_use(ctx)]
    if occasion.gate is not None and occasion.gate not in in_use:
        raise GateUnknown(errors=(("/gate", "没有该出入口"),))
    given = await rules.current(ctx)
    _check_times(ctx.now, occasion, given)
    return Setting(
        ctx=ctx,
        occasion=occasion,
        host=host,
        rules=given,
        gates=[occasion.gate] if occasion.gate else in_use,
        deciders={each: await parties.of_stage(ctx, each, host["unit"]) for each in wanted},
        flagged=flagged,
    )


def _check_times(now: datetime, occasion: Occasion, given: VisitRules) -> None:
    start, end = occasion.starts_at, occasion.ends_at
    ahead = campus_date(start) - campus_date(now)
    if not (start < end and end > now and end - start <= LONGEST):
        raise TimesWrong(days=given.horizon_days, errors=(("/ends_at", "时间范围有误"),))
    if not -1 <= ahead.days <= given.horizon_days:
        raise TimesWrong(days=given.horizon_days, errors=(("/starts_at", "超出可邀请的日期"),))
    if occasion.repeat is not None:
        _check_repeat(occasion, given)


def _check_repeat(occasion: Occasion, given: VisitRules) -> None:
    assert occasion.repeat is not None
    first, until = campus_date(occasion.starts_at), occasion.repeat.until
    hours = {"starts_at": occasion.starts_at, "ends_at": occasion.ends_at}
    within = 0 <= (until - first).days < given.longest_days
    one_day = campus_date(occasion.ends_at) == first
    next_of = windows.following({**hours, "repeat": _repeat(occasion)}, first)
    if not (within and one_day and next_of):
        errors = (("/repeat", "长期通行的日期有误"),)
        raise RepeatWrong(days=given.longest_days, errors=errors)


def _repeat(occasion: Occasion) -> Document | None:
    if occasion.repeat is None:
        return None
    return {
        "until": occasion.repeat.until.isoformat(),
        "weekdays": sorted(set(occasion.repeat.weekdays)),
    }


def placement(setting: Setting, member: Member, found: Found, now: datetime) -> Placement:
    """The visit of one member. Raises TypeDisabled, GateClosed, PlateNeeded, NoLongTerm."""
    kind = found.one(TYPES, setting.occasion.type)
    if kind is None or not kind["enabled"]:
        raise TypeDisabled
    if kind["plate"] and member.visitor.plate is None:
        raise PlateNeeded(errors=(("/visitor/plate", "请填写车牌号"),))
    if setting.occasion.repeat is not None and not kind["long_term"]:
        raise NoLongTerm
    data = _data(setting, member, kind, _gates(setting, kind, found))
    stages = _stages(setting, member, kind)
    data |= {"stages": stages, "stage": 0, "flagged": _is_flagged(setting, member)}
    if stages:
        return _requested(setting, member, data, now)
    return _certain(setting, member, data, now)


def _is_flagged(setting: Setting, member: Member) -> bool:
    return not setting.flagged.isdisjoint({member.visitor.phone, member.visitor.plate} - {None})


def _stages(setting: Setting, member: Member, kind: Document) -> list[str]:
    """Who decides, in turn; a leader need not ask themselves."""
    own = [each for each in kind["approval"] if setting.host["id"] in _persons(setting, each)]
    stages = [each for each in kind["approval"] if each not in own]
    if _is_flagged(setting, member) and "security" not in stages:
        stages.append("security")
    return stages


def _persons(setting: Setting, stage: str) -> Sequence[str]:
    return setting.deciders[stage].persons if stage in setting.deciders else ()


def _gates(setting: Setting, kind: Document, found: Found) -> list[Document]:
    """The gates at which the pass is good, as they are now. Raises GateClosed."""
    known = [gate for each in setting.gates if (gate := found.one(GATES, each)) is not None]
    good = [g for g in known if g["enabled"] and (not kind["zones"] or g["zone"] in kind["zones"])]
    if not good:
        raise GateClosed
    return [gates.place(gate) for gate in good]


def _data(setting: Setting, member: Member, kind: Document, places: Sequence[Document]) -> Document:
    occasion, given = setting.occasion, setting.rules
    return {
        "visitor": masked(stored(member.visitor)),
        "host": {name: setting.host[name] for name in ("id", "name", "employee_no")},
        "type": {"id": kind["_id"], "name": kind["name"]},
        "purpose": occasion.purpose,
        "companions": member.companions,
        "building": occasion.building,
        "gates": list(places),
        "starts_at": occasion.starts_at.astimezone(UTC),
        "ends_at": occasion.ends_at.astimezone(UTC),
        "repeat": _repeat(occasion),
        "terms": {
            "early": given.early_minutes, "fetch": given.fetch_minutes if kind["fetch"] else 0,
            "overstay": given.overstay_minutes, "decide": given.decide_minutes,
        },
        "kid": setting.ctx.house.keys.current.kid,
        "code_version": 1,
        "link_version": 1,
        "last_step": 0,
        "notify": occasion.notify,
        "asked": [],
        **setting.more,
    }  # fmt: skip


def _private(member: Member, data: Document) -> Document:
    return {
        "visitor": stored(member.visitor),
        "companions": list(member.names),
        "belongings": member.belongings,
        "over_at": windows.over_at(data),
    }


def _requested(setting: Setting, member: Member, data: Document, now: datetime) -> Placement:
    first = setting.deciders[data["stages"][0]]
    data["asked"] = list(first.persons)
    every = [token for each in setting.deciders.values() for token in each.tokens]
    return Placement(
        kind=KIND,
        state="requested",
        owner=setting.host["id"],
        unit=setting.host["unit"],
        data=data,
        private=_private(member, data),
        seen_by=parties.seen_by(setting.host["id"], data, every),
        waits_for=first.tokens,
        due_at=data["starts_at"],
        timers=while_requested(data, now),
        tells=(Tell("visit-asked", to=asked),),
        claims=codes.claims(setting.ctx.house.keys, member.order_id, data),
    )


def _certain(setting: Setting, member: Member, data: Document, now: datetime) -> Placement:
    return Placement(
        kind=KIND,
        state=setting.state,
        owner=setting.host["id"],
        unit=setting.host["unit"],
        data=data,
        private=_private(member, data),
        seen_by=parties.seen_by(setting.host["id"], data),
        due_at=data["starts_at"],
        timers=while_expected(data),
        tells=(Tell("visit-invited", to=guest, sms=True),),
        claims=codes.claims(setting.ctx.house.keys, member.order_id, data),
    )


def asked(order: Order) -> Sequence[str]:
    """Whose turn it is, by person."""
    return [each for each in order["data"]["asked"] if each != order["timeline"][-1]["by"]]


def guest(order: Order) -> Sequence[str]:
    """The visitor, where they are to be told."""
    return [VISITOR] if order["data"]["notify"] and "phone" in order["data"]["visitor"] else []


def while_requested(data: Document, now: datetime) -> list[Timer]:
    """Others may decide after a while, two hours before the visit at the latest."""
    soon = now + rules.minutes(5)
    patience = now + rules.minutes(data["terms"]["decide"])
    pass_on = max(soon, min(patience, data["starts_at"] - timedelta(hours=2)))
    timers = [Timer(data["ends_at"], "lapse")]
    return [Timer(pass_on, "pass_on"), *timers] if pass_on < data["ends_at"] else timers


def while_expected(data: Document) -> list[Timer]:
    """At the end of the day nobody is expected any more; a long-term pass goes on."""
    name = "miss" if data["repeat"] is None else "renew"
    return [Timer(windows.midnight_after(data["ends_at"]), name)]


async def draft_visit(ctx: Context, body: Invitation) -> Draft:
    """A visit to whoever invites."""
    host = {**host_of(await people.by_id(ctx, ctx.actor.id)), "unit": ctx.actor.unit}
    setting = await prepare(ctx, body, host, [body.visitor])
    count, names = named(body.companions)
    member = Member(
        order_id=orders.id_of(ctx),
        visitor=body.visitor,
        companions=count,
        names=names,
        belongings=body.belongings,
    )

    def decide(found: Found, now: datetime) -> Placement:
        return placement(setting, member, found, now)

    return Draft(lookups=setting.lookups, decide=decide)


async def invite(ctx: Context, body: Invitation) -> Order:
    """Invite one visitor."""
    return await orders.place(ctx, KIND, body)
