"""Creations of a run whose answers are lost: looked up before anything is repeated."""

from __future__ import annotations

import pytest

from mostik.errors import RateLimited, Unknown, WhoActs
from mostik.sync.link import Side
from mostik.sync.run import RunKind, RunState
from mostik.sync.verdict import Verdict
from mostik.sync.xref import Pairs, PairState
from tests.support.rig import Rig
from tests.support.shelf import Killed
from tests.unit.sync.stories import finished, run_of, stocked

LOST = Unknown("The answer was lost.", who=WhoActs.SYSTEM)


@pytest.mark.parametrize("bulk", [False, True])
def test_creations_whose_answers_were_lost_are_found_and_counted_once(bulk: bool) -> None:
    # GIVEN a side that does the work and loses the answers, call after call
    rig = stocked(Rig(), 60)
    rig.there.bulk = bulk
    rig.there.lost["create"] = [LOST] * (2 if bulk else 60)
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN every record is there once, and counted as created
    assert run.state is RunState.DONE
    assert run.totals is not None
    assert run.totals.counts == {Verdict.CREATED: 60}
    assert sorted(rig.there.created) == sorted(rig.here.things)


@pytest.mark.parametrize("bulk", [False, True])
def test_creations_that_never_came_are_repeated_after_two_looks(bulk: bool) -> None:
    # GIVEN a side that never got the request, and nobody can know that
    rig = stocked(Rig(), 60)
    rig.there.bulk = bulk
    rig.there.refusals["create"] = [LOST] * (2 if bulk else 60)
    started = rig.clock()
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN they are created after the longest request, and two looks at the least
    assert run.totals is not None
    assert run.totals.counts == {Verdict.CREATED: 60}
    assert sorted(rig.there.created) == sorted(rig.here.things)
    assert rig.clock() - started >= 90 + 30


def test_a_limit_in_the_middle_of_a_chunk_holds_it_and_repeats_nothing() -> None:
    # GIVEN a side that refuses for its limit after ten creations
    rig = stocked(Rig(), 40)
    calls: list[str] = []

    def limit(operation: str) -> None:
        if operation == "create":
            calls.append(operation)
            if len(calls) == 11:
                raise RateLimited("Slow.", who=WhoActs.SYSTEM, retry_after=30.0, gate="there")

    rig.there.before = limit
    run = run_of(rig, RunKind.FULL)
    # THEN the chunk was held, and went on where it was
    assert run.totals is not None
    assert run.totals.counts == {Verdict.CREATED: 40}
    assert len(rig.there.created) == 40
    assert len(calls) == 41


def test_a_touch_does_not_create_what_a_chunk_is_creating() -> None:
    # GIVEN a chunk whose worker died between the request and its answer
    rig = stocked(Rig(), 3)
    run = rig.desk.start("link", RunKind.FULL)
    rig.work()
    rig.there.after = _die
    with pytest.raises(Killed):
        rig.work()
    rig.there.after = None
    things = dict(rig.there.things)
    pair = Pairs(rig.table).find("link", Side.LEFT, "0000")
    assert pair is not None
    assert pair.state is PairState.CREATING
    # AND the other side does not find the new things yet, as an index that lags
    rig.there.things.clear()
    # WHEN touches of the same records come
    for key in rig.here.things:
        rig.touch(key)
    rig.work()
    created = list(rig.there.created)
    # THEN they wait; and when the things are found, all is linked and nothing doubled
    assert created == ["0000"]
    rig.there.things.update(things)
    assert finished(rig, run).state is RunState.DONE
    rig.settle_down()
    assert sorted(rig.there.created) == sorted(rig.here.things)


def _die(operation: str) -> None:
    if operation == "create":
        raise Killed
