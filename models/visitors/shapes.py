"""What people say of a visit, bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType, field

from models.base.shapes import Day, Input, Line, Moment, Name, Phone, Struct
from models.base.store import Document
from models.visitors.gates import GateId, Weekday
from models.visitors.types import GUEST, TypeId

MOST_COMPANIONS: Final = 20
MOST_MEMBERS: Final = 60

PLATE: Final = r"^[\u4e00-\u9fa5][A-Z][A-Z0-9]{4,5}[A-Z0-9\u4e00-\u9fa5]$"
Plate = Annotated[str, Meta(min_length=7, max_length=8, pattern=PLATE)]
Belongings = Annotated[str, Meta(max_length=200)]
Note = Annotated[str, Meta(max_length=200)]
CompanionCount = Annotated[int, Meta(ge=0, le=MOST_COMPANIONS)]


class Visitor(Input):
    """Who comes. Without a phone nothing is sent: the host passes the code on."""

    name: Name
    phone: Phone | None = None
    plate: Plate | None = None


class GroupMember(Visitor, kw_only=True):
    """One of a group; `lead` marks who leads it, where that is not the first."""

    lead: bool = False


class Companion(Input):
    """Who comes along on the same pass."""

    name: Name
    phone: Phone | None = None


Companions = CompanionCount | Annotated[list[Companion], Meta(max_length=MOST_COMPANIONS)]


class Repeat(Input):
    """A long-term pass: on these ISO weekdays until this day, at the hours of the first visit."""

    until: Day
    weekdays: Annotated[list[Weekday], Meta(min_length=1, max_length=7)] = field(
        default_factory=lambda: [1, 2, 3, 4, 5]
    )


class Occasion(Input):
    """When, why and where somebody comes; for all members of a group alike.

    `gate` is the one they must use (otherwise any that suits their type), `building` where they go,
    which counts when everybody has to get out. `notify` sends them the
    link by SMS.
    """

    starts_at: Moment
    ends_at: Moment
    purpose: Line
    type: TypeId = GUEST
    gate: GateId | None = None
    building: Name | None = None
    repeat: Repeat | None = None
    notify: bool = True


class Invitation(Occasion, kw_only=True):
    """One visitor, perhaps with companions (how many, or who)."""

    visitor: Visitor
    companions: Companions = 0
    belongings: Belongings = ""


class MaskedVisitor(Struct):
    """A visitor as lists show them."""

    name: str
    phone: str | UnsetType = UNSET
    plate: str | UnsetType = UNSET


def masked_name(name: str) -> str:
    """The surname, and how many characters follow: 王**."""
    return name[:1] + "*" * min(len(name) - 1, 3) if len(name) > 1 else name


def masked_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


def masked_plate(plate: str) -> str:
    return f"{plate[:2]}***{plate[-2:]}"


def masked(visitor: Document) -> Document:
    """What of a visitor may stand outside `private`."""
    shown: Document = {"name": masked_name(visitor["name"])}
    if visitor.get("phone"):
        shown["phone"] = masked_phone(visitor["phone"])
    if visitor.get("plate"):
        shown["plate"] = masked_plate(visitor["plate"])
    return shown


def stored(visitor: Visitor) -> Document:
    """A visitor as `private` keeps them."""
    return {"name": visitor.name.strip(), "phone": visitor.phone, "plate": visitor.plate}


def named(companions: Companions) -> tuple[int, Sequence[Document]]:
    """How many come along, and who, where that was said."""
    if isinstance(companions, int):
        return companions, ()
    return len(companions), [{"name": each.name, "phone": each.phone} for each in companions]
