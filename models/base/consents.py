"""Consents: each time a person accepts a subscribe message, WeChat lets us send exactly one.

The phone reports what `wx.requestSubscribeMessage` answered; each `accept` adds one. Sending takes
one by a conditional write before the call, in the name of the message, so that a crash between the
two neither sends twice nor loses it. It comes back only where the message surely did not go out.
What WeChat itself says stands above this ledger: after its 43101 the entry is empty.

A document of `consents`: _id = `<account>.<template id>`; person, template; left (unspent); held
(messages that have taken one and whose fate is open); answer (the last one given), at.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from models.base.context import Context, House
from models.base.errors import Conflict, Unprocessable
from models.base.indexes import declare as index
from models.base.leavings import on_leaving
from models.base.messages import template, templates
from models.base.shapes import Input, Struct
from models.base.store import Document, Duplicate

CONSENTS: Final = "consents"
MOST: Final = 30  # unspent consents of one template that are counted

index(CONSENTS, [("person", 1)])


class Answer(StrEnum):
    """What a person, or WeChat for them, answered for one template."""

    ACCEPT = "accept"
    REJECT = "reject"
    BAN = "ban"  # WeChat has closed the template
    FILTER = "filter"  # WeChat did not ask: another template has the same title


TemplateId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class ConsentReport(Input):
    """What `wx.requestSubscribeMessage` answered, by template id."""

    results: Annotated[dict[TemplateId, Answer], Meta(max_length=20)]


class ConsentView(Struct):
    """One kind of message that can be sent by WeChat, and how many more times it may be.

    Messages of one `template_id` share their consents.
    """

    name: str
    template_id: str
    title: str
    remaining: int
    answer: Answer | None = None


class ConsentPage(Struct):
    """Every kind of message that WeChat can carry, by name."""

    templates: list[ConsentView]


class NoWeChat(Conflict):
    """Consents belong to a WeChat account, and this person has none bound."""

    code = "wechat-not-bound"
    zh = "您尚未绑定微信，无法订阅微信消息。"
    en = "Bind your WeChat account first; subscriptions belong to it."


class TemplateUnknown(Unprocessable):
    """An id in `results` is none of this house's templates."""

    code = "template-unknown"
    zh = "消息模板已变更，请刷新后重试。"
    en = "There is no such template here; reload the list."


@dataclass(frozen=True, slots=True)
class Ledger:
    """The consents one WeChat account has given for one template."""

    house: House
    openid: str
    template_id: str

    @property
    def key(self) -> str:
        """Its document's id: the account is told apart, but not copied."""
        account = hashlib.blake2b(self.openid.encode(), digest_size=16).hexdigest()
        return f"{account}.{self.template_id}"

    def fresh(self, person: str) -> Document:
        """Its document before anything has been answered."""
        entry = {"_id": self.key, "person": person, "template": self.template_id}
        return entry | {"left": 0, "held": []}

    async def record(self, person: str, answer: Answer, now: datetime) -> None:
        """Write down an answer, and one consent more where it is a yes."""
        try:
            await self.house.store.insert(CONSENTS, self.fresh(person))
        except Duplicate:
            pass  # its earlier consents still count
        said = {"$set": {"person": person, "answer": answer, "at": now}}
        await self.house.store.update(CONSENTS, {"_id": self.key}, said)
        if answer is Answer.ACCEPT:
            room = {"_id": self.key, "left": {"$lt": MOST}}
            await self.house.store.update(CONSENTS, room, {"$inc": {"left": 1}})

    async def take(self, message: str) -> bool:
        """Take one consent for `message`, or keep the one it has; False where none is left."""
        free = {"_id": self.key, "left": {"$gt": 0}, "held": {"$ne": message}}
        taken = {"$inc": {"left": -1}, "$push": {"held": message}}
        if await self.house.store.update(CONSENTS, free, taken):
            return True
        has = await self.house.store.first(CONSENTS, {"_id": self.key, "held": message})
        return has is not None

    async def spend(self, message: str) -> None:
        """The message went out, or may have."""
        await self._let_go(message, {})

    async def give_back(self, message: str) -> None:
        """The message surely did not go out."""
        await self._let_go(message, {"$inc": {"left": 1}})

    async def empty(self) -> None:
        """WeChat says that there is no consent, whatever is written here."""
        nothing = {"$set": {"left": 0, "held": []}}
        await self.house.store.update(CONSENTS, {"_id": self.key}, nothing)

    async def _let_go(self, message: str, also: Document) -> None:
        mine = {"_id": self.key, "held": message}
        await self.house.store.update(CONSENTS, mine, {"$pull": {"held": message}} | also)


async def listed(ctx: Context) -> ConsentPage:
    """Every kind of message that WeChat can carry, and what the actor has consented to."""
    openid, offered = await _openid(ctx), _offered(ctx.house)
    ledgers = {each: Ledger(ctx.house, openid, each) for each in offered.values()}
    keys = sorted(ledger.key for ledger in ledgers.values()) if openid else []
    found = await ctx.store.find(CONSENTS, {"_id": {"$in": keys}}) if keys else []
    known = {entry["template"]: entry for entry in found}
    return ConsentPage(
        templates=[
            ConsentView(
                name=name,
                template_id=template_id,
                title=template(name).title,
                remaining=known.get(template_id, {}).get("left", 0),
                answer=known.get(template_id, {}).get("answer"),
            )
            for name, template_id in offered.items()
        ]
    )


async def report(ctx: Context, body: ConsentReport) -> ConsentPage:
    """Record what the phone was answered. Raises `TemplateUnknown`, `NoWeChat`."""
    strange = sorted(set(body.results) - set(_offered(ctx.house).values()))
    if strange:
        raise TemplateUnknown(errors=tuple((f"/results/{each}", "没有此模板") for each in strange))
    openid = await _openid(ctx)
    if not openid:
        raise NoWeChat
    for template_id, answer in sorted(body.results.items()):
        await Ledger(ctx.house, openid, template_id).record(ctx.actor.id, answer, ctx.now)
    return await listed(ctx)


@on_leaving
async def forget_consents(ctx: Context, person: str) -> None:
    """Who leaves is written to no more."""
    await ctx.store.delete(CONSENTS, {"person": person})


async def _openid(ctx: Context) -> str:
    person = await ctx.store.get("people", ctx.actor.id)
    return str((person or {}).get("openid", ""))


def _offered(house: House) -> dict[str, str]:
    """Template ids by name, of the messages that have fields and an id in this house."""
    ids = house.wechat_templates
    return {each.name: ids[each.name] for each in templates() if each.wechat and each.name in ids}
