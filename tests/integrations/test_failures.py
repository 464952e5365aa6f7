"""What goes wrong on the other side becomes the right family, and the right state of the job."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mostik.errors import (
    ConfigurationError,
    GiveUp,
    MostikError,
    RateLimited,
    RetryLater,
    Skip,
    Unknown,
)
from mostik.http.endpoint import Replay
from mostik.jobs.row import JobState
from tests.integrations.subjects import EVERY_CALLED, Subject
from tests.integrations.test_effects import touch
from tests.integrations.world import World, a_world, changed, traffic, ways_to_write
from tests.support.api_router import (
    EVERY_ROUTE,
    Fault,
    refuses_to_connect,
    says,
    shows_a_page,
    times_out,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that goes wrong.

    Attributes:
        fault: what the API does.
        safe: the family when the call may be repeated.
        unsafe: the family when a repeat might be a second effect.
        state: what becomes of a job that was only reading.
    """

    fault: Fault
    safe: type[MostikError]
    unsafe: type[MostikError]
    state: JobState


CASES = {
    "429": Case(says(429, {}), RateLimited, RateLimited, JobState.HELD),
    "429 with Retry-After": Case(
        says(429, {}, {"Retry-After": "30"}), RateLimited, RateLimited, JobState.HELD
    ),
    "500": Case(says(500, {}), RetryLater, Unknown, JobState.WAITING),
    "502 with a page": Case(
        says(502, b"<html>Bad Gateway</html>"), RetryLater, Unknown, JobState.WAITING
    ),
    "503": Case(says(503, {}), RetryLater, Unknown, JobState.WAITING),
    "401": Case(says(401, {}), ConfigurationError, ConfigurationError, JobState.HELD),
    "403": Case(says(403, {}), ConfigurationError, ConfigurationError, JobState.HELD),
    "redirect": Case(
        says(302, {}, {"Location": "https://evil.invalid/"}),
        ConfigurationError,
        ConfigurationError,
        JobState.HELD,
    ),
    "timeout": Case(times_out, RetryLater, Unknown, JobState.WAITING),
    "connection refused": Case(refuses_to_connect, RetryLater, RetryLater, JobState.WAITING),
    "a page with 200": Case(shows_a_page, RetryLater, Unknown, JobState.WAITING),
    "another shape": Case(says(200, []), GiveUp, Unknown, JobState.FAILED),
    "nested too deep": Case(says(200, b"[" * 100_000), RetryLater, Unknown, JobState.WAITING),
}

EVERY_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@EVERY_CALLED
@EVERY_CASE
def test_a_read_that_fails_is_of_the_right_family(subject: Subject, case: Case) -> None:
    with a_world(subject) as world:
        resource = world.resource()
        world.router.break_route(EVERY_ROUTE, case.fault)
        # WHEN a record is read
        with pytest.raises(MostikError) as raised:
            resource.read(subject.sample.key)
        # THEN what happens next is clear, and so is in words why and on which connection
        assert type(raised.value) is case.safe
        assert_explained(world, raised.value)


@EVERY_CALLED
@EVERY_CASE
def test_a_write_that_fails_is_of_the_right_family(subject: Subject, case: Case) -> None:
    for made in traffic(subject).writes:
        with a_world(subject) as world:
            record, resource = changed(world.record()), world.resource()
            world.router.break_route(made.route, case.fault)
            # WHEN the record is created and updated, one of which makes this call
            found: list[MostikError] = []
            for write in ways_to_write(resource, record):
                try:
                    write()
                except Skip:
                    continue
                except MostikError as error:
                    found.append(error)
            # THEN it is of the family that its endpoint's word about repeats demands
            expected = case.unsafe if made.endpoint.replay is Replay.UNSAFE else case.safe
            assert {type(error) for error in found} == {expected}
            for failure in found:
                assert_explained(world, failure)
            # and an unsafe call went out once
            if made.endpoint.replay is Replay.UNSAFE and expected is Unknown:
                assert len(world.router.made(made.route)) == len(found)


@EVERY_CALLED
@EVERY_CASE
def test_a_job_that_fails_to_read_is_delivered_when_the_cause_is_gone(
    subject: Subject, case: Case
) -> None:
    with a_world(subject) as world:
        # GIVEN an API that is out of order
        world.router.break_route(EVERY_ROUTE, case.fault)
        world.enqueue(touch(subject, world))
        world.work()
        # THEN the job stands where it can be seen, with its reason, and nothing was written
        (row,) = world.job_rows
        assert row.state is case.state
        assert row.failure is not None
        assert row.failure.text
        assert world.mirror.effects == 0
        # WHEN the API works again
        world.router.mend()
        for _ in range(3):
            world.later(600.0)
        # THEN what waited was delivered, once; what failed for good waits for a person
        if case.state is JobState.FAILED:
            assert world.states() == [JobState.FAILED]
        else:
            assert not world.job_rows
            assert world.mirror.effects == 1


@EVERY_CALLED
def test_every_exchange_is_in_the_log_with_what_it_came_to(subject: Subject) -> None:
    with a_world(subject) as world:
        world.router.break_route(EVERY_ROUTE, says(500, {"message": "down"}))
        world.enqueue(touch(subject, world))
        world.work()
        # THEN each call of the quick repeats is one entry, numbered, under the job and its record
        assert len(world.entries) == len(world.router.calls) > 1
        first = world.entries[0]
        assert sorted(entry.attempt for entry in world.entries) == [
            number + 1 for number in range(len(world.entries))
        ]
        assert {entry.status for entry in world.entries} == {500}
        assert {entry.endpoint for entry in world.entries} == {world.made[0].endpoint.path}
        assert first.record == f"{subject.sample.resource}/{subject.sample.key}"
        assert first.family is not None
        assert first.error


def assert_explained(world: World, error: MostikError) -> None:
    """A sentence for a person, and the gate of the connection that it is about."""
    assert len(str(error).split()) >= 3
    assert getattr(error, "gate", None) == world.opened.connection.id
    assert getattr(error, "who", None)
