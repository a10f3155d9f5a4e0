"""The roster: a sheet is taken whole or not at all, and who leaves is out within a second."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from pathlib import Path
from typing import Any

import pytest

from handlers import people as endpoints  # noqa: F401 - declares the addresses asked for here
from handlers.base.content import XLSX
from handlers.base.endpoint import registry
from models import people
from models.base.context import Context
from models.base.errors import NotFound
from models.base.leavings import LEAVINGS
from models.base.roles import Role
from models.base.store import Document, Store
from models.people import PEOPLE, UNITS, Post
from models.roster import sheet
from models.roster.changes import (
    OwnRecord,
    PersonLeft,
    PostWithoutRole,
    RolesInput,
    change_roles,
    let_leave,
)
from models.roster.imports import (
    ImportQuery,
    ImportReport,
    RosterUnreadable,
    RosterWrong,
    import_roster,
    template,
)
from models.sessions.tokens import Refresh, SessionEnded, open_session, refresh
from server.adapters.sheets import Workbooks
from tests.base.web import problem, serving
from tests.campus import a_campus, a_person, claims_of, everything, refused, settle, turn_of

CHIEF = a_person("A0001", "王芳", roles=["manager"])
ANN = a_person("S0042", "单雨", openid="o-ann")
BOB = a_person("S0043", "李强")
HEADINGS = "工号,姓名,手机,单位,角色,状态,拼音"


async def campus(store: Store) -> Context:
    await settle(store, CHIEF, ANN, BOB)
    return turn_of(a_campus(store), CHIEF)


async def imported(
    ctx: Context, folder: Path, *rows: str, dry_run: bool = False, headings: str = HEADINGS
) -> ImportReport:
    path = folder / "roster.csv"
    path.write_text("\n".join((headings, *rows)))
    return await import_roster(ctx, path, ImportQuery(dry_run=dry_run))


async def person(store: Store, employee_no: str) -> Document:
    found = await store.first(PEOPLE, {"employee_no": employee_no})
    assert found is not None
    return found


async def test_a_sheet_adds_changes_and_lets_leave(store: Store, tmp_path: Path) -> None:
    ctx = await campus(store)

    report = await imported(
        ctx,
        tmp_path,
        "s0100,曾国强,13811110100,财政局,职工、单位联络员,在职,",
        "S0042,单雨,13811110042,办公室,职工 食堂@ctn_1,,",
        "S0043,,,,,离职,",
    )

    assert [(row.line, row.employee_no, row.name) for row in report.add] == [(2, "S0100", "曾国强")]
    assert [(row.line, row.fields) for row in report.change] == [(3, ["phone", "roles", "posts"])]
    assert [(row.line, row.name) for row in report.leave] == [(4, "李强")]
    assert (report.units, report.errors) == (["财政局"], [])
    new, ann, bob = [await person(store, number) for number in ("S0100", "S0042", "S0043")]
    assert (new["roles"], new["pinyin"], new["initials"]) == (
        ["staff", "clerk"],
        "zengguoqiang",
        "zgq",
    )
    assert new["unit"] == (await store.find(UNITS, {"name": "财政局"}))[0]["_id"]
    assert (ann["phone"], ann["posts"], ann["openid"]) == (
        "13811110042",
        [{"role": "canteen", "at": "ctn_1"}],
        "o-ann",
    )
    assert (bob["active"], "phone" in bob) == (False, False)
    acts = [entry["act"] for entry in await store.find("audit", {}, sort=[("act", 1)])]
    assert acts == ["person.add", "person.change", "person.leave", "roster.import"]


async def test_a_dry_run_lists_the_same_and_changes_nothing(store: Store, tmp_path: Path) -> None:
    ctx = await campus(store)
    before = await everything(store)
    rows = ("S0100,曾国强,,财政局,,,", "S0042,单雨晴,,办公室,,,", "S0043,,,,,离职,", "X,,,,,,")

    report = await imported(ctx, tmp_path, *rows, dry_run=True)

    assert await everything(store) == before
    assert report.dry_run
    assert [row.employee_no for row in report.add] == ["S0100"]
    assert [(row.employee_no, row.fields) for row in report.change] == [
        ("S0042", ["name", "pinyin"])
    ]
    assert [row.employee_no for row in report.leave] == ["S0043"]
    assert [(fault.line, fault.detail) for fault in report.errors] == [
        (5, "工号应为 2 到 16 位字母或数字"),
        (5, "姓名和单位必填，各不超过 64 个字"),
    ]


@pytest.mark.parametrize(
    ("row", "line", "detail"),
    [
        ("S 1,张三,,办公室,,,", 3, "工号应为 2 到 16 位字母或数字"),
        ("S0100,,,办公室,,,", 3, "姓名和单位必填，各不超过 64 个字"),
        ("S0100,张三,,,,,", 3, "姓名和单位必填，各不超过 64 个字"),
        ("S0100,张三,1381111,办公室,,,", 3, "手机应为 11 位手机号码"),
        ("S0100,张三,,办公室,厨师,,", 3, "没有“厨师”这个角色"),
        ("S0100,张三,,办公室,食堂@c!,,", 3, "“食堂@c!”中的地点编号不正确"),
        ("S0100,张三,,办公室,,休假,", 3, "状态只能是在职或离职，不能是“休假”"),
        ("S0100,张三,,办公室,,,张", 3, "拼音只能用字母"),
        ("S0100,张三,13800000043,办公室,,,", 3, "手机已登记在李强名下"),
        ("S0099,张三,,办公室,,,", 3, "工号与第 2 行重复"),
        ("S0100,张三,13811110099,办公室,,,", 3, "手机与第 2 行重复"),
        ("S9999,,,,,离职,", 3, "没有这个工号，无法办理离职"),
        ("A0001,,,,,离职,", 3, "不能为自己办理离职"),
        ("A0001,王芳,,办公室,职工,,", 3, "不能修改自己的角色"),
    ],
)
async def test_a_wrong_line_is_named_and_nothing_is_imported(
    store: Store, tmp_path: Path, row: str, line: int, detail: str
) -> None:
    ctx = await campus(store)
    before = await everything(store)

    with pytest.raises(RosterWrong) as refusal:
        await imported(ctx, tmp_path, "S0099,赵敏,13811110099,办公室,职工,,", row)

    assert refusal.value.errors == ((f"/rows/{line}", detail),)
    assert await everything(store) == before


async def test_a_sheet_without_a_column_says_which(store: Store, tmp_path: Path) -> None:
    ctx = await campus(store)

    with pytest.raises(RosterWrong) as refusal:
        await imported(ctx, tmp_path, "S0100,张三", headings="工号,姓名")

    assert refusal.value.errors == (("/rows/1", "缺少列：手机、单位、角色"),)


def test_columns_stand_in_any_order_and_lines_count_as_people_see_them() -> None:
    cells = [
        ["部门", "手机号", "姓名", "角色", "备注", "工号"],
        ["", "", "", "", "", ""],
        ["办公室", "", "张三", "librarian", "x", "s0100"],
        ["办公室"],
    ]

    rows, wrong = sheet.read(cells)

    assert [(row.line, row.employee_no, row.roles) for row in rows] == [
        (3, "S0100", ("librarian",))
    ]
    assert wrong == [
        sheet.Wrong(4, "工号应为 2 到 16 位字母或数字"),
        sheet.Wrong(4, "姓名和单位必填，各不超过 64 个字"),
    ]


def test_all_that_is_wrong_with_a_row_is_said_at_once() -> None:
    cells = [list(sheet.NEEDED), ["S0100", "", "138", "办公室", "厨师、食堂@?"]]

    rows, wrong = sheet.read(cells)

    assert not rows
    assert [(each.line, each.detail) for each in wrong] == [
        (2, "姓名和单位必填，各不超过 64 个字"),
        (2, "手机应为 11 位手机号码"),
        (2, "没有“厨师”这个角色"),
        (2, "“食堂@?”中的地点编号不正确"),
    ]


def test_a_sheet_without_people_is_not_taken_for_one_without_changes() -> None:
    assert sheet.read([list(sheet.NEEDED), ["", " "]]) == (
        [],
        [sheet.Wrong(2, "表格里没有人员，请从第 2 行起每行填一人")],
    )


async def test_empty_cells_leave_what_is_known(store: Store, tmp_path: Path) -> None:
    ctx = await campus(store)
    before = await everything(store)

    report = await imported(ctx, tmp_path, "S0042,单雨,,办公室,,,")

    assert report.change == []
    after = await everything(store)
    assert after["people"] == before["people"]
    assert [entry["act"] for entry in after["audit"]] == ["roster.import"]


async def test_phones_may_go_from_one_person_to_another(store: Store, tmp_path: Path) -> None:
    ctx = await campus(store)

    await imported(
        ctx,
        tmp_path,
        f"S0042,单雨,{BOB['phone']},办公室,,,",
        f"S0043,李强,{ANN['phone']},办公室,,,",
    )

    assert (await person(store, "S0042"))["phone"] == BOB["phone"]
    assert (await person(store, "S0043"))["phone"] == ANN["phone"]


async def test_who_comes_back_is_taken_up_again(store: Store, tmp_path: Path) -> None:
    ctx = await campus(store)
    await imported(ctx, tmp_path, "S0042,,,,,离职,")

    report = await imported(ctx, tmp_path, "S0042,单雨,13811110042,办公室,,,")

    assert [row.fields for row in report.change] == [["active", "phone"]]
    ann = await person(store, "S0042")
    assert (ann["active"], ann["_id"], "left_at" in ann) == (True, ANN["_id"], False)


async def test_two_thousand_people_are_imported_at_once(store: Store, tmp_path: Path) -> None:
    ctx = await campus(store)
    rows = [f"T{number:04},王一一,,单位{number % 40},职工,," for number in range(2000)]

    report = await imported(ctx, tmp_path, *rows)

    assert (len(report.add), len(report.units)) == (2000, 40)
    assert await store.count(PEOPLE, {}) == 2003


async def test_a_long_sheet_lets_others_have_their_turn(store: Store, tmp_path: Path) -> None:
    ctx = await campus(store)
    rows = [f"T{n:05},曾国{chr(0x4E00 + n)},,财政局,职工,," for n in range(3000)]
    stretches: list[float] = []

    async def others() -> None:
        while True:
            begun = time.thread_time()  # of this thread alone: a busy machine changes nothing
            try:
                await asyncio.sleep(0.001)
            finally:
                stretches.append(time.thread_time() - begun)

    gc.freeze()  # collecting the garbage of all other tests is no part of it
    waiting = asyncio.create_task(others())
    report = await imported(ctx, tmp_path, *rows, dry_run=True)
    waiting.cancel()
    await asyncio.wait([waiting])
    gc.unfreeze()

    assert len(report.add) == 3000
    assert max(stretches) < 0.12


async def test_who_leaves_is_signed_out_at_once_and_the_services_will_hear(store: Store) -> None:
    ctx = await campus(store)
    granted = await open_session(turn_of(ctx.house), ANN)

    await let_leave(ctx, ANN["_id"])
    line = await let_leave(ctx, ANN["_id"])

    assert (line.active, line.wechat_bound) == (False, False)
    assert await refused(ctx.house, claims_of(ctx.house, granted.access_token))
    with pytest.raises(SessionEnded):
        await refresh(turn_of(ctx.house), Refresh(refresh_token=granted.refresh_token))
    assert [entry["person"] for entry in await store.find(LEAVINGS, {})] == [ANN["_id"]]
    assert await store.count("audit", {"act": "person.leave"}) == 1


async def test_roles_are_replaced_on_the_record(store: Store) -> None:
    ctx = await campus(store)
    body = RolesInput(roles=[Role.CANTEEN, Role.STAFF], posts=[Post(role=Role.CANTEEN, at="ctn_1")])

    line = await change_roles(ctx, ANN["_id"], body)
    await change_roles(ctx, ANN["_id"], body)

    assert line.roles == [Role.STAFF, Role.CANTEEN]
    assert people.tokens(await person(store, "S0042")) == ["desk:ctn_1", "p:per_S0042"]
    (entry,) = await store.find("audit", {})
    assert entry["before"] == {"roles": ["staff"], "posts": []}
    assert entry["after"]["roles"] == ["staff", "canteen"]


async def test_what_a_manager_may_not_change_stays(store: Store) -> None:
    ctx = await campus(store)
    await let_leave(ctx, BOB["_id"])
    before = await everything(store)
    staff = RolesInput(roles=[Role.STAFF])
    misplaced = RolesInput(roles=[Role.STAFF], posts=[Post(role=Role.CANTEEN, at="ctn_1")])

    for refusal, person_id, body in (
        (OwnRecord, CHIEF["_id"], staff),
        (PersonLeft, BOB["_id"], staff),
        (PostWithoutRole, ANN["_id"], misplaced),
        (NotFound, "per_NOBODY", staff),
    ):
        with pytest.raises(refusal):
            await change_roles(ctx, person_id, body)
    with pytest.raises(OwnRecord):
        await let_leave(ctx, CHIEF["_id"])

    assert await everything(store) == before


async def test_the_template_can_be_filled_in_and_sent_back(store: Store, tmp_path: Path) -> None:
    ctx = await campus(store)
    path = tmp_path / "template.csv"
    path.write_bytes(await template(ctx))
    report = await import_roster(ctx, path, ImportQuery(dry_run=True))
    assert [line.name for line in report.add] == ["示例甲", "示例乙"]


async def test_a_real_workbook_is_imported_over_http(store: Store) -> None:
    await settle(store, CHIEF)
    books = Workbooks()
    rows: list[list[Any]] = [["S0100", "曾国强", 13811110100, "财政局", "职工"], ["?"]]
    content = await books.write("花名册", HEADINGS.split(",")[:5], rows)
    async with serving(registry, store=store) as site:
        object.__setattr__(site.house.ports, "sheets", books)
        token = site.token(CHIEF["_id"], ("manager",), ver=1)
        where = "/api/v1/people/imports?dry_run="
        dry = await site.fetch("POST", where + "true", content, token, Content_Type=XLSX)
        wet = await site.fetch("POST", where + "false", content, token, Content_Type=XLSX)
        junk = await site.fetch("POST", where + "false", b"junk", token, Content_Type=XLSX)
    books.close()

    assert [row["employee_no"] for row in json.loads(dry.body)["add"]] == ["S0100"]
    assert problem(wet)["errors"] == [
        {"pointer": "/rows/3", "detail": "工号应为 2 到 16 位字母或数字"},
        {"pointer": "/rows/3", "detail": "姓名和单位必填，各不超过 64 个字"},
    ]
    assert problem(junk)["code"] == RosterUnreadable.code
    assert await store.count(PEOPLE, {}) == 1
