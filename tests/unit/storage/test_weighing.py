"""The bench's arithmetic of write units, and what it counts of a delivered event."""

from __future__ import annotations

from typing import Any

import pytest

from bench.delivery import deliver
from bench.weighing import MeteredTable, write_units
from mostik.http.limiter import Limit
from tests.support.memory import state_table
from tests.support.weight import weight_of


def row(size: int, due: str | None = None, **more: Any) -> dict[str, Any]:
    keys = {"due_pk": "due#1", "due_sk": due} if due is not None else {}
    bare = {"pk": "job#1", "sk": "job", **keys, **more, "pad": ""}
    return {**bare, "pad": "x" * (size - weight_of(bare))}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, row(1_024), 1),
        (None, row(1_025), 2),
        (row(3_000), row(500), 3),  # the bigger of the two
        (row(500), None, 1),
        (None, None, 1),  # nothing to delete costs one too
        (None, row(1_500, "a"), 4),  # the index has a copy
        (row(1_500, "a"), None, 4),
        (row(1_500, "a"), row(1_500, "a"), 2),  # an index row that stays as it is costs nothing
        (row(1_500, "a"), row(500, "a"), 4),
        (row(1_500, "a"), row(500, "b"), 5),  # another key: the old one goes, a new one comes
        (row(1_500, "a"), row(500), 4),
    ],
)
def test_a_write_costs_what_it_touches(before: Any, after: Any, units: int) -> None:
    assert write_units(before, after) == units


def test_a_refused_write_costs_what_stands() -> None:
    # GIVEN a row of 3 KB
    table = MeteredTable(state_table())
    assert table.insert(row(3_000, version=1)) is None
    table.written.clear()
    # WHEN writes are refused
    assert table.insert(row(100, version=2)) is not None
    assert not table.replace(row(100, version=3), 2).done
    assert not table.remove("job#1", "job", 2).done
    # THEN
    assert table.written == {"job": 9}


def test_a_delivered_event_costs_no_more_than_its_budget() -> None:
    # WHEN hints come at 20 a second
    counted = deliver(20.0, 100)
    # THEN a job is two units, an entry of the log about two, and the queue is asked seldom
    assert counted.job_units == 2 * 100
    assert counted.log_entries == 3 * 100
    assert counted.log_units / counted.log_entries <= 2.1
    assert counted.queue_requests <= 1.3
    # AND without limits nothing is written for gates
    assert counted.gate_units == 0
    assert deliver(20.0, 40, limit=Limit("x", 100.0, 1_000)).gate_units == 2 * 40
