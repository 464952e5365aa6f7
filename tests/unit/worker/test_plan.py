from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.jobs.message import StateEvent, Touch
from mostik.worker.plan import ALONE_FROM_RECEIVE, Task, failures, merged, plan

THREADS = 20


def touch(key: str, message: str, *, connection: str = "shop", receives: int = 1) -> Task:
    return Task(
        Touch(connection, "orders", key, "event", 1.0),
        frozenset({message}),
        f"handle-{message}",
        receives=receives,
    )


def state(delivery: str, message: str) -> Task:
    event = StateEvent(f"shop:{delivery}", "shop", "orders", "1", {}, "event", 1.0)
    return Task(event, frozenset({message}), f"handle-{message}")


def test_touches_of_one_record_are_one_task_that_settles_all_their_messages() -> None:
    # GIVEN three touches of one record and one of another
    tasks = merged([touch("1", "a"), touch("2", "b"), touch("1", "c"), touch("1", "d")])
    # THEN one look serves the three
    assert {task.work.id: task.messages for task in tasks} == {
        "shop/orders/1": {"a", "c", "d"},
        "shop/orders/2": {"b"},
    }


def test_the_same_key_in_another_connection_is_another_record() -> None:
    # GIVEN one key in two connections
    tasks = merged([touch("1", "a"), touch("1", "b", connection="portal")])
    # THEN each is looked at
    assert len(tasks) == 2


def test_a_delivery_that_is_twice_in_a_batch_is_one_task_and_two_deliveries_are_two() -> None:
    # GIVEN one state event delivered twice and another one of the same record
    tasks = merged([state("1", "a"), state("2", "b"), state("1", "c")])
    # THEN states are not merged by record: each delivery has its own
    assert [task.messages for task in tasks] == [{"a", "c"}, {"b"}]


def test_a_merged_task_is_as_suspicious_as_the_worst_of_its_messages() -> None:
    # GIVEN a record of which one message has come three times
    (task,) = merged([touch("1", "a"), touch("1", "b", receives=3)])
    # THEN it is treated as the one that may stop the worker
    assert task.receives == 3


def test_a_connection_alone_gets_every_thread() -> None:
    # GIVEN many tasks of one connection
    planned = plan([touch(str(n), str(n)) for n in range(50)], threads=THREADS)
    # THEN as many lanes as threads, about equally long
    assert [len(lane) for lane in planned.lanes] == [3] * 10 + [2] * 10


def test_a_connection_gets_at_most_half_of_the_threads_when_others_are_there() -> None:
    # GIVEN a busy connection and one with a single task
    tasks = [touch(str(n), str(n)) for n in range(50)]
    planned = plan([*tasks, touch("1", "x", connection="portal")], threads=THREADS)
    # THEN the single one does not wait behind the many
    lanes = Counter(lane[0].work.connection for lane in planned.lanes)
    assert lanes == {"shop": THREADS // 2, "portal": 1}


def test_few_tasks_make_few_lanes() -> None:
    # THEN no lane is empty
    assert [len(lane) for lane in plan([touch("1", "a")], threads=THREADS).lanes] == [1]
    assert plan([], threads=THREADS).lanes == []


def test_from_its_third_receive_a_message_runs_alone_and_last() -> None:
    # GIVEN messages that came for the first, second, third and tenth time
    tasks = [touch(str(n), str(n), receives=n) for n in (1, 2, 3, 10)]
    planned = plan(tasks, threads=THREADS)
    # THEN what may have stopped a worker before takes nothing with it
    assert ALONE_FROM_RECEIVE == 3
    assert [task.receives for lane in planned.lanes for task in lane] == [1, 2]
    assert [task.receives for task in planned.alone] == [3, 10]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(0, 30), st.integers(1, 4)), max_size=60
    ),
    st.integers(1, 20),
)
def test_every_task_is_planned_exactly_once(
    wanted: list[tuple[str, int, int]], threads: int
) -> None:
    # GIVEN any batch
    tasks = merged(
        [
            touch(str(key), f"m{n}", connection=connection, receives=receives)
            for n, (connection, key, receives) in enumerate(wanted)
        ]
    )
    planned = plan(tasks, threads=threads)
    # THEN nothing is forgotten and nothing runs twice; no connection has more than its share
    found = [task for lane in [*planned.lanes, planned.alone] for task in lane]
    assert Counter(task.work.id for task in found) == Counter(task.work.id for task in tasks)
    assert {m for task in found for m in task.messages} == {f"m{n}" for n in range(len(wanted))}
    shares = Counter(lane[0].work.connection for lane in planned.lanes)
    most = threads if len(shares) == 1 else max(1, threads // 2)
    assert all(count <= most for count in shares.values())


@pytest.mark.parametrize(
    ("outcomes", "shown_again"),
    [
        ({}, []),
        ({"a": True}, []),
        ({"b": False, "a": False, "c": True}, ["a", "b"]),
    ],
)
def test_only_messages_without_a_home_are_shown_again(
    outcomes: dict[str, bool], shown_again: list[str]
) -> None:
    # THEN SQS' partial batch response names them and no other
    assert failures(outcomes) == [{"itemIdentifier": name} for name in shown_again]
