"""The codes of a visit: one to print or send, one that changes every thirty seconds, one address.

All of them are derived from the key ring, the order and a version; stored are only their
fingerprints, as claims of the order. Raising the version makes them void (the link has one of its
own, so that who is revoked can still read it): the claims of the old ones stay, so that a gate can
say "revoked" instead of "unknown".

    static      QJS + 12 characters          single in, single out; the desk looks at the face
    rotating    QJR + 12 + 8 characters      the pass, and a part that is good for 30 seconds
    link        26 characters in /p/<link>   the visitor's page

The static code cannot be made from a rotating one, so a screenshot is worth nothing a minute later.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models.base.context import Context
from models.base.decisions import CLAIMS
from models.base.ids import KEY_LENGTH, base32, plain_code
from models.base.orders import ORDERS
from models.base.signing import CODE_LENGTH, Keys, fingerprint
from models.base.store import Document
from models.base.workflow import Order

STATIC, ROTATING = "QJS", "QJR"
STEP: Final = 30  # seconds
STEP_LENGTH: Final = 8  # base32 characters: 40 bits
AROUND: Final = (-1, 0, 1)  # steps that are taken, since clocks differ and people walk slowly


@dataclass(frozen=True, slots=True)
class Shown:
    """A code as it was read: `part` names the pass, `mac` the moment (of a rotating one)."""

    how: str  # static, rotating
    part: str
    mac: str = ""

    @property
    def claim(self) -> str:
        """The key under which its order is found; only the hash is stored."""
        return f"{_CLAIM[self.how]}:{fingerprint(self.part)}"

    @property
    def digest(self) -> str:
        """What the log keeps of it."""
        return fingerprint(self.part + self.mac)[:16]


_CLAIM: Final = {"static": "code", "rotating": "pass"}


def read(typed: str) -> Shown | None:
    """The code as typed or scanned; None where it has not the form of one."""
    plain = plain_code(typed)
    if len(plain) == len(ROTATING) + CODE_LENGTH + STEP_LENGTH and plain.startswith(ROTATING):
        rest = plain.removeprefix(ROTATING)
        return Shown("rotating", rest[:CODE_LENGTH], rest[CODE_LENGTH:])
    rest = plain.removeprefix(STATIC)
    return Shown("static", rest) if len(rest) == CODE_LENGTH else None


async def order_of(ctx: Context, claim: str) -> Order | None:
    """The visit that claims this."""
    order = await ctx.store.referred(CLAIMS, claim, "order", ORDERS)
    return order if order is not None and order["kind"] == "visit" else None


async def behind(ctx: Context, link: str) -> Order | None:
    """The visit behind a link."""
    order = await order_of(ctx, f"link:{fingerprint(link)}")
    if order is None:
        return None
    right = link_of(ctx.house.keys, order["_id"], order["data"])
    return order if hmac.compare_digest(right.encode(), link.encode()) else None


def static(keys: Keys, order_id: str, data: Document) -> str:
    """What is printed or sent."""
    return STATIC + keys.code(order_id, data["code_version"], data["kid"])


def pass_part(keys: Keys, order_id: str, data: Document) -> str:
    """What a rotating code begins with."""
    return keys.code(f"{order_id}:pass", data["code_version"], data["kid"])


def rotating(keys: Keys, order_id: str, data: Document, step: int) -> str:
    """What is shown during one step of thirty seconds."""
    return ROTATING + pass_part(keys, order_id, data) + _mac(keys, order_id, data, step)


def link_of(keys: Keys, order_id: str, data: Document) -> str:
    """The secret in the address of the visitor's page: 130 bits."""
    content = f"{order_id}\0{data['link_version']}".encode()
    digest = hmac.digest(keys.derive("visit-link", data["kid"]), content, hashlib.sha256)
    return base32(digest, KEY_LENGTH)


def claims(keys: Keys, order_id: str, data: Document) -> list[str]:
    """What an order claims so that its codes and its link find it."""
    printed = Shown("static", static(keys, order_id, data).removeprefix(STATIC))
    turning = Shown("rotating", pass_part(keys, order_id, data))
    return [printed.claim, turning.claim, f"link:{fingerprint(link_of(keys, order_id, data))}"]


def step_at(moment: datetime) -> int:
    """The number of the thirty seconds in which a moment lies."""
    return int(moment.timestamp()) // STEP


def is_current(keys: Keys, order: Order, shown: Shown) -> bool:
    """Whether it is a code of the order's present version."""
    make = static if shown.how == "static" else pass_part
    right = make(keys, order["_id"], order["data"]).removeprefix(STATIC)
    return hmac.compare_digest(right.encode(), shown.part.encode())


def step_of(keys: Keys, order: Order, shown: Shown, now: datetime) -> int | None:
    """The step a rotating code was made for, if it is one of those around now."""
    found, present = None, step_at(now)
    for step in (present + each for each in AROUND):  # all of them, so that time tells nothing
        right = _mac(keys, order["_id"], order["data"], step)
        if hmac.compare_digest(right.encode(), shown.mac.encode()):
            found = step
    return found


def _mac(keys: Keys, order_id: str, data: Document, step: int) -> str:
    content = f"{order_id}\0{data['code_version']}\0{step}".encode()
    digest = hmac.digest(keys.derive("visit-step", data["kid"]), content, hashlib.sha256)
    return base32(digest, STEP_LENGTH)
