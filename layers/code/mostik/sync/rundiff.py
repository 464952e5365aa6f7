"""What a dry run would change, record by record: stored beside the run, read page by page.

Each chunk keeps its own part, in the blobs: no more than 50 records, long values cut. Personal data
is masked before anything is stored, as in the request log, so whoever may look at a run may look at
this too; a masked value that changes still stands there, and only what it says does not.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mostik.mapping.side import Side
from mostik.sync.content import Contents
from mostik.sync.differences import Disputed, FieldChange
from mostik.sync.results import ChunkRow, Results
from mostik.sync.verdict import Result, Verdict

Hide = Callable[[Any], Any]
"""Takes secrets and personal data out of plain content."""

LONGEST_VALUE = 300
"""Characters of a value, as JSON; what is longer is cut."""
MOST_FIELDS = 100
"""Of one record."""
_NOTHING_TO_SHOW = frozenset({Verdict.UNCHANGED, Verdict.ECHOED})
_IN_BRACKETS = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class RecordDiff:
    """What a run would do about one record.

    Attributes:
        key: its key where it was listed.
        verdict: what it would count as.
        why: in words, where there is something to say.
        changes: what each side would be told, at most ``MOST_FIELDS``.
        disputes: what a person must decide.
        more: fields that are left out here.
    """

    key: str
    verdict: Verdict
    why: str = ""
    changes: tuple[FieldChange, ...] = ()
    disputes: tuple[Disputed, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class DiffPage:
    """Some of the records of a run, in the order of its list, and where to go on.

    Attributes:
        records: those that would change, or that could not be carried over.
        after: where to go on; ``None``: that was all.
        expired: chunks whose part is stored no more.
    """

    records: Sequence[RecordDiff]
    after: str | None
    expired: int = 0


def diffs_of(results: Iterable[Result], kind: str, hide: Hide) -> Sequence[RecordDiff]:
    """Returns what is worth showing of a chunk's results, nothing personal in it.

    Args:
        results: with their verdicts.
        kind: what the records are (``Customer``): whose ``name`` is a person's.
        hide: masks plain content.
    """
    found = [
        RecordDiff(
            result.key,
            result.verdict,
            result.why,
            changes := tuple(result.changes[:MOST_FIELDS]),
            disputes := tuple(result.disputes[:MOST_FIELDS]),
            len(result.changes) + len(result.disputes) - len(changes) - len(disputes),
        )
        for result in results
        if result.verdict is not None and result.verdict not in _NOTHING_TO_SHOW
    ]
    # All values at once: masking one costs little beside reading them into JSON and back.
    values = [value for diff in found for value in _values(diff, kind)]
    masked: Iterator[Any] = iter(hide(values)) if values else iter(())
    return [_with_values(diff, masked) for diff in found]


def _values(diff: RecordDiff, kind: str) -> Iterator[Any]:
    yield diff.why
    for change in diff.changes:
        for value in (change.before, change.after):
            yield _within(value, kind, change.path)
    for dispute in diff.disputes:
        for value in (dispute.left, dispute.right):
            yield _within(value, kind, dispute.path)


def _with_values(diff: RecordDiff, values: Iterator[Any]) -> RecordDiff:
    """The same with other values, in the order of ``_values``."""
    why = str(next(values))
    changes = tuple(
        replace(one, before=_out_of(next(values), one.path), after=_out_of(next(values), one.path))
        for one in diff.changes
    )
    disputes = tuple(
        replace(one, left=_out_of(next(values), one.path), right=_out_of(next(values), one.path))
        for one in diff.disputes
    )
    return replace(diff, why=why, changes=changes, disputes=disputes)


def fields_of(diffs: Iterable[RecordDiff]) -> Mapping[str, int]:
    """Returns of how many records each field would change: ``right:lines.price`` → 12."""
    counted: Counter[str] = Counter()
    for diff in diffs:
        counted.update({f"{one.side.value}:{_name(one.path)}" for one in diff.changes})
    return dict(counted.most_common(MOST_FIELDS))


class RunDiffs:
    """Keeps and reads them.

    Args:
        results: page and chunk rows.
        contents: what runs keep in the blobs.
    """

    def __init__(self, results: Results, contents: Contents) -> None:
        self._results = results
        self._contents = contents

    def keep(self, run: str, row: ChunkRow, token: str, diffs: Sequence[RecordDiff]) -> ChunkRow:
        """Stores the part of a chunk. Returns its row, which says where."""
        if not diffs:
            return row
        self._contents.put(run, _blob(row), token, [_as_item(one) for one in diffs])
        return replace(row, diffs=len(diffs), diff=token, fields=fields_of(diffs))

    def page(
        self,
        run: str,
        *,
        after: str | None = None,
        limit: int = 50,
        verdict: Verdict | None = None,
    ) -> DiffPage:
        """Returns what a run would change, in the order of its list.

        Args:
            run: its id.
            after: ``DiffPage.after`` of the page before.
            limit: records at the most.
            verdict: only these; ``None``: all.
        """
        start, skipped = _place(after)
        found: list[RecordDiff] = []
        expired = 0
        for row in self._results.chunks_from(run, *start):
            if not row.diffs:
                continue
            offset = skipped if (row.page, row.number) == start else 0
            kept = self._contents.take(run, _blob(row), row.diff)
            expired += kept is None
            for number, item in enumerate(kept or ()):
                if number < offset:
                    continue
                diff = _from_item(item)
                if verdict is not None and diff.verdict is not verdict:
                    continue
                if len(found) == limit:
                    return DiffPage(found, f"{row.page}.{row.number}.{number}", expired)
                found.append(diff)
        return DiffPage(found, None, expired)

    def fields(self, run: str) -> Mapping[str, int]:
        """Returns of how many records each field would change, the most frequent first."""
        counted: Counter[str] = Counter()
        for row in self._results.chunks(run):
            counted.update(row.fields)
        return dict(counted.most_common(MOST_FIELDS))


def diff_view(diff: RecordDiff) -> dict[str, Any]:
    """Returns what a run would do about one record as plain JSON values."""
    return {
        "key": diff.key,
        "verdict": diff.verdict.value,
        "why": diff.why,
        "changes": [
            {"side": one.side.value, "path": one.path, "before": one.before, "after": one.after}
            for one in diff.changes
        ],
        "disputes": [
            {"path": one.path, "left": one.left, "right": one.right} for one in diff.disputes
        ],
        "more": diff.more,
    }


def _place(after: str | None) -> tuple[tuple[int, int], int]:
    if after is None:
        return (0, 0), 0
    try:
        page, chunk, offset = (int(part) for part in after.split("."))
    except ValueError:
        return (0, 0), 0  # a cursor that nobody has given out: from the start
    return (max(page, 0), max(chunk, 0)), offset


def _blob(row: ChunkRow) -> str:
    return f"{row.page}.{row.number}.diff"


def _name(path: str) -> str:
    """``lines.price`` of ``lines[17].price``."""
    return _IN_BRACKETS.sub("", path)


def _within(value: Any, kind: str, path: str) -> Any:
    """A value under the names that stand around it: they tell whether it is personal."""
    content = value
    for name in reversed([kind, *_name(path).split(".")]):
        content = {name: content}
    return content


def _out_of(masked: Any, path: str) -> Any:
    for _ in ("kind", *_name(path).split(".")):
        if not isinstance(masked, dict):
            break  # all of it is personal
        [masked] = masked.values()
    return _cut(masked)


def _cut(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= LONGEST_VALUE:
        return value
    return f"{text[:LONGEST_VALUE]}… ({len(text)} characters)"


def _as_item(diff: RecordDiff) -> dict[str, Any]:
    return {
        "key": diff.key,
        "verdict": diff.verdict.value,
        "why": diff.why,
        "changes": [[one.path, one.side.value, one.before, one.after] for one in diff.changes],
        "disputes": [[one.path, one.left, one.right] for one in diff.disputes],
        "more": diff.more,
    }


def _from_item(item: Mapping[str, Any]) -> RecordDiff:
    return RecordDiff(
        key=item["key"],
        verdict=Verdict(item["verdict"]),
        why=item.get("why", ""),
        changes=tuple(
            FieldChange(path, Side(side), before, after)
            for path, side, before, after in item.get("changes", ())
        ),
        disputes=tuple(Disputed(*one) for one in item.get("disputes", ())),
        more=int(item.get("more", 0)),
    )
