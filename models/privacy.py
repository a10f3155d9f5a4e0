"""The privacy text, and a person's agreement to it on first sign-in."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from models.base.context import Context
from models.base.errors import Conflict
from models.base.shapes import Input, Struct
from models.people import PEOPLE, PRIVACY_VERSION, Me, me

TITLE: Final = "勤e家个人信息保护说明"
TEXT: Final = """\
勤e家由机关事务管理局提供，为园区职工办理用餐、会议、报修、访客等后勤事项。

一、我们使用哪些信息
姓名、工号、单位、手机号来自单位花名册；绑定微信后，我们保存微信为本小程序提供的账号标识（openid），不读取您的微信昵称、头像、好友和位置。
办理事项时，我们保存您填写的内容、上传的照片和录音，以及办理经过；照片中的拍摄位置等附加信息在上传时删除。

二、用来做什么
仅用于办理您提交的事项、通知您办理结果、核对用餐和出入、统计后勤服务质量。不用于其他目的，不提供给广告方。

三、谁能看到
同事只能查到您的姓名、工号和单位；承办人员只能看到由其承办的事项；手机号在列表中隐去中间四位，导出和查看记录留痕。

四、发送给谁
短信经阿里云短信服务发送，微信通知经微信发送，二者只收到发送所必需的内容。
报修时您与维修人员通话，经阿里云号码隐私保护服务转接：该服务收到双方的手机号，仅用于接通，十五分钟后失效；双方互相看不到号码，通话不录音。
绑定微信后，他人会看到的文字在发布前经微信内容安全检查。

五、您的权利
您可以在“我的”中查看本人信息、解除微信绑定；需要更正或删除的，请联系单位联络员或机关事务管理局。离职后，我们删除您的手机号和微信标识，事项记录按档案规定保存。
"""


class ConsentOutdated(Conflict):
    """The text has changed since it was shown."""

    code = "consent-outdated"
    zh = "个人信息保护说明已更新，请重新阅读。"
    en = "The privacy text has changed; please read it again."


class PrivacyText(Struct):
    """The text as it stands now; `text` is plain, its paragraphs separated by empty lines."""

    version: str
    title: str
    text: str


class ConsentInput(Input):
    """The version of the text that was shown."""

    version: Annotated[str, Meta(min_length=1, max_length=32)]


def current() -> PrivacyText:
    """The privacy text in force."""
    return PrivacyText(version=PRIVACY_VERSION, title=TITLE, text=TEXT)


async def agree(ctx: Context, body: ConsentInput) -> Me:
    """Record that the actor agrees. A second time changes nothing. Raises `ConsentOutdated`."""
    if body.version != PRIVACY_VERSION:
        raise ConsentOutdated
    consent = {"version": body.version, "at": ctx.now}
    undecided = {"_id": ctx.actor.id, "active": True, "consent.version": {"$ne": body.version}}
    await ctx.store.update(PEOPLE, undecided, {"$set": {"consent": consent}})
    return await me(ctx)
