"""Failed jobs: which ones a person means, and how many of what kind there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from mostik.errors import Family, WhoActs
from mostik.jobs.message import Receipt, UnreadableMessage, load
from mostik.jobs.row import JobRow, failed_key, time_key
from mostik.jobs.rows import JobRows, end_key

_PAGE = 100
_MOST_GROUPS = 10


@dataclass(frozen=True, slots=True)
class FailedFilter:
    """Which failed jobs are meant: those that fit everything that is given.

    Attributes:
        since: failed at this time or later, unix seconds.
        until: failed at this time or earlier.
        connection: whose job it is.
        family: of the failure.
        who: who must act.
        reason: a part of the failure's text, or the vendor's whole code.
        resource: what the job's record is in.
        text: a part of the job's id, of its reason or of its payload.
    """

    since: float | None = None
    until: float | None = None
    connection: str | None = None
    family: Family | None = None
    who: WhoActs | None = None
    reason: str | None = None
    resource: str | None = None
    text: str | None = None

    def __contains__(self, row: JobRow) -> bool:
        failure = row.failure
        at = failure.at if failure is not None else 0.0
        return (
            (self.since is None or at >= self.since)
            and (self.until is None or at <= self.until)
            and self.connection in (None, row.connection)
            and (self.family is None or (failure is not None and failure.family is self.family))
            and (self.who is None or (failure is not None and failure.who is self.who))
            and (self.reason is None or _has_reason(row, self.reason))
            and (self.resource is None or resource_of(row) == self.resource)
            and (self.text is None or _speaks_of(row, self.text))
        )

    @property
    def first(self) -> str | None:
        """Where it begins among the failed jobs."""
        return time_key(max(self.since, 0.0)) if self.since is not None else None

    @property
    def last(self) -> str | None:
        """Where it ends."""
        return end_key(max(self.until, 0.0)) if self.until is not None else None

    def as_item(self) -> dict[str, Any]:
        """Returns what is given, as a table holds it."""
        given = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: value.value if isinstance(value, Family | WhoActs) else value
            for name, value in given.items()
            if value is not None
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Reads it back."""

        def seconds(name: str) -> float | None:
            return float(item[name]) if name in item else None

        return cls(
            since=seconds("since"),
            until=seconds("until"),
            connection=item.get("connection"),
            family=Family(item["family"]) if "family" in item else None,
            who=WhoActs(item["who"]) if "who" in item else None,
            reason=item.get("reason"),
            resource=item.get("resource"),
            text=item.get("text"),
        )


@dataclass(frozen=True, slots=True)
class FailedGroup:
    """Failed jobs of one connection that failed for one reason."""

    connection: str
    reason: str
    jobs: int


@dataclass(frozen=True, slots=True)
class FailedCount:
    """How many failed jobs are meant.

    Attributes:
        jobs: their number.
        oldest: when the first of them failed.
        newest: when the last of them did.
        groups: the biggest groups, at most ten.
        whole: ``False``: there are more; counting has stopped.
    """

    jobs: int
    oldest: float | None
    newest: float | None
    groups: Sequence[FailedGroup]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class FailedPage:
    """Failed jobs, the newest failure first, and where to go on."""

    rows: Sequence[JobRow]
    after: str | None


class FailedJobs:
    """The failed jobs of a stack."""

    def __init__(self, rows: JobRows) -> None:
        self._rows = rows

    def page(self, wanted: FailedFilter, *, limit: int, after: str | None = None) -> FailedPage:
        """Returns up to ``limit`` of the jobs that are meant, the newest failure first."""
        found: list[JobRow] = []
        for rows, behind in self._pages(wanted, after, limit):
            found += (row for row in rows if row in wanted)
            after = behind
            if len(found) >= limit:
                break
        if len(found) > limit:  # a page was read for what fits: the rest of it comes again
            found = found[:limit]
            after = failed_key(found[-1])
        return FailedPage(found, after)

    def count(self, wanted: FailedFilter, *, most: int = 100_000) -> FailedCount:
        """Counts the jobs that are meant, of ``most`` failed ones at the most."""
        groups: Counter[tuple[str, str]] = Counter()
        times: list[float] = []
        read = 0
        whole = True
        for rows, behind in self._pages(wanted, None, _PAGE):
            read += len(rows)
            for row in rows:
                if row in wanted:
                    reason = row.failure.text if row.failure else ""
                    groups[row.connection, reason] += 1
                    times.append(row.failure.at if row.failure else 0.0)
            if read >= most:
                whole = behind is None
                break
        return FailedCount(
            jobs=len(times),
            oldest=min(times, default=None),
            newest=max(times, default=None),
            groups=[
                FailedGroup(connection, reason, jobs)
                for (connection, reason), jobs in groups.most_common(_MOST_GROUPS)
            ],
            whole=whole,
        )

    def _pages(
        self, wanted: FailedFilter, after: str | None, limit: int
    ) -> Iterator[tuple[Sequence[JobRow], str | None]]:
        while True:
            page = self._rows.failed(limit=limit, after=after, first=wanted.first, last=wanted.last)
            yield page.rows, page.after
            after = page.after
            if after is None:
                return


def resource_of(row: JobRow) -> str | None:
    """The resource of a job's record; ``None`` for a whole receipt and what is no message."""
    try:
        message = load(row.payload)
    except UnreadableMessage:
        return None
    return None if isinstance(message, Receipt) else message.resource


def _has_reason(row: JobRow, reason: str) -> bool:
    failure = row.failure
    return failure is not None and (
        failure.code == reason or reason.casefold() in failure.text.casefold()
    )


def _speaks_of(row: JobRow, text: str) -> bool:
    looked_for = text.casefold()
    reason = row.failure.text if row.failure is not None else ""
    return any(looked_for in part.casefold() for part in (row.id, reason, row.payload))
