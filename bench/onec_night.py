"""The suite ``onec-night``: 100,000 goods from a sandbox 1C to a sandbox portal, over the local
stack, without a limiter. It takes hours, and belongs to ``make nightly``; ``GOODS`` asks for fewer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from bench.onec import missing_in, row_of
from bench.onec_bed import bed, content_of, portal
from bench.rows import Row
from local.sandbox.onec.catalogue import Catalogue
from local.sandbox.onec.program import Habits

SUITE = "onec-night"
_GOODS, _PICTURES, _PORTION = 100_000, 200, 5_000
_POLL_SECONDS, _WORKER_SECONDS = 25.0, 90
_PATIENCE_SECONDS_A_GOOD = 1.0


def measure(short: bool) -> Sequence[Row]:
    """Returns the rows of the suite."""
    goods = int(os.environ.get("GOODS") or (1_000 if short else _GOODS))
    shop = Catalogue(goods, pictured=min(_PICTURES, goods), with_offers=0, least_stock=1)
    with portal() as there, bed(_WORKER_SECONDS) as stack:
        stack.connect("night", there)
        began = time.monotonic()
        habits = Habits(portion=_PORTION, zips=False, retries=4, ends=True)
        with stack.onec("night", habits) as program:
            exported = program.export(shop)
        settled = stack.settle("night", goods * _PATIENCE_SECONDS_A_GOOD + 600.0)
        seconds = time.monotonic() - began
        whole = exported.whole and settled
        what = f"{goods:,} goods"
        missing = missing_in(content_of(there), shop) + (not whole)
        figures = (
            (f"{what}: an export", "s", seconds, None),
            (f"{what}: what is missing after it", "records", missing, 0),
            (f"{what}: the longest answer to a poll", "s", max(stack.polls), _POLL_SECONDS),
        )
        return [row_of(*one, suite=SUITE) for one in figures]
