"""Result rows of a run: one for each page and one for each chunk, written once.

Nothing is ever incremented. A page or chunk that is repeated after a crash finds its row standing,
and what stands counts; the totals of a run are the sum of its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from mostik.jobs.row import Failure
from mostik.ports import Item, Table
from mostik.sync.verdict import Totals

_KEPT_SECONDS = 45 * 86_400
MOST_SAMPLES = 20
"""Keys that a row names of each sort, for the person who looks at a held or dry run."""

Samples = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Rest:
    """Records of pages that did not fill a chunk: they wait for the page that follows.

    Attributes:
        name: of the blob in which they lie.
        token: names it as well.
        at: when the oldest of them was listed, unix seconds.
    """

    name: str
    token: str
    at: float

    def as_item(self) -> dict[str, Any]:
        """Returns it as a row holds it."""
        return {"name": self.name, "token": self.token, "at": self.at}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Reads it back."""
        return cls(item["name"], item["token"], float(item["at"]))


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
        listed_at: when it was read, or the oldest record of its chunks, unix seconds.
        samples: some keys, by what they are about.
        rest: what is in no chunk yet.
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
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """What became of the records of one chunk.

    Attributes:
        page: number of its page.
        number: counts from 0.
        totals: only counts; what was listed stands in the page.
        failure: why the whole chunk was not carried over.
        samples: some keys by verdict, of a dry run.
        diffs: of how many records it is kept what would change; of a dry run.
        diff: names the blob in which that is kept.
        fields: of how many records each field would change.
    """

    page: int
    number: int
    totals: Totals
    failure: Failure | None = None
    samples: Samples = field(default_factory=dict)
    diffs: int = 0
    diff: str = ""
    fields: Mapping[str, int] = field(default_factory=dict)


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

    def chunks_from(self, run: str, page: int, number: int) -> Iterator[ChunkRow]:
        """Yields chunk rows from one on, in order, read as they are wanted."""
        for item in self._all(run, "chunk#", first=_chunk_key(page, number)):
            yield _chunk(item)

    def _all(self, run: str, prefix: str, *, first: str = "") -> Iterator[Item]:
        after: str | None = None
        while True:
            page = self._table.query(
                f"run#{run}", first=first or prefix, last=f"{prefix}~", after=after, limit=1_000
            )
            yield from page.items
            after = page.after
            if after is None:
                return


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
        "rest": row.rest.as_item() if row.rest is not None else None,
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
        rest=Rest.from_item(item["rest"]) if item.get("rest") else None,
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
        **({"diffs": row.diffs, "diff": row.diff} if row.diffs else {}),
        **({"fields": dict(row.fields)} if row.fields else {}),
    }


def _chunk(item: Item) -> ChunkRow:
    return ChunkRow(
        page=int(item["page"]),
        number=int(item["number"]),
        totals=Totals.from_item(item["totals"]),
        failure=Failure.from_item(item["failure"]) if item.get("failure") else None,
        samples=item.get("samples", {}),
        diffs=int(item.get("diffs", 0)),
        diff=item.get("diff", ""),
        fields={name: int(number) for name, number in item.get("fields", {}).items()},
    )


def some(keys: Mapping[str, Sequence[str]]) -> Samples:
    """Returns the first keys of each sort."""
    return {name: list(found)[:MOST_SAMPLES] for name, found in keys.items() if found}
