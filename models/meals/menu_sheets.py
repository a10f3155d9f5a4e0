"""Weekly menus as spreadsheets: one line per sitting, written and read back alike.

    日期 | 餐次 | 开始 | 结束 | 名额 | 散客 | 价格（元） | 菜品 | 备注

Dishes are names separated by 、; the lines of one meal need name them only once. A day on which the
canteen is shut is a line with 停餐 as its meal, and the reason as its remark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from models.base.context import Context
from models.base.ports import SheetError
from models.base.store import Document
from models.meals import dishes
from models.meals.canteens import Canteen, Meal, Serving, own, week_named
from models.meals.menus import MenuDay, MenuInput, MenuMeal, MenuRef, MenuView, read, save
from models.meals.refusals import SheetUnusable, SheetWrong

HEADER: Final = ["日期", "餐次", "开始", "结束", "名额", "散客", "价格（元）", "菜品", "备注"]
CLOSED: Final = "停餐"
MAX_ROWS: Final = 500
MAX_CAPACITY: Final = 100_000
YES: Final = {"是": True, "否": False, "": False}

_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_YUAN: Final = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,2}))?")
_BETWEEN_NAMES: Final = re.compile(r"[、，,;；\n]+")


async def written(ctx: Context, ref: MenuRef) -> bytes:
    """The week's menu as an .xlsx, ready to be edited and read back."""
    menu = await read(ctx, ref)
    canteen = await own(ctx, ref.canteen)
    known = await dishes.of_canteen(ctx, ref.canteen)
    rows = [row for day in menu.days for row in _rows(day, canteen, known)]
    return await ctx.house.ports.sheets.write(f"{canteen.name} {ref.week}", HEADER, rows)


def _rows(day: MenuDay, canteen: Canteen, known: dict[str, Document]) -> Iterator[list[Any]]:
    if not day.meals:
        yield [day.date.isoformat(), CLOSED if day.closed else "", *[""] * 6, day.note]
    for menu_meal in day.meals:
        meal = canteen.meal(menu_meal.meal)
        name = meal.name if meal else menu_meal.meal
        names = "、".join(known[dish]["name"] for dish in menu_meal.dishes)
        price = _as_yuan(menu_meal.price or 0)
        for about in [_about(sitting) for sitting in menu_meal.sittings] or [[""] * 4]:
            yield [day.date.isoformat(), name, *about, price, names, day.note]


def _about(sitting: Serving) -> list[Any]:
    walk_ins = "是" if sitting.walk_ins else "否"
    return [sitting.starts, sitting.ends, sitting.capacity, walk_ins]


def _as_yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


async def imported(ctx: Context, ref: MenuRef, sheet: Path) -> MenuView:
    """Put the week's draft as the sheet says. Raises SheetWrong naming every wrong line; nothing is
    half-imported. If-Match as for saving.
    """
    canteen = await own(ctx, ref.canteen)
    known = await dishes.of_canteen(ctx, ref.canteen)
    try:
        rows = await ctx.house.ports.sheets.read(sheet, MAX_ROWS)
    except SheetError as fault:
        raise SheetUnusable(reason=str(fault), max_rows=MAX_ROWS) from fault
    reader = _Reader(canteen, week_named(ref.week).days, known)
    days = reader.read(rows)
    if reader.errors:
        raise SheetWrong(count=len(reader.errors), errors=tuple(reader.errors))
    return await save(ctx, MenuInput(canteen=ref.canteen, week=ref.week, days=days))


class Misread(Exception):
    """Why a line cannot be meant, in a sentence."""


@dataclass(slots=True)
class _Reader:
    """Reads lines into days and notes what is wrong with each."""

    canteen: Canteen
    week: list[date]
    known: dict[str, Document]
    errors: list[tuple[str, str]] = field(default_factory=list)
    days: dict[date, MenuDay] = field(default_factory=dict)

    def read(self, rows: list[list[str]]) -> list[MenuDay]:
        """The days that `rows` (with their heading) describe."""
        if not rows or [cell.strip() for cell in rows[0][: len(HEADER)]] != HEADER:
            self.errors.append(("/rows/1", f"表头应为：{'、'.join(HEADER)}"))
            return []
        for line, row in enumerate(rows[1:], start=2):
            cells = [*(cell.strip() for cell in row), *[""] * len(HEADER)][: len(HEADER)]
            if any(cells):
                try:
                    self._read_line(dict(zip(HEADER, cells, strict=True)))
                except Misread as fault:
                    self.errors.append((f"/rows/{line}", str(fault)))
        return [self.days[day] for day in sorted(self.days)]

    def _read_line(self, cell: dict[str, str]) -> None:
        day = self._day(cell["日期"])
        day.note = day.note or cell["备注"][:64]
        if cell["餐次"] == CLOSED:
            if day.meals:
                raise Misread("停餐日不能同时安排餐次")
            day.closed = True
            return
        if day.closed:
            raise Misread("停餐日不能同时安排餐次")
        if not cell["餐次"]:
            return
        meal = self._meal(cell["餐次"])
        serving = _serving(cell)
        price = _price(cell["价格（元）"], meal.price)
        self._add(day, meal, serving, MenuMeal(meal=meal.id, price=price), cell["菜品"])

    def _add(
        self, day: MenuDay, meal: Meal, serving: Serving | None, wanted: MenuMeal, names: str
    ) -> None:
        """Add a sitting to its meal, which its other lines must describe alike."""
        wanted.dishes = [self._dish(name) for name in _BETWEEN_NAMES.split(names) if name.strip()]
        same = next((each for each in day.meals if each.meal == meal.id), None)
        if same is None:
            day.meals.append(wanted)
            same = wanted
        if wanted.price != same.price:
            raise Misread(f"与同一天{meal.name}其他行的价格不一致")
        if wanted.dishes and same.dishes and wanted.dishes != same.dishes:
            raise Misread(f"与同一天{meal.name}其他行的菜品不一致")
        same.dishes = same.dishes or wanted.dishes
        if serving is None:
            return
        if any(each.starts == serving.starts for each in same.sittings):
            raise Misread(f"同一天{meal.name}有两个场次在 {serving.starts} 开始")
        same.sittings = [*same.sittings, serving]

    def _day(self, text: str) -> MenuDay:
        try:
            day = date.fromisoformat(text[:10].replace("/", "-"))
        except ValueError:
            raise Misread(f"日期“{text}”应写作 {self.week[0]}") from None
        if day not in self.week:
            raise Misread(f"{day} 不在 {self.week[0]} 至 {self.week[-1]} 这一周内")
        return self.days.setdefault(day, MenuDay(date=day, meals=[]))

    def _meal(self, name: str) -> Meal:
        for meal in self.canteen.meals:
            if name in (meal.name, meal.id):
                return meal
        names = "、".join(meal.name for meal in self.canteen.meals)
        raise Misread(f"餐次“{name}”应为 {names} 或 {CLOSED}")

    def _dish(self, name: str) -> str:
        for dish_id, dish in self.known.items():
            if dish["name"] == name.strip():
                return dish_id
        raise Misread(f"没有名为“{name.strip()}”的菜品")


def _serving(cell: dict[str, str]) -> Serving | None:
    """The sitting of a line; None where the meal has none yet."""
    if not (cell["开始"] or cell["结束"] or cell["名额"]):
        return None
    starts, ends = _time(cell["开始"]), _time(cell["结束"])
    if starts >= ends:
        raise Misread("结束时间须晚于开始时间")
    capacity = cell["名额"]
    if not (capacity.isascii() and capacity.isdigit() and len(capacity) < 7):
        raise Misread(f"名额“{capacity}”应为整数")
    if int(capacity) > MAX_CAPACITY:
        raise Misread(f"名额不能超过 {MAX_CAPACITY}")
    if cell["散客"] not in YES:
        raise Misread(f"散客“{cell['散客']}”应为 是 或 否")
    walk_ins = YES[cell["散客"]]
    return Serving(starts=starts, ends=ends, capacity=int(capacity), walk_ins=walk_ins)


def _time(text: str) -> str:
    found = _TIME.fullmatch(text.replace("：", ":"))
    if not found:
        raise Misread(f"时间“{text}”应写作 11:30")
    return f"{int(found[1]):02}:{found[2]}"


def _price(text: str, usual: int) -> int:
    """An amount in yuan as fen; the usual price where nothing is written."""
    if not text:
        return usual
    found = _YUAN.fullmatch(text)
    if not found:
        raise Misread(f"价格“{text}”应写作 12.50")
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
