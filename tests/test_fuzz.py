"""Nothing that a client can send gives a traceback, or a 5xx other than an honest 503.

A server of its own, on the demo's data, is asked everything that schemathesis can think of from the
OpenAPI document, and the traps that we know of by hand.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from handlers.base.bodies import Intake
from handlers.base.content import PICTURES, Upload
from handlers.base.endpoint import registry
from models.base.store import Document
from scripts import demo_data
from server.app import discover
from tests import traps
from tests.served import ServerProcess, environment, server_process, serving
from tests.simulated import REPOSITORY, Simulator

SCHEMATHESIS = REPOSITORY / ".venv-fuzz" / "bin" / "schemathesis"
ENDS_SESSIONS = ("sessions_end", "people_unbind")
OUSTS_OTHERS = ("people_leave", "people_change_roles")  # whom a fuzzer has seen in a list
KEY = "0123456789abcdef"

pytestmark = pytest.mark.slow


def cannot_be_made(body: Any) -> bool:
    """Whether schemathesis has no way to write it: sheets and recordings, tried by hand below and
    in the tests of their services.
    """
    marker = Intake(body).marker if body is not None else None
    return isinstance(marker, Upload) and not set(marker.kinds) <= set(PICTURES)


discover()
LEFT_OUT = [
    f"--exclude-operation-id={name}"
    for name in (
        *(each.name for each in registry if cannot_be_made(each.body)),
        *ENDS_SESSIONS,
        *OUSTS_OTHERS,
    )
]


@dataclass
class Fuzzed:
    """The server under fire, people signed in at it, and ids of things that are there."""

    served: ServerProcess
    database: Database[Document]
    tokens: dict[str, str]
    ids: dict[str, list[str]]

    def bring_back(self, people: list[Document]) -> None:
        """Make everybody again who they were; who was signed out signs in when they are needed."""
        for person in people:
            now = self.database["people"].find_one({"_id": person["_id"]})
            assert now is not None
            if now["version"] != person["version"]:
                fresh = {"version": now["version"] + 1, "epoch": now["epoch"]}
                self.database["people"].replace_one({"_id": person["_id"]}, person | fresh)
        self.tokens.clear()

    def sign_in(self, employee_no: str) -> str:
        """A person's access token."""
        if employee_no not in self.tokens:
            body = json.dumps({"code": f"demo-{employee_no}"}).encode()
            status, reply = self.ask("POST", "/api/v1/sessions", body)
            assert status == 201
            self.tokens[employee_no] = json.loads(reply)["access_token"]
        return self.tokens[employee_no]

    def ask(
        self, method: str, path: str, body: bytes = b"", who: str = "", **headers: str
    ) -> tuple[int, bytes]:
        """(status, body) of the reply to a request of a person, or of nobody."""
        connection = HTTPConnection(urlsplit(self.served.url).netloc, timeout=20)
        sent = {"Content-Type": "application/json", "Idempotency-Key": KEY}
        if who:
            sent["Authorization"] = f"Bearer {self.sign_in(who)}"
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        try:
            connection.request(method, path, body, sent)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def say(self, *parts: bytes) -> bytes:
        """What the server says to these bytes before it closes, or falls silent for a second."""
        address = urlsplit(self.served.url)
        said = b""
        with socket.create_connection((address.hostname, address.port), timeout=5) as line:
            line.settimeout(1)
            try:
                for part in parts:
                    line.sendall(part)
                while piece := line.recv(65536):
                    said += piece
            except (TimeoutError, ConnectionError):
                pass
        return said

    def events(self) -> list[Document]:
        """What the server has logged."""
        return [json.loads(line) for line in self.served.said().splitlines() if line[:1] == "{"]


@pytest.fixture(scope="module")
def fuzzed(
    database_uri: str,
    driver: MongoClient[Document],
    simulator_process: Simulator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fuzzed]:
    """The server with the demo's data."""
    name = f"test_{secrets.token_hex(6)}"
    env = environment(database_uri, name, simulator_process, LOG_FORMAT="json", DOCS="1")
    log = tmp_path_factory.mktemp("fuzz") / "server.log"
    asyncio.run(_seed(env))
    with server_process(env, log) as served:
        yield Fuzzed(served, driver[name], {}, _ids(driver, name))
    driver.drop_database(name)


async def _seed(env: dict[str, str]) -> None:
    async with serving({**env, "WORKER": "0"}) as app:
        await demo_data.fill(app.house)


def _ids(driver: MongoClient[Document], name: str) -> dict[str, list[str]]:
    """Some ids of each kind, the newest first."""
    kinds = ("orders", "sittings", "dishes", "canteens")
    found = {
        kind: driver[name][kind].find({}, {"_id": 1}).sort("_id", -1).limit(40) for kind in kinds
    }
    return {kind: [each["_id"] for each in some] for kind, some in found.items()}


@pytest.fixture(autouse=True)
def clean_log(fuzzed: Fuzzed) -> Iterator[None]:
    """No test here leaves a traceback, a warning, or a reply of 500 behind."""
    before = len(fuzzed.events())
    yield
    fresh = fuzzed.events()[before:]
    assert not [event for event in fresh if event["level"] != "INFO"]
    assert not [event for event in fresh if event.get("status", 0) in {500, 501, 502, 504}]
    assert fuzzed.ask("GET", "/readyz")[0] == 200


@pytest.mark.parametrize(
    ("who", "seconds", "which"),
    [
        ("A0001", 18, [*LEFT_OUT]),
        ("S0002", 8, [*LEFT_OUT, "--include-tag=meals", "--include-tag=orders"]),
        ("C0001", 8, [*LEFT_OUT, "--include-tag=meals"]),
        ("A0002", 3, [f"--include-operation-id={each}" for each in OUSTS_OTHERS]),
        ("S0099", 3, [f"--include-operation-id={each}" for each in ENDS_SESSIONS]),
        ("", 3, [*LEFT_OUT]),
    ],
)
def test_schemathesis_finds_nothing(
    fuzzed: Fuzzed, tmp_path: Path, who: str, seconds: int, which: list[str]
) -> None:
    if not SCHEMATHESIS.exists():
        pytest.skip("`make fuzzer` installs schemathesis")
    url = fuzzed.served.url
    command = [str(SCHEMATHESIS), "--config-file", str(_config(fuzzed, tmp_path)), "run"]
    command += [f"{url}/api/openapi.json", "--url", url, "--checks", "all"]
    command += ["--max-time", str(seconds), "--no-color", "--warnings", "off", *which]
    if who:
        command += ["--header", f"Authorization: Bearer {fuzzed.sign_in(who)}"]
    people = list(fuzzed.database["people"].find())
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    fuzzed.bring_back(people)
    assert result.returncode == 0, result.stdout[-20_000:] + result.stderr


def _config(fuzzed: Fuzzed, folder: Path) -> Path:
    """The settings of tests/fuzz.toml, with the ids of things that exist."""
    lines = [(Path(__file__).parent / "fuzz.toml").read_text("utf-8")]
    for name, values in fuzzed.ids.items():
        lines.append(f"[dictionaries.{name}]\nvalues = {json.dumps(values)}\n")
    path = folder / "schemathesis.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.mark.parametrize("number", traps.NUMBERS)
def test_no_number_is_too_strange(fuzzed: Fuzzed, number: str) -> None:
    body = f'{{"sitting_id": "sit_none", "portions": {number}}}'.encode()
    refused(fuzzed.ask("POST", "/api/v1/meals", body, "S0042"))
    rule = f'{{"value": {{"max_portions": {number}}}, "valid_from": "2000-01-01"}}'.encode()
    refused(fuzzed.ask("PUT", "/api/v1/policies/meals", rule, "A0001"))


@pytest.mark.parametrize("text", traps.TEXTS)
def test_no_text_is_too_strange(fuzzed: Fuzzed, text: str) -> None:
    for path, field, who in (
        ("/api/v1/meals", "sitting_id", "S0042"),
        ("/api/v1/meals/redemptions", "code", "C0001"),
        ("/api/v1/sessions", "code", ""),
        ("/api/v1/sessions/refresh", "refresh_token", ""),
        ("/api/v1/sms-codes", "phone", ""),
    ):
        refused(fuzzed.ask("POST", path, f'{{"{field}": {text}}}'.encode(), who))
    rule = f'{{"scope": {text}, "value": {{"no": {text}}}, "valid_from": "2000-01-01"}}'
    refused(fuzzed.ask("PUT", "/api/v1/policies/meals", rule.encode(), "A0001"))


@pytest.mark.parametrize("body", traps.BODIES, ids=lambda body: repr(body[:12]))
def test_no_body_is_too_strange(fuzzed: Fuzzed, body: bytes) -> None:
    for method, path, who in (
        ("POST", "/api/v1/meals", "S0042"),
        ("POST", "/api/v1/sessions", ""),
        ("PUT", "/api/v1/policies/meals", "A0001"),
        ("POST", "/api/v1/orders/ord_none/rating", "S0042"),
    ):
        refused(fuzzed.ask(method, path, body, who))


def test_no_address_leads_astray(fuzzed: Fuzzed) -> None:
    for address in traps.ADDRESSES:
        status, body = fuzzed.ask("GET", address, who="S0042")
        assert status in (200, 400, 404, 422), (address, status)
        assert b"root:" not in body, address
        assert b"import " not in body, address


def test_no_header_is_too_strange(fuzzed: Fuzzed) -> None:
    token = fuzzed.sign_in("S0042")
    for name, value in traps.HEADERS:
        for method, path in (("GET", "/api/v1/me"), ("POST", "/api/v1/meals"), ("GET", "/")):
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": KEY, name: value}
            lines = [f"{method} {path} HTTP/1.1", "Connection: close", "Content-Length: 0"]
            lines += [f"{each}: {text}" for each, text in headers.items()]
            said = fuzzed.say("\r\n".join([*lines, "", ""]).encode("latin1"))
            assert status_of(said) < 500, (name, value[:20], said[:200])


@pytest.mark.parametrize("name", traps.WIRE)
def test_nothing_on_the_wire_is_too_strange(fuzzed: Fuzzed, name: str) -> None:
    said = fuzzed.say(traps.WIRE[name])
    assert said == b"" or status_of(said) < 500, said[:300]


@pytest.mark.parametrize("content", traps.UPLOADS, ids=lambda content: repr(content[:8]))
def test_no_upload_is_too_strange(fuzzed: Fuzzed, content: bytes) -> None:
    dish = fuzzed.ids["dishes"][0]
    menu = "/api/v1/meals/menus/sheet?canteen=ctn_1&week=2026-W49"
    for path, who, kind in (
        ("/api/v1/people/imports?dry_run=false", "A0001", traps.XLSX),
        (menu, "A0001", traps.XLSX),
        (f"/api/v1/meals/dishes/{dish}/picture", "A0001", "image/png"),
        (f"/api/v1/meals/dishes/{dish}/picture", "A0001", "application/json"),
    ):
        refused(fuzzed.ask("POST", path, content, who, Content_Type=kind))


def refused(reply: tuple[int, bytes]) -> None:
    """Check that it is a proper refusal, and of what was sent, not of who sent it."""
    status, body = reply
    assert status in (400, 401, 404, 409, 413, 415, 422, 429), (status, body[:300])
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["code"] != "sign-in-needed"


def status_of(said: bytes) -> int:
    """The status in the first line of a reply; no reply at all counts as 0."""
    return int(said.split(b" ", 2)[1]) if said else 0
