"""Credentials that a sender puts into its events: cut out before anything travels.

Bitrix24 sends an application's access and refresh tokens with nearly every event. No message, row
or log may hold them, so a scheme says which form fields are private, and only what is known to be
harmless among them stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote_plus, unquote_plus

CUT = b"[removed]"


@dataclass(frozen=True, slots=True)
class Private:
    """Which form fields hold credentials.

    Attributes:
        under: prefixes of their names.
        plain: names below these prefixes that hold none.
    """

    under: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()

    def holds(self, name: str) -> bool:
        """Whether a field's value is a credential. Blanks before a name and capitals are what a
        reader written in PHP or a forger may add."""
        bare = name.strip().casefold()
        return bare.startswith(self.under) and bare not in self.plain


@dataclass(frozen=True, slots=True)
class Cut:
    """A body without its private fields.

    Attributes:
        body: what may travel.
        fields: what was cut, by name; of a name that was there twice the last value.
        values: every value that was cut.
    """

    body: bytes
    fields: dict[str, str] = field(repr=False)
    values: Sequence[str] = field(repr=False)


def cut(body: bytes, private: Private) -> Cut:
    """Cuts the private fields out of a form body; whatever else it holds stays byte for byte."""
    if not private.under:
        return Cut(body, {}, ())
    pieces = body.split(b"&")
    fields: dict[str, str] = {}
    values: list[str] = []
    for number, piece in enumerate(pieces):
        written, mark, value = piece.partition(b"=")
        name = unquote_plus(written.decode("utf-8", "replace"), errors="replace")
        if not mark or not private.holds(name):
            continue
        text = unquote_plus(value.decode("utf-8", "replace"), errors="replace")
        fields[name.strip().casefold()] = text
        values.append(text)
        pieces[number] = written + b"=" + quote_plus(CUT).encode()
    return Cut(b"&".join(pieces), fields, values)
