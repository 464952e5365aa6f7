"""Long answers are cut to their beginning before they are masked: whole elements, marked."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mostik.http.redact import Redactor
from mostik.http.trimming import CUT, trimmed

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=8)
        | st.dictionaries(st.text(max_size=5).filter(lambda name: name != CUT), inner, max_size=8)
    ),
    max_leaves=60,
)


def is_beginning(kept: Any, whole: Any) -> bool:
    """Whether something is what stands first in something else, apart from marks."""
    if isinstance(whole, dict):
        return all(name == CUT or is_beginning(kept[name], whole[name]) for name in kept)
    if isinstance(whole, list):
        is_cut = bool(kept) and str(kept[-1]).startswith(CUT) and kept != whole
        elements = kept[:-1] if is_cut else kept
        return len(elements) <= len(whole) and all(map(is_beginning, elements, whole))
    return bool(kept == whole)


@given(_JSON, st.integers(0, 300))
def test_what_is_kept_is_the_beginning_and_about_as_long_as_it_may_be(
    value: Any, most: int
) -> None:
    kept = trimmed(value, most)
    assert is_beginning(kept, value)
    # What is kept may end one element late, and each object or list on the way has its mark.
    assert len(json.dumps(kept, ensure_ascii=False)) <= 3 * most + 400


def test_a_short_value_is_kept_as_it_is() -> None:
    value = {"result": [{"id": 1}, {"id": 2}], "time": {"operating": 0.1}}
    assert trimmed(value, 10_000) == value


def test_a_long_list_says_how_much_is_missing() -> None:
    # GIVEN a page of 2,500 rows
    rows = [{"id": number, "title": "x" * 80} for number in range(2_500)]
    # WHEN it is cut to 64 KB
    kept = trimmed({"result": {"items": rows}, "time": {}}, 65_536)
    # THEN it has its first rows, and says how many others there were
    items = kept["result"]["items"]
    assert items[:2] == rows[:2]
    assert items[-1] == f"{CUT} {2_500 - len(items) + 1} more"
    assert 60_000 <= len(json.dumps(kept)) <= 70_000
    # AND what came behind them is missing too
    assert kept[CUT] == "1 more"


def test_what_is_kept_of_a_long_answer_is_masked_like_any_other() -> None:
    # GIVEN a page with something secret and something personal in every row
    rows = [{"token": "hush-hush-hush", "PHONE": "+79990000017"} for _ in range(5_000)]
    body = Redactor(["hush-hush-hush"]).content(trimmed({"result": rows}, 5_000))
    # THEN neither is in what is kept
    assert b"hush" not in body
    assert b"+79990000017" not in body
