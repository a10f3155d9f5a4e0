"""The reader of the record."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from handlers import audit as endpoints  # noqa: F401 - declares the address asked for here
from handlers.base.endpoint import registry
from models.base.audit import record
from models.base.store import Store
from server.settings import REPOSITORY
from tests.base.web import problem, serving
from tests.campus import a_person, settle, turn_of

CHIEF = a_person("A0001", "王芳", roles=["manager"])


async def test_a_manager_reads_what_was_done_and_nobody_else(store: Store) -> None:
    await settle(store, CHIEF, a_person("S0042", "李强"))
    async with serving(registry, store=store) as site:
        ctx = turn_of(site.house, CHIEF)
        await record(ctx, "person.roles", "per_S0042", {"roles": ["staff"]}, {"roles": ["clerk"]})

        mine = site.token(CHIEF["_id"], ("manager",), ver=1)
        reply = await site.fetch("GET", "/api/v1/audit", token=mine)
        other = await site.fetch("GET", "/api/v1/audit", token=site.token(roles=("staff",)))

    (item,) = json.loads(reply.body)["items"]
    assert item["actor"] == {"id": "per_A0001", "employee_no": "A0001", "name": "王芳"}
    assert (item["act"], item["object"]) == ("person.roles", "per_S0042")
    assert item["object_name"] == "李强"
    assert (item["before"], item["after"]) == ({"roles": ["staff"]}, {"roles": ["clerk"]})
    assert problem(other)["code"] == "forbidden"


def acts_on_record() -> Iterator[str]:
    """The names under which the models put something on record."""
    for path in sorted((REPOSITORY / "models").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 3:
                continue
            if ast.unparse(node.func).rpartition(".")[2] in ("record", "entry"):
                if isinstance(act := node.args[1], ast.Constant):
                    yield str(act.value)


def test_every_act_on_record_has_a_name_on_the_phone() -> None:
    text = (REPOSITORY / "miniapp_stub/src/text/acts.js").read_text("utf-8")
    named = set(re.findall(r"^  '([a-z.-]+)': '.+',$", text, re.M))
    found = set(acts_on_record())
    assert {"person.add", "wechat.bind", "meals.pardon"} <= found
    assert found - named == set()
