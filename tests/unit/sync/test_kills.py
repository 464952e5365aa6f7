"""A worker may die at any call of a port; a run of 200 records adds up and doubles nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mostik.errors import RetryLater, WhoActs
from mostik.sync.run import Run, RunKind, Runs, RunState
from mostik.sync.verdict import Verdict
from tests.support.rig import Rig
from tests.support.shelf import Killed
from tests.unit.sync.stories import stocked

RECORDS = 200
LANES = 4
"""The calls are divided among so many tests, which run beside each other."""
SECOND_KILL = 61
"""So many calls after the first death the next worker dies too."""


class Deaths:
    """Counts the calls of ports inside of workers, and ends the process at some of them.

    Args:
        rig: whose ports.
        at: numbers of the calls at which a worker dies; empty: it only counts.
    """

    def __init__(self, rig: Rig, at: Sequence[int] = ()) -> None:
        self.calls = 0
        self.deaths = 0
        self._at = set(at)
        self.inside = False
        for port in [*rig.ports.values(), rig.here, rig.there]:
            port.before = self._before

    def work(self, rig: Rig) -> None:
        """One invocation, which may be its worker's last."""
        self.inside = True
        try:
            rig.work()
        except Killed:
            self.deaths += 1
        finally:
            self.inside = False

    def _before(self, operation: str) -> None:
        del operation
        if not self.inside:
            return
        self.calls += 1
        if self.calls in self._at:
            raise Killed


def run_through(rig: Rig, deaths: Deaths) -> None:
    """Lets a run come to its end, with everything that goes wrong."""
    run = rig.desk.start("link", RunKind.FULL)
    found: Run | None = run
    for _ in range(60):
        for _ in range(40):
            if not rig.queue.depth.visible:
                break
            deaths.work(rig)
        found = Runs(rig.table).get(run.id)
        if found is not None and not found.is_open:
            break
        rig.clock.advance(60)
        rig.tick()
    assert found is not None
    assert found.state is RunState.DONE, (found, rig.jobs(), rig.queue.bodies)
    assert found.totals is not None
    assert found.totals.listed == RECORDS
    assert found.totals.counts == {Verdict.CREATED: RECORDS}
    assert sorted(rig.there.created) == sorted(rig.here.things)


def a_rig() -> Rig:
    rig = stocked(Rig(), RECORDS)
    rig.there.bulk = rig.here.bulk = True
    return rig


@pytest.mark.parametrize("lane", range(LANES))
def test_a_worker_that_dies_at_any_call_of_a_run_loses_and_doubles_nothing(lane: int) -> None:
    # GIVEN how many calls a run takes when nothing goes wrong
    rig = a_rig()
    whole = Deaths(rig)
    run_through(rig, whole)
    assert whole.calls > RECORDS
    # WHEN a worker dies at each of them in turn, and another one soon after
    for call in range(1 + lane, whole.calls + 1, LANES):
        rig = a_rig()
        deaths = Deaths(rig, [call, call + SECOND_KILL])
        # THEN every record is there once, and counted once as created
        run_through(rig, deaths)
        assert deaths.deaths >= 1, call


def test_a_tick_that_dies_at_any_call_loses_and_doubles_nothing() -> None:
    # GIVEN ticks that look after a run, one of which dies at its first call, its second, ...
    died = 0
    for call in range(1, 80):
        rig = stocked(Rig(), 30)
        rig.there.errors["text 7"] = RetryLater("Away.", who=WhoActs.SYSTEM, retry_after=1.0)
        deaths = Deaths(rig, [call])
        run = rig.desk.start("link", RunKind.FULL)
        for _ in range(60):
            deaths.inside = True
            try:
                rig.tick()
            except Killed:
                died += 1
            deaths.inside = False
            for _ in range(5):
                rig.work()
            rig.clock.advance(60)
            found = Runs(rig.table).get(run.id)
            if found is not None and not found.is_open:
                break
        # THEN the next one goes on, and all is accounted for
        assert found is not None
        assert found.state is RunState.PARTIAL
        assert found.totals is not None
        assert found.totals.counts == {Verdict.CREATED: 29, Verdict.QUARANTINED: 1}
        assert len(rig.there.created) == 29
    assert died > 60
