"""Devices with keys of their own: desk computers, turnstiles, cameras at gates.

A key is derived from the key ring, the device and its version, and shown once; stored is nothing
that could be stolen. What a device sends is signed: HMAC-SHA256 of act, device, time and nonce, a
line each, with the key as text, in hex. A document of `gate_devices`:
    _id, name, kind, gate    "dev_…"; desk or gate
    kid, version             from what the key is derived
    enabled                  revoked ones are not, for good
    by, at, seen_at          who registered it, when; when it last signed something
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from models.base.audit import record
from models.base.context import Context
from models.base.errors import Forbidden
from models.base.ids import new_id
from models.base.indexes import declare as index
from models.base.quotas import QUOTAS
from models.base.revocations import REVOCATIONS, person_changed
from models.base.roles import Role
from models.base.shapes import Input, Name, Struct
from models.base.signing import ACCESS_TTL
from models.base.store import Document, Duplicate
from models.base.visibility import desk
from models.visitors import gates
from models.visitors.gates import GateId
from models.visitors.parties import SECURITY
from models.visitors.refusals import DeviceUnknown, SignatureWrong

DEVICES: Final = "gate_devices"
SKEW: Final = timedelta(minutes=2)
MOST: Final = 500

index(DEVICES, [("gate", 1), ("at", -1)])
index(DEVICES, [("at", -1)])

DeviceId = Annotated[str, Meta(min_length=5, max_length=32, pattern=r"^dev_[0-9A-Z]+$")]
Nonce = Annotated[str, Meta(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Signature = Annotated[str, Meta(min_length=64, max_length=64, pattern=r"^[0-9a-f]+$")]
SignedAt = Annotated[str, Meta(min_length=20, max_length=35, pattern=r"^[0-9T:.Z+-]+$")]


class DeviceInput(Input):
    """A device at a gate: a desk computer, or a turnstile or camera."""

    name: Name
    gate: GateId
    kind: Literal["desk", "gate"] = "desk"


class Device(Struct, kw_only=True):
    """A device."""

    id: str
    name: str
    gate: str
    kind: str
    enabled: bool
    by: str
    at: datetime
    seen_at: datetime | None = None


class DeviceMade(Device, kw_only=True):
    """A new device with its key, shown this once."""

    key: str


class DeviceList(Struct):
    """Devices, newest first."""

    items: list[Device]
    next: str | None = None


class Signed(Input, kw_only=True):
    """What a device proves: it holds its key, now, and says this once."""

    device: DeviceId
    at: SignedAt
    nonce: Nonce
    signature: Signature


class DeviceSession(Struct):
    """An access token of role `device`."""

    access_token: str
    token_type: str
    expires_in: int


def key_of(ctx: Context, device: Document) -> str:
    """The key of a device."""
    secret = ctx.house.keys.derive("device", device["kid"])
    content = f"{device['_id']}\0{device['version']}".encode()
    return hmac.digest(secret, content, hashlib.sha256).hex()


async def add(ctx: Context, body: DeviceInput) -> DeviceMade:
    """Register a device; a desk does so for itself, gates are security's. Raises NotYourGate."""
    gates.refuse_elsewhere(ctx, body.gate)
    if body.kind == "gate" and Role.SECURITY not in ctx.actor.roles:
        raise Forbidden
    await gates.find(ctx, body.gate)
    device: Document = {
        "_id": new_id("dev"), "name": body.name, "gate": body.gate, "kind": body.kind,
        "kid": ctx.house.keys.current.kid, "version": 1, "enabled": True,
        "by": ctx.actor.name, "at": ctx.now,
    }  # fmt: skip
    await ctx.store.insert(DEVICES, device)
    said = {name: device[name] for name in ("name", "gate", "kind")}
    await record(ctx, "visitors.device", device["_id"], None, said)
    return DeviceMade(**_shown(device), key=key_of(ctx, device))


async def listed(ctx: Context) -> DeviceList:
    """The devices of the gates where the actor serves; all of them for security."""
    where: Document = {}
    if SECURITY not in ctx.actor.tokens:
        mine = [t.removeprefix("desk:") for t in ctx.actor.tokens if t.startswith("desk:gate_")]
        where = {"gate": {"$in": sorted(mine)}}
    found = await ctx.store.find(DEVICES, where, sort=[("at", -1)], limit=MOST)
    return DeviceList(items=[Device(**_shown(device)) for device in found])


async def revoke(ctx: Context, device_id: str) -> None:
    """The key is worth nothing any more, and its sessions end. Raises DeviceUnknown."""
    device = await ctx.store.get(DEVICES, device_id)
    if device is None or not {desk(device["gate"]), SECURITY} & ctx.actor.tokens:
        raise DeviceUnknown
    enabled = {"_id": device_id, "enabled": True}
    change: Document = {"$set": {"enabled": False}, "$inc": {"version": 1}}
    after = await ctx.store.change(DEVICES, enabled, change)
    if after is None:
        return
    ended = person_changed(device_id, after["version"], ctx.now)
    await ctx.store.insert(REVOCATIONS, ended)
    ctx.house.revocations.add(ended)
    await record(ctx, "visitors.device", device_id, {"enabled": True}, {"enabled": False})


async def verified(ctx: Context, act: str, body: Signed) -> Document:
    """The device that signed this. Raises DeviceUnknown, SignatureWrong."""
    device = await ctx.store.get(DEVICES, body.device)
    if device is None or not device["enabled"]:
        raise DeviceUnknown
    said = f"{act}\n{body.device}\n{body.at}\n{body.nonce}".encode()
    right = hmac.digest(key_of(ctx, device).encode(), said, hashlib.sha256).hex()
    if not hmac.compare_digest(right, body.signature) or not _is_fresh(ctx, body.at):
        raise SignatureWrong
    await _spend(ctx, body)
    await ctx.store.update(DEVICES, {"_id": device["_id"]}, {"$set": {"seen_at": ctx.now}})
    return device


def _is_fresh(ctx: Context, said: str) -> bool:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return False
    return at.tzinfo is not None and abs(ctx.now - at) <= SKEW


async def _spend(ctx: Context, body: Signed) -> None:
    """Each signature counts once."""
    key = f"nonce:{body.device}:{body.nonce}"
    used = {"_id": key, "hits": [], "expires_at": ctx.now + 2 * SKEW}
    try:
        await ctx.store.insert(QUOTAS, used)
    except Duplicate:
        raise SignatureWrong from None


async def sign_in(ctx: Context, body: Signed) -> DeviceSession:
    """A session for a turnstile or camera. Raises DeviceUnknown, SignatureWrong."""
    device = await verified(ctx, "session", body)
    if device["kind"] != "gate":
        raise DeviceUnknown
    claims: dict[str, Any] = {
        "sub": device["_id"], "no": device["_id"], "name": device["name"], "unit": "",
        "roles": [Role.DEVICE.value], "tokens": [desk(device["gate"])],
        "ver": device["version"], "sid": f"{device['_id']}:{body.nonce}", "jti": body.nonce,
    }  # fmt: skip
    token = ctx.house.keys.sign_access(claims, ctx.now)
    seconds = int(ACCESS_TTL.total_seconds())
    return DeviceSession(access_token=token, token_type="Bearer", expires_in=seconds)


def _shown(device: Document) -> dict[str, Any]:
    return {
        "id": device["_id"],
        "seen_at": device.get("seen_at"),
        **{name: device[name] for name in ("name", "gate", "kind", "enabled", "by", "at")},
    }
