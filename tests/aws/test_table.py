"""The contract of ``Table``: rows, conditional writes, values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mostik.ports import Replaced, Table
from tests.aws.worlds import World
from tests.support.memory import MemoryTable


def a_row(sk: str = "a", **fields: Any) -> dict[str, Any]:
    return {"pk": "one", "sk": sk, "version": 1, **fields}


def test_a_row_that_was_put_is_read_back(table: Table) -> None:
    # GIVEN
    table.put(a_row(text="x"))
    # THEN
    assert table.get("one", "a") == a_row(text="x")


def test_a_missing_row_reads_as_none(table: Table) -> None:
    assert table.get("one", "a") is None


def test_many_rows_are_read_at_once_and_missing_ones_left_out(table: Table) -> None:
    # GIVEN more rows than one request takes
    keys = [("one", f"{number:03}") for number in range(120)]
    for _, sk in keys[:110]:
        table.put(a_row(sk))
    # WHEN they are read together, one of them asked for twice
    found = table.get_many([*keys, keys[0]])
    # THEN each that exists is there, once
    assert sorted(row["sk"] for row in found) == [sk for _, sk in keys[:110]]
    assert table.get_many([]) == []


def test_rows_of_a_partition_and_of_a_sort_key_do_not_meet(table: Table) -> None:
    # WHEN
    table.put(a_row("a"))
    # THEN
    assert table.get("one", "b") is None
    assert table.get("two", "a") is None


def test_put_replaces_whatever_stands(table: Table) -> None:
    # GIVEN
    table.put(a_row(old="x"))
    # WHEN
    table.put(a_row(new="y"))
    # THEN
    assert table.get("one", "a") == a_row(new="y")


def test_insert_writes_a_row_that_does_not_exist(table: Table) -> None:
    assert table.insert(a_row(text="x")) is None
    assert table.get("one", "a") == a_row(text="x")


def test_insert_answers_with_the_row_that_stands_and_leaves_it(table: Table) -> None:
    # GIVEN
    table.put(a_row(owner="first"))
    # WHEN
    standing = table.insert(a_row(owner="second"))
    # THEN
    assert standing == a_row(owner="first")
    assert table.get("one", "a") == a_row(owner="first")


def test_replace_writes_over_the_version_that_was_seen(table: Table) -> None:
    # GIVEN
    table.put(a_row())
    # WHEN
    answer = table.replace(a_row() | {"version": 2}, 1)
    # THEN
    assert answer == Replaced(True)
    assert table.get("one", "a") == a_row() | {"version": 2}


def test_replace_of_another_version_answers_with_the_row_that_stands(table: Table) -> None:
    # GIVEN
    table.put(a_row(owner="first") | {"version": 7})
    # WHEN
    answer = table.replace(a_row(owner="second"), 6)
    # THEN
    assert answer == Replaced(False, a_row(owner="first") | {"version": 7})
    assert table.get("one", "a") == a_row(owner="first") | {"version": 7}


def test_replace_of_a_missing_row_answers_that_nothing_stands(table: Table) -> None:
    assert table.replace(a_row(), 1) == Replaced(False, None)
    assert table.get("one", "a") is None


def test_a_row_without_a_version_is_never_replaced(table: Table) -> None:
    # GIVEN
    table.put({"pk": "one", "sk": "a"})
    # THEN
    assert table.replace(a_row(), 1) == Replaced(False, {"pk": "one", "sk": "a"})


def test_remove_deletes_the_version_that_was_seen(table: Table) -> None:
    # GIVEN
    table.put(a_row())
    # THEN
    assert table.remove("one", "a", 1) == Replaced(True)
    assert table.get("one", "a") is None


def test_remove_of_another_version_answers_with_the_row_that_stands(table: Table) -> None:
    # GIVEN
    table.put(a_row(owner="first") | {"version": 2})
    # THEN
    assert table.remove("one", "a", 1) == Replaced(False, a_row(owner="first") | {"version": 2})
    assert table.get("one", "a") is not None


def test_remove_with_a_version_of_a_missing_row_answers_that_nothing_stands(table: Table) -> None:
    assert table.remove("one", "a", 1) == Replaced(False, None)


def test_remove_without_a_version_deletes_whatever_stands_or_nothing(table: Table) -> None:
    # GIVEN
    table.put(a_row() | {"version": 9})
    # THEN
    assert table.remove("one", "a") == Replaced(True)
    assert table.remove("one", "a") == Replaced(True)
    assert table.get("one", "a") is None


VALUES: Mapping[str, Any] = {
    "an empty text": "",
    "Russian": "Заказ № 5 «ёж»",
    "beyond the basic plane": "🙂\U0010ffff",
    "control characters": "a\x00b\x1f",
    "bytes": bytes(range(256)),
    "empty bytes": b"",
    "zero": 0,
    "a negative integer": -7,
    "a long integer": 10**37 + 1,
    "a float": 0.1,
    "a float with all its digits": 1760000000.1234567,
    "a small float": 1.5e-7,
    "a large float": 1.25e22,
    "a negative float": -0.001,
    "true": True,
    "false": False,
    "none": None,
    "an empty list": [],
    "an empty map": {},
    "nested": {"list": [1, "2", None, True, {"deep": [b"x", 0.25]}], "map": {"x": ""}},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
def test_a_value_comes_back_as_it_was(table: Table, value: Any) -> None:
    # GIVEN
    table.put(a_row(value=value))
    # WHEN
    row = table.get("one", "a")
    # THEN
    assert row is not None
    if isinstance(value, float):  # 1.25e22 comes back as its digits, an integer
        assert float(row["value"]) == value
    else:
        assert row["value"] == value
        assert type(row["value"]) is type(value)


def test_a_row_that_stands_in_the_way_comes_with_all_its_values(table: Table) -> None:
    # GIVEN
    values = {name: value for name, value in VALUES.items() if name != "a large float"}
    table.put(a_row(values=values))
    # THEN
    assert table.insert(a_row()) == a_row(values=values)


def test_a_tuple_comes_back_as_a_list(table: Table) -> None:
    # GIVEN
    table.put(a_row(value=("x", "y")))
    # THEN
    assert table.get("one", "a") == a_row(value=["x", "y"])


@pytest.mark.parametrize("value", [{"a"}, object(), 1j], ids=["a set", "an object", "complex"])
def test_a_value_without_a_place_in_a_row_is_refused(table: Table, value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be stored in a row"):
        table.put(a_row(value=value))


@pytest.mark.parametrize("number", [0, 1, 24, 25, 26, 60])
def test_any_number_of_rows_is_written_in_one_call(table: Table, number: int) -> None:
    # WHEN
    left = table.put_many(a_row(f"{position:03}", n=position) for position in range(number))
    # THEN
    assert left == []
    rows = table.query("one", limit=100).items
    assert [row["n"] for row in rows] == list(range(number))


def test_many_rows_are_written_over_what_stands(table: Table) -> None:
    # GIVEN
    table.put(a_row("a", old=True))
    # WHEN
    table.put_many([a_row("a", new=True), a_row("b")])
    # THEN
    assert table.query("one").items == [a_row("a", new=True), a_row("b")]


def test_a_row_in_the_hand_is_not_the_row_in_the_table(world: World) -> None:
    # GIVEN
    table = world.state_table()
    row = a_row(list=[1])
    table.put(row)
    # WHEN what was written, and what was read, is changed
    row["list"].append(2)
    read = table.get("one", "a")
    assert read is not None
    read["list"].append(3)
    # THEN
    assert table.get("one", "a") == a_row(list=[1])


def test_the_fake_refuses_a_key_that_dynamodb_would_refuse() -> None:
    table = MemoryTable()
    for key in ("", 5, None):
        with pytest.raises(ValueError, match="every key"):
            table.put({"pk": "one", "sk": key})
