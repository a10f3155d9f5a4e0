"""Every message of the product can be worded, fits WeChat's fields, and is declared."""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from models.base import messages
from models.base.context import House
from models.base.delivery import hand_over
from models.base.messages import DELIVERIES, Template
from models.base.orders import ORDERS
from models.base.store import Document
from models.base.wechat_fields import fitted
from models.base.workflow import of_kind
from scripts.simulator.wechat_rules import checked_data
from server.app import discover
from tests import samples
from tests.contract_house import Campus, open_campus
from tests.simulated import Simulator
from tests.test_layers import sources


@pytest.fixture
async def campus(
    database_uri: str,
    database_name: str,
    driver: MongoClient[Document],
    simulator: Simulator,
) -> AsyncIterator[Campus]:
    """The house with its samples."""
    async with open_campus(database_uri, driver[database_name], simulator) as opened:
        await samples.set_up(opened)
        yield opened


def tells() -> Iterator[tuple[str, str]]:
    """Where the code says `Tell("name", ...)`, and the name."""
    for source in sources():
        for node in ast.walk(source.tree) if source.name.startswith("models/") else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Tell"):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    yield f"{source.name}:{node.lineno}", str(first.value)


def test_everything_that_is_told_has_words() -> None:
    discover()
    known = {each.name for each in messages.templates()}
    assert [(at, name) for at, name in tells() if name not in known] == []


def check(house: House, template: Template, message: Document, order: Document | None) -> None:
    """The message says everything it means to say, and WeChat would take it."""
    known = messages.spelled_out(house, message, order)
    missing = {name for name in template.needs if name not in known}
    assert not missing, (template.name, missing)
    data = {field: fitted(field, str(known[fact])) for field, fact in template.wechat.items()}
    if data:
        checked_data({field: {"value": value} for field, value in data.items()})


async def test_every_message_says_all_and_fits_in_every_state_it_is_told_of(
    campus: Campus,
) -> None:
    for kind, sample in samples.orders().items():
        for state, make in sample.states.items():
            order = await make(campus)
            for step in of_kind(kind).transitions:
                if step.target == state:
                    for tell in step.tells:
                        template = messages.template(tell.template)
                        check(campus.house, template, {"template": template.name}, order)


async def test_every_message_that_really_goes_out_says_all_and_fits(campus: Campus) -> None:
    for sample in samples.orders().values():
        for make in sample.states.values():
            await make(campus)
    await hand_over(campus.house)
    told = await campus.house.store.find(DELIVERIES, {})
    assert told
    for message in told:
        order: Any = await campus.house.store.get(ORDERS, message.get("order", ""))
        check(campus.house, messages.template(message["template"]), message, order)
