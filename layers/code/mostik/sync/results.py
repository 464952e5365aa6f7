"""Result rows of a run: one for each page and one for each chunk, written once.

Nothing is ever incremented. A page or chunk that is repeated after a crash finds its row standing,
and what stands counts; the totals of a run are the sum of its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mostik.jobs.row import Failure
from mostik.ports import Item, Table
from mostik.sync.verdict import Totals

_KEPT_SECONDS = 45 * 86_400
MOST_SAMPLES = 20
"""Keys that a row names of each sort, for the person who looks at a held or dry run."""

Samples = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class PageRow:
    """What one page of a run held, and how it was divided.

    Attributes:
        number: counts from 1, over all stages.
        totals: what it listed, and what needed nothing further.
        chunks: how many records each of its chunks has.
        token: names the blobs of its chunks.
        cursor: where the next page begins.
        gone: its chunks are records that are gone.
        creates: records without a pair.
        deletes: records that the list itself calls deleted.
        strange: prices that change strangely.
        linked: pairs that it has counted (of a shard).
        groups: price types or warehouses in it.
        newest: the latest change in it, unix seconds.
        listed_at: when it was read, unix seconds.
        samples: some keys, by what they are about.
    """

    number: int
    totals: Totals
    chunks: tuple[int, ...] = ()
    token: str = ""
    cursor: str | None = None
    gone: bool = False
    creates: int = 0
    deletes: int = 0
    strange: int = 0
    linked: int = 0
    groups: tuple[str, ...] = ()
    newest: float | None = None
    listed_at: float = 0.0
    samples: Samples = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """What became of the records of one chunk.

    Attributes:
        page: number of its page.
        number: counts from 0.
        totals: only counts; what was listed stands in the page.
        failure: why the whole chunk was not carried over.
        samples: some keys by verdict, of a dry run.
    """

    page: int
    number: int
    totals: Totals
    failure: Failure | None = None
    samples: Samples = field(default_factory=dict)


class Results:
    """Result rows in the state table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, run: str, number: int) -> PageRow | None:
        """Returns a page's row."""
        item = self._table.get(f"run#{run}", _page_key(number))
        return _page(item) if item is not None else None

    def add_page(self, run: str, row: PageRow, now: float) -> PageRow:
        """Writes a page's row unless it stands. Returns the row that stands."""
        standing = self._table.insert(_page_item(run, row, now))
        return row if standing is None else _page(standing)

    def pages(self, run: str) -> Sequence[PageRow]:
        """Returns all page rows, in order."""
        return [_page(item) for item in self._all(run, "page#")]

    def chunk(self, run: str, page: int, number: int) -> ChunkRow | None:
        """Returns a chunk's row."""
        item = self._table.get(f"run#{run}", _chunk_key(page, number))
        return _chunk(item) if item is not None else None

    def add_chunk(self, run: str, row: ChunkRow, now: float) -> ChunkRow:
        """Writes a chunk's row unless it stands. Returns the row that stands."""
        standing = self._table.insert(_chunk_item(run, row, now))
        return row if standing is None else _chunk(standing)

    def chunks(self, run: str) -> Sequence[ChunkRow]:
        """Returns all chunk rows, in order."""
        return [_chunk(item) for item in self._all(run, "chunk#")]

    def _all(self, run: str, prefix: str) -> Sequence[Item]:
        items: list[Item] = []
        after: str | None = None
        while True:
            page = self._table.query(
                f"run#{run}", first=prefix, last=f"{prefix}~", after=after, limit=1_000
            )
            items += page.items
            after = page.after
            if after is None:
                return items


def _page_key(number: int) -> str:
    return f"page#{number:06}"


def _chunk_key(page: int, number: int) -> str:
    return f"chunk#{page:06}#{number:03}"


def _page_item(run: str, row: PageRow, now: float) -> dict[str, Any]:
    fields = {
        "cursor": row.cursor,
        "gone": row.gone or None,
        "creates": row.creates or None,
        "deletes": row.deletes or None,
        "strange": row.strange or None,
        "linked": row.linked or None,
        "groups": list(row.groups) or None,
        "newest": row.newest,
        "samples": {name: list(keys) for name, keys in row.samples.items() if keys} or None,
    }
    return {
        "pk": f"run#{run}",
        "sk": _page_key(row.number),
        "number": row.number,
        "totals": row.totals.as_item(),
        "chunks": list(row.chunks),
        "token": row.token,
        "listed_at": row.listed_at,
        "expires_at": int(now + _KEPT_SECONDS),
        **{name: value for name, value in fields.items() if value is not None},
    }


def _page(item: Item) -> PageRow:
    return PageRow(
        number=int(item["number"]),
        totals=Totals.from_item(item["totals"]),
        chunks=tuple(int(size) for size in item["chunks"]),
        token=item["token"],
        cursor=item.get("cursor"),
        gone=bool(item.get("gone", False)),
        creates=int(item.get("creates", 0)),
        deletes=int(item.get("deletes", 0)),
        strange=int(item.get("strange", 0)),
        linked=int(item.get("linked", 0)),
        groups=tuple(item.get("groups", ())),
        newest=float(item["newest"]) if item.get("newest") is not None else None,
        listed_at=float(item.get("listed_at", 0.0)),
        samples=item.get("samples", {}),
    )


def _chunk_item(run: str, row: ChunkRow, now: float) -> dict[str, Any]:
    samples = {name: list(keys) for name, keys in row.samples.items() if keys}
    return {
        "pk": f"run#{run}",
        "sk": _chunk_key(row.page, row.number),
        "page": row.page,
        "number": row.number,
        "totals": row.totals.as_item(),
        "expires_at": int(now + _KEPT_SECONDS),
        **({"failure": row.failure.as_item()} if row.failure is not None else {}),
        **({"samples": samples} if samples else {}),
    }


def _chunk(item: Item) -> ChunkRow:
    return ChunkRow(
        page=int(item["page"]),
        number=int(item["number"]),
        totals=Totals.from_item(item["totals"]),
        failure=Failure.from_item(item["failure"]) if item.get("failure") else None,
        samples=item.get("samples", {}),
    )


def some(keys: Mapping[str, Sequence[str]]) -> Samples:
    """Returns the first keys of each sort."""
    return {name: list(found)[:MOST_SAMPLES] for name, found in keys.items() if found}
