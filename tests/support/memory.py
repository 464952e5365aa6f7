"""Tables, blobs and secrets in memory; tests/aws proves them against moto and the emulator.

Beside them: ``queue`` (the jobs queue and its dead letters), ``clock``, ``faults``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from operator import itemgetter
from typing import Any, ClassVar

from mostik.jobs.row import DUE_INDEX
from mostik.ports import Busy, Item, Page, Replaced
from tests.support.faults import Faults
from tests.support.weight import MOST_ROW_BYTES, kept, weight_of

STATE_INDEXES: Mapping[str, tuple[str, str]] = {DUE_INDEX: ("due_pk", "due_sk")}
_PAGE_BYTES = 1_048_576
_UNIT_BYTES = 4_096
_Entry = tuple[str, str, str]
"""A row in an order: its sort key there, its partition and its sort key in the table."""


def state_table() -> MemoryTable:
    """The state table of the template."""
    return MemoryTable(STATE_INDEXES)


def log_table() -> MemoryTable:
    """The request log's table of the template; it has no index."""
    return MemoryTable()


class MemoryTable(Faults):
    """``Table`` in memory, with the order, the pages and the read units of DynamoDB.

    Args:
        indexes: secondary indexes by name: their partition and sort key attributes. A row without
            both is not in the index.

    Attributes:
        read_units: what all queries so far have counted.
    """

    OPERATIONS: ClassVar = (
        "get", "get_many", "insert", "replace", "put", "remove", "query", "put_many",
    )  # fmt: skip

    def __init__(self, indexes: Mapping[str, tuple[str, str]] | None = None) -> None:
        super().__init__()
        self._indexes = dict(indexes or {})
        self._rows: dict[tuple[str, str], dict[str, Any]] = {}
        self._weights: dict[tuple[str, str], int] = {}
        self._orders: defaultdict[tuple[str | None, str], list[_Entry]] = defaultdict(list)
        self.read_units = 0.0

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._rows

    def rows(self, prefix: str = "") -> list[Item]:
        """Every row whose partition begins so, by key: for a test to look at."""
        return [kept(self._rows[key]) for key in sorted(self._rows) if key[0].startswith(prefix)]

    def get(self, pk: str, sk: str) -> Item | None:
        """See ``Table.get``."""
        with self._operation("get"):
            return self._copy(pk, sk)

    def get_many(self, keys: Sequence[tuple[str, str]]) -> Sequence[Item]:
        """See ``Table.get_many``."""
        with self._operation("get_many"):
            rows = (self._copy(pk, sk) for pk, sk in dict.fromkeys(keys))
            return [row for row in rows if row is not None]

    def insert(self, item: Item) -> Item | None:
        """See ``Table.insert``."""
        with self._operation("insert"):
            standing = self._copy(item["pk"], item["sk"])
            if standing is None:
                self._write(item)
            return standing

    def replace(self, item: Item, version: int) -> Replaced:
        """See ``Table.replace``."""
        with self._operation("replace"):
            standing = self._copy(item["pk"], item["sk"])
            if standing is None or standing.get("version") != version:
                return Replaced(False, standing)
            self._write(item)
            return Replaced(True)

    def put(self, item: Item) -> None:
        """See ``Table.put``."""
        with self._operation("put"):
            self._write(item)

    def remove(self, pk: str, sk: str, version: int | None = None) -> Replaced:
        """See ``Table.remove``."""
        with self._operation("remove"):
            standing = self._copy(pk, sk)
            if version is not None and (standing is None or standing.get("version") != version):
                return Replaced(False, standing)
            self._forget(pk, sk)
            return Replaced(True)

    def query(
        self,
        pk: str,
        *,
        index: str | None = None,
        first: str | None = None,
        last: str | None = None,
        after: str | None = None,
        newest_first: bool = False,
        limit: int = 100,
    ) -> Page:
        """See ``Table.query``."""
        with self._operation("query"):
            sort_name = self._indexes[index][1] if index is not None else "sk"
            if after is not None and newest_first:
                last = after if last is None else min(last, after)
            elif after is not None:
                first = after if first is None else max(first, after)
            if first is not None and last is not None and first > last:
                return Page([], None)
            # As the adapter does it: the row that the cursor names is read once more.
            most = limit + (after is not None)
            rows, weight, more = self._read(self._range(index, pk, first, last), newest_first, most)
            found = [row for row in rows if row[sort_name] != after]
            more = (more and bool(found)) or len(found) > limit
            found = found[:limit]
            units = 0.5 * max(1, ceil(weight / _UNIT_BYTES))
            self.read_units += units
            return Page(found, found[-1][sort_name] if more else None, units)

    def put_many(self, items: Iterable[Item]) -> Sequence[Item]:
        """See ``Table.put_many``; a planned fault leaves every row."""
        rows = list(items)
        try:
            with self._operation("put_many"):
                for row in rows:
                    self._write(row)
        except Busy:
            return rows
        return []

    def _range(
        self, index: str | None, pk: str, first: str | None, last: str | None
    ) -> Sequence[_Entry]:
        order = self._orders.get((index, pk), [])
        low = 0 if first is None else bisect_left(order, first, key=itemgetter(0))
        high = len(order) if last is None else bisect_right(order, last, key=itemgetter(0))
        return _Slice(order, low, high)

    def _read(
        self, entries: Sequence[_Entry], newest_first: bool, most: int
    ) -> tuple[list[dict[str, Any]], int, bool]:
        """Rows of one page, their bytes, and whether it ended before the range did.

        A page that ends exactly with the range says that there may be more, as DynamoDB does.
        """
        rows: list[dict[str, Any]] = []
        total = 0
        for _, pk, sk in reversed(entries) if newest_first else entries:
            row = self._rows[pk, sk]
            weight = self._weights[pk, sk]
            if rows and total + weight > _PAGE_BYTES:
                return rows, total, True
            rows.append(kept(row))
            total += weight
            if len(rows) == most or total >= _PAGE_BYTES:
                return rows, total, True
        return rows, total, False

    def _copy(self, pk: str, sk: str) -> dict[str, Any] | None:
        row = self._rows.get((pk, sk))
        copy: dict[str, Any] | None = kept(row) if row is not None else None
        return copy

    def _write(self, item: Item) -> None:
        row = kept(item)
        keys = [row["pk"], row["sk"]]
        keys += [row[name] for names in self._indexes.values() for name in names if name in row]
        if not all(isinstance(key, str) and key for key in keys):
            raise ValueError(f"every key of a row is a text with something in it: {keys}")
        weight = weight_of(row)
        if weight > MOST_ROW_BYTES:
            raise ValueError(f"a row of {weight} bytes; {MOST_ROW_BYTES} is the most")
        self._forget(row["pk"], row["sk"])
        self._rows[row["pk"], row["sk"]] = row
        self._weights[row["pk"], row["sk"]] = weight
        for place, entry in self._places(row):
            insort(self._orders[place], entry)

    def _forget(self, pk: str, sk: str) -> None:
        row = self._rows.pop((pk, sk), None)
        if row is None:
            return
        for place, entry in self._places(row):
            order = self._orders[place]
            del order[bisect_left(order, entry)]
            if not order:
                del self._orders[place]

    def _places(self, row: Mapping[str, Any]) -> Iterator[tuple[tuple[str | None, str], _Entry]]:
        pk, sk = row["pk"], row["sk"]
        yield (None, pk), (sk, pk, sk)
        for index, (pk_name, sk_name) in self._indexes.items():
            if pk_name in row and sk_name in row:
                yield (index, row[pk_name]), (row[sk_name], pk, sk)


class _Slice(Sequence[_Entry]):
    """A part of an order, without copying it."""

    def __init__(self, order: Sequence[_Entry], low: int, high: int) -> None:
        self._order = order
        self._low = low
        self._high = max(low, high)

    def __len__(self) -> int:
        return self._high - self._low

    def __getitem__(self, position: Any) -> Any:
        if not 0 <= position < len(self):
            raise IndexError(position)
        return self._order[self._low + position]


class MemoryBlobs(Faults):
    """``Blobs`` in memory.

    Attributes:
        objects: what is stored, by key: for a test to look at or to lose.
    """

    OPERATIONS: ClassVar = ("put", "get")

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        """See ``Blobs.put``."""
        with self._operation("put"):
            self.objects[key] = bytes(data)

    def get(self, key: str) -> bytes | None:
        """See ``Blobs.get``."""
        with self._operation("get"):
            return self.objects.get(key)


class MemorySecrets(Faults):
    """``Secrets``, ``SecretWriter`` and ``SecretDocuments`` in memory, without a cache: a change is
    seen at once.

    Attributes:
        documents: by name, without the stack's prefix.
    """

    OPERATIONS: ClassVar = ("read", "refresh", "load", "write")

    def __init__(self, documents: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.documents: dict[str, str] = dict(documents or {})

    def read(self, name: str) -> str | None:
        """See ``Secrets.read``."""
        with self._operation("read"):
            return self.documents.get(name)

    def refresh(self, name: str) -> str | None:
        """See ``Secrets.refresh``."""
        with self._operation("refresh"):
            return self.documents.get(name)

    def load(self, name: str) -> str | None:
        """See ``SecretDocuments.load``."""
        with self._operation("load"):
            return self.documents.get(name)

    def write(self, name: str, document: str) -> None:
        """See ``SecretWriter.write``."""
        with self._operation("write"):
            self.documents[name] = document
