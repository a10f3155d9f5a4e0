"""How often a person or an address may ask, and which address a request really comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from math import ceil
from time import time
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import MongoDBStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from models.base.errors import TooMany, Unavailable

Network = IPv4Network | IPv6Network

PER_PERSON: Final = parse("600/minute")
PER_ADDRESS: Final = parse(
    "3000/minute"
)  # of requests without a session: a campus shares addresses


class RequestLimits:
    """Fixed windows counted in this process: cheap enough for every request.

    The library's own MemoryStorage starts a thread every 10 ms under load, so only its notation and
    its strict limiter below are used. `seconds` gives seconds since the epoch.
    """

    def __init__(self, seconds: Callable[[], float], exempt: Iterable[Network] = ()) -> None:
        self._seconds = seconds
        self._exempt = tuple(exempt)
        self._windows: dict[int, tuple[int, Counter[str]]] = {}  # length → (number, hits)

    def spend(self, key: str, rate: RateLimitItem) -> None:
        """Count one request of `key`. Raises `TooMany` beyond `rate`."""
        length, now = rate.get_expiry(), self._seconds()
        number, hits = self._windows.get(length, (-1, Counter()))
        if number != now // length:
            number, hits = int(now // length), Counter()
            self._windows[length] = number, hits
        hits[key] += 1
        if hits[key] > rate.amount:
            raise TooMany(retry_after=max(1, ceil((number + 1) * length - now)))

    def exempts(self, address: str) -> bool:
        """Whether requests from `address` are not counted, as in a load test from loopback."""
        return bool(self._exempt) and _within(address, self._exempt)


class StrictLimits:
    """Moving windows in the database, the same for every process: for sign-in and SMS (2 ms a hit).

    Only the moving window: the library's fixed one never resets on the embedded database.
    """

    def __init__(self, mongodb_uri: str, database: str) -> None:
        self._storage = MongoDBStorage(
            f"async+{mongodb_uri}", database_name=database, wrap_exceptions=True
        )
        self._limiter = MovingWindowRateLimiter(self._storage)

    async def spend(self, name: str, key: str, rate: str) -> None:
        """Count one act `name` of `key`, at most `rate` such as "5/hour".

        Raises `TooMany`, or `Unavailable` where the database is away.
        """
        item = parse(rate)
        try:
            if await self._limiter.hit(item, name, key):
                return
            reset = (await self._limiter.get_window_stats(item, name, key)).reset_time
        except StorageError as fault:
            raise Unavailable(retry_after=2) from fault
        raise TooMany(retry_after=max(1, ceil(reset - time())))

    def close(self) -> None:
        """Close its connections."""
        self._storage.storage.close()


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
            if _parsed(hop) is None:
                return peer
            peer = hop
            if not self.trusts(hop):
                break
        return peer


def counted_as(address: str) -> str:
    """The name under which an address is counted: an IPv6 customer owns a whole /64."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False))
    return address


@lru_cache(maxsize=4096)
def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return parsed.ipv4_mapped
    return parsed


@lru_cache(maxsize=4096)
def _within(address: str, networks: tuple[Network, ...]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)
