"""What is remembered of connections, and what is looked for anew."""

from __future__ import annotations

import pytest

from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.errors import ConfigurationError
from tests.support.clock import FakeClock
from tests.support.memory import state_table


def test_a_connection_that_was_made_a_moment_ago_is_known_to_a_warm_container() -> None:
    # GIVEN a container that has read the connections
    table, clock = state_table(), FakeClock()
    warm = ConnectionBook(table, clock)
    assert warm.all() == []
    # WHEN a person makes one, and its first event comes at once
    made = ConnectionBook(table, clock).revise(Connection("shop", "acme"), seen=0, by="anna")
    # THEN the container knows it; its gate is not closed for a person
    assert warm.get("shop") == made
    assert warm.all() == [made]


def test_a_connection_that_there_is_not_is_said_with_those_that_there_are() -> None:
    table, clock = state_table(), FakeClock()
    book = ConnectionBook(table, clock)
    book.save(Connection("shop", "acme"))
    with pytest.raises(ConfigurationError, match=r"no connection 'shap'\. Existing: shop\."):
        book.get("shap")
