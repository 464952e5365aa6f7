"""What became of a file: how much of it was understood, mended, doubted and not understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

COUNTED = (
    "groups",
    "properties",
    "price_types",
    "warehouses",
    "products",
    "offers",
    "prices",
    "stock_rows",
    "documents",
    "deleted",
)
_NAMES = 1_000
_REST = "…"


@dataclass(slots=True)
class Report:
    """Grows while a file is read.

    Attributes:
        found: records by kind; ``deleted`` counts marks on records of any kind.
        unknown: what has no meaning here, by path (``Товар/Новое``, ``Товар@новый``,
            ``Товар/#text``); every occurrence counts.
        mended: repairs at the door, by what was mended.
        faults: values that could not be read, by path; the records that hold them say which.
        rejected: records that could not be believed at all, by reason.
        encoding: what the bytes really are.
        version: ``ВерсияСхемы``; it does not predict the structure.
        formed_at: ``ДатаФормирования``.
        bytes: read so far.
    """

    found: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    encoding: str = ""
    version: str = ""
    formed_at: datetime | None = None
    bytes: int = 0

    def counts(self) -> Mapping[str, int]:
        """Returns the ten counts that every file has, in their order."""
        return {name: self.found[name] for name in COUNTED}

    def not_understood(self, path: str, times: int = 1) -> None:
        """Counts something unknown; a file with endless names does not fill the memory."""
        if path not in self.unknown and len(self.unknown) >= _NAMES:
            path = _REST
        self.unknown[path] += times

    def doubted(self, path: str) -> None:
        """Counts a value that could not be read."""
        if path not in self.faults and len(self.faults) >= _NAMES:
            path = _REST
        self.faults[path] += 1

    def add(self, other: Report) -> None:
        """Adds the counts of another file."""
        for name in ("found", "unknown", "mended", "faults", "rejected"):
            getattr(self, name).update(getattr(other, name))
        self.bytes += other.bytes
