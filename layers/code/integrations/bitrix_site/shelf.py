"""What was last seen on the site or written to it, where the site cannot be asked for one record.

The exchange gives what has changed, and takes what is sent; it answers no question about a record.
So each record that came or went is kept: row ``site#<connection>#<resource>`` / its key there. A
change that was seen while something else was done is kept to be told, as is the moment up to which
the site was asked: rows ``site#<connection>#<resource>#untold`` / key and
``site#<connection>#asked`` / resource.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from mostik.commerce.record import Canonical
from mostik.errors import RetryLater, WhoActs
from mostik.ports import Clock, Item, Table

RecordT = TypeVar("RecordT", bound=Canonical)
_END = "\uffff"
_MOST_UNTOLD = 500
"""Changes that are told at once."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[RecordT]):
    """One record of the shelf.

    Attributes:
        record: as it was last seen.
        changed: when it was seen to say something else than before, unix seconds.
        walk: the reading of the whole site that has met it last.
    """

    record: RecordT
    changed: float
    walk: str = ""


class Shelf:
    """The records of one connection.

    Args:
        table: the state table.
        connection: its id.
        clock: unix seconds.
    """

    def __init__(self, table: Table, connection: str, clock: Clock) -> None:
        self._table = table
        self._connection = connection
        self._clock = clock

    def now(self) -> float:
        """Unix seconds."""
        return self._clock()

    def get_many(
        self, resource: str, kind: type[RecordT], keys: Iterable[str]
    ) -> Mapping[str, Kept[RecordT]]:
        """Returns the records that are there, by key."""
        wanted = [(self._partition(resource), key) for key in dict.fromkeys(keys) if key]
        rows = self._table.get_many(wanted) if wanted else ()
        return {row["sk"]: _kept(row, kind) for row in rows}

    def has(self, resource: str, key: str) -> bool:
        """Whether a record is there."""
        return self._table.get(self._partition(resource), key) is not None

    def below(self, resource: str, kind: type[RecordT], prefix: str) -> Iterator[Kept[RecordT]]:
        """Yields the records whose keys begin with a text."""
        after: str | None = None
        while True:
            page = self._table.query(
                self._partition(resource), first=prefix, last=f"{prefix}{_END}", after=after
            )
            yield from (_kept(row, kind) for row in page.items)
            after = page.after
            if after is None:
                return

    def page(
        self, resource: str, kind: type[RecordT], after: str | None, limit: int
    ) -> tuple[Sequence[Kept[RecordT]], str | None]:
        """Returns the records behind a key, and the key to go on from."""
        page = self._table.query(self._partition(resource), after=after or None, limit=limit)
        return [_kept(row, kind) for row in page.items], page.after

    def put(
        self, resource: str, records: Sequence[RecordT], *, walk: str = "", tells: bool = False
    ) -> None:
        """Keeps records.

        Args:
            resource: what they are.
            records: the records.
            walk: the reading of the whole site that they come from.
            tells: those that say something else than before are kept to be told, too.

        Raises:
            RetryLater: the table did not take all of them.
        """
        if not records:
            return
        known = self.get_many(resource, type(records[0]), [one.key for one in records])
        now, untold, rows = self._clock(), [], []
        for record in records:
            old = known.get(record.key)
            same = old is not None and old.record.fingerprint() == record.fingerprint()
            if old is not None and same and old.walk == walk:
                continue
            if tells and not same:
                untold.append({"pk": self._untold(resource), "sk": record.key, "version": _no(now)})
            at = old.changed if old is not None and same else now
            rows.append(self._row(resource, record, at, walk or (old.walk if old else "")))
        # In this order: what is kept is no change any more, and would never be told.
        if any(self._table.put_many(one) for one in (untold, rows) if one):
            raise RetryLater(
                "What the site told could not all be kept; it is asked again.", who=WhoActs.SYSTEM
            )

    def untold(self, resource: str) -> Sequence[tuple[str, int]]:
        """Returns changes that nobody was told of: key and number of the change."""
        page = self._table.query(self._untold(resource), limit=_MOST_UNTOLD)
        return [(row["sk"], int(row["version"])) for row in page.items]

    def told(self, resource: str, changes: Iterable[tuple[str, int]]) -> None:
        """Forgets changes that were told. What has changed again since then is not forgotten."""
        for key, number in changes:
            self._table.remove(self._untold(resource), key, number)

    def asked(self, resource: str) -> datetime | None:
        """Returns up to when the site was asked, by its clock on the wall; ``None``: it was not."""
        row = self._table.get(f"site#{self._connection}#asked", resource)
        return datetime.fromisoformat(str(row["until"])) if row is not None else None

    def ask_from(self, resource: str, until: datetime) -> None:
        """Keeps up to when the site was asked."""
        self._table.put(
            {
                "pk": f"site#{self._connection}#asked",
                "sk": resource,
                "until": until.isoformat(),
            }
        )

    def _row(self, resource: str, record: Canonical, changed: float, walk: str) -> Item:
        text = record.model_dump_json(exclude_defaults=True)
        return {
            "pk": self._partition(resource),
            "sk": record.key,
            "record": zlib.compress(text.encode()),
            "changed": changed,
            "walk": walk,
        }

    def _partition(self, resource: str) -> str:
        return f"site#{self._connection}#{resource}"

    def _untold(self, resource: str) -> str:
        return f"{self._partition(resource)}#untold"


def _no(now: float) -> int:
    return int(now * 1_000)


def _kept(row: Item, kind: type[RecordT]) -> Kept[RecordT]:
    content = json.loads(zlib.decompress(bytes(row["record"])))
    return Kept(kind.model_validate(content), float(row["changed"]), str(row["walk"]))
