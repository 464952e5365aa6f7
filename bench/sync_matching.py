"""Two filled bases that people typed become one: what is doubled, missed or guessed on the way.

The story is that of tests/unit/sync/test_matching_run.py, at full size.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence

from bench.rows import Row, absolute
from mostik.sync.link import Side
from tests.unit.matching.bases import Bases, goods, people
from tests.unit.sync.matching_stories import Matched

SUITE = "sync"
SEED = 9
_MAKERS: Mapping[str, Callable[[int, int], Bases]] = {"goods": goods, "contacts": people}


def measure(size: int) -> Sequence[Row]:
    """Returns the rows of both kinds of base."""
    return [row for name, make in _MAKERS.items() for row in _of(name, make(SEED, size), size)]


def _of(name: str, bases: Bases, size: int) -> Sequence[Row]:
    matched = Matched(bases)
    began = time.monotonic()
    found = matched.found()
    took = time.monotonic() - began
    hard = sum(map(len, bases.hard.values()))
    states = {state.value: number for state, number in found.counts.items()}
    print(f"  {name}: {states}, {hard} in doubt, {took:.1f} s", file=sys.stderr)
    matched.settle(matched.decided(found))
    runs = [matched.run(side) for side in Side]
    told = [run.totals.counts if run.totals is not None else {} for run in runs]
    print(f"  {name}: {[dict(one) for one in told]}", file=sys.stderr)
    case = f"{name}, two bases of {size:,}, 80 % the same, 2 % in doubt"
    return [
        absolute(
            SUITE, f"{case}: doubles after approval and runs both ways", "records",
            ours=matched.doubles, target=0.0,
        ),
        absolute(
            SUITE, f"{case}: in doubt and not listed", "records",
            ours=matched.unlisted(found), target=0.0,
        ),
        absolute(
            SUITE, f"{case}: guessed or joined wrongly", "pairs",
            ours=matched.guessed(found) + matched.wrong_pairs, target=0.0,
        ),
        absolute(SUITE, f"{case}: time of the matching", "s", ours=round(took, 1), target=None),
    ]  # fmt: skip
