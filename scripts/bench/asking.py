"""Requests as the phone sends them, each in the name of one person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from models import people
from models.base.clock import system_clock
from models.base.ids import new_id
from models.base.store import Document
from scripts import demo_people
from scripts.bench.load import Request
from scripts.bench.seed_repairs import DISPATCHER, report
from scripts.bench.seed_rooms import Slot, meeting
from scripts.bench.templates import Template
from server.settings import Settings

STAFF: Final = [*demo_people.people()][: demo_people.STAFF - 1]  # without the guest of seed.py
SPARE: Final = 128  # of them, at the end, who only warm up


@dataclass(frozen=True, slots=True)
class Phones:
    """Everybody's phone."""

    settings: Settings
    template: Template

    def orders(self, sitting: str, count: int, *, warm_up: bool = False) -> list[Request]:
        """An order in `sitting` by so many people, two dishes each; one attempt per person."""
        dishes = [{"dish_id": dish} for dish in self.template.dishes[:2]]
        body = msgspec.json.encode({"sitting_id": sitting, "dishes": dishes}).decode()
        crowd = STAFF[-SPARE:] if warm_up else STAFF[:-SPARE]
        return [
            Request("POST", "/api/v1/meals", {**session, "Idempotency-Key": new_id("key")}, body)
            for session in self._signed_in(crowd[:count])
        ]

    def reads(self, count: int, readers: int) -> list[Request]:
        """The sittings of the day, read so many times by so many people in turn."""
        path = f"/api/v1/meals/sittings?date={self.template.day.isoformat()}"
        sessions = list(self._signed_in(STAFF[:readers]))
        return [Request("GET", path, sessions[n % readers]) for n in range(count)]

    def meetings(self, slots: Sequence[Slot], *, warm_up: bool = False) -> list[Request]:
        """A meeting in each of these slots, each for somebody else as long as there are others."""
        return self._booked("/api/v1/meetings", map(meeting, slots), warm_up)

    def series(self, slots: Sequence[Slot], dates: int) -> list[Request]:
        """A series from each of these slots on, every day for so many days."""
        repeat = {"frequency": "daily", "count": dates}
        bodies = ({**meeting(slot), "repeat": repeat} for slot in slots)
        return self._booked("/api/v1/meetings/series", bodies, warm_up=False)

    def grids(self, count: int, readers: int) -> list[Request]:
        """The week of all rooms, read so many times by so many people in turn."""
        path = f"/api/v1/meetings/grid?from={self.template.week[0]}"
        sessions = list(self._signed_in(STAFF[:readers]))
        return [Request("GET", path, sessions[n % readers]) for n in range(count)]

    def photos(self, photo: Path, count: int) -> list[Request]:
        """A photo uploaded by each of so many people."""
        sessions = self._signed_in(STAFF[:count])
        kind = {"Content-Type": "image/jpeg"}
        path = "/api/v1/repairs/photos"
        return [Request("POST", path, {**each, **kind}, upload=str(photo)) for each in sessions]

    def reports(self, count: int, *, warm_up: bool = False) -> list[Request]:
        """A report by each of so many people."""
        bodies = (report(f"水龙头漏水 {n}") for n in range(count))
        return self._booked("/api/v1/repairs", bodies, warm_up)

    def boards(self, count: int) -> list[Request]:
        """The board of a dispatcher, read so many times."""
        reader = [person for person in demo_people.people() if person["employee_no"] == DISPATCHER]
        [session] = self._signed_in(reader)
        return [Request("GET", "/api/v1/repairs/board", session) for _ in range(count)]

    def scans(self, employee_no: str, bodies: Sequence[Document]) -> list[Request]:
        """Codes scanned by somebody at a gate, one after the other."""
        desk = [person for person in demo_people.people() if person["employee_no"] == employee_no]
        [session] = self._signed_in(desk)
        path = "/api/v1/visitors/scans"
        return [
            Request("POST", path, session, msgspec.json.encode(body).decode()) for body in bodies
        ]

    def _booked(self, path: str, bodies: Iterable[Document], warm_up: bool) -> list[Request]:
        crowd = STAFF[-SPARE:] if warm_up else STAFF[:-SPARE]
        return [
            Request(
                "POST",
                path,
                {**session, "Idempotency-Key": new_id("key")},
                msgspec.json.encode(body).decode(),
            )
            for session, body in zip(self._signed_in(crowd), bodies, strict=False)
        ]

    def _signed_in(self, crowd: Sequence[Document]) -> Iterator[dict[str, str]]:
        """The session header of one person after the other, as a sign-in would give it."""
        for person in crowd:
            claims = people.claims(person) | {"sid": new_id("ses"), "jti": new_id("jti")}
            token = self.settings.keys.sign_access(claims, system_clock())
            yield {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
