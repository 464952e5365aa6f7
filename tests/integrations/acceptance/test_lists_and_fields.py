"""What every integration with resources promises of lists and fields, whatever comes in them."""

from __future__ import annotations

import pytest

from local.sandbox.server import Answer, Call
from mostik.integration import Blind
from mostik.sync.link import Side
from mostik.sync.run import RunKind, RunState
from mostik.sync.verdict import Verdict
from tests.integrations.acceptance.answers import altered, fields_of, with_news
from tests.integrations.acceptance.offers import EVERY_PLAYED
from tests.integrations.acceptance.stack import RECORDS, Stack, several_pages, stack, totals
from tests.support.wire import Spoilt


@EVERY_PLAYED
def test_a_list_that_moves_while_it_is_read_loses_nothing(name: str, what: str) -> None:
    made = several_pages(name, what)
    keys = list(made.played.texts())
    moved: list[int] = []

    def meddle(place: int, _sent: Call) -> None:
        # GIVEN people who, after the first call, delete, edit and enter records
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
def test_a_full_scan_that_fails_half_way_deletes_nothing(name: str, what: str) -> None:
    made = several_pages(name, what)
    made.relink(deletes=frozenset({Side.RIGHT}))
    made.run()
    records = len(made.peer.records)
    made.played.remove(next(iter(made.played.texts())))
    read = len(made.wire.sent) + 1
    made.wire.spoil = lambda place, _call: Spoilt.BROKEN if place >= read else None
    # WHEN nothing can be read behind the first call
    made.desk.start("link", RunKind.FULL)
    for _ in range(60):
        made.minute()
    # THEN nothing was deleted, not even what is gone
    assert len(made.wire.sent) > read
    assert len(made.peer.records) == records


@EVERY_PLAYED
def test_what_is_gone_there_is_gone_here_after_a_whole_scan(name: str, what: str) -> None:
    made = stack(name, what)
    made.relink(deletes=frozenset({Side.RIGHT}))
    made.run()
    made.played.remove(next(iter(made.played.texts())))
    run = made.run()
    # THEN it is, unless the side says that it cannot tell; then nobody guesses
    assert run.state is RunState.DONE
    gone = 0 if Blind.GONE in made.blind else 1
    assert (totals(run).gone, len(made.peer.records)) == (gone, RECORDS - gone)
    assert made.in_step()


@EVERY_PLAYED
@pytest.mark.parametrize("ahead", [-300, 300])
def test_clocks_that_differ_by_five_minutes_lose_no_change(
    name: str, what: str, ahead: int
) -> None:
    made = Stack(name=name, what=what)
    # GIVEN a side whose clock is wrong
    made.played.ahead = ahead
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


# ── fields ────────────────────────────────────────────────────────────────────────────────────


@EVERY_PLAYED
def test_an_update_leaves_alone_what_we_know_nothing_of(name: str, what: str) -> None:
    made = stack(name, what, 1)
    made.run()
    [key] = made.peer.records
    [here] = made.played.texts()
    besides = made.played.besides(here)
    # WHEN the peer's record is changed
    made.clock.advance(60)
    made.peer_changes(key, "Changed")
    made.touch_peer(key)
    made.settle_down()
    # THEN it says so here, and everything else is as it was
    assert made.played.texts()[here] == "Changed"
    assert made.played.besides(here) == besides


@EVERY_PLAYED
def test_fields_that_nobody_knows_change_nothing(name: str, what: str) -> None:
    made = stack(name, what)
    made.run()
    effects = made.peer.effects
    # WHEN every object of every answer has got a field more
    made.wire.exchanged = with_news
    second = made.run()
    assert totals(second).count(Verdict.UNCHANGED) == RECORDS
    assert made.peer.effects == effects


@EVERY_PLAYED
def test_a_row_that_makes_no_sense_is_told_and_stops_no_other(name: str, what: str) -> None:
    made = stack(name, what)
    key, text = next(iter(made.played.texts().items()))
    made.wire.exchanged = altered(made.played.required, text, made.played.nonsense)
    run = made.run()
    # THEN the run says so, and the others were carried over
    assert run.state is RunState.PARTIAL
    assert totals(run).count(Verdict.QUARANTINED) == 1
    assert set(made.carried_over()) == set(made.played.texts()) - {key}
    # WHEN the other side is well again
    made.wire.exchanged = lambda answer: answer
    made.run()
    # THEN nothing is left behind
    assert made.in_step()


@EVERY_PLAYED
def test_whatever_field_is_missing_no_record_is_lost_without_a_word(name: str, what: str) -> None:
    text = "Text 0"
    found: set[str] = set()

    def look(answer: Answer) -> Answer:
        found.update(fields_of(answer, text))
        return answer

    whole = stack(name, what, 3)
    whole.wire.exchanged = look
    whole.run()
    assert found
    for field in sorted(found):
        made = stack(name, what, 3)
        # GIVEN a field that the other side has left out of one row
        made.wire.exchanged = altered(field, text)
        run = made.run()
        # THEN that one is carried over or quarantined, and the others are carried over
        if run.state is RunState.FAILED and field in made.played.vital:
            assert run.failure is not None  # no list can be trusted whose rows are nobody's
            assert not made.peer.records
            continue
        figures = totals(run)
        assert figures.count(Verdict.CREATED) + figures.count(Verdict.QUARANTINED) == 3, field
        assert len(made.peer.records) == figures.count(Verdict.CREATED) >= 2, field
