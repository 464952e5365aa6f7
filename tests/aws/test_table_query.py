"""The contract of ``Table.query``: order, ranges, pages, indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mostik.jobs.row import DUE_INDEX
from mostik.ports import Item, Table

DIRECTIONS = pytest.mark.parametrize("newest_first", [False, True], ids=["ascending", "newest"])
PLACES = pytest.mark.parametrize("index", [None, DUE_INDEX], ids=["table", "index"])

ROWS = 23
KEYS = [f"k{number:03}" for number in range(ROWS)]


def fill(table: Table) -> None:
    """Rows k000..k022, alike in the table and in the index; the index orders them backwards."""
    table.put_many(
        {
            "pk": "one",
            "sk": key,
            "due_pk": "one",
            "due_sk": KEYS[-1 - number],
            "n": number,
        }
        for number, key in enumerate(KEYS)
    )
    table.put({"pk": "other", "sk": "k005", "due_pk": "other", "due_sk": "k005"})


def sort_keys(items: Sequence[Item], index: str | None) -> list[str]:
    return [item["sk" if index is None else "due_sk"] for item in items]


def all_pages(table: Table, limit: int, **query: Any) -> list[Sequence[Item]]:
    pages: list[Sequence[Item]] = []
    after: str | None = None
    while True:
        page = table.query("one", after=after, limit=limit, **query)
        pages.append(page.items)
        assert len(page.items) <= limit
        after = page.after
        if after is None:
            return pages
        assert len(pages) <= ROWS, "the cursor goes round in a circle"


@PLACES
@DIRECTIONS
@pytest.mark.parametrize("limit", [1, 2, 7, ROWS - 1, ROWS, 100])
def test_pages_show_every_row_once_in_order(
    table: Table, index: str | None, newest_first: bool, limit: int
) -> None:
    # GIVEN
    fill(table)
    # WHEN
    pages = all_pages(table, limit, index=index, newest_first=newest_first)
    # THEN
    seen = [key for page in pages for key in sort_keys(page, index)]
    assert seen == (KEYS[::-1] if newest_first else KEYS)
    assert all(len(page) == limit for page in pages[:-2]), "only the last pages may be short"


@PLACES
@DIRECTIONS
@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("k004", "k011"),
        ("k004", None),
        (None, "k011"),
        ("k0045", "k0105"),
        ("k004", "k004"),
        ("k9", None),
        (None, "a"),
        ("k011", "k004"),
    ],
)
@pytest.mark.parametrize("limit", [3, 100])
def test_a_range_holds_both_its_ends(
    table: Table,
    index: str | None,
    newest_first: bool,
    first: str | None,
    last: str | None,
    limit: int,
) -> None:
    # GIVEN
    fill(table)
    # WHEN
    pages = all_pages(table, limit, index=index, newest_first=newest_first, first=first, last=last)
    # THEN
    wanted = [key for key in KEYS if (first or "") <= key <= (last or "~")]
    seen = [key for page in pages for key in sort_keys(page, index)]
    assert seen == (wanted[::-1] if newest_first else wanted)


@PLACES
@DIRECTIONS
def test_behind_the_last_row_is_an_empty_page_that_ends(
    table: Table, index: str | None, newest_first: bool
) -> None:
    # GIVEN
    fill(table)
    # WHEN
    end = KEYS[0] if newest_first else KEYS[-1]
    page = table.query("one", index=index, after=end, newest_first=newest_first)
    # THEN
    assert page.items == []
    assert page.after is None


@DIRECTIONS
def test_a_page_goes_on_where_its_cursors_row_was_removed(table: Table, newest_first: bool) -> None:
    # GIVEN
    fill(table)
    page = table.query("one", limit=5, newest_first=newest_first)
    assert page.after is not None
    # WHEN
    table.remove("one", page.after)
    following = table.query("one", limit=5, after=page.after, newest_first=newest_first)
    # THEN
    order = KEYS[::-1] if newest_first else KEYS
    assert sort_keys(following.items, None) == order[5:10]
    assert following.after == order[9]


@DIRECTIONS
def test_a_cursor_outside_the_range_shows_nothing_of_the_outside(
    table: Table, newest_first: bool
) -> None:
    # GIVEN
    fill(table)
    # WHEN
    before, behind = ("k020", "k001") if newest_first else ("k001", "k020")
    # THEN
    inside = table.query("one", first="k005", last="k010", after=before, newest_first=newest_first)
    assert sorted(sort_keys(inside.items, None)) == KEYS[5:11]
    outside = table.query("one", first="k005", last="k010", after=behind, newest_first=newest_first)
    assert outside.items == []


def test_an_empty_partition_is_one_empty_page(table: Table) -> None:
    for index in (None, DUE_INDEX):
        page = table.query("nobody", index=index)
        assert (page.items, page.after) == ([], None)


def test_sort_keys_are_ordered_by_code_point(table: Table) -> None:
    # GIVEN
    keys = ["A", "B", "a", "Ж", "я", "\ue000", "\uffff", "🙂", "\U0010ffff", "0", "~", "aa"]
    # WHEN
    table.put_many({"pk": "one", "sk": key} for key in keys)
    # THEN
    assert sort_keys(table.query("one").items, None) == sorted(keys)


def test_only_a_row_with_both_index_keys_is_in_the_index(table: Table) -> None:
    # WHEN
    table.put({"pk": "one", "sk": "both", "due_pk": "one", "due_sk": "1"})
    table.put({"pk": "one", "sk": "half", "due_pk": "one"})
    table.put({"pk": "one", "sk": "none"})
    # THEN
    assert [row["sk"] for row in table.query("one", index=DUE_INDEX).items] == ["both"]
    assert len(table.query("one").items) == 3


def test_a_row_moves_in_the_index_with_its_keys_and_leaves_it_without(table: Table) -> None:
    # GIVEN
    row: dict[str, Any] = {"pk": "one", "sk": "a", "version": 1}
    table.put(row | {"due_pk": "one", "due_sk": "1"})
    # WHEN
    table.replace(row | {"due_pk": "two", "due_sk": "2"}, 1)
    # THEN
    assert table.query("one", index=DUE_INDEX).items == []
    assert table.query("two", index=DUE_INDEX).items == [row | {"due_pk": "two", "due_sk": "2"}]
    # WHEN
    table.put(row)
    # THEN
    assert table.query("two", index=DUE_INDEX).items == []
    # WHEN
    table.put(row | {"due_pk": "one", "due_sk": "1"})
    table.remove("one", "a")
    # THEN
    assert table.query("one", index=DUE_INDEX).items == []


def test_an_index_that_is_not_there_is_a_mistake(table: Table) -> None:
    with pytest.raises(KeyError):
        table.query("one", index="nothing")
