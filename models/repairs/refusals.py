"""What the repairs service says when it says no."""

from __future__ import annotations

from models.base.errors import Conflict, Forbidden, NotFound, Unprocessable


class CategoryUnknown(NotFound):
    code = "repair-category-unknown"
    zh = "没有找到该报修类别，请刷新后重新选择。"
    en = "There is no such category of repairs."


class CategoryDisabled(Conflict):
    code = "repair-category-disabled"
    zh = "该报修类别已停用，请选择其他类别。"
    en = "This category is out of use; choose another."


class NoVendor(Conflict):
    """Every vendor of the category is out of use, or its contract has ended."""

    code = "no-vendor"
    zh = "该类别暂无服务单位，请联系管理员。"
    en = "Nobody is under contract for this category at present."


class CategoryWrong(Unprocessable):
    code = "repair-category-wrong"
    zh = "报修类别设置有误，请检查标出的内容。"
    en = "The category contradicts itself; see the fields marked."


class SymptomUnknown(Unprocessable):
    code = "symptom-unknown"
    zh = "该类别没有这种故障现象，请重新选择。"
    en = "The category does not know this symptom."


class AssetUnknown(Unprocessable):
    code = "asset-unknown"
    zh = "没有找到该设备，请重新扫码或直接填写位置。"
    en = "There is no such asset; scan it again, or name the place."


class AssetRetired(Conflict):
    code = "asset-retired"
    zh = "该设备已停用（{code}），如仍有问题请直接填写位置报修。"
    en = "The asset {code} is out of use; report by its place."


class VendorUnknown(NotFound):
    code = "vendor-unknown"
    zh = "没有找到该服务单位。"
    en = "There is no such vendor."


class VendorDisabled(Conflict):
    """The vendor is out of use, or its contract has ended."""

    code = "vendor-disabled"
    zh = "该服务单位（{name}）已停用或合同已到期。"
    en = "The vendor {name} is out of use, or its contract has ended."


class HandUnknown(Unprocessable):
    """Nobody of the vendor's technicians, as far as the actor may know."""

    code = "technician-unknown"
    zh = "没有找到该维修人员，请刷新后重新选择。"
    en = "There is no such technician."


class HandDisabled(Conflict):
    code = "technician-disabled"
    zh = "{name} 目前不接单，请选择其他人员。"
    en = "{name} takes no tickets at present; choose somebody else."


class HandFull(Conflict):
    """The technician has `limit` open tickets."""

    code = "technician-full"
    zh = "{name} 手上已有 {limit} 个未完成的工单，请先完成或选择其他人员。"
    en = "{name} has {limit} open tickets already."


class OtherVendor(Conflict):
    code = "other-vendor"
    zh = "只能交给本单位负责该类别的人员。"
    en = "It can only go to a technician of the same vendor who does this category."


class AlreadyTaken(Conflict):
    """Somebody was faster; `by` is who."""

    code = "already-taken"
    zh = "已被 {by} 抢先接单。"
    en = "{by} was faster and has taken it."


class NobodyFree(Conflict):
    """No technician on duty has room: the dispatcher decides."""

    code = "nobody-free"
    zh = "当班人员均已满单，等待调度派单。"
    en = "Nobody on duty has room; the dispatcher decides."


class WasAssigned(Conflict):
    """What the dispatcher assigned is handed over, never thrown back."""

    code = "was-assigned"
    zh = "该工单由调度指派，不能退回；可转交他人或联系调度。"
    en = "The dispatcher assigned it; hand it over instead of giving it back."


class UrgedLately(Conflict):
    code = "urged-lately"
    zh = "刚催过单，请在 {minutes} 分钟后再催。"
    en = "It was urged a moment ago; wait {minutes} minutes."


class NotAsked(Conflict):
    code = "not-asked"
    zh = "维修人员没有等待您的答复。"
    en = "The technician does not wait for an answer."


class PauseTooLong(Unprocessable):
    """`until` lies in the past, or farther ahead than a pause may last."""

    code = "pause-too-long"
    zh = "恢复时间须晚于现在，且不超过 {days} 天。"
    en = "It must go on later than now, and within {days} days."


class PausesUsedUp(Conflict):
    """The pauses of a ticket together have lasted as long as they may without confirmation."""

    code = "pauses-used-up"
    zh = "未经确认的暂停累计已达 {minutes} 分钟，不能再暂停；如非本单位原因，可在计时中提出异议。"
    en = "Unconfirmed pauses of this ticket have reached {minutes} minutes; dispute the interval."


class NotItsTime(Conflict):
    """The clock came too early: what it came for has moved since."""

    code = "not-its-time"
    zh = "时间已调整。"
    en = "Its time has moved since."


class ReopenTooLate(Conflict):
    code = "reopen-too-late"
    zh = "验收已超过 {days} 天，不能再重开；请重新报修。"
    en = "It can be reopened within {days} days; report it anew."


class NotMergeable(Unprocessable):
    """A ticket goes into another open one that the actor sees."""

    code = "not-mergeable"
    zh = "只能合并到另一个处理中的工单。"
    en = "Merge into another ticket that is still open."


class DisputesEnough(Conflict):
    """There are as many disputes of one ticket as anybody could settle."""

    code = "disputes-enough"
    zh = "该工单已有 {limit} 条计时异议，请等待管理员裁定。"
    en = "There are {limit} disputes of this ticket already; wait for them to be settled."


class IntervalWrong(Unprocessable):
    """An interval lies within the ticket's life, and ends after it begins."""

    code = "interval-wrong"
    zh = "时段须在报修之后、现在之前，且结束晚于开始。"
    en = "The interval lies between the report and now, and ends after it begins."


class WatchingAlready(Forbidden):
    code = "watching-already"
    zh = "您已在关注该工单。"
    en = "You see this ticket already."


class TicketClosed(Conflict):
    code = "ticket-closed"
    zh = "该工单已结束，请重新报修。"
    en = "This ticket is closed; report it anew."


class TooFewRatings(Conflict):
    """Fewer than `needed` in the period, so that nobody could be recognised."""

    code = "too-few-ratings"
    zh = "该时段评价不足 {needed} 条，暂不显示。"
    en = "Fewer than {needed} ratings in the period; they are not shown yet."


class TextRefused(Unprocessable):
    """WeChat does not let this text be shown to others."""

    code = "text-refused"
    zh = "内容未通过安全检测，请修改后再提交。"
    en = "The text may not be shown to others; word it differently."
