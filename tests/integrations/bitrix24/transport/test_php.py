"""What we write as PHP's form, PHP reads as we meant it; the sandbox portal's reader is the
oracle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.bitrix24.transport.php import (
    Ref,
    as_list,
    as_map,
    encode,
    looks_like_ref,
    plain,
    refs_in,
    resolved,
)
from local.sandbox.portal.batch import resolve
from local.sandbox.portal.phpform import as_php_json, decode

_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]\0"), min_size=1)
_OUTER = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[] .\0"), min_size=1)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
_LEAVES = st.one_of(
    _TEXTS, st.none(), st.booleans(), st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
)  # fmt: skip
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, min_size=1) | st.dictionaries(_NAMES, inner, min_size=1),
    max_leaves=12,
)


class _Kind(IntEnum):
    DEAL = 2


def as_php(value: Any) -> Any:
    """What a value is on the other side, where all leaves are text."""
    if isinstance(value, Mapping):
        return as_php_json({key: as_php(item) for key, item in value.items()})
    if isinstance(value, list):
        return [as_php(item) for item in value]
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


@given(st.dictionaries(_OUTER, _VALUES))
def test_whatever_is_written_is_read_as_it_was_meant(params: dict[str, Any]) -> None:
    # WHEN parameters travel as a query string
    read = decode(encode(params))
    # THEN the other side has the same, all leaves as text
    assert read == {key: as_php(value) for key, value in params.items()}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "1"),
        (False, "0"),
        (None, ""),
        (Decimal("1E+3"), "1000"),
        (Decimal("10.50"), "10.50"),
        (1e-7, "0.0000001"),
        (2.5, "2.5"),
        (_Kind.DEAL, "2"),
        (date(2026, 11, 24), "2026-11-24"),
        (datetime(2026, 11, 24, 9, 5, 7, 999, UTC), "2026-11-24T09:05:07+00:00"),
        (
            datetime(2026, 11, 24, 9, 5, 7, tzinfo=timezone(timedelta(hours=3))),
            "2026-11-24T09:05:07+03:00",
        ),
    ],
)
def test_values_are_written_as_the_portal_knows_them(value: Any, text: str) -> None:
    assert decode(encode({"fields": {"x": value}})) == {"fields": {"x": text}}


def test_an_emptied_list_is_emptied_and_not_forgotten() -> None:
    # GIVEN fields of which one shall be empty, and a filter without conditions
    params = {"fields": {"contactIds": [], "title": "x"}, "filter": {}, "select": []}
    # THEN the field arrives as empty text, and what was not said is not said
    assert decode(encode(params)) == {"fields": {"contactIds": "", "title": "x"}}


@pytest.mark.parametrize(
    "params",
    [
        {"a.b": 1},
        {"a b": 1},
        {"": 1},
        {"fields": {"x]": 1}},
        {"fields": {"": 1}},
        {"fields": {"at": datetime(2026, 1, 1)}},  # noqa: DTZ001 - that is the point
        {"fields": {"sum": float("nan")}},
        {"fields": {"sum": Decimal("Infinity")}},
    ],
)
def test_what_php_would_read_as_something_else_is_not_sent(params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode(params)


def test_a_value_without_a_text_is_not_sent() -> None:
    with pytest.raises(TypeError, match="bytes"):
        encode({"file": b"..."})
    with pytest.raises(TypeError, match="set"):
        plain({"ids": {1}})


def test_json_keeps_its_own_kinds_and_gets_texts_for_the_others() -> None:
    # GIVEN what JSON has and what it lacks
    given_ = {"n": 1, "yes": True, "none": None, "sum": Decimal("0.10"), "on": date(2026, 1, 2)}
    # THEN the first is left as it is, and the second is the text that a batch would hold
    assert plain(given_) == {
        "n": 1, "yes": True, "none": None, "sum": "0.10", "on": "2026-01-02",
    }  # fmt: skip


@given(
    st.recursive(_LEAVES, lambda i: st.lists(i) | st.dictionaries(st.from_regex(r"[a-z]+"), i)),
    st.lists(st.integers(0, 3) | st.from_regex(r"[a-z]+", fullmatch=True), max_size=3),
)
def test_a_reference_leads_where_the_portal_says(result: Any, path: list[int | str]) -> None:
    # GIVEN the result of a command and a reference into it
    ref = Ref("first", *path)
    told = str(ref)
    # THEN we follow it as the portal does
    assert resolved({"x": ref}, {"first": result}) == {"x": resolve(told, {"first": result})}


def test_references_are_found_and_typed_ones_are_recognised() -> None:
    # GIVEN parameters with a reference, and with a text that somebody has typed
    ref = Ref("contact", "item", "id")
    meant = {"fields": {"contactIds": [ref]}}
    typed = {"fields": {"comments": ["see $result[contact][item][id]"]}}
    # THEN the first is one of ours, and the second would be taken for one
    assert refs_in(meant) == [ref]
    assert not looks_like_ref(meant)
    assert looks_like_ref(typed)
    assert decode(encode(meant)) == {"fields": {"contactIds": ["$result[contact][item][id]"]}}


def test_arrays_come_back_as_what_they_were_meant_to_be() -> None:
    assert as_map([]) == {}
    assert as_map(["a", "b"]) == {"0": "a", "1": "b"}
    assert as_map({"c0": 1}) == {"c0": 1}
    assert as_map(None) == {}
    assert as_list({"0": "a", "2": "b"}) == ["a", "b"]
    assert as_list("") == as_list(None) == as_list([]) == []
    assert as_list(5) == [5]
