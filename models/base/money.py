"""Money: integer fen everywhere, and yuan only in the words people read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

FEN_PER_YUAN: Final = 100


def yuan(fen: int) -> str:
    """An amount in fen as people read it: 1250 is "¥12.50", -5 is "-¥0.05"."""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{'-' if fen < 0 else ''}¥{whole}.{rest:02}"


def total(lines: Iterable[tuple[int, int]]) -> int:
    """The sum in fen of (price of one in fen, how many)."""
    return sum(price * count for price, count in lines)
