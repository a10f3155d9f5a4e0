"""The administration's side: the roster from a spreadsheet, and the rules."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from playwright.sync_api import expect

from scripts.campus import Campus
from scripts.demo_people import name_of, phone_of
from scripts.phone import Phone
from tests.browser.conftest import Phones

pytestmark = pytest.mark.browser

HEADINGS = ("工号", "姓名", "手机", "单位", "角色", "状态")


def a_sheet(path: Path, *rows: tuple[str, ...]) -> Path:
    """An .xlsx of a roster."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((HEADINGS, *rows)):
            sheet.write_row(number, 0, row)
    return path


def choose(phone: Phone, sheet: Path) -> None:
    with phone.page.expect_file_chooser() as chooser:
        phone.tap("roster-choose")
    chooser.value.set_files(sheet)


def test_a_roster_is_looked_through_before_it_is_imported(
    phones: Phones, campus: Campus, tmp_path: Path
) -> None:
    sheet = a_sheet(
        tmp_path / "名册.xlsx",
        ("S3001", "欧阳一帆", "13800193001", "财政局", "职工", ""),
        ("S0141", name_of("S0141"), phone_of("S0141"), "审计局", "职工", ""),
        ("S0142", "", "", "", "", "离职"),
    )
    manager = phones("A0001", "manager/roster")
    choose(manager, sheet)
    preview = manager.find("roster-preview")
    for line in ("欧阳一帆 S3001", f"{name_of('S0141')} S0141", f"{name_of('S0142')} S0142"):
        expect(preview).to_contain_text(line)
    found = campus.ask("A0001", "GET", "/people?q=S3001")["items"]
    assert found == []

    manager.tap("roster-confirm")
    manager.answer("导入")
    expect(manager.find("roster-done")).to_contain_text("新增 1 人，变更 1 人，离职 1 人")
    [joined] = campus.ask("A0001", "GET", "/people?q=S3001")["items"]
    assert joined["unit"]["name"] == "财政局"


def test_a_wrong_line_is_named_and_nothing_is_imported(
    phones: Phones, campus: Campus, tmp_path: Path
) -> None:
    sheet = a_sheet(
        tmp_path / "名册.xlsx",
        ("S3002", "司徒安", "13800193002", "财政局", "职工", ""),
        ("S3003", "上官宁", "12345", "财政局", "职工", ""),
    )
    manager = phones("A0001", "manager/roster")
    choose(manager, sheet)
    expect(manager.find("roster-errors")).to_contain_text("第 3 行")
    expect(manager.find("roster-confirm")).to_have_count(0)
    assert campus.ask("A0001", "GET", "/people?q=S3002")["items"] == []


def test_a_rule_is_changed_and_recorded(phones: Phones, campus: Campus) -> None:
    manager = phones("A0001", "manager/policies")
    manager.tap("policy-meals")
    manager.fill("field-no_show_limit", "5")
    manager.tap("save-policy")
    expect(manager.find("policy-meals")).to_be_visible()
    policies = campus.ask("A0001", "GET", "/policies")["items"]
    [meals] = [each for each in policies if each["name"] == "meals"]
    assert meals["value"]["no_show_limit"] == 5
    manager.open("manager/audit")
    expect(manager.page.locator('[data-testid^="audit-"]:visible').first).to_contain_text(
        name_of("A0001")
    )


def test_the_hours_of_service_are_said_in_words_and_a_wrong_one_is_named(
    phones: Phones, campus: Campus
) -> None:
    manager = phones("A0001", "manager/policies")
    manager.tap("policy-repairs")
    long = manager.find("rule-extended")
    expect(long).to_contain_text("延时服务")
    spans = long.get_by_test_id("field-spans").locator("input")
    expect(spans).to_have_value("07:30–21:00")
    spans.fill("七点半到九点")
    expect(long).to_contain_text("写作 08:30–12:00")
    spans.fill("7:30-12:30, 12:45至21:00")
    expect(long).not_to_contain_text("写作")
    manager.tap("save-policy")
    expect(manager.find("policy-repairs")).to_be_visible()
    policies = campus.ask("A0001", "GET", "/policies")["items"]
    [repairs] = [each for each in policies if each["name"] == "repairs"]
    hours = repairs["value"]["hours"]
    assert hours["extended"] == {
        "spans": [["07:30", "12:30"], ["12:45", "21:00"]],
        "every_day": True,
    }
    assert hours["always"] == {"spans": [["00:00", "24:00"]], "every_day": True}


def test_who_leaves_is_out_at_once(
    phones: Phones, campus: Campus, expect_trouble: list[str]
) -> None:
    leaver = phones("S0143")
    expect(leaver.find("greeting")).to_be_visible()
    manager = phones("A0001", "manager/people")
    manager.fill("people-search", "S0143")
    manager.tap("person-S0143")
    manager.tap("person-leave")
    manager.answer("办理")
    manager.hear("已办理")
    expect_trouble += ["401 GET", "401 POST /api/v1/sessions/refresh"]
    leaver.turn_to("我的")
    expect(leaver.find("sign-in")).to_be_visible()
