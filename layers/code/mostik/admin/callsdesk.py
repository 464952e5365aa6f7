"""A person has the other side asked: are the rights there, what is there, what is a record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mostik.connections.open import OpenConnection, OpenConnections
from mostik.discovery import Check, Discovery
from mostik.errors import CallFailed, ConfigurationError, Skip
from mostik.http.gate import Lane
from mostik.http.redact import Redactor
from mostik.http.trail import Trail
from mostik.ids import ulid
from mostik.integration import Resource
from mostik.ports import Clock, RemainingTime
from mostik.requestlog.recorder import Recorder
from mostik.requestlog.store import RequestLog

MOST_CHECKS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """One opened connection, and the name under which the log holds its calls."""

    opened: OpenConnection
    client: Any
    event: str


class CallsDesk:
    """Calls other sides for a person; every call is in the request log.

    Args:
        connections: open connections.
        log: takes the entries.
        clock: unix seconds.
    """

    def __init__(self, connections: OpenConnections, log: RequestLog, clock: Clock) -> None:
        self._connections = connections
        self._log = log
        self._clock = clock

    def check(self, connection: str, remaining: RemainingTime) -> tuple[list[Check], str]:
        """Asks whether everything that is needed is there.

        Returns:
            One line for each right, and the event under which the log holds the calls.

        Raises:
            MostikError: it could not be asked to its end.
        """
        with self.asking(connection, remaining) as asked:
            lines: list[Check] = []
            for line in asked.opened.integration.check(asked.client, asked.opened.settings):
                lines.append(line)
                if len(lines) >= MOST_CHECKS:
                    break
            return lines, asked.event

    def discover(self, connection: str, remaining: RemainingTime) -> tuple[Discovery, str]:
        """Looks what is there.

        Raises:
            Skip: this integration does not look by itself.
            MostikError: it could not look.
        """
        with self.asking(connection, remaining) as asked:
            discover = asked.opened.integration.discover
            if discover is None:
                title = asked.opened.integration.title
                raise Skip(f"{title} has nothing that can be looked up.")
            return discover(asked.client, asked.opened.settings), asked.event

    def resource(self, asked: Asked, name: str) -> Resource[Any]:
        """Returns a resource of an opened connection.

        Raises:
            Skip: it has none of this name.
        """
        factory = asked.opened.integration.resources.get(name)
        if factory is None:
            known = ", ".join(sorted(asked.opened.integration.resources)) or "none"
            raise Skip(f"There is no resource {name!r}. There are: {known}.")
        return factory(asked.client, asked.opened.settings, asked.opened.connection.id)

    @contextmanager
    def asking(
        self, connection: str, remaining: RemainingTime, *, record: str | None = None
    ) -> Iterator[Asked]:
        """Opens a connection; what it is asked goes into the log, whatever comes of it.

        Raises:
            MostikError: whatever was raised inside, without secrets.
        """
        opened = self._connections.get(connection)
        recorder, event = Recorder(), f"person:{ulid(self._clock())}"
        trail = Trail(
            remaining=remaining,
            record_entry=recorder.add,
            event=event,
            record=record,
            lane=Lane.MANUAL,
        )
        client = opened.client(trail)
        try:
            yield Asked(opened, client, event)
        except (CallFailed, ConfigurationError, Skip) as error:
            _mask(error, opened.redactor)
            raise
        finally:
            self._log.write(recorder.take())


def _mask(error: CallFailed | ConfigurationError | Skip, redactor: Redactor) -> None:
    """An integration's error may quote what the other side has sent."""
    error.text = redactor.text(error.text)
    error.args = (error.text,)
    if not isinstance(error, Skip) and error.code is not None:
        error.code = redactor.text(error.code)
