"""What the visitors service says when it says no."""

from __future__ import annotations

from typing import Any

from models.base.errors import Conflict, Forbidden, NotFound, Unprocessable


class TimesWrong(Unprocessable):
    code = "visit-times-wrong"
    zh = "来访时间有误：须晚于现在、当天结束，且在 {days} 天以内。"
    en = "The visit must end later than now and on the day it begins, within {days} days."


class RepeatWrong(Unprocessable):
    code = "visit-repeat-wrong"
    zh = "长期通行的日期有误：截止日不早于首日，最长 {days} 天，且至少包含一个来访日。"
    en = "A long-term pass lasts at most {days} days and has at least one day of visiting."


class NoLongTerm(Conflict):
    code = "visit-type-single"
    zh = "该访客类型不支持长期通行，请改为单次来访。"
    en = "Visitors of this type come once; leave the repetition out."


class TypeUnknown(Unprocessable):
    code = "visit-type-unknown"
    zh = "没有该访客类型，请刷新后重新选择。"
    en = "There is no such type of visitor; reload and choose again."


class TypeDisabled(Conflict):
    code = "visit-type-disabled"
    zh = "该访客类型已停用，请选择其他类型。"
    en = "This type of visitor is out of use; choose another."


class PlateNeeded(Unprocessable):
    code = "visit-plate-needed"
    zh = "该访客类型须填写车牌号。"
    en = "Visitors of this type come by car; give the plate."


class GateUnknown(Unprocessable):
    code = "gate-unknown"
    zh = "没有该出入口，请刷新后重新选择。"
    en = "There is no such gate; reload and choose again."


class GateClosed(Conflict):
    """Out of use, or not one for visitors of this type."""

    code = "gate-closed"
    zh = "该出入口不接待此类访客，请选择其他出入口。"
    en = "This gate does not take visitors of this type; choose another."


class GateWrong(Unprocessable):
    code = "gate-wrong"
    zh = "出入口设置有误，请检查标出的内容。"
    en = "The gate contradicts itself; see the fields marked."


class NotYourGate(Forbidden):
    code = "not-your-gate"
    zh = "您不在该出入口值守。"
    en = "You do not serve at this gate."


class HostUnknown(Unprocessable):
    code = "visit-host-unknown"
    zh = "没有找到工号为 {employee_no} 的同事。"
    en = "There is no colleague with the number {employee_no}."


class MembersWrong(Unprocessable):
    code = "visit-members-wrong"
    zh = "名单中有 {count} 处需要修改，请检查标出的行。"
    en = "{count} lines of the list need to be corrected."


class SheetUnusable(Unprocessable):
    code = "visit-sheet-unusable"
    zh = "无法读取该表格，请使用 .xlsx 格式，最多 {rows} 行。"
    en = "The sheet cannot be read; use .xlsx with at most {rows} lines."


class Scrubbed(Conflict):
    code = "visit-scrubbed"
    zh = "访客信息已按规定清除，请重新填写。"
    en = "The visitor's details have been removed as the rules say; fill them in anew."


class PassUnknown(NotFound):
    """No pass of that address; one that was replaced looks just the same."""

    code = "pass-unknown"
    zh = "该访客链接无效或已更新，请联系邀请您的人。"
    en = "This link is not valid or has been replaced; ask whoever invited you."


class PassOver(Conflict):
    code = "pass-over"
    zh = "该来访已结束或取消，不能再修改。"
    en = "This visit is over or was cancelled."


class AgreementNeeded(Unprocessable):
    code = "visit-agreement-needed"
    zh = "请先阅读并同意访客须知。"
    en = "Read and agree to the notice for visitors first."


class NotItsTime(Conflict):
    code = "visit-not-its-time"
    zh = "尚未到时间。"
    en = "It is not time for this yet."


class StillWaiting(Conflict):
    code = "visit-still-waiting"
    zh = "仍在等待接待人应答，请稍候。"
    en = "The host may still answer; wait a little."


class RevokedAlready(Conflict):
    code = "visit-revoked-already"
    zh = "凭证已撤销，访客离开后不能再入场。"
    en = "The pass was revoked already; once out, the visitor is not let in again."


class NotLongTerm(Conflict):
    code = "visit-not-long-term"
    zh = "该来访不是长期通行。"
    en = "This is no long-term pass."


class TurnedAway(Conflict):
    """A gate says no: `reason` is one of the stable words in models/visitors/reasons.py."""

    code = "turned-away"
    zh = "{text}"
    en = "Not admitted: {reason}."

    def __init__(self, reason: str, text: str, **facts: Any) -> None:
        super().__init__(reason=reason, text=text, **facts)
        self.reason = reason


class DeviceUnknown(NotFound):
    code = "device-unknown"
    zh = "没有该设备，或设备密钥已停用。"
    en = "There is no such device, or its key was revoked."


class SignatureWrong(Forbidden):
    code = "device-signature-wrong"
    zh = "设备签名无效，请检查设备时间或重新登记设备。"
    en = "The device's signature does not hold; check its clock or register it again."


class BlockUnknown(NotFound):
    code = "block-unknown"
    zh = "没有该黑名单记录。"
    en = "There is no such entry."


class BlockEmpty(Unprocessable):
    code = "block-empty"
    zh = "请至少填写手机号或车牌号。"
    en = "Give a phone number or a plate."


class ExportTooLarge(Unprocessable):
    code = "export-too-large"
    zh = "一次最多导出 {rows} 条，请缩短日期范围。"
    en = "At most {rows} lines can be exported at once; choose fewer days."


class PeriodWrong(Unprocessable):
    code = "visit-period-wrong"
    zh = "日期范围有误：结束不早于开始，最长 {days} 天。"
    en = "The last day must not be before the first, and the period at most {days} days."
