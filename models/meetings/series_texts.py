"""The messages of series, swaps and emergencies."""

from __future__ import annotations

from collections.abc import Mapping

from models.base.clock import CAMPUS
from models.base.messages import Template, declare
from models.base.store import Document
from models.base.workflow import Order
from models.meetings.texts import WECHAT, facts


def _of_series(order: Order) -> Mapping[str, str]:
    """What fills the messages about a series: those of its first meeting, and how it repeats."""
    booked = ("booked", "requested", "waiting", "changed")
    results = order["data"]["results"]
    dates = [result["date"] for result in results if result["outcome"] in booked]
    span = f"{dates[0]}至{dates[-1]}" if dates else order["data"]["date"]
    return {
        **facts(order),
        "count": str(len(dates)),
        "span": span,
        "missed": str(order["data"].get("missed", 0)),
    }


def _of_swap(order: Order) -> Mapping[str, str]:
    """What fills the messages about a swap: both meetings."""
    data = order["data"]
    mine, theirs = (_where(data[name]) for name in ("mine", "theirs"))
    starts_at = data["theirs"]["starts_at"].astimezone(CAMPUS)
    return {
        "mine": mine,
        "theirs": theirs,
        "title": "会议室互换",
        "place": data["theirs"]["room"]["name"],
        "time": starts_at.strftime("%Y年%m月%d日 %H:%M"),
        "message": data.get("message") or "无",
        "note": order["timeline"][-1].get("note") or "无",
    }


def _where(meeting: Document) -> str:
    starts_at = meeting["starts_at"].astimezone(CAMPUS)
    return f"{starts_at:%m月%d日 %H:%M} {meeting['room']['name']}"


for name, title, text in (
    ("series-invited", "系列会议邀请", "{subject}：{span}共{count}场，{place}，首场{when}。"),
    ("series-changed", "系列会议变更", "系列会议有变更：{subject}，{place}，请查看各场次。"),
    ("series-uninvited", "无需参会", "您无需再参加{when}起的系列会议：{subject}。"),
    ("series-cancelled", "系列会议取消", "系列会议以后的场次已取消：{subject}。说明：{note}"),
    ("series-approved", "系列会议已批准", "系列会议已批准：{subject}，{place}，请查看各场次。"),
    ("series-refused", "系列会议未批准", "系列会议未批准：{subject}。原因：{note}"),
    (
        "series-proposed",
        "请确认系列会议",
        "连续{missed}场无人签到，请确认是否继续使用或让出：{subject}，{place}。",
    ),
):
    declare(Template(name, title, text, _of_series, wechat=WECHAT))

for name, title, text in (
    ("swap-asked", "互换会议室请求", "有人想用 {mine}换您的 {theirs}，请答复。留言：{message}"),
    ("swap-declined", "互换未同意", "对方未同意互换{theirs}的会议室。说明：{note}"),
    ("swap-withdrawn", "互换已撤回", "用 {mine}换您 {theirs}的请求已撤回。"),
    ("swap-lapsed", "互换已过期", "互换{theirs}的请求已过期，会议室不变。"),
):
    declare(Template(name, title, text, _of_swap, wechat=WECHAT))

for name, title, text in (
    (
        "meeting-rehomed",
        "会议室紧急调整",
        "因紧急会议，您的会议改在{place}：{when}，{subject}。事由：{note}",
    ),
    (
        "meeting-displaced",
        "会议让位通知",
        "因紧急会议，{when} {place}的会议须让出：{subject}。事由：{note}",
    ),
):
    declare(Template(name, title, text, facts, wechat=WECHAT, urgent=True))
