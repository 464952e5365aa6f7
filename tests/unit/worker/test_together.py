"""Hints of a batch are re-read with one request, each after its claim and with its own outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, MostikError, RetryLater, WhoActs
from mostik.jobs.message import Touch
from mostik.worker.together import MOST_TOGETHER, Together


def touch(key: str, resource: str = "things") -> Touch:
    return Touch("here", resource, key, "event", 0.0)


class Shelf:
    """A resource that can read many."""

    def __init__(self, *gone: str, broken: str | None = None, down: bool = False) -> None:
        self.alone: list[str] = []
        self.reads: list[list[str]] = []
        self.gone, self.broken, self.down = gone, broken, down

    def read(self, key: str) -> Canonical | None:
        self.alone.append(key)
        return None if key in self.gone else Canonical(key=key)

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Canonical | MostikError]:
        self.reads.append(sorted(keys))
        if self.down:
            raise RetryLater("away", who=WhoActs.SYSTEM)
        found: dict[str, Canonical | MostikError] = {
            key: Canonical(key=key) for key in keys if key not in self.gone
        }
        if self.broken in found:
            found[self.broken] = GiveUp("it is broken", who=WhoActs.ADMIN)
        return found

    def find_many(self, system: str, keys: Sequence[str]) -> Any:
        raise NotImplementedError

    def write_many(self, writes: Any, system: str, once: Any) -> Any:
        raise NotImplementedError

    def find(self, system: str, key: str) -> Any:
        raise NotImplementedError

    def create(self, record: Any, system: str, once: Any) -> Any:
        raise NotImplementedError

    def update(self, key: str, record: Any, system: str, once: Any) -> Any:
        raise NotImplementedError

    def from_state(self, content: Any) -> Any:
        raise NotImplementedError


def side_by_side(together: Together, shelf: Shelf, keys: Sequence[str]) -> list[Any]:
    """Reads every key in a thread of its own; all have begun before the first reads."""
    begun = Barrier(len(keys))

    def job(key: str) -> Any:
        with together.running(touch(key)):
            begun.wait(5)
            try:
                return together.read(shelf, touch(key))
            except MostikError as error:
                return error

    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(job, keys))


def test_jobs_that_run_side_by_side_are_read_with_one_request() -> None:
    # GIVEN
    shelf = Shelf()
    # WHEN
    keys = [str(number) for number in range(10)]
    found = side_by_side(Together(wait=5.0), shelf, keys)
    # THEN
    assert shelf.reads == [sorted(keys)]
    assert shelf.alone == []
    assert [record.key for record in found] == keys


def test_a_job_that_is_alone_does_not_wait_and_reads_as_ever() -> None:
    # GIVEN one that would wait for a minute
    shelf, together = Shelf(), Together(wait=60.0)
    # WHEN
    with together.running(touch("1")):
        record = together.read(shelf, touch("1"))
    # THEN
    assert record is not None
    assert (shelf.alone, shelf.reads) == (["1"], [])


def test_each_has_its_own_outcome() -> None:
    # GIVEN
    shelf = Shelf("2", broken="3")
    # WHEN
    first, second, third = side_by_side(Together(wait=5.0), shelf, ["1", "2", "3"])
    # THEN
    assert first.key == "1"
    assert second is None
    assert isinstance(third, GiveUp)


def test_what_concerns_all_of_them_is_the_outcome_of_all() -> None:
    # GIVEN
    found = side_by_side(Together(wait=5.0), Shelf(down=True), ["1", "2", "3"])
    # THEN
    assert all(isinstance(one, RetryLater) for one in found)


def test_a_job_that_never_reads_keeps_the_others_for_a_moment_only() -> None:
    # GIVEN one that has begun and hangs in its claim
    shelf, together = Shelf(), Together(wait=0.01)
    with together.running(touch("slow")), together.running(touch("1")):
        # WHEN
        record = together.read(shelf, touch("1"))
    # THEN
    assert record is not None
    assert shelf.alone == ["1"]


def test_no_request_is_larger_than_what_the_work_of_a_run_takes() -> None:
    # GIVEN
    shelf = Shelf()
    keys = [str(number) for number in range(MOST_TOGETHER + 10)]
    # WHEN
    side_by_side(Together(wait=5.0), shelf, keys)
    # THEN
    assert max(map(len, shelf.reads)) <= MOST_TOGETHER
    assert sorted([*shelf.alone, *(key for read in shelf.reads for key in read)]) == sorted(keys)


@pytest.mark.parametrize("resource", ["things", "others"])
def test_a_resource_that_cannot_read_many_is_read_one_by_one(resource: str) -> None:
    class Plain:
        def read(self, key: str) -> Canonical:
            return Canonical(key=key)

    together = Together(wait=60.0)
    with together.running(touch("1", resource)), together.running(touch("2", resource)):
        # it has only what a read needs
        record = together.read(Plain(), touch("1", resource))  # type: ignore[arg-type]
    assert record is not None
