"""Who asks too often waits; and whose address counts is not for the client to say."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from handlers.base.limits import Addresses, RequestLimits, rate
from models.base.addresses import counted_as
from models.base.errors import TooMany

PROXIES = Addresses((ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32")))


class Seconds:
    def __init__(self) -> None:
        self.now = 1_000_000_020.0

    def __call__(self) -> float:
        return self.now


def test_the_limit_is_exact_and_starts_anew_with_the_next_window() -> None:
    seconds = Seconds()
    limits, three = RequestLimits(seconds), rate("3/minute")
    for _ in range(3):
        limits.spend("ann", three)
    with pytest.raises(TooMany) as refused:
        limits.spend("ann", three)
    assert refused.value.retry_after == 60 - int(seconds.now) % 60
    limits.spend("bob", three)
    seconds.now += 60
    limits.spend("ann", three)


def test_rates_of_different_length_do_not_mix() -> None:
    limits = RequestLimits(Seconds())
    limits.spend("ann", rate("1/minute"))
    limits.spend("ann", rate("1/hour"))
    with pytest.raises(TooMany):
        limits.spend("ann", rate("1/hour"))


def test_only_named_networks_are_exempt() -> None:
    limits = RequestLimits(Seconds(), (ip_network("127.0.0.0/8"),))
    assert limits.exempts("127.0.0.1")
    assert limits.exempts("::ffff:127.0.0.1")
    assert not limits.exempts("10.0.0.1")
    assert not limits.exempts("nonsense")
    assert not RequestLimits(Seconds()).exempts("127.0.0.1")


FORWARDED = {
    "no proxy, no word": ("203.0.113.9", "", "203.0.113.9"),
    "a stranger's word counts for nothing": ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
    "our proxy's word counts": ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
    "what the client put before it does not": ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
    "two proxies in a row": ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
    "only proxies": ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
    "junk": ("10.0.0.1", "203.0.113.9, <script>", "10.0.0.1"),
    "junk further away": ("10.0.0.1", "junk, 203.0.113.9", "203.0.113.9"),
    "IPv6": ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
}


@pytest.mark.parametrize(("peer", "forwarded", "client"), FORWARDED.values(), ids=FORWARDED.keys())
def test_a_forwarded_address_is_believed_only_from_a_trusted_proxy(
    peer: str, forwarded: str, client: str
) -> None:
    assert PROXIES.client(peer, forwarded) == client


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert Addresses().client("127.0.0.1", "203.0.113.9") == "127.0.0.1"


def test_an_ipv6_network_counts_as_one() -> None:
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff:2") == "2001:db8::/64"
    assert counted_as("2001:db8:0:1::1") != counted_as("2001:db8::1")
    assert counted_as("203.0.113.9") == counted_as("::ffff:203.0.113.9") == "203.0.113.9"
    assert counted_as("nonsense") == "nonsense"


@pytest.mark.parametrize("text", ["", "20", "20/fortnight", "0/minute", "-1/minute", "many/minute"])
def test_a_senseless_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rate(text)
