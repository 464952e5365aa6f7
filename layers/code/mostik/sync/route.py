"""A link in one direction, with the resources at its ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mostik.commerce.fields import common
from mostik.commerce.record import Canonical
from mostik.integration import Resource
from mostik.sync.link import Link, Side

if TYPE_CHECKING:
    from mostik.sync.terms import Terms

UNMATCHED = "This link writes nothing before its two bases are matched, or that is waived."


@dataclass(frozen=True, slots=True)
class Route:
    """A link in one direction, with the resources at its ends.

    Attributes:
        link: the link.
        side: where records come from.
        source: the resource there.
        target: the resource on the other side.
        fill: says references in the keys of the other side, where they are known.
        back: the same for records of the other side.
        terms: mapping, filters and merge, where the link has a document.
        announced: the source sends hints of what changes there.
    """

    link: Link
    side: Side
    source: Resource[Any]
    target: Resource[Any]
    fill: Callable[[Canonical], Canonical] = lambda record: record
    back: Callable[[Canonical], Canonical] = lambda record: record
    terms: Terms | None = None
    announced: bool = False

    @property
    def here(self) -> str:
        """The connection that records come from."""
        return self.link.end(self.side).connection

    @property
    def there(self) -> str:
        """The connection that they go to."""
        return self.link.end(self.side.other).connection

    @property
    def of(self) -> frozenset[str] | None:
        """The fields that both sides can hold; ``None``: all."""
        return common(getattr(self.source, "holds", None), getattr(self.target, "holds", None))

    def mark(self, record: Canonical, side: Side) -> str:
        """Returns the fingerprint of a record of one side. Under another mapping it is another."""
        if self.terms is None:
            return record.fingerprint(self.of)
        own = self.source if side is self.side else self.target
        return f"{record.fingerprint(getattr(own, 'holds', None))}.{self.terms.version}"

    def refused(self, record: Canonical) -> str | None:
        """Returns why the link does not take a record of the source; ``None``: it does."""
        return self.terms.refused(self.side, record) if self.terms is not None else None
