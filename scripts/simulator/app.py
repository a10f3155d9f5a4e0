"""The simulator put together: every simulated system and the control interface on one port."""

from __future__ import annotations

from tornado.web import Application

from scripts.simulator import control, wechat
from scripts.simulator.aliyun import RpcExchange
from scripts.simulator.world import World


def build(world: World) -> Application:
    """The web application over `world`."""
    shared = {"world": world}
    return Application(
        [
            ("/", RpcExchange, shared),
            ("/sns/jscode2session", wechat.CodeToSession, shared),
            ("/cgi-bin/stable_token", wechat.StableToken, shared),
            ("/cgi-bin/message/subscribe/send", wechat.SubscribeSend, shared),
            ("/wxa/msg_sec_check", wechat.TextSecurity, shared),
            ("/control/sent", control.SentThings, shared),
            ("/control/calls", control.Calls, shared),
            ("/control/faults", control.Faults, shared),
            ("/control/tokens/expire", control.TokenExpiry, shared),
            ("/control/clock", control.ClockAdvance, shared),
            ("/control/codes", control.Codes, shared),
            ("/control/consents", control.Consents, shared),
            ("/control/receipts", control.Receipts, shared),
            ("/control/reset", control.Reset, shared),
        ],
        log_function=lambda handler: None,  # addresses hold secrets; the page shows what matters
    )
