"""Closed gates: what is held, what probes, what opens them."""

from __future__ import annotations

import pytest

from mostik.errors import (
    ConfigurationError,
    RateLimited,
    WhoActs,
)
from mostik.jobs.row import JobState
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE

WHO = WhoActs.SYSTEM
ONE = f"{HERE}/{RESOURCE}/1"


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.here.put("1", "a")
    return rig


def test_a_limit_holds_the_job_without_counting_it(rig: Rig) -> None:
    # GIVEN a system that limits our calls for half a minute
    rig.there.refusals["find"] = [
        RateLimited("Too many.", who=WHO, retry_after=30.0, gate=THERE) for _ in range(3)
    ]
    rig.touch("1")
    # WHEN the job meets the limit
    assert rig.work() == []
    # THEN it is held behind that system's gate; nothing was counted and nothing carries it but
    # its row
    row = rig.job(ONE)
    assert (row.state, row.gate, row.attempts, row.due_at) == (JobState.HELD, THERE, 0, None)
    assert len(rig.queue) == 0
    # AND it is done in time, still without an attempt lost
    rig.settle_down()
    assert list(rig.there.texts().values()) == ["a"]


def test_behind_a_closed_gate_no_call_is_made(rig: Rig) -> None:
    # GIVEN a closed gate
    rig.there.refusals["find"] = [RateLimited("Too many.", who=WHO, retry_after=300.0, gate=THERE)]
    rig.touch("1")
    rig.work()
    calls = dict(rig.here.calls), dict(rig.there.calls)
    # WHEN other records are touched
    for key in "2345":
        rig.here.put(key, key)
        rig.touch(key)
    assert rig.work() == []
    # THEN all are held, and neither side was called
    assert (dict(rig.here.calls), dict(rig.there.calls)) == calls
    assert len(rig.jobs(JobState.HELD)) == 5
    assert {row.attempts for row in rig.jobs()} == {0}


def test_a_wrong_setting_closes_the_gate_for_all_and_one_probe_opens_it(rig: Rig) -> None:
    # GIVEN a system that refuses our key
    for key in "2345":
        rig.here.put(key, key)

    def refuses(_operation: str) -> None:
        raise ConfigurationError("The key is refused.", gate=THERE)

    rig.there.before = refuses
    for key in "12345":
        rig.touch(key)
    # WHEN a batch meets it
    assert rig.work() == []
    # THEN every job is held, for one reason, and a person must act
    assert len(rig.jobs(JobState.HELD)) == 5
    gate = rig.gates.get(THERE)
    assert gate is not None
    assert gate.probes
    # WHEN ten minutes pass and it is still refused
    calls = rig.there.calls["find"]
    rig.clock.advance(601)
    assert rig.tick().released == 1
    rig.work()
    # THEN only one job has tried
    assert len(rig.jobs(JobState.HELD)) == 5
    assert rig.tick().released == 0
    # WHEN the key is right
    rig.there.before = None
    del calls
    rig.clock.advance(601)
    assert rig.tick().released == 1
    rig.work()
    # THEN the probe's success releases all the others at once, without waiting for a tick
    rig.work()
    assert sorted(rig.there.texts().values()) == ["2", "3", "4", "5", "a"]
    assert rig.jobs() == []


def test_fresh_credentials_help_at_once(rig: Rig) -> None:
    # GIVEN a key that was rotated: the cached one is refused, the stored one is right
    rig.touch("1")

    def rotated(operation: str) -> None:
        del operation
        rig.there.before = None
        rig.secrets.documents[f"client/{THERE}"] = '{"api_key": "a-fresh-key-0001"}'
        raise ConfigurationError("The key is refused.", gate=THERE)

    rig.there.before = rotated
    old = rig.secrets.documents[f"client/{THERE}"]
    read = rig.secrets.read
    rig.secrets.read = lambda name: old if name.startswith("client") else read(name)  # type: ignore[method-assign]  # a cache
    # WHEN the job runs
    assert rig.work() == []
    # THEN it was done without a gate that closes
    assert list(rig.there.texts().values()) == ["a"]
    assert rig.gates.get(THERE) is None


def test_a_connection_that_nobody_set_up_holds_its_jobs(rig: Rig) -> None:
    # GIVEN a link whose other end lacks its secret
    del rig.secrets.documents[f"client/{THERE}"]
    rig.touch("1")
    # WHEN the worker has the job
    assert rig.work() == []
    # THEN it is held there, and done once the secret is there
    assert (rig.job(ONE).state, rig.job(ONE).gate) == (JobState.HELD, THERE)
    rig.connect(THERE)
    rig.settle_down()
    assert list(rig.there.texts().values()) == ["a"]
