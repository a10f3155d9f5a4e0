"""The roles of the campus, and the two words an endpoint may say instead of naming roles."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is employed to do here; one person may hold several."""

    STAFF = "staff"
    LEADER = "leader"
    CLERK = "clerk"
    CANTEEN = "canteen"
    MEETINGS = "meetings"
    FRONT_DESK = "front_desk"
    SECURITY = "security"
    LIBRARIAN = "librarian"
    PICKUP = "pickup"
    TECHNICIAN = "technician"
    DISPATCHER = "dispatcher"
    SUPPLIER = "supplier"
    FINANCE = "finance"
    MANAGER = "manager"
    OPERATOR = "operator"
    DEVICE = "device"


PUBLIC: Final = frozenset[Role]()  # nobody need be signed in
EVERYONE: Final = frozenset(Role)  # anybody signed in
