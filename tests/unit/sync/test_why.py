"""Why was this record not written? What stops it first, since when, and who acts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mostik.connections.gateboard import GateBoard
from mostik.errors import ConfigurationError, Family, GiveUp, WhoActs
from mostik.jobs.row import Failure
from mostik.sync.brakes import Brakes
from mostik.sync.link import Links, Side
from mostik.sync.run import RunKind, Runs
from mostik.sync.why import Reason, Why
from mostik.sync.xref import Pairs
from tests.support.rig import HERE, THERE, Rig
from tests.unit.sync.stories import finished, linked, relinked


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.here.put("1", "a")
    return rig


def why(rig: Rig, key: str = "1", side: Side = Side.LEFT) -> Sequence[Reason]:
    """Asks about a record of the rig's link."""
    board = GateBoard(rig.table, rig.book, rig.clock)
    answer = Why(Pairs(rig.table), rig.parked, rig.rows, Runs(rig.table), board.lines)
    [link] = Links(rig.table, rig.clock).all()
    return answer(link, side, key)


def first(rig: Rig) -> Reason:
    found = why(rig)[0]
    assert found.stops
    return found


def closed(rig: Rig, name: str, *, until: float, who: WhoActs = WhoActs.SYSTEM) -> None:
    failure = Failure(Family.RATE_LIMITED, "The limit is reached.", who, rig.clock())
    rig.gates.close(name, until=until, why=failure)


def test_where_nothing_stops_it_nothing_is_said_to(rig: Rig) -> None:
    rig.touch("1")
    rig.settle_down()
    assert not any(reason.stops for reason in why(rig))


@pytest.mark.parametrize("end", [HERE, THERE])
def test_a_closed_gate_of_either_side_stops_it_and_it_is_said_when_it_opens(
    rig: Rig, end: str
) -> None:
    closed(rig, end, until=rig.clock() + 3_600)
    found = first(rig)
    assert (found.source, found.at) == ("gate", rig.clock())
    assert found.text.startswith(f"{end}: The limit is reached. It opens at 2025-")


def test_a_gate_that_a_person_must_open_says_who(rig: Rig) -> None:
    # GIVEN a side that does not accept our key
    rig.there.refusals["find"] = [ConfigurationError("The key is refused.", gate=THERE)]
    rig.touch("1")
    rig.work()
    rig.clock.advance(700)
    # THEN
    found = first(rig)
    assert found.source == "gate"
    assert "The key is refused." in found.text
    assert found.text.endswith("To act: administrator of this connection.")
    assert found.at == rig.clock() - 700


def test_gates_of_others_and_of_one_method_do_not_stop_it(rig: Rig) -> None:
    closed(rig, "elsewhere", until=rig.clock() + 60)
    closed(rig, f"{THERE}:/pictures", until=rig.clock() + 60)
    found = [reason for reason in why(rig) if reason.source == "gate"]
    assert [reason.stops for reason in found] == [False]
    assert "/pictures" in found[0].text


def test_a_paused_link_stops_it_and_so_does_what_waits_for_it(rig: Rig) -> None:
    rig.desk.pause_link("link", by="vera")
    rig.touch("1")
    rig.settle_down()
    stopped = [reason for reason in why(rig) if reason.stops]
    assert [reason.source for reason in stopped] == ["gate", "quarantine"]
    assert all("vera has paused the link link." in reason.text for reason in stopped)
    rig.desk.resume_link("link")
    for _ in range(2):
        rig.minute()
    assert not any(reason.stops for reason in why(rig))


def test_a_held_or_a_paused_run_stops_it(rig: Rig) -> None:
    relinked(rig, brakes=Brakes(creates_percent=10, creates_from=0))
    run = finished(rig, rig.desk.start("link", RunKind.FULL))
    assert "is held" in first(rig).text
    rig.desk.cancel(run.id)
    paused = rig.desk.start("link", RunKind.FULL)
    rig.desk.pause(paused.id, by="vera")
    assert first(rig).source == "run"
    assert "vera has paused it." in first(rig).text


def test_what_we_wrote_ourselves_is_called_an_echo(rig: Rig) -> None:
    rig.touch("1")
    rig.settle_down()
    there = linked(rig, "1").key
    found = [reason for reason in why(rig, there, Side.RIGHT) if reason.source == "echo"]
    assert [reason.text for reason in found] == ["What is here now may be what we have written."]


def test_the_first_reason_is_what_stops_it_and_times_stand_beside(rig: Rig) -> None:
    rig.here.put("1", "refused")
    rig.there.errors["refused"] = GiveUp("Too long.", who=WhoActs.EXTERNAL_ADMIN)
    finished(rig, rig.desk.start("link", RunKind.FULL))
    found = first(rig)
    assert found.source == "quarantine"
    assert found.text == "Too long. (quarantined, tried 1 times)"
    assert found.at is not None
