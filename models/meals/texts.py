"""The messages of meals. An SMS shows 35 characters of a text, so what matters comes first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from models.base.clock import CAMPUS
from models.base.messages import Template, declare
from models.base.workflow import Order


def _facts(order: Order) -> Mapping[str, str]:
    data = order["data"]
    starts_at = data["starts_at"].astimezone(CAMPUS)
    notes = [entry["note"] for entry in order["timeline"] if entry.get("note")]
    return {
        "canteen": data["canteen"]["name"],
        "meal": data["meal"]["name"],
        "time": starts_at.strftime("%Y年%m月%d日 %H:%M"),
        "note": notes[-1] if notes else "无",
        "title": f"{data['meal']['name']}预订",
        "when": starts_at.strftime("%m月%d日 %H:%M"),
        "until": _hour(data.get("offer_until")),
    }


def _hour(moment: datetime | None) -> str:
    return moment.astimezone(CAMPUS).strftime("%H:%M") if moment else "截止时间"


_WECHAT = {"thing1": "title", "time2": "time", "thing3": "canteen"}

_SOON = {"meal-offered"}  # to be answered within minutes

for name, title, text in (
    (
        "meal-booked-for-you",
        "已为您代订餐",
        "已为您预订{canteen}{when}的{meal}，截止前可自行更改或取消。",
    ),
    ("meal-cancelled", "代订已取消", "为您预订的{canteen}{when}{meal}已取消。"),
    ("meal-handed-over", "收到转让的餐", "同事将{canteen}{when}的{meal}转给了您，请凭码取餐。"),
    (
        "meal-missed",
        "未就餐提醒",
        "您预订的{canteen}{when}{meal}未就餐，已记录一次；如有异议请申诉。",
    ),
    ("meal-pardoned", "申诉已通过", "{canteen}{when}{meal}的未就餐记录已撤销。"),
    ("meal-upheld", "申诉未通过", "{canteen}{when}{meal}的未就餐记录维持。说明：{note}"),
    ("meal-offered", "候补有位了", "请在{until}前确认：{canteen}{when}的{meal}有空位了。"),
    ("meal-lapsed", "候补未成功", "{canteen}{when}的{meal}候补已结束。"),
    ("meal-called-off", "场次取消通知", "{canteen}{when}的{meal}已取消。原因：{note}"),
):
    declare(Template(name, title, text, _facts, wechat=_WECHAT, urgent=name in _SOON))
