"""Convergence in the small: what ``make chaos TIER=sync`` has found, each as one story."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mostik.errors import RetryLater, WhoActs
from mostik.jobs.message import Touch
from mostik.sync.link import Links, Side
from mostik.sync.run import RunKind
from mostik.sync.verdict import Verdict
from mostik.sync.xref import Pairs
from mostik.worker.worker import received
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, Killed
from tests.unit.sync.stories import finished, linked
from tests.unit.sync.test_documents import applied, counts, edit, run, twins

STATUSES = """\
fields:
- {left: text, right: text, dictionary: statuses}
dictionaries:
  statuses:
    noun: status
    entries:
    - {left: Принят, right: Новый}
    - {left: Отгружен, right: Готов к выдаче}
    - {left: Отгружен, right: Отгружен, way: to_left}
"""


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    Links(rig.table, rig.clock).remove("link")
    return rig


def touch(rig: Rig, connection: str, key: str) -> None:
    """A side says that a thing may have changed."""
    rig.send(Touch(connection, RESOURCE, key, "hint", rig.clock()))


def dies(rig: Rig, operation: str) -> None:
    """One invocation that ends once an operation over there had its effect."""

    def after(done: str) -> None:
        if done == operation:
            rig.there.after = None
            raise Killed

    rig.there.after = after
    with pytest.raises(Killed):
        rig.work()
    rig.restart()


def lonely(rig: Rig, more: str = "") -> str:
    """A thing that was created over there by a worker that has died before it could say so.
    Returns its key there."""
    applied(rig, more)
    rig.here.put("1", "a")
    rig.touch("1")
    dies(rig, "create")
    [key] = rig.there.things
    return key


def dies_between_the_rows(rig: Rig) -> None:
    """One invocation that ends once the row of a pair is written that counts, and the other not."""

    def before(operation: str) -> None:
        rows = rig.table.rows("xref#things#left")
        if operation == "put" and any("state" not in row for row in rows):
            rig.table.before = None
            raise Killed

    rig.table.before = before
    with pytest.raises(Killed):
        rig.work()
    rig.restart()


def meanwhile(rig: Rig, operation: str, then: Callable[[], None]) -> None:
    """Has something happen once, right before an operation over there has its effect."""

    def before(begun: str) -> None:
        if begun == operation:
            rig.there.before = None
            then()

    rig.there.before = before


def test_convergence_of_a_creation_nobody_could_tell_of_keeps_what_was_changed_since(
    rig: Rig,
) -> None:
    # GIVEN a thing that was made over there, where its text belongs, and a worker that has died
    lonely(rig, "owners: {text: right}\n")
    # WHEN a person changes the text here before anybody looks again
    edit(rig.here, "1", text="b")
    rig.settle_down(600)
    # THEN that is an edit, and what was made over there is none
    assert rig.here.texts() == {"1": "b"}
    assert list(rig.there.texts().values()) == ["b"]


def test_convergence_of_such_a_creation_when_the_other_side_is_looked_at_first(rig: Rig) -> None:
    # GIVEN the same, and an edit here
    key = lonely(rig, "owners: {text: right}\n")
    edit(rig.here, "1", text="b")
    # WHEN the first who comes is a hint of the side where it was made
    touch(rig, THERE, key)
    rig.work()
    # THEN it leaves the thing to those who have made it
    assert rig.here.texts() == {"1": "b"}
    # AND in the end the edit stands on both sides
    rig.settle_down(600)
    assert (rig.here.texts(), rig.there.texts()) == ({"1": "b"}, {key: "b"})


def test_convergence_of_a_thing_deleted_over_there_is_not_undone_by_a_job_that_comes_again(
    rig: Rig,
) -> None:
    # GIVEN a thing on both sides, which a person deletes over there
    there = twins(rig)
    del rig.there.things[there]
    # WHEN a hint that changes nothing meets an error and is tried again
    rig.here.refusals["read"] = [RetryLater("Not well.", who=WhoActs.SYSTEM)]
    rig.touch("1")
    rig.settle_down(600)
    # THEN the thing stays gone
    assert rig.there.things == {}


def test_convergence_of_a_run_whose_list_is_older_than_an_edit(rig: Rig) -> None:
    # GIVEN a thing on both sides, switched off over there, and a run that has listed it
    there = twins(rig)
    edit(rig.there, there, active=False)
    edit(rig.here, "1", text="listed")
    made = rig.desk.start("things", RunKind.FULL)
    rig.work(1)
    # WHEN a person changes its text here before the run writes that switch back
    edit(rig.here, "1", text="newer")
    finished(rig, made)
    # THEN the text stands, and what the other side has said is here as well
    assert rig.here.texts() == {"1": "newer"}
    assert rig.here.things["1"].active is False


def test_convergence_of_a_run_that_comes_again_after_a_thing_was_deleted(rig: Rig) -> None:
    # GIVEN a run that has listed a new thing and meets an error before it creates it
    applied(rig)
    rig.here.put("1", "a")
    made = rig.desk.start("things", RunKind.FULL)
    rig.work(1)
    rig.there.refusals["find"] = [RetryLater("Not well.", who=WhoActs.SYSTEM)]
    rig.work()
    # WHEN the thing is deleted here before the run comes again
    del rig.here.things["1"]
    made = finished(rig, made)
    # THEN it is not created any more
    assert rig.there.things == {}
    assert counts(made) == {Verdict.SKIPPED: 1}


def test_convergence_of_two_jobs_that_write_one_thing_at_once(rig: Rig) -> None:
    # GIVEN a job that is about to carry an edit over
    there = twins(rig)
    edit(rig.here, "1", text="old")
    rig.touch("1")

    def another_job() -> None:
        # WHEN a person says something else here, and a hint of the other side is taken meanwhile
        edit(rig.here, "1", text="newest")
        edit(rig.there, there, active=False)
        touch(rig, THERE, there)
        touch(rig, HERE, "1")
        event = rig.queue.event(20)
        answer = rig.worker().handle(received(event), owner="B", remaining=lambda: 80.0)
        rig.queue.settle(event, answer)
        seen.update(rig.there.texts())

    seen: dict[str, str] = {}
    meanwhile(rig, "update", another_job)
    rig.work(1)
    assert seen == {there: "a"}
    rig.settle_down(600)
    # THEN that one has waited, and the newest stands on both sides
    assert (rig.here.texts(), rig.there.texts()) == ({"1": "newest"}, {there: "newest"})


def test_convergence_of_a_thing_that_is_read_before_another_job_writes_it(rig: Rig) -> None:
    # GIVEN a hint of the left side, whose job reads the thing
    there = twins(rig)
    touch(rig, HERE, "1")
    edit(rig.here, "1", active=False)

    def after(operation: str) -> None:
        if operation != "read":
            return
        rig.here.after = None
        # WHEN an edit of the other side is carried over before the job looks further
        edit(rig.there, there, text="newer")
        touch(rig, THERE, there)
        event = rig.queue.event(20)
        answer = rig.worker().handle(received(event), owner="B", remaining=lambda: 80.0)
        rig.queue.settle(event, answer)
        seen.update(rig.here.texts())

    seen: dict[str, str] = {}
    rig.here.after = after
    rig.work(1)
    assert seen == {"1": "newer"}
    rig.settle_down(600)
    # THEN what the job has read is not taken for an edit
    assert (rig.here.texts(), rig.there.texts()) == ({"1": "newer"}, {there: "newer"})


def test_convergence_of_a_pair_whose_second_row_was_never_written(rig: Rig) -> None:
    # GIVEN a thing that came from the right, and a worker that died between the rows of its pair
    applied(rig)
    rig.there.put("x", "a")
    touch(rig, THERE, "x")
    dies_between_the_rows(rig)
    # WHEN both sides are looked at again
    for key in rig.here.things:
        touch(rig, HERE, key)
    touch(rig, THERE, "x")
    rig.settle_down(600)
    # THEN it comes to an end, both rows say the same, and there is one thing here
    [here] = rig.here.things
    pairs = Pairs(rig.table)
    assert pairs.find("things", Side.RIGHT, "x") == pairs.find("things", Side.LEFT, here)
    assert rig.here.created == ["x"]


def test_convergence_of_what_is_in_dispute_and_gone_on_one_side_is_left_to_a_person(
    rig: Rig,
) -> None:
    # GIVEN a text about which both sides disagree, and which is for a person to decide
    there = twins(rig, "owners: {text: person}\ndeletes: {left: delete}\n")
    edit(rig.here, "1", text="ours")
    edit(rig.there, there, text="theirs")
    rig.touch("1")
    rig.settle_down()
    # WHEN the thing is deleted over there
    del rig.there.things[there]
    made = run(rig, side=Side.RIGHT)
    # THEN what is said here was never told to anybody, and is not deleted
    assert counts(made) == {Verdict.CONFLICT: 1}
    assert rig.here.texts() == {"1": "ours"}


def test_convergence_of_a_status_loop_over_a_hundred_exchanges_is_one_write(rig: Rig) -> None:
    # GIVEN "Готов к выдаче" and "Отгружен" over there are both "Отгружен" here
    applied(rig, STATUSES)
    rig.here.put("1", "Принят")
    run(rig)
    there = linked(rig, "1").key
    # WHEN it is ready over there, later given away, and a hundred exchanges follow
    edit(rig.there, there, text="Готов к выдаче")
    for number in range(100):
        if number == 50:
            edit(rig.there, there, text="Отгружен")
        touch(rig, HERE, "1")
        touch(rig, THERE, there)
        if number % 10 == 0:
            run(rig, side=Side.RIGHT)
            run(rig)
        rig.settle_down()
    # THEN one write was made, here; over there each word stays as people have set it
    assert (rig.here.updates, rig.there.updates) == (1, 0)
    assert (rig.here.texts(), rig.there.texts()) == ({"1": "Отгружен"}, {there: "Отгружен"})


def test_convergence_of_a_thing_deleted_after_a_write_nobody_could_tell_of(rig: Rig) -> None:
    # GIVEN an edit that was written over there by a worker that has died before it could say so
    there = twins(rig)
    edit(rig.here, "1", text="b")
    rig.touch("1")
    dies(rig, "update")
    assert rig.there.texts() == {there: "b"}
    # WHEN the thing is deleted here, and a hint comes from over there
    del rig.here.things["1"]
    touch(rig, THERE, there)
    rig.work()
    # THEN what we have written is not taken for an edit, and the thing does not come back
    assert rig.here.things == {}


def test_convergence_of_two_jobs_that_bring_one_thing_back(rig: Rig) -> None:
    # GIVEN a thing that was deleted here and edited over there, and a run that has listed it there
    there = twins(rig)
    del rig.here.things["1"]
    edit(rig.there, there, text="b")
    made = rig.desk.start("things", RunKind.FULL, side=Side.RIGHT)
    rig.work(1)

    def before(operation: str) -> None:
        if operation != "find":
            return
        rig.here.before = None
        # WHEN a hint is carried over while the run has found that nothing is here
        touch(rig, THERE, there)
        event = rig.queue.event(20)
        answer = rig.worker().handle(received(event), owner="B", remaining=lambda: 80.0)
        rig.queue.settle(event, answer)

    rig.here.before = before
    finished(rig, made)
    rig.settle_down(600)
    # THEN it is here once
    assert list(rig.here.texts().values()) == ["b"]
    assert rig.here.created == [there]


def test_convergence_of_a_thing_whose_pair_the_other_side_does_not_know(rig: Rig) -> None:
    # GIVEN a thing that was created over there by a worker that died between the rows of its pair
    applied(rig)
    rig.here.put("1", "a")
    rig.touch("1")
    dies_between_the_rows(rig)
    # WHEN it is deleted here, and a hint of its creation comes from over there
    del rig.here.things["1"]
    for key in rig.there.things:
        touch(rig, THERE, key)
    while rig.queue.depth.visible:
        rig.work()
    rig.clock.advance(60)
    rig.settle_down(600)
    # THEN it is known to have come from here, and does not come back
    assert rig.here.things == {}


def test_convergence_of_a_thing_that_is_gone_before_its_pair_was_known_there(rig: Rig) -> None:
    # GIVEN a thing that came from over there, and a worker that died between the rows of its pair
    applied(rig, "deletes: {left: delete}\n")
    rig.there.put("x", "a")
    touch(rig, THERE, "x")
    dies_between_the_rows(rig)
    # WHEN it is deleted over there before anybody looks again
    del rig.there.things["x"]
    rig.settle_down(600)
    made = run(rig, side=Side.RIGHT)
    # THEN a full run of that side deletes it here
    assert counts(made) == {Verdict.DELETED: 1}
    assert rig.here.things == {}
