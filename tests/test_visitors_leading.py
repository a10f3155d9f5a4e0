"""A group has a lead: who that is, what the lead sees of the others, and the desk of all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from models.base.store import Document, Store
from models.visitors import desk, groups, links, offline, sheets
from models.visitors.changing import Change, Parting
from models.visitors.deciding import Reason
from models.visitors.desk import DeskQuery
from models.visitors.devices import Signed
from models.visitors.groups import GroupInput
from models.visitors.leading import Fellow
from models.visitors.shapes import GroupMember, Repeat, Visitor
from models.visitors.sheets import Pasted, pasted
from tests.test_visitor_devices import a_desk, signed
from tests.visits_house import ANN, DAY, EAST, GUARD, NOON, PHONE, TEN, Visits, open_house

NAMES = ("王一", "李二", "张三")


def a_group(*members: GroupMember) -> GroupInput:
    """These, or three of whom nobody is marked."""
    rows = list(members) or [GroupMember(name=name) for name in NAMES]
    return GroupInput(starts_at=TEN, ends_at=NOON, purpose="参观", members=rows)


async def invited(visits: Visits, *members: GroupMember) -> tuple[Any, list[Document]]:
    """The group, and the visits of its members."""
    made = await groups.invite(visits.ctx(ANN, "group"), a_group(*members))
    return made.order, await groups.members_of(visits.ctx(ANN), made.order.id)


async def fellows(visits: Visits, order: Document) -> Any:
    shown = await links.show(visits.ctx(EAST), visits.link(await visits.order(order)))
    return shown.fellows or None


async def test_the_first_of_the_list_leads_unless_another_is_marked(store: Store) -> None:
    visits = await open_house(store)
    group, members = await invited(visits)
    assert group.data["lead"] == members[0]["_id"]
    assert {member["data"]["lead"] for member in members} == {members[0]["_id"]}
    marked = a_group(GroupMember(name="王一"), GroupMember(name="李二", lead=True))
    made = await groups.invite(visits.ctx(ANN, "marked"), marked)
    assert made.order.data["lead"] == made.results[1].order_id


async def test_two_leads_are_refused_by_line(store: Store) -> None:
    visits = await open_house(store)
    two = a_group(GroupMember(name="王一", lead=True), GroupMember(name="李二", lead=True))
    refusal = await visits.refused(groups.invite(visits.ctx(ANN, "group"), two))
    assert (refusal.code, refusal.errors) == (
        "visit-lead-twice", (("/members/1/lead", "只能有一位"),),
    )  # fmt: skip


async def test_where_the_marked_one_cannot_be_invited_the_first_leads(store: Store) -> None:
    visits = await open_house(store)
    group, members = await invited(
        visits, GroupMember(name="王一", phone=PHONE),
        GroupMember(name="李二", phone=PHONE, lead=True),
    )  # fmt: skip
    assert [member["_id"] for member in members] == [group.data["lead"]]


async def test_the_lead_alone_sees_who_of_the_others_has_come(store: Store) -> None:
    visits = await open_house(store)
    _, [lead, second, third] = await invited(visits)
    assert await fellows(visits, lead) == [
        Fellow(name="李*", state="coming"), Fellow(name="张*", state="coming"),
    ]  # fmt: skip
    assert await fellows(visits, second) is None
    visits.clock.now = TEN
    await visits.scan(visits.static(second))
    await visits.step(ANN, third, "cancel", Parting())
    assert [each.state for each in await fellows(visits, lead)] == ["inside", "off"]
    inside = await visits.order(second)
    await visits.step(GUARD, inside, "revoke", Reason(reason="核查"))
    assert [each.state for each in await fellows(visits, lead)] == ["inside", "off"]
    await visits.by_hand(EAST, await visits.order(second), "out")
    assert [each.state for each in await fellows(visits, lead)] == ["left", "off"]


async def test_the_lead_is_not_told_of_who_came_on_another_day_of_the_pass(store: Store) -> None:
    visits = await open_house(store)
    repeat = Repeat(until=(TEN + DAY).date())
    body = msgspec.structs.replace(a_group(), type="vty_long", repeat=repeat)
    made = await groups.invite(visits.ctx(ANN, "group"), body)
    [lead, second, _] = await groups.members_of(visits.ctx(ANN), made.order.id)
    visits.clock.now = TEN
    await visits.scan(visits.static(second))
    visits.clock.forward(minutes=1)
    await visits.by_hand(EAST, second, "out")
    assert [each.state for each in await fellows(visits, lead)] == ["left", "coming"]
    visits.clock.forward(days=1)
    await visits.work()
    assert [each.state for each in await fellows(visits, lead)] == ["coming", "coming"]
    await visits.step(GUARD, await visits.order(second), "revoke", Reason(reason="核查"))
    assert [each.state for each in await fellows(visits, lead)] == ["off", "coming"]


async def test_whose_own_visit_is_over_sees_the_others_no_more(store: Store) -> None:
    visits = await open_house(store)
    _, [lead, *_] = await invited(visits)
    await visits.step(GUARD, lead, "revoke", Reason(reason="核查"))
    assert await fellows(visits, lead) is None


async def test_the_desk_sees_whose_group_a_visitor_belongs_to(store: Store) -> None:
    visits = await open_house(store)
    await visits.invite()
    _, [lead, second, _] = await invited(visits)
    query = DeskQuery(gate="gate_1")
    lines = {line.id: line for line in (await desk.listed(visits.ctx(EAST), query)).items}
    assert [(lines[each["_id"]].lead, lines[each["_id"]].leads) for each in (lead, second)] == [
        ("王*", True), ("王*", False),
    ]  # fmt: skip
    [alone] = [line for line in lines.values() if not line.lead]
    assert alone.leads is False
    visits.clock.now = TEN
    answer = await visits.scan(visits.static(second))
    assert answer.visit is not None
    assert answer.visit.lead == "王*"
    visits.clock.forward(minutes=1)
    again = await visits.scan(visits.rotating(second))
    assert again.visit is not None
    assert (again.reason, again.visit.lead) == ("already-in", "王*")
    own = await visits.scan(visits.static(lead))
    assert own.visit is not None
    assert not own.visit.lead


async def test_a_desk_without_network_knows_the_lead_too(store: Store) -> None:
    visits = await open_house(store)
    await invited(visits)
    device = await a_desk(visits)
    copy = await offline.copy(visits.ctx(EAST), Signed(**signed(visits, device, "copy")))
    assert [(each.lead, each.leads) for each in copy.visits] == [
        ("王*", True), ("王*", False), ("王*", False),
    ]  # fmt: skip


async def test_another_person_in_the_lead_s_place_leads(store: Store) -> None:
    visits = await open_house(store)
    _, [lead, second, _] = await invited(visits)
    await visits.step(ANN, lead, "change", Change(visitor=Visitor(name="赵四")))
    [line] = [
        each
        for each in (await desk.listed(visits.ctx(EAST), DeskQuery(gate="gate_1"))).items
        if each.id == second["_id"]
    ]
    assert line.lead == "赵*"


async def test_a_lead_of_another_day_is_still_named(store: Store) -> None:
    visits = await open_house(store)
    _, [lead, second, _] = await invited(visits)
    later = Change(starts_at=TEN + (NOON - TEN) * 12, ends_at=NOON + (NOON - TEN) * 12)
    await visits.step(ANN, lead, "change", later)
    found = (await desk.listed(visits.ctx(EAST), DeskQuery(gate="gate_1"))).items
    assert lead["_id"] not in [line.id for line in found]
    assert [line.lead for line in found if line.id == second["_id"]] == ["王*"]


def test_a_line_marks_the_lead_in_words_people_use() -> None:
    text = "姓名\t手机号\t车牌号\t领队\n王一\t13900001111\t\t否\n李二 领队\n张三，是\n赵四\t\t\t1"
    read = pasted(Pasted(text=text))
    assert [(member.name, member.lead) for member in read.members] == [
        ("王一", False), ("李二", True),
    ]  # fmt: skip
    assert [(error.row, error.detail) for error in read.errors] == [
        (4, "领队只能有一位，前面已有"), (5, "领队只能有一位，前面已有"),
    ]  # fmt: skip


async def test_the_empty_sheet_has_the_column_and_is_read_with_it(
    store: Store, tmp_path: Path
) -> None:
    visits = await open_house(store)
    ctx = visits.ctx(ANN)
    assert (await sheets.empty(ctx)).decode() == "姓名,手机号,车牌号,领队"
    filled = tmp_path / "名单.xlsx"
    rows: list[list[Any]] = [["王一", "13900001111", "", ""], ["李二", "", "苏A12345", "是"]]
    filled.write_bytes(await ctx.house.ports.sheets.write("名单", sheets.HEADER, rows))
    read = await sheets.uploaded(ctx, filled)
    assert read.errors == []
    assert [(member.name, member.plate, member.lead) for member in read.members] == [
        ("王一", None, False), ("李二", "苏A12345", True),
    ]  # fmt: skip
