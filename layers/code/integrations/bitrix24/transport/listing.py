"""Lists read by key: what follows the last id, 50 rows a command, 50 commands a batch.

Source: apidocs.bitrix24.ru, list-methods-pecularities and performance/huge-data: with ``start=-1``
nothing is counted, and the filter ``>ID`` of one page is the last id of the page before, also
inside of one batch (``$result[page0][49][ID]``). The name of the id differs from method to method
(``ID`` of crm.deal.list, ``id`` of crm.item.list), and a wrong one is an error. A page has 50 rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.bitrix24.transport.batch import Command, Outcome, Refused
from integrations.bitrix24.transport.php import Ref, as_list, as_map
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.endpoint import Endpoint

ROWS = 50
"""Of one page; the portal knows no other size."""
WITHOUT_COUNT = -1

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """How one method lists.

    Attributes:
        endpoint: the method.
        rows: the key around the rows; ``None``: they are the result itself.
        id: what rows, filter and order call their id.
        select: fields that the method demands.
        filter: conditions that it demands.
        fixed: its other parameters (``entityTypeId``).
    """

    endpoint: Endpoint
    rows: str | None
    id: str = "id"
    select: tuple[str, ...] = ()
    filter: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Walk:
    """One way through a list: which rows, and what of them.

    Attributes:
        listing: the method.
        filters: conditions on the rows.
        select: fields that are wanted, all that the method gives when none is named.
    """

    listing: Listing
    filters: Mapping[str, Any]
    select: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        listing = self.listing
        if taken := {f">{listing.id}", f"<={listing.id}"} & {*self.filters, *listing.filter}:
            raise ValueError(f"the walk itself needs the condition {min(taken)!r}")

    def params(self, after: str | int | Ref, upto: int | None = None) -> dict[str, Any]:
        """Returns the parameters of one page.

        Args:
            after: the id that it follows.
            upto: the last id that it may have.
        """
        listing = self.listing
        conditions = {**listing.filter, **self.filters, f">{listing.id}": after}
        if upto is not None:
            conditions[f"<={listing.id}"] = upto
        return self._asked(conditions, "ASC")

    def last_params(self, after: int) -> dict[str, Any]:
        """Returns the parameters of the last page of all, its rows in falling order."""
        listing = self.listing
        return self._asked({**listing.filter, **self.filters, f">{listing.id}": after}, "DESC")

    def chain(self, after: int, upto: int | None = None, pages: int = ROWS) -> list[Command]:
        """Returns pages of which each follows the one before."""
        listing = self.listing
        place = (ROWS - 1, listing.id)
        path = place if listing.rows is None else (listing.rows, *place)
        commands = []
        for number in range(pages):
            start = after if number == 0 else Ref(f"p{number - 1}", *path)
            commands.append(Command(listing.endpoint, self.params(start, upto), f"p{number}"))
        return commands

    def rows_in(self, result: Any) -> list[Row]:
        """Returns the rows of one page."""
        listing = self.listing
        rows = result if listing.rows is None else as_map(result).get(listing.rows)
        return [row for row in as_list(rows) if isinstance(row, Mapping)]

    def id_of(self, row: Row) -> int:
        """Returns the id of a row.

        Raises:
            GiveUp: it has none.
        """
        try:
            return int(row[self.listing.id])
        except (KeyError, TypeError, ValueError):
            raise GiveUp(
                f"A row of {self.listing.endpoint.path} has no number {self.listing.id!r}.",
                who=WhoActs.DEVELOPER,
            ) from None

    def read(self, outcomes: Sequence[Outcome], after: int) -> Stretch:
        """Returns what a chain of pages has brought, in order and without gaps.

        It ends at the first page that is short (behind it the references lead nowhere, and what
        the portal answers then is not ours) or was refused.

        Raises:
            GiveUp: the rows do not follow each other: the portal does not filter by this id.
        """
        rows: list[Row] = []
        last = after
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                return Stretch(rows, last, error=outcome.error)
            page = self.rows_in(outcome.value)
            for row in page:
                found = self.id_of(row)
                if found <= last:
                    path, name = self.listing.endpoint.path, self.listing.id
                    raise GiveUp(
                        f"The portal does not list {path} by rising {name!r}.",
                        who=WhoActs.DEVELOPER,
                    )
                last = found
            rows += page
            if len(page) < ROWS:
                return Stretch(rows, last, ended=True)
        return Stretch(rows, last)

    def _asked(self, conditions: Mapping[str, Any], direction: str) -> dict[str, Any]:
        listing = self.listing
        asked: dict[str, Any] = {
            **listing.fixed,
            "filter": conditions,
            "order": {listing.id: direction},
            "start": WITHOUT_COUNT,
        }
        if self.select:
            wanted = (listing.id, *listing.select, *self.select)
            asked["select"] = list(dict.fromkeys(wanted))
        elif listing.select:
            asked["select"] = list(dict.fromkeys(("*", listing.id, *listing.select)))
        return asked


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a list, in order.

    Attributes:
        rows: its rows.
        last: the id of its last row, or where it begins when it has none.
        ended: nothing follows.
        error: what kept the rest back.
    """

    rows: list[Row]
    last: int
    ended: bool = False
    error: MostikError | None = None


def position_of(cursor: str | None) -> int:
    """Returns the id after which a list goes on.

    Raises:
        GiveUp: the cursor is none of ours.
    """
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit():
        raise GiveUp("The list cannot go on from this cursor: begin anew.", who=WhoActs.DEVELOPER)
    return int(cursor)
