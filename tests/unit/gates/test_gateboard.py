from __future__ import annotations

import pytest

from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection, Mode
from mostik.connections.gateboard import GateBoard
from mostik.errors import ConfigurationError, Family, WhoActs
from mostik.http.breaker import Circuits
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.parking import Parking
from mostik.jobs.row import Failure, JobState
from tests.support.rig import THERE, Rig

LIST = Endpoint("POST", "things.list", Replay.SAFE)


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def board(rig: Rig) -> GateBoard:
    return GateBoard(rig.table, ConnectionBook(rig.table, rig.clock), rig.clock)


def closed(rig: Rig, name: str, family: Family = Family.CONFIGURATION) -> None:
    why = Failure(family, "Our access was revoked.", WhoActs.ADMIN, rig.clock())
    rig.gates.close(name, until=rig.clock() + 600, why=why)


def test_an_open_stack_has_nothing_to_show(board: GateBoard) -> None:
    assert list(board.lines()) == []


def test_everything_that_keeps_calls_back_is_shown(rig: Rig, board: GateBoard) -> None:
    # GIVEN one of each
    board.pause("here")
    Circuits(rig.table, rig.clock).save_open(THERE, failure_count=5, opened_at=int(rig.clock()))
    Parking(rig.table, THERE, rig.clock).park(LIST, rig.clock() + 100)
    closed(rig, THERE)
    rig.here.put("1", "new")
    rig.touch("1")
    rig.work()
    assert len(rig.jobs(JobState.HELD)) == 1
    # THEN each is a line that says what it is, until when, and how much waits
    lines = [(line.name, line.what, line.held) for line in board.lines()]
    assert lines == [
        ("here", "paused", 0),
        (THERE, "breaker", 0),
        (f"{THERE}:things.list", "parked", 0),
        (THERE, "jobs held", 1),
    ]
    *_, parked, gate = board.lines()
    assert (parked.until, gate.until) == (rig.clock() + 100, rig.clock() + 600)
    assert gate.reason == "Our access was revoked."


def test_a_person_opens_all_gates_of_a_connection(rig: Rig, board: GateBoard) -> None:
    # GIVEN a job held behind a gate that only a person can open
    closed(rig, THERE)
    rig.here.put("1", "new")
    rig.touch("1")
    rig.work()
    Circuits(rig.table, rig.clock).save_open(THERE, failure_count=5, opened_at=int(rig.clock()))
    Parking(rig.table, THERE, rig.clock).park(LIST, rig.clock() + 100)
    closed(rig, "another")
    # WHEN
    assert list(board.open(THERE)) == ["breaker", "parked methods", "held jobs"]
    # THEN nothing of it is left, the job goes with the next tick, and others stay as they are
    assert [line.name for line in board.lines() if line.what != "jobs held"] == []
    assert rig.tick().released == 1
    rig.work()
    assert rig.there.created == ["1"]
    assert [line.name for line in board.lines()] == ["another"]
    # AND a second time there is nothing to open
    assert list(board.open(THERE)) == []


def test_a_pause_is_kept_and_changes_nothing_else(rig: Rig, board: GateBoard) -> None:
    # GIVEN
    before = rig.book.get(THERE)
    # WHEN
    board.pause(THERE)
    # THEN
    rig.clock.advance(60)
    paused = rig.book.get(THERE)
    assert paused.mode is Mode.PAUSED
    assert (paused.settings, paused.limit_share) == (before.settings, before.limit_share)
    # WHEN
    board.resume(THERE)
    # THEN
    rig.clock.advance(60)
    assert rig.book.get(THERE) == before


def test_a_resumption_lets_held_jobs_go_with_the_next_tick(rig: Rig, board: GateBoard) -> None:
    # GIVEN jobs that a pause has held
    closed(rig, THERE, Family.RATE_LIMITED)
    rig.here.put("1", "new")
    rig.touch("1")
    rig.work()
    assert rig.tick().released == 0
    rig.clock.advance(60)
    # WHEN
    board.resume(THERE)
    # THEN
    assert rig.tick().released == 1


def test_what_is_not_there_cannot_be_opened_or_paused(board: GateBoard) -> None:
    for act in (board.open, board.pause, board.resume):
        with pytest.raises(ConfigurationError, match="no connection 'nowhere'"):
            act("nowhere")


def test_a_connections_id_is_no_beginning_of_anothers(rig: Rig, board: GateBoard) -> None:
    # GIVEN two connections, one's id being the beginning of the other's
    rig.book.save(Connection("there-too", "shelf", {"name": "there-too"}))
    closed(rig, "there-too")
    closed(rig, THERE)
    # WHEN one is opened
    board.open(THERE)
    # THEN the other stays closed
    assert [line.name for line in board.lines()] == ["there-too"]
