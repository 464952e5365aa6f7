"""Wires what the door and the worker share about orders for 1C."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from mostik.commerceml.mapping_orders import order_writer
from mostik.commerceml.ordersettings import order_settings_of
from mostik.commerceml.outbox import Paper
from mostik.commerceml.outgoing import Outgoing
from mostik.commerceml.paper import FramedPaper
from mostik.commerceml.watch import Watch
from mostik.commerceml.words import order_words
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Mode
from mostik.ports import Clock, Table
from mostik.telemetry import Emit


def paper_by_connection(table: Table, clock: Clock) -> Callable[[str], Paper]:
    """Returns what finds the writer of a connection's orders."""
    book = ConnectionBook(table, clock)
    outgoing = Outgoing(table, clock)

    def paper_of(connection: str) -> Paper:
        found = next((one for one in book.all() if one.id == connection), None)
        settings: Mapping[str, Any] = {} if found is None else found.settings
        zone = zone_of(settings)
        words = order_words(
            connection, zone, order_settings_of(settings), outgoing.words(connection)
        )
        return FramedPaper(order_writer(words), zone)

    return paper_of


def watch(table: Table, clock: Clock, emit: Emit) -> Watch:
    """Returns what says that 1C is late."""
    book = ConnectionBook(table, clock)

    def live() -> Iterator[tuple[str, Mapping[str, Any]]]:
        return ((one.id, one.settings) for one in book.all() if one.mode is not Mode.PAUSED)

    return Watch(table, Outgoing(table, clock), live, clock, emit)


def zone_of(settings: Mapping[str, Any]) -> tzinfo:
    """Returns the time zone of a connection's 1C; one that does not exist is UTC."""
    try:
        return ZoneInfo(str(settings.get("zone", "Europe/Moscow")))
    except (ValueError, OSError):
        return UTC
