"""The simulator where the adapters do not reach: forged, repeated and stale calls, and its page."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from scripts.simulator.accounts import openid_of
from scripts.simulator.rpc import signature, string_to_sign
from tests.simulated import REPOSITORY, Simulator

OPENID = openid_of("S0042")


def signed(method: str = "POST", **changes: str) -> dict[str, str]:
    """The parameters of a sending, as the vendor's library signs them."""
    params = {
        "AccessKeyId": "demo-access-key",
        "Action": "SendSms",
        "Format": "JSON",
        "PhoneNumbers": "13800000042",
        "SignName": "勤e家",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": str(uuid4()),
        "SignatureType": "",
        "SignatureVersion": "1.0",
        "TemplateCode": "SMS_1001",
        "TemplateParam": '{"code":"123456"}',
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Version": "2017-05-25",
        **changes,
    }
    secret = "demo-access-key-secret"
    return {**params, "Signature": signature(secret, string_to_sign(method, params))}


def call(simulator: Simulator, params: dict[str, str], method: str = "POST") -> tuple[int, str]:
    status, answer = simulator.ask(method, f"/?{urlencode(params)}")
    return status, answer["Code"]


def test_the_signature_is_the_one_of_the_vendors_manual() -> None:
    params = {
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "Format": "XML",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "SignatureVersion": "1.0",
        "Timestamp": "2016-02-23T12:46:24Z",
        "Version": "2014-05-26",
    }
    found = signature("testsecret", string_to_sign("GET", params))
    assert found == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_signed_call_is_taken(simulator: Simulator, method: str) -> None:
    assert call(simulator, signed(method), method) == (200, "OK")
    assert len(simulator.sent()) == 1


def test_a_repeated_call_is_refused(simulator: Simulator) -> None:
    params = signed()
    assert call(simulator, params) == (200, "OK")
    assert call(simulator, params) == (400, "SignatureNonceUsed")
    assert len(simulator.sent()) == 1


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_stale_call_is_refused(simulator: Simulator, minutes: int) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    params = signed(Timestamp=at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert call(simulator, params) == (400, "InvalidTimeStamp.Expired")
    assert simulator.sent() == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"PhoneNumbers": "13900000042"}, 400, "SignatureDoesNotMatch"),
        ({"SignatureType": "x"}, 400, "SignatureDoesNotMatch"),
        ({"Extra": ""}, 400, "SignatureDoesNotMatch"),
        ({"AccessKeyId": "another"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"Signature": ""}, 400, "MissingSignature"),
        ({"Action": "DeleteAll"}, 404, "InvalidAction.NotFound"),
    ],
)
def test_a_changed_call_is_refused(
    simulator: Simulator, change: dict[str, str], status: int, code: str
) -> None:
    assert call(simulator, {**signed(), **change}) == (status, code)
    assert simulator.sent() == []


def test_a_blank_parameter_left_out_breaks_the_signature(simulator: Simulator) -> None:
    params = signed()
    del params["SignatureType"]
    assert call(simulator, params) == (400, "SignatureDoesNotMatch")


def subscribe(simulator: Simulator, **changes: Any) -> int:
    """The errcode of one message."""
    credentials = {"appid": "wxdemo0000000000", "secret": "demo-app-secret"}
    wish = {"grant_type": "client_credential", **credentials}
    token = simulator.ask("POST", "/cgi-bin/stable_token", wish)[1]["access_token"]
    body = {"touser": OPENID, "template_id": "t", "data": {"thing1": {"value": "好"}}, **changes}
    path = f"/cgi-bin/message/subscribe/send?access_token={token}"
    return int(simulator.ask("POST", path, body)[1]["errcode"])


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({}, 0),
        ({"touser": "nobody"}, 40003),
        ({"template_id": ""}, 40037),
        ({"page": "/pages/index"}, 41030),
        ({"data": {"thing1": {"value": "长" * 21}}}, 47003),
        ({"data": {"thing1": {"value": ""}}}, 47003),
        ({"data": {"phrase1": {"value": "六个汉字超长"}}}, 47003),
        ({"data": {"time1": {"value": "2026年11月21日 15:01~16:00"}}}, 0),
        ({"data": {"amount1": {"value": "¥12.50元"}}}, 0),
        ({"data": {"shape1": {"value": "x"}}}, 47003),
        ({"data": {"thing1": "bare"}}, 47003),
        ({"data": {}}, 47003),
    ],
)
def test_a_message_must_fit_the_documented_limits(
    simulator: Simulator, changes: dict[str, Any], errcode: int
) -> None:
    assert subscribe(simulator, **changes) == errcode
    assert len(simulator.sent()) == (errcode == 0)


def test_a_consent_is_for_one_template_and_one_message(simulator: Simulator) -> None:
    simulator.consents(OPENID, 1, "t")
    simulator.consents(OPENID, 0, "u")
    assert [subscribe(simulator) for _ in range(3)] == [0, 43101, 43101]
    assert subscribe(simulator, template_id="u") == 43101
    assert subscribe(simulator, template_id="v") == 0
    assert len(simulator.sent()) == 2


def test_a_token_ends_after_two_hours(simulator: Simulator) -> None:
    wish = {
        "grant_type": "client_credential",
        "appid": "wxdemo0000000000",
        "secret": "demo-app-secret",
    }
    first = simulator.ask("POST", "/cgi-bin/stable_token", wish)[1]
    assert first["expires_in"] in (7199, 7200)
    again = simulator.ask("POST", "/cgi-bin/stable_token", wish)[1]
    assert again["access_token"] == first["access_token"]
    simulator.control("clock", advance=7200)
    path = f"/wxa/msg_sec_check?access_token={first['access_token']}"
    assert simulator.ask("POST", path, {})[1]["errcode"] == 42001


@pytest.mark.parametrize(
    "body",
    [{"api": "everything"}, {"api": "SendSms", "typo": 1}, {"api": "code2session", "code": "x"}],
)
def test_control_refuses_what_it_does_not_know(simulator: Simulator, body: Any) -> None:
    status, answer = simulator.ask("POST", "/control/faults", body)
    assert status == 400
    assert set(answer) == {"error"}


def test_the_page_asks_nothing_of_other_hosts(simulator: Simulator) -> None:
    status, page = simulator.ask("GET", "/")
    assert status == 200
    assert "外部系统模拟器" in page
    assert "http://" not in page
    assert "https://" not in page


def test_what_was_sent_is_kept_over_a_clean_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.simulator", "--port", "0", "--data", str(tmp_path)]
    seen = []
    for _ in range(2):
        with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            simulator = Simulator(
                run.stdout.readline().strip().removeprefix("listening on http://")
            )
            seen.append([one["phone"] for one in simulator.sent()])
            assert call(simulator, signed()) == (200, "OK")
            run.terminate()
            assert run.wait(10) == 0
    assert seen == [[], ["13800000042"]]


def test_a_taken_port_is_said_in_one_sentence(simulator: Simulator) -> None:
    port = simulator.host.rpartition(":")[2]
    command = [sys.executable, "-m", "scripts.simulator", "--port", port]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 1
    assert done.stdout == f"The simulator cannot listen on port {port}: Address already in use.\n"
    assert done.stderr == ""
