"""Two workers on one run, and every message twice: each record is still carried over once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mostik.sync.link import Side
from mostik.sync.run import Run, RunKind, Runs, RunState
from mostik.sync.verdict import Verdict
from tests.support.rig import HERE, Rig
from tests.unit.sync.stories import finished, linked, stocked


def doubled(send: Callable[..., None]) -> Callable[..., None]:
    def twice(body: str, **how: Any) -> None:
        send(body, **how)
        send(body, **how)

    return twice


@pytest.mark.parametrize("bulk", [False, True])
def test_two_workers_share_a_run_of_doubled_messages(bulk: bool) -> None:
    # GIVEN a queue that delivers every message twice, and a run of 150 records
    rig = stocked(Rig(), 150)
    rig.here.page_size, rig.there.bulk = 60, bulk
    rig.queue.send = doubled(rig.queue.send)  # type: ignore[method-assign]  # SQS may do so
    run = rig.desk.start("link", RunKind.FULL)
    found: Run | None = run
    rig.worker()
    # WHEN two workers take messages at the same time, until the run is closed
    with ThreadPoolExecutor(2) as pool:
        for _ in range(30):
            for _ in range(6):
                for batch in [pool.submit(rig.work, 3), pool.submit(rig.work, 3)]:
                    batch.result()
            rig.clock.advance(60)
            rig.tick()
            found = Runs(rig.table).get(run.id)
            if found is not None and not found.is_open:
                break
    # THEN every record was created once, and counted once
    assert found is not None
    assert found.state is RunState.DONE, (found, rig.jobs())
    assert found.totals is not None
    assert found.totals.counts == {Verdict.CREATED: 150}
    assert sorted(rig.there.created) == sorted(rig.here.things)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("here"), st.integers(0, 3), st.text("abc", min_size=1, max_size=2)),
        st.tuples(st.just("there"), st.integers(0, 3), st.text("abc", min_size=1, max_size=2)),
        st.tuples(st.just("touch"), st.integers(0, 3), st.just("")),
        st.tuples(st.just("run"), st.integers(0, 1), st.just("")),
        st.tuples(st.just("work"), st.integers(1, 3), st.just("")),
        st.tuples(st.just("minute"), st.integers(0, 1), st.just("")),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_the_order_of_touches_and_runs_both_sides_end_equal(
    steps: list[tuple[str, int, str]],
) -> None:
    # GIVEN two shelves with changes on both, touches and runs both ways, in any order
    rig = stocked(Rig(), 4)
    rig.here.page_size = 2
    for what, number, text in steps:
        key = f"{number:04}"
        match what:
            case "here":
                rig.here.put(key, text)
            case "there":
                for thing in rig.there.carrying(HERE, key):
                    rig.there.put(thing.key, text)
            case "touch":
                rig.touch(key)
            case "run":
                side = Side.RIGHT if number else Side.LEFT
                if not [run for run in Runs(rig.table).open() if run.side is side]:
                    rig.desk.start("link", RunKind.FULL, side=side)
            case "work":
                rig.work(number)
            case _:
                rig.minute()
    # WHEN all that is open ends, and a run is made each way
    for run in Runs(rig.table).open():
        finished(rig, run)
    for side in (Side.RIGHT, Side.LEFT, Side.RIGHT):
        finished(rig, rig.desk.start("link", RunKind.FULL, side=side))
    rig.settle_down()
    # THEN nothing was doubled, and both sides say the same
    assert sorted(rig.there.created) == sorted(rig.here.things)
    for key, text in rig.here.texts().items():
        assert linked(rig, key).text == text
