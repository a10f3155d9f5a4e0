"""Quiet hours: nobody is woken by what can wait. The list in the app has everything at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from models.base import policies
from models.base.clock import CAMPUS, campus_date, campus_time
from models.base.shapes import HourMinute

From = Annotated[HourMinute, Meta(title="夜间免打扰开始")]
Until = Annotated[HourMinute, Meta(title="夜间免打扰结束")]


class Messages(msgspec.Struct, forbid_unknown_fields=True):
    """When WeChat and SMS stay silent, campus time; the same hour twice means never."""

    quiet_from: From = "22:00"
    quiet_until: Until = "07:00"


policies.declare("messages", "消息", Messages)

DAY: Final = timedelta(days=1)


def quiet_until(policy: Messages, now: datetime) -> datetime | None:
    """When the quiet hours end that `now` lies in; None outside of them."""
    hour = now.astimezone(CAMPUS).strftime("%H:%M")
    begins, ends = policy.quiet_from, policy.quiet_until
    today = campus_time(campus_date(now), ends)
    if begins <= ends:  # within one day
        return today if begins <= hour < ends else None
    if hour < ends:
        return today
    return campus_time(campus_date(now) + DAY, ends) if hour >= begins else None
