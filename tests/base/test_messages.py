"""The in-app list: what one was told, in order, and what one has read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.base import messages, workflow
from models.base.context import House
from models.base.delivery import hand_over
from models.base.messages import Template, listed, mark_read, notify, unread
from models.base.shapes import PageQuery
from models.base.store import Store
from models.base.transitions import transition
from tests.base.toys import a_show, book
from tests.machinery import MovingClock, a_context, a_house


async def told(store: Store, count: int, clock: MovingClock | None = None) -> House:
    """A house whose person 1 was told something so many times, thrice at each moment."""
    clock = clock or MovingClock()
    house = a_house(store, clock)
    for number in range(count):
        await notify(house, "per_1", "toy-cancelled", {"show": str(number)})
        clock.forward(seconds=number % 3 == 2)
    return house


async def test_the_words_are_made_of_the_template_and_the_facts(store: Store) -> None:
    house = await told(store, 1)
    [line] = (await listed(a_context(house, "per_1"), PageQuery())).items
    assert (line.title, line.text) == ("取消", "0 的票已取消")
    assert (line.order_id, line.read) == (None, False)
    assert line.id.startswith("msg_")


async def test_the_words_about_an_order_come_from_the_order_as_it_is(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    ctx = a_context(house, "per_1")
    await transition(ctx, order["_id"], "cancel")
    await hand_over(house)
    [line] = (await listed(ctx, PageQuery())).items
    assert (line.text, line.order_id) == ("show_1 的票已取消", order["_id"])


async def test_a_message_about_an_order_that_is_gone_says_less_but_stays(store: Store) -> None:
    await a_show(store, 1)
    house = a_house(store)
    order = await book(house, 1)
    ctx = a_context(house, "per_1")
    await transition(ctx, order["_id"], "cancel")
    await hand_over(house)
    await store.delete("orders", {"_id": order["_id"]})
    [line] = (await listed(ctx, PageQuery())).items
    assert line.text == "… 的票已取消"


async def test_facts_are_never_taken_for_placeholders(store: Store) -> None:
    house = a_house(store)
    await notify(house, "per_1", "toy-cancelled", {"show": "{show.__class__} %s {0}"})
    [line] = (await listed(a_context(house, "per_1"), PageQuery())).items
    assert line.text == "{show.__class__} %s {0} 的票已取消"


async def test_pages_lose_and_repeat_nothing_also_at_the_same_moment(store: Store) -> None:
    house = await told(store, 11)
    ctx = a_context(house, "per_1")
    texts: list[str] = []
    after: str | None = None
    while True:
        page = await listed(ctx, PageQuery(after=after, limit=2))
        texts += [line.text.split()[0] for line in page.items]
        after = page.next
        if after is None:
            break
    assert sorted(map(int, texts)) == list(range(11))


async def test_reading_up_to_a_message_leaves_later_ones_unread(store: Store) -> None:
    house = await told(store, 9)
    ctx = a_context(house, "per_1")
    assert (await unread(ctx)).count == 9
    lines = (await listed(ctx, PageQuery())).items
    await mark_read(ctx, lines[3].id)
    assert (await unread(ctx)).count == 3
    assert [line.read for line in (await listed(ctx, PageQuery())).items] == [False] * 3 + [
        True
    ] * 6


async def test_the_messages_of_others_are_neither_seen_nor_marked(store: Store) -> None:
    house = await told(store, 2)
    stranger = a_context(house, "per_2")
    assert (await listed(stranger, PageQuery())).items == []
    assert (await unread(stranger)).count == 0
    message = (await listed(a_context(house, "per_1"), PageQuery())).items[0]
    await mark_read(stranger, message.id)
    assert (await unread(a_context(house, "per_1"))).count == 2
    assert (await listed(stranger, PageQuery(after=message.id))).items == []


async def test_the_workers_hear_of_a_message(store: Store) -> None:
    posted: list[int] = []
    house = replace(a_house(store), post=lambda: posted.append(1))
    await notify(house, "per_1", "toy-soon", {})
    assert posted == [1]


LONG = "长" * 21


@pytest.mark.parametrize(
    ("template", "why"),
    [
        (Template("Toy", "玩具", "x"), "lower-case"),
        (Template("toy", "", "x"), "title"),
        (Template("toy", LONG, "x"), "title"),
        (Template("toy", "玩具", "长" * 121), "text"),
        (Template("toy", "玩具", "一\n二"), "text"),
        (Template("toy", "玩具", "{show.name}"), "not the name of a fact"),
        (Template("toy", "玩具", "{}"), "not the name of a fact"),
        (Template("toy", "玩具", "x", wechat={"thing": "show"}), "no field"),
        (Template("toy", "玩具", "x", wechat={"colour1": "show"}), "no field"),
        (
            Template("toy", "玩具", "x", wechat={f"thing{n}": "show" for n in range(1, 7)}),
            "5 fields",
        ),
        (Template("toy", "玩具", "x", sms={"show name": "show"}), "no parameter"),
        (Template("toy-soon", "玩具", "x"), "declared twice"),
    ],
)
def test_what_could_never_be_sent_is_refused_at_import(template: Template, why: str) -> None:
    before = messages.templates()
    with pytest.raises(ValueError, match=why):
        messages.declare(template)
    assert messages.templates() == before


def test_a_transition_that_tells_what_nobody_words_stops_the_start() -> None:
    step = workflow.Transition(
        name="ring", source=("on",), target="off", by=(), summary="", tells=(workflow.Tell("no"),)
    )
    [toys] = [each for each in workflow.workflows() if each.kind == "toy"]
    messages.check_tells([toys])
    with pytest.raises(ValueError, match=r"toy\.ring: no template no"):
        messages.check_tells([replace(toys, transitions=(step,))])


async def test_a_message_whose_template_is_gone_does_not_hide_the_others(store: Store) -> None:
    house = await told(store, 2)
    ctx = a_context(house, "per_1")
    [first, _] = (await listed(ctx, PageQuery())).items
    await store.update("deliveries", {"_id": first.id}, {"$set": {"template": "toy-gone"}})
    lines = (await listed(ctx, PageQuery())).items
    assert [line.title for line in lines] == ["通知", "取消"]
