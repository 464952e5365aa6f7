"""Where an import stands in time, and where a run is in what imports have brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self


class Place(NamedTuple):
    """An import's place in time: sessions in their order, in each the order of asking."""

    session: str
    order: str
    import_id: str

    @classmethod
    def of(cls, session: str, created_at: float, import_id: str) -> Place:
        """Returns the place of an import."""
        return cls(session, f"{int(created_at * 1000):015d}", import_id)

    @property
    def key(self) -> str:
        """As a sort key."""
        return "/".join(self)

    @classmethod
    def parsed(cls, text: str) -> Place:
        """Reads it back."""
        session, order, import_id = text.split("/")
        return cls(session, order, import_id)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a run's next page is.

    Attributes:
        place: the import.
        page: its page.
        last: of a run over a whole package: its last session.
        new: only records that are newcomers, or only the others; ``None``: all.
    """

    place: Place
    page: int = 1
    last: str = ""
    new: bool | None = None

    def __str__(self) -> str:
        end = f"~{self.last}" if self.last else ""
        return f"{self.place.key}/{self.page}{_PARTS[self.new]}{end}"

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Reads it back."""
        head, _, last = text.partition("~")
        place, _, page = head.rpartition("/")
        number, _, part = page.partition(":")
        return cls(Place.parsed(place), int(number), last, {"new": True, "known": False}.get(part))


_PARTS: Mapping[bool | None, str] = {None: "", True: ":new", False: ":known"}
