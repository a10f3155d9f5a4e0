"""The messages about visitors; in an SMS what matters comes first."""

from __future__ import annotations

from collections.abc import Mapping

from models.base.clock import CAMPUS
from models.base.context import House
from models.base.messages import Template, declare
from models.base.workflow import Order
from models.visitors import codes


def facts(order: Order) -> Mapping[str, str]:
    """What fills the messages about a visit; who it was is known until it is scrubbed."""
    data = order["data"]
    visitor = order.get("private", {}).get("visitor", data["visitor"])
    notes = [entry["note"] for entry in order["timeline"] if entry.get("note")]
    start, end = data["starts_at"].astimezone(CAMPUS), data["ends_at"].astimezone(CAMPUS)
    more = f"等{data['companions'] + 1}人" if data["companions"] else ""
    return {
        "visitor": f"{visitor['name']}{more}",
        "name": visitor["name"][:20],
        "host": data["host"]["name"],
        "when": f"{start:%m月%d日 %H:%M}",
        "until": f"{end:%H:%M}",
        "time": f"{start:%Y年%m月%d日 %H:%M}",
        "purpose": data["purpose"][:40],
        "title": f"{visitor['name']}来访"[:20],
        "place": "、".join(gate["name"] for gate in data["gates"]) or "门岗",
        "note": notes[-1] if notes else "无",
    }


def masked(order: Order) -> Mapping[str, str]:
    """The visitor as lists show them."""
    return {"visitor": order["data"]["visitor"]["name"]}


def sealed(house: House, order: Order) -> Mapping[str, str]:
    """The address of the visitor's page, known to whoever sends it alone."""
    return {"token": codes.link_of(house.keys, order["_id"], order["data"])}


WECHAT = {"thing1": "title", "time2": "time", "thing3": "purpose"}

for _name, _title, _text in (
    ("visit-asked", "访客待审批", "{host}邀请{visitor}于{when}来访，请审批。事由：{purpose}"),
    ("visit-approved", "访客已批准", "{visitor}{when}的来访已批准，凭证已可使用。"),
    ("visit-refused", "访客未批准", "{visitor}{when}的来访未批准。原因：{note}"),
    ("visit-lapsed", "访客申请已过期", "{visitor}{when}的来访到时仍未审批，如仍需要请重新邀请。"),
    ("visit-turned-away", "访客已离开", "{visitor}在前台等候无人应答，已请其离开。"),
    ("visit-arrived", "访客已到", "{visitor}已到{place}，请接待。事由：{purpose}"),
    ("visit-overstayed", "访客超时未离", "{visitor}应于{until}前离开，目前仍在园区内。"),
    ("visit-missed", "访客未到", "{visitor}{when}未到访。"),
    ("visit-revoked", "访客凭证已撤销", "安保撤销了{visitor}{when}的来访凭证。原因：{note}"),
):
    declare(Template(_name, _title, _text, facts, wechat=WECHAT))

for _name, _title, _text in (
    (
        "visit-announced",
        "访客在前台等候",
        "{visitor}在{place}求见，请确认是否接待：{purpose}",
    ),
    (
        "visit-to-leave",
        "请访客离开",
        "安保撤销了{visitor}的凭证，访客仍在园区内，请其从出入口离开。原因：{note}",
    ),
    ("visit-unfetched", "访客无人接待", "{visitor}已到{place}，尚无人接待，请尽快安排。"),
):
    declare(Template(_name, _title, _text, facts, wechat=WECHAT, urgent=True))

# To the visitor, by SMS alone: an operator takes no address in a parameter, only its last part.
for _name, _title, _text in (
    ("visit-invited", "来访凭证", "{name}您好，{host}邀请您于{when}来访。"),
    ("visit-changed", "来访有变", "{name}您好，{host}邀请您的来访改为{when}，凭证不变。"),
    ("visit-cancelled", "来访取消", "{name}您好，{host}邀请您{when}的来访已取消。"),
):
    declare(
        Template(
            _name,
            _title,
            _text,
            facts,
            sms={"name": "name", "host": "host", "time": "when", "token": "token"},
            sealed=sealed,
        )
    )

declare(
    Template(
        "visit-alarm",
        "黑名单到访",
        "{visitor}在{gate}出示凭证，系统已请其等候，请立即前往处置。",
        masked,
        wechat={"thing1": "title", "thing2": "place"},
        urgent=True,
    )
)
declare(
    Template(
        "visit-guessing",
        "扫码异常",
        "{who}短时间内多次扫描无效的码，已暂停其扫码，请核查。",
        wechat={"thing1": "title", "thing2": "place"},
        urgent=True,
    )
)
