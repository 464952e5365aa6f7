"""What an integration says about one external endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from mostik.errors import GiveUp, WhoActs

_NO_SEGMENTS = ("", ".", "..")
"""Quoting leaves these as they are, and every HTTP library resolves them."""


class Replay(StrEnum):
    """What a repeat of the same call does on the other side."""

    SAFE = "safe"
    """Nothing more: a read, or a write that sets the same state again."""
    KEYED = "keyed"
    """Nothing more, because the API takes an idempotency key."""
    UNSAFE = "unsafe"
    """Perhaps a second effect."""


class Format(StrEnum):
    """What the body of an answer is."""

    JSON = "json"
    XML = "xml"
    FORM = "form"
    """URL-encoded."""
    BYTES = "bytes"
    """Words or documents of a protocol that is read elsewhere: as they came."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One external endpoint.

    Attributes:
        method: HTTP method, upper case.
        path: template below the connection's base URL: ``orders/{id}``.
        replay: what a repeat does.
        answers: what its answers are; anything else is not understood.
        key_header: where a keyed endpoint wants its idempotency key.
        private: its answers hold credentials in a form that no list of names finds (the value of a
            session's cookie on a line of its own): the log keeps no body of them.
    """

    method: str
    path: str
    replay: Replay
    answers: Format = Format.JSON
    key_header: str = "Idempotency-Key"
    private: bool = False

    def fill(self, values: Mapping[str, str | int]) -> str:
        """Returns the path with its values, each quoted so that it stays one segment.

        Raises:
            KeyError: a value of the template is missing.
            GiveUp: a value cannot be a segment: it is empty, or dots.
        """
        for name, value in values.items():
            if str(value) in _NO_SEGMENTS:
                raise GiveUp(
                    f"The value {str(value)!r} cannot be the {name!r} of {self.path!r}.",
                    who=WhoActs.ADMIN,
                )
        return self.path.format_map(
            {name: quote(str(value), safe="") for name, value in values.items()}
        )
