"""A table that counts what DynamoDB would charge, by arithmetic on weights.

A write counts the bigger of a row before and after it, begun kilobytes; a refused conditional write
counts the row that stands. An index row is a copy (its projection is ALL): written when it appears,
changes or goes, and twice when its key changes. A strongly consistent read counts begun 4 KB.
Source: docs.aws.amazon.com/amazondynamodb, "Read and write operations" and "Provisioned throughput
considerations for global secondary indexes". tests/aws proves the weights against the emulator.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import Any

from mostik.ports import Item, Page, Replaced
from tests.support.memory import MemoryTable
from tests.support.weight import kept, weight_of

_INDEX_KEY = ("due_pk", "due_sk")


def write_units(before: Item | None, after: Item | None) -> int:
    """Units of a write that turned ``before`` into ``after``, the index included."""
    own = max(_units(before), _units(after), 1)
    old, new = _in_index(before), _in_index(after)
    if old is not None and new is not None and _key(old) == _key(new):
        return own + (max(_units(old), _units(new)) if old != new else 0)
    return own + _units(old) + _units(new)


class MeteredTable:
    """``Table`` in memory that counts units.

    Attributes:
        written: write units by kind of row: what stands before the first ``#`` of its partition.
        read: read units.
    """

    def __init__(self, table: MemoryTable) -> None:
        self._table = table
        self.written: Counter[str] = Counter()
        self.read = 0.0

    def rows(self, prefix: str = "") -> list[Item]:
        """See ``MemoryTable.rows``."""
        return self._table.rows(prefix)

    def get(self, pk: str, sk: str) -> Item | None:
        """See ``Table.get``."""
        found = self._table.get(pk, sk)
        self.read += max(1, ceil(weight_of(found) / 4_096)) if found is not None else 1
        return found

    def insert(self, item: Item) -> Item | None:
        """See ``Table.insert``."""
        standing: Item | None = self._metered(
            item, lambda: self._table.insert(item), lambda standing: standing is None
        )
        return standing

    def get_many(self, keys: Sequence[tuple[str, str]]) -> Sequence[Item]:
        """See ``Table.get_many``."""
        rows = (self.get(pk, sk) for pk, sk in dict.fromkeys(keys))
        return [row for row in rows if row is not None]

    def replace(self, item: Item, version: int) -> Replaced:
        """See ``Table.replace``."""
        answer: Replaced = self._metered(
            item, lambda: self._table.replace(item, version), lambda answer: answer.done
        )
        return answer

    def put(self, item: Item) -> None:
        """See ``Table.put``."""
        self._metered(item, lambda: self._table.put(item), lambda _answer: True)

    def remove(self, pk: str, sk: str, version: int | None = None) -> Replaced:
        """See ``Table.remove``."""
        before = self._table.get(pk, sk)
        answer = self._table.remove(pk, sk, version)
        self._count(pk, before, None if answer.done else before)
        return answer

    def query(self, pk: str, **how: Any) -> Page:
        """See ``Table.query``."""
        page = self._table.query(pk, **how)
        self.read += page.read_units
        return page

    def put_many(self, items: Iterable[Item]) -> Sequence[Item]:
        """See ``Table.put_many``."""
        rows = list(items)
        for row in rows:
            self._count(row["pk"], self._table.get(row["pk"], row["sk"]), row)
        return self._table.put_many(rows)

    def _metered(self, item: Item, write: Callable[[], Any], worked: Callable[[Any], bool]) -> Any:
        before = self._table.get(item["pk"], item["sk"])
        answer = write()
        self._count(item["pk"], before, item if worked(answer) else before)
        return answer

    def _count(self, pk: str, before: Item | None, after: Item | None) -> None:
        stands = kept(after) if after is not None else None
        self.written[pk.partition("#")[0]] += write_units(before, stands)


def _units(row: Item | None) -> int:
    return ceil(weight_of(row) / 1_024) if row is not None else 0


def _in_index(row: Item | None) -> Item | None:
    return row if row is not None and all(name in row for name in _INDEX_KEY) else None


def _key(row: Item) -> tuple[Any, ...]:
    return tuple(row[name] for name in _INDEX_KEY)
