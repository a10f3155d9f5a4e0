"""Every setting of the server: its type, its default and what it is for.

`python -m server --settings` prints this file's fields as a manual. Nothing else in the server
reads the environment. What cannot be right is refused at start with one sentence (`BadSetting`).
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from models.base.signing import Key, Keys

# pypinyin reads this when it is first imported. Names are spelled character by character, and its
# phrases would cost every process 43 MB and half a second.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")

REPOSITORY: Final = Path(__file__).resolve().parent.parent
MODES: Final = ("production", "demo", "test")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
KEY_BYTES: Final = 32
DEMO_CREDENTIALS: Final = ("demo", "wxdemo")  # how every credential of the demo begins

Networks = tuple[IPv4Network | IPv6Network, ...]


class BadSetting(Exception):
    """A setting is missing or cannot be right; the text is one sentence for who starts us."""


def _text(value: str) -> str:
    return value


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) > 65535:
        raise ValueError("a whole number up to 65535 is wanted")
    return int(value)


def _switch(value: str) -> bool:
    if value not in ("0", "1"):
        raise ValueError("1 (on) or 0 (off) is wanted")
    return value == "1"


def _folder(value: str) -> Path:
    return REPOSITORY / value  # an absolute path stays itself


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _networks(value: str) -> Networks:
    return tuple(ip_network(part) for part in _list(value))


def _pairs(value: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in _list(value)]
    if any(not key or not mark for key, mark, _ in pairs):
        raise ValueError("name=value,name=value is wanted")
    return {key: meaning for key, _, meaning in pairs}


def _mode(value: str) -> str:
    return _one_of(value, MODES)


def _level(value: str) -> str:
    return _one_of(value, LOG_LEVELS)


def _log_format(value: str) -> str:
    return _one_of(value, ("json", "text"))


def _scheme(value: str) -> str:
    return _one_of(value, ("https", "http"))


def _one_of(value: str, words: tuple[str, ...]) -> str:
    if value not in words:
        raise ValueError(f"one of {', '.join(words)} is wanted")
    return value


def _keys(value: str) -> Keys:
    """`kid:base64[:until]`, newest first; `until` (RFC 3339, UTC digits only) ends an old key."""
    ring = []
    for part in _list(value):
        kid, secret, until = [*part.split(":"), "", ""][:3]
        try:
            raw = base64.b64decode(secret, validate=True)
        except binascii.Error:
            raw = b""
        if not kid or len(raw) != KEY_BYTES:
            raise ValueError(f"each key is name:base64 of {KEY_BYTES} random bytes")
        ring.append(Key(kid, raw, _until(until)))
    if len({key.kid for key in ring}) < len(ring):
        raise ValueError("two keys have the same name")
    return Keys(tuple(ring))


def _until(value: str) -> datetime | None:
    return datetime.strptime(f"{value}+0000", "%Y%m%dT%H%M%SZ%z") if value else None


def _field(name: str, read: Callable[[str], Any], default: str, comment: str) -> Any:
    """A setting: the variable `name`, how it is read, its default as written there, and why."""
    return field(metadata={"name": name, "read": read, "default": default, "comment": comment})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)  # it holds secrets
class Settings:
    """The settings of one process, as the environment gave them."""

    mode: str = _field(
        "QINEJIA_ENV", _mode, "production",
        "production, demo or test; only production refuses what is fit for a demo alone",
    )  # fmt: skip
    port: int = _field("PORT", _number, "8000", "TCP port; 0 takes any free one")
    address: str = _field(
        "BIND", _text, "127.0.0.1", "address to listen at; nginx stands in front in production"
    )
    mongodb_uri: str = _field(
        "MONGODB_URI", _text, "",
        "the database, a replica set; empty starts the embedded one (demo and tests only)",
    )  # fmt: skip
    database: str = _field("DATABASE", _text, "qinejia", "name of the database in it")
    data_dir: Path = _field(
        "DATA_DIR", _folder, ".data",
        "folder of the embedded database, uploads and demo keys; relative to the repository",
    )  # fmt: skip
    keys: Keys = _field(
        "KEYS", _keys, "",
        "key ring kid:base64[:yyyymmddThhmmssZ],... newest first, each of 32 random bytes, the "
        "time ending an old key; the demo makes its own in DATA_DIR",
    )  # fmt: skip
    wechat_url: str = _field(
        "WECHAT_URL", _text, "https://api.weixin.qq.com", "where WeChat's server API answers"
    )
    wechat_appid: str = _field("WECHAT_APPID", _text, "", "the mini-program's id")
    wechat_secret: str = _field("WECHAT_SECRET", _text, "", "the mini-program's secret")
    wechat_templates: dict[str, str] = _field(
        "WECHAT_TEMPLATES", _pairs, "",
        "subscribe messages: our name=WeChat's template id,...; others go to the inbox only",
    )  # fmt: skip
    sms_scheme: str = _field("SMS_SCHEME", _scheme, "https", "https; http only on loopback")
    sms_domain: str = _field(
        "SMS_DOMAIN", _text, "dysmsapi.aliyuncs.com", "host[:port] of Aliyun's SMS API"
    )
    sms_access_key_id: str = _field("SMS_ACCESS_KEY_ID", _text, "", "access key id at Aliyun")
    sms_access_key_secret: str = _field("SMS_ACCESS_KEY_SECRET", _text, "", "its secret")
    sms_sign_name: str = _field("SMS_SIGN_NAME", _text, "勤e家", "the approved signature")
    sms_templates: dict[str, str] = _field(
        "SMS_TEMPLATES", _pairs, "", "short messages: our name=Aliyun's template code,..."
    )
    calls_domain: str = _field(
        "CALLS_DOMAIN", _text, "dyplsapi.aliyuncs.com",
        "host[:port] of Aliyun's number privacy, with the scheme and the key of SMS",
    )  # fmt: skip
    calls_region: str = _field("CALLS_REGION", _text, "cn-hangzhou", "region of its numbers")
    calls_pool_key: str = _field(
        "CALLS_POOL_KEY", _text, "",
        "pool of the numbers behind which people call each other; empty has no such calls",
    )  # fmt: skip
    trusted_proxies: Networks = _field(
        "TRUSTED_PROXIES", _networks, "",
        "addresses or networks whose X-Forwarded-For is believed; empty believes nobody",
    )  # fmt: skip
    rate_limit_exempt: Networks = _field(
        "RATE_LIMIT_EXEMPT", _networks, "",
        "addresses without rate limits, for load tests; refused in production",
    )  # fmt: skip
    allowed_origins: tuple[str, ...] = _field(
        "ALLOWED_ORIGINS", _list, "",
        "further origins whose pages may open the live connection, such as https://home.example.cn",
    )  # fmt: skip
    docs_enabled: bool = _field("DOCS", _switch, "0", "1 serves the API's reader at /api/docs")
    metrics_token: str = _field(
        "METRICS_TOKEN", _text, "", "bearer token for /metrics; empty answers loopback only"
    )
    client_dir: Path = _field(
        "CLIENT_DIR", _folder, "miniapp_stub/dist/build/h5", "the built phone client served at /"
    )
    worker: bool = _field(
        "WORKER", _switch, "1", "0 leaves messages, timers and waiting lists to other processes"
    )
    log_level: str = _field("LOG_LEVEL", _level, "info", "debug, info, warning or error")
    log_format: str = _field("LOG_FORMAT", _log_format, "json", "json or text")

    @property
    def production(self) -> bool:
        return self.mode == "production"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings in `environ` (default: this process's). Raises `BadSetting`."""
        given = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for each in dataclasses.fields(cls):
            name = each.metadata["name"]
            try:
                values[each.name] = each.metadata["read"](
                    given.get(name) or each.metadata["default"]
                )
            except ValueError as fault:
                raise BadSetting(f"{name} is not usable: {fault}.") from fault
        settings = cls(**values)
        if settings.production:
            _check_production(settings)
        elif not settings.keys.ring:
            settings = dataclasses.replace(settings, keys=_own_keys(settings))
        return settings


def manual() -> str:
    """Every setting with its default and comment, as text for a terminal."""
    lines = ["Settings are environment variables. Without QINEJIA_ENV this is production."]
    for each in dataclasses.fields(Settings):
        default = each.metadata["default"] or "(empty)"
        lines += [
            "",
            f"{each.metadata['name']}  default: {default}",
            f"    {each.metadata['comment']}",
        ]
    return "\n".join(lines)


def _check_production(settings: Settings) -> None:
    """Refuse to start production with what belongs to the demo, or without what it needs."""
    wanted = {
        "MONGODB_URI": settings.mongodb_uri,
        "KEYS": settings.keys.ring,
        "WECHAT_APPID": settings.wechat_appid,
        "WECHAT_SECRET": settings.wechat_secret,
        "SMS_ACCESS_KEY_ID": settings.sms_access_key_id,
        "SMS_ACCESS_KEY_SECRET": settings.sms_access_key_secret,
    }
    given = {**wanted, "CALLS_POOL_KEY": settings.calls_pool_key}
    for name, value in given.items():
        if name in wanted and not value:
            raise BadSetting(f"{name} is not set, and production cannot start without it.")
        if isinstance(value, str) and value.startswith(DEMO_CREDENTIALS):
            raise BadSetting(f"{name} is the demo's, and production refuses it.")
    if urlsplit(settings.wechat_url).scheme != "https" or settings.sms_scheme != "https":
        raise BadSetting("WECHAT_URL and SMS_SCHEME must be https in production.")
    for name, url in {
        "WECHAT_URL": settings.wechat_url,
        "SMS_DOMAIN": f"//{settings.sms_domain}",
        "CALLS_DOMAIN": f"//{settings.calls_domain}",
    }.items():
        if _is_loopback(urlsplit(url).hostname or ""):
            raise BadSetting(f"{name} is an address of this machine, and production refuses it.")
    if settings.rate_limit_exempt:
        raise BadSetting("RATE_LIMIT_EXEMPT is set, and production refuses it.")


def _is_loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host in ("", "localhost") or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _own_keys(settings: Settings) -> Keys:
    """A key for this process alone in tests; in the demo one that is made once and kept."""
    fresh = f"{settings.mode}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
    if settings.mode == "test":
        return _keys(fresh)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / "keys"
    draft = path.with_name(f"keys.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(fresh, "ascii")
    try:
        os.link(draft, path)  # whole or not at all, and the first of several processes wins
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _keys(path.read_text("ascii"))
