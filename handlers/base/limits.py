"""How often a person or an address may ask, and which address a request really comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from math import ceil
from typing import Final

from models.base.addresses import parsed
from models.base.errors import TooMany
from models.base.quotas import Rate

Network = IPv4Network | IPv6Network

_WINDOWS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def rate(text: str) -> Rate:
    """The rate written as "20/minute". Raises `ValueError`."""
    times, _, unit = text.partition("/")
    if unit not in _WINDOWS or not 0 < int(times) <= 100_000:
        raise ValueError(f"{text!r} is no rate such as '20/minute'")
    return Rate(int(times), timedelta(seconds=_WINDOWS[unit]))


PER_PERSON: Final = rate("600/minute")
PER_ADDRESS: Final = rate("3000/minute")  # without a session, since a whole campus shares addresses


class RequestLimits:
    """Fixed windows counted in this process: cheap enough for every request.

    What must be exact over all processes is counted by models/base/quotas.py. `seconds` gives
    seconds since the epoch.
    """

    def __init__(
        self,
        seconds: Callable[[], float],
        exempt: Iterable[Network] = (),
        per_person: Rate = PER_PERSON,
        per_address: Rate = PER_ADDRESS,
    ) -> None:
        self._seconds = seconds
        self._exempt = tuple(exempt)
        self.per_person = per_person
        self.per_address = per_address
        self._windows: dict[int, tuple[int, Counter[str]]] = {}  # length → (number, hits)

    def spend(self, key: str, allowed: Rate) -> None:
        """Count one request of `key`. Raises `TooMany` beyond what is allowed."""
        length, now = int(allowed.window.total_seconds()), self._seconds()
        number, hits = self._windows.get(length, (-1, Counter()))
        if number != now // length:
            number, hits = int(now // length), Counter()
            self._windows[length] = number, hits
        hits[key] += 1
        if hits[key] > allowed.times:
            raise TooMany(retry_after=max(1, ceil((number + 1) * length - now)))

    def exempts(self, address: str) -> bool:
        """Whether requests from `address` are not counted, as in a load test from loopback."""
        return bool(self._exempt) and _within(address, self._exempt)


class Addresses:
    """Finds the client's address; `X-Forwarded-For` is believed only from trusted proxies."""

    def __init__(self, trusted_proxies: Iterable[Network] = ()) -> None:
        self._trusted = tuple(trusted_proxies)

    def trusts(self, peer: str) -> bool:
        """Whether `peer` is one of our own proxies."""
        return bool(self._trusted) and _within(peer, self._trusted)

    def client(self, peer: str, forwarded: str) -> str:
        """The last address in the chain that is not one of our proxies."""
        if not forwarded or not self.trusts(peer):
            return peer
        for hop in reversed([part.strip() for part in forwarded.split(",")]):
            if parsed(hop) is None:
                return peer
            peer = hop
            if not self.trusts(hop):
                break
        return peer


@lru_cache(maxsize=4096)
def _within(address: str, networks: tuple[Network, ...]) -> bool:
    found = parsed(address)
    return found is not None and any(found in network for network in networks)
