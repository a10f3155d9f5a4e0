"""What the administration decides in numbers about visitors."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from models.base import policies
from models.base.context import Context

Minutes = Annotated[int, Meta(ge=1, le=1440)]


class VisitRules(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How visits are run, everywhere."""

    early_minutes: Annotated[int, Meta(ge=0, le=240, title="可提前入场（分钟）")] = 30
    decide_minutes: Annotated[
        int, Meta(ge=5, le=10_080, title="审批时限（分钟）", description="超过后转安保与主管部门")
    ] = 240
    call_minutes: Annotated[int, Meta(ge=1, le=60, title="临时来访：转代办前等待（分钟）")] = 5
    answer_minutes: Annotated[int, Meta(ge=2, le=240, title="临时来访：无人应答即谢绝（分钟）")] = (
        20
    )
    fetch_minutes: Annotated[int, Meta(ge=1, le=240, title="到访无人接待提醒（分钟）")] = 10
    overstay_minutes: Annotated[int, Meta(ge=0, le=480, title="超时未离提醒（分钟）")] = 15
    longest_days: Annotated[int, Meta(ge=1, le=366, title="长期通行最长天数")] = 180
    horizon_days: Annotated[int, Meta(ge=1, le=366, title="可提前邀请天数")] = 90
    keep_days: Annotated[int, Meta(ge=1, le=1095, title="访客信息保存天数")] = 30
    events_days: Annotated[int, Meta(ge=30, le=1095, title="人员车辆通行记录保存天数")] = 180


policies.declare("visitors", "访客", VisitRules)


async def current(ctx: Context) -> VisitRules:
    """The rules as they stand today."""
    return await ctx.house.policies.value(VisitRules)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)
