"""External calls of a run over a large base of which little was changed, beside the fewest that
could do."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from random import Random

from bench.rows import Row
from bench.sync_bed import run_of
from bench.sync_trade import customer
from mostik.commerce.parties import Customer
from mostik.sync.content import CHUNK_RECORDS
from mostik.sync.run import RunKind
from mostik.sync.verdict import Verdict
from tests.support.register import Register, RegisterRig

SUITE = "sync"
_CHANGED = 0.01
_PAGE = 50
_TARGET = 1.05


@dataclass(frozen=True, slots=True)
class Case:
    """Two systems and what they can do.

    Attributes:
        name: for people.
        bulk: they read and write 50 records a call.
        feed: the list can be asked for what was changed since.
    """

    name: str
    bulk: bool
    feed: bool

    def fewest(self, records: int, changed: int) -> int:
        """Calls that nobody can do without: each page of what must be listed, and each changed
        record, or 50 of them, read on the other side and written there."""
        listed = changed if self.feed else records
        packs = ceil(changed / CHUNK_RECORDS) if self.bulk else changed
        return ceil(listed / _PAGE) + 2 * packs


CASES = (
    Case("sides that read and write 50 a call", bulk=True, feed=True),
    Case("sides that read and write one a call", bulk=False, feed=True),
    Case("a list that cannot be asked for changes", bulk=True, feed=False),
)


def measure(records: int) -> Sequence[Row]:
    """Returns a row for each case.

    Args:
        records: so many, or so few that their changes fit on one page: a page more for what is
            listed twice, as every run does near its watermark, must not be most of what is counted.
    """
    return [_of(case, records) for case in CASES]


def _of(case: Case, records: int) -> Row:
    began = time.monotonic()
    rig = _agreeing(case, records)
    changed = _edited(rig, records)
    for side in (rig.left, rig.right):
        side.calls.clear()
    run = run_of(rig, RunKind.INCREMENTAL)
    assert run.totals is not None
    if run.totals.count(Verdict.UPDATED) != changed or len(rig.right.updated) != changed:
        raise AssertionError(f"{changed} were changed: {run.totals}")
    calls = sum(rig.left.calls.values()) + sum(rig.right.calls.values())
    fewest = case.fewest(records, changed)
    value = round(calls / fewest, 4)
    called = f"{dict(rig.left.calls)} here, {dict(rig.right.calls)} there"
    print(f"  {case.name}: {called} ({time.monotonic() - began:.0f} s)", file=sys.stderr)
    name = f"calls of a run over {records // 1_000}k records, 1 % changed: {case.name}"
    return Row(
        SUITE, name, "calls", "lower", calls, fewest, "the fewest that could do", value, _TARGET,
        value <= _TARGET, 1,
    )  # fmt: skip


def _agreeing(case: Case, records: int) -> RegisterRig:
    """Two systems that a first full run has made equal."""
    rig = RegisterRig(
        left=Register(
            Customer, map(customer, range(records)), page_size=_PAGE, feed=case.feed, bulk=case.bulk
        ),
        right=Register(Customer, bulk=True),
    )
    first = run_of(rig, RunKind.FULL)
    assert first.totals is not None
    if first.totals.count(Verdict.CREATED) != records:
        raise AssertionError(f"not all were created: {first.totals}")
    rig.right.bulk = case.bulk
    rig.clock.advance(3_600)
    return rig


def _edited(rig: RegisterRig, records: int) -> int:
    """People change records here and there. Returns how many."""
    changed = round(records * _CHANGED)
    now = datetime.fromtimestamp(rig.clock(), UTC)
    chance = Random(9)  # noqa: S311 - no secret is made of it
    for key in chance.sample(sorted(rig.left.records), changed):
        rig.left.edit(key, comment="Позвонить завтра", changed_at=now)
    return changed
