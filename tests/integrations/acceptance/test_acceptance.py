"""What every integration with resources promises whatever the other side does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mostik.jobs.row import JobState
from mostik.sync.link import Side
from mostik.sync.run import Run, RunKind, RunState
from mostik.sync.verdict import Totals, Verdict
from tests.integrations.acceptance.played import EVERY_PLAYED, OFFERED
from tests.integrations.acceptance.stack import Stack
from tests.support.shelf import Killed
from tests.support.wire import Spoilt

RECORDS = 23
"""Several pages of every sandbox that is played."""


def stack(name: str, records: int = RECORDS) -> Stack:
    """A stack whose sandbox holds records that nobody has read yet."""
    made = Stack(name=name)
    made.stock(records)
    made.clock.advance(60)
    return made


def calls_of_a_run(name: str) -> list[str]:
    """What a first run calls, in order."""
    made = stack(name)
    made.run()
    return made.wire.sent


def work_through(made: Stack) -> None:
    """A run, whatever dies on its way."""
    started = made.desk.start("link", RunKind.FULL)
    for _ in range(240):
        try:
            made.minute()
        except Killed:
            made.clock.advance(60)
        found = made.desk.runs.get(started.id)
        if found is not None and not found.is_open:
            return
    raise AssertionError(f"the run {started.id} does not end")


def only_at(place: int, spoilt: Spoilt) -> Callable[[int, str], Spoilt | None]:
    """Spoils one call."""
    return lambda at, _name: spoilt if at == place else None


def totals(run: Run) -> Totals:
    """The figures of a run that has ended."""
    assert run.totals is not None
    return run.totals


def test_somebody_is_in_the_suite() -> None:
    assert OFFERED


@EVERY_PLAYED
def test_a_second_run_changes_nothing(name: str) -> None:
    made = stack(name)
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
    assert not [sent for sent in made.wire.sent if not sent.startswith("GET")]


@EVERY_PLAYED
def test_a_worker_that_dies_after_any_call_makes_no_difference(name: str) -> None:
    for place in range(len(calls_of_a_run(name))):
        made = stack(name)
        # GIVEN a worker that dies after one call of its run
        made.wire.spoil = only_at(place, Spoilt.DEATH)
        work_through(made)
        # THEN the run ended as if nothing had been
        assert made.in_step(), f"died after call {place}: {made.wire.sent[place]}"


@EVERY_PLAYED
@pytest.mark.parametrize("spoilt", [Spoilt.LIMITED, Spoilt.BROKEN, Spoilt.LOST])
def test_a_call_that_goes_wrong_is_made_up_for(name: str, spoilt: Spoilt) -> None:
    for place in range(len(calls_of_a_run(name))):
        made = stack(name)
        made.wire.spoil = only_at(place, spoilt)
        work_through(made)
        assert made.in_step(), f"{spoilt} at call {place}: {made.wire.sent[place]}"


@EVERY_PLAYED
def test_credentials_that_are_refused_hold_the_work_and_lose_nothing(name: str) -> None:
    made = stack(name)
    made.wire.spoil = lambda _place, _name: Spoilt.REFUSED
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


@EVERY_PLAYED
def test_touches_that_come_twice_and_in_the_wrong_order_say_the_last_state(name: str) -> None:
    made = stack(name, 0)
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
def test_a_list_that_moves_while_it_is_read_loses_nothing(name: str) -> None:
    made = stack(name)
    keys = list(made.played.texts())
    moved: list[int] = []

    def meddle(place: int, _sent: str) -> None:
        # GIVEN people who, after the first page, delete, edit and enter records
        if place == 1 and not moved:
            moved.append(place)
            made.played.remove(keys[-1])
            made.played.remove(keys[-2])
            made.played.edit(keys[0], "Edited meanwhile")
            made.played.make("Entered meanwhile")

    made.wire.before = meddle
    made.relink(deletes=frozenset({Side.RIGHT}))
    made.run()
    made.clock.advance(60)
    # WHEN the next full run comes
    made.run()
    # THEN both sides say the same
    assert moved
    assert made.in_step()


@EVERY_PLAYED
def test_what_we_wrote_ourselves_does_not_come_back(name: str) -> None:
    made = stack(name, 0)
    made.peer.keep("m-1", made.played.record("m-1", "From the peer"), {})
    made.touch_peer("m-1")
    made.settle_down()
    [key] = made.played.texts()
    assert made.played.texts()[key] == "From the peer"
    effects, writes = made.peer.effects, writes_of(made)
    # WHEN the other side tells of what we did
    made.clock.advance(60)
    made.touch_here(key)
    made.settle_down()
    # THEN nothing was written anywhere
    assert (made.peer.effects, writes_of(made)) == (effects, writes)


@EVERY_PLAYED
def test_an_update_leaves_alone_what_we_know_nothing_of(name: str) -> None:
    made = stack(name, 1)
    made.run()
    [(key, before)] = made.peer.records.items()
    [here] = made.played.texts()
    besides = made.played.besides(here)
    # WHEN the peer's record is changed
    made.clock.advance(60)
    made.peer.keep(key, made.played.record(key, "Changed"), before.external_ids)
    made.touch_peer(key)
    made.settle_down()
    # THEN the other side says so, and holds all else that it has held
    assert made.played.texts() == {here: "Changed"}
    assert besides
    assert made.played.besides(here) == besides


@EVERY_PLAYED
def test_a_creation_whose_answer_was_lost_is_not_made_twice(name: str) -> None:
    made = stack(name, 0)
    lost: list[int] = []

    def lose(place: int, sent: str) -> Spoilt | None:
        if sent == f"POST {made.played.listing}" and not lost:
            lost.append(place)
            return Spoilt.LOST
        return None

    made.wire.spoil = lose
    made.peer.keep("m-1", made.played.record("m-1", "From the peer"), {})
    made.touch_peer("m-1")
    made.settle_down()
    assert lost
    assert list(made.played.texts().values()) == ["From the peer"]
    # THEN the two are a pair: what is changed there is changed here
    [key] = made.played.texts()
    made.clock.advance(60)
    made.played.edit(key, "Changed there")
    made.touch_here(key)
    made.settle_down()
    assert made.played.text_of(made.peer.records["m-1"]) == "Changed there"


@EVERY_PLAYED
def test_a_full_scan_that_fails_half_way_deletes_nothing(name: str) -> None:
    made = stack(name)
    made.relink(deletes=frozenset({Side.RIGHT}))
    made.run()
    keys = list(made.played.texts())
    made.played.remove(keys[0])
    lists = [0]

    def second_page(_place: int, sent: str) -> Spoilt | None:
        lists[0] += sent == f"GET {made.played.listing}"
        return Spoilt.BROKEN if lists[0] > 1 else None

    made.wire.spoil = second_page
    # WHEN the list can never be read beyond its first page
    made.desk.start("link", RunKind.FULL)
    for _ in range(60):
        made.minute()
    # THEN nothing was deleted, not even what is gone
    assert lists[0] > 1
    assert len(made.peer.records) == RECORDS


@EVERY_PLAYED
def test_what_is_gone_there_is_gone_here_after_a_whole_scan(name: str) -> None:
    made = stack(name)
    made.relink(deletes=frozenset({Side.RIGHT}))
    made.run()
    made.played.remove(next(iter(made.played.texts())))
    made.run()
    assert made.in_step()
    assert len(made.peer.records) == RECORDS - 1


@EVERY_PLAYED
def test_fields_that_nobody_knows_change_nothing(name: str) -> None:
    made = stack(name)
    made.run()
    effects = made.peer.effects
    # WHEN every object of every answer has got a field more
    made.wire.exchanged = with_news
    second = made.run()
    assert totals(second).count(Verdict.UNCHANGED) == RECORDS
    assert made.peer.effects == effects


@EVERY_PLAYED
def test_a_row_without_its_key_is_told_and_stops_no_other(name: str) -> None:
    made = stack(name)
    first = next(iter(made.played.texts().items()))

    def maimed(content: Any) -> Any:
        match content:
            case dict() if first[1] in content.values():
                return {n: v for n, v in content.items() if n != made.played.required}
            case dict():
                return {n: maimed(v) for n, v in content.items()}
            case list():
                return [maimed(one) for one in content]
        return content

    made.wire.exchanged = maimed
    run = made.run()
    # THEN the run says so, and the others were carried over
    assert run.state is RunState.PARTIAL
    assert totals(run).count(Verdict.QUARANTINED) == 1
    assert set(made.carried_over()) == set(made.played.texts()) - {first[0]}


@EVERY_PLAYED
@pytest.mark.parametrize("ahead", [-300, 300])
def test_clocks_that_differ_by_five_minutes_lose_no_change(name: str, ahead: int) -> None:
    made = Stack(name=name)
    # GIVEN a side whose clock is wrong
    right = made.played.sandbox.clock
    made.played.sandbox.clock = lambda: right() + ahead
    made.stock(RECORDS)
    made.run()
    assert len(made.peer.records) == RECORDS
    for number, key in enumerate(list(made.played.texts())[:4]):
        made.clock.advance(20)
        made.played.edit(key, f"Changed {number}")
        # WHEN a run reads what was changed since the last one
        made.run(RunKind.INCREMENTAL)
        # THEN the change is there
        assert made.in_step()


def writes_of(made: Stack) -> list[str]:
    """The calls that were no reads."""
    return [sent for sent in made.wire.sent if not sent.startswith("GET")]


def with_news(content: Any) -> Any:
    """The content with a field more in each object."""
    match content:
        case dict():
            return {**{name: with_news(one) for name, one in content.items()}, "news": {"a": 1}}
        case list():
            return [with_news(one) for one in content]
    return content
