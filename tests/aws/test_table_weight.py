"""The fake weighs rows and cuts pages as the emulator does, so its read units can be believed.

moto and the emulator (ministack 1.5.33) count half a unit or one for every query, whatever it read.
The emulator counts writes by size, though: a row that is padded to the last byte of a kilobyte
costs so many units, and a byte more costs one more. That proves the weight; what a query of such
rows costs is arithmetic on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mostik.dynamodb import to_attributes
from mostik.ports import Table
from tests.aws.test_table import VALUES
from tests.aws.worlds import AwsWorld, World
from tests.support.memory import MemoryTable
from tests.support.weight import MOST_ROW_BYTES, weight_of

KILOBYTE = 1_024


def padded(row: Mapping[str, Any], size: int) -> dict[str, Any]:
    return {**row, "pad": "x" * (size - weight_of({**row, "pad": ""}))}


NUMBERS = [0, 1, -1, 7, 10, 12, 100, 120, 123, 1200, 12345, -12345, 0.5, 0.05, 12.5, 1.25, 1e-5]


@pytest.mark.emulator
def test_the_fake_weighs_a_row_to_the_byte(emulator_world: AwsWorld) -> None:
    # GIVEN
    client = emulator_world.clients["dynamodb"]
    name = emulator_world.table("StateTable")
    values = [*VALUES.values(), *NUMBERS]
    for number, value in enumerate(values):
        row = {"pk": "вес", "sk": f"{number}", "значение": value}
        # WHEN
        units = [
            client.put_item(
                TableName=name,
                Item=to_attributes(padded(row | {"sk": f"{number}-{size}"}, size)),
                ReturnConsumedCapacity="TOTAL",
            )["ConsumedCapacity"]["CapacityUnits"]
            for size in (2 * KILOBYTE, 2 * KILOBYTE + 1)
        ]
        # THEN
        assert units == [2.0, 3.0], f"the fake weighs {value!r} differently"


def big_rows(table: Table, number: int, size: int) -> None:
    for position in range(number):
        table.put(padded({"pk": "one", "sk": f"{position:03}"}, size))


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_page_ends_before_a_megabyte(world: World, newest_first: bool) -> None:
    # GIVEN
    table = world.state_table()
    big_rows(table, 7, 300 * KILOBYTE)
    # WHEN
    sizes = []
    seen: list[str] = []
    after: str | None = None
    while True:
        page = table.query("one", after=after, newest_first=newest_first)
        sizes.append(len(page.items))
        seen += [row["sk"] for row in page.items]
        after = page.after
        if after is None:
            break
    # THEN the row at the cursor is read once more and shown once
    order = [f"{position:03}" for position in range(7)]
    assert seen == (order[::-1] if newest_first else order)
    assert sizes[:3] == [3, 2, 2]


def test_a_row_of_nearly_400_kilobytes_is_taken(table: Table) -> None:
    # GIVEN a little less than the most, because moto's scales are not exact
    row = padded({"pk": "one", "sk": "a"}, MOST_ROW_BYTES - 8 * KILOBYTE)
    # WHEN
    table.put(row)
    # THEN
    assert table.get("one", "a") == row


def test_the_fake_refuses_a_row_that_is_too_heavy() -> None:
    with pytest.raises(ValueError, match="409600 is the most"):
        MemoryTable().put(padded({"pk": "one", "sk": "a"}, MOST_ROW_BYTES + 1))


def test_a_query_costs_half_a_unit_for_each_4_kilobytes_that_it_reads() -> None:
    # GIVEN
    table = MemoryTable()
    big_rows(table, 10, KILOBYTE)
    # THEN
    assert table.query("one", limit=4).read_units == 0.5
    assert table.query("one", limit=5).read_units == 1.0
    assert table.query("one").read_units == 1.5
    assert table.query("nobody").read_units == 0.5
    assert table.read_units == 3.5


def test_a_page_behind_a_cursor_reads_the_cursors_row_again() -> None:
    # GIVEN
    table = MemoryTable()
    big_rows(table, 10, KILOBYTE)
    # THEN
    assert table.query("one", limit=4, after="003").read_units == 1.0


def test_every_world_counts_what_a_small_query_costs(table: Table) -> None:
    # GIVEN
    table.put({"pk": "one", "sk": "a"})
    # THEN
    assert 0.5 <= table.query("one").read_units <= 1.0
