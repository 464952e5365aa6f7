"""The book of connections: versions, history, and writers that meet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mostik.connections.book import Changed, ConnectionBook
from mostik.connections.connection import Connection, Mode
from mostik.connections.rows import PARTITION, from_item, to_item
from mostik.errors import ConfigurationError
from tests.support.clock import FakeClock
from tests.support.memory import MemoryTable, state_table

SHOP = Connection("shop", "http_api", {"a": 1})


@pytest.fixture
def table() -> MemoryTable:
    return state_table()


@pytest.fixture
def book(table: MemoryTable) -> ConnectionBook:
    return ConnectionBook(table, FakeClock())


def test_a_connection_is_read_back_as_it_was_written() -> None:
    whole = Connection(
        "shop", "http_api", {"a": {"b": [1]}}, ("10.0.0.0/8",), Mode.DRY, 0.5, 7, ("x",), True,
        (8443,), 2.5, {"sweep": 600.0}, 3, "anna", 5.0,
    )  # fmt: skip
    found = from_item(to_item(whole))
    assert found == whole
    assert (found.version, found.changed_by, found.changed_at) == (3, "anna", 5.0)


def test_every_change_keeps_the_version_before(book: ConnectionBook) -> None:
    # GIVEN
    book.save(SHOP, by="anna")
    book.revise(replace(SHOP, retention_days=5), seen=1, by="oleg")
    book.set_mode("shop", Mode.PAUSED, by="oleg")
    # THEN
    present = book.now("shop")
    assert present is not None
    assert (present.version, present.mode, present.retention_days) == (3, Mode.PAUSED, 5)
    earlier = book.versions("shop").versions
    assert [(one.version, one.changed_by, one.id) for one in earlier] == [
        (2, "oleg", "shop"),
        (1, "anna", "shop"),
    ]
    assert book.version("shop", 1) == SHOP
    assert book.version("shop", 3) == present
    assert book.version("shop", 9) is None


def test_versions_come_page_by_page(book: ConnectionBook) -> None:
    for days in range(1, 8):
        book.save(replace(SHOP, retention_days=days))
    found, after = [], None
    while True:
        page = book.versions("shop", after=after, limit=4)
        found += [one.version for one in page.versions]
        after = page.after
        if after is None:
            break
    assert found == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("seen", [0, 1, 3])
def test_another_version_than_the_one_that_was_seen_is_not_replaced(
    book: ConnectionBook, seen: int
) -> None:
    # GIVEN version 2
    book.save(SHOP)
    book.save(replace(SHOP, retention_days=2))
    # THEN
    with pytest.raises(Changed) as changed:
        book.revise(SHOP, seen=seen, by="anna")
    assert changed.value.standing is not None
    assert changed.value.standing.version == 2


def test_what_was_never_there_cannot_be_replaced(book: ConnectionBook) -> None:
    with pytest.raises(Changed):
        book.revise(SHOP, seen=1, by="anna")
    assert book.revise(SHOP, seen=0, by="anna").version == 1


def test_of_two_writers_between_read_and_write_one_wins(
    table: MemoryTable, book: ConnectionBook
) -> None:
    # GIVEN somebody who writes just after we have read
    book.save(SHOP)

    class Late(MemoryTable):
        def get(self, pk: str, sk: str) -> object:  # type: ignore[override]  # as the table's
            found = table.get(pk, sk)
            if pk == PARTITION:
                ConnectionBook(table, FakeClock()).save(replace(SHOP, retention_days=9))
            return found

        put = table.put
        replace = table.replace

    # WHEN
    with pytest.raises(Changed):
        ConnectionBook(Late(), FakeClock()).revise(SHOP, seen=1, by="anna")  # type: ignore[arg-type]  # above
    # THEN theirs stands and the history holds what was before it
    present = book.now("shop")
    assert present is not None
    assert present.retention_days == 9
    assert book.version("shop", 1) == SHOP


def test_a_row_of_an_earlier_release_gets_versions(
    table: MemoryTable, book: ConnectionBook
) -> None:
    # GIVEN a row without a version
    table.put({"pk": PARTITION, "sk": "shop", "integration": "http_api", "settings": {"a": 1}})
    assert book.get("shop") == SHOP
    # WHEN
    changed = book.revise(replace(SHOP, retention_days=5), seen=0, by="anna")
    # THEN
    assert changed.version == 1
    assert book.version("shop", 0) == SHOP


def test_the_same_mode_again_makes_no_version(book: ConnectionBook) -> None:
    book.save(SHOP)
    same = book.set_mode("shop", Mode.LIVE)
    assert same is not None
    assert same.version == 1
    assert book.set_mode("nothing", Mode.LIVE) is None


def test_single_settings_are_amended_over_what_stands(book: ConnectionBook) -> None:
    book.save(SHOP)
    book.amend("shop", {"b": 2})
    book.amend("nothing", {"b": 2})
    present = book.now("shop")
    assert present is not None
    assert present.settings == {"a": 1, "b": 2}
    assert book.now("nothing") is None


def test_our_own_limit_lets_something_through() -> None:
    with pytest.raises(ConfigurationError, match="at least something"):
        Connection("shop", "http_api", calls_per_second=0)
