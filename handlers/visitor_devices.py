"""Devices at gates, each with a key of its own."""

from __future__ import annotations

from typing import Final

from handlers.base.content import Empty
from handlers.base.endpoint import delete, get, post
from models.base.context import Context
from models.base.roles import PUBLIC, Role
from models.visitors import devices

DESK: Final = frozenset({Role.FRONT_DESK, Role.SECURITY})


@get("/api/v1/visitors/devices", allow=DESK)
async def list_devices(ctx: Context) -> devices.DeviceList:
    """List the devices of my gates."""
    return await devices.listed(ctx)


@post("/api/v1/visitors/devices", allow=DESK, status=201, fresh=True, limit="20/hour")
async def add_device(ctx: Context, body: devices.DeviceInput) -> devices.DeviceMade:
    """Register a desk computer, or a turnstile; its key is shown this once."""
    return await devices.add(ctx, body)


@delete("/api/v1/visitors/devices/{device_id}", allow=DESK, fresh=True)
async def revoke_device(ctx: Context, device_id: devices.DeviceId) -> Empty:
    """Make a device's key void; its sessions end at once."""
    await devices.revoke(ctx, device_id)


@post("/api/v1/visitors/devices/sessions", allow=PUBLIC, status=201, limit="120/minute")
async def sign_in(ctx: Context, body: devices.Signed) -> devices.DeviceSession:
    """Sign a turnstile or camera in with its key."""
    return await devices.sign_in(ctx, body)
