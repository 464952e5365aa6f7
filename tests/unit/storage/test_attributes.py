"""The one place that speaks DynamoDB's format: values and requests."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.dynamodb import (
    build_query,
    from_attribute,
    from_attributes,
    to_attribute,
    to_attributes,
)
from tests.support.weight import kept

scalars = (
    st.text(max_size=20)
    | st.integers(-(10**37), 10**37)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.binary(max_size=20)
    | st.booleans()
    | st.none()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(values)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert from_attribute(to_attribute(value)) == value


@given(st.dictionaries(st.text(min_size=1), values, max_size=5))
def test_a_row_comes_back_as_it_was(row: dict[str, Any]) -> None:
    assert from_attributes(to_attributes(row)) == row


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_travels_with_digits_that_name_it_exactly(value: float) -> None:
    assert float(to_attribute(value)["N"]) == value


@given(st.floats(1e-120, 1e120) | st.integers(-(10**37), 10**37))
def test_a_number_is_understood_however_dynamodb_spells_it(value: float) -> None:
    # GIVEN
    digits = format(Decimal(repr(value)), "f")
    spelled = digits.rstrip("0").rstrip(".") if "." in digits else digits
    # THEN
    assert float(from_attribute({"N": spelled})) == float(value)


@given(values)
def test_the_fake_gives_back_what_the_adapter_gives_back(value: Any) -> None:
    # WHEN
    ours, theirs = kept(value), from_attribute(to_attribute(value))
    # THEN a large float is an integer of the same digits, which DynamoDB spells out
    assert ours == theirs or repr(value).find("e+") > 0


@pytest.mark.parametrize("kind", ["S", "N", "BOOL", "B", "NULL"])
def test_every_kind_is_told_from_the_others(kind: str) -> None:
    # GIVEN
    examples = {"S": "1", "N": 1, "BOOL": True, "B": b"1", "NULL": None}
    # THEN
    assert list(to_attribute(examples[kind])) == [kind]


@pytest.mark.parametrize("value", [{1}, frozenset(), object(), Decimal(1), bytearray(b"x")])
def test_a_value_without_a_place_in_a_row_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=f"a {type(value).__name__} cannot be stored"):
        to_attribute({"nested": [value]})


@pytest.mark.parametrize(
    ("first", "last", "condition", "extra"),
    [
        (None, None, "#pk = :pk", {}),
        ("a", None, "#pk = :pk AND #sk >= :first", {":first": {"S": "a"}}),
        (None, "b", "#pk = :pk AND #sk <= :last", {":last": {"S": "b"}}),
        (
            "a",
            "b",
            "#pk = :pk AND #sk BETWEEN :first AND :last",
            {":first": {"S": "a"}, ":last": {"S": "b"}},
        ),
    ],
)
def test_a_query_names_exactly_what_it_uses(
    first: str | None, last: str | None, condition: str, extra: dict[str, Any]
) -> None:
    # WHEN
    request = build_query("t", "one", first=first, last=last)
    # THEN
    assert request["KeyConditionExpression"] == condition
    assert request["ExpressionAttributeValues"] == {":pk": {"S": "one"}} | extra
    names = {"#pk": "pk"} | ({"#sk": "sk"} if extra else {})
    assert request["ExpressionAttributeNames"] == names


def test_a_query_of_the_table_names_no_index_and_one_of_an_index_its_keys() -> None:
    # WHEN
    table = build_query("t", "one", first="", limit=5)
    index = build_query("t", "one", index="due", pk_name="due_pk", sk_name="due_sk", last="z")
    # THEN
    assert "IndexName" not in table
    assert (table["Limit"], table["ScanIndexForward"]) == (5, True)
    assert index["IndexName"] == "due"
    assert index["ExpressionAttributeNames"] == {"#pk": "due_pk", "#sk": "due_sk"}
    assert build_query("t", "one", newest_first=True)["ScanIndexForward"] is False
