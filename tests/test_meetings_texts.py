"""What the messages about a meeting say, to whom, and of which step."""

from __future__ import annotations

from models.base.messages import listed
from models.base.shapes import PageQuery
from models.base.store import Store
from models.meetings.changes import Move
from models.meetings.lifecycle import Parting
from tests.meetings_house import ANN, BOB, DESK, MINUTE, TEN, a_room, open_house


async def test_who_is_invited_no_more_reads_nothing_of_what_becomes_of_it(store: Store) -> None:
    meetings = await open_house(store)
    order = await meetings.book(ANN, invite=["S0004"], private=True)
    order = await meetings.change(ANN, order, invite=[], subject="裁员", starts_at=TEN + MINUTE)
    assert sorted(await meetings.told(BOB)) == ["meeting-invited", "meeting-uninvited"]
    lines = (await listed(meetings.ctx(BOB), PageQuery())).items
    assert sorted(line.text for line in lines) == [
        "…在…参加会议：…。",
        "您无需再参加11月23日 10:00的会议：周会。",
    ]
    assert {line.order_id for line in lines if line.kind == "meeting-uninvited"} == {None}


async def test_a_message_gives_the_reason_of_its_own_step_and_no_other(store: Store) -> None:
    meetings = await open_house(store, a_room(), a_room("room_b"))
    order = await meetings.book(ANN, invite=["S0004"])
    order = await meetings.step(DESK, order, "move", Move(room_id="room_b", note="空调坏了"))
    await meetings.step(ANN, order, "cancel", Parting())
    assert await meetings.told(BOB) == ["meeting-invited", "meeting-moved", "meeting-cancelled"]
    lines = (await listed(meetings.ctx(BOB), PageQuery())).items
    said = {line.kind: line.text.partition("说明：")[2] for line in lines}
    assert said == {"meeting-invited": "", "meeting-moved": "空调坏了", "meeting-cancelled": "无"}
