"""Addresses of clients: how they are read, and under which name their requests are counted."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address


@lru_cache(maxsize=4096)
def parsed(address: str) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 one also where it is wrapped in IPv6; None for what is none."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found


def counted_as(address: str) -> str:
    """The name under which an address is counted: an IPv6 customer owns a whole /64."""
    found = parsed(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, 64), strict=False))
    return address if found is None else str(found)
