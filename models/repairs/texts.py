"""The messages of repairs. An SMS shows 35 characters of a text, so what matters comes first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from models.base.clock import CAMPUS
from models.base.messages import Template, declare
from models.base.workflow import Order


def facts(order: Order) -> Mapping[str, str]:
    """What fills the messages about a ticket."""
    data = order["data"]
    notes = [entry["note"] for entry in order["timeline"] if entry.get("note")]
    place = data["location"]
    category, hand, pause = data["category"]["name"], data["hand"], data.get("pause")
    where = "".join(place[name] for name in ("building", "floor", "room") if place[name])
    return {
        "category": category,
        "title": f"{category}报修",
        "place": where,
        "fault": data["fault"][:60],
        "hand": hand["name"] if hand else "维修人员",
        "note": notes[-1] if notes else "无",
        "due": _when(order.get("due_at")),
        "until": _when(pause["until"] if pause else None),
        "accept": _when(data.get("accept_at")),
    }


def _when(moment: datetime | None) -> str:
    return moment.astimezone(CAMPUS).strftime("%m月%d日 %H:%M") if moment else "另行通知"


WECHAT = {"thing1": "title", "thing2": "place", "thing3": "fault"}

for name, title, text in (
    ("repair-taken", "报修已接单", "{hand}已接单：{place}{category}。请保持联系。"),
    ("repair-assigned", "您有新工单", "派给您：{place}{category}，{fault}。请在{due}前完成。"),
    ("repair-handed", "工单换人处理", "{place}{category}改由{hand}处理。"),
    ("repair-returned", "工单退回待派", "{place}{category}已退回，请重新派单。说明：{note}"),
    ("repair-nobody-free", "工单待派单", "当班人员均已满单，请派单：{place}{category}，{fault}"),
    ("repair-started", "维修已开始", "{hand}已开始处理{place}的{category}。"),
    ("repair-paused", "维修暂停", "{place}{category}暂停处理，预计恢复：{until}。原因：{note}"),
    ("repair-asked", "维修人员有疑问", "请回复{hand}：{note}（{place}{category}）"),
    ("repair-answered", "报修人已回复", "{place}{category}：{note}"),
    ("repair-resumed", "工单恢复计时", "{place}{category}的暂停已结束，请继续处理。"),
    ("repair-fixed", "维修完成请验收", "{place}{category}已修好，请在{accept}前验收。{note}"),
    ("repair-accepted", "验收通过", "{place}{category}已验收。"),
    ("repair-refused", "验收未通过", "{place}{category}未通过验收，请再处理。原因：{note}"),
    ("repair-reopened", "工单重开", "{place}{category}的问题再次出现，请处理。说明：{note}"),
    ("repair-cancelled", "报修已取消", "{place}{category}的报修已取消。"),
    ("repair-merged", "报修已合并", "{place}{category}与另一工单相同，已合并处理，进展会通知您。"),
    ("repair-urged", "报修人催单", "报修人催促：{place}{category}，请在{due}前完成。"),
    ("repair-recategorised", "报修类别变更", "您的报修已改为{category}：{place}，{fault}"),
    ("repair-due-soon", "工单即将超时", "{due}到期：{place}{category}，{fault}"),
    ("repair-late-response", "工单无人响应", "超时未接单：{place}{category}，{fault}"),
    ("repair-late-solution", "工单超时", "已于{due}超时：{place}{category}，{fault}"),
    ("repair-disputed", "计时有异议", "{place}{category}的计时有异议：{note}"),
    ("repair-settled", "计时异议已裁定", "{place}{category}的计时已裁定：{note}"),
    ("repair-remark", "工单有新留言", "{place}{category}：{note}"),
):
    declare(Template(name, title, text, facts, wechat=WECHAT))
