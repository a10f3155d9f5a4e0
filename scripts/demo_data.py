"""Everything the demo begins with, brought up to the day it is looked at. May be run any time."""

from __future__ import annotations

from models.base.context import House
from scripts import (
    demo_assets,
    demo_consents,
    demo_meals,
    demo_people,
    demo_repairs,
    demo_rooms,
    demo_tickets,
    demo_visitors,
    demo_visits,
)
from server.app import build_app
from server.database import disconnect
from server.settings import Settings


async def seed(settings: Settings) -> None:
    """Have people, canteens, menus, rooms, repairs and visitors in the database of `settings`."""
    app = await build_app(settings)
    try:
        await fill(app.house)
    finally:
        for port in vars(app.house.ports).values():
            port.close()
        disconnect(app.house.store)


async def fill(house: House) -> None:
    """The same for a house that is there already."""
    await demo_people.seed(house.store, house.clock)
    await demo_consents.seed(house)
    await demo_meals.seed(house)
    await demo_rooms.seed(house)
    await demo_repairs.seed(house)
    await demo_assets.seed(house)
    await demo_tickets.seed(house)
    await demo_visitors.seed(house)
    await demo_visits.seed(house)
