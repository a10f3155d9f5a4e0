"""What a series of meetings says when it says no."""

from __future__ import annotations

from models.base.errors import Conflict, Unprocessable


class SeriesRefused(Conflict):
    """Too few dates can be had: all of them on request, else at least one. `results` says why."""

    code = "series-refused"
    zh = "有 {refused} 个日期无法预订，未作任何改动，请查看各日期的说明。"
    en = "{refused} dates cannot be had; nothing was done. See each date."


class NothingAhead(Conflict):
    """No meeting of the series lies ahead (from the day that was named)."""

    code = "series-nothing-ahead"
    zh = "所选日期之后没有可以处理的会议。"
    en = "No meeting of the series is left to act on from that day."


class DateUnknown(Unprocessable):
    """Only a date of the series can be added again."""

    code = "series-date-unknown"
    zh = "{date} 不是该系列的日期。"
    en = "{date} is no date of this series."


class DateBooked(Conflict):
    """The date has its meeting already."""

    code = "series-date-booked"
    zh = "{date} 已有会议，无需补回。"
    en = "There is a meeting on {date} already."
