"""Wires what functions/exchange and the tick share: rules of a connection, uploads of 1C."""

from __future__ import annotations

from collections.abc import Callable

from mostik.commerceml.idle import Finaliser
from mostik.commerceml.imports import Imports
from mostik.commerceml.rules import Rules, rules_from
from mostik.commerceml.starting import Starter
from mostik.commerceml.uploads import Uploads
from mostik.connections.book import ConnectionBook
from mostik.ports import Blobs, Clock, JobQueue, Table


def rules_by_connection(table: Table, clock: Clock) -> Callable[[str], Rules]:
    """Returns what finds the rules of a connection's exchange; one that is not set up has the
    usual ones."""
    book = ConnectionBook(table, clock)

    def rules_of(connection: str) -> Rules:
        found = next((one for one in book.all() if one.id == connection), None)
        return Rules() if found is None else rules_from(found.settings)

    return rules_of


def finaliser(table: Table, blobs: Blobs, queue: JobQueue, clock: Clock) -> Finaliser:
    """Returns the tick's part in uploads."""
    uploads, imports = Uploads(table, blobs, clock), Imports(table, clock)
    return Finaliser(
        table=table,
        uploads=uploads,
        imports=imports,
        starter=Starter(uploads, imports, queue, clock),
        blobs=blobs,
        rules_of=rules_by_connection(table, clock),
        clock=clock,
    )
