"""To whom a technician may hand a ticket: those of the same vendor who are given work."""

from __future__ import annotations

from models.base.context import Context
from models.base.roles import Role
from models.base.shapes import Struct
from models.base.store import Document
from models.repairs.parties import serves
from models.repairs.vendors import HANDS


class Colleague(Struct):
    """A technician of one's own vendor, and how many open tickets he has of how many."""

    id: str
    name: str
    open: int
    limit: int
    categories: list[str]


class ColleagueList(Struct):
    """Those who have room first."""

    items: list[Colleague]


async def listed(ctx: Context) -> ColleagueList:
    """The enabled technicians of the vendors for which the actor works, without the actor."""
    vendors = {*serves(ctx.actor, Role.TECHNICIAN), *serves(ctx.actor, Role.DISPATCHER)}
    where: Document = {"vendor": {"$in": sorted(vendors)}, "enabled": True}
    found = await ctx.store.find(HANDS, where) if vendors else []
    shown = [_view(hand) for hand in found if hand["_id"] != ctx.actor.id]
    return ColleagueList(items=sorted(shown, key=lambda one: (one.open - one.limit, one.id)))


def _view(hand: Document) -> Colleague:
    return Colleague(
        id=hand["_id"],
        name=hand["name"],
        open=hand["limit"] - hand["left"],
        limit=hand["limit"],
        categories=hand["categories"],
    )
