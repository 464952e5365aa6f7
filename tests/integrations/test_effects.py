"""However often the same work comes, it has one effect on either side of the link."""

from __future__ import annotations

import pytest

from mostik.http.endpoint import Replay
from mostik.jobs.message import Touch
from mostik.jobs.row import JobState
from tests.integrations.mirror import Mirror
from tests.integrations.subjects import EVERY_CALLED, EVERY_LISTENER, Subject
from tests.integrations.world import HERE, World, a_world, changed, traffic
from tests.support.api_router import says, times_out


def touch(subject: Subject, world: World) -> Touch:
    """The sample's record may have changed."""
    return Touch(HERE, subject.sample.resource, subject.sample.key, "a-person", world.clock())


def a_linked_record(subject: Subject, world: World) -> str:
    """Carries the sample's record to the mirror. Returns its key there."""
    world.enqueue(touch(subject, world))
    world.work()
    (key,) = world.mirror.records
    return key


def change(mirror: Mirror, key: str) -> None:
    """Somebody edits a record of the mirror."""
    mirror.records[key] = changed(mirror.records[key])


@EVERY_LISTENER
def test_an_event_is_carried_over_once(subject: Subject) -> None:
    with a_world(subject) as world:
        # WHEN the sample event is taken and handled
        world.send_sample()
        world.work()
        # THEN the other side has the record, under a key of its own that leads back here
        assert world.mirror.effects == len(subject.sample.about)
        for record in world.mirror.records.values():
            assert HERE in record.external_ids
        # and nothing is left to do
        assert not len(world.queue)
        assert set(world.states()) <= {JobState.DONE}


@EVERY_LISTENER
@pytest.mark.parametrize("batches", [1, 2, 3])
def test_the_same_delivery_again_has_no_second_effect(subject: Subject, batches: int) -> None:
    with a_world(subject) as world:
        # GIVEN a delivery that its sender repeats, twice in one batch and once in each other
        world.send_sample()
        for _ in range(batches):
            world.send_sample()
            world.work()
        # THEN the other side was changed once for each record
        assert world.mirror.effects == len(subject.sample.about)
        assert not len(world.queue)


@EVERY_LISTENER
def test_another_delivery_about_an_unchanged_record_has_no_effect(subject: Subject) -> None:
    with a_world(subject) as world:
        for number in range(3):
            world.send_sample(delivery=f"delivery-{number}")
            world.work()
        assert world.mirror.effects == len(subject.sample.about)


@EVERY_CALLED
def test_a_job_handed_out_twice_by_the_queue_has_one_effect(subject: Subject) -> None:
    with a_world(subject) as world:
        # GIVEN one message that SQS shows to two workers, one after the other
        world.enqueue(touch(subject, world))
        world.enqueue(touch(subject, world))
        world.work()
        world.enqueue(touch(subject, world))
        world.work()
        # THEN the record was carried over once and no row is left behind
        assert world.mirror.effects == 1
        assert not world.job_rows


@EVERY_CALLED
def test_a_new_record_of_the_other_side_is_written_here_once(subject: Subject) -> None:
    calls = traffic(subject)
    with a_world(subject) as world:
        # GIVEN a record that only the mirror has
        world.mirror.keep("m-9", changed(world.record()), {})
        # WHEN it is touched again and again
        world.touch_mirror("m-9")
        world.touch_mirror("m-9")
        world.work()
        first = world.effects(calls.reads)
        for _ in range(2):
            world.touch_mirror("m-9")
            world.work()
        # THEN only the first look wrote anything here
        assert world.effects(calls.reads) == first
        assert not [row for row in world.job_rows if row.state is JobState.FAILED]


@EVERY_CALLED
def test_a_change_of_the_other_side_is_written_here_once(subject: Subject) -> None:
    calls = traffic(subject)
    with a_world(subject) as world:
        # GIVEN a record that both sides have, and that somebody edits in the mirror
        key = a_linked_record(subject, world)
        change(world.mirror, key)
        # WHEN it is touched again and again
        world.touch_mirror(key)
        world.work()
        first = world.effects(calls.reads)
        for _ in range(2):
            world.touch_mirror(key)
            world.work()
        # THEN it was written here at the first look and never again
        assert bool(first) is bool(calls.writes)
        assert world.effects(calls.reads) == first


@EVERY_CALLED
def test_the_echo_of_what_was_carried_over_writes_nothing_back(subject: Subject) -> None:
    calls = traffic(subject)
    with a_world(subject) as world:
        # GIVEN a record that was just carried to the mirror
        key = a_linked_record(subject, world)
        # WHEN the mirror tells of the change that we made
        world.touch_mirror(key)
        world.work()
        # THEN nothing is written here, nor there
        assert not world.effects(calls.reads)
        assert world.mirror.effects == 1


@EVERY_CALLED
def test_an_unsafe_write_whose_answer_was_lost_is_looked_up_twice_before_it_is_repeated(
    subject: Subject,
) -> None:
    unsafe = [made for made in traffic(subject).writes if made.endpoint.replay is Replay.UNSAFE]
    if not unsafe:
        return  # nothing here can be doubled
    route = unsafe[0].route
    with a_world(subject) as world:
        # GIVEN a creation whose answer is lost, while the same work keeps coming
        world.mirror.keep("m-9", changed(world.record()), {})
        world.router.break_route(route, times_out)
        world.touch_mirror("m-9")
        world.work()
        assert world.states() == [JobState.UNKNOWN]
        world.touch_mirror("m-9")
        world.work()
        # THEN it is not repeated, neither at once nor after the first look in vain
        assert len(world.router.made(route)) == 1
        world.router.mend()
        world.later(subject.integration.longest_request_seconds + 60.0)
        assert world.states() == [JobState.UNKNOWN]
        assert len(world.router.made(route)) == 1
        # and only when it was absent twice, half a minute apart, it is made again
        world.later(60.0)
        assert len(world.router.made(route)) == 2
        world.later(60.0)
        assert not world.job_rows
        assert len(world.router.made(route)) == 2


@EVERY_CALLED
def test_a_refused_write_is_not_repeated_by_itself(subject: Subject) -> None:
    writes = traffic(subject).writes
    if not writes:
        return  # it only reads
    with a_world(subject) as world:
        # GIVEN an API that refuses the data of a record
        key = a_linked_record(subject, world)
        change(world.mirror, key)
        for made in writes:
            world.router.break_route(made.route, says(422, {}))
        # WHEN it is touched, and an hour passes
        world.touch_mirror(key)
        world.work()
        asked = len(world.router.calls)
        world.later(3_600.0)
        # THEN the job has failed, with a reason, and nothing was asked again
        (row,) = world.job_rows
        assert row.state is JobState.FAILED
        assert row.failure is not None
        assert row.failure.text
        assert len(world.router.calls) == asked
