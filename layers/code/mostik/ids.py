"""ULIDs with clock and randomness passed in: sortable ids that tests can predict.

Own code on purpose: twelve lines, against a dependency on the webhook's cold path.
Source of the format: https://github.com/ulid/spec.
"""

from __future__ import annotations

import os
from collections.abc import Callable

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_RANDOM_BYTES = 10
_LENGTH = 26

RandomBytes = Callable[[int], bytes]


def ulid(now: float, random_bytes: RandomBytes = os.urandom) -> str:
    """Returns a 26-character ULID of ``now`` (unix seconds); later ones sort after earlier ones."""
    number = int(now * 1000) << 80 | int.from_bytes(random_bytes(_RANDOM_BYTES), "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))


def ulid_at(now: float) -> str:
    """Returns the smallest ULID of ``now``: a bound for range queries, never an id."""
    return ulid(now, lambda size: b"\0" * size)


def time_of(ulid_text: str) -> float:
    """Returns the unix seconds inside a ULID.

    Raises:
        ValueError: the text is not a ULID.
    """
    if len(ulid_text) != _LENGTH or set(ulid_text) - set(_ALPHABET):
        raise ValueError("not a ULID: 26 characters of Crockford's base 32 are due")
    number = 0
    for character in ulid_text[:10]:
        number = number << 5 | _ALPHABET.index(character)
    return number / 1000
