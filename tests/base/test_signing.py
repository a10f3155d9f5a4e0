"""Tokens: what RFC 8725 asks of a reader, key by key and kind by kind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from models.base.signing import ACCESS_TTL, LEEWAY, BadToken, Key, Keys

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
OLD = Key("k1", b"1" * 32)
KEYS = Keys((OLD,))
CLAIMS = {"sub": "per_1", "sid": "ses_1", "jti": "jti_1"}
KEYS_SECRET = hmac.digest(OLD.secret, b"access", hashlib.sha256)  # as only an insider knows it
ALL = CLAIMS | {"iss": "qinejia", "aud": "qinejia-api"}


def forged(
    claims: dict[str, Any] | None = None, headers: dict[str, Any] | None = None, **options: Any
) -> str:
    """A token signed with our own secret, but not quite as we would."""
    times = {"iat": int(NOW.timestamp()), "exp": int((NOW + ACCESS_TTL).timestamp())}
    body = {**ALL, **times, **(claims or {})}
    body = {name: value for name, value in body.items() if value is not None}
    head = {"kid": "k1", "typ": "at+jwt", **(headers or {})}
    secret = options.get("secret", KEYS_SECRET)
    return jwt.encode(body, secret, options.get("algorithm", "HS256"), headers=head)


def refuse(token: str, keys: Keys = KEYS, now: datetime = NOW) -> None:
    with pytest.raises(BadToken):
        keys.read_access(token, now)


def test_an_access_token_tells_what_it_was_given() -> None:
    token = KEYS.sign_access(CLAIMS, NOW)

    claims = KEYS.read_access(token, NOW)

    issued = int(NOW.timestamp())
    assert claims == ALL | {"iat": issued, "exp": issued + 900}
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": "k1", "typ": "at+jwt"}


def test_the_forger_of_these_tests_can_make_a_good_one() -> None:
    assert KEYS.read_access(forged(), NOW)["sub"] == "per_1"


def test_a_token_lives_fifteen_minutes_and_the_leeway() -> None:
    token = KEYS.sign_access(CLAIMS, NOW)
    last = NOW + ACCESS_TTL + LEEWAY

    assert KEYS.read_access(token, last)["sub"] == "per_1"
    refuse(token, now=last + timedelta(seconds=1))


def test_a_token_from_the_future_is_refused() -> None:
    refuse(KEYS.sign_access(CLAIMS, NOW), now=NOW - LEEWAY - timedelta(seconds=1))


@pytest.mark.parametrize("typ", ["JWT", "binding+jwt", "AT+JWT", None])
def test_another_type_of_token_is_refused(typ: str | None) -> None:
    refuse(forged(headers={"typ": typ}))


@pytest.mark.parametrize("kid", ["k2", "", "../../etc/passwd"])
def test_a_key_we_do_not_have_is_refused(kid: str) -> None:
    refuse(forged(headers={"kid": kid}))


@pytest.mark.parametrize("missing", ["exp", "iat", "iss", "aud", "sub", "jti", "sid"])
def test_a_missing_claim_is_refused(missing: str) -> None:
    refuse(forged({missing: None}))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-api"},
        {"aud": ["qinejia-api", "another-api"]},
        {"iss": "somebody"},
        {"exp": str(int((NOW + ACCESS_TTL).timestamp()))},
        {"exp": 1e30},
        {"exp": True},
        {"iat": str(int(NOW.timestamp()))},
    ],
)
def test_a_claim_of_the_wrong_kind_or_for_others_is_refused(claims: dict[str, Any]) -> None:
    refuse(forged(claims))


def test_a_token_without_a_signature_is_refused() -> None:
    body = {**ALL, "iat": int(NOW.timestamp()), "exp": int((NOW + ACCESS_TTL).timestamp())}
    for alg in ("none", "None", "HS256"):
        head = {"alg": alg, "kid": "k1", "typ": "at+jwt"}
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in (head, body)]
        refuse(b".".join([*(part.rstrip(b"=") for part in parts), b""]).decode())


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_even_with_our_key(algorithm: str) -> None:
    refuse(forged(algorithm=algorithm, secret=KEYS_SECRET * 2))


def test_an_unknown_critical_header_is_refused() -> None:
    refuse(forged(headers={"crit": ["exp"], "exp": 1}))


def test_a_tampered_token_is_refused() -> None:
    head, _, mac = KEYS.sign_access(CLAIMS, NOW).split(".")
    other = base64.urlsafe_b64encode(json.dumps(ALL | {"sub": "per_2"}).encode()).decode()
    refuse(f"{head}.{other.rstrip('=')}.{mac}")
    refuse(f"{head}.{other}.{mac[:-4]}AAAA")


@pytest.mark.parametrize("junk", ["", ".", "a.b.c", "é.é.é", "{}", "x" * 100_000, "." * 50])
def test_junk_is_refused(junk: str) -> None:
    refuse(junk)


def test_a_new_key_signs_while_the_old_one_still_verifies() -> None:
    old_token = KEYS.sign_access(CLAIMS, NOW)
    until = NOW + timedelta(minutes=16)
    rotated = Keys((Key("k2", b"2" * 32), Key("k1", OLD.secret, until)))

    assert jwt.get_unverified_header(rotated.sign_access(CLAIMS, NOW))["kid"] == "k2"
    assert rotated.read_access(rotated.sign_access(CLAIMS, NOW), NOW)["sub"] == "per_1"
    assert rotated.read_access(old_token, NOW)["sub"] == "per_1"
    late = until + timedelta(milliseconds=1)
    refuse(KEYS.sign_access(CLAIMS, late), rotated, late)


def test_a_binding_token_and_an_access_token_cannot_stand_for_each_other() -> None:
    binding = KEYS.sign_binding("openid-1", NOW)

    assert KEYS.read_binding(binding, NOW) == "openid-1"
    refuse(binding)
    with pytest.raises(BadToken):
        KEYS.read_binding(KEYS.sign_access(CLAIMS, NOW), NOW)
    with pytest.raises(BadToken):
        KEYS.read_binding(binding, NOW + timedelta(minutes=10) + LEEWAY + timedelta(seconds=1))


def test_secrets_of_different_purposes_and_keys_differ() -> None:
    rotated = Keys((Key("k2", b"2" * 32), OLD))

    derived = [rotated.derive(p, kid) for p in ("code", "refresh") for kid in ("k1", "k2")]

    assert len(set(derived)) == 4
    assert rotated.derive("order-id") == KEYS.derive("order-id")  # rotation keeps ids as they are
