"""The WeChat accounts of the demo's people."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

DEMO_APPID: Final = "wxdemo0000000000"

_DEMO_CODE: Final = re.compile(r"demo-([A-Z][0-9]{4})", re.ASCII)


def openid_of(employee_no: str, appid: str = DEMO_APPID) -> str:
    """The openid of that person's WeChat account: 28 characters, the same at every start."""
    digest = hmac.digest(appid.encode(), employee_no.encode(), hashlib.sha256)
    return "o" + base64.urlsafe_b64encode(digest).decode()[:27]


def employee_of(code: str) -> str | None:
    """The employee number in a login code `demo-S0042`, or None for any other code."""
    match = _DEMO_CODE.fullmatch(code)
    return match[1] if match else None
