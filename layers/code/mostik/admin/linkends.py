"""Both ends of a link, opened for a person; every call stands in the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from mostik.admin.callsdesk import CallsDesk
from mostik.commerce.catalog import SECTIONS
from mostik.errors import Skip
from mostik.integration import Resource
from mostik.ports import RemainingTime
from mostik.sync.ends import Ends
from mostik.sync.link import Link, Side


class LinkEnds:
    """Opens resources by pairs; it is the ``OpenEnds`` of desks of the core.

    Args:
        calls: opens connections.
    """

    def __init__(self, calls: CallsDesk) -> None:
        self._calls = calls

    @contextmanager
    def __call__(
        self, link: Link, remaining: RemainingTime, *, record: str | None = None
    ) -> Iterator[Ends]:
        """Opens the resources at both ends of a link.

        Args:
            link: the link.
            remaining: seconds left.
            record: what the calls are about, for the log.

        Raises:
            Skip: a connection has no such resource.
            MostikError: whatever was raised inside, without secrets.
        """
        with ExitStack() as stack:
            found: dict[Side, Resource[Any]] = {}
            for side in Side:
                end = link.end(side)
                asking = self._calls.asking(end.connection, remaining, record=record)
                found[side] = self._calls.resource(stack.enter_context(asking), end.resource)
            yield found

    @contextmanager
    def sections(self, link: Link, remaining: RemainingTime) -> Iterator[Ends]:
        """Opens the sections of goods of both connections, as far as they have any: goods point at
        them by key, and a matching knows them by name."""
        with ExitStack() as stack:
            found: dict[Side, Resource[Any]] = {}
            for side in Side:
                asking = self._calls.asking(link.end(side).connection, remaining)
                asked = stack.enter_context(asking)
                with suppress(Skip):
                    found[side] = self._calls.resource(asked, SECTIONS)
            yield found
