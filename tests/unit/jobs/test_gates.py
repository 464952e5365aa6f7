from __future__ import annotations

import pytest

from mostik.errors import Family, WhoActs
from mostik.jobs.gates import FORGET_SECONDS, Gates
from mostik.jobs.row import Failure
from tests.support.memory import state_table

NOW = 1_000_000.0


def why(family: Family = Family.RATE_LIMITED, at: float = NOW) -> Failure:
    return Failure(family, "Too many calls.", WhoActs.SYSTEM, at, "429")


@pytest.fixture
def gates() -> Gates:
    return Gates(state_table())


def test_a_gate_that_nobody_closed_is_open(gates: Gates) -> None:
    # THEN there is nothing to say about it
    assert gates.get("shop") is None
    assert list(gates.all()) == []


def test_a_closed_gate_keeps_everybody_out_until_its_time(gates: Gates) -> None:
    # WHEN a refusal closes a gate for ten seconds
    gates.close("shop", until=NOW + 10, why=why())
    # THEN it is closed exactly so long, and remembers why and since when
    gate = gates.get("shop")
    assert gate is not None
    assert gate.is_closed(NOW)
    assert gate.is_closed(NOW + 9.9)
    assert not gate.is_closed(NOW + 10)
    assert (gate.why, gate.closed_at) == (why(), NOW)


def test_a_gate_that_is_closed_longer_already_stays_so(gates: Gates) -> None:
    # GIVEN a gate that is closed for a minute
    gates.close("shop", until=NOW + 60, why=why())
    # WHEN another refusal would close it for a second
    gates.close("shop", until=NOW + 1, why=why(Family.CONFIGURATION))
    # THEN the longer time and its reason stand
    gate = gates.get("shop")
    assert gate is not None
    assert (gate.reopens_at, gate.why) == (NOW + 60, why())


def test_a_gate_knows_since_when_nothing_has_passed(gates: Gates) -> None:
    # WHEN a gate is closed again and again
    gates.close("shop", until=NOW + 1, why=why())
    gates.close("shop", until=NOW + 100, why=why(at=NOW + 50))
    # THEN it is closed since the first time, for the last reason
    gate = gates.get("shop")
    assert gate is not None
    assert (gate.closed_at, gate.why.at) == (NOW, NOW + 50)


def test_a_job_that_passes_opens_the_gate_and_the_next_refusal_closes_it_anew(
    gates: Gates,
) -> None:
    # GIVEN a gate that a person had to open
    gates.close("shop", until=NOW + 600, why=why(Family.CONFIGURATION))
    gate = gates.get("shop")
    assert gate is not None
    assert gate.probes
    # WHEN a job has passed
    gates.open(gate, NOW + 5)
    # THEN all may pass
    opened = gates.get("shop")
    assert opened is not None
    assert not opened.is_closed(NOW + 6)
    assert not opened.probes
    # AND a refusal for a shorter time closes it for that time, since now
    gates.close("shop", until=NOW + 10, why=why(at=NOW + 7))
    again = gates.get("shop")
    assert again is not None
    assert again.is_closed(NOW + 9)
    assert (again.reopens_at, again.closed_at, again.passed_at) == (NOW + 10, NOW + 7, None)


def test_a_gate_is_forgotten_only_when_no_worker_can_still_hold_a_job_behind_it(
    gates: Gates,
) -> None:
    # GIVEN a gate whose time is over
    gates.close("shop", until=NOW, why=why())
    gate = gates.get("shop")
    assert gate is not None
    # THEN it outlives every worker that has seen it closed
    assert not gate.may_be_forgotten(NOW + FORGET_SECONDS - 1)
    assert gate.may_be_forgotten(NOW + FORGET_SECONDS)
    # WHEN it is forgotten
    gates.forget(gate)
    # THEN it is as if it had never been closed
    assert gates.get("shop") is None


def test_a_gate_that_was_closed_meanwhile_is_not_forgotten(gates: Gates) -> None:
    # GIVEN a tick that has read an old gate
    gates.close("shop", until=NOW, why=why())
    read = gates.get("shop")
    assert read is not None
    # WHEN a worker closes it before the tick forgets it
    gates.close("shop", until=NOW + 5_000, why=why())
    gates.forget(read)
    # THEN it stays closed, and what is held behind it can be found
    standing = gates.get("shop")
    assert standing is not None
    assert standing.reopens_at == NOW + 5_000


def test_gates_are_read_all_of_them(gates: Gates) -> None:
    # GIVEN more gates than a page holds
    names = [f"connection-{number:03}" for number in range(250)]
    for name in names:
        gates.close(name, until=NOW, why=why())
    # THEN every one is there
    assert [gate.name for gate in gates.all()] == names
