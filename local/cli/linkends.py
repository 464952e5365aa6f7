"""The ends of links, opened for one command; its calls stand in the log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from local.desk import Desk
from mostik.commerce.catalog import SECTIONS
from mostik.connections.open import OpenConnections
from mostik.errors import GiveUp, MostikError, Skip
from mostik.http.gate import Lane
from mostik.http.trail import Trail
from mostik.ids import ulid
from mostik.integration import Resource
from mostik.linkdoc.document import LinkDocument
from mostik.mapping.side import Side
from mostik.requestlog.recorder import Recorder
from mostik.requestlog.store import RequestLog
from mostik.sync.ends import Ends, OpenEnds
from mostik.sync.link import Link

_SECONDS = 600.0


class OpenEnd:
    """Opens resources of a stack's connections."""

    def __init__(self, connections: OpenConnections, trail: Trail) -> None:
        self._connections = connections
        self._trail = trail

    def __call__(self, connection: str, resource: str) -> Resource[Any]:
        """Returns a resource.

        Raises:
            Skip: the connection has no such resource.
        """
        found = self._connections.get(connection)
        make = found.integration.resources.get(resource)
        if make is None:
            known = ", ".join(sorted(found.integration.resources)) or "none"
            raise Skip(f"{connection} has no resource {resource!r}. It has: {known}.")
        opened: Resource[Any] = make(found.client(self._trail), found.settings, connection)
        return opened


def both(document: LinkDocument | Link, open_end: OpenEnd) -> dict[Side, Resource[Any]]:
    """Opens both ends of a link."""
    ends = {side: document.end(side) for side in Side}
    return {side: open_end(end.connection, end.resource) for side, end in ends.items()}


def sections_of(document: LinkDocument | Link, open_end: OpenEnd) -> dict[Side, Resource[Any]]:
    """Opens the sections of goods of both connections, as far as they have any."""
    found: dict[Side, Resource[Any]] = {}
    for side in Side:
        with suppress(Skip, GiveUp):  # a declared API names only some of its resources
            found[side] = open_end(document.end(side).connection, SECTIONS)
    return found


@contextmanager
def opened(desk: Desk) -> Iterator[OpenEnd]:
    """Opens connections for the command; its calls stand in the log."""
    connections = desk.connections()
    recorder, ends_at = Recorder(), time.monotonic() + _SECONDS
    trail = Trail(
        record_entry=recorder.add,
        lane=Lane.MANUAL,
        job=f"cli#{ulid(time.time())}",
        remaining=lambda: ends_at - time.monotonic(),
    )
    try:
        yield OpenEnd(connections, trail)
    except MostikError as error:
        raise Skip(str(error)) from error
    finally:
        RequestLog(desk.log_table, desk.blobs).write(recorder.take())


def opener(desk: Desk) -> OpenEnds:
    """Returns what opens the ends of a link for the desks of the core."""

    @contextmanager
    def open_ends(link: Link, _remaining: object) -> Iterator[Ends]:
        with opened(desk) as open_end:
            yield both(link, open_end)

    return open_ends
