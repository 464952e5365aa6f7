"""What every integration with resources promises whatever the other side does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.sandbox.server import Call
from mostik.integration import Blind
from mostik.jobs.row import JobState
from mostik.sync.link import Side
from mostik.sync.run import RunKind, RunState
from mostik.sync.verdict import Verdict
from tests.integrations.acceptance.offers import CALLED, EVERY_PLAYED, having_tests, plays_of
from tests.integrations.acceptance.stack import (
    RECORDS,
    Stack,
    several_pages,
    stack,
    totals,
    with_peers_records,
)
from tests.support.shelf import Killed
from tests.support.wire import Spoilt

EVERY_MISHAP = pytest.mark.parametrize("spoilt", list(Spoilt), ids=lambda spoilt: spoilt.name)


def calls_of_a_run(made: Stack, side: Side = Side.LEFT) -> int:
    """How many calls a first run makes."""
    made.run(side=side)
    return len(made.wire.sent)


def only_at(place: int, spoilt: Spoilt) -> Callable[[int, Call], Spoilt | None]:
    """Spoils one call."""
    return lambda at, _call: spoilt if at == place else None


@pytest.mark.parametrize("name", having_tests(CALLED))
def test_an_integration_with_resources_is_played(name: str) -> None:
    assert plays_of(name), f"tests/integrations/{name}/played.py offers no PLAYS"


# ── nothing happens twice ─────────────────────────────────────────────────────────────────────


@EVERY_PLAYED
def test_a_second_run_changes_nothing(name: str, what: str) -> None:
    made = stack(name, what)
    first = made.run()
    assert first.state is RunState.DONE
    assert made.in_step()
    effects, before = made.peer.effects, dict(made.played.texts())
    # WHEN it is run again
    second = made.run()
    # THEN every record was looked at, and nothing was written on either side
    assert second.state is RunState.DONE
    assert totals(second).listed == totals(second).count(Verdict.UNCHANGED) == RECORDS
    assert made.peer.effects == effects
    assert made.played.texts() == before
    assert not made.written()


@EVERY_PLAYED
def test_touches_that_come_twice_and_in_the_wrong_order_say_the_last_state(
    name: str, what: str
) -> None:
    made = stack(name, what, 0)
    keys = made.stock(5)
    for key in [*reversed(keys), *keys]:
        made.touch_here(key)
    made.settle_down()
    for number, key in enumerate(keys):
        made.played.edit(key, f"Changed {number}")
        made.clock.advance(2)
    for key in [*reversed(keys), *keys, *keys]:
        made.touch_here(key)
    made.settle_down()
    assert made.in_step()
    assert len(made.peer.records) == 5


@EVERY_PLAYED
def test_what_we_wrote_ourselves_does_not_come_back(name: str, what: str) -> None:
    made = stack(name, what, 0)
    made.peer_says("m-1", "From the peer")
    made.touch_peer("m-1")
    made.settle_down()
    [key] = made.played.texts()
    assert made.played.texts()[key] == "From the peer"
    effects, writes = made.peer.effects, len(made.written())
    # WHEN the other side tells of what we did, and a run reads it as well
    made.clock.advance(60)
    made.touch_here(key)
    made.settle_down()
    made.run(RunKind.INCREMENTAL)
    # THEN nothing was written anywhere
    assert (made.peer.effects, len(made.written())) == (effects, writes)


# ── whatever goes wrong ───────────────────────────────────────────────────────────────────────


@EVERY_PLAYED
def test_a_worker_that_dies_after_any_call_of_several_pages_makes_no_difference(
    name: str, what: str
) -> None:
    calls = calls_of_a_run(several_pages(name, what))
    for place in range(calls):
        made = several_pages(name, what)
        # GIVEN a worker that dies after one call of its run
        made.wire.spoil = only_at(place, Spoilt.DEATH)
        work_through(made)
        # THEN the run ended as if nothing had been
        assert made.in_step(), f"died after call {place}: {made.wire.sent[place]}"


@EVERY_PLAYED
@EVERY_MISHAP
def test_a_call_that_goes_wrong_is_made_up_for(name: str, what: str, spoilt: Spoilt) -> None:
    for place in range(calls_of_a_run(stack(name, what))):
        made = stack(name, what)
        made.wire.spoil = only_at(place, spoilt)
        work_through(made)
        assert made.in_step(), f"{spoilt} at call {place}: {made.wire.sent[place]}"


@EVERY_PLAYED
@EVERY_MISHAP
def test_a_write_that_goes_wrong_is_made_up_for_and_never_done_twice(
    name: str, what: str, spoilt: Spoilt
) -> None:
    for place in range(calls_of_a_run(with_peers_records(name, what), Side.RIGHT)):
        # GIVEN records of the peer on their way here, and one call that goes wrong
        made = with_peers_records(name, what)
        made.wire.spoil = only_at(place, spoilt)
        work_through(made, Side.RIGHT)
        made.settle_down()
        # THEN each is here, once
        call = made.wire.sent[place]
        assert made.agree(), f"{spoilt} at call {place}: {call}"
        # AND they are pairs
        told_both_ways(made)
        assert made.agree(), f"after {spoilt} at call {place}: {call}"


@EVERY_PLAYED
@EVERY_MISHAP
def test_a_touch_that_meets_a_mishap_is_made_up_for(name: str, what: str, spoilt: Spoilt) -> None:
    def told_of_one() -> Stack:
        made = stack(name, what, 0)
        made.peer_says("m-1", "From the peer")
        made.touch_peer("m-1")
        return made

    known = told_of_one()
    known.settle_down()
    for place in range(len(known.wire.sent)):
        made = told_of_one()
        made.wire.spoil = only_at(place, spoilt)
        survive(made.settle_down)
        assert list(made.played.texts().values()) == ["From the peer"], (
            f"{spoilt} at call {place}: {made.wire.sent[place]}"
        )


@EVERY_PLAYED
def test_a_creation_whose_answer_was_lost_is_not_made_twice(name: str, what: str) -> None:
    made = stack(name, what, 0)
    lost: list[int] = []

    def lose(place: int, sent: Call) -> Spoilt | None:
        if made.played.creates(sent) and not lost:
            lost.append(place)
            return Spoilt.LOST
        return None

    made.wire.spoil = lose
    made.peer_says("m-1", "From the peer")
    made.touch_peer("m-1")
    made.settle_down()
    assert lost
    assert list(made.played.texts().values()) == ["From the peer"]
    # THEN the two are a pair
    told_both_ways(made)
    assert made.agree()


@EVERY_PLAYED
def test_credentials_that_are_refused_hold_the_work_and_lose_nothing(name: str, what: str) -> None:
    made = stack(name, what)
    made.wire.spoil = lambda _place, _call: Spoilt.REFUSED
    # WHEN a run meets a door that is closed
    made.desk.start("link", RunKind.FULL)
    for _ in range(3):
        made.minute()
    # THEN its job waits for a person, who is told why, and it was asked once
    [job] = made.jobs(JobState.HELD)
    assert job.failure is not None
    assert job.failure.text[0].isupper()
    assert len(made.wire.sent) == 1
    assert not made.peer.records


def work_through(made: Stack, side: Side = Side.LEFT) -> None:
    """A run, whatever dies on its way."""
    started = made.desk.start("link", RunKind.FULL, side=side)
    for _ in range(240):
        survive(made.minute)
        found = made.desk.runs.get(started.id)
        if found is not None and not found.is_open:
            return
    raise AssertionError(f"the run {started.id} does not end")


def told_both_ways(made: Stack) -> None:
    """People change a record on each side, and each is told of it; the one here only where it can
    be heard of."""
    made.clock.advance(60)
    theirs = next(iter(made.peer.records))
    made.peer_changes(theirs, "Changed in the peer")
    made.touch_peer(theirs)
    made.settle_down()
    assert "Changed in the peer" in made.played.texts().values()
    if Blind.MADE in made.blind:
        return
    made.clock.advance(60)
    ours = next(iter(made.played.texts()))
    made.played.edit(ours, "Changed here")
    made.touch_here(ours)
    made.settle_down()
    assert "Changed here" in made.played.texts().values()


def survive(step: Callable[[], object]) -> None:
    """Does a step; a death on its way is one of the process, not of the stack."""
    while True:
        try:
            step()
        except Killed:
            continue
        return
