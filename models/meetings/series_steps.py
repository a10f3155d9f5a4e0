"""What people do to a series: change, cancel, approve or refuse its meetings, add a date again.

Each step moves the meetings that lie ahead by their own transitions, in its own transaction. One
that cannot follow stays as it is, and the results say why; or nothing happens at all, on request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs

from models.base.clock import CAMPUS
from models.base.context import Context
from models.base.decisions import Found, Lookup
from models.base.errors import Refusal
from models.base.orders import ORDERS
from models.base.placements import held
from models.base.shapes import Day, Input, Moment
from models.base.store import Document
from models.base.transitions import WrongState
from models.base.workflow import Also, Effect, Order, Tell, Timer, of_kind
from models.meetings import rivals
from models.meetings.ahead import Ahead
from models.meetings.booking import (
    DESK,
    Attendees,
    Guests,
    Invited,
    Note,
    Title,
    asker_of,
    invited,
    readable,
)
from models.meetings.changes import Change
from models.meetings.changes import change as change_meeting
from models.meetings.lifecycle import Approval, Reason, expecting
from models.meetings.lifecycle import approve as approve_meeting
from models.meetings.refusals import RivalsChanged
from models.meetings.rooms import Layout, RoomId
from models.meetings.rules import Asker, Wanted
from models.meetings.series_booking import (
    AHEAD,
    OnConflict,
    after,
    cancelled,
    coming,
    given_back,
    lies_ahead,
    meeting_of,
    merged,
    on,
    refused,
)
from models.meetings.series_changes import Prepared, earlier, like, told
from models.meetings.series_refusals import (
    DateBooked,
    DateUnknown,
    NothingAhead,
    SeriesRefused,
)
from models.meetings.wishes import ServiceWish

STANDS: Final = (*AHEAD, "in_use", "finished", "rated")


class SeriesChange(Input, rename={"from_": "from"}):
    """What to change of the meetings from a day on, else of all that lie ahead.

    Of `starts_at` and `ends_at` only the time of day counts: every meeting keeps its date. Another
    pattern is a new series that continues this one.
    """

    from_: Day | None = None
    room_id: RoomId | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    subject: Title | UnsetType = UNSET
    attendees: Attendees | UnsetType = UNSET
    private: bool | UnsetType = UNSET
    layout: Layout | UnsetType | None = UNSET
    note: Note | UnsetType = UNSET
    invite: Invited | UnsetType = UNSET
    guests: Guests | UnsetType = UNSET
    on_conflict: OnConflict = "skip"


class SeriesCancel(Input, rename={"from_": "from"}):
    """Cancel the meetings from a day on, else all that lie ahead; and why."""

    from_: Day | None = None
    note: Annotated[str, Meta(max_length=200)] = ""


class SeriesDate(Input):
    """A date of the series."""

    date: Day


async def change(ctx: Context, series: Order, body: SeriesChange) -> Effect:
    """This and following, or all that lie ahead. Raises NothingAhead, SeriesRefused."""
    said = {
        name: value
        for name, value in structs.asdict(body).items()
        if name not in ("from_", "on_conflict") and value is not UNSET
    }
    meetings = [each for each in await _from(ctx, series, body.from_) if _can(each, "change")]
    prepared = [(each, await _changed(ctx, each, said)) for each in _some(meetings)]

    def settle(found: Found, series: Order, now: datetime) -> Effect:
        also, results = _moves(ctx, "change", prepared, found, now)
        kept = len(results) - len(also)
        if not also or (kept and body.on_conflict == "all_or_nothing"):
            raise SeriesRefused(refused=kept, results=results)
        effect = _changes_of(series, also, results, body.from_)
        return replace(effect, **told(ctx, series, prepared, also, now))

    return Effect(settle=settle, lookups=_lookups(prepared))


async def _changed(ctx: Context, meeting: Order, said: dict[str, Any]) -> Effect:
    """The change of one meeting; times of day are those of its own date."""
    day = date.fromisoformat(meeting["data"]["date"])
    its = dict(said)
    for name in {"starts_at", "ends_at"} & its.keys():
        its[name] = _at(day, its[name])
    return await change_meeting(ctx, meeting, Change(**its))


def _at(day: date, moment: datetime) -> datetime:
    """The time of day of a moment on the campus, on another day."""
    return datetime.combine(day, moment.astimezone(CAMPUS).timetz(), CAMPUS).astimezone(UTC)


def _changes_of(
    series: Order, also: Sequence[Also], results: Sequence[Document], since: date | None
) -> Effect:
    """The series as it is to read from now on."""
    latest = also[-1].effect
    shared = ("room", "subject", "attendees", "private", "layout", "note", "invited", "guests")
    data = {name: latest.data[name] for name in shared if name in latest.data}
    if "starts_at" in latest.data:
        first = date.fromisoformat(series["data"]["date"])
        data |= {name: _at(first, latest.data[name]) for name in ("starts_at", "ends_at")}
    fields = {name: latest.fields[name] for name in ("seen_by", "private") if name in latest.fields}
    asks = any(each.effect.target == "requested" for each in also)
    return Effect(
        data=data
        | {"results": merged(series["data"]["results"], results)}
        | {"earlier": earlier(series, since)},
        fields=fields | ({"waits_for": [DESK]} if asks else {}),
        also=also,
    )


def _others(order: Order) -> list[str]:
    """Everyone who comes, but for whoever did it."""
    return [
        each for each in (order["owner"], *invited(order)) if each != order["timeline"][-1]["by"]
    ]


async def cancel(ctx: Context, series: Order, body: SeriesCancel | None) -> Effect:
    """The meetings from a day on are given back. Raises NothingAhead."""
    said = body or SeriesCancel()
    since = f"{said.from_}" if said.from_ else ""
    meetings = _some(await coming(ctx, series))

    def settle(found: Found, series: Order, now: datetime) -> Effect:
        present = [found.one(ORDERS, each["_id"]) or each for each in meetings]
        ahead = [each for each in present if lies_ahead(each, now)]
        gone = _some([each for each in ahead if each["data"]["date"] >= since])
        left = [each for each in ahead if each["data"]["date"] < since]
        effect = after(series, left, [given_back(each) for each in gone])
        also = [cancelled(each, said.note) for each in gone]
        return replace(
            effect, also=also, note=said.note, tells=[Tell("series-cancelled", to=_others)]
        )

    return Effect(settle=settle, lookups=_lookups([(each, Effect()) for each in meetings]))


async def release(ctx: Context, series: Order, body: Any) -> Effect:
    """Everything that lies ahead is given back."""
    return await cancel(ctx, series, None)


async def approve(ctx: Context, series: Order, body: Approval) -> Effect:
    """Every request that can have its room gets it; the rivals that were shown are refused.

    Raises NothingAhead, RivalsChanged.
    """
    meetings = _some([each for each in await coming(ctx, series) if _can(each, "approve")])
    theirs = [[rival["_id"] for rival in await rivals.of(ctx, each)] for each in meetings]
    shown = {rival for each in theirs for rival in each}
    if shown != set(body.refuses):
        raise RivalsChanged(rivals=sorted(shown))
    prepared = [
        (meeting, await approve_meeting(ctx, meeting, Approval(refuses=its)))
        for meeting, its in zip(meetings, theirs, strict=True)
    ]

    def settle(found: Found, series: Order, now: datetime) -> Effect:
        also, results = _moves(ctx, "approve", prepared, found, now)
        if not also:
            raise SeriesRefused(refused=len(results), results=results)
        return Effect(
            data={"results": merged(series["data"]["results"], results)},
            fields={"waits_for": [DESK] if len(also) < len(results) else []},
            also=also,
            tells=[Tell("series-approved", sms=True), Tell("series-invited", to=invited)],
        )

    return Effect(settle=settle, lookups=_lookups(prepared))


async def refuse(ctx: Context, series: Order, body: Reason) -> Effect:
    """No request of the series is granted. Raises NothingAhead."""
    meetings = await coming(ctx, series)
    _some([each for each in meetings if _can(each, "refuse")])

    def settle(found: Found, series: Order, now: datetime) -> Effect:
        present = [found.one(ORDERS, each["_id"]) or each for each in meetings]
        asking = _some([each for each in present if _can(each, "refuse")])
        left = [each for each in present if lies_ahead(each, now) and not _can(each, "refuse")]
        results = [
            given_back(each) | {"outcome": "refused", "detail": body.reason} for each in asking
        ]
        effect = after(series, left, results)
        return replace(
            effect,
            target="running" if left else "cancelled",
            also=[replace(cancelled(each, body.reason), transition="refuse") for each in asking],
            note=body.reason,
            tells=[Tell("series-refused", sms=True), *_expected(asking)],
        )

    return Effect(settle=settle, lookups=_lookups([(each, Effect()) for each in meetings]))


def _expected(meetings: Iterable[Order]) -> list[Tell]:
    """What tells the invited of meetings that they have heard of before and that are refused."""
    persons = sorted({person for each in meetings for person in expecting(each)})
    return [Tell("series-cancelled", to=lambda order: persons)] if persons else []


async def re_add(ctx: Context, series: Order, body: SeriesDate) -> Effect:
    """A date without a meeting gets one, if it is free. Raises DateUnknown, DateBooked."""
    if f"{body.date}" not in {result["date"] for result in series["data"]["results"]}:
        raise DateUnknown(date=f"{body.date}")
    asker = await asker_of(ctx, series["owner"], series["unit"])
    wanted = on(_first(series, body.date), body.date)
    siblings = Lookup(ORDERS, series["_id"], "parent")

    def settle(found: Found, series: Order, now: datetime) -> Effect:
        for sibling in found.all(siblings):
            if sibling["data"]["date"] == f"{body.date}" and sibling["state"] in STANDS:
                raise DateBooked(date=f"{body.date}")
        return _added(asker, wanted, found, series, now)

    return Effect(settle=settle, lookups=[siblings, *await readable(ctx, asker, [wanted])])


def _added(asker: Asker, wanted: Wanted, found: Found, series: Order, now: datetime) -> Effect:
    """The series with one more meeting."""
    number = series.get("children", 0) + 1
    child = meeting_of(asker, wanted, (series["_id"], number), Ahead(found), now)
    result = {"date": f"{wanted.day}", "outcome": child.state}
    result["order_id"] = f"{series['_id']}.{number}"
    ends = [timer["at"] for timer in series.get("timers", ()) if timer["transition"] == "end"]
    asks = child.state == "requested"
    return Effect(
        data={"results": merged(series["data"]["results"], [result])},
        fields={"waits_for": [DESK]} if asks else {},
        children=[child],
        timers=[Timer(max([*ends, wanted.ends_at]), "end")],
        tells=() if asks else [Tell("series-changed", to=_others)],
    )


def _first(series: Order, day: date) -> Wanted:
    """The meeting of a series as on its first day, but like those around `day`."""
    data = like(series["data"], day)
    return Wanted(
        room=data["room"]["id"],
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        subject=data["subject"],
        attendees=data["attendees"],
        private=data["private"],
        layout=data["layout"],
        note=data["note"],
        invited=data["invited"],
        guests=series.get("private", {}).get("guests", []),
        services=msgspec.convert(data["services"], list[ServiceWish]),
    )


def _moves(
    ctx: Context, name: str, prepared: Prepared, found: Found, now: datetime
) -> tuple[list[Also], list[Document]]:
    """The meetings that follow, each judged after those before it, and what is said of each."""
    ahead, also, results = Ahead(found), [], []
    for meeting, effect in prepared:
        present = found.one(ORDERS, meeting["_id"]) or meeting
        day = present["data"]["date"]
        try:
            settled = _settled(ctx, name, present, effect, ahead, now)
        except Refusal as refusal:
            results.append(refused(ctx, day, "kept", refusal) | {"order_id": present["_id"]})
            continue
        also.append(Also(present["_id"], name, settled))
        outcome = (
            "changed" if name == "change" and settled.target != "requested" else settled.target
        )
        results.append({"date": day, "outcome": outcome or "booked", "order_id": present["_id"]})
    return also, results


def _settled(
    ctx: Context, name: str, meeting: Order, effect: Effect, ahead: Ahead, now: datetime
) -> Effect:
    """What becomes of one meeting, for those that follow as well. Raises what speaks against it."""
    step = of_kind("meeting").transition(name)
    assert step is not None
    if meeting["state"] not in step.source:
        raise WrongState(state=meeting["state"])
    refusal = step.when(meeting, ctx.actor, now)
    if refusal is not None:
        raise refusal
    if effect.settle is not None:
        effect = effect.settle(ahead, meeting, now)
    if effect.holds is not None:
        ahead.move(meeting["_id"], held(meeting), effect.holds)
    return replace(effect, quiet=True, tells=(), inserts=())


async def _from(ctx: Context, series: Order, since: date | None) -> list[Order]:
    """The meetings that lie ahead, from a day on."""
    found = await coming(ctx, series)
    return [each for each in found if since is None or each["data"]["date"] >= f"{since}"]


def _can(meeting: Order, name: str) -> bool:
    """Whether the meeting is in a state in which a transition is possible."""
    step = of_kind("meeting").transition(name)
    return step is not None and meeting["state"] in step.source


def _some(meetings: list[Order]) -> list[Order]:
    """Raises NothingAhead where there are none."""
    if not meetings:
        raise NothingAhead
    return meetings


def _lookups(prepared: Iterable[tuple[Order, Effect]]) -> list[Lookup]:
    """What a decision over these meetings must read."""
    found: dict[Lookup, None] = {}
    for meeting, effect in prepared:
        found[Lookup(ORDERS, meeting["_id"])] = None
        found |= dict.fromkeys(effect.lookups)
        found |= dict.fromkeys(Lookup(hold.collection, hold.thing) for hold in held(meeting))
    return list(found)
