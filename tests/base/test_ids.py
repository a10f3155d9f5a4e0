"""Identifiers nobody guesses and everybody can read aloud."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from models.base.ids import ALPHABET, base32, new_id, order_id, plain_code

KEY = b"k" * 32


def test_a_new_id_has_its_prefix_and_80_random_bits() -> None:
    ids = {new_id("per") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(f"per_[{ALPHABET}]{{16}}", each) for each in ids)


def test_the_same_person_and_key_always_mean_the_same_order() -> None:
    one = order_id(KEY, "per_1", "key-0123456789abcdef")
    assert one == order_id(KEY, "per_1", "key-0123456789abcdef")
    assert re.fullmatch(f"ord_[{ALPHABET}]{{20}}", one)
    assert one != order_id(KEY, "per_2", "key-0123456789abcdef")
    assert one != order_id(b"x" * 32, "per_1", "key-0123456789abcdef")


@given(st.text("ab_", max_size=4), st.text("ab_", max_size=4), st.text("ab_"), st.text("ab_"))
def test_no_two_pairs_of_person_and_key_share_an_order(
    one: str, other: str, key: str, second: str
) -> None:
    same = (one, key) == (other, second)
    assert (order_id(KEY, one, key) == order_id(KEY, other, second)) == same


@given(st.binary(min_size=10, max_size=10))
def test_base32_keeps_every_bit(data: bytes) -> None:
    number = 0
    for character in base32(data, 16):
        number = number << 5 | ALPHABET.index(character)
    assert number.to_bytes(10, "big") == data


def test_a_code_as_typed_is_the_code_as_issued() -> None:
    assert plain_code("o1-il 7x") == "01117X"
    assert plain_code("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == ALPHABET


@given(st.text(max_size=30))
def test_any_typed_text_can_be_compared(typed: str) -> None:
    assert plain_code(plain_code(typed)) == plain_code(typed)
