"""The suite ``sync``: what a run costs where nothing or little is to be done, what two filled bases
come to, and whether two words for one thing go round.

The worker, the tick and all between them are real (``bench.sync_bed``); systems, tables and queue
are in memory.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

from bench import sync_calls, sync_matching
from bench.rows import Row, absolute
from bench.sync_bed import ReadTable, document, run_of
from bench.sync_trade import KINDS, holds, order
from mostik.commerce.record import Canonical
from mostik.jobs.message import Touch
from mostik.sync.link import Side
from mostik.sync.run import Run, RunKind
from mostik.sync.verdict import Verdict
from tests.support.register import Register, RegisterRig
from tests.support.rig import HERE, THERE
from tests.support.shelf import RESOURCE, Thing

SUITE = "sync"
_ROUNDS = 5
_ROWS_A_SECOND = 20_000.0
_PAGE = 500
_EXCHANGES = 100
_STATUSES = """\
fields:
- {left: text, right: text, dictionary: statuses}
dictionaries:
  statuses:
    noun: status
    entries:
    - {left: Принят, right: Новый}
    - {left: Отгружен, right: Передан в доставку}
    - {left: Отгружен, right: Готов к выдаче, way: to_left}
"""


def measure(short: bool) -> Sequence[Row]:
    """Returns the rows of the suite."""
    records = 1_000 if short else 10_000
    rows: list[Row] = []
    for name, make in KINDS.items():
        rows.append(_unchanged(name, make, records, documented=False))
        rows.append(_unchanged(name, make, records, documented=True))
    rows.append(_unchanged("orders", order, records, documented=True, side=Side.RIGHT))
    rows += sync_calls.measure(4_000 if short else 50_000)
    rows += sync_matching.measure(1_000 if short else 5_000)
    rows.append(_status_loop())
    return rows


def _unchanged(
    name: str,
    make: Callable[[int], Canonical],
    records: int,
    *,
    documented: bool,
    side: Side = Side.LEFT,
) -> Row:
    """Rows a second of full runs that find nothing to be done: the list is read, each record is
    compared with its pair, and each page writes its row. The time is that of the processor."""
    rig = _agreeing(make, records, documented=documented)
    rig.table.__class__ = ReadTable
    nothing = Verdict.UNCHANGED if side is Side.LEFT else Verdict.ECHOED
    speeds = []
    gc.collect()
    gc.freeze()  # what the systems and the tables hold lies elsewhere, not in the worker
    for _ in range(_ROUNDS):
        began = time.process_time()
        run = run_of(rig, RunKind.FULL, side)
        speeds.append(records / (time.process_time() - began))
        _expect(run, {nothing: records})
    gc.unfreeze()
    how = "with a document" if documented else "without a document"
    back = ", from the right side" if side is Side.RIGHT else ""
    value = round(median(speeds))
    print(f"  unchanged {name} {how}{back}: {value:,} rows/s", file=sys.stderr)
    return Row(
        SUITE, f"unchanged {name} compared {how}{back}", "rows/s of one core", "higher", value,
        None, "", value, _ROWS_A_SECOND, value >= _ROWS_A_SECOND, _ROUNDS,
    )  # fmt: skip


def _agreeing(make: Callable[[int], Canonical], records: int, *, documented: bool) -> RegisterRig:
    """Two systems that a first run has made equal."""
    sample = make(0)
    held = holds(sample)
    rig = RegisterRig(
        left=Register(type(sample), map(make, range(records)), page_size=_PAGE, holds=held),
        right=Register(type(sample), page_size=_PAGE, holds=held - {"comment"}),
    )
    if documented:
        document(rig)
    _expect(run_of(rig, RunKind.FULL), {Verdict.CREATED: records})
    return rig


def _status_loop() -> Row:
    """Theirs has two words for ours. They say the second, and a hundred exchanges follow."""
    rig = RegisterRig(left=Register(Thing, [Thing(key="1", text="Принят")]), right=Register(Thing))
    document(rig, _STATUSES)
    _expect(run_of(rig, RunKind.FULL), {Verdict.CREATED: 1})
    [theirs] = rig.right.records
    rig.right.edit(theirs, text="Готов к выдаче")
    rig.left.updated.clear()
    rig.right.updated.clear()
    for _ in range(_EXCHANGES):
        for connection, key in ((HERE, "1"), (THERE, theirs)):
            rig.send(Touch(connection, RESOURCE, key, "hint", rig.clock()))
        rig.settle_down()
        rig.clock.advance(60)
    said = (rig.left.records["1"], rig.right.records[theirs])
    if [one.content()["text"] for one in said] != ["Отгружен", "Готов к выдаче"]:
        raise RuntimeError(f"the two do not say the same: {said}")
    writes = len(rig.left.updated) + len(rig.right.updated)
    return absolute(
        SUITE, f"writes of two words for one status over {_EXCHANGES} exchanges", "writes",
        ours=writes, target=1.0,
    )  # fmt: skip


def _expect(run: Run, counts: dict[Verdict, int]) -> None:
    if run.totals is None or dict(run.totals.counts) != counts:
        raise RuntimeError(f"expected {counts}: {run}")
