"""What the figures of repairs are asked by."""

from __future__ import annotations

from tests.contract_house import Campus, Wish


async def _tickets(campus: Campus) -> Wish:
    return Wish(query={"vendor": "ven_1", "figure": "tickets"})


ASKS = {"repair_figures_list_orders": _tickets}
