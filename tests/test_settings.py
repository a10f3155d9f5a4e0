"""Settings: read once, refused with one sentence, and never those of the demo in production."""

from __future__ import annotations

import base64
import dataclasses
import os
import stat
from ipaddress import ip_network
from pathlib import Path

import pytest

from server.settings import REPOSITORY, BadSetting, Settings, manual

SECRET = base64.b64encode(bytes(32)).decode()
PRODUCTION = {
    "MONGODB_URI": "mongodb://db.example.cn/?replicaSet=rs0",
    "KEYS": f"2026a:{SECRET}",
    "WECHAT_APPID": "wx0123456789abcdef",
    "WECHAT_SECRET": "0123456789abcdef",
    "SMS_ACCESS_KEY_ID": "LTAI0123456789",
    "SMS_ACCESS_KEY_SECRET": "0123456789abcdef",
}


def test_production_is_the_default_and_starts_with_what_it_needs() -> None:
    settings = Settings.from_env(PRODUCTION)
    assert settings.production
    assert (settings.port, settings.address, settings.docs_enabled) == (8000, "127.0.0.1", False)
    assert settings.data_dir == REPOSITORY / ".data"
    assert settings.keys.current.kid == "2026a"
    assert (settings.trusted_proxies, settings.rate_limit_exempt) == ((), ())


@pytest.mark.parametrize("name", PRODUCTION)
def test_production_does_not_start_without(name: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name} is not set"):
        Settings.from_env({**PRODUCTION, name: ""})


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("WECHAT_APPID", "wxdemo0000000000", "the demo's"),
        ("WECHAT_SECRET", "demo-app-secret", "the demo's"),
        ("SMS_ACCESS_KEY_ID", "demo-access-key", "the demo's"),
        ("SMS_SCHEME", "http", "https"),
        ("WECHAT_URL", "http://api.weixin.qq.com", "https"),
        ("WECHAT_URL", "https://127.0.0.1:8001", "this machine"),
        ("WECHAT_URL", "https://localhost", "this machine"),
        ("WECHAT_URL", "https://[::1]:8001", "this machine"),
        ("SMS_DOMAIN", "127.0.0.1:8001", "this machine"),
        ("SMS_DOMAIN", "0.0.0.0", "this machine"),
        ("CALLS_DOMAIN", "127.0.0.1:8001", "this machine"),
        ("CALLS_POOL_KEY", "demo-pool", "the demo's"),
        ("RATE_LIMIT_EXEMPT", "127.0.0.1", "RATE_LIMIT_EXEMPT"),
    ],
)
def test_production_refuses_what_belongs_to_the_demo(name: str, value: str, why: str) -> None:
    with pytest.raises(BadSetting, match=why):
        Settings.from_env({**PRODUCTION, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "80000"),
        ("PORT", "-1"),
        ("PORT", "http"),
        ("QINEJIA_ENV", "staging"),
        ("DOCS", "yes"),
        ("LOG_LEVEL", "loud"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,nginx"),
        ("SMS_TEMPLATES", "code"),
        ("KEYS", "a:c2hvcnQ="),
        ("KEYS", f"a:{SECRET},a:{SECRET}"),
        ("KEYS", f"a:{SECRET}:yesterday"),
    ],
)
def test_what_cannot_be_right_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name} is not usable"):
        Settings.from_env({"QINEJIA_ENV": "test", name: value})


def test_lists_networks_and_old_keys_are_read() -> None:
    old = base64.b64encode(bytes([1] * 32)).decode()
    settings = Settings.from_env({
        "QINEJIA_ENV": "test",
        "TRUSTED_PROXIES": "10.0.0.0/8, 192.168.1.7",
        "SMS_TEMPLATES": "sign-in=SMS_1001,visit=SMS_1002",
        "KEYS": f"new:{SECRET},old:{old}:20261231T160000Z",
    })  # fmt: skip
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("192.168.1.7/32"))
    assert settings.sms_templates == {"sign-in": "SMS_1001", "visit": "SMS_1002"}
    new, former = settings.keys.ring
    assert (new.kid, new.not_after, former.kid) == ("new", None, "old")
    assert str(former.not_after) == "2026-12-31 16:00:00+00:00"


def test_the_demo_makes_its_own_key_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    environ = {"QINEJIA_ENV": "demo", "DATA_DIR": str(tmp_path / "data")}
    first, second = Settings.from_env(environ), Settings.from_env(environ)
    assert first.keys == second.keys
    assert len(first.keys.current.secret) == 32
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["keys"]
    assert stat.S_IMODE(os.stat(tmp_path / "data" / "keys").st_mode) == 0o600


def test_the_manual_names_every_setting_and_shows_no_secret() -> None:
    text = manual()
    for each in dataclasses.fields(Settings):
        assert f"\n{each.metadata['name']}  default: " in text
    assert SECRET not in repr(Settings.from_env(PRODUCTION))
    assert PRODUCTION["WECHAT_SECRET"] not in repr(Settings.from_env(PRODUCTION))
