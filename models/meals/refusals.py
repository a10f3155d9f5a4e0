"""What the meals service says when it says no."""

from __future__ import annotations

from models.base.errors import Conflict, NotFound, Unprocessable


class SittingUnknown(NotFound):
    code = "sitting-unknown"
    zh = "没有找到该场次，请刷新后重新选择。"
    en = "There is no such sitting."


class SittingCancelled(Conflict):
    code = "sitting-cancelled"
    zh = "该场次已取消，请选择其他场次。"
    en = "This sitting has been cancelled; choose another."


class SittingClosed(Conflict):
    code = "sitting-closed"
    zh = "该场次已停止预订，请选择其他场次。"
    en = "This sitting takes no more orders; choose another."


class OrderingClosed(Conflict):
    code = "ordering-closed"
    zh = "已过截止时间（{closed_at}），不能再预订、更改或取消。"
    en = "The cut-off was at {closed_at}."


class SittingFull(Conflict):
    """`remaining` places are left, fewer than asked, or `queue` people wait for them."""

    code = "sitting-full"
    zh = "该场次余位不足（剩余 {remaining}，候补 {queue} 人），可以加入候补。"
    en = "Only {remaining} places are left and {queue} people wait; you may join the waiting list."


class AlreadyBooked(Conflict):
    code = "already-booked"
    zh = "您已在{canteen}预订了{date}的{meal}，每餐只能预订一次。"
    en = "You have already ordered {meal} on {date} at {canteen}."


class ColleagueBooked(Conflict):
    """The same for somebody else; where, is not ours to tell."""

    code = "already-booked"
    zh = "该同事已预订{date}的{meal}，每餐只能预订一次。"
    en = "This colleague has already ordered {meal} on {date}."


class Suspended(Conflict):
    code = "suspended"
    zh = "由于多次预订未就餐，您在该食堂的预订暂停至 {until}；如有异议可在订单中申诉。"
    en = "Ordering here is suspended until {until} after repeated no-shows; you may appeal."


class DishUnknown(Unprocessable):
    code = "dish-unknown"
    zh = "所选菜品不在该场次的菜单中，请刷新后重新选择。"
    en = "A chosen dish is not on this sitting's menu."


class DishSoldOut(Conflict):
    code = "dish-sold-out"
    zh = "“{dish}”已售罄，请选择其他菜品。"
    en = "“{dish}” is sold out; choose another dish."


class DishLimit(Conflict):
    code = "dish-limit"
    zh = "“{dish}”每单最多 {limit} 份。"
    en = "At most {limit} of “{dish}” per order."


class PortionLimit(Conflict):
    code = "portion-limit"
    zh = "每单最多预订 {limit} 份。"
    en = "At most {limit} portions per order."


class PriceChanged(Conflict):
    code = "price-changed"
    zh = "价格已变化，现为 {price} 分，请确认后重新提交。"
    en = "The price is now {price} fen; please confirm."


class PlaceUnknown(Unprocessable):
    code = "delivery-place-unknown"
    zh = "该食堂不配送到所选地点，请重新选择。"
    en = "This canteen does not deliver there."


class ColleagueUnknown(Unprocessable):
    code = "colleague-unknown"
    zh = "没有找到工号为 {employee_no} 的在职同事。"
    en = "There is no active colleague with number {employee_no}."


class NotYourUnit(Unprocessable):
    code = "not-your-unit"
    zh = "工号 {employee_no} 不属于您负责的单位。"
    en = "{employee_no} does not belong to your unit."


class ColleagueTwice(Unprocessable):
    code = "colleague-twice"
    zh = "工号 {employee_no} 在名单中重复出现。"
    en = "{employee_no} is listed twice."


class MemberBooked(Conflict):
    code = "already-booked"
    zh = "工号 {employee_no} 已预订该餐。"
    en = "{employee_no} has already ordered this meal."


class BatchRefused(Conflict):
    """All or nothing was asked, and some cannot be booked; `results` says who and why."""

    code = "batch-refused"
    zh = "有 {refused} 人无法预订，本次未提交任何订单。"
    en = "{refused} people cannot be booked, so nobody was."


class OfferGone(Conflict):
    code = "offer-gone"
    zh = "候补名额的确认时间已过。"
    en = "The offer has run out."


class NotTheTime(Conflict):
    code = "not-the-time"
    zh = "该餐的取餐时间为 {starts_at} 至 {ends_at}。"
    en = "This meal is served from {starts_at} to {ends_at}."


class CutOffAhead(Conflict):
    """Until the cut-off a place goes to whoever waits for it."""

    code = "cut-off-ahead"
    zh = "截止（{closes_at}）前请直接更改或取消，截止后才能转给同事。"
    en = "Until the cut-off at {closes_at}, change or cancel instead of handing over."


class MealOver(Conflict):
    code = "meal-over"
    zh = "该餐已结束。"
    en = "This meal is over."


class CodeUnknown(NotFound):
    code = "code-unknown"
    zh = "没有找到该取餐码，请核对后重试。"
    en = "There is no such code."


class AlreadyRedeemed(Conflict):
    code = "already-redeemed"
    zh = "该取餐码已于 {when} 使用，不能重复取餐。"
    en = "This code was redeemed at {when}."


class CodeNotValid(Conflict):
    code = "code-not-valid"
    zh = "该订单当前不能取餐（状态：{state}）。"
    en = "This order cannot be redeemed (it is {state})."


class UndoTooLate(Conflict):
    code = "undo-too-late"
    zh = "取餐已超过两分钟，不能撤销。"
    en = "A redemption can be undone for two minutes only."


class NotADelivery(Conflict):
    code = "not-a-delivery"
    zh = "该订单不是配送订单。"
    en = "This order is not for delivery."


class NotYetCooked(Conflict):
    """Until the cut-off the owner may still change or cancel what is to be brought."""

    code = "not-yet-cooked"
    zh = "截止（{closes_at}）前订餐人仍可更改或取消，截止后才能确认送达。"
    en = "Until the cut-off at {closes_at} the owner may still change or cancel it."


class ADelivery(Conflict):
    code = "a-delivery"
    zh = "配送订单不计未就餐。"
    en = "A delivery cannot be missed."


class AppealTooLate(Conflict):
    code = "appeal-too-late"
    zh = "申诉须在就餐日后 {days} 天内提交。"
    en = "An appeal must be made within {days} days."


class NoWalkIns(Conflict):
    code = "no-walk-ins"
    zh = "该场次不接待未预订人员。"
    en = "This sitting takes no walk-ins."


class CapacityTaken(Conflict):
    code = "capacity-taken"
    zh = "已有 {booked} 人预订，名额不能低于该数。"
    en = "{booked} places are booked; the capacity cannot be lower."


class CanteenUnknown(NotFound):
    code = "canteen-unknown"
    zh = "没有找到该食堂。"
    en = "There is no such canteen."


class CanteenWrong(Unprocessable):
    code = "canteen-wrong"
    zh = "食堂设置有误，请按提示修改。"
    en = "The canteen's settings do not make sense."


class DishMissing(NotFound):
    code = "dish-missing"
    zh = "没有找到该菜品。"
    en = "There is no such dish."


class DishNameTaken(Conflict):
    code = "dish-name-taken"
    zh = "该食堂已有名为“{name}”的菜品。"
    en = "This canteen has a dish called “{name}” already."


class AllergensContradict(Unprocessable):
    code = "allergens-contradict"
    zh = "已列出过敏原的菜品不能同时标为“不含过敏原”。"
    en = "A dish that names allergens cannot be free of them."


class PictureUnusable(Unprocessable):
    """The upload is not a picture (`not-a-picture`) or has too many pixels (`too-large`)."""

    code = "picture-unusable"
    zh = "图片无法使用，请上传 JPEG、PNG 或 WebP 图片。"
    en = "Send a JPEG, PNG or WebP picture of ordinary size."


class WeekUnknown(Unprocessable):
    code = "week-unknown"
    zh = "没有第 {week} 周，请使用如 2026-W48 的写法。"
    en = "There is no week {week}; write it like 2026-W48."


class MenuUnknown(NotFound):
    code = "menu-unknown"
    zh = "该周还没有菜单。"
    en = "There is no menu for that week."


class MenuWrong(Unprocessable):
    """`errors` names each place by pointer, such as /days/0/meals/1/dishes/2."""

    code = "menu-wrong"
    zh = "菜单有误，请按提示修改。"
    en = "The menu does not make sense; see the errors."


class MenuNotReady(Unprocessable):
    """What keeps a draft from being published, each by pointer."""

    code = "menu-not-ready"
    zh = "菜单尚不能发布，请按提示修改。"
    en = "The menu cannot be published yet; see the errors."


class SittingsTaken(Conflict):
    """`sittings` lists those that people have ordered in: {id, date, starts, booked}."""

    code = "sittings-taken"
    zh = "有 {count} 个已有预订的场次不在新菜单中，请先取消这些场次或把它们加回菜单。"
    en = "{count} sittings that people have ordered in are not on this menu; cancel them first."


class SheetUnusable(Unprocessable):
    code = "sheet-unusable"
    zh = "文件无法读取，请上传不超过 {max_rows} 行的 .xlsx 文件。"
    en = "Send an .xlsx file of at most {max_rows} rows."


class SheetWrong(Unprocessable):
    """`errors` names each wrong line by pointer, such as /rows/3; nothing was imported."""

    code = "sheet-wrong"
    zh = "表格中有 {count} 处错误，未导入任何内容，请按行号修改后重新上传。"
    en = "{count} mistakes are in the sheet, and nothing was imported."


class DayPast(Unprocessable):
    code = "day-past"
    zh = "日期不能早于今天。"
    en = "The day is over."


class DayFarAway(Unprocessable):
    code = "day-far-away"
    zh = "日期超出可选范围。"
    en = "The day is too far from today."


class StillCallingOff(Conflict):
    code = "still-calling-off"
    zh = "当天的订单正在取消中，请稍后再试。"
    en = "The orders of that day are still being called off; try again in a moment."
