"""Publishing a menu: the week's sittings come to stand as the menu says, all of them or none.

A sitting has the same id whenever its menu is published, so that publishing again changes what has
changed and nothing else. Places that people have taken are never touched: capacity does not fall
below them, and a sitting they are in does not vanish. What has begun, and what was cancelled, stays
as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import msgspec

from models.base.clock import campus_time
from models.base.context import Context
from models.base.errors import Conflict, Refusal
from models.base.store import Contended, Document, Duplicate, Transaction, Where
from models.meals import dishes
from models.meals.canteens import Canteen, MealPolicy, Serving, closes_at, own, week_named
from models.meals.closing_days import MENUS
from models.meals.menus import MenuDay, MenuMeal, MenuRef, MenuView, closings, days_of, key, shown
from models.meals.refusals import MenuNotReady, MenuUnknown, SittingsTaken
from models.meals.sittings import SITTINGS

MAX_TRIES: Final = 5


async def publish(ctx: Context, ref: MenuRef) -> MenuView:
    """Make the menu of a week what people can order from.

    Raises MenuUnknown, MenuNotReady with every reason, SittingsTaken where people have ordered in a
    sitting that is no longer there. It may be repeated.
    """
    canteen = await own(ctx, ref.canteen)
    for _ in range(MAX_TRIES):
        menu = await ctx.store.get(MENUS, key(ref))
        if menu is None:
            raise MenuUnknown
        plan = _plan(menu, await _wanted(ctx, canteen, menu), await _existing(ctx, ref), ctx.now)
        if plan.is_empty and menu["state"] == "published":
            return await shown(ctx, menu)
        try:
            await ctx.store.transaction(plan.write)
        except (Contended, Duplicate):
            continue  # orders came in, or somebody else published: look again
        return await shown(ctx, menu | plan.published)
    raise Conflict


@dataclass(slots=True)
class _Plan:
    """What publication changes. Every write is guarded by what it was planned on."""

    menu: Document
    published: Document  # fields of the menu afterwards
    new: list[Document] = field(default_factory=list)
    changes: list[tuple[Where, Document]] = field(default_factory=list)
    gone: list[Document] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changes or self.gone)

    def write(self, transaction: Transaction) -> None:
        """Do all of it. Raises Contended where something is not as it was planned on."""
        if self.new:
            transaction.insert(SITTINGS, self.new)
        unheld = [
            ({"_id": s["_id"], "left": s["capacity"], "queue": []}, {"$set": {"enabled": False}})
            for s in self.gone
        ]
        _all(transaction, SITTINGS, [*self.changes, *unheld])
        if self.gone:
            transaction.delete(SITTINGS, [sitting["_id"] for sitting in self.gone])
        same = {"_id": self.menu["_id"], "version": self.menu["version"]}
        _all(transaction, MENUS, [(same, {"$set": self.published})])


def _all(
    transaction: Transaction, collection: str, changes: Sequence[tuple[Where, Document]]
) -> None:
    if changes and transaction.update(collection, changes) < len(changes):
        raise Contended


async def _existing(ctx: Context, ref: MenuRef) -> dict[str, Document]:
    """The sittings of the week, by id."""
    days = [day.isoformat() for day in week_named(ref.week).days]
    where = {"date": {"$in": days}, "canteen.id": ref.canteen}
    return {sitting["_id"]: sitting for sitting in await ctx.store.find(SITTINGS, where)}


async def _wanted(ctx: Context, canteen: Canteen, menu: Document) -> dict[str, Document]:
    """The sittings the menu asks for, by id, without those that are over."""
    known = await dishes.of_canteen(ctx, canteen.id)
    shut = await closings(ctx, canteen.id, week_named(menu["week"]))
    days = days_of(menu)
    errors = tuple(_not_ready(days, canteen, known))
    if errors:
        raise MenuNotReady(errors=errors)
    wanted: dict[str, Document] = {}
    for day in days:
        if day.date in shut:
            continue
        policy = await ctx.house.policies.value(MealPolicy, canteen.id, day.date)
        for meal in day.meals:
            for serving in meal.sittings:
                sitting = _sitting(canteen, day.date, meal, serving)
                sitting |= {"dishes": [_dish(known[dish]) for dish in meal.dishes]}
                sitting |= _rules(policy)
                if sitting["ends_at"] > ctx.now:
                    wanted[sitting["_id"]] = sitting
    return wanted


def _not_ready(
    days: list[MenuDay], canteen: Canteen, known: dict[str, Document]
) -> Iterator[tuple[str, str]]:
    """What keeps the menu from being published, as (pointer, sentence)."""
    if not canteen.enabled:
        yield "/canteen", "食堂已停用"
    for place, day in enumerate(days):
        for number, meal in enumerate(day.meals):
            at = f"/days/{place}/meals/{number}"
            if canteen.meal(meal.meal) is None:
                yield f"{at}/meal", "该食堂没有此餐次"
            for index, dish in enumerate(meal.dishes):
                if not known[dish]["enabled"]:
                    yield f"{at}/dishes/{index}", f"“{known[dish]['name']}”已停用"
                elif not dishes.is_ready(known[dish]):
                    yield f"{at}/dishes/{index}", f"“{known[dish]['name']}”未注明过敏原"


def sitting_id(canteen: str, day: date, meal: str, starts: str) -> str:
    """The one id of a sitting, such as `sit_1_20261123_lunch_1130`."""
    return f"sit_{canteen.removeprefix('ctn_')}_{day:%Y%m%d}_{meal}_{starts.replace(':', '')}"


def _sitting(canteen: Canteen, day: date, menu_meal: MenuMeal, serving: Serving) -> Document:
    meal = canteen.meal(menu_meal.meal)
    assert meal is not None  # checked before
    starts_at = campus_time(day, serving.starts)
    return {
        "_id": sitting_id(canteen.id, day, meal.id, serving.starts),
        "canteen": {"id": canteen.id, "name": canteen.name},
        "meal": {"id": meal.id, "name": meal.name},
        "date": day.isoformat(),
        "starts_at": starts_at,
        "ends_at": campus_time(day, serving.ends),
        "closes_at": min(closes_at(meal.cutoff, day), starts_at),
        "capacity": serving.capacity,
        "walk_ins": serving.walk_ins,
        "price": menu_meal.price or 0,
        "delivery_places": msgspec.to_builtins(canteen.delivery_places),
    }


def _dish(dish: Document) -> Document:
    """A dish as a sitting offers it."""
    kept = ("name", "category", "price", "allergens", "allergen_free", "limit_per_order")
    offered = {name: dish[name] for name in kept}
    picture = dishes.picture_address(dish["picture"])
    return {"id": dish["_id"], **offered, "picture": picture, "sold_out": False}


def _rules(policy: MealPolicy) -> Document:
    return {
        "max_portions": policy.max_portions,
        "early": policy.early_minutes,
        "no_show": {
            "limit": policy.no_show_limit,
            "days": policy.no_show_days,
            "pause": policy.no_show_pause_days,
            "appeal": policy.appeal_days,
        },
    }


FRESH: Final = {
    "enabled": True, "state": "open", "queue": [], "ranks": 0, "terms": 1
}  # fmt: skip


def _plan(
    menu: Document, wanted: dict[str, Document], existing: dict[str, Document], now: datetime
) -> _Plan:
    """The way from the sittings there are to those wanted. Raises MenuNotReady, SittingsTaken."""
    published = {"state": "published", "version": menu["version"] + 1}
    plan = _Plan(menu, published | {"published_at": now, "updated_at": now})
    gone = [
        sitting
        for sitting_id, sitting in existing.items()
        if sitting_id not in wanted
        and sitting["starts_at"] > now
        and sitting["state"] != "cancelled"
    ]
    plan.gone = gone
    refusal = _taken(gone) or _too_small(wanted, existing)
    if refusal is not None:
        raise refusal
    for sitting_id, sitting in wanted.items():
        before = existing.get(sitting_id)
        if before is None:
            plan.new.append({**sitting, "left": sitting["capacity"], **FRESH})
        elif before["state"] != "cancelled":
            plan.changes += _change(before, sitting)
    return plan


def _taken(gone: list[Document]) -> Refusal | None:
    held = [
        sitting for sitting in gone if sitting["left"] < sitting["capacity"] or sitting["queue"]
    ]
    if not held:
        return None
    listed = [
        {
            "id": sitting["_id"],
            "date": sitting["date"],
            "starts_at": sitting["starts_at"].isoformat(),
            "booked": sitting["capacity"] - sitting["left"],
            "waiting": len(sitting["queue"]),
        }
        for sitting in held
    ]
    return SittingsTaken(count=len(held), sittings=listed)


def _too_small(wanted: dict[str, Document], existing: dict[str, Document]) -> Refusal | None:
    errors = []
    for sitting_id, sitting in wanted.items():
        before = existing.get(sitting_id)
        if before is not None and before["state"] != "cancelled":
            booked = before["capacity"] - before["left"]
            if sitting["capacity"] < booked:
                errors.append((f"/sittings/{sitting_id}/capacity", f"已有 {booked} 人预订"))
    return MenuNotReady(errors=tuple(errors)) if errors else None


def _change(before: Document, sitting: Document) -> list[tuple[Where, Document]]:
    """The guarded update that makes `before` as wanted; none where it is so already."""
    sold_out = {dish["id"] for dish in before["dishes"] if dish["sold_out"]}
    offered = [dish | {"sold_out": dish["id"] in sold_out} for dish in sitting["dishes"]]
    fields = {**sitting, "dishes": offered}
    changed = {name: value for name, value in fields.items() if before[name] != value}
    if not changed:
        return []
    more = sitting["capacity"] - before["capacity"]
    where: Document = {"_id": before["_id"], "terms": before["terms"]}
    if more < 0:
        where["left"] = {"$gte": -more}
    return [(where, {"$set": changed, "$inc": {"terms": 1, "left": more}})]
