"""Aliyun's APIs at `/`. A business refusal is HTTP 200 with a `Code` other than OK."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4

from scripts.simulator import calls, sms
from scripts.simulator.exchange import Exchange, Reply
from scripts.simulator.rpc import BusinessRefusal, RpcRefusal
from scripts.simulator.world import Api, Fault, World

VERSION: Final = "2017-05-25"  # of both APIs
ACTIONS: Final[dict[Api, Callable[[World, dict[str, str]], dict[str, Any]]]] = {
    "SendSms": sms.send,
    "QuerySendDetails": sms.details,
    "BindAxb": calls.bind,
    "UnbindSubscription": calls.unbind,
}
PAGE: Final = Path(__file__).with_name("page.html").read_bytes()
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)


class RpcExchange(Exchange):
    """The RPC endpoint; `GET /` without an action is the page of what was sent."""

    def failure(self, fault: Fault) -> Reply:
        code = fault.code or "ServiceUnavailable"
        return Reply(_answer(code, fault.message), fault.status or 200)

    async def get(self) -> None:
        if not self.request.query:
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.set_header("Content-Security-Policy", PAGE_POLICY)
            await self.finish(PAGE)
            return
        await self.post()

    async def post(self) -> None:
        params = self.parameters()
        api = next((each for each in ACTIONS if each == params.get("Action")), None)
        if api is None:
            words = "Specified api is not found, please check your url and method."
            self.set_status(404)
            await self.finish(_answer("InvalidAction.NotFound", words))
            return
        await self.exchange(api, lambda: self.reply(api, params))

    def parameters(self) -> dict[str, str]:
        """Query and form together, with blank values, as they were signed."""
        form = self.request.body.decode("utf-8", "replace")
        pairs = parse_qsl(self.request.query, keep_blank_values=True)
        return dict(pairs + parse_qsl(form, keep_blank_values=True))

    def reply(self, api: Api, params: dict[str, str]) -> Reply:
        try:
            self.world.caller.verify(self.request.method or "", params)
            if params["Version"] != VERSION:
                raise RpcRefusal(404, "InvalidVersion", "Specified version is not valid.")
            return Reply({**_answer("OK"), **ACTIONS[api](self.world, params)})
        except RpcRefusal as refusal:
            return Reply(_answer(refusal.code, refusal.message), refusal.status)
        except BusinessRefusal as refusal:
            return Reply(_answer(str(refusal)))


def _answer(code: str, message: str = "") -> dict[str, Any]:
    return {"Code": code, "Message": message or code, "RequestId": str(uuid4()).upper()}
