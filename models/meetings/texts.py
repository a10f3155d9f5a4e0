"""The messages of meetings. An SMS shows 35 characters of a text, so what matters comes first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from models.base.clock import CAMPUS
from models.base.messages import Template, declare
from models.base.workflow import Order


def facts(order: Order) -> Mapping[str, str]:
    """What fills the messages about a meeting."""
    data = order["data"]
    starts_at = data["starts_at"].astimezone(CAMPUS)
    place = f"{data['room']['building']}{data['room']['name']}"
    return {
        "subject": data["subject"],
        "title": data["subject"],
        "room": data["room"]["name"],
        "place": place,
        "time": starts_at.strftime("%Y年%m月%d日 %H:%M"),
        "when": starts_at.strftime("%m月%d日 %H:%M"),
        "note": order["timeline"][-1].get("note") or "无",
        "until": _hour(data.get("offer_until")),
    }


def _hour(moment: datetime | None) -> str:
    return moment.astimezone(CAMPUS).strftime("%H:%M") if moment else "会议开始"


WECHAT = {"thing1": "title", "time2": "time", "thing3": "place"}

for name, title, text in (
    ("meeting-invited", "会议邀请", "{when}在{place}参加会议：{subject}。"),
    ("meeting-uninvited", "无需参会", "您无需再参加{when}的会议：{subject}。"),
    ("meeting-approved", "会议室已批准", "已批准：{when} {place}，会议：{subject}。"),
    ("meeting-refused", "会议室未批准", "未批准{when} {place}的申请。原因：{note}"),
    ("meeting-changed", "会议变更通知", "会议有变更：{when}，{place}，{subject}。"),
    ("meeting-moved", "会议室变更通知", "会议改在{place}：{when}，{subject}。说明：{note}"),
    ("meeting-cancelled", "会议取消通知", "{when}的会议已取消：{subject}。说明：{note}"),
    ("meeting-called-off", "会议取消通知", "{when} {place}的会议被会务取消。原因：{note}"),
    ("meeting-released", "会议室已释放", "无人签到，{when} {place}的会议室已释放：{subject}。"),
    ("meeting-reminder", "会议提醒", "会议即将开始：{when}，{place}，{subject}。"),
    ("meeting-offered", "候补有会议室了", "请在{until}前确认：{when} {place}空出来了。"),
    ("meeting-lapsed", "申请已失效", "{when} {place}的申请或候补已失效：{subject}。"),
):
    declare(Template(name, title, text, facts, wechat=WECHAT))
