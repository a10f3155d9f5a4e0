"""One WeChat account per person, one person per WeChat account.

Who has the SMS code sent to a person's phone may bind their WeChat account to that person. Where
another account was bound, it is replaced in one conditional write, every session ends, and the
person's phone and the old account are told.
"""

from __future__ import annotations

import logging
from typing import Final

from models import people
from models.base import audit, sms_codes
from models.base.clock import CAMPUS
from models.base.consents import Ledger
from models.base.context import Context, House
from models.base.errors import Conflict
from models.base.ids import new_id
from models.base.messages import DELIVERIES, Template, notice
from models.base.messages import declare as template
from models.base.ports import PortError
from models.base.shapes import EmployeeNo, Input
from models.base.sms_codes import SmsCode, SmsCodeWrong
from models.base.store import Document, Duplicate
from models.people import Alteration
from models.sessions.codes import BindingToken, binding_proof, openid_in
from models.sessions.tokens import Granted, open_session

log = logging.getLogger(__name__)

REBOUND: Final = template(
    Template(
        "wechat_rebound",
        "微信绑定已变更",
        "您的账号已于 {time} 绑定到另一个微信，原有登录已退出。如非本人操作，请联系管理员。",
        wechat={"thing1": "title", "time2": "time"},
        sms={"title": "title", "text": "note"},
        urgent=True,
    )
)


class WeChatTaken(Conflict):
    """The account belongs to somebody else; they unbind it first."""

    code = "wechat-taken"
    zh = "该微信已绑定其他人员，请先由其解除绑定。"
    en = "This WeChat account is bound to somebody else."


class BindingRequest(Input):
    """The token of the 409 `not-bound`, whom to bind to, and the code sent to their phone."""

    binding_token: BindingToken
    employee_no: EmployeeNo
    sms_code: SmsCode


async def bind(ctx: Context, body: BindingRequest) -> Granted:
    """Bind the WeChat account and sign in with it.

    Raises `BindingExpired`, `SmsCodeWrong`, `WeChatTaken`, `PersonChanged`.
    """
    openid = openid_in(ctx, body.binding_token)
    person = await people.by_number(ctx, body.employee_no)
    phone = person.get("phone", "") if person else ""
    await sms_codes.redeem(ctx, binding_proof(openid, phone), body.sms_code)
    if person is None:
        raise SmsCodeWrong
    if person.get("openid") != openid:
        await _move(ctx, person, openid)
        person = await people.by_id(ctx, person["_id"])
    return await open_session(ctx, person)


async def _move(ctx: Context, person: Document, openid: str) -> None:
    previous = person.get("openid")
    change = Alteration(person=person, sets={"openid": openid}, ends_sessions=bool(previous))
    inserts = [(audit.AUDIT, audit.entry(_as(ctx, person), "wechat.bind", person["_id"]))]
    facts = _facts(ctx)
    if previous:
        inserts.append((DELIVERIES, notice(person["_id"], REBOUND.name, facts, ctx.now, sms=True)))
    try:
        await people.alter(ctx, [change], inserts)
    except Duplicate as fault:
        raise WeChatTaken from fault
    if previous:
        ctx.house.errands.start("rebound", _tell_old_account(ctx.house, previous, facts))


async def unbind(ctx: Context) -> None:
    """Let go of the actor's WeChat account and end all their sessions. Harmless where none is."""
    person = await people.by_id(ctx, ctx.actor.id)
    if "openid" not in person:
        return
    change = Alteration(person=person, unsets=["openid"], ends_sessions=True)
    entry = audit.entry(ctx, "wechat.unbind", person["_id"])
    await people.alter(ctx, [change], [(audit.AUDIT, entry)])


def _facts(ctx: Context) -> dict[str, str]:
    return {
        "title": REBOUND.title,
        "time": f"{ctx.now.astimezone(CAMPUS):%Y年%m月%d日 %H:%M}",
        "note": "如非本人操作请联系管理员",
    }


async def _tell_old_account(house: House, openid: str, facts: dict[str, str]) -> None:
    """The ordinary message goes to the account that is bound now, so the old one is told apart."""
    template_id = house.wechat_templates.get(REBOUND.name)
    if template_id is None:
        return
    data = {name: facts[fact] for name, fact in REBOUND.wechat.items()}
    ledger, hold = Ledger(house, openid, template_id), new_id("msg")
    if not await ledger.take(hold):
        return
    try:
        page = "pages/inbox/index"
        await house.ports.wechat.send_subscribe_message(openid, template_id, page, data)
    except PortError as fault:
        log.info("the WeChat account that was bound before could not be told: %s", fault)
    await ledger.spend(hold)


def _as(ctx: Context, person: Document) -> Context:
    """The same turn in the name of whoever has just proved to be `person`."""
    return ctx.acting_as(people.actor(person))
