"""A roster sheet brought into force: all of it or, where one line is wrong, nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from models import people
from models.base import audit
from models.base.context import Context
from models.base.errors import Conflict, Unprocessable
from models.base.ids import new_id
from models.base.ports import SheetError
from models.base.roles import Role
from models.base.shapes import Input, Struct
from models.base.store import Document, Duplicate
from models.people import PEOPLE, UNITS, Alteration
from models.people.spelling import spelled
from models.roster import sheet
from models.roster.changes import departure, leaving_of, moving_of
from models.roster.sheet import Row, Wrong

MAX_ROWS: Final = 5_000
FAULTS_SHOWN: Final = 100
A_TURN: Final = 100  # rows, before other requests have theirs


class RosterWrong(Unprocessable):
    """Lines that cannot be taken are named; nothing was imported."""

    code = "roster-wrong"
    zh = "花名册有 {count} 处错误，未导入任何内容。"
    en = "The roster has {count} faults; nothing was imported."


class RosterUnreadable(Unprocessable):
    """Not a workbook, too large, or more than 5,000 people."""

    code = "roster-unreadable"
    zh = "无法读取该表格，请上传 Excel 表格（.xlsx），最多 5000 人。"
    en = "The sheet cannot be read ({reason}); send an .xlsx of at most 5,000 people."


class RosterRaced(Conflict):
    """Somebody else changed the same people while this was being imported."""

    code = "roster-raced"
    zh = "导入期间人员信息被他人修改，未导入任何内容，请重试。"
    en = "People were changed during the import; nothing was imported. Try again."


async def template(ctx: Context) -> bytes:
    """An .xlsx to fill in: the headings, and two people as examples."""
    headings, *examples = map(list, sheet.TEMPLATE)
    return await ctx.house.ports.sheets.write("花名册", headings, examples)


class ImportQuery(Input):
    """`dry_run` only lists what would happen."""

    dry_run: bool = True


class ImportLine(Struct):
    """One person of the sheet."""

    line: int
    employee_no: str
    name: str


class ImportChange(ImportLine):
    """Somebody known of whom something changes."""

    fields: list[str]


class ImportFault(Struct):
    """A line that cannot be taken."""

    line: int
    detail: str


class ImportReport(Struct):
    """What an import does, or in a dry run would do. `units` are those that are new."""

    dry_run: bool
    add: list[ImportLine]
    change: list[ImportChange]
    leave: list[ImportLine]
    units: list[str]
    errors: list[ImportFault]


@dataclass
class _Plan:
    """What follows from the rows and the people there are."""

    ctx: Context
    units: dict[str, str]  # name -> id
    known: dict[str, Document]  # by employee number
    report: ImportReport
    alterations: list[Alteration] = field(default_factory=list)
    inserts: list[tuple[str, Document]] = field(default_factory=list)

    def refuse(self, line: int, detail: str) -> None:
        self.report.errors.append(ImportFault(line=line, detail=detail))

    def take(self, row: Row) -> None:
        person = self.known.get(row.employee_no)
        if row.leaves:
            self._let_leave(row, person)
        elif person is None:
            self._add(row)
        else:
            self._change(row, person)

    def _let_leave(self, row: Row, person: Document | None) -> None:
        if person is None:
            return self.refuse(row.line, "没有这个工号，无法办理离职")
        if person["_id"] == self.ctx.actor.id:
            return self.refuse(row.line, "不能为自己办理离职")
        if person["active"]:
            self.report.leave.append(_line(row, person["name"]))
            self.alterations.append(departure(person, self.ctx.now))
            self.inserts += leaving_of(self.ctx, person)
        return None

    def _add(self, row: Row) -> None:
        roles = list(row.roles) or [Role.STAFF.value]
        person = people.new(row.employee_no, row.name, self._unit(row.unit))
        person |= {"roles": roles, "posts": row.post_documents()}
        if row.pinyin:
            person["pinyin"] = row.pinyin
        if row.phone:
            person["phone"] = row.phone
        self.report.add.append(_line(row, row.name))
        after = {"employee_no": row.employee_no, "unit": row.unit, "roles": roles}
        entry = audit.entry(self.ctx, "person.add", person["_id"], None, after)
        self.inserts += [(PEOPLE, person), (audit.AUDIT, entry)]

    def _change(self, row: Row, person: Document) -> None:
        wanted = self._wanted(row, person)
        sets = {name: value for name, value in wanted.items() if person.get(name) != value}
        if not sets:
            return None
        if person["_id"] == self.ctx.actor.id and not sets.keys().isdisjoint(("roles", "posts")):
            return self.refuse(row.line, "不能修改自己的角色")
        shown = [name for name in sets if name != "initials"]
        known = _line(row, row.name)
        self.report.change.append(
            ImportChange(
                line=known.line, employee_no=known.employee_no, name=row.name, fields=shown
            )
        )
        unsets = ["left_at"] if "active" in sets else []
        self.alterations.append(Alteration(person=person, sets=sets, unsets=unsets))
        before = {name: person.get(name) for name in shown}
        after = {name: sets[name] for name in shown}
        entry = audit.entry(self.ctx, "person.change", person["_id"], before, after)
        self.inserts.append((audit.AUDIT, entry))
        if not sets.keys().isdisjoint(("roles", "posts")):
            self.inserts.append(moving_of(self.ctx, person))
        return None

    def _wanted(self, row: Row, person: Document) -> Document:
        wanted: Document = {"name": row.name, "unit": self._unit(row.unit), "active": True}
        if row.phone:
            wanted["phone"] = row.phone
        if row.roles:
            wanted["roles"] = list(row.roles)
            # A role given without a place keeps the places known for it.
            placed = {role for role, _ in row.posts}
            kept = [
                post
                for post in person["posts"]
                if post["role"] in row.roles and post["role"] not in placed
            ]
            wanted["posts"] = [*kept, *row.post_documents()]
        if row.pinyin or row.name != person["name"]:
            wanted |= _sounds(row)
        return wanted

    def _unit(self, name: str) -> str:
        if name not in self.units:
            self.units[name] = new_id("unt")
            self.report.units.append(name)
            self.inserts.append((UNITS, {"_id": self.units[name], "name": name}))
        return self.units[name]

    def check_phones(self, rows: Sequence[Row]) -> None:
        """Refuse phones that stay somebody else's."""
        moved = {row.employee_no for row in rows if row.phone or row.leaves}
        owners = {
            person["phone"]: person
            for number, person in self.known.items()
            if "phone" in person and number not in moved
        }
        for row in rows:
            if row.phone in owners:
                self.refuse(row.line, f"手机已登记在{owners[row.phone]['name']}名下")


async def import_roster(ctx: Context, path: Path, query: ImportQuery) -> ImportReport:
    """Import the sheet at `path`, or list what that would do.

    Raises `RosterUnreadable`, `RosterWrong` (not in a dry run), `RosterRaced`.
    """
    try:
        cells = await ctx.house.ports.sheets.read(path, MAX_ROWS + 1)
    except SheetError as fault:
        raise RosterUnreadable(reason=str(fault)) from fault
    rows, wrong = sheet.read(cells)
    plan = await _planned(ctx, rows, wrong, query.dry_run)
    if query.dry_run:
        return plan.report
    if faults := plan.report.errors:
        errors = tuple((f"/rows/{fault.line}", fault.detail) for fault in faults[:FAULTS_SHOWN])
        raise RosterWrong(errors=errors, count=len(faults))
    await _carry_out(ctx, plan)
    return plan.report


async def _planned(
    ctx: Context, rows: Sequence[Row], wrong: Sequence[Wrong], dry_run: bool
) -> _Plan:
    known = {person["employee_no"]: person for person in await ctx.store.find(PEOPLE, {})}
    units = {unit["name"]: unit["_id"] for unit in await ctx.store.find(UNITS, {})}
    report = ImportReport(dry_run=dry_run, add=[], change=[], leave=[], units=[], errors=[])
    plan = _Plan(ctx, units, known, report)
    for fault in wrong:
        plan.refuse(fault.line, fault.detail)
    plan.check_phones(rows)
    for number, row in enumerate(rows, 1):
        plan.take(row)
        if number % A_TURN == 0:
            await asyncio.sleep(0)  # to spell thousands of names takes a second
    report.errors.sort(key=lambda fault: fault.line)
    return plan


async def _carry_out(ctx: Context, plan: _Plan) -> None:
    report = plan.report
    counts = {"add": len(report.add), "change": len(report.change), "leave": len(report.leave)}
    inserts = [
        *plan.inserts,
        (audit.AUDIT, audit.entry(ctx, "roster.import", "roster", None, counts)),
    ]
    try:
        await people.alter(ctx, plan.alterations, inserts)
    except (Duplicate, people.PersonChanged) as fault:
        raise RosterRaced from fault


def _line(row: Row, name: str) -> ImportLine:
    return ImportLine(line=row.line, employee_no=row.employee_no, name=name)


def _sounds(row: Row) -> Document:
    pinyin, initials = spelled(row.name)
    return {"pinyin": row.pinyin or pinyin, "initials": initials}
