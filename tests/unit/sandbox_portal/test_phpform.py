"""Forms are read and written as PHP does it."""

from __future__ import annotations

from typing import Any

import pytest

from local.sandbox.portal.phpform import as_php_json, decode, encode


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        (
            "fields[TITLE]=x&fields[fm][0][value]=1",
            {"fields": {"TITLE": "x", "fm": [{"value": "1"}]}},
        ),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[][x]=1&a[][x]=2", {"a": [{"x": "1"}, {"x": "2"}]}),
        ("a[5]=1&a[]=2", {"a": {"5": "1", "6": "2"}}),
        ("a[1]=1&a[0]=2", {"a": {"1": "1", "0": "2"}}),
        ("a[x]=1&a[x]=2", {"a": {"x": "2"}}),
        ("a=1&a[x]=2", {"a": {"x": "2"}}),
        ("filter%5B%3EID%5D=7", {"filter": {">ID": "7"}}),
        ("a.b=1&c d=2", {"a_b": "1", "c_d": "2"}),
        ("a[b=1", {"a_b": "1"}),
        ("=1&[x]=2", {}),
        ("q=%D0%A1%D1%83%D0%BC%D0%BC%D0%B0+1", {"q": "Сумма 1"}),
    ],
)
def test_a_form_is_decoded_as_parse_str_does(form: str, expected: dict[str, Any]) -> None:
    assert decode(form) == expected


def test_encoding_nests_lists_and_maps_and_leaves_none_out() -> None:
    # GIVEN
    data = {"a": {"b": [1, 2]}, "yes": True, "no": False, "none": None, "text": "x y&ё"}

    # WHEN
    form = encode(data)

    # THEN
    assert form == "a%5Bb%5D%5B0%5D=1&a%5Bb%5D%5B1%5D=2&yes=1&no=0&text=x+y%26%D1%91"


def test_a_map_with_keys_from_zero_becomes_a_list_as_php_would_show_it() -> None:
    assert as_php_json({}) == []
    assert as_php_json({"0": "a", "1": "b"}) == ["a", "b"]
    assert as_php_json({"0": "a", "2": "b"}) == {"0": "a", "2": "b"}
    assert as_php_json({"c0": "a"}) == {"c0": "a"}
