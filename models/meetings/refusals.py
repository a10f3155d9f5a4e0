"""What the meetings service says when it says no."""

from __future__ import annotations

from models.base.decisions import Clash
from models.base.errors import Conflict, Unprocessable


class RoomTaken(Conflict):
    """Another meeting has the room, or `queue` people wait for it."""

    code = "room-taken"
    zh = "该时段会议室已被预订（候补 {queue} 人），可以换个时间、换间会议室或加入候补。"
    en = "The room is taken at that time ({queue} are waiting); you may join the waiting list."


class RoomDisabled(Conflict):
    code = "room-disabled"
    zh = "该会议室已停用（{reason}），请选择其他会议室。"
    en = "The room is out of use ({reason}); choose another."


class RoomBlocked(Clash):
    """Meeting services keep the room for something else; `reason` is read once it is refused."""

    code = "room-blocked"
    zh = "该时段会议室不开放预订（{reason}），请选择其他时间或会议室。"
    en = "The room is blocked at that time ({reason}); choose another time or room."

    def __init__(self, block: str, reason: str = "会务安排") -> None:
        super().__init__(block, block)
        self.facts = {"reason": reason}


class RoomTooSmall(Unprocessable):
    code = "room-too-small"
    zh = "该会议室只有 {seats} 个座位，请选择更大的会议室。"
    en = "The room has {seats} seats; choose a larger one."


class LayoutUnknown(Unprocessable):
    code = "layout-unknown"
    zh = "该会议室没有这种布置方式。"
    en = "The room cannot be set out like that."


class OutsideHours(Unprocessable):
    code = "outside-hours"
    zh = "该会议室的开放时间为 {opens}–{closes}。"
    en = "The room is open from {opens} to {closes}."


class WeekendClosed(Unprocessable):
    code = "weekend-closed"
    zh = "该会议室在休息日不开放（{date}）。"
    en = "The room is closed on days off ({date})."


class TooShortNotice(Unprocessable):
    code = "too-short-notice"
    zh = "该会议室须至少提前 {minutes} 分钟预订。"
    en = "The room must be booked {minutes} minutes ahead."


class BeyondHorizon(Unprocessable):
    code = "beyond-horizon"
    zh = "该会议室最多可提前 {days} 天预订。"
    en = "The room can be booked {days} days ahead at most."


class TooLong(Unprocessable):
    code = "too-long"
    zh = "该会议室每次最多使用 {minutes} 分钟。"
    en = "The room can be had for {minutes} minutes at most."


class NotADay(Unprocessable):
    """The end is not after the start, or on another day."""

    code = "not-a-day"
    zh = "会议须在同一天内开始和结束，且结束时间晚于开始时间。"
    en = "A meeting begins and ends on one day, and ends after it begins."


class NotWholeMinutes(Unprocessable):
    code = "not-whole-minutes"
    zh = "开始和结束时间须为整分钟。"
    en = "A meeting begins and ends on a full minute."


class InThePast(Unprocessable):
    code = "in-the-past"
    zh = "开始时间已过，请选择之后的时间。"
    en = "That time has passed; choose a later one."


class QuotaExceeded(Conflict):
    """`used` of `limit` hours or meetings are spent; `rule` names the rule, `name` says it."""

    code = "quota-exceeded"
    zh = "超出预订额度：{name}上限 {limit}，已用 {used}。"
    en = "The quota {rule} allows {limit}; {used} are used."


class ColleagueUnknown(Unprocessable):
    code = "colleague-unknown"
    zh = "没有找到工号为 {employee_no} 的同事。"
    en = "There is no colleague with the number {employee_no}."


class RivalsChanged(Conflict):
    """Other requests than those shown would be refused; `rivals` are their ids."""

    code = "rivals-changed"
    zh = "同一时段的申请有变化，请核对后重新批准。"
    en = "Other requests ask for the same time than those you saw; look again."


class TimeHasCome(Conflict):
    """What is asked is possible only before the meeting's start."""

    code = "time-has-come"
    zh = "会议时间已到，不能再进行此操作。"
    en = "The meeting's time has come; this is not possible any more."


class NotItsTime(Conflict):
    """The clock came too early: the meeting has been given another time since."""

    code = "not-its-time"
    zh = "会议时间已调整。"
    en = "The meeting has another time now."


class CancelTooLate(Conflict):
    code = "cancel-too-late"
    zh = "会议开始超过 {minutes} 分钟，不能再取消；可以提前结束。"
    en = "A meeting can be cancelled until {minutes} minutes after its start; finish it early."


class OfferGone(Conflict):
    code = "offer-gone"
    zh = "为您保留的时间已过，会议室已让给下一位。"
    en = "The offer has run out."


class NoCheckIn(Conflict):
    code = "no-check-in"
    zh = "该会议室无需签到。"
    en = "This room wants no check-in."


class CheckInAhead(Conflict):
    code = "check-in-ahead"
    zh = "还未到签到时间，请在 {from} 后签到。"
    en = "Check-in opens at {from}."


class CheckInOver(Conflict):
    code = "check-in-over"
    zh = "签到时间已过（{until}），会议室已释放。"
    en = "Check-in ended at {until}; the room has been released."


class NothingToCheckIn(Conflict):
    """None of my meetings is in this room now; `from` tells when the next one opens, if any."""

    code = "nothing-to-check-in"
    zh = "您现在没有在此会议室可签到的会议。"
    en = "You have no meeting to check in to here now."


class NotCheckedIn(Conflict):
    code = "not-checked-in"
    zh = "会议尚未签到，不能提前结束；如不再需要请取消。"
    en = "Nobody has checked in yet; cancel the meeting instead."


class NotYetBegun(Conflict):
    code = "not-yet-begun"
    zh = "会议尚未开始；如不再需要请取消。"
    en = "The meeting has not begun; cancel it instead."
