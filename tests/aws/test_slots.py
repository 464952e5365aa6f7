"""The contract of ``Slots``: one bucket for many, one write a call."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mostik.http.dynamodb import DynamoSlots
from mostik.ports import Slot, Slots
from tests.aws.worlds import AwsWorld, World
from tests.support.slots import MemorySlots

NOW = 1_795_000_000.25


@pytest.fixture
def slots(world: World) -> Slots:
    """No bucket yet."""
    return fresh(world)


def fresh(world: World) -> Slots:
    if isinstance(world, AwsWorld):
        return DynamoSlots(world.clients["dynamodb"], world.table("StateTable"))
    return MemorySlots()


def take(
    slots: Slots, at: float = 0.0, *, ceiling: float = 2.0, patience: float = 0.0, key: str = "key"
) -> Slot:
    """Half a second is what a call is worth."""
    return slots.take(key, now=NOW + at, increment=0.5, ceiling=ceiling, patience=patience)


def test_a_new_bucket_takes_a_burst_and_then_refuses(slots: Slots) -> None:
    # WHEN more calls come at once than the ceiling holds
    answers = [take(slots) for _ in range(6)]
    # THEN those above it are refused, and told when there will be room
    assert answers == [Slot(True, 0.0)] * 4 + [Slot(False, 0.5)] * 2
    # AND a refusal costs nothing
    assert slots.level("key", now=NOW) == 2.0


def test_the_level_falls_with_time_and_never_below_nothing(slots: Slots) -> None:
    # GIVEN a full bucket
    for _ in range(4):
        take(slots)
    # THEN there is room for one half a second later
    assert [take(slots, 0.5).granted, take(slots, 0.5).granted] == [True, False]
    # AND after a long time for a burst, and no more
    assert [take(slots, 100.0).granted for _ in range(5)] == [True] * 4 + [False]


def test_patience_takes_slots_that_lie_ahead_one_after_the_other(slots: Slots) -> None:
    # GIVEN a full bucket
    for _ in range(4):
        take(slots)
    # WHEN patient calls come
    answers = [take(slots, patience=1.0) for _ in range(3)]
    # THEN each gets a slot of its own, and the one that would wait too long gets none
    assert answers == [Slot(True, 0.5), Slot(True, 1.0), Slot(False, 1.5)]


def test_a_lower_ceiling_leaves_room_to_a_higher_one(slots: Slots) -> None:
    # GIVEN a caller that may fill half
    assert [take(slots, ceiling=1.0).granted for _ in range(3)] == [True, True, False]
    # THEN another finds the other half
    assert [take(slots).granted for _ in range(3)] == [True, True, False]


def test_a_call_that_is_worth_more_than_the_ceiling_is_refused(slots: Slots) -> None:
    assert slots.take("key", now=NOW, increment=3.0, ceiling=2.0) == Slot(False, 1.0)
    assert slots.level("key", now=NOW) == 0.0


def test_a_filled_bucket_is_full_and_is_never_lowered(slots: Slots) -> None:
    # WHEN the vendor says that it is full
    slots.fill("key", now=NOW, level=10.0)
    slots.fill("key", now=NOW, level=3.0)
    # THEN the higher level stands
    assert slots.level("key", now=NOW) == 10.0
    assert take(slots) == Slot(False, 8.5)
    # AND it runs down as any other
    assert take(slots, 8.5) == Slot(True, 0.0)


def test_buckets_do_not_meet(slots: Slots) -> None:
    slots.fill("one", now=NOW, level=10.0)
    assert take(slots, key="two").granted
    assert not take(slots, key="one").granted


def test_no_two_threads_get_one_slot(world: World) -> None:
    if world.name == "moto":
        pytest.skip("moto checks a condition and writes in two steps")
    slots = fresh(world)
    # WHEN many threads want the burst at once
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: take(slots, ceiling=10.0), range(40)))
    # THEN exactly the burst is given
    assert sum(answer.granted for answer in answers) == 20
    assert slots.level("key", now=NOW) == 10.0


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["take", "fill"]),
            st.integers(0, 12),
            st.sampled_from([1.0, 2.0, 3.0]),
            st.sampled_from([0.0, 0.5, 2.0]),
        ),
        max_size=20,
    )
)
def test_memory_and_dynamodb_answer_alike(
    moto_world: AwsWorld, steps: list[tuple[str, int, float, float]]
) -> None:
    # GIVEN two containers over one table, and the fake
    client, table = moto_world.clients["dynamodb"], moto_world.table("StateTable")
    containers = [DynamoSlots(client, table), DynamoSlots(client, table)]
    fake = MemorySlots()
    now = 0.0
    for number, (step, eighths, ceiling, patience) in enumerate(steps):
        now += eighths / 8
        dynamo = containers[number % 2]
        # THEN every step answers alike, whichever container takes it
        if step == "take":
            assert take(dynamo, now, ceiling=ceiling, patience=patience) == take(
                fake, now, ceiling=ceiling, patience=patience
            )
        else:
            dynamo.fill("key", now=NOW + now, level=ceiling)
            fake.fill("key", now=NOW + now, level=ceiling)
        at = NOW + now
        assert dynamo.level("key", now=at) == fake.level("key", now=at)


class Counting:
    """A DynamoDB client that counts."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.updates = 0

    def update_item(self, **request: Any) -> Mapping[str, Any]:
        self.updates += 1
        answer: Mapping[str, Any] = self._client.update_item(**request)
        return answer


def test_a_call_is_one_write_in_the_common_case(moto_world: AwsWorld) -> None:
    # GIVEN a container that has called before
    client = Counting(moto_world.clients["dynamodb"])
    slots = DynamoSlots(client, moto_world.table("StateTable"))
    take(slots)
    client.updates = 0
    # WHEN it calls on: in a burst, patiently, refused, and after a rest
    moments = [(0.0, 0.0)] * 3 + [(0.0, 1.0)] * 2 + [(0.0, 0.0)] * 2 + [(50.0, 0.0)] * 2
    for at, patience in moments:
        take(slots, at, patience=patience)
    # THEN each call was one write
    assert client.updates == len(moments)


def test_a_cold_container_needs_one_more_write_once(moto_world: AwsWorld) -> None:
    # GIVEN a bucket that another container has begun
    table = moto_world.table("StateTable")
    take(DynamoSlots(moto_world.clients["dynamodb"], table))
    # WHEN a cold one calls twice
    client = Counting(moto_world.clients["dynamodb"])
    cold = DynamoSlots(client, table)
    assert take(cold) == take(cold) == Slot(True, 0.0)
    # THEN only its first call took two writes
    assert client.updates == 3
