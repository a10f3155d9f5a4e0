"""Why a gate says no: stable words for programs, and what the desk shows in large letters.

The visitor reads over the desk's shoulder, so no sentence says more than they may know: who is on
the blacklist is asked to wait, while security hears of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from models.base.clock import CAMPUS, campus_date
from models.visitors.refusals import TurnedAway

ADMITTED: Final = {"in": "请进", "out": "请慢走"}
OK: Final = "ok"

TEXTS: Final = {
    OK: "请进",
    "unknown": "无效的码",
    "revoked": "凭证已失效",
    "cancelled": "来访已取消",
    "not-approved": "尚未批准",
    "refused": "来访未获批准",
    "too-early": "未到时间，{when} 起可入场",
    "expired": "已过有效时间",
    "wrong-gate": "请走{gates}",
    "gate-closed": "本出入口已关闭，开放时间 {hours}",
    "already-in": "已于 {when} 入场",
    "not-inside": "没有入场记录",
    "used": "静态码已使用过，请出示动态码或人工核验",
    "stale-code": "动态码已过期，请刷新后再扫",
    "replayed": "该动态码已使用，请刷新后再扫",
    "blacklisted": "请稍候，正在核实",
    "no-entry": "无通行权限",
}


def turned_away(reason: str, **facts: Any) -> TurnedAway:
    """The refusal for a reason, with its words."""
    return TurnedAway(reason, TEXTS[reason].format_map(facts))


def at(moment: datetime, now: datetime) -> str:
    """A time of day; of another day with its date."""
    local = moment.astimezone(CAMPUS)
    same = campus_date(moment) == campus_date(now)
    return local.strftime("%H:%M" if same else "%m月%d日 %H:%M")
