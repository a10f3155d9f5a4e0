"""Meeting rooms: finding one, what is planned in it, and what meeting services do with it."""

from __future__ import annotations

from typing import Final

from msgspec.structs import astuple

from handlers.base.content import XLSX, Empty, File, Shared
from handlers.base.endpoint import delete, get, post, put
from models.base.context import Context
from models.base.roles import EVERYONE, PUBLIC, Role
from models.base.shapes import Id, PageQuery
from models.meetings import (
    blocks,
    closures,
    day_sheet,
    doors,
    grid,
    rooms,
    schedules,
    search,
    usage,
)

DESK: Final = frozenset({Role.MEETINGS, Role.MANAGER})


@get("/api/v1/meetings/rooms", allow=EVERYONE)
async def find(ctx: Context, query: search.RoomQuery) -> Shared[search.RoomPage]:
    """Find rooms by what they have; with times, see which are free then."""
    key = ("rooms", ctx.language, *astuple(query))
    return Shared(key, lambda: search.find(ctx.house, query, ctx.language))


@get("/api/v1/meetings/rooms/door", allow=EVERYONE)
async def at_door(ctx: Context, query: doors.DoorQuery) -> doors.Scanned:
    """Show the room whose code I have scanned: what is on, and whether I can check in."""
    return await doors.scanned(ctx, query)


@get("/api/v1/meetings/rooms/{room_id}", allow=EVERYONE)
async def one(ctx: Context, room_id: rooms.RoomId) -> rooms.Room:
    """Show a room."""
    return rooms.view(await rooms.find(ctx, room_id))


@get("/api/v1/meetings/rooms/{room_id}/schedule", allow=EVERYONE)
async def schedule(
    ctx: Context, room_id: rooms.RoomId, query: schedules.ScheduleQuery
) -> schedules.Schedule:
    """Show what is planned in a room; private meetings of others are only busy."""
    return await schedules.of_room(ctx, room_id, query)


@get("/api/v1/meetings/grid", allow=EVERYONE)
async def show_grid(ctx: Context, query: grid.GridQuery) -> Shared[grid.Grid]:
    """Show a day or a week of all rooms at once."""
    key = ("grid", query.from_, query.days, query.building)
    return Shared(key, lambda: grid.grid(ctx.house, query))


@get("/api/v1/meetings/suggestions", allow=EVERYONE)
async def suggest(ctx: Context, query: search.SuggestionQuery) -> search.Suggestions:
    """Suggest other times in the same room, and other rooms at the same time."""
    return await search.suggest(ctx, query)


@put("/api/v1/meetings/rooms/{room_id}", allow=DESK)
async def set_up(ctx: Context, room_id: rooms.RoomId, body: rooms.RoomInput) -> rooms.Room:
    """Set a room up, or change it; what is booked stands."""
    return await rooms.put(ctx, room_id, body)


@post("/api/v1/meetings/rooms/{room_id}/disable", allow=DESK)
async def disable(ctx: Context, room_id: rooms.RoomId, body: closures.Closure) -> rooms.Room:
    """Take a room out of use, and say what becomes of what is booked there."""
    return await closures.disable(ctx, room_id, body)


@post("/api/v1/meetings/rooms/{room_id}/enable", allow=DESK)
async def enable(ctx: Context, room_id: rooms.RoomId) -> rooms.Room:
    """Put a room back into use."""
    return await closures.enable(ctx, room_id)


@post("/api/v1/meetings/rooms/{room_id}/display", allow=DESK)
async def make_display(ctx: Context, room_id: rooms.RoomId) -> doors.DisplayMade:
    """Set up the display at a room's door; its address is shown once, and ends the former one."""
    return await doors.make_display(ctx, room_id)


@delete("/api/v1/meetings/rooms/{room_id}/display", allow=DESK)
async def end_display(ctx: Context, room_id: rooms.RoomId) -> Empty:
    """Turn the display at a room's door off."""
    await doors.end_display(ctx, room_id)


@get("/api/v1/meetings/displays/{key}", allow=PUBLIC)
async def show_display(ctx: Context, key: doors.DisplayKey) -> doors.Display:
    """Show what hangs at a door: now, next, and the code to check in by."""
    return await doors.show(ctx, key)


@get("/api/v1/meetings/blocks", allow=DESK)
async def list_blocks(ctx: Context, query: PageQuery) -> blocks.BlockPage:
    """List the blocks, newest first."""
    return await blocks.listed(ctx, query)


@post("/api/v1/meetings/blocks", allow=DESK, status=201)
async def add_block(ctx: Context, body: blocks.NewBlock) -> blocks.Block:
    """Block rooms for a period; the meetings it meets are listed to be settled."""
    return await blocks.add(ctx, body)


@get("/api/v1/meetings/blocks/{block_id}", allow=DESK)
async def one_block(ctx: Context, block_id: Id) -> blocks.Block:
    """Show a block and the meetings that are still to be settled."""
    return await blocks.one(ctx, block_id)


@post("/api/v1/meetings/blocks/{block_id}/keeps", allow=DESK)
async def keep(ctx: Context, block_id: Id, body: blocks.Keep) -> blocks.Block:
    """Let a meeting stay in a blocked room."""
    return await blocks.keep(ctx, block_id, body)


@delete("/api/v1/meetings/blocks/{block_id}", allow=DESK)
async def lift(ctx: Context, block_id: Id) -> Empty:
    """Lift a block: the rooms are free again."""
    await blocks.lift(ctx, block_id)


@get("/api/v1/meetings/desk/day", allow=DESK)
async def day(ctx: Context, query: day_sheet.DayQuery) -> day_sheet.DaySheet:
    """Show what is to be prepared on a day."""
    return await day_sheet.day(ctx, query)


@get("/api/v1/meetings/desk/day/sheet", allow=DESK)
async def export_day(ctx: Context, query: day_sheet.DayQuery) -> File:
    """Download a day's set-ups as a spreadsheet."""
    date, content = await day_sheet.sheet(ctx, query)
    return File(content, XLSX, f"会议安排 {date}.xlsx", inline=False)


@get("/api/v1/meetings/usage", allow=DESK)
async def show_usage(ctx: Context, query: usage.UsageQuery) -> usage.Usage:
    """Show how the rooms are used: booked against present."""
    return await usage.usage(ctx, query)


@get("/api/v1/meetings/usage/sheet", allow=DESK)
async def export_usage(ctx: Context, query: usage.UsageQuery) -> File:
    """Download how the rooms are used as a spreadsheet."""
    return File(await usage.sheet(ctx, query), XLSX, "会议室使用.xlsx", inline=False)
