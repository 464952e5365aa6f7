"""Runs errands: work of a connection that is about no record (see ``integration.Errand``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mostik.connections.book import ConnectionBook
from mostik.connections.installs import Installs
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.discovery import Discovery
from mostik.errors import ConfigurationError, MostikError, Skip, WhoActs
from mostik.http.trail import Trail
from mostik.integration import Hint, Installation
from mostik.jobs.message import Touch, dump
from mostik.jobs.outcome import Changed, Unchanged
from mostik.jobs.wakes import Wakes
from mostik.ports import Clock, JobQueue, Table
from mostik.sync.link import Links
from mostik.worker.masking import mask_error

EVENT = "errand"
"""What asked for a touch, when the errand was asked for by nobody in particular."""


@dataclass(frozen=True, slots=True)
class Errands:
    """What errands need.

    Attributes:
        table: the state table.
        queue: takes touches.
        book: connections.
        links: says which resources are used.
        wakes: errands that are woken.
        installs: what installations leave.
        clock: unix seconds.
        connections: those at which an errand may look beside its own; ``None``: at none.
    """

    table: Table
    queue: JobQueue
    book: ConnectionBook
    links: Links
    wakes: Wakes
    installs: Installs
    clock: Clock
    connections: OpenConnections | None = None

    def run(self, work: Touch, opened: OpenConnection, trail: Trail) -> Changed | Unchanged:
        """Runs the errand that a touch names.

        Raises:
            MostikError: what its calls raised.
            Busy: AWS refused something; all of it is done again.
        """
        errand = opened.integration.errands[work.resource]
        trail = replace(trail, lane=errand.lane)
        client = opened.client(trail)
        tools = ErrandTools(self, opened, trail, work)
        done = errand.run(client, opened.settings, tools, work.key)
        return Changed(done) if done else Unchanged("There was nothing to do.")


@dataclass(frozen=True, slots=True)
class ErrandTools:
    """See ``integration.Tools``."""

    stack: Errands
    opened: OpenConnection
    trail: Trail
    work: Touch

    @property
    def connection(self) -> str:
        """See ``Tools.connection``."""
        return self.work.connection

    def now(self) -> float:
        """See ``Tools.now``."""
        return self.stack.clock()

    def remaining(self) -> float:
        """See ``Tools.remaining``."""
        return self.trail.remaining()

    def touch(self, hints: Iterable[Hint]) -> int:
        """See ``Tools.touch``."""
        event, now = self.trail.event or EVENT, self.stack.clock()
        touches = [
            dump(Touch(self.connection, hint.resource, hint.key, event, now))
            for hint in dict.fromkeys(hints)
            if hint.resource in self.opened.integration.errands or self.uses(hint.resource)
        ]
        if touches:
            self.stack.queue.send_many(touches, group=self.connection)
        return len(touches)

    def uses(self, resource: str) -> bool:
        """See ``Tools.uses``."""
        return any(link.sides_of(self.connection, resource) for link in self.stack.links.all())

    def wake(self, errand: str, key: str, every: float | None) -> None:
        """See ``Tools.wake``."""
        self.stack.wakes.set(self.connection, errand, key, every)

    def recall(self, name: str) -> Mapping[str, Any] | None:
        """See ``Tools.recall``."""
        row = self.stack.table.get(self._partition, name)
        return None if row is None else row["values"]

    def note(self, name: str, values: Mapping[str, Any]) -> None:
        """See ``Tools.note``."""
        self.stack.table.put({"pk": self._partition, "sk": name, "values": dict(values)})

    def discover(self, connection: str) -> Discovery:
        """See ``Tools.discover``."""
        if self.stack.connections is None:
            raise Skip("This part of the stack looks at no other connection.")
        opened = self.stack.connections.get(connection)
        look = opened.integration.discover
        if look is None:
            raise Skip(f"{opened.integration.title} has nothing that can be looked up.")
        try:
            return look(opened.client(self.trail), opened.settings)
        except MostikError as error:
            mask_error(error, [opened.redactor])
            raise

    def installation(self) -> Installation | None:
        """See ``Tools.installation``."""
        found = self.stack.installs.waiting(self.connection)
        if found is None:
            return None
        for value in found.fields.values():
            self.opened.redactor.learn(value)
        return Installation(found.at, found.fields)

    def adopt(self, refresh: str) -> Mapping[str, str]:
        """See ``Tools.adopt``."""
        if self.opened.keeper is None:
            raise ConfigurationError(
                "This connection needs no tokens.", who=WhoActs.ADMIN, gate=self.connection
            )
        return self.opened.keeper.adopt(refresh, self.trail).account or {}

    def admit(self, secret: str, parameters: Mapping[str, Any]) -> None:
        """See ``Tools.admit``."""
        self.stack.installs.admit(self.connection, secret, parameters)

    def settle(self, settings: Mapping[str, Any]) -> None:
        """See ``Tools.settle``."""
        standing = self.opened.connection.settings
        if any(standing.get(name) != value for name, value in settings.items()):
            self.stack.book.amend(self.connection, settings)

    def forget_installation(self) -> None:
        """See ``Tools.forget_installation``."""
        self.stack.installs.forget(self.connection)

    @property
    def _partition(self) -> str:
        return f"errands#{self.connection}"
