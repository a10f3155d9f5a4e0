"""What a canteen does: its dishes and menus, its sittings, its kitchen and its numbers."""

from __future__ import annotations

from typing import Annotated, Final

from handlers.base.content import PICTURES, XLSX, Empty, File, Shared, Upload, Uploaded
from handlers.base.endpoint import delete, get, post, put
from models.base.context import Context
from models.base.roles import EVERYONE, Role
from models.base.shapes import Id
from models.meals import (
    canteens,
    closing_days,
    dishes,
    kitchen,
    menu_sheets,
    menus,
    publishing,
    reports,
    sittings,
)

CANTEEN: Final = frozenset({Role.CANTEEN, Role.MANAGER})
SHEET_BYTES: Final = 2 * 1024 * 1024
PICTURE_BYTES: Final = 10 * 1024 * 1024


@get("/api/v1/meals/canteens", allow=EVERYONE)
async def listed(ctx: Context) -> Shared[canteens.CanteenPage]:
    """List the canteens with their meals and where they deliver."""
    return Shared("canteens", lambda: canteens.listed(ctx.house))


@put("/api/v1/meals/canteens/{canteen}", allow={Role.MANAGER})
async def set_up(
    ctx: Context, canteen: canteens.CanteenId, body: canteens.CanteenInput
) -> canteens.Canteen:
    """Set up a canteen: its meals, cut-offs and delivery places."""
    return await canteens.put(ctx, canteen, body)


@get("/api/v1/meals/days", allow=EVERYONE)
async def days(ctx: Context, query: closing_days.DaysQuery) -> Shared[closing_days.DayPage]:
    """List the coming days: when something can be eaten, and what is special about each."""
    key = ("days", query.from_, query.days, query.canteen)
    return Shared(key, lambda: closing_days.strip(ctx.house, query))


@post("/api/v1/meals/closing-days", allow=CANTEEN, status=201)
async def shut(ctx: Context, body: closing_days.ClosingDay) -> closing_days.ClosingDay:
    """Shut a canteen for a day; everyone who has ordered is told."""
    return await closing_days.add(ctx, body)


@delete("/api/v1/meals/closing-days", allow=CANTEEN)
async def open_again(ctx: Context, query: closing_days.ClosingDayRef) -> Empty:
    """Take a closing day back; its menu must be published again."""
    await closing_days.remove(ctx, query)


@get("/api/v1/meals/dishes", allow=CANTEEN)
async def list_dishes(ctx: Context, query: dishes.CanteenQuery) -> dishes.DishPage:
    """List the dishes of a canteen."""
    return await dishes.listed(ctx, query)


@post("/api/v1/meals/dishes", allow=CANTEEN, status=201)
async def add_dish(ctx: Context, body: dishes.NewDish) -> dishes.DishView:
    """Add a dish."""
    return await dishes.add(ctx, body)


@put("/api/v1/meals/dishes/{dish_id}", allow=CANTEEN)
async def change_dish(ctx: Context, dish_id: Id, body: dishes.DishInput) -> dishes.DishView:
    """Describe a dish anew."""
    return await dishes.change(ctx, dish_id, body)


@post("/api/v1/meals/dishes/{dish_id}/picture", allow=CANTEEN, limit="60/minute")
async def picture_dish(
    ctx: Context, dish_id: Id, body: Annotated[Uploaded, Upload(PICTURE_BYTES, PICTURES)]
) -> dishes.DishView:
    """Give a dish a picture."""
    return await dishes.set_picture(ctx, dish_id, body.path)


@get("/api/v1/meals/menus", allow=CANTEEN)
async def read_menu(ctx: Context, query: menus.MenuRef) -> menus.MenuView:
    """Show the menu of a week, or what is usual where there is none yet."""
    return await menus.read(ctx, query)


@put("/api/v1/meals/menus", allow=CANTEEN, versioned=True)
async def save_menu(ctx: Context, body: menus.MenuInput) -> menus.MenuView:
    """Save a week's menu as a draft."""
    return await menus.save(ctx, body)


@post("/api/v1/meals/menus/publish", allow=CANTEEN)
async def publish_menu(ctx: Context, body: menus.MenuRef) -> menus.MenuView:
    """Publish a week's menu: from now on people can order from it."""
    return await publishing.publish(ctx, body)


@post("/api/v1/meals/menus/copy", allow=CANTEEN, versioned=True)
async def copy_menu(ctx: Context, body: menus.CopyInput) -> menus.MenuView:
    """Copy a week's menu to another week, as a draft."""
    return await menus.copy(ctx, body)


@get("/api/v1/meals/menus/sheet", allow=CANTEEN)
async def export_menu(ctx: Context, query: menus.MenuRef) -> File:
    """Download a week's menu as a spreadsheet."""
    content = await menu_sheets.written(ctx, query)
    return File(content, XLSX, f"菜单 {query.week}.xlsx", inline=False)


@post("/api/v1/meals/menus/sheet", allow=CANTEEN, versioned=True)
async def import_menu(
    ctx: Context, query: menus.MenuRef, body: Annotated[Uploaded, Upload(SHEET_BYTES, (XLSX,))]
) -> menus.MenuView:
    """Read a week's menu from a spreadsheet, as a draft; all of it or nothing."""
    return await menu_sheets.imported(ctx, query, body.path)


@put("/api/v1/meals/sittings/{sitting_id}", allow=CANTEEN)
async def change_sitting(
    ctx: Context, sitting_id: Id, body: sittings.SittingChange
) -> sittings.SittingView:
    """Change a sitting's capacity, or whether it takes walk-ins."""
    return await sittings.change(ctx, sitting_id, body)


@post("/api/v1/meals/sittings/{sitting_id}/close", allow=CANTEEN)
async def close_sitting(ctx: Context, sitting_id: Id) -> sittings.SittingView:
    """Take no more orders for a sitting."""
    return await sittings.close(ctx, sitting_id)


@post("/api/v1/meals/sittings/{sitting_id}/reopen", allow=CANTEEN)
async def reopen_sitting(ctx: Context, sitting_id: Id) -> sittings.SittingView:
    """Take orders for a sitting again."""
    return await sittings.reopen(ctx, sitting_id)


@post("/api/v1/meals/sittings/{sitting_id}/cancel", allow=CANTEEN)
async def cancel_sitting(
    ctx: Context, sitting_id: Id, body: sittings.Reason
) -> sittings.SittingView:
    """Cancel a sitting; everyone who has ordered is told."""
    return await sittings.cancel(ctx, sitting_id, body)


@post("/api/v1/meals/sittings/{sitting_id}/dishes/{dish_id}/sold-out", allow=CANTEEN)
async def sell_out(
    ctx: Context, sitting_id: Id, dish_id: Id, body: sittings.SoldOut
) -> sittings.SittingView:
    """Say that a dish of a sitting has run out, or is there again."""
    return await sittings.mark_sold_out(ctx, sitting_id, dish_id, body)


@get("/api/v1/meals/sittings/{sitting_id}/cook-list", allow=CANTEEN)
async def cook_list(ctx: Context, sitting_id: Id) -> kitchen.CookList:
    """Show how much to cook for a sitting, and what has changed since the print."""
    return await kitchen.cook_list(ctx, sitting_id)


@post("/api/v1/meals/sittings/{sitting_id}/cook-list/prints", allow=CANTEEN, status=201)
async def print_cook_list(ctx: Context, sitting_id: Id) -> kitchen.CookList:
    """Freeze the cook list as printed."""
    return await kitchen.print_list(ctx, sitting_id)


@get("/api/v1/meals/sittings/{sitting_id}/cook-list/sheet", allow=CANTEEN)
async def export_cook_list(ctx: Context, sitting_id: Id) -> File:
    """Download the cook list as a spreadsheet."""
    content = await kitchen.cook_sheet(ctx, sitting_id)
    return File(content, XLSX, f"备餐单 {sitting_id}.xlsx", inline=False)


@get("/api/v1/meals/sittings/{sitting_id}/deliveries", allow=CANTEEN)
async def deliveries(ctx: Context, sitting_id: Id) -> kitchen.Deliveries:
    """List what is brought where."""
    return await kitchen.deliveries(ctx, sitting_id)


@get("/api/v1/meals/reports", allow=CANTEEN)
async def report(ctx: Context, query: reports.ReportQuery) -> reports.Report:
    """Show a canteen's day in numbers."""
    return await reports.day(ctx, query)


@get("/api/v1/meals/reports/sheet", allow=CANTEEN)
async def export_report(ctx: Context, query: reports.ReportQuery) -> File:
    """Download a canteen's day as a spreadsheet."""
    content = await reports.sheet(ctx, query)
    return File(content, XLSX, f"日报 {query.date}.xlsx", inline=False)
