"""Job rows in the state table: claims, the due index, held and failed jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mostik.jobs.row import (
    DUE_INDEX,
    FAILED_PARTITION,
    JobRow,
    due_partition,
    from_item,
    held_partition,
    partition_of,
    time_key,
    to_item,
)
from mostik.ports import Table


@dataclass(frozen=True, slots=True)
class Wrote:
    """The answer of a conditional write: done, or the row (if any) that stands instead."""

    done: bool
    standing: JobRow | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of rows, where to go on, and the read units that it took."""

    rows: Sequence[JobRow]
    after: str | None
    read_units: float = field(default=0.0, compare=False)


class JobRows:
    """Job rows over a ``Table``; every write is conditional on the version that was seen."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, job_id: str) -> JobRow | None:
        """Returns a job's row."""
        item = self._table.get(partition_of(job_id), "job")
        return from_item(item) if item is not None else None

    def standing(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Returns which of some jobs have a row: they have not ended, or not well."""
        places = {(partition_of(job_id), "job"): job_id for job_id in job_ids}
        found = self._table.get_many(list(places)) if places else ()
        return frozenset(places[item["pk"], item["sk"]] for item in found)

    def write(self, row: JobRow, over: int | None) -> Wrote:
        """Inserts a row (``over`` is ``None``) or replaces the version ``over``."""
        if over is None:
            standing = self._table.insert(to_item(row))
            return Wrote(standing is None, from_item(standing) if standing is not None else None)
        answer = self._table.replace(to_item(row), over)
        return Wrote(
            answer.done, from_item(answer.standing) if answer.standing is not None else None
        )

    def remove(self, job_id: str, over: int) -> Wrote:
        """Deletes a row that still has version ``over``."""
        answer = self._table.remove(partition_of(job_id), "job", over)
        return Wrote(
            answer.done, from_item(answer.standing) if answer.standing is not None else None
        )

    def due(self, shard: int, *, until: float, limit: int, after: str | None = None) -> Rows:
        """Returns rows of one shard that are due, the earliest first."""
        return self._indexed(due_partition(shard), last=end_key(until), limit=limit, after=after)

    def next_due(self, shard: int) -> float | None:
        """Returns when the earliest row of a shard is due."""
        rows = self._indexed(due_partition(shard), last=None, limit=1).rows
        return rows[0].due_at if rows else None

    def held(self, gate: str, *, limit: int, after: str | None = None) -> Rows:
        """Returns jobs held behind a gate, the oldest touch first."""
        return self._indexed(held_partition(gate), last=None, limit=limit, after=after)

    def failed(
        self,
        *,
        limit: int,
        after: str | None = None,
        first: str | None = None,
        last: str | None = None,
        newest_first: bool = True,
    ) -> Rows:
        """Returns failed jobs in the order of their failures.

        Args:
            limit: rows at the most.
            after: go on behind this key (from ``Rows.after``).
            first: smallest key wanted: ``time_key`` of the earliest failure.
            last: greatest key wanted: ``end_key`` of the latest failure.
            newest_first: the newest failure first.
        """
        return self._indexed(
            FAILED_PARTITION,
            first=first,
            last=last,
            limit=limit,
            after=after,
            newest_first=newest_first,
        )

    def _indexed(
        self,
        partition: str,
        *,
        last: str | None,
        limit: int,
        first: str | None = None,
        after: str | None = None,
        newest_first: bool = False,
    ) -> Rows:
        page = self._table.query(
            partition,
            index=DUE_INDEX,
            first=first,
            last=last,
            after=after,
            limit=limit,
            newest_first=newest_first,
        )
        return Rows([from_item(item) for item in page.items], page.after, page.read_units)


def end_key(seconds: float) -> str:
    """A sort key behind all those of a moment."""
    return time_key(seconds) + "~"
